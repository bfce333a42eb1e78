//! A small table of values, and the columns that hold it: what filters are tried on.

use elanus::column::rows::{NamedValues, Values};
use elanus::column::{Column, build};
use elanus::schema::{DataType, FIELD_ID_FIRST, Field, Schema, Value};

/// A schema and rows of it; a row has one value a field, in the fields' order.
pub struct Table {
    /// The schema.
    pub schema: Schema,
    /// The rows.
    pub rows: Vec<Vec<Value>>,
}

impl Table {
    /// The rows as columns.
    pub fn columns(&self) -> Vec<Column> {
        let row_count = self.rows.len() as u32;
        let column = |(at, field): (usize, &Field)| {
            let values = Values::Any(self.rows.iter().map(|row| row[at].clone()).collect());
            let input = NamedValues { name: field.name.clone(), present: None, values };
            build::build(field, Some(&input), row_count).unwrap_or_else(|error| panic!("{}: {error}", field.name))
        };
        self.schema.fields.iter().enumerate().map(column).collect()
    }
}

/// A field of that name and type, for a place in the schema.
pub fn field(at: usize, name: &str, data_type: DataType) -> Field {
    Field {
        id: FIELD_ID_FIRST + at as u32,
        name: name.to_string(),
        data_type,
        element_type: None,
        is_primary: at == 0,
        is_auto_id: false,
        is_partition_key: false,
        is_clustering_key: false,
        is_nullable: false,
        default_value: None,
        description: String::new(),
        dim: 0,
        max_length: 200,
        max_capacity: 16,
        type_params: Default::default(),
    }
}

/// The value that a JSON text says.
pub fn value(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(truth) => Value::Bool(*truth),
        serde_json::Value::Number(number) => match number.as_i64() {
            Some(whole) => Value::Int(whole),
            None => Value::Double(number.as_f64().unwrap()),
        },
        serde_json::Value::String(text) => Value::Text(text.clone()),
        serde_json::Value::Array(items) => Value::List(items.iter().map(value).collect()),
        serde_json::Value::Object(members) => {
            Value::Object(members.iter().map(|(key, member)| (key.clone(), value(member))).collect())
        }
    }
}
