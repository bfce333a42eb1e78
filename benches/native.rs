//! Our engine natively among its peers: started by benches/peers/runner.mjs with a description as JSON, its answers as those of
//! benches/peers/node.mjs.

use std::io::BufRead;
use std::time::Instant as Clock;

use elanus::collection::search::{QueryVectors, Search};
use elanus::collection::write::Insert;
use elanus::column::rows::Values;
use elanus::command::{Command, Reply};
use elanus::schema::check::{CollectionSpec, FieldSpec};
use elanus::schema::index_params::IndexSpec;
use elanus::schema::{Metric, Value};
use serde_json::{Value as Json, json};

use world::{World, rows, target};

#[path = "../tests/core/world.rs"]
#[allow(dead_code, reason = "tests use the rest of it")]
mod world;

const LIMIT: u32 = 10;
const MEMORY_LIMIT_BYTES: u64 = 1 << 31;
const BATCH: usize = 10_000;

fn main() {
    let given = std::env::args().next_back().and_then(|text| serde_json::from_str(&text).ok());
    // Whoever runs all benches gives no description.
    let Some(spec): Option<Json> = given else { return println!("started by `npm run bench:peers`") };
    let text = |name: &str| spec[name].as_str().expect("a text").to_string();
    let read = |ending: &str| {
        let path = format!("{}/{}.{ending}", text("folder"), text("set"));
        std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
    };
    let facts: Json = serde_json::from_slice(&read("json")).expect("facts are JSON");
    let dim = facts["dim"].as_u64().expect("a number") as usize;
    let vectors = vectors(&read("base.i8"), dim);
    let queries = self::vectors(&read("query.i8"), dim);
    let parameter = text("parameter");

    let mut world = World::with_limit(MEMORY_LIMIT_BYTES);
    let begun = cpu_seconds();
    create(&mut world, dim, &spec["build"]);
    for (at, batch) in vectors.chunks(BATCH * dim).enumerate() {
        insert(&mut world, dim, at * BATCH, batch);
    }
    world.run(Command::Flush { target: target("c") }).expect("a flush");
    world.settle();
    let built = cpu_seconds() - begun;
    let describe = Command::DescribeIndex { target: target("c"), index: String::new() };
    let Ok(Reply::Indexes(indexes)) = world.run(describe) else { panic!("the index cannot be described") };
    let structure = indexes[0].structure;
    let bytes_per_row = structure.memory_bytes as f64 / (vectors.len() / dim) as f64;
    println!("{}", json!({"built": {"cpuSeconds": built, "bytesPerRow": bytes_per_row, "note": structure.name}}));

    for line in std::io::stdin().lock().lines() {
        let asked: Json = serde_json::from_str(&line.expect("standard input is text")).expect("a pass is JSON");
        let count = asked["queries"].as_u64().expect("a number") as usize;
        let params = match parameter.as_str() {
            "" => Vec::new(),
            name => vec![(name.to_string(), Value::Int(asked["value"].as_i64().expect("a whole number")))],
        };
        let searches: Vec<Search> = queries[..count * dim].chunks(dim).map(|query| search(query, &params)).collect();
        let mut ids = Vec::new();
        let (cpu, wall) = (cpu_seconds(), Clock::now());
        for search in searches {
            let Ok(Reply::Hits(hits)) = world.run(Command::Search { target: target("c"), search }) else {
                panic!("a search failed")
            };
            let Values::Ints(found) = hits.primary_keys else { panic!("keys are integers") };
            ids.push(found);
        }
        let microseconds = (cpu_seconds() - cpu) * 1e6 / count as f64;
        let mut answer = json!({
            "microseconds": microseconds,
            "wallMicroseconds": wall.elapsed().as_secs_f64() * 1e6 / count as f64,
        });
        if asked["wantsIds"] == json!(true) {
            answer["ids"] = json!(ids);
        }
        println!("{answer}");
    }
}

/// The processor's time of all threads of this process, the crate's pool among them.
fn cpu_seconds() -> f64 {
    let tasks = std::fs::read_dir("/proc/self/task").expect("times of threads are in /proc, on Linux");
    let nanoseconds = tasks.filter_map(|task| {
        let times = std::fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
        times.split(' ').next()?.parse::<u64>().ok()
    });
    nanoseconds.sum::<u64>() as f64 / 1e9
}

/// Vectors of length one.
fn vectors(bytes: &[u8], dim: usize) -> Vec<f32> {
    let mut values: Vec<f32> = bytes.iter().map(|byte| f32::from(*byte as i8)).collect();
    for vector in values.chunks_mut(dim) {
        let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
        vector.iter_mut().for_each(|x| *x /= length);
    }
    values
}

fn create(world: &mut World, dim: usize, build: &Json) {
    let plain = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_string);
    let params = build.as_object().expect("parameters by name").iter().filter(|(name, _)| *name != "indexType");
    let index = IndexSpec {
        field: "v".to_string(),
        index_type: plain(&build["indexType"]),
        metric: Metric::Cosine.name().to_string(),
        params: params.map(|(name, value)| (name.clone(), plain(value))).collect(),
        ..IndexSpec::default()
    };
    let field = |name: &str, data_type: &str| FieldSpec {
        name: name.to_string(),
        data_type: data_type.to_string(),
        is_primary: name == "id",
        ..FieldSpec::default()
    };
    let mut vector = field("v", "FloatVector");
    vector.type_params = [("dim".to_string(), dim.to_string())].into_iter().collect();
    let spec = CollectionSpec {
        name: "c".to_string(),
        fields: Some(vec![field("id", "Int64"), vector]),
        indexes: vec![index],
        ..CollectionSpec::default()
    };
    let database = "default".to_string();
    world.run(Command::CreateCollection { database, spec: Box::new(spec) }).expect("the spec is sound");
}

fn insert(world: &mut World, dim: usize, first: usize, batch: &[f32]) {
    let count = batch.len() / dim;
    let ids = (first..first + count).map(|id| id as i64).collect();
    let elements = Values::FloatLists { dim: dim as u32, elements: batch.to_vec() };
    let insert =
        Insert { partition: String::new(), rows: rows(count, vec![("id", Values::Ints(ids)), ("v", elements)]) };
    world.run(Command::Insert { target: target("c"), insert }).expect("the rows fit");
}

fn search(query: &[f32], params: &[(String, Value)]) -> Search {
    Search {
        queries: QueryVectors { count: 1, dim: query.len() as u32, elements: query.to_vec() },
        limit: LIMIT,
        round_decimal: -1,
        params: params.iter().cloned().collect(),
        ..Search::default()
    }
}
