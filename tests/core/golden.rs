//! A store of format version 1, kept in the repository: every later build opens it and finds what was written.
//!
//! `ELANUS_WRITE_GOLDEN=1 cargo test --test core golden` writes the file anew, which only a new format may do, under a
//! new name.

use std::path::PathBuf;
use std::rc::Rc;

use elanus::host::memory::MemoryHost;
use serde_json::{Value as Json, json};

use crate::driven::Driven;
use crate::scenarios::{call, difference};

fn path() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/formats/v1/store.elanus"))
}

fn run(driven: &Driven, operation: &str, body: Json) -> Json {
    call(&mut |command| driven.run(command), operation, &body)
        .unwrap_or_else(|error| panic!("{operation} {body}: {error}"))
}

fn row(id: i64) -> Json {
    json!({
        "id": id, "flag": id % 2 == 0, "i8": id - 100, "i16": id * 300, "i32": id * -70_000, "i64": id * 1_000_000_007,
        "f": id as f64 / 4.0, "d": id as f64 * 1e100, "s": format!("text {} ä", id % 7), "tags": [format!("t{id}"), "all"],
        "counts": [id, -id], "j": {"id": id, "deep": {"list": [1, 2.5, null, "x", {"y": true}]}},
        "v": [id, 1.5, -2.0], "w": [0.25, id], "extra": id * 2
    })
}

/// The rows that the store has, by ascending key.
fn rows() -> Vec<Json> {
    (1..=40).filter(|id| !matches!(id, 3 | 17 | 33)).map(|id| if id == 5 { replaced() } else { row(id) }).collect()
}

fn replaced() -> Json {
    json!({
        "id": 5, "flag": null, "i8": null, "i16": null, "i32": null, "i64": null, "f": null, "d": null, "s": "default",
        "tags": null, "counts": null, "j": null, "v": [0, 0, 1], "w": [1, 1]
    })
}

fn write() -> Vec<u8> {
    let (driven, _) = Driven::open(Rc::new(MemoryHost::default()), 1).expect("an empty store opens");
    let nullable = |name: &str, data_type: &str, params: Json| json!({"fieldName": name, "dataType": data_type, "nullable": true, "elementTypeParams": params});
    let array = |name: &str, element: &str, params: Json| {
        let mut field = nullable(name, "Array", params);
        field["elementDataType"] = json!(element);
        field
    };
    let mut text = nullable("s", "VarChar", json!({"max_length": 64}));
    text["defaultValue"] = json!("default");
    let fields = json!([
        {"fieldName": "id", "dataType": "Int64", "isPrimary": true},
        nullable("flag", "Bool", json!({})), nullable("i8", "Int8", json!({})), nullable("i16", "Int16", json!({})),
        nullable("i32", "Int32", json!({})), nullable("i64", "Int64", json!({})), nullable("f", "Float", json!({})),
        nullable("d", "Double", json!({})), text, array("tags", "VarChar", json!({"max_capacity": 4, "max_length": 8})),
        array("counts", "Int32", json!({"max_capacity": 4})), nullable("j", "JSON", json!({})),
        {"fieldName": "v", "dataType": "FloatVector", "elementTypeParams": {"dim": 3}},
        {"fieldName": "w", "dataType": "FloatVector", "elementTypeParams": {"dim": 2}},
    ]);
    run(&driven, "createDatabase", json!({"dbName": "second", "properties": {"owner": "golden"}}));
    run(
        &driven,
        "createCollection",
        json!({"dbName": "second", "collectionName": "texts", "dimension": 2, "idType": "VarChar",
        "params": {"max_length": 8}}),
    );
    run(
        &driven,
        "insert",
        json!({"dbName": "second", "collectionName": "texts", "data": [{"id": "k", "vector": [3, 4]}]}),
    );
    run(
        &driven,
        "createCollection",
        json!({"collectionName": "all", "schema": {"fields": fields, "enableDynamicField": true},
        "indexParams": [{"fieldName": "v", "metricType": "L2", "indexType": "HNSW", "params": {"M": 8, "efConstruction": 64}},
                        {"fieldName": "w", "metricType": "IP"}]}),
    );
    run(&driven, "createPartition", json!({"collectionName": "all", "partitionName": "part"}));
    run(&driven, "createAlias", json!({"collectionName": "all", "aliasName": "every"}));
    let insert = |ids: std::ops::RangeInclusive<i64>, partition: &str| {
        let data: Vec<Json> = ids.map(row).collect();
        run(&driven, "insert", json!({"collectionName": "all", "partitionName": partition, "data": data}));
    };
    // Sealed rows with stored deletes, then growing ones with deletes and a replacement in the log.
    insert(1..=20, "_default");
    insert(21..=30, "part");
    run(&driven, "delete", json!({"collectionName": "all", "filter": "id == 3"}));
    run(&driven, "flush", json!({"collectionName": "all"}));
    driven.settle();
    insert(31..=40, "_default");
    run(&driven, "delete", json!({"collectionName": "all", "filter": "id in [17, 33]"}));
    run(&driven, "upsert", json!({"collectionName": "all", "data": [{"id": 5, "v": [0, 0, 1], "w": [1, 1]}]}));
    driven.export().expect("an export")
}

