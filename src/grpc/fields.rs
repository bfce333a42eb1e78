//! Columns that come: `FieldData` to untyped rows. Flat columns stay flat.
//!
//! Every length is checked here before it is used; what a value may be the engine says.

use super::proto::data::{
    ArrayArray, FieldData, FieldDataField, ScalarField, ScalarFieldData, VectorField, VectorFieldData,
};
use super::schema::type_name;
use crate::column::rows::{NamedValues, Rows, Texts, Values};
use crate::error::{Error, Result};
use crate::json;
use crate::schema::{DYNAMIC_FIELD, DataType, Field, Schema, Value};
use crate::sorted::SortedMap;

/// The rows of an insert or upsert into a collection of that schema.
///
/// # Errors
/// [`Error::Invalid`] for columns that are no fields, come twice, are of another type or of another length than said;
/// [`Error::Row`] for dynamic fields that are no objects or have the keys of fields.
pub fn rows(columns: Vec<FieldData>, row_count: u32, schema: &Schema) -> Result<Rows> {
    let mut rows = Rows { row_count, columns: Vec::new() };
    let mut dynamic = Vec::new();
    for column in columns {
        let name = column.field_name.clone();
        if column.is_dynamic || name == DYNAMIC_FIELD {
            dynamic.extend(dynamic_columns(column, row_count, schema)?);
            continue;
        }
        let Some(field) = schema.user_fields().iter().find(|field| field.name == name) else {
            return Err(Error::invalid(format!("field {name} does not exist in the collection's schema")));
        };
        if rows.columns.iter().any(|other| other.name == name) {
            return Err(Error::invalid(format!("duplicated field: {name}")));
        }
        rows.columns.push(NamedValues { values: values(field, column, row_count)?, name, present: None });
    }
    rows.columns.extend(dynamic);
    Ok(rows)
}

/// The values of a column, one a row; null where there is none.
fn values(field: &Field, column: FieldData, row_count: u32) -> Result<Values> {
    let validity = column.valid_data;
    if !validity.is_empty() && validity.len() != row_count as usize {
        return Err(miscounted(&field.name, validity.len(), row_count));
    }
    if !validity.is_empty() && !validity.contains(&true) {
        // Clients leave the data out altogether then.
        return Ok(Values::Any(vec![Value::Null; row_count as usize]));
    }
    let number = column.kind;
    let given = match column.field {
        Some(FieldDataField::Scalars(scalars)) => scalar_values(field, scalars)?,
        Some(FieldDataField::Vectors(vectors)) => vector_values(field, vectors)?,
        None => None,
    };
    let given = given.ok_or_else(|| {
        Error::invalid(format!(
            "field {} has data type {}, but the data that came is of type {}",
            field.name,
            field.data_type.name(),
            type_name(number)
        ))
    })?;
    let valid_count = validity.iter().filter(|is_valid| **is_valid).count();
    let is_full = given.len() == row_count as usize;
    if validity.is_empty() || valid_count == validity.len() {
        return if is_full { Ok(given) } else { Err(miscounted(&field.name, given.len(), row_count)) };
    }
    // With nulls the data are either the valid values alone, or one a row with fillers for the others.
    if !is_full && given.len() != valid_count {
        return Err(miscounted(&field.name, given.len(), row_count));
    }
    let mut next = 0..given.len();
    let spread = validity.iter().map(|is_valid| match (is_valid, is_full) {
        (false, true) => {
            next.next();
            Value::Null
        }
        (false, false) => Value::Null,
        (true, _) => next.next().map_or(Value::Null, |at| given.value(at)),
    });
    Ok(Values::Any(spread.collect()))
}

fn miscounted(field: &str, got: usize, expected: u32) -> Error {
    Error::invalid(format!("the num_rows ({got}) of field ({field}) is not equal to passed num_rows ({expected})"))
}

/// The values of a scalar column; `None` when they are of another type than the field.
fn scalar_values(field: &Field, scalars: ScalarField) -> Result<Option<Values>> {
    // A message whose only member is an empty list may come without the member.
    let Some(data) = scalars.data else {
        return Ok(Some(Values::Any(Vec::new())));
    };
    Ok(match (field.data_type, data) {
        (DataType::Json, ScalarFieldData::JsonData(texts)) => {
            let parse = |(row, text): (usize, &Vec<u8>)| document(&field.name, row as u32, text);
            Some(Values::Any(texts.data.iter().enumerate().map(parse).collect::<Result<_>>()?))
        }
        (DataType::Array, ScalarFieldData::ArrayData(lists)) => arrays(field, lists)?,
        (data_type, data) => flat(data_type, data),
    })
}

