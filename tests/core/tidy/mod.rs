//! The house rules that no compiler checks: floors, the file list of ARCHITECTURE.md, stray files, words, versions.
//!
//! Each rule is a function from files to complaints; it is tried on made-up files that break it, then on the tree.

mod floors;
mod source;
mod tree;
mod versions;
mod words;

use std::path::{Path, PathBuf};
use std::process::Command;

/// A file of the repository: its path from the root, with forward slashes, and its text.
struct File {
    path: String,
    text: String,
}

impl File {
    fn new(path: &str, text: &str) -> Self {
        Self { path: path.into(), text: text.into() }
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What git tracks or would track: everything but ignored files, so that a rule also holds before the commit.
fn tracked() -> Vec<String> {
    let git = |args: &[&str]| {
        let output = Command::new("git")
            // The checkout may belong to another user than the one who runs the tests.
            .args(["-c", "safe.directory=*", "ls-files", "-z"])
            .args(args)
            .current_dir(root())
            .output()
            .expect("git is there to list the files");
        assert!(output.status.success(), "git ls-files: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("paths are UTF-8")
    };
    let listed = git(&["--cached"]) + &git(&["--others", "--exclude-standard"]);
    let mut paths: Vec<String> =
        listed.split('\0').filter(|path| root().join(path).is_file()).map(Into::into).collect();
    paths.sort();
    paths.dedup();
    paths
}

/// The tracked files whose paths `wanted` accepts and whose content is text.
fn read(wanted: impl Fn(&str) -> bool) -> Vec<File> {
    let paths = tracked().into_iter().filter(|path| wanted(path));
    paths.filter_map(|path| Some(File { text: std::fs::read_to_string(root().join(&path)).ok()?, path })).collect()
}

/// Fails with one complaint a line.
fn report(rule: &str, complaints: &[String]) {
    assert!(complaints.is_empty(), "{rule}:\n  {}\n", complaints.join("\n  "));
}

/// The extension of a path, without the dot.
fn extension(path: &str) -> String {
    PathBuf::from(path).extension().map(|extension| extension.to_string_lossy().into()).unwrap_or_default()
}
