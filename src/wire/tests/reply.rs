use serde_json::json;

use super::json as json_of;
use super::*;
use crate::collection::search::Hits;
use crate::collection::write::Written;
use crate::column::rows::{NamedValues, Rows, Values};
use crate::command::{CollectionDescription, IndexDescription, LoadState, Reply, Stats};
use crate::index::Structure;
use crate::schema::Metric;
use crate::schema::check::{CollectionSpec, FieldSpec, check as check_collection};

fn check(operation: &str, reply: Reply, head: serde_json::Value, planes: Vec<Plane>) {
    let answer = encode(operation, reply);
    assert_eq!(json_of(&answer.head), head, "{operation}");
    assert_eq!(answer.planes, planes, "{operation}");
}

fn text(text: &str) -> String {
    text.to_string()
}

#[test]
fn small_replies_are_the_data_of_the_restful_endpoint() {
    for (operation, reply, head) in [
        ("flush", Reply::Done, json!({})),
        ("hasCollection", Reply::Has(true), json!({"has": true})),
        ("listCollections", Reply::Names(vec![text("a"), text("b")]), json!(["a", "b"])),
        ("listCollections", Reply::Names(vec![]), json!([])),
        ("getCollectionStats", Reply::RowCount(7), json!({"rowCount": 7})),
        (
            "describeDatabase",
            Reply::Database { name: text("d"), id: 3, properties: [(text("k"), text("v"))].into() },
            json!({"dbName": "d", "dbID": 3, "properties": [{"key": "k", "value": "v"}]}),
        ),
        ("getLoadState", Reply::LoadState(LoadState::NotLoad), json!({"loadState": "LoadStateNotLoad"})),
        (
            "getLoadState",
            Reply::LoadState(LoadState::Loaded),
            json!({"loadState": "LoadStateLoaded", "loadProgress": 100}),
        ),
        ("compact", Reply::CompactionId(4), json!({"compactionID": 4})),
        (
            "getCompactionState",
            Reply::CompactionState { id: 4, is_completed: true },
            json!({"compactionID": 4, "state": "Completed", "executingPlanNumber": 0, "timeoutPlanNumber": 0,
                   "completedPlanNumber": 1}),
        ),
        (
            "getCompactionState",
            Reply::CompactionState { id: 4, is_completed: false },
            json!({"compactionID": 4, "state": "Executing", "executingPlanNumber": 1, "timeoutPlanNumber": 0,
                   "completedPlanNumber": 0}),
        ),
        (
            "describeAlias",
            Reply::Alias { database: text("d"), collection: text("c"), alias: text("a") },
            json!({"dbName": "d", "collectionName": "c", "aliasName": "a"}),
        ),
        ("delete", Reply::Deleted { count: 2 }, json!({"deleteCount": 2})),
    ] {
        check(operation, reply, head, vec![]);
    }
    let stats = Stats { row_count: 1, memory_bytes: 2, collections: 3, ..Stats::default() };
    check(
        "stats",
        Reply::Stats(Box::new(stats)),
        json!({"rowCount": 1, "deletedCount": 0, "memoryBytes": 2, "memoryLimitBytes": 0, "storageBytes": 0,
               "indexMemoryBytes": 0, "indexStorageBytes": 0, "growingSegments": 0, "sealedSegments": 0, "collections": 3}),
        vec![],
    );
}

#[test]
fn writes_tell_their_keys() {
    let written = |primary_keys| Reply::Written(Written { primary_keys });
    check(
        "insert",
        written(Values::Ints(vec![5, 6])),
        json!({"insertCount": 2, "ids": {"name": "ids", "kind": "i64", "plane": 0}}),
        vec![Plane::I64(vec![5, 6])],
    );
    let mut texts = crate::column::rows::Texts::default();
    texts.push("é");
    check(
        "upsert",
        written(Values::Texts(texts)),
        json!({"upsertCount": 1, "ids": {"name": "ids", "kind": "text", "offsets": 0, "plane": 1}}),
        vec![Plane::U32(vec![0, 2]), Plane::U8("é".into())],
    );
}

#[test]
fn rows_and_hits_leave_as_planes() {
    let rows = Rows {
        row_count: 3,
        columns: vec![NamedValues { name: text("n"), present: None, values: Values::Ints(vec![1, 2, 3]) }],
    };
    check(
        "query",
        Reply::Rows(rows.clone()),
        json!({"rows": {"count": 3, "columns": [{"name": "n", "kind": "i64", "plane": 0}]}}),
        vec![Plane::I64(vec![1, 2, 3])],
    );
    let hits = Hits {
        counts: vec![2, 0, 1],
        primary_field: text("id"),
        primary_keys: Values::Ints(vec![7, 8, 9]),
        scores: vec![0.5, 0.25, 1.0],
        rows,
        groups: None,
    };
    check(
        "search",
        Reply::Hits(hits),
        json!({"counts": [2, 0, 1], "primaryField": "id", "ids": {"name": "id", "kind": "i64", "plane": 0}, "scores": 1,
               "rows": {"count": 3, "columns": [{"name": "n", "kind": "i64", "plane": 2}]}}),
        vec![Plane::I64(vec![7, 8, 9]), Plane::F32(vec![0.5, 0.25, 1.0]), Plane::I64(vec![1, 2, 3])],
    );
}

