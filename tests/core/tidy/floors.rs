//! A room uses lower floors and its own folder; neighbours on a floor do not know each other.

use std::collections::BTreeMap;

use super::source::code;
use super::{File, read, report};

/// Floor of every room, by the table in the doc of src/lib.rs.
fn floors(lib: &str) -> BTreeMap<String, u32> {
    let mut floors = BTreeMap::new();
    for line in lib.lines().filter_map(|line| line.strip_prefix("//! |")) {
        let Some((floor, rooms)) = line.split_once('|') else { continue };
        let Ok(floor) = floor.trim().parse::<u32>() else { continue };
        floors.extend(rooms.split('`').skip(1).step_by(2).map(|room| (room.to_string(), floor)));
    }
    floors
}

/// Module path of a source file: `src/column/rows.rs` is column, rows; `mod.rs` stands for its folder.
fn module(path: &str) -> Vec<&str> {
    let inside = path.trim_start_matches("src/").trim_end_matches(".rs");
    inside.split('/').filter(|part| *part != "mod").collect()
}

/// Every room that `text` reaches from the module `at`, with its line number.
fn rooms_used<'a>(text: &'a str, at: &[&str]) -> Vec<(usize, &'a str)> {
    let mut used = Vec::new();
    let line_of = |offset: usize| text[..offset].matches('\n').count() + 1;
    for (offset, _) in text.match_indices("crate::") {
        let is_word_end = text[..offset].chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_');
        if !is_word_end {
            used.extend(heads(&text[offset + "crate::".len()..]).into_iter().map(|head| (line_of(offset), head)));
        }
    }
    // A chain of `super` as long as the module path stands in the root.
    let chain = "super::".repeat(at.len());
    for (offset, _) in text.match_indices(&chain) {
        used.extend(heads(&text[offset + chain.len()..]).into_iter().map(|head| (line_of(offset), head)));
    }
    used
}

/// First names of a path or of a braced group of paths: `{a::{b, c}, d}` has a and d.
fn heads(rest: &str) -> Vec<&str> {
    let word = |text: &'_ str| text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    let Some(group) = rest.strip_prefix('{') else { return vec![&rest[..word(rest)]] };
    let mut found = Vec::new();
    let (mut depth, mut at_start) = (0u32, true);
    for (offset, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => at_start = true,
            c if c.is_whitespace() => {}
            _ if at_start && depth == 0 => {
                found.push(&group[offset..offset + word(&group[offset..])]);
                at_start = false;
            }
            _ => {}
        }
    }
    found
}

fn arrows_up_or_sideways(lib: &str, files: &[File]) -> Vec<String> {
    let floors = floors(lib);
    let mut complaints = Vec::new();
    for File { path, text } in files.iter().filter(|file| file.path != "src/lib.rs") {
        let at = module(path);
        let own = at[0];
        let Some(floor) = floors.get(own) else {
            complaints.push(format!("{path}: the room `{own}` is on no floor of the table in src/lib.rs"));
            continue;
        };
        for (line, used) in rooms_used(&code(text), &at) {
            let Some(target) = floors.get(used) else { continue };
            if used != own && target >= floor {
                let way = if target == floor { "sideways" } else { "up" };
                complaints
                    .push(format!("{path}:{line}: {own} (floor {floor}) points {way} to {used} (floor {target})"));
            }
        }
    }
    let missing = floors.keys().filter(|room| !files.iter().any(|file| module(&file.path)[0] == room.as_str()));
    complaints.extend(missing.map(|room| format!("src/lib.rs: the table names `{room}`, which does not exist")));
    complaints
}

#[test]
fn rooms_use_lower_floors_only() {
    let files = read(|path| path.starts_with("src/") && path.ends_with(".rs"));
    let lib = files.iter().find(|file| file.path == "src/lib.rs").expect("src/lib.rs is tracked");
    assert!(floors(&lib.text).len() > 10, "the table of floors in src/lib.rs could not be read");
    report("floors", &arrows_up_or_sideways(&lib.text, &files));
}

#[test]
fn an_arrow_up_or_sideways_is_found() {
    const LIB: &str = "//! | 0 | [`low`]: x |\n//! | 1 | [`left`]: y; [`right`] |\n//! | 2 | `high` |\n";
    let complaints = |path: &str, text: &str| {
        let rooms = ["low", "left", "right", "high"].map(|room| format!("src/{room}.rs"));
        let others = rooms.iter().filter(|room| *room != path);
        let mut files: Vec<File> = others.map(|room| File::new(room, "")).collect();
        files.push(File::new(path, text));
        arrows_up_or_sideways(LIB, &files)
    };
    assert!(complaints("src/left.rs", "use crate::low::x;\nuse crate::left::y;").is_empty());
    assert!(complaints("src/left.rs", "// use crate::high::x;\nlet a = \"crate::high\";").is_empty());
    assert_eq!(
        complaints("src/left.rs", "\nuse crate::right::x;"),
        ["src/left.rs:2: left (floor 1) points sideways to right (floor 1)"]
    );
    assert_eq!(complaints("src/low.rs", "use crate::{low::{left, x}, high};").len(), 1);
    assert_eq!(complaints("src/low.rs", "fn f() { crate::high::g() }").len(), 1);
    assert_eq!(complaints("src/low.rs", "use super::high;").len(), 1);
    assert_eq!(complaints("src/attic.rs", "").len(), 1);
    assert!(
        complaints("src/left/mod.rs", "mod high;\nuse self::high::x;\nmod tests { use super::super::low; }").is_empty()
    );
}
