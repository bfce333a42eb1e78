//! Milvus's RESTful API, version 2: HTTP requests to commands and replies to HTTP responses, without any network. Whoever
//! has a request's bytes can use it: the Node server does, and so does `fetch` of a database in a browser.
//!
//! The bodies of the endpoints are the heads of the operations that `wire` decodes; here is only what differs: the
//! envelope and its errors, rows and vectors as JSON, and the forms in which values leave.

mod asked;
mod body;
mod refusal;
mod reply;
mod routes;

pub use refusal::Refusal;
pub use routes::{Route, find, routes};

use self::asked::Asked;
use crate::command::{Properties, Reply};
use crate::error::Result;
use crate::gate::{Gate, Need};
use crate::host::driver::Driver;
use crate::json;
use crate::schema::{Schema, Value};
use crate::wire::{self, Head};

/// An HTTP request, whole.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Such as `POST`.
    pub method: String,
    /// The path, and a query behind it if there is one.
    pub path: String,
    /// The headers, by name in lower case.
    pub headers: Properties,
    /// The body.
    pub body: Vec<u8>,
}

impl Request {
    /// A request whose head is an object `{ method, path, headers }`.
    ///
    /// # Errors
    /// [`Error::WrongType`] and [`Error::Missing`] when it is no such object.
    pub fn new(head: Value, body: Vec<u8>) -> Result<Request> {
        let mut head = Head::new("http", head)?;
        Ok(Request {
            method: head.required_text("method")?,
            path: head.required_text("path")?,
            headers: head.properties("headers")?,
            body,
        })
    }
}

/// An HTTP response, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// Such as 200.
    pub status: u16,
    /// The header `content-type`; there are no others.
    pub content_type: &'static str,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// An object `{ status, headers }`.
    pub fn head(&self) -> Value {
        let object = |key: &str, value: Value| (key.to_string(), value);
        let content_type = object("content-type", Value::Text(self.content_type.to_string()));
        Value::Object(vec![
            object("status", Value::Int(self.status.into())),
            object("headers", Value::Object(vec![content_type])),
        ])
    }
}

/// Answers a request.
pub async fn handle(driver: &Driver, gate: &dyn Gate, request: Request) -> Response {
    let found = if request.method == "POST" { find(&request.path) } else { None };
    let Some(route) = found else {
        let is_health = request.path == "/healthz" && request.method != "POST";
        let (status, text) = if is_health { (200, "OK") } else { (404, "404 page not found") };
        return Response { status, content_type: "text/plain; charset=utf-8", body: text.as_bytes().to_vec() };
    };
    let (status, body) = match answer(driver, gate, route, request).await {
        Ok(body) => (200, body),
        Err(refusal) => {
            let mut body = format!(r#"{{"code":{},"message":"#, refusal.code);
            json::print_text(&refusal.message, &mut body);
            body.push('}');
            (refusal.status(), body)
        }
    };
    Response { status, content_type: "application/json; charset=utf-8", body: body.into_bytes() }
}

async fn answer(
    driver: &Driver,
    gate: &dyn Gate,
    route: Route,
    request: Request,
) -> std::result::Result<String, Refusal> {
    let Request { headers, body, .. } = request;
    let authorization = headers.get("authorization").map(String::as_str);
    // Bodies of strangers are not read.
    gate.admit(authorization, &Need::Nothing).await?;
    let mut asked = Asked::read(route, &headers, body)?;
    let [need, there] = asked.needs();
    let caller = gate.admit(authorization, &need).await?;
    if there != Need::Nothing {
        gate.admit(authorization, &there).await?;
    }
    if !wire::knows(asked.form.operation) {
        let members = gate.administer(&caller, asked.form.operation, asked.head.into_values()).await?;
        return Ok(reply::envelope(members));
    }
    if let Some(describe) = asked.describe() {
        asked.form.schema = schema_in(driver.run(describe).await?);
    }
    let command = asked.command()?;
    let reply = driver.run(command).await?;
    Ok(asked.form.print(reply))
}

fn schema_in(reply: Reply) -> Option<Schema> {
    match reply {
        Reply::Collection(told) => Some(told.schema),
        _ => None,
    }
}
