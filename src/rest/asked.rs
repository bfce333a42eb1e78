//! What a request asks, between its bytes and its command.

use super::body::{self, RowsBuilder};
use super::refusal::Refusal;
use super::reply::Form;
use super::routes::Route;
use crate::command::{Command, DEFAULT_DATABASE, Properties, Target};
use crate::error::{Error, Result};
use crate::gate::Need;
use crate::json;
use crate::schema::Value;
use crate::wire::{self, Head, Planes};

/// The key of the rows in a body.
const ROWS: &str = "data";

/// A request whose body was read.
pub struct Asked {
    route: Route,
    target: Target,
    /// The bytes, of a request with rows: they are read a second time, when the types of the fields are known.
    body: Vec<u8>,
    /// What was said and not taken yet.
    pub head: Head,
    /// The form of the answer.
    pub form: Form,
}

impl Asked {
    /// Reads a body with all that its endpoint requires.
    pub fn read(route: Route, headers: &Properties, mut body: Vec<u8>) -> std::result::Result<Asked, Refusal> {
        if body.trim_ascii().is_empty() {
            return Err(Refusal::no_body());
        }
        let has_rows = matches!(route.operation, "insert" | "upsert");
        let parsed = if has_rows { json::parse_apart(&body, ROWS, &mut |_| Ok(())) } else { json::parse(&body) };
        if !has_rows {
            body = Vec::new();
        }
        let parsed = parsed.map_err(|error| match error {
            Error::Invalid { reason } => Refusal::format(&reason),
            other => other.into(),
        })?;
        let mut head = Head::new(route.operation, parsed)?;
        let is_absent = |key: &&str| head.get(key).is_none_or(|value| *value == Value::Text(String::new()));
        let missing: Vec<&str> = route.required.split_ascii_whitespace().filter(is_absent).collect();
        if !missing.is_empty() {
            return Err(Refusal::missing(route.form, &missing));
        }
        let mut database = name(&head, "dbName")?;
        if database.is_empty() {
            head.value("dbName");
            database = headers.get("db-name").map_or(DEFAULT_DATABASE, String::as_str).to_string();
            head.put("dbName", Value::Text(database.clone()));
        }
        let target = Target { database, collection: name(&head, "collectionName")? };
        let has_int64 = headers.get("accept-type-allow-int64").is_some_and(|value| value.trim() == "true");
        let form = Form { operation: route.operation, schema: None, has_int64 };
        Ok(Asked { route, target, body, head, form })
    }

    /// What the caller needs: of the collection or database that is named, and of the other one that it moves to.
    pub fn needs(&self) -> [Need; 2] {
        let need = self.route.need(&self.target.database, &self.target.collection);
        let there = match (&need, self.head.get("newDbName")) {
            (Need::Collection { privilege: privilege @ "RenameCollection", .. }, Some(Value::Text(name)))
                if !name.is_empty() =>
            {
                Need::Database { privilege, database: name.clone() }
            }
            _ => Need::Nothing,
        };
        [need, there]
    }

    /// The question for the types of the collection's fields, when they matter.
    pub fn describe(&self) -> Option<Command> {
        let has_rows = ["insert", "upsert", "get", "query", "search", "hybridSearch"];
        has_rows.contains(&self.route.operation).then(|| Command::DescribeCollection { target: self.target.clone() })
    }

    /// The command.
    pub fn command(&mut self) -> std::result::Result<Command, Refusal> {
        let head = &mut self.head;
        let mut planes = Planes::default();
        let mut is_unlimited = false;
        if let Some(schema) = &self.form.schema {
            match self.route.operation {
                "insert" | "upsert" => {
                    let operation = self.route.operation;
                    let mut rows = RowsBuilder::new(schema);
                    json::parse_apart(&self.body, ROWS, &mut |row| rows.push(operation, row))?;
                    match head.value(ROWS) {
                        // Empty, unless the key was written in other case.
                        Some(Value::List(rest)) => rest.into_iter().try_for_each(|row| rows.push(operation, row))?,
                        Some(row) => rows.push(operation, row)?,
                        None => {}
                    }
                    self.body = Vec::new();
                    planes = Planes::of_rows(rows.finish()?);
                }
                "get" => body::keys(head, schema)?,
                "query" => {
                    // Neither is passed on in Milvus.
                    is_unlimited = take_number(head, "limit", |limit| limit == 0);
                    take_number(head, "offset", |offset| offset <= 0);
                }
                _ => planes = body::queries(head, self.route.form)?,
            }
        }
        let mut command = wire::command(head, &mut planes)?;
        if let Command::Query { query, .. } = &mut command
            && is_unlimited
        {
            query.limit = None;
        }
        Ok(command)
    }
}

/// A name, empty when there is none.
fn name(head: &Head, key: &str) -> Result<String> {
    match head.get(key) {
        Some(Value::Text(name)) => Ok(name.clone()),
        Some(other) => Err(head.wrong(key, "a string", other)),
        None => Ok(String::new()),
    }
}

/// Takes a number that stands for its absence; whether it was there.
fn take_number(head: &mut Head, key: &str, stands: fn(i64) -> bool) -> bool {
    let is_there = matches!(head.get(key), Some(Value::Int(number)) if stands(*number));
    if is_there {
        head.value(key);
    }
    is_there
}
