//! Row frames: columns that are typed arrays, named by number in a head, or values in the head itself.
//!
//! Requests may say anything: every length, offset and row number is checked before it is used.

use super::head::Head;
use super::planes::{Plane, Planes, unexpected};
use crate::column::rows::{NamedValues, Rows, Texts, Values};
use crate::error::{Error, Result};
use crate::schema::Value;
use crate::sorted::order;

/// The frame under `rows`, or the rows that stand for it.
pub fn take_rows(head: &mut Head, planes: &mut Planes) -> Result<Rows> {
    if let Some(rows) = planes.take_rows() {
        return Ok(rows);
    }
    let Some(mut frame) = head.object("rows")? else {
        return Err(head.missing("rows"));
    };
    let row_count = frame.required_count("count")?;
    let mut columns: Vec<NamedValues> = Vec::new();
    for mut column in frame.objects("columns")? {
        columns.push(take_column(&mut column, planes, row_count)?);
    }
    let by_name = order(columns.len(), &mut |a, b| columns[a].name.cmp(&columns[b].name));
    if let Some(pair) = by_name.windows(2).find(|pair| columns[pair[0]].name == columns[pair[1]].name) {
        let path = frame.path(&format!("columns[{}].name", pair[1]));
        return Err(Error::invalid(format!("{path}: there are two columns {}", columns[pair[1]].name)));
    }
    Ok(Rows { row_count, columns })
}

fn take_column(column: &mut Head, planes: &mut Planes, row_count: u32) -> Result<NamedValues> {
    // Dynamic keys may be empty.
    let name = column.text("name")?.ok_or_else(|| column.missing("name"))?;
    if column.value("nulls").is_some() {
        let reason = format!("{}: only replies have it; send nulls in a column of kind 'value'", column.path("nulls"));
        return Err(Error::invalid(reason));
    }
    let present = take_present(column, planes, row_count)?;
    let value_count = present.as_ref().map_or(row_count as usize, Vec::len);
    let kind = column.required_text("kind")?;
    let values = match kind.as_str() {
        "text" => Values::Texts(take_texts(column, planes)?),
        "value" => Values::Any(column.list("values")?.ok_or_else(|| column.missing("values"))?),
        _ => take_numbers(&kind, column, planes)?,
    };
    if count_of(&values) != Some(value_count) {
        let key = if kind == "value" { "values" } else { "plane" };
        return Err(Error::invalid(format!(
            "{}: expected {value_count} values in column {name}, got {}",
            column.path(key),
            described(&values)
        )));
    }
    Ok(NamedValues { name, present, values })
}

/// How many values there are; `None` when the last list is cut off.
fn count_of(values: &Values) -> Option<usize> {
    let whole = |elements: usize, dim: u32| elements.is_multiple_of(dim as usize).then(|| elements / dim as usize);
    match values {
        Values::FloatLists { dim, elements } => whole(elements.len(), *dim),
        Values::DoubleLists { dim, elements } => whole(elements.len(), *dim),
        _ => Some(values.len()),
    }
}

fn described(values: &Values) -> String {
    match values {
        Values::FloatLists { dim, elements } => format!("{} elements for lists of {dim}", elements.len()),
        Values::DoubleLists { dim, elements } => format!("{} elements for lists of {dim}", elements.len()),
        _ => values.len().to_string(),
    }
}

fn take_plane(column: &mut Head, planes: &mut Planes, key: &str) -> Result<(Plane, String)> {
    let path = column.path(key);
    let number = column.required_count(key)?;
    Ok((planes.take(number, &path)?, path))
}

fn take_numbers(kind: &str, column: &mut Head, planes: &mut Planes) -> Result<Values> {
    let dim = column.count("dim")?;
    if dim == Some(0) || dim.is_some() && !matches!(kind, "f32" | "f64") {
        return Err(Error::invalid(format!("{}: no column of kind '{kind}' has it, or it is 0", column.path("dim"))));
    }
    let (plane, path) = take_plane(column, planes, "plane")?;
    match (kind, plane, dim) {
        ("f32", Plane::F32(elements), Some(dim)) => Ok(Values::FloatLists { dim, elements }),
        ("f32", Plane::F32(values), None) => Ok(Values::Floats(values)),
        ("f64", Plane::F64(elements), Some(dim)) => Ok(Values::DoubleLists { dim, elements }),
        ("f64", Plane::F64(values), None) => Ok(Values::Doubles(values)),
        ("i32", Plane::I32(values), _) => Ok(Values::Ints(values.into_iter().map(i64::from).collect())),
        ("i64", Plane::I64(values), _) => Ok(Values::Ints(values)),
        ("bool", Plane::U8(values), _) => Ok(Values::Bools(values.into_iter().map(|byte| byte != 0).collect())),
        ("f32", other, _) => Err(unexpected(&path, "Float32Array", &other)),
        ("f64", other, _) => Err(unexpected(&path, "Float64Array", &other)),
        ("i32", other, _) => Err(unexpected(&path, "Int32Array", &other)),
        ("i64", other, _) => Err(unexpected(&path, "BigInt64Array", &other)),
        ("bool", other, _) => Err(unexpected(&path, "Uint8Array", &other)),
        _ => Err(Error::invalid(format!(
            "{}: expected f32, f64, i32, i64, bool, text or value, got {kind}",
            column.path("kind")
        ))),
    }
}

