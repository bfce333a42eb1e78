//! Columns of what users send: every value checked against its field, absent ones filled.

use super::rows::{NamedValues, Values};
use super::{ArrayColumn, Column, ColumnData, JsonColumn, TextColumn, VectorColumn, json};
use crate::bitmap::Bitmap;
use crate::error::{Error, Result};
use crate::schema::value::VALUE_DEPTH_MAX;
use crate::schema::{DataType, Field, FieldId, Value};

/// Bytes of a JSON value, as stored; Milvus's limit on its text.
pub const JSON_BYTES_MAX: usize = 65_536;

/// The column of `field` for `row_count` rows of which `input` has the values (`None`: no row has the key).
///
/// A row without a value, or with null, gets the field's default; failing that it is null if the field may be; failing
/// that the rows are refused.
///
/// # Errors
/// [`Error::Row`] and [`Error::DimensionMismatch`] name the field, the row, what was expected and what was got.
pub fn build(field: &Field, input: Option<&NamedValues>, row_count: u32) -> Result<Column> {
    let Some(input) = input else {
        return build_values(field, row_count, |_| None);
    };
    if input.present.is_none() {
        match (field.data_type, &input.values) {
            (DataType::FloatVector, Values::FloatLists { dim, elements }) => {
                return vectors(field, *dim, row_count, elements).map(all_valid);
            }
            (DataType::FloatVector, Values::DoubleLists { dim, elements }) => {
                let narrowed: Vec<f32> = elements.iter().map(|element| *element as f32).collect();
                return vectors(field, *dim, row_count, &narrowed).map(all_valid);
            }
            (DataType::Int64, Values::Ints(values)) => return Ok(all_valid(ColumnData::Int64(values.clone()))),
            (DataType::Double, Values::Doubles(values)) if values.iter().all(|value| value.is_finite()) => {
                return Ok(all_valid(ColumnData::Double(values.clone())));
            }
            (DataType::VarChar, Values::Texts(texts)) => {
                let mut column = TextColumn::default();
                for row in 0..row_count {
                    let text = texts.get(row as usize);
                    check_length(field, row, text)?;
                    column.push(text);
                }
                return Ok(all_valid(ColumnData::VarChar(column)));
            }
            _ => {}
        }
    }
    let mut next = 0;
    build_values(field, row_count, |row| {
        let at = match &input.present {
            None => row as usize,
            Some(present) if present.get(next) == Some(&row) => {
                next += 1;
                next - 1
            }
            Some(_) => return None,
        };
        Some(input.values.value(at))
    })
}

/// The column of a field that was added to the schema after rows were stored, with its default or null in each of them.
/// `stored` are the fields that the rows have, `before` their columns so far, which say how many rows there are.
///
/// `None` when the rows ought to have the field: only one whose id is greater than all of theirs was added later, and it
/// is nullable or has a default.
pub fn added(field: &Field, stored: impl IntoIterator<Item = FieldId>, before: &[Column]) -> Option<Column> {
    let row_count = before.first()?.len();
    let is_later = stored.into_iter().all(|id| id < field.id);
    is_later.then(|| build(field, None, row_count).ok()).flatten()
}

/// Says what [`build`] would say of one value of `field`, such as a default.
pub fn check_value(field: &Field, value: &Value) -> Result<()> {
    let mut column = Column::new(field).data;
    push(&mut column, field, 0, value)
}

/// Says whether `value` can be a JSON document.
///
/// # Errors
/// [`Error::Row`] when it is too large or holds what JSON cannot write.
pub fn check_json(field: &str, row: u32, value: &Value) -> Result<()> {
    let refused = |reason: String| Err(Error::Row { field: field.to_string(), row, reason });
    let bytes = json::size(value);
    if bytes > JSON_BYTES_MAX {
        return refused(format!("the JSON value takes {bytes} bytes, expected at most {JSON_BYTES_MAX}"));
    }
    let depth = json::depth(value);
    if depth > VALUE_DEPTH_MAX {
        return refused(format!("the JSON value nests {depth} deep, expected at most {VALUE_DEPTH_MAX}"));
    }
    match not_finite(value) {
        Some(number) => refused(format!("value '{number}' is not a number or infinity")),
        None => Ok(()),
    }
}