fn index(name: &str, field: &str, metric: Option<Metric>) -> IndexDescription {
    IndexDescription {
        name: text(name),
        field: text(field),
        index_type: text("HNSW"),
        metric,
        params: [(text("M"), text("8"))].into(),
        structure: Structure {
            name: "inverted file",
            cluster_count: 5,
            memory_bytes: 7,
            storage_bytes: 8,
            pending_rows: 6,
        },
        total_rows: 10,
        indexed_rows: 4,
    }
}

#[test]
fn indexes_say_what_answers_for_them() {
    check(
        "describeIndex",
        Reply::Indexes(vec![index("i", "v", Some(Metric::Ip))]),
        json!([{"indexName": "i", "fieldName": "v", "indexType": "HNSW", "metricType": "IP", "totalRows": 10,
                "pendingRows": 6, "indexedRows": 4, "indexState": "Finished", "failReason": "", "minIndexVersion": 0,
                "maxIndexVersion": 0, "answeredBy": "inverted file", "clusterCount": 5, "memoryBytes": 7,
                "storageBytes": 8,
                "indexParams": [{"key": "index_type", "value": "HNSW"}, {"key": "metric_type", "value": "IP"},
                                {"key": "M", "value": "8"}]}]),
        vec![],
    );
}

#[test]
fn collections_are_described_as_milvus_does_with_natural_values() {
    let of = |name: &str, data_type: &str, params: &[(&str, &str)]| FieldSpec {
        name: text(name),
        data_type: text(data_type),
        is_primary: name == "id",
        type_params: params.iter().map(|(key, value)| (text(key), text(value))).collect(),
        ..FieldSpec::default()
    };
    let spec = CollectionSpec {
        name: text("c"),
        fields: Some(vec![
            of("id", "Int64", &[]),
            of("v", "FloatVector", &[("dim", "4"), ("mmap.enabled", "true")]),
            FieldSpec {
                element_type: text("VarChar"),
                is_nullable: true,
                ..of("tags", "Array", &[("max_capacity", "8"), ("max_length", "9")])
            },
            FieldSpec { default_value: Some(crate::schema::Value::Int(5)), ..of("n", "Int8", &[]) },
        ]),
        is_auto_id: true,
        is_dynamic: Some(true),
        ..CollectionSpec::default()
    };
    let description = CollectionDescription {
        name: text("c"),
        id: 9,
        database: text("default"),
        description: text("words"),
        schema: check_collection(&spec).unwrap().schema,
        aliases: vec![text("a")],
        indexes: vec![index("numbers", "n", None), index("i", "v", Some(Metric::Cosine))],
        load_state: LoadState::Loaded,
        shards: 1,
        partition_count: 2,
        consistency_level: text("Bounded"),
        properties: [(text("k"), text("v"))].into(),
        created_ms: 5,
    };
    let head = json!({
        "collectionName": "c", "collectionID": 9, "dbName": "default", "description": "words", "autoId": true,
        "indexes": [{"indexName": "i", "fieldName": "v", "metricType": "COSINE"}],
        "fields": [
            {"name": "id", "id": 100, "type": "Int64", "primaryKey": true, "partitionKey": false, "clusteringKey": false,
             "autoId": true, "nullable": false, "description": ""},
            {"name": "v", "id": 101, "type": "FloatVector", "primaryKey": false, "partitionKey": false,
             "clusteringKey": false, "autoId": false, "nullable": false, "description": "",
             "params": [{"key": "dim", "value": "4"}, {"key": "mmap.enabled", "value": "true"}]},
            {"name": "tags", "id": 102, "type": "Array", "elementType": "VarChar", "primaryKey": false,
             "partitionKey": false, "clusteringKey": false, "autoId": false, "nullable": true, "description": "",
             "params": [{"key": "max_length", "value": "9"}, {"key": "max_capacity", "value": "8"}]},
            {"name": "n", "id": 103, "type": "Int8", "primaryKey": false, "partitionKey": false, "clusteringKey": false,
             "autoId": false, "nullable": false, "description": "", "defaultValue": 5},
        ],
        "structFields": [], "functions": [], "aliases": ["a"], "load": "LoadStateLoaded", "shardsNum": 1,
        "partitionsNum": 2, "consistencyLevel": "Bounded", "enableDynamicField": true,
        "properties": [{"key": "k", "value": "v"}],
    });
    check("describeCollection", Reply::Collection(Box::new(description)), head, vec![]);
}
