//! Scenarios: calls and answers written once, in `tests/scenarios/`, and given on every road. This is the native one.
//!
//! A step is a call of an operation `with` a body, as TypeScript makes it, and what it `gives` (or the `error` by code and
//! fragment); or `settle`, or `reopen`. What is given may be more than what is expected, but not other.

use std::path::Path;

use elanus::column::rows::Rows;
use elanus::command::{Command, Reply};
use elanus::error::Result;
use elanus::schema::Value;
use elanus::wire::{Plane, Planes, decode, encode};
use serde_json::{Map, Value as Json, json};

use crate::hosts::report;
use crate::world::{World, records};

/// Runs an operation with a body as TypeScript has it, and answers in natural values.
pub fn call(run: &mut dyn FnMut(Command) -> Result<Reply>, operation: &str, body: &Json) -> Result<Json> {
    let mut head = body.clone();
    let mut planes = Vec::new();
    if let ("insert" | "upsert", Some(data)) = (operation, body.get("data")) {
        head["rows"] = rows_frame(data.as_array().expect("data is a list of rows"));
    }
    if operation == "search" && body.get("ids").is_none() {
        queries_frame(&mut head, &mut planes);
    }
    for search in head.get_mut("search").and_then(Json::as_array_mut).into_iter().flatten() {
        queries_frame(search, &mut planes);
    }
    let command = decode(operation, &head, &mut Planes::new(planes))?;
    Ok(match run(command)? {
        Reply::Rows(rows) => Json::Array(rows_out(&rows)),
        Reply::Written(written) => {
            let ids: Vec<Json> =
                (0..written.primary_keys.len()).map(|at| natural(&written.primary_keys.value(at))).collect();
            json!({ format!("{operation}Count"): ids.len(), format!("{operation}Ids"): ids })
        }
        Reply::Hits(hits) => {
            let mut rows = rows_out(&hits.rows).into_iter();
            let mut at = 0;
            let mut lists = Vec::new();
            for count in &hits.counts {
                let mut list = Vec::new();
                for _ in 0..*count {
                    let mut hit = rows.next().expect("a row a hit");
                    hit[&hits.primary_field] = natural(&hits.primary_keys.value(at));
                    hit["distance"] = json!(hits.scores[at]);
                    list.push(hit);
                    at += 1;
                }
                lists.push(Json::Array(list));
            }
            let is_one = body.get("vector").is_some() || body.get("search").is_some();
            if is_one { lists.swap_remove(0) } else { Json::Array(lists) }
        }
        other => serde_json::to_value(encode(operation, other).head).expect("heads are JSON"),
    })
}

fn rows_frame(rows: &[Json]) -> Json {
    let mut columns: Vec<(String, Vec<usize>, Vec<Json>)> = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        for (key, value) in row.as_object().expect("a row is an object") {
            let place = columns.iter().position(|(name, ..)| name == key).unwrap_or_else(|| {
                columns.push((key.clone(), Vec::new(), Vec::new()));
                columns.len() - 1
            });
            columns[place].1.push(at);
            columns[place].2.push(value.clone());
        }
    }
    // A key that some rows lack stands for null here; frames that tell the two apart are tested beside the wire.
    let columns: Vec<Json> = columns
        .into_iter()
        .map(|(name, present, given)| {
            let mut values = vec![Json::Null; rows.len()];
            present.into_iter().zip(given).for_each(|(at, value)| values[at] = value);
            json!({ "name": name, "kind": "value", "values": values })
        })
        .collect();
    json!({ "count": rows.len(), "columns": columns })
}

fn queries_frame(search: &mut Json, planes: &mut Vec<Plane>) {
    let body = search.as_object_mut().expect("a search is an object");
    let data = body.remove("data").or_else(|| body.remove("vector").map(|one| json!([one]))).unwrap_or(json!([]));
    let is_one = data.get(0).is_some_and(Json::is_number);
    let queries = if is_one { json!([data]) } else { data };
    let queries = queries.as_array().expect("queries are a list");
    let elements: Vec<f32> = queries
        .iter()
        .flat_map(|query| query.as_array().into_iter().flatten())
        .map(|x| x.as_f64().unwrap() as f32)
        .collect();
    let dim = elements.len() / queries.len().max(1);
    body.insert("queries".into(), json!({ "plane": planes.len(), "dim": dim, "count": queries.len() }));
    planes.push(Plane::F32(elements));
}

