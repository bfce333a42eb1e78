//! ARCHITECTURE.md names every room; nothing generated is committed; no file holds two nouns.

use std::collections::BTreeSet;

use super::{extension, read, report, root, tracked};

/// Below these the folders are named one by one, below src/ the files too.
const NAMED_BY_FOLDER: [&str; 7] = ["pkg/src/", "www/src/", "tests/", "scripts/", "benches/", "docs/", "examples/"];

/// What tools write; it is built anew everywhere and belongs into no commit.
const GENERATED: [&str; 8] = [
    "pkg/wasm/",
    "pkg/dist/",
    "pkg/LICENSE",
    "pkg/README.md",
    "www/dist/",
    "target/",
    "node_modules/",
    "benches/results/",
];

const LINES_MAX: usize = 600;

/// Tables and codecs that may be longer than [`LINES_MAX`], with the reason.
const LONG: [(&str, &str); 0] = [];

/// Paths in code ticks of ARCHITECTURE.md that start in one of the described places.
fn claimed(architecture: &str) -> BTreeSet<&str> {
    let places = ["src/", ".ci/"].into_iter().chain(NAMED_BY_FOLDER);
    let places: Vec<&str> = places.collect();
    let ticked = architecture.lines().flat_map(|line| line.split('`').skip(1).step_by(2));
    ticked
        .filter(|text| places.iter().any(|place| text.starts_with(place)) && !text.contains(['*', '{', ' ', '…']))
        .collect()
}

fn differences(architecture: &str, paths: &[String]) -> Vec<String> {
    let claimed = claimed(architecture);
    let folder = |path: &str| path.rsplit_once('/').map(|(folder, _)| format!("{folder}/")).unwrap_or_default();
    let mut wanted: BTreeSet<String> = paths.iter().filter(|path| path.starts_with("src/")).cloned().collect();
    wanted.extend(
        paths
            .iter()
            .map(|path| folder(path))
            .filter(|folder| NAMED_BY_FOLDER.iter().any(|place| folder.starts_with(place))),
    );

    let missing =
        wanted.iter().filter(|path| !claimed.contains(path.as_str())).map(|path| format!("`{path}` has no line"));
    let exists = |claim: &&&str| {
        if claim.ends_with('/') {
            paths.iter().any(|path| path.starts_with(**claim))
        } else {
            paths.iter().any(|path| path == *claim)
        }
    };
    let gone = claimed.iter().filter(|claim| !exists(claim)).map(|claim| format!("`{claim}` does not exist"));
    missing.chain(gone).collect()
}

#[test]
fn architecture_names_what_there_is() {
    let architecture = std::fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md exists");
    report("ARCHITECTURE.md against the tree", &differences(&architecture, &tracked()));
}

#[test]
fn a_forgotten_file_and_a_stale_line_are_found() {
    let paths = ["src/a.rs", "src/b/mod.rs", "tests/core/main.rs", "tests/formats/v1/x", "README.md"].map(String::from);
    let text = "`src/a.rs`, `src/b/mod.rs`, `Engine`, `src/*.rs`\n- `tests/core/`: x\n- `tests/formats/v1/`";
    assert!(differences(text, &paths).is_empty());
    assert_eq!(differences(&text.replace("`src/a.rs`", ""), &paths), ["`src/a.rs` has no line"]);
    assert_eq!(differences(&format!("{text} `src/c.rs` `scripts/`"), &paths).len(), 2);
    assert_eq!(differences(&text.replace("`tests/core/`", ""), &paths), ["`tests/core/` has no line"]);
}

#[test]
fn nothing_generated_is_committed() {
    let paths = tracked();
    let generated = paths.iter().filter(|path| {
        GENERATED.iter().any(|place| path.starts_with(place))
            || path.contains("node_modules/")
            || ["tgz", "tsbuildinfo", "log"].contains(&extension(path).as_str())
    });
    report("generated files in git", &generated.cloned().collect::<Vec<_>>());
}

#[test]
fn files_stay_small() {
    let files = read(|path| ["rs", "ts", "tsx", "mjs", "js", "css", "sh"].contains(&extension(path).as_str()));
    let allowed = |path: &str| LONG.iter().any(|(long, _)| *long == path);
    let long = files.iter().map(|file| (&file.path, file.text.lines().count()));
    let long = long.filter(|(path, lines)| *lines > LINES_MAX && !allowed(path));
    let complaints: Vec<String> = long
        .map(|(path, lines)| format!("{path} has {lines} lines: two rooms, or a table to be listed here"))
        .collect();
    report("files over 600 lines", &complaints);
    let stale = LONG
        .iter()
        .filter(|(path, _)| !files.iter().any(|file| file.path == *path && file.text.lines().count() > LINES_MAX));
    report("exceptions that are none", &stale.map(|(path, reason)| format!("{path} ({reason})")).collect::<Vec<_>>());
}
