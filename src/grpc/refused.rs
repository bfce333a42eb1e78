//! Methods that clients know and this engine does not have.
//!
//! They are answered in the response's status, although gRPC has a status of its own for it: Milvus's SDK for Node takes
//! that one for success.

use prost::Message;

use super::answer::{Answer, Answered, Failure};
use super::asks::Asks;
use super::door::Door;
use super::proto::common;
use crate::error::Error;

/// Any request; what it says is not read.
#[derive(Clone, PartialEq, Message)]
pub struct Anything {}

impl Asks for Anything {}

/// Any response that has its status first, as nearly all have.
#[derive(Clone, PartialEq, Message)]
pub struct Response {
    /// Why it has nothing else.
    #[prost(message, optional, tag = "1")]
    pub status: Option<common::Status>,
}

impl Answer for Response {
    fn set_status(&mut self, status: common::Status) {
        self.status = Some(status);
    }
}

/// For methods whose response is a status.
pub async fn status(door: &Door<'_>, _: Anything) -> Answered<common::Status> {
    Err(unsupported(door))
}

/// For methods whose response has a status.
pub async fn response(door: &Door<'_>, _: Anything) -> Answered<Response> {
    Err(unsupported(door))
}

fn unsupported(door: &Door<'_>) -> Failure {
    Failure::Error(Error::Unsupported { what: door.method.to_string() })
}