fn rows_out(rows: &Rows) -> Vec<Json> {
    let record = |record: std::collections::BTreeMap<String, Value>| {
        Json::Object(record.iter().map(|(key, value)| (key.clone(), natural(value))).collect())
    };
    records(rows).into_iter().map(record).collect()
}

fn natural(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(truth) => json!(truth),
        Value::Int(number) => json!(number),
        Value::Double(number) => json!(number),
        Value::Text(text) => json!(text),
        Value::List(list) => Json::Array(list.iter().map(natural).collect()),
        Value::Object(members) => {
            Json::Object(members.iter().map(|(key, value)| (key.clone(), natural(value))).collect::<Map<_, _>>())
        }
    }
}

/// Where what was given is not what was expected.
pub fn difference(given: &Json, expected: &Json, path: &str) -> Option<String> {
    match (given, expected) {
        (Json::Object(given), Json::Object(expected)) => expected.iter().find_map(|(key, expected)| {
            difference(given.get(key).unwrap_or(&Json::Null), expected, &format!("{path}.{key}"))
        }),
        (Json::Array(given), Json::Array(expected)) if given.len() == expected.len() => given
            .iter()
            .zip(expected)
            .enumerate()
            .find_map(|(at, (given, expected))| difference(given, expected, &format!("{path}[{at}]"))),
        (Json::Number(given), Json::Number(expected)) => {
            let (given, expected) = (given.as_f64().unwrap(), expected.as_f64().unwrap());
            ((given - expected).abs() > 1e-6 * expected.abs().max(1.0))
                .then(|| format!("{path}: {given}, not {expected}"))
        }
        _ => (given != expected).then(|| format!("{path}: {given}, not {expected}")),
    }
}

/// Runs a scenario; says where it went other than written.
fn run(name: &str, scenario: &Json, failures: &mut Vec<String>) {
    let mut world = World::new();
    for (at, step) in scenario["steps"].as_array().expect("steps").iter().enumerate() {
        if step.get("settle").is_some() {
            world.settle();
            continue;
        }
        if step.get("reopen").is_some() {
            world.reopen().expect("the store opens");
            continue;
        }
        let operation = step["call"].as_str().expect("a step calls an operation");
        let before = world.blobs.clone();
        let outcome = match (call(&mut |command| world.run(command), operation, &step["with"]), step.get("error")) {
            (Ok(given), None) => step.get("gives").and_then(|gives| difference(&given, gives, "it gave ")),
            (Ok(given), Some(_)) => Some(format!("it gave {given}, not an error")),
            (Err(error), None) => Some(error.to_string()),
            (Err(error), Some(expected)) => {
                let is_as_said =
                    error.to_string().contains(expected["says"].as_str().expect("an error says something"));
                let is_of_kind = expected.get("kind").is_none_or(|kind| *kind == error.kind());
                let has_changed = world.blobs != before;
                let is_other = has_changed || !is_as_said || !is_of_kind || expected["code"] != error.code();
                is_other.then(|| {
                    format!("{} {} ({error}), changed: {has_changed}; not {expected}", error.code(), error.kind())
                })
            }
        };
        if let Some(outcome) = outcome {
            failures.push(format!("{name}, step {at}: {operation} {:.200}: {outcome:.400}", step["with"].to_string()));
        }
    }
}

#[test]
fn scenarios_go_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let (mut count, mut failures) = (0, Vec::new());
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name == "expressions.json" || !name.ends_with(".json") {
            continue;
        }
        let file: Json = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        for scenario in file.as_array().expect("a file is a list of scenarios") {
            run(&format!("{name}: {}", scenario["name"]), scenario, &mut failures);
            count += 1;
        }
    }
    report(&format!("road native: {count} of {count} scenarios"));
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(count >= 40, "{count} scenarios were found");
}
