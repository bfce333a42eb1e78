//! Words that do not belong into the sources: unfinished work, unsafe code, paths of one machine, registry hosts.

use super::source::code;
use super::{File, extension, read, report};

/// The one file that may contain unsafe code: the SIMD kernels.
const UNSAFE: &str = "src/kernel/simd128.rs";

/// Lock files name their registry by design, and licences are quoted as they are.
const QUOTED: [&str; 3] = ["package-lock.json", "Cargo.lock", "LICENSE"];

/// Split so that this file does not break its own rule.
const UNFINISHED: [&str; 7] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
    concat!("dbg", "!("),
    concat!("todo", "!("),
    concat!("unimple", "mented!("),
    concat!("debug", "ger;"),
];
const HOSTS: [&str; 5] = [
    concat!("registry.", "npmjs"),
    concat!("crates.io", "/api"),
    concat!("index.", "crates.io"),
    concat!("pypi", ".org"),
    concat!("deb.", "debian"),
];
const FOLDERS: [&str; 3] = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/")];

fn is_source(path: &str) -> bool {
    ["rs", "ts", "tsx", "mjs", "js", "css", "html", "sh", "toml"].contains(&extension(path).as_str())
}

/// Every place of `file` where a line contains `word` and does not go on before it (`inner_word` is another word).
fn places(file: &File, word: &str) -> Vec<String> {
    let starts_here =
        |line: &str, at: usize| !line[..at].ends_with(|c: char| c.is_alphanumeric() || "_.-)}~".contains(c));
    let lines = file.text.lines().enumerate();
    let hits = lines.filter(|(_, line)| line.match_indices(word).any(|(at, _)| starts_here(line, at)));
    hits.map(|(number, _)| format!("{}:{}: {word}", file.path, number + 1)).collect()
}

fn unsafe_code(files: &[File]) -> Vec<String> {
    let others = files.iter().filter(|file| file.path != UNSAFE && file.path.ends_with(".rs"));
    others.flat_map(|file| places(&File { path: file.path.clone(), text: code(&file.text) }, "unsafe ")).collect()
}

fn unfinished(files: &[File]) -> Vec<String> {
    files.iter().flat_map(|file| UNFINISHED.iter().flat_map(|word| places(file, word))).collect()
}

fn bound_to_one_machine(files: &[File]) -> Vec<String> {
    files.iter().flat_map(|file| HOSTS.iter().chain(&FOLDERS).flat_map(|word| places(file, word))).collect()
}

#[test]
fn unsafe_code_has_one_address() {
    report("unsafe code outside the kernels", &unsafe_code(&read(|path| path.ends_with(".rs"))));
}

#[test]
fn nothing_is_left_unfinished() {
    report("unfinished work", &unfinished(&read(is_source)));
}

#[test]
fn sources_are_bound_to_no_machine() {
    let files = read(|path| !QUOTED.iter().any(|quoted| path.ends_with(quoted)));
    report("paths of one machine, or registry hosts", &bound_to_one_machine(&files));
}

#[test]
fn such_words_are_found() {
    let file = |text: &str| [File::new("src/a.rs", text)];
    assert_eq!(unsafe_code(&file("fn f() { unsafe { g() } }")).len(), 1);
    assert!(unsafe_code(&file("// unsafe here\n#![deny(unsafe_code)]")).is_empty());
    assert_eq!(unfinished(&file(&format!("// {}: x\nlet y = {}x);", UNFINISHED[0], UNFINISHED[3]))).len(), 2);
    assert_eq!(bound_to_one_machine(&file(&format!("let p = \"{}x\";", FOLDERS[1]))).len(), 1);
    assert!(bound_to_one_machine(&file(&format!("let p = \"a{}x\";", FOLDERS[1]))).is_empty());
}