fn opened() -> Driven {
    let driven = Driven::new(Rc::new(MemoryHost::default()), 2);
    driven.wait(driven.driver.import_chunk(std::fs::read(path()).expect("the file is in the repository"))).unwrap();
    driven.wait(driven.driver.import_end()).unwrap();
    driven.wait(driven.driver.open()).unwrap();
    driven
}

#[test]
fn the_store_of_version_1_opens_and_has_what_was_written() {
    if std::env::var_os("ELANUS_WRITE_GOLDEN").is_some() {
        std::fs::create_dir_all(path().parent().unwrap()).unwrap();
        std::fs::write(path(), write()).unwrap();
    }
    let driven = opened();
    let check = |operation: &str, body: Json, expected: Json| {
        let given = run(&driven, operation, body);
        assert_eq!(difference(&given, &expected, operation), None);
    };
    for _ in 0..2 {
        check("query", json!({"collectionName": "every", "filter": "id > 0"}), json!(rows()));
        check(
            "query",
            json!({"collectionName": "all", "filter": "extra == 8 and tags[0] == \"t4\"", "outputFields": ["s"]}),
            json!([{"id": 4, "s": "text 4 ä"}]),
        );
        check(
            "search",
            json!({"collectionName": "all", "annsField": "v", "vector": [30, 1.5, -2.0], "limit": 2}),
            json!([{"id": 30, "distance": 0}, {"id": 29, "distance": 1}]),
        );
        check(
            "search",
            json!({"collectionName": "all", "annsField": "w", "vector": [0, 1], "limit": 1, "partitionNames": ["part"]}),
            json!([{"id": 30, "distance": 30}]),
        );
        check("getPartitionStats", json!({"collectionName": "all", "partitionName": "part"}), json!({"rowCount": 10}));
        check(
            "describeIndex",
            json!({"collectionName": "all", "indexName": "v"}),
            json!([{"indexType": "HNSW", "metricType": "L2"}]),
        );
        check(
            "query",
            json!({"dbName": "second", "collectionName": "texts", "limit": 1}),
            json!([{"id": "k", "vector": [3, 4]}]),
        );
        check("listAliases", json!({}), json!(["every"]));
        // Once more after everything was sealed and compacted by this build.
        run(&driven, "flush", json!({"collectionName": "all"}));
        run(&driven, "compact", json!({"collectionName": "all"}));
        driven.settle();
    }
}

#[test]
fn a_field_is_added_to_the_store_of_version_1() {
    for is_sealed_first in [false, true] {
        let driven = opened();
        if is_sealed_first {
            run(&driven, "flush", json!({"collectionName": "all"}));
            driven.settle();
        }
        let late = json!({"fieldName": "late", "dataType": "VarChar", "nullable": true, "elementTypeParams": {"max_length": 8}});
        run(&driven, "addCollectionField", json!({"collectionName": "all", "schema": late}));
        let mut expected = rows();
        for row in &mut expected {
            row["late"] = Json::Null;
        }
        for _ in 0..2 {
            let given = run(&driven, "query", json!({"collectionName": "every", "filter": "late is null"}));
            assert_eq!(difference(&given, &json!(expected), "query"), None);
            run(&driven, "flush", json!({"collectionName": "all"}));
            run(&driven, "compact", json!({"collectionName": "all"}));
            driven.settle();
        }
    }
}
