//! JSON stands for JavaScript's values here: the heads are the same.

mod reply;
mod request;
mod rows;

use super::*;
use crate::command::Command;
use crate::error::Result;

fn decode_json(operation: &str, head: &str, planes: Vec<Plane>) -> Result<Command> {
    let mut planes = Planes::new(planes);
    decode(operation, &mut serde_json::Deserializer::from_str(head), &mut planes)
}

fn refused(operation: &str, head: &str, planes: Vec<Plane>, code: u16, fragment: &str) {
    let error = decode_json(operation, head, planes).expect_err(head);
    assert_eq!(error.code(), code, "{error}");
    assert!(error.to_string().contains(fragment), "{error} lacks {fragment}");
}

fn json(natural: &Natural) -> serde_json::Value {
    serde_json::to_value(natural).unwrap()
}
