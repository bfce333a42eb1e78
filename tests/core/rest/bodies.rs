//! Bodies as they are written: numbers of two kinds, keys that come twice.

use serde_json::{Value as Json, json};

use super::Server;

#[test]
fn whole_doubles_stay_doubles_in_documents_and_dynamic_keys() {
    let server = Server::typed();
    let insert = r#"{"collectionName":"t","data":[{"id":1,"v":[3,4.0],"sa":[],"fa":[1.0,2],"d":3.0,"f":2.0,
        "j":{"a":3.0,"b":3,"c":[1.0,1]},"x":3.0,"y":3,"z":{"deep":[2.0]}}]}"#;
    assert!(server.post("entities/insert", &[], insert.as_bytes()).contains("insertIds"));
    let query = r#"{"collectionName":"t","filter":"id == 1","outputFields":["j","x","y","z","d","f","fa","v"]}"#;
    let expected = concat!(
        r#"{"code":0,"cost":0,"data":[{"d":3,"f":2,"fa":{"Data":{"FloatData":{"data":[1,2]}}},"id":"1","#,
        r#""j":"{\"a\":3.0,\"b\":3,\"c\":[1.0,1]}","v":[3,4],"x":3.0,"y":3,"z":{"deep":[2.0]}}]}"#
    );
    assert_eq!(server.post("entities/query", &[], query.as_bytes()), expected);
    let keys = r#"{"collectionName":"t","filter":"id == 1","outputFields":[]}"#;
    assert_eq!(server.post("entities/query", &[], keys.as_bytes()), r#"{"code":0,"cost":0,"data":[{"id":"1"}]}"#);
}

#[test]
fn rows_that_come_twice_in_a_body_are_refused() {
    let server = Server::quick();
    for operation in ["insert", "upsert"] {
        let body =
            r#"{"collectionName":"q","data":[{"id":7,"vector":[1,2,3,4]}],"data":[{"id":8,"vector":[1,2,3,4]}]}"#;
        let answer = server.post(&format!("entities/{operation}"), &[], body.as_bytes());
        let answer: Json = serde_json::from_str(&answer).unwrap();
        assert_eq!(answer["code"], 1801, "{answer}");
        assert!(answer["message"].as_str().unwrap().contains("'data' comes twice"), "{answer}");
    }
    assert_eq!(server.data("collections/get_stats", json!({"collectionName": "q"})), json!({"rowCount": 1}));
}
