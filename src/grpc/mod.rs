//! Milvus's gRPC service, without the transport: the bytes of a request message become commands, and replies the bytes
//! of a response message.
//!
//! A call fails in one of two ways. What is wrong with the call itself (an unknown method, bytes that are no message, a
//! caller who may not) is a [`Refusal`], a gRPC status: clients take those for broken connections and repeat some of them for minutes.
//! Whatever else is wrong stands in the response's own `status`, which every response has.
//!
//! One table names the methods ([`methods`]). Nothing is kept between calls: what a response needs to know of a schema
//! is asked each time.

mod answer;
mod asks;
mod collection;
mod columns;
mod database;
mod door;
mod fields;
mod index;
mod iterator;
pub mod methods;
mod params;
mod partition;
mod placeholder;
pub mod proto;
mod query;
mod ranker;
mod refused;
mod roles;
mod schema;
mod search;
mod segment;
mod session;
mod status;
mod template;
mod users;
mod write;

use crate::access::{self, Access};
use crate::host::driver::Driver;
use door::Door;

/// gRPC's code for bytes that are no message.
pub const INVALID_ARGUMENT: u32 = 3;
/// gRPC's code for a caller who may not.
pub const PERMISSION_DENIED: u32 = 7;
/// gRPC's code for a method that there is not.
pub const UNIMPLEMENTED: u32 = 12;
/// gRPC's code for a caller who does not say who they are.
pub const UNAUTHENTICATED: u32 = 16;

/// A call as the transport hands it over.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Call {
    /// The method's name, without the service's.
    pub method: String,
    /// What came in the headers.
    pub metadata: Metadata,
    /// The request message.
    pub message: Vec<u8>,
    /// Milliseconds since 1970, for the timestamps in responses.
    pub now_ms: u64,
}

/// The headers that mean something.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Metadata {
    /// `authorization`: base64 of `user:password`, or of a token.
    pub authorization: Option<String>,
    /// `dbname`: the database of messages that name none.
    pub dbname: Option<String>,
}

/// A call that fails as a call: a gRPC status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// gRPC's code.
    pub code: u32,
    /// Why.
    pub message: String,
}

impl Refusal {
    /// A refusal with that code.
    pub fn new(code: u32, message: impl Into<String>) -> Refusal {
        Refusal { code, message: message.into() }
    }
}

/// Answers a call with the bytes of the response message.
///
/// # Errors
/// [`UNIMPLEMENTED`], [`INVALID_ARGUMENT`], [`UNAUTHENTICATED`] and [`PERMISSION_DENIED`]; all else stands in the response.
pub async fn call(driver: &Driver, access: &Access, call: Call) -> Result<Vec<u8>, Refusal> {
    let Some(method) = methods::find(&call.method) else {
        return Err(Refusal::new(UNIMPLEMENTED, format!("unknown method {}", call.method)));
    };
    let Some(run) = method.run else {
        let message = format!("{} is not supported by Elanus", method.name);
        return Err(Refusal::new(UNIMPLEMENTED, message));
    };
    let credentials = credentials(call.metadata.authorization.as_deref());
    let caller = match access.authenticate(credentials.as_deref()).await {
        Ok(caller) => caller,
        Err(error) => return Err(Refusal::new(UNAUTHENTICATED, error.to_string())),
    };
    let database = call.metadata.dbname.unwrap_or_default();
    let mut door = Door::new(driver, access, caller, database, call.now_ms);
    door.method = method.name;
    run(&door, method.privilege, &call.message).await
}

/// `user:password`, out of base64. Who need not say who they are may send anything.
fn credentials(header: Option<&str>) -> Option<String> {
    let text = header.filter(|text| !text.is_empty())?;
    // What is no base64 is no user's either, and is refused as such.
    Some(access::decode_text(text).unwrap_or_default())
}
