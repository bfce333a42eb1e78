//! The table of COMPAT.md against the table of methods.

use elanus::grpc::methods::methods;

/// Method and state of each row of the table under `## gRPC`.
fn rows(compat: &str) -> Vec<(String, String)> {
    let section = compat.split("\n## gRPC\n").nth(1).unwrap_or_default();
    let section = section.split("\n## ").next().unwrap_or_default();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| "));
    let cells = rows.map(|row| row.split(" | ").map(|cell| cell.trim_matches([' ', '|'])).collect::<Vec<_>>());
    let cells = cells.filter(|cells| cells.len() >= 2 && cells[0] != "method" && !cells[0].starts_with("---"));
    cells.map(|cells| (cells[0].to_string(), cells[1].to_string())).collect()
}

fn differences(rows: &[(String, String)]) -> Vec<String> {
    let mut complaints = Vec::new();
    for method in methods() {
        match rows.iter().filter(|(name, _)| name == method.name).collect::<Vec<_>>().as_slice() {
            [(_, state)] => {
                let says_supported = match state.as_str() {
                    "yes" | "differs" | "accepted, no effect" => true,
                    "no" => false,
                    other => {
                        complaints.push(format!("{}: '{other}' is no state", method.name));
                        continue;
                    }
                };
                if says_supported != method.is_supported {
                    complaints.push(format!("{}: '{state}', but supported: {}", method.name, method.is_supported));
                }
            }
            found => complaints.push(format!("{} has {} rows", method.name, found.len())),
        }
    }
    let unknown = rows.iter().filter(|(name, _)| !methods().iter().any(|method| method.name == name));
    complaints.extend(unknown.map(|(name, _)| format!("{name} is no method")));
    complaints
}

#[test]
fn compat_tells_what_the_table_of_methods_has() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/COMPAT.md");
    let rows = rows(&std::fs::read_to_string(path).unwrap());
    assert!(rows.len() > 100, "the table could not be read: {} rows", rows.len());
    assert_eq!(differences(&rows), Vec::<String>::new());
}

#[test]
fn a_wrong_state_and_a_stale_row_are_found() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/COMPAT.md");
    let compat = std::fs::read_to_string(path).unwrap();
    let check = |from: &str, to: &str| {
        assert!(compat.contains(from), "{from}");
        assert_eq!(differences(&rows(&compat.replace(from, to))).len(), 1, "{to}");
    };
    check("| Insert | differs |", "| Insert | no |");
    check("| RunAnalyzer | no |", "| RunAnalyzer | yes |");
    check("| Query | differs |", "| Query | perhaps |");
    check("| Connect | yes |", "| Connect | yes | |\n| Disconnect | yes |");
}

#[test]
fn names_come_once() {
    let mut names: Vec<&str> = methods().iter().map(|method| method.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), methods().len());
}
