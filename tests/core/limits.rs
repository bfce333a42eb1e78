//! What would take too much memory is refused before it is made.

use elanus::command::Command;
use elanus::error::Error;
use serde_json::{Value as Json, json};

use crate::scenarios::call;
use crate::world::{World, target};

fn run(world: &mut World, operation: &str, body: Json) -> Result<Json, Error> {
    call(&mut |command| world.run(command), operation, &body)
}

fn filled(world: &mut World, dimension: usize, row_count: usize) {
    run(world, "createCollection", json!({"collectionName": "c", "dimension": dimension})).unwrap();
    let data: Vec<Json> = (0..row_count).map(|id| json!({"id": id, "vector": vec![1; dimension]})).collect();
    run(world, "insert", json!({"collectionName": "c", "data": data})).unwrap();
}

#[test]
fn a_reply_larger_than_milvus_allows_is_refused() {
    let mut world = World::new();
    filled(&mut world, 256, 1100);
    let queries = vec![vec![1; 256]; 120];
    let search = |fields: Json| json!({"collectionName": "c", "data": queries, "limit": 1100, "outputFields": fields});
    assert!(run(&mut world, "search", search(json!([]))).is_ok());
    let error = run(&mut world, "search", search(json!(["vector"]))).expect_err("129 MB of vectors");
    assert!(error.code() == 1100 && error.to_string().contains("ask for fewer rows or fields"), "{error}");
}

#[test]
fn the_memory_limit_holds_for_inserts_and_for_what_the_log_brings_back() {
    let mut world = World::with_limit(1 << 20);
    filled(&mut world, 256, 500);
    let row = json!({"id": 9000, "vector": vec![1; 256]});
    let more = json!({"collectionName": "c", "data": vec![row; 1000]});
    assert!(matches!(run(&mut world, "insert", more), Err(Error::MemoryLimit { .. })));
    assert!(run(&mut world, "query", json!({"collectionName": "c", "filter": "id == 3"})).is_ok());

    world.reopen_with_limit(100_000).unwrap();
    let load = world.run(Command::LoadCollection { target: target("c") });
    assert!(matches!(load, Err(Error::MemoryLimit { .. })), "{load:?}");
    world.reopen_with_limit(1 << 20).unwrap();
    assert!(run(&mut world, "query", json!({"collectionName": "c", "filter": "id == 3"})).is_ok());
}