fn build_values(field: &Field, row_count: u32, mut value: impl FnMut(u32) -> Option<Value>) -> Result<Column> {
    let mut data = Column::new(field).data;
    let mut validity = Bitmap::new(row_count);
    for row in 0..row_count {
        let given = value(row).filter(|value| *value != Value::Null);
        match given.as_ref().or(field.default_value.as_ref()) {
            Some(value) => {
                push(&mut data, field, row, value)?;
                validity.insert(row);
            }
            None if field.is_nullable => push_neutral(&mut data, field),
            None if field.data_type.is_vector() => {
                return Err(row_error(field, row, format!("missing vector field: {}", field.name)));
            }
            None => {
                let reason = "it has no value, and the field is not nullable and has no default value";
                return Err(row_error(field, row, reason.to_string()));
            }
        }
    }
    Ok(Column::from_data(data, Some(validity)))
}

fn push(data: &mut ColumnData, field: &Field, row: u32, value: &Value) -> Result<()> {
    match data {
        ColumnData::Json(column) => push_json(column, field, row, value),
        ColumnData::FloatVector(column) => {
            let elements = vector_elements(field, row, value)?;
            column.extend(&elements);
            Ok(())
        }
        ColumnData::Array(column) => push_array(column, field, row, value),
        ColumnData::Bool(_)
        | ColumnData::Int8(_)
        | ColumnData::Int16(_)
        | ColumnData::Int32(_)
        | ColumnData::Int64(_)
        | ColumnData::Float(_)
        | ColumnData::Double(_)
        | ColumnData::VarChar(_) => push_scalar(data, field, field.data_type, row, value),
    }
}

fn push_scalar(data: &mut ColumnData, field: &Field, wanted: DataType, row: u32, value: &Value) -> Result<()> {
    match (data, value) {
        (ColumnData::Bool(values), Value::Bool(truth)) => values.push(*truth),
        (ColumnData::Int8(values), _) => values.push(integer(field, wanted, row, value)? as i8),
        (ColumnData::Int16(values), _) => values.push(integer(field, wanted, row, value)? as i16),
        (ColumnData::Int32(values), _) => values.push(integer(field, wanted, row, value)? as i32),
        (ColumnData::Int64(values), _) => values.push(integer(field, wanted, row, value)?),
        (ColumnData::Float(values), _) => {
            let narrowed = float(field, wanted, row, value)? as f32;
            if !narrowed.is_finite() {
                return Err(row_error(field, row, format!("{value:?} is out of the range of Float")));
            }
            values.push(narrowed);
        }
        (ColumnData::Double(values), _) => values.push(float(field, wanted, row, value)?),
        (ColumnData::VarChar(column), Value::Text(text)) => {
            check_length(field, row, text)?;
            column.push(text);
        }
        _ => return Err(mismatch(field, wanted, row, value)),
    }
    Ok(())
}

fn push_json(column: &mut JsonColumn, field: &Field, row: u32, value: &Value) -> Result<()> {
    check_json(&field.name, row, value)?;
    column.push(value);
    Ok(())
}

fn push_array(column: &mut ArrayColumn, field: &Field, row: u32, value: &Value) -> Result<()> {
    let Value::List(elements) = value else {
        return Err(mismatch(field, DataType::Array, row, value));
    };
    if elements.len() > field.max_capacity as usize {
        let reason =
            format!("the array has {} elements, expected at most max_capacity {}", elements.len(), field.max_capacity);
        return Err(row_error(field, row, reason));
    }
    let wanted = field.element_type.expect("a checked array field has an element type");
    let mut outcome = Ok(());
    column.push(|data| {
        outcome = elements.iter().try_for_each(|element| push_scalar(data, field, wanted, row, element));
    });
    outcome
}

fn push_neutral(data: &mut ColumnData, field: &Field) {
    match data {
        ColumnData::Bool(values) => values.push(false),
        ColumnData::Int8(values) => values.push(0),
        ColumnData::Int16(values) => values.push(0),
        ColumnData::Int32(values) => values.push(0),
        ColumnData::Int64(values) => values.push(0),
        ColumnData::Float(values) => values.push(0.0),
        ColumnData::Double(values) => values.push(0.0),
        ColumnData::VarChar(column) => column.push(""),
        ColumnData::Json(column) => column.push(&Value::Null),
        ColumnData::Array(column) => column.push(|_| {}),
        ColumnData::FloatVector(column) => column.extend(&vec![0.0; field.dim as usize]),
    }
}