/// The values of a type that is no list and no document; `None` when `data` are of another one.
fn flat(data_type: DataType, data: ScalarFieldData) -> Option<Values> {
    match (data_type, data) {
        (DataType::Bool, ScalarFieldData::BoolData(values)) => Some(Values::Bools(values.data)),
        (DataType::Int8 | DataType::Int16 | DataType::Int32, ScalarFieldData::IntData(values)) => {
            Some(Values::Ints(values.data.into_iter().map(i64::from).collect()))
        }
        (DataType::Int64, ScalarFieldData::LongData(values)) => Some(Values::Ints(values.data)),
        (DataType::Float, ScalarFieldData::FloatData(values)) => Some(Values::Floats(values.data)),
        (DataType::Double, ScalarFieldData::DoubleData(values)) => Some(Values::Doubles(values.data)),
        (DataType::VarChar, ScalarFieldData::StringData(values)) => {
            let mut texts = Texts::default();
            values.data.iter().for_each(|text| texts.push(text));
            Some(Values::Texts(texts))
        }
        _ => None,
    }
}

fn arrays(field: &Field, lists: ArrayArray) -> Result<Option<Values>> {
    let element = field.element_type.expect("a checked array field has an element type");
    let mut values = Vec::with_capacity(lists.data.len());
    for list in lists.data {
        let elements = match list.data {
            None => Values::Any(Vec::new()),
            Some(data) => match flat(element, data) {
                Some(elements) => elements,
                None => {
                    let reason = format!("elements of field {} are no {}", field.name, element.name());
                    return Err(Error::invalid(reason));
                }
            },
        };
        values.push(Value::List((0..elements.len()).map(|at| elements.value(at)).collect()));
    }
    Ok(Some(Values::Any(values)))
}

fn vector_values(field: &Field, vectors: VectorField) -> Result<Option<Values>> {
    let elements = match (field.data_type, vectors.data) {
        (DataType::FloatVector, Some(VectorFieldData::FloatVector(floats))) => floats.data,
        _ => return Ok(None),
    };
    let dim = u32::try_from(vectors.dim).ok().filter(|dim| *dim > 0);
    let dim = dim.ok_or_else(|| Error::invalid(format!("dim of field {} is {}", field.name, vectors.dim)))?;
    if !elements.len().is_multiple_of(dim as usize) {
        let reason =
            format!("the length({}) of float data should divide the dim({dim}), field {}", elements.len(), field.name);
        return Err(Error::invalid(reason));
    }
    Ok(Some(Values::FloatLists { dim, elements }))
}

fn document(field: &str, row: u32, text: &[u8]) -> Result<Value> {
    json::parse(text).map_err(|error| Error::Row { field: field.to_string(), row, reason: error.to_string() })
}

/// The dynamic keys of rows, a column each.
fn dynamic_columns(column: FieldData, row_count: u32, schema: &Schema) -> Result<Vec<NamedValues>> {
    let Some(FieldDataField::Scalars(ScalarField { data: Some(ScalarFieldData::JsonData(texts)) })) = column.field
    else {
        return Err(Error::invalid("the dynamic field is expected to be of type JSON"));
    };
    if texts.data.len() != row_count as usize {
        return Err(miscounted(DYNAMIC_FIELD, texts.data.len(), row_count));
    }
    let mut columns: Vec<NamedValues> = Vec::new();
    let mut column_of: SortedMap<String, usize> = SortedMap::new();
    for (row, text) in (0..).zip(&texts.data) {
        let refused = |reason: String| Err(Error::Row { field: DYNAMIC_FIELD.to_string(), row, reason });
        let members = match document(DYNAMIC_FIELD, row, text)? {
            Value::Object(members) => members,
            other => return refused(format!("expected an object, got {}", other.kind())),
        };
        for (key, value) in members {
            if schema.column(&key).is_some() {
                return refused(format!("dynamic field name cannot be the same as the static field: {key}"));
            }
            let place = *column_of.get_or_insert_with(key, || {
                columns.push(NamedValues {
                    name: String::new(),
                    present: Some(Vec::new()),
                    values: Values::Any(Vec::new()),
                });
                columns.len() - 1
            });
            if let NamedValues { present: Some(present), values: Values::Any(values), .. } = &mut columns[place] {
                present.push(row);
                values.push(value);
            }
        }
    }
    for (name, place) in column_of {
        columns[place].name = name;
    }
    Ok(columns)
}
