//! Replies as JSON text, in the shapes of Milvus's RESTful API: objects by ascending key, Int64 as text unless the caller
//! can read it as a number, JSON fields as text, arrays as protobuf's JSON has them.

use crate::collection::search::Hits;
use crate::column::rows::{NamedValues, Rows, Values};
use crate::command::Reply;
use crate::json::{print, print_document, print_f32, print_f64, print_text};
use crate::schema::{DataType, Schema, Value};
use crate::sorted::sort_by;
use crate::wire;

/// What of an operation's reply depends on the request.
pub struct Form {
    /// The operation.
    pub operation: &'static str,
    /// The types of the fields, when rows may come.
    pub schema: Option<Schema>,
    /// Whether Int64 leaves as a number.
    pub has_int64: bool,
}

impl Form {
    /// The envelope of a reply.
    pub fn print(&self, reply: Reply) -> String {
        let mut json = r#"{"code":0,"#.to_string();
        if matches!(reply, Reply::Written(_) | Reply::Deleted { .. } | Reply::Rows(_) | Reply::Hits(_)) {
            json.push_str(r#""cost":0,"#);
        }
        json.push_str(r#""data":"#);
        match reply {
            Reply::Rows(rows) => self.rows(rows, &mut json),
            Reply::Hits(hits) => self.hits(hits, &mut json),
            Reply::Written(written) => {
                let keys = &written.primary_keys;
                json += &format!(r#"{{"{0}Count":{1},"{0}Ids":"#, self.operation, keys.len());
                list(keys.len(), &mut json, |at, json| self.value(None, keys, at, json));
                json.push('}');
            }
            Reply::Collection(mut told) => {
                for field in &mut told.schema.fields {
                    let value = field.default_value.take();
                    field.default_value = value.map(|value| data(field.data_type, value));
                }
                let mut head = wire::encode(self.operation, Reply::Collection(told)).head.0;
                if let Value::Object(members) = &mut head {
                    members.retain(|(key, _)| key != "dbName");
                    let external = ["externalSource", "externalSpec"];
                    members.extend(external.map(|key| (key.to_string(), Value::Text(String::new()))));
                }
                print_head(head, &mut json);
            }
            other => print_head(wire::encode(self.operation, other).head.0, &mut json),
        }
        json.push('}');
        json
    }

    fn hits(&self, hits: Hits, json: &mut String) {
        let Hits { counts, primary_field, primary_keys, scores, mut rows, groups: _ } = hits;
        // The score hides a field of its name.
        rows.columns.retain(|column| column.name != "distance");
        rows.columns.push(NamedValues { name: "distance".to_string(), present: None, values: Values::Floats(scores) });
        rows.columns.push(NamedValues { name: primary_field, present: None, values: primary_keys });
        let is_empty = rows.row_count == 0;
        self.rows(rows, json);
        if !is_empty {
            json.push_str(r#","topks":"#);
            list(counts.len(), json, |at, json| json.push_str(&counts[at].to_string()));
        }
    }

    fn rows(&self, mut rows: Rows, json: &mut String) {
        sort_by(&mut rows.columns, |a, b| a.name.cmp(&b.name));
        // Where the next value of each column is, in columns that some rows lack.
        let mut next = vec![0; rows.columns.len()];
        list(rows.row_count as usize, json, |row, json| {
            json.push('{');
            let mut separator = "";
            for (column, next) in rows.columns.iter().zip(&mut next) {
                let is_here = match &column.present {
                    None => true,
                    Some(present) => present.get(*next).is_some_and(|present| *present as usize == row),
                };
                if is_here {
                    json.push_str(separator);
                    separator = ",";
                    print_text(&column.name, json);
                    json.push(':');
                    self.value(Some(&column.name), &column.values, *next, json);
                    *next += 1;
                }
            }
            json.push('}');
        });
    }

    /// The value at `at` of a column; without a name, of primary keys.
    fn value(&self, name: Option<&str>, values: &Values, at: usize, json: &mut String) {
        match values {
            Values::Ints(values) => self.int64(values[at], json),
            Values::Floats(values) => print_f32(values[at], json),
            Values::Doubles(values) => print_f64(values[at], json),
            Values::Texts(texts) => print_text(texts.get(at), json),
            Values::FloatLists { dim, elements } => {
                let vector = &elements[at * *dim as usize..][..*dim as usize];
                list(vector.len(), json, |at, json| print_f32(vector[at], json));
            }
            Values::Bools(_) | Values::DoubleLists { .. } => print(&values.value(at), json),
            Values::Int64s(values) | Values::Any(values) => self.any(name, &values[at], json),
        }
    }

    fn any(&self, name: Option<&str>, value: &Value, json: &mut String) {
        let fields = self.schema.as_ref().map_or(&[][..], Schema::user_fields);
        let field = fields.iter().find(|field| Some(field.name.as_str()) == name);
        let element = field.and_then(|field| field.element_type);
        match (value, field.map(|field| field.data_type)) {
            (Value::Null, _) => json.push_str("null"),
            (Value::Int(number), Some(DataType::Int64)) => self.int64(*number, json),
            (Value::Int(number), None) if name == Some("count(*)") => self.int64(*number, json),
            (Value::Double(number), Some(DataType::Float)) => print_f32(*number as f32, json),
            (document, Some(DataType::Json)) => {
                let mut text = String::new();
                print_document(document, &mut text);
                print_text(&text, json);
            }
            (Value::List(elements), Some(DataType::Array)) => {
                let element = element.unwrap_or(DataType::Json);
                *json += &format!(r#"{{"Data":{{"{}":{{"data":"#, data_name(element));
                list(elements.len(), json, |at, json| match elements[at] {
                    Value::Double(number) if element == DataType::Float => print_f32(number as f32, json),
                    _ => print(&elements[at], json),
                });
                json.push_str("}}}");
            }
            (_, Some(_)) => print(value, json),
            (_, None) => print_document(value, json),
        }
    }

    fn int64(&self, number: i64, json: &mut String) {
        let quote = if self.has_int64 { "" } else { "\"" };
        *json += &format!("{quote}{number}{quote}");
    }
}

fn list(count: usize, json: &mut String, mut element: impl FnMut(usize, &mut String)) {
    json.push('[');
    for at in 0..count {
        json.push_str(if at == 0 { "" } else { "," });
        element(at, json);
    }
    json.push(']');
}

/// A scalar as protobuf's JSON has it.
fn data(data_type: DataType, value: Value) -> Value {
    let object = |key: &str, value: Value| Value::Object(vec![(key.to_string(), value)]);
    object("Data", object(data_name(data_type), value))
}

/// Which member of protobuf's union has values of a scalar type.
fn data_name(data_type: DataType) -> &'static str {
    match data_type {
        DataType::Bool => "BoolData",
        DataType::Int8 | DataType::Int16 | DataType::Int32 => "IntData",
        DataType::Int64 => "LongData",
        DataType::Float => "FloatData",
        DataType::Double => "DoubleData",
        DataType::VarChar => "StringData",
        DataType::Json | DataType::Array | DataType::FloatVector => "BytesData",
    }
}

/// The envelope of members that are answered as they are.
pub fn envelope(members: Vec<(String, Value)>) -> String {
    let mut json = String::new();
    let code = ("code".to_string(), Value::Int(0));
    print(&Value::Object(std::iter::once(code).chain(members).collect()), &mut json);
    json
}

fn print_head(mut head: Value, json: &mut String) {
    sort_keys(&mut head);
    print(&head, json);
}

/// Sorts the members of all objects, as Milvus prints them. Heads are not deeper than what made them.
fn sort_keys(value: &mut Value) {
    match value {
        Value::List(elements) => elements.iter_mut().for_each(sort_keys),
        Value::Object(members) => {
            sort_by(members, |a, b| a.0.cmp(&b.0));
            members.iter_mut().for_each(|(_, member)| sort_keys(member));
        }
        _ => {}
    }
}
