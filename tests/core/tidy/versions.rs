//! Versions that must agree, and stand in several files because several tools read them.

use super::root;

fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What stands between `before` and the next quote.
fn quoted_after(path: &str, before: &str) -> String {
    let text = text(path);
    let start = text.find(before).unwrap_or_else(|| panic!("{path} has no {before:?}")) + before.len();
    text[start..].split(['"', '\'']).next().unwrap_or_default().to_string()
}

fn package_version(path: &str) -> String {
    let manifest: serde_json::Value = serde_json::from_str(&text(path)).expect("npm reads it, so it is JSON");
    manifest["version"].as_str().unwrap_or_else(|| panic!("{path} has no version")).to_string()
}

#[test]
fn crate_and_packages_have_one_version() {
    let version = quoted_after("Cargo.toml", "\nversion = \"");
    assert_eq!(version, env!("CARGO_PKG_VERSION"));
    for path in ["package.json", "pkg/package.json", "www/package.json"] {
        assert_eq!(package_version(path), version, "{path} against Cargo.toml");
    }
}

#[test]
fn glue_and_library_have_one_version() {
    let installed = quoted_after("scripts/tools.mjs", "wasmBindgenVersion = '");
    assert_eq!(quoted_after("Cargo.toml", "\nwasm-bindgen = \"="), installed, "Cargo.toml against scripts/tools.mjs");
    assert_eq!(
        quoted_after("Cargo.lock", "name = \"wasm-bindgen\"\nversion = \""),
        installed,
        "Cargo.lock against scripts/tools.mjs"
    );
}