fn vectors(field: &Field, dim: u32, row_count: u32, elements: &[f32]) -> Result<ColumnData> {
    if dim != field.dim {
        return Err(Error::DimensionMismatch { field: field.name.clone(), expected: field.dim, got: dim, row: 0 });
    }
    debug_assert_eq!(elements.len(), row_count as usize * dim as usize);
    if let Some(at) = elements.iter().position(|element| !element.is_finite()) {
        return Err(not_a_number(field, (at / dim as usize) as u32, elements[at]));
    }
    let mut column = VectorColumn::new(dim);
    column.extend(elements);
    Ok(ColumnData::FloatVector(column))
}

/// The elements of one vector.
///
/// # Errors
/// As those of [`build`].
pub fn vector_elements(field: &Field, row: u32, value: &Value) -> Result<Vec<f32>> {
    let Value::List(list) = value else {
        return Err(mismatch(field, DataType::FloatVector, row, value));
    };
    if list.len() != field.dim as usize {
        let got = u32::try_from(list.len()).unwrap_or(u32::MAX);
        return Err(Error::DimensionMismatch { field: field.name.clone(), expected: field.dim, got, row });
    }
    list.iter()
        .map(|element| {
            let number = float(field, DataType::FloatVector, row, element)? as f32;
            if number.is_finite() { Ok(number) } else { Err(not_a_number(field, row, number)) }
        })
        .collect()
}

fn integer(field: &Field, wanted: DataType, row: u32, value: &Value) -> Result<i64> {
    const EXACT: f64 = 9_223_372_036_854_775_808.0;
    let number = match value {
        Value::Int(number) => *number,
        Value::Double(number) if number.fract() == 0.0 && (-EXACT..EXACT).contains(number) => *number as i64,
        Value::Text(text) => text.parse().map_err(|_| mismatch(field, wanted, row, value))?,
        _ => return Err(mismatch(field, wanted, row, value)),
    };
    let (least, greatest) = wanted.integer_range().expect("only integer types come here");
    if !(least..=greatest).contains(&number) {
        let reason = format!("the {row}th element ({number}) out of range: [{least}, {greatest}]");
        return Err(row_error(field, row, reason));
    }
    Ok(number)
}

fn float(field: &Field, wanted: DataType, row: u32, value: &Value) -> Result<f64> {
    let number = match value {
        Value::Int(number) => *number as f64,
        Value::Double(number) => *number,
        Value::Text(text) => text.parse().map_err(|_| mismatch(field, wanted, row, value))?,
        _ => return Err(mismatch(field, wanted, row, value)),
    };
    if number.is_finite() {
        Ok(number)
    } else {
        Err(row_error(field, row, format!("value '{number}' is not a number or infinity")))
    }
}

fn check_length(field: &Field, row: u32, text: &str) -> Result<()> {
    if text.len() <= field.max_length as usize {
        return Ok(());
    }
    let (name, length, limit) = (&field.name, text.len(), field.max_length);
    let reason = format!(
        "length of varchar field {name} exceeds max length, row number: {row}, length: {length}, max length: {limit}"
    );
    Err(row_error(field, row, reason))
}

/// A number in a document that JSON cannot write. Documents nest at most `VALUE_DEPTH_MAX` deep.
fn not_finite(value: &Value) -> Option<f64> {
    match value {
        Value::Double(number) if !number.is_finite() => Some(*number),
        Value::List(elements) => elements.iter().find_map(not_finite),
        Value::Object(members) => members.iter().find_map(|(_, value)| not_finite(value)),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Double(_) | Value::Text(_) => None,
    }
}

fn not_a_number(field: &Field, row: u32, element: f32) -> Error {
    row_error(field, row, format!("value '{element}' is not a number or infinity"))
}

fn mismatch(field: &Field, wanted: DataType, row: u32, value: &Value) -> Error {
    let name = wanted.name();
    let wanted = if field.data_type == DataType::Array && wanted != DataType::Array {
        format!("an element of type {name}")
    } else {
        name.to_string()
    };
    row_error(field, row, format!("expected {wanted}, got {}", value.kind()))
}

fn row_error(field: &Field, row: u32, reason: String) -> Error {
    Error::Row { field: field.name.clone(), row, reason }
}

fn all_valid(data: ColumnData) -> Column {
    Column { data, validity: None }
}