/// UTF-8 texts end to end in one plane, and in another where each begins, with the end of the last behind.
fn take_texts(column: &mut Head, planes: &mut Planes) -> Result<Texts> {
    let (bytes, path) = take_plane(column, planes, "plane")?;
    let Plane::U8(bytes) = bytes else {
        return Err(unexpected(&path, "Uint8Array", &bytes));
    };
    let bytes = String::from_utf8(bytes).map_err(|error| {
        Error::invalid(format!("{path}: expected UTF-8, but byte {} is not", error.utf8_error().valid_up_to()))
    })?;
    let (offsets, path) = take_plane(column, planes, "offsets")?;
    let Plane::U32(mut offsets) = offsets else {
        return Err(unexpected(&path, "Uint32Array", &offsets));
    };
    let spans_all = offsets.first() == Some(&0) && offsets.last().map(|last| *last as usize) == Some(bytes.len());
    if !spans_all || !offsets.is_sorted() {
        let reason = format!("{path}: expected ascending offsets from 0 to {}", bytes.len());
        return Err(Error::invalid(reason));
    }
    if let Some(offset) = offsets.iter().find(|offset| !bytes.is_char_boundary(**offset as usize)) {
        return Err(Error::invalid(format!("{path}: offset {offset} lies inside a character")));
    }
    offsets.remove(0);
    Ok(Texts { ends: offsets, bytes })
}

/// The numbers of the rows that have the key; `None` when all have it.
fn take_present(column: &mut Head, planes: &mut Planes, row_count: u32) -> Result<Option<Vec<u32>>> {
    let Some(number) = column.count("present")? else {
        return Ok(None);
    };
    let path = column.path("present");
    let rows = match planes.take(number, &path)? {
        Plane::U32(rows) => rows,
        other => return Err(unexpected(&path, "Uint32Array", &other)),
    };
    let is_ascending = rows.windows(2).all(|pair| pair[0] < pair[1]);
    if !is_ascending || rows.last().is_some_and(|last| *last >= row_count) {
        return Err(Error::invalid(format!("{path}: expected ascending row numbers below {row_count}")));
    }
    Ok(Some(rows))
}

/// The frame of rows that are a reply.
pub fn put_rows(rows: Rows, planes: &mut Vec<Plane>) -> Value {
    let columns = rows.columns.into_iter().map(|column| put_column(column, planes)).collect();
    Value::Object(vec![
        ("count".to_string(), Value::Int(i64::from(rows.row_count))),
        ("columns".to_string(), Value::List(columns)),
    ])
}

/// The frame of one column.
pub fn put_column(column: NamedValues, planes: &mut Vec<Plane>) -> Value {
    let mut frame = vec![("name".to_string(), Value::Text(column.name))];
    let mut put = |key: &str, value: Value| frame.push((key.to_string(), value));
    if let Some(present) = column.present {
        put("present", put_plane(Plane::U32(present), planes));
    }
    let (kind, plane, dim) = match column.values {
        Values::Bools(values) => ("bool", Plane::U8(values.into_iter().map(u8::from).collect()), None),
        Values::Ints(values) => ("i64", Plane::I64(values), None),
        Values::Floats(values) => ("f32", Plane::F32(values), None),
        Values::Doubles(values) => ("f64", Plane::F64(values), None),
        Values::FloatLists { dim, elements } => ("f32", Plane::F32(elements), Some(dim)),
        Values::DoubleLists { dim, elements } => ("f64", Plane::F64(elements), Some(dim)),
        Values::Texts(texts) => {
            let mut offsets = texts.ends;
            offsets.insert(0, 0);
            put("offsets", put_plane(Plane::U32(offsets), planes));
            ("text", Plane::U8(texts.bytes.into_bytes()), None)
        }
        Values::Int64s(values) => {
            put("kind", Value::Text("value".to_string()));
            put("int64", Value::Bool(true));
            put("values", Value::List(values));
            return Value::Object(frame);
        }
        Values::Any(values) => {
            put("kind", Value::Text("value".to_string()));
            put("values", Value::List(values));
            return Value::Object(frame);
        }
    };
    put("kind", Value::Text(kind.to_string()));
    put("plane", put_plane(plane, planes));
    if let Some(dim) = dim {
        put("dim", Value::Int(i64::from(dim)));
    }
    Value::Object(frame)
}

/// Adds a plane and returns its number.
pub fn put_plane(plane: Plane, planes: &mut Vec<Plane>) -> Value {
    planes.push(plane);
    Value::Int(planes.len() as i64 - 1)
}
