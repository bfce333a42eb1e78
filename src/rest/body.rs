//! What the bodies of endpoints have other than the heads of operations: rows, query vectors and keys to get, by the
//! types of the collection.

use super::refusal::Refusal;
use crate::column::build::vector_elements;
use crate::column::rows::{NamedValues, Rows, Values};
use crate::error::{Error, Result};
use crate::schema::paging::check_query_count;
use crate::schema::{DataType, Field, Schema, Value, index_type};
use crate::sorted::order;
use crate::wire::{Head, Plane, Planes};

/// Rows on their way into columns, one by one.
pub struct RowsBuilder<'a> {
    fields: &'a [Field],
    columns: Vec<FieldColumn>,
    /// Keys that are no fields: there may be as many as rows.
    others: Vec<(String, u32, Value)>,
    row_count: u32,
}

impl RowsBuilder<'_> {
    /// No rows yet of a collection.
    pub fn new(schema: &Schema) -> RowsBuilder<'_> {
        let fields = schema.user_fields();
        let columns = fields.iter().map(|_| FieldColumn::default()).collect();
        RowsBuilder { fields, columns, others: Vec::new(), row_count: 0 }
    }

    /// Adds a row.
    pub fn push(&mut self, operation: &str, entity: Value) -> Result<()> {
        let row = self.row_count;
        let Value::Object(members) = entity else {
            let reason = format!("{operation}: data[{row}]: expected an object, got {}", entity.kind());
            return Err(Error::WrongType { reason });
        };
        for (key, value) in members {
            match self.fields.iter().position(|field| field.name == key) {
                Some(at) => self.columns[at].push(&self.fields[at], row, value)?,
                None => self.others.push((key, row, value)),
            }
        }
        self.row_count += 1;
        Ok(())
    }

    /// The rows.
    pub fn finish(self) -> std::result::Result<Rows, Refusal> {
        let RowsBuilder { fields, columns, mut others, row_count } = self;
        if row_count == 0 {
            return Err(Refusal::new(1804, "fail to deal the insert data, error: missing required parameters"));
        }
        let given = columns.into_iter().zip(fields).filter(|(column, _)| !column.rows.is_empty());
        let mut columns: Vec<NamedValues> = given.map(|(column, field)| column.finish(field, row_count)).collect();
        for at in order(others.len(), &mut |a, b| (&others[a].0, others[a].1).cmp(&(&others[b].0, others[b].1))) {
            let (key, row, value) = std::mem::replace(&mut others[at], (String::new(), 0, Value::Null));
            match columns.last_mut() {
                Some(NamedValues { name, present: Some(present), values: Values::Any(values) }) if *name == key => {
                    present.push(row);
                    values.push(value);
                }
                _ => {
                    columns.push(NamedValues { name: key, present: Some(vec![row]), values: Values::Any(vec![value]) });
                }
            }
        }
        Ok(Rows { row_count, columns })
    }
}

/// The values of one field.
#[derive(Default)]
struct FieldColumn {
    rows: Vec<u32>,
    values: Vec<Value>,
    /// Of a vector field, in place of values.
    elements: Vec<f32>,
}

impl FieldColumn {
    fn push(&mut self, field: &Field, row: u32, value: Value) -> Result<()> {
        match (field.data_type, value) {
            // As an absent one.
            (DataType::FloatVector, Value::Null) => return Ok(()),
            (DataType::FloatVector, vector) => self.elements.extend(vector_elements(field, row, &vector)?),
            (DataType::Bool, Value::Text(text)) => {
                self.values.push(text.parse().map(Value::Bool).unwrap_or(Value::Text(text)));
            }
            (_, value) => self.values.push(value),
        }
        self.rows.push(row);
        Ok(())
    }

    fn finish(self, field: &Field, row_count: u32) -> NamedValues {
        let present = (self.rows.len() as u32 != row_count).then_some(self.rows);
        let values = match field.data_type {
            DataType::FloatVector => Values::FloatLists { dim: field.dim, elements: self.elements },
            _ => Values::Any(self.values),
        };
        NamedValues { name: field.name.clone(), present, values }
    }
}

/// The query vectors under `data` of a search, or of each search of a hybrid one, as planes that the head names.
pub fn queries(head: &mut Head, form: &str) -> std::result::Result<Planes, Refusal> {
    let mut planes = Vec::new();
    match head.value("search") {
        Some(Value::List(searches)) => {
            let mut heads = Vec::with_capacity(searches.len());
            for search in searches {
                let mut one = Head::new(head.operation(), search)?;
                take_queries(&mut one, form, &mut planes)?;
                heads.push(one.into_object());
            }
            head.put("search", Value::List(heads));
        }
        Some(other) => head.put("search", other),
        // A hybrid search without searches is refused where it is decoded.
        None if head.operation() == "hybridSearch" => {}
        None => take_queries(head, form, &mut planes)?,
    }
    Ok(Planes::new(planes))
}

fn take_queries(head: &mut Head, form: &str, planes: &mut Vec<Plane>) -> std::result::Result<(), Refusal> {
    if head.get("ids").is_some_and(|ids| *ids != Value::List(Vec::new())) {
        return match head.get("data") {
            None => Ok(()),
            Some(_) => Err(Error::invalid("search: expected either ids or data, got both").into()),
        };
    }
    let Some(data) = head.list("data")? else {
        return Err(Refusal::missing(form, &["data"]));
    };
    let count = u32::try_from(data.len()).unwrap_or(u32::MAX);
    check_query_count(count)?;
    let mut elements: Vec<f32> = Vec::new();
    let mut dim = 0;
    for (at, query) in data.into_iter().enumerate() {
        let Value::List(vector) = query else {
            return Err(head.wrong(&format!("data[{at}]"), "a list of numbers", &query).into());
        };
        if at == 0 {
            dim = vector.len();
        } else if dim != vector.len() {
            let reason = format!("data[{at}]: expected {dim} elements as in data[0], got {}", vector.len());
            return Err(Error::invalid(reason).into());
        }
        for element in &vector {
            let number = index_type::number(element);
            elements.push(number.ok_or_else(|| head.wrong(&format!("data[{at}]"), "numbers", element))? as f32);
        }
    }
    let number = |number: usize| Value::Int(number as i64);
    let frame = [("plane", number(planes.len())), ("count", number(count as usize)), ("dim", number(dim))];
    head.put("queries", Value::Object(frame.map(|(key, value)| (key.to_string(), value)).into()));
    planes.push(Plane::F32(elements));
    Ok(())
}

/// Makes what stands under `id` keys of the collection's type.
pub fn keys(head: &mut Head, schema: &Schema) -> std::result::Result<(), Refusal> {
    let given = match head.value("id") {
        Some(Value::List(ids)) => ids,
        Some(id) => vec![id],
        None => Vec::new(),
    };
    let is_text = schema.primary_field().data_type == DataType::VarChar;
    let mut keys = Vec::with_capacity(given.len());
    for id in given {
        keys.push(match id {
            Value::Text(text) if !is_text => match text.trim().parse() {
                Ok(number) => Value::Int(number),
                Err(_) => return Err(wrong_key(&Value::Text(text))),
            },
            Value::Int(number) if is_text => Value::Text(number.to_string()),
            Value::Int(_) | Value::Text(_) => id,
            other => return Err(wrong_key(&other)),
        });
    }
    head.put("id", Value::List(keys));
    Ok(())
}

fn wrong_key(got: &Value) -> Refusal {
    let words = "please check the primary key and its' type can only in [int, string]";
    Refusal::new(1806, format!("{words}, error: id: got {}", got.kind()))
}
