//! The RESTful API: the examples of Milvus's documentation byte for byte, every endpoint, and what is refused.

mod bodies;

use std::future::ready;
use std::rc::Rc;

use elanus::error::Error;
use elanus::gate::{Asked, Caller, Gate, Need, OpenGate};
use elanus::host::memory::MemoryHost;
use elanus::rest::{Request, Response, handle, routes};
use serde_json::{Value as Json, json};

use crate::driven::Driven;

struct Server(Driven);

impl Server {
    fn new() -> Server {
        Server(Driven::open(Rc::new(MemoryHost::default()), 1).unwrap().0)
    }

    fn send(&self, gate: impl Gate + 'static, request: Request) -> Response {
        let driver = self.0.driver.clone();
        self.0.wait(async move { handle(&driver, &gate, request).await })
    }

    fn post(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> String {
        let headers = headers.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        let path = format!("/v2/vectordb/{path}");
        let response = self.send(OpenGate, Request { method: "POST".to_string(), path, headers, body: body.to_vec() });
        assert_eq!((response.status, response.content_type), (200, "application/json; charset=utf-8"));
        String::from_utf8(response.body).unwrap()
    }

    fn call(&self, path: &str, body: Json) -> Json {
        serde_json::from_str(&self.post(path, &[], body.to_string().as_bytes())).unwrap()
    }

    /// The `data` of what must succeed.
    fn data(&self, path: &str, body: Json) -> Json {
        let mut answer = self.call(path, body.clone());
        assert_eq!(answer["code"], 0, "{path} {body}: {answer}");
        answer["data"].take()
    }

    fn refused(&self, path: &str, body: Json, code: u16, fragment: &str) {
        let answer = self.call(path, body.clone());
        assert_eq!(answer["code"], code, "{path} {body}: {answer}");
        let message = answer["message"].as_str().expect("a failure says why");
        assert!(message.contains(fragment), "{path} {body}: {message}");
        assert_eq!(answer.as_object().unwrap().len(), 2, "{answer}");
    }

    /// A collection `q` of four dimensions with one row.
    fn quick() -> Server {
        let server = Server::new();
        server.data("collections/create", json!({"collectionName": "q", "dimension": 4}));
        let row = json!({"id": 1, "vector": [0.1, 0.2, 0.3, 0.4], "color": "red"});
        server.data("entities/insert", json!({"collectionName": "q", "data": [row]}));
        server
    }

    /// A collection `t` with a field of every type.
    fn typed() -> Server {
        let server = Server::new();
        let field = |name: &str, data_type: &str| json!({"fieldName": name, "dataType": data_type, "nullable": true});
        let mut fields = vec![
            json!({"fieldName": "id", "dataType": "Int64", "isPrimary": true}),
            json!({"fieldName": "v", "dataType": "FloatVector", "elementTypeParams": {"dim": "2"}}),
            json!({"fieldName": "s", "dataType": "VarChar", "defaultValue": "none", "elementTypeParams": {"max_length": 20}}),
            json!({"fieldName": "n", "dataType": "Int64", "defaultValue": 5}),
            json!({"fieldName": "la", "dataType": "Array", "elementDataType": "Int64", "nullable": true, "elementTypeParams": {"max_capacity": 4}}),
            json!({"fieldName": "sa", "dataType": "Array", "elementDataType": "VarChar", "elementTypeParams": {"max_capacity": 4, "max_length": 9}}),
            json!({"fieldName": "fa", "dataType": "Array", "elementDataType": "Float", "elementTypeParams": {"max_capacity": 4}}),
        ];
        for (name, data_type) in
            [("b", "Bool"), ("i8", "Int8"), ("l", "Int64"), ("f", "Float"), ("d", "Double"), ("j", "JSON")]
        {
            fields.push(field(name, data_type));
        }
        let schema = json!({"enableDynamicField": true, "fields": fields});
        let indexes = json!([{"fieldName": "v", "metricType": "L2"}]);
        server.data("collections/create", json!({"collectionName": "t", "schema": schema, "indexParams": indexes}));
        server
    }
}

#[test]
fn the_documented_examples_are_answered_byte_for_byte() {
    let server = Server::new();
    let check = |path: &str, headers: &[(&str, &str)], body: &str, expected: &str| {
        assert_eq!(server.post(path, headers, body.as_bytes()), expected, "{path} {body}");
    };
    let insert = r#"{"collectionName":"q","data":[{"id":1,"vector":[0.1,0.2,0.3,0.4],"color":"red"}]}"#;
    check("collections/create", &[], r#"{"collectionName":"q","dimension":4}"#, r#"{"code":0,"data":{}}"#);
    check("collections/has", &[], r#"{"collectionName":"q"}"#, r#"{"code":0,"data":{"has":true}}"#);
    let written = r#"{"code":0,"cost":0,"data":{"insertCount":1,"insertIds":["1"]}}"#;
    check("entities/insert", &[], insert, written);
    let written = r#"{"code":0,"cost":0,"data":{"insertCount":1,"insertIds":[1]}}"#;
    check("entities/insert", &[("accept-type-allow-int64", "true")], insert, written);
    let query = r#"{"collectionName":"q","filter":"id in [1]","outputFields":["color"]}"#;
    check("entities/query", &[], query, r#"{"code":0,"cost":0,"data":[{"color":"red","id":"1"}]}"#);
    let count = r#"{"collectionName":"q","filter":"","outputFields":["count(*)"],"limit":0}"#;
    check("entities/query", &[], count, r#"{"code":0,"cost":0,"data":[{"count(*)":"1"}]}"#);
    let search = r#"{"collectionName":"q","data":[[0.1,0.2,0.3,0.4]],"limit":2,"outputFields":["color"]}"#;
    let found = r#"{"code":0,"cost":0,"data":[{"color":"red","distance":1,"id":"1"}],"topks":[1]}"#;
    check("entities/search", &[], search, found);
    let name = "[database=default][collection=zz]";
    let absent = format!(r#"{{"code":100,"message":"can't find collection{name}: collection not found{name}"}}"#);
    check("collections/describe", &[], r#"{"collectionName":"zz"}"#, &absent);
    let unnamed = "missing required parameters, error: Key: 'CollectionNameReq.CollectionName' \
                   Error:Field validation for 'CollectionName' failed on the 'required' tag";
    check("collections/has", &[], "{}", &format!(r#"{{"code":1802,"message":"{unnamed}"}}"#));
}

#[test]
fn bodies_that_are_none_are_refused_in_milvus_words() {
    let server = Server::quick();
    let check = |path: &str, body: &str, code: u16, message: &str| {
        let answer: Json = serde_json::from_str(&server.post(path, &[], body.as_bytes())).unwrap();
        assert_eq!(answer, json!({"code": code, "message": message}), "{path} {body}");
    };
    let nothing = "can only accept json format request, the request body should be nil, however {} is valid";
    check("collections/list", "", 1801, nothing);
    check("collections/has", " \n", 1801, nothing);
    let broken = "can only accept json format request, error: JSON: expected a key in quotes at byte 1, got 'x'";
    check("collections/has", "{x", 1801, broken);
    let list = "can only accept json format request, error: hasCollection: expected an object, got a list";
    check("collections/has", "[]", 1801, list);
    let number =
        "can only accept json format request, error: hasCollection: collectionName: expected a string, got an integer";
    check("collections/has", r#"{"collectionName":5}"#, 1801, number);
    let both = "missing required parameters, error: \
                Key: 'RenameCollectionReq.CollectionName' Error:Field validation for 'CollectionName' failed on the 'required' tag\n\
                Key: 'RenameCollectionReq.NewCollectionName' Error:Field validation for 'NewCollectionName' failed on the 'required' tag";
    check("collections/rename", r#"{"collectionName":""}"#, 1802, both);
    let id = "missing required parameters, error: Key: 'CollectionIDReq.ID' Error:Field validation for 'ID' failed on the 'required' tag";
    check("entities/get", r#"{"collectionName":"q"}"#, 1802, id);
    let data = "missing required parameters, error: Key: 'SearchReqV2.Data' Error:Field validation for 'Data' failed on the 'required' tag";
    check("entities/search", r#"{"collectionName":"q"}"#, 1802, data);
    check(
        "entities/insert",
        r#"{"collectionName":"q","data":[]}"#,
        1804,
        "fail to deal the insert data, error: missing required parameters",
    );
    // Unknown keys are passed over, and the case of keys does not matter.
    check(
        "collections/describe",
        r#"{"CollectionName":"zz","x":1}"#,
        100,
        "can't find collection[database=default][collection=zz]: collection not found[database=default][collection=zz]",
    );
}

#[test]
fn values_are_taken_by_the_type_of_their_field() {
    let server = Server::typed();
    let row = json!({"id": "9223372036854775807", "v": ["1", 2.5], "sa": ["x"], "fa": [0.1], "b": "true", "i8": "-128",
        "l": "-9223372036854775808", "f": "0.1", "d": "1e300", "j": {"k": [1, null]}, "la": ["1", 2],
        "x": 1.5, "y": [1, {"z": 9007199254740993i64}], "n": null, "none": null});
    assert_eq!(
        server.data("entities/insert", json!({"collectionName": "t", "data": [row]})),
        json!({"insertCount": 1, "insertIds": ["9223372036854775807"]})
    );
    let plain = json!({"id": 2, "v": [0, 0], "sa": [], "fa": [], "s": "z"});
    server.data("entities/upsert", json!({"collectionName": "t", "data": plain}));
    let body = br#"{"collectionName":"t","filter":"id > 0"}"#;
    let expected = concat!(
        r#"{"code":0,"cost":0,"data":[{"b":null,"d":null,"f":null,"fa":{"Data":{"FloatData":{"data":[]}}},"i8":null,"#,
        r#""id":"2","j":null,"l":null,"la":null,"n":"5","s":"z","sa":{"Data":{"StringData":{"data":[]}}},"v":[0,0]},"#,
        r#"{"b":true,"d":1e300,"f":0.1,"fa":{"Data":{"FloatData":{"data":[0.1]}}},"i8":-128,"id":"9223372036854775807","#,
        r#""j":"{\"k\":[1,null]}","l":"-9223372036854775808","la":{"Data":{"LongData":{"data":[1,2]}}},"n":"5","#,
        r#""s":"none","sa":{"Data":{"StringData":{"data":["x"]}}},"v":[1,2.5],"x":1.5,"y":[1,{"z":9007199254740993}]}]}"#
    );
    assert_eq!(server.post("entities/query", &[], body), expected);
    let numbers = expected.replace(r#""9223372036854775807""#, "9223372036854775807");
    let numbers = numbers.replace(r#""-9223372036854775808""#, "-9223372036854775808");
    let numbers = numbers.replace(r#""id":"2""#, r#""id":2"#).replace(r#""n":"5""#, r#""n":5"#);
    assert_eq!(server.post("entities/query", &[("accept-type-allow-int64", "true")], body), numbers);
    let found =
        server.data("entities/get", json!({"collectionName": "t", "id": ["2", 77], "outputFields": ["l", "x"]}));
    assert_eq!(found, json!([{"id": "2", "l": null}]));
    let given = server
        .data("entities/get", json!({"collectionName": "t", "id": 9223372036854775807i64, "outputFields": ["x"]}));
    assert_eq!(given, json!([{"id": "9223372036854775807", "x": 1.5}]));
}

#[test]
fn rows_that_do_not_fit_are_refused() {
    let server = Server::typed();
    let check = |change: Json, code: u16, fragment: &str| {
        let mut row = json!({"id": 1, "v": [0, 0], "sa": [], "fa": []});
        for (key, value) in change.as_object().unwrap() {
            row[key] = value.clone();
        }
        server.refused("entities/insert", json!({"collectionName": "t", "data": [row]}), code, fragment);
    };
    check(json!({"v": null}), 1804, "missing vector field: v");
    check(json!({"v": [1]}), 1100, "the dim (1) of vector 0 is not equal to the dim (2) of field v");
    check(json!({"v": "x"}), 1804, "expected FloatVector, got a string");
    check(json!({"v": [1, true]}), 1804, "expected FloatVector, got a bool");
    check(json!({"id": null}), 1804, "id");
    check(json!({"id": "one"}), 1804, "expected Int64, got a string");
    check(json!({"i8": 300}), 1804, "out of range: [-128, 127]");
    check(json!({"b": "maybe"}), 1804, "expected Bool, got a string");
    check(json!({"s": "a text that is longer than twenty"}), 1804, "exceeds max length");
    check(json!({"$meta": {}}), 1804, "$meta");
    server.refused(
        "entities/insert",
        json!({"collectionName": "t", "data": [5]}),
        1801,
        "data[0]: expected an object, got an integer",
    );
    server.refused("entities/insert", json!({"collectionName": "zz", "data": [{}]}), 100, "can't find collection");
    let fields = json!([{"fieldName": "id", "dataType": "Int64", "isPrimary": true},
        {"fieldName": "v", "dataType": "FloatVector", "elementTypeParams": {"dim": 2}}]);
    server.data("collections/create", json!({"collectionName": "strict", "schema": {"fields": fields}}));
    let more = json!({"collectionName": "strict", "data": [{"id": 1, "v": [1, 2], "x": 1}]});
    server.refused("entities/insert", more, 1804, "has pass more field without dynamic schema, please check it");
    server.refused(
        "entities/query",
        json!({"collectionName": "strict", "filter": "id > 0"}),
        101,
        "collection not loaded",
    );
    for id in [json!(1.5), json!([true]), json!("one"), json!([{}])] {
        let body = json!({"collectionName": "t", "id": id});
        server.refused(
            "entities/get",
            body,
            1806,
            "please check the primary key and its' type can only in [int, string]",
        );
    }
}

#[test]
fn limits_are_those_of_the_restful_api() {
    let server = Server::new();
    server.data("collections/create", json!({"collectionName": "q", "dimension": 2}));
    let rows: Vec<Json> = (0..150).map(|id| json!({"id": id, "vector": [id, 1]})).collect();
    server.data("entities/insert", json!({"collectionName": "q", "data": rows}));
    let length = |path: &str, more: Json| {
        let mut body = json!({"collectionName": "q", "outputFields": ["id"]});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let answer = self::Server::call(&server, path, body);
        (answer["data"].as_array().unwrap_or_else(|| panic!("{answer}")).len(), answer["topks"].clone())
    };
    assert_eq!(length("entities/query", json!({"filter": "id >= 0"})).0, 100);
    assert_eq!(length("entities/query", json!({"filter": "id >= 0", "limit": 0, "offset": -3})).0, 150);
    assert_eq!(length("entities/query", json!({"filter": "id >= 0", "limit": 100, "offset": 120})).0, 30);
    assert_eq!(length("entities/search", json!({"data": [[1, 1]]})), (100, json!([100])));
    let filtered = json!({"data": [[1, 1], [2, 1]], "limit": 3, "filter": "id < 2"});
    assert_eq!(length("entities/search", filtered), (4, json!([2, 2])));
    assert_eq!(length("entities/search", json!({"data": [[1, 1]], "filter": "id < 0"})), (0, Json::Null));
    let sub = json!({"data": [[1, 1]], "annsField": "vector", "limit": 3});
    assert_eq!(
        length("entities/hybrid_search", json!({"search": [sub, sub], "rerank": {"strategy": "rrf"}})),
        (3, json!([3]))
    );
    assert_eq!(length("entities/advanced_search", json!({"search": [sub], "limit": 2})), (2, json!([2])));
    let all = json!({"collectionName": "q", "limit": 0});
    server.refused("entities/query", all, 1100, "empty expression should be used with limit");
}

#[test]
fn searches_that_cannot_be_are_refused() {
    let server = Server::quick();
    let check = |path: &str, more: Json, code: u16, fragment: &str| {
        let mut body = json!({"collectionName": "q"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        server.refused(path, body, code, fragment);
    };
    check("entities/search", json!({"data": []}), 1100, "nq (number of search vector per search request)");
    check("entities/search", json!({"data": [0.1, 0.2]}), 1801, "data[0]: expected a list of numbers, got a float");
    check(
        "entities/search",
        json!({"data": [[1, 2, 3, 4], [1]]}),
        1100,
        "data[1]: expected 4 elements as in data[0], got 1",
    );
    check("entities/search", json!({"data": [[1, 2, 3, true]]}), 1801, "data[0]: expected numbers, got a bool");
    check("entities/search", json!({"data": [[1, 2, 3]]}), 1100, "the dim (3) of vector 0");
    check("entities/search", json!({"data": [[1, 2, 3, 4]], "limit": 0}), 1100, "topk [0] is invalid");
    check("entities/search", json!({"data": [[1, 2, 3, 4]], "filter": "id <"}), 1100, "cannot parse expression");
    check("entities/search", json!({"data": [[1, 2, 3, 4]], "consistencyLevel": "x"}), 1100, "x");
    check("entities/search", json!({"ids": [1, 7]}), 1100, "primary key IDs do not exist: 1 of 2 are absent");
    check(
        "entities/search",
        json!({"ids": [1], "data": [[1, 2, 3, 4]]}),
        1100,
        "expected either ids or data, got both",
    );
    check("entities/search", json!({"ids": []}), 1802, "SearchReqV2.Data");
    check("entities/search", json!({"ids": 1}), 1801, "ids: expected a list, got an integer");
    check("entities/search", json!({"ids": [null]}), 1100, "primary key id is null, expected Int64");
    let found = server.data("entities/search", json!({"collectionName": "q", "ids": ["1"]}));
    assert_eq!(found, json!([{"distance": 1, "id": "1"}]));
    check("entities/hybrid_search", json!({}), 1802, "search");
    check("entities/hybrid_search", json!({"search": [{"annsField": "vector"}]}), 1802, "HybridSearchReq.Data");
    check("entities/hybrid_search", json!({"search": [5]}), 1801, "expected an object, got an integer");
    check(
        "entities/query",
        json!({"outputFields": ["count(*)"], "limit": 5}),
        1100,
        "count entities with pagination is not allowed",
    );
    check("entities/delete", json!({"filter": "id >= 0 or id < 0 or true"}), 1100, "");
}

#[test]
fn the_database_comes_from_the_body_or_else_from_the_header() {
    let server = Server::new();
    server.data("databases/create", json!({"dbName": "other"}));
    server.data("collections/create", json!({"dbName": "other", "collectionName": "c", "dimension": 2}));
    let list = |headers: &[(&str, &str)], body: &str| server.post("collections/list", headers, body.as_bytes());
    assert_eq!(list(&[("db-name", "other")], "{}"), r#"{"code":0,"data":["c"]}"#);
    assert_eq!(list(&[("db-name", "other")], r#"{"dbName":"default"}"#), r#"{"code":0,"data":[]}"#);
    assert_eq!(list(&[("db-name", "default")], r#"{"dbName":"other"}"#), r#"{"code":0,"data":["c"]}"#);
    assert_eq!(list(&[("db-name", "zz")], "{}"), r#"{"code":800,"message":"database not found[database=zz]"}"#);
    let insert = br#"{"collectionName":"c","data":[{"id":1,"vector":[1,2]}]}"#;
    assert!(
        server.post("entities/insert", &[("db-name", "other"), ("request-timeout", "5")], insert).contains("insertIds")
    );
}

#[test]
fn what_is_no_endpoint_is_not_found() {
    let server = Server::new();
    let get = |method: &str, path: &str| {
        let request = Request { method: method.to_string(), path: path.to_string(), ..Request::default() };
        let response = server.send(OpenGate, request);
        (response.status, response.content_type, String::from_utf8(response.body).unwrap())
    };
    let text = "text/plain; charset=utf-8";
    assert_eq!(get("GET", "/healthz"), (200, text, "OK".to_string()));
    for (method, path) in [
        ("GET", "/v2/vectordb/collections/list"),
        ("POST", "/v2/vectordb/collections/lis"),
        ("POST", "/"),
        ("POST", ""),
    ] {
        assert_eq!(get(method, path), (404, text, "404 page not found".to_string()));
    }
    assert_eq!(get("POST", "/v2/vectordb/collections/list?x=1").0, 200);
}

/// Knows `root:secret`, who may do nothing but read.
struct Readers;

impl Gate for Readers {
    fn admit<'a>(&'a self, authorization: Option<&'a str>, need: &'a Need) -> Asked<'a, Caller> {
        Box::pin(ready(match (authorization, need) {
            (Some("Bearer root:secret"), Need::Collection { privilege: "Query", database, collection }) => {
                assert_eq!((database.as_str(), collection.as_str()), ("d", "q"));
                Ok(Caller::default())
            }
            (Some("Bearer root:secret"), Need::Nothing) => Ok(Caller::default()),
            (_, need) => Err(Error::Aborted { reason: format!("{need:?}") }),
        }))
    }
}

#[test]
fn the_gate_is_asked_before_a_command_runs() {
    let server = Server::quick();
    let ask = |authorization: &str, path: &str| {
        let headers = [("authorization", authorization), ("db-name", "d")];
        let headers = headers.map(|(name, value)| (name.to_string(), value.to_string()));
        let body = br#"{"collectionName":"q","filter":"id > 0"}"#.to_vec();
        let path = format!("/v2/vectordb/{path}");
        let request = Request { method: "POST".to_string(), path, headers: headers.into(), body };
        String::from_utf8(server.send(Readers, request).body).unwrap()
    };
    assert!(ask("Bearer root:secret", "entities/query").contains("database not found[database=d]"));
    let delete = ask("Bearer root:secret", "entities/delete");
    assert!(delete.contains("Delete") && delete.contains("10000"), "{delete}");
    assert!(ask("Bearer root:guess", "entities/query").contains("Nothing"));
    assert!(
        ask("Bearer root:secret", "collections/drop")
            .contains(r#"Database { privilege: \"DropCollection\", database: \"d\" }"#)
    );
    assert!(ask("Bearer root:secret", "databases/list").contains(r#"Cluster { privilege: \"ListDatabases\" }"#));
}

/// Endpoints that only answer that they are not supported.
fn is_unsupported(path: &str) -> bool {
    let groups =
        ["users/", "roles/", "privilege_groups/", "jobs/", "resource_groups/", "common/", "segments/", "quotacenter/"];
    let single = [
        "collections/struct_fields/add",
        "collections/add_function",
        "collections/alter_function",
        "collections/drop_function",
        "collections/add_function_field",
        "collections/drop_function_field",
    ];
    groups.iter().any(|group| path.starts_with(group)) || single.contains(&path)
}

#[test]
fn every_endpoint_answers() {
    let server = Server::quick();
    server.data("collections/create", json!({"collectionName": "other", "dimension": 4}));
    let q = |more: Json| {
        let mut body = json!({"collectionName": "q"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let vector = json!([0.1, 0.2, 0.3, 0.4]);
    // In an order in which each can succeed.
    let steps = [
        ("collections/list", json!({}), json!(["other", "q"])),
        ("collections/has", q(json!({})), json!({"has": true})),
        ("collections/get_stats", q(json!({})), json!({"rowCount": 1})),
        ("collections/get_load_state", q(json!({})), json!({"loadProgress": 100, "loadState": "LoadStateLoaded"})),
        ("collections/alter_properties", q(json!({"properties": {"x": 1}})), json!({})),
        ("collections/drop_properties", q(json!({"propertyKeys": ["x"]})), json!({})),
        ("collections/flush", q(json!({})), json!({})),
        ("collections/load", q(json!({})), json!({})),
        ("collections/refresh_load", q(json!({})), json!({})),
        ("databases/create", json!({"dbName": "d", "properties": {"p": "1"}}), json!({})),
        ("databases/list", json!({}), json!(["d", "default"])),
        ("databases/alter", json!({"dbName": "d", "properties": {"p": 2}}), json!({})),
        ("databases/alter_properties", json!({"dbName": "d", "properties": {"r": true}}), json!({})),
        ("databases/drop_properties", json!({"dbName": "d", "propertyKeys": ["r"]}), json!({})),
        ("databases/drop", json!({"dbName": "d"}), json!({})),
        ("partitions/create", q(json!({"partitionName": "p"})), json!({})),
        ("partitions/has", q(json!({"partitionName": "p"})), json!({"has": true})),
        ("partitions/list", q(json!({})), json!(["_default", "p"])),
        ("partitions/load", q(json!({"partitionNames": ["p"]})), json!({})),
        ("partitions/get_stats", q(json!({"partitionName": "p"})), json!({"rowCount": 0})),
        (
            "entities/upsert",
            q(json!({"data": [{"id": 2, "vector": vector}], "partitionName": "p"})),
            json!({"upsertCount": 1, "upsertIds": ["2"]}),
        ),
        (
            "entities/insert",
            q(json!({"data": {"id": 3, "vector": vector}})),
            json!({"insertCount": 1, "insertIds": ["3"]}),
        ),
        ("entities/get", q(json!({"id": [2], "outputFields": ["id"]})), json!([{"id": "2"}])),
        (
            "entities/query",
            q(json!({"filter": "id == {x}", "exprParams": {"x": 2}, "outputFields": ["id"]})),
            json!([{"id": "2"}]),
        ),
        ("entities/search", q(json!({"data": [vector], "limit": 1})), json!([{"distance": 1, "id": "1"}])),
        (
            "entities/hybrid_search",
            q(
                json!({"search": [{"data": [vector], "annsField": "vector"}], "limit": 1, "rerank": {"strategy": "weighted", "params": {"weights": [0.5], "norm_score": true}}}),
            ),
            json!([{"distance": 0.5, "id": "1"}]),
        ),
        (
            "entities/advanced_search",
            q(
                json!({"search": [{"data": [vector], "annsField": "vector"}], "limit": 1, "rerank": {"strategy": "weighted", "params": {"weights": [1], "norm_score": true}}}),
            ),
            json!([{"distance": 1, "id": "1"}]),
        ),
        ("entities/delete", q(json!({"filter": "id in [2]"})), json!({"deleteCount": 1})),
        ("partitions/release", q(json!({"partitionNames": ["p"]})), json!({})),
        ("partitions/drop", q(json!({"partitionName": "p"})), json!({})),
        ("aliases/create", q(json!({"aliasName": "a"})), json!({})),
        ("aliases/list", json!({"collectionName": "q"}), json!(["a"])),
        (
            "aliases/describe",
            json!({"aliasName": "a"}),
            json!({"aliasName": "a", "collectionName": "q", "dbName": "default"}),
        ),
        ("aliases/alter", json!({"collectionName": "other", "aliasName": "a"}), json!({})),
        ("aliases/drop", json!({"aliasName": "a"}), json!({})),
        ("indexes/list", q(json!({})), json!(["vector"])),
        ("collections/release", q(json!({})), json!({})),
        (
            "collections/fields/alter_properties",
            q(json!({"fieldName": "vector", "fieldParams": {"mmap.enabled": true}})),
            json!({}),
        ),
        (
            "indexes/alter_properties",
            q(json!({"indexName": "vector", "properties": {"mmap.enabled": true}})),
            json!({}),
        ),
        ("indexes/drop_properties", q(json!({"indexName": "vector", "propertyKeys": ["mmap.enabled"]})), json!({})),
        ("indexes/drop", q(json!({"indexName": "vector"})), json!({})),
        ("collections/truncate", q(json!({})), json!({})),
        (
            "indexes/create",
            q(
                json!({"indexParams": [{"fieldName": "vector", "indexName": "v", "metricType": "L2", "indexType": "HNSW", "params": {"M": 8, "efConstruction": 100}}]}),
            ),
            json!({}),
        ),
        (
            "collections/fields/add",
            q(json!({"schema": {"fieldName": "late", "dataType": "Int32", "nullable": true}})),
            json!({}),
        ),
        ("collections/rename", q(json!({"newCollectionName": "r"})), json!({})),
        ("collections/drop", json!({"collectionName": "r"}), json!({})),
        ("collections/create", json!({"collectionName": "q", "dimension": 2}), json!({})),
    ];
    let mut asked: Vec<&str> = Vec::new();
    for (path, body, expected) in steps {
        assert_eq!(server.data(path, body), expected, "{path}");
        asked.push(path);
    }
    let id = server.data("collections/compact", q(json!({})))["compactionID"].clone();
    assert_eq!(server.data("collections/get_compaction_state", json!({"jobID": id}))["compactionID"], id);
    let told = server.data("databases/describe", json!({"dbName": "default"}));
    assert_eq!(told["dbName"], "default");
    let told = server.data("indexes/describe", q(json!({"indexName": "vector"})));
    assert_eq!((told[0]["indexName"].as_str(), told[0]["indexState"].as_str()), (Some("vector"), Some("Finished")));
    server.refused("indexes/describe", q(json!({"indexName": "zz"})), 700, "index not found");
    asked.extend([
        "collections/compact",
        "collections/get_compaction_state",
        "databases/describe",
        "indexes/describe",
        "collections/describe",
    ]);
    for route in routes() {
        if is_unsupported(route.path) {
            let body: Json = route
                .required
                .split_ascii_whitespace()
                .map(|key| (key.to_string(), json!("x")))
                .collect::<serde_json::Map<_, _>>()
                .into();
            server.refused(route.path, body, 3000, "is not supported by Elanus");
        } else {
            assert!(asked.contains(&route.path), "nothing asks {}", route.path);
        }
    }
}

#[test]
fn a_collection_is_described_as_in_milvus() {
    let server = Server::typed();
    server.data("aliases/create", json!({"collectionName": "t", "aliasName": "a"}));
    let told = server.data("collections/describe", json!({"collectionName": "a"}));
    let keys: Vec<&str> = told.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = "aliases autoId collectionID collectionName consistencyLevel description enableDynamicField externalSource \
                    externalSpec fields functions indexes load partitionsNum properties shardsNum structFields";
    assert_eq!(keys.join(" "), expected);
    assert_eq!(told["collectionName"], "t");
    assert_eq!((&told["load"], &told["consistencyLevel"]), (&json!("LoadStateLoaded"), &json!("Bounded")));
    assert_eq!(told["indexes"], json!([{"fieldName": "v", "indexName": "v", "metricType": "L2"}]));
    let plain = json!({"name": "id", "id": 100, "type": "Int64", "primaryKey": true, "partitionKey": false, "clusteringKey": false,
        "autoId": false, "nullable": false, "description": ""});
    assert_eq!(told["fields"][0], plain);
    assert_eq!(told["fields"][1]["params"], json!([{"key": "dim", "value": "2"}]));
    assert_eq!(told["fields"][2]["defaultValue"], json!({"Data": {"StringData": "none"}}));
    assert_eq!(told["fields"][3]["defaultValue"], json!({"Data": {"LongData": 5}}));
    assert_eq!(told["fields"][4]["elementType"], "Int64");
}

#[test]
fn a_large_body_is_taken_in() {
    let server = Server::new();
    server.data("collections/create", json!({"collectionName": "q", "dimension": 256}));
    let mut body = r#"{"collectionName":"q","data":["#.to_string();
    let mut id = 0;
    while body.len() < 64 << 20 {
        let vector: Vec<String> =
            (0..256).map(|at| format!("{}", f64::from((id * 31 + at * 17) % 1000) / 997.0)).collect();
        let separator = if id == 0 { "" } else { "," };
        body += &format!(r#"{separator}{{"id":{id},"vector":[{}],"n":"row {id}"}}"#, vector.join(","));
        id += 1;
    }
    body += "]}";
    let answer: Json = serde_json::from_str(&server.post("entities/insert", &[], body.as_bytes())).unwrap();
    assert_eq!(answer["data"]["insertCount"], id, "{:.300}", answer.to_string());
    let last = server.data("entities/get", json!({"collectionName": "q", "id": id - 1, "outputFields": ["n"]}));
    assert_eq!(last, json!([{"id": (id - 1).to_string(), "n": format!("row {}", id - 1)}]));
}

#[test]
fn the_table_in_compat_md_is_the_table_of_routes() {
    let compat = std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("COMPAT.md")).unwrap();
    let section =
        compat.split("\n## ").find(|section| section.starts_with("RESTful v2\n")).expect("a section RESTful v2");
    let rows = section.lines().filter_map(|line| line.strip_prefix("| /")).map(|line| {
        let mut cells = line.split('|').map(str::trim);
        (cells.next().unwrap().to_string(), cells.next().unwrap().to_string())
    });
    let expected = routes().map(|route| (route.path.to_string(), is_unsupported(route.path)));
    // Users are a server's, and `differs` says so.
    let is_of_server =
        |path: &str| ["users/", "roles/", "privilege_groups/"].iter().any(|group| path.starts_with(group));
    let is_no = |path: &str, state: &str| if is_of_server(path) { state == "differs" } else { state == "no" };
    let rows: Vec<(String, bool)> = rows.map(|(path, state)| (path.clone(), is_no(&path, &state))).collect();
    assert_eq!(rows, expected.collect::<Vec<_>>());
}
