//! What every sound [`Schema`] obeys: the limits with Milvus's values, and the rules about fields and keys.
//!
//! Asked of what users want ([`check`](super::check::check)) and of what comes back from storage.

use super::{DYNAMIC_FIELD, DataType, FIELD_ID_FIRST, Field, Schema, TIME_FIELD, Value, name};
use crate::error::{Error, Result};

/// Fields of a collection, the hidden one not counted (`proxy.maxFieldNum`).
pub const FIELDS_MAX: usize = 64;
/// Vector fields of a collection (`proxy.maxVectorFieldNum`).
pub const VECTOR_FIELDS_MAX: usize = 10;
/// The shortest vector.
pub const DIM_MIN: u32 = 2;
/// The longest vector (`proxy.maxDimension`).
pub const DIM_MAX: u32 = 32_768;
/// The greatest `max_length` of a VarChar, in bytes (`proxy.maxVarCharLength`).
pub const MAX_LENGTH_MAX: u32 = 65_535;
/// The greatest `max_capacity` of an array (`proxy.maxArrayCapacity`).
pub const MAX_CAPACITY_MAX: u32 = 4_096;
/// Shards of a collection (`proxy.maxShardNum`). They mean nothing here and are echoed.
pub const SHARDS_MAX: u32 = 16;
/// Partitions of a collection (`rootCoord.maxPartitionNum`).
pub const PARTITIONS_MAX: u32 = 1_024;
/// Partitions that a partition key spreads rows over when the user names no number.
pub const KEY_PARTITIONS_DEFAULT: u32 = 16;
/// Milvus's names of consistency. Every read here sees every acknowledged write, whatever the level.
pub const CONSISTENCY_LEVELS: [&str; 5] = ["Strong", "Session", "Bounded", "Eventually", "Customized"];
/// The level of a collection whose user names none.
pub const CONSISTENCY_LEVEL_DEFAULT: &str = "Bounded";

/// Checks all rules about a schema.
pub fn check_schema(schema: &Schema) -> Result<()> {
    if schema.is_dynamic {
        check_dynamic(schema)?;
    }
    if let Some(at) = schema.time_column() {
        check_time(&schema.fields[at])?;
    }
    let fields = schema.user_fields();
    check_field_count(fields.len())?;
    for field in fields {
        name::check_field(&field.name)?;
        check_field(field)?;
    }
    for (at, field) in schema.fields.iter().enumerate() {
        let earlier = &schema.fields[..at];
        if earlier.iter().any(|other| other.name == field.name) {
            return Err(Error::schema(format!("duplicated field name {} found", field.name)));
        }
        // The hidden fields stay the last ones when fields are added, and keep their ids.
        let is_hidden = at >= fields.len();
        let follows = |other: &Field| if is_hidden { other.id != field.id } else { other.id < field.id };
        if field.id < FIELD_ID_FIRST || !earlier.iter().all(follows) {
            return Err(Error::schema(format!("the field {} has the id {} out of order", field.name, field.id)));
        }
    }
    check_primary(fields)?;
    check_keys(fields)?;
    let vectors = schema.vector_columns().count();
    if vectors == 0 {
        return Err(Error::schema("schema does not contain vector field"));
    }
    if vectors > VECTOR_FIELDS_MAX {
        let reason =
            format!("maximum vector field's number should be limited to {VECTOR_FIELDS_MAX}, but got {vectors}");
        return Err(Error::schema(reason));
    }
    Ok(())
}

/// Checks how many fields a user defines.
pub fn check_field_count(count: usize) -> Result<()> {
    if count > FIELDS_MAX {
        let reason = format!("maximum field's number should be limited to {FIELDS_MAX}, but got {count}");
        return Err(Error::schema(reason));
    }
    Ok(())
}

/// A vector field's `dim` from its text.
pub fn dim(field: &str, text: &str) -> Result<u32> {
    match text.parse::<i64>() {
        Ok(dim) if (i64::from(DIM_MIN)..=i64::from(DIM_MAX)).contains(&dim) => Ok(dim as u32),
        Ok(dim) if dim > i64::from(DIM_MAX) => Err(Error::schema(format!(
            "invalid dimension: {dim} of field {field}. float vector dimension should be in range {DIM_MIN} ~ {DIM_MAX}"
        ))),
        _ => Err(Error::schema(format!(
            "invalid dimension: {text}. should be in range {DIM_MIN} ~ {DIM_MAX}, field: {field}"
        ))),
    }
}

/// A text field's `max_length` from its text.
pub fn max_length(field: &str, text: &str) -> Result<u32> {
    match text.parse::<i64>() {
        Ok(length) if (1..=i64::from(MAX_LENGTH_MAX)).contains(&length) => Ok(length as u32),
        _ => Err(Error::schema(format!(
            "the maximum length specified for the field({field}) should be in (0, {MAX_LENGTH_MAX}], \
             but got {text} instead"
        ))),
    }
}

/// An array field's `max_capacity` from its text.
pub fn max_capacity(field: &str, text: &str) -> Result<u32> {
    match text.parse::<i64>() {
        Ok(capacity) if (1..=i64::from(MAX_CAPACITY_MAX)).contains(&capacity) => Ok(capacity as u32),
        _ => Err(Error::schema(format!(
            "the maximum capacity specified for a Array should be in (0, {MAX_CAPACITY_MAX}], \
             but got {text} instead, field: {field}"
        ))),
    }
}

/// The number of shards.
pub fn shards(asked: Option<i64>) -> Result<u32> {
    match asked.unwrap_or(0) {
        0 => Ok(1),
        shards if (1..=i64::from(SHARDS_MAX)).contains(&shards) => Ok(shards as u32),
        shards => Err(Error::schema(format!(
            "maximum shards's number should be limited to {SHARDS_MAX} and at least 1, but got {shards}"
        ))),
    }
}

/// How many partitions the partition key spreads rows over; `None` without a partition key.
pub fn key_partitions(schema: &Schema, asked: Option<i64>) -> Result<Option<u32>> {
    let has_key = schema.partition_key_column().is_some();
    match asked {
        None | Some(0) => Ok(has_key.then_some(KEY_PARTITIONS_DEFAULT)),
        Some(_) if !has_key => {
            Err(Error::schema("num_partitions should only be specified with partition key field enabled"))
        }
        Some(count) if (1..=i64::from(PARTITIONS_MAX)).contains(&count) => Ok(Some(count as u32)),
        Some(count) if count < 1 => Err(Error::schema(format!(
            "the specified partitions should be greater than 0 if partition key is used, but got {count}"
        ))),
        Some(count) => {
            Err(Error::schema(format!("partition number ({count}) exceeds max configuration ({PARTITIONS_MAX})")))
        }
    }
}

/// The consistency level of that name; the default when the name is empty.
pub fn consistency_level(level: &str) -> Result<&'static str> {
    let level = if level.is_empty() { CONSISTENCY_LEVEL_DEFAULT } else { level };
    CONSISTENCY_LEVELS.into_iter().find(|known| *known == level).ok_or_else(|| {
        Error::invalid(format!(
            "consistencyLevel can only be [{}], default: {CONSISTENCY_LEVEL_DEFAULT}, but got {level}",
            CONSISTENCY_LEVELS.join(", ")
        ))
    })
}

/// A default as its field stores it: integers for integer fields, doubles for the others that have fractions. Where Milvus
/// has words of its own for each of its two protocols, an error has both.
pub fn default_value(field: &Field, value: &Value) -> Result<Value> {
    if field.is_primary {
        return Err(Error::schema(format!("primary field not support default_value, field name = {}", field.name)));
    }
    match field.data_type {
        DataType::Json | DataType::Array | DataType::FloatVector => Err(Error::schema(format!(
            "convert defaultValue fail, err:type not support default_value, type:{}, name:{}",
            field.data_type.name(),
            field.name
        ))),
        DataType::Bool => match value {
            Value::Bool(_) => Ok(value.clone()),
            _ => Err(default_type(field, value)),
        },
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => {
            match (value, field.data_type.integer_range()) {
                (Value::Int(whole), Some((least, greatest))) if (least..=greatest).contains(whole) => Ok(value.clone()),
                (Value::Int(whole), Some((least, greatest))) => Err(Error::schema(format!(
                    "the default value {whole} of field {} is out of range: [{least}, {greatest}]",
                    field.name
                ))),
                _ => Err(default_type(field, value)),
            }
        }
        DataType::Float | DataType::Double => {
            let number = match value {
                Value::Int(whole) => *whole as f64,
                Value::Double(number) => *number,
                _ => return Err(default_type(field, value)),
            };
            let is_finite = match field.data_type {
                DataType::Float => (number as f32).is_finite(),
                _ => number.is_finite(),
            };
            if !is_finite {
                let reason = format!("default value '{number}' of field {} is not a number or infinity", field.name);
                return Err(Error::schema(reason));
            }
            Ok(Value::Double(number))
        }
        DataType::VarChar => match value {
            Value::Text(text) if text.len() <= field.max_length as usize => Ok(value.clone()),
            Value::Text(text) => Err(Error::schema(format!(
                "the length ({}) of string exceeds max length ({}), the default value of field {}",
                text.len(),
                field.max_length,
                field.name
            ))),
            _ => Err(default_type(field, value)),
        },
    }
}

fn default_type(field: &Field, value: &Value) -> Error {
    Error::schema(format!(
        "convert defaultValue fail, err:type ({}) of field ({}) is not equal to the type of default_value: got {}",
        field.data_type.name(),
        field.name,
        value.kind()
    ))
}

/// What one field must be, whatever the others are.
fn check_field(field: &Field) -> Result<()> {
    let is_array = field.data_type == DataType::Array;
    match field.element_type {
        Some(element) if is_array && element.is_element() => {}
        None if !is_array => {}
        _ => return Err(Error::schema(format!("the element type of field {} does not fit its type", field.name))),
    }
    let is_text = field.data_type == DataType::VarChar || field.element_type == Some(DataType::VarChar);
    if field.data_type.is_vector() || field.dim != 0 {
        require(field.data_type.is_vector(), field, "dim")?;
        dim(&field.name, &field.dim.to_string())?;
    }
    if is_text || field.max_length != 0 {
        require(is_text, field, "max_length")?;
        max_length(&field.name, &field.max_length.to_string())?;
    }
    if is_array || field.max_capacity != 0 {
        require(is_array, field, "max_capacity")?;
        max_capacity(&field.name, &field.max_capacity.to_string())?;
    }
    if field.is_nullable && field.data_type.is_vector() {
        return Err(Error::Unsupported { what: format!("a nullable vector field ({})", field.name) });
    }
    match &field.default_value {
        Some(value) if default_value(field, value)? != *value => {
            Err(Error::schema(format!("the default value of field {} is not of its type", field.name)))
        }
        _ => Ok(()),
    }
}

fn require(fits: bool, field: &Field, param: &str) -> Result<()> {
    if fits {
        return Ok(());
    }
    Err(Error::schema(format!("the field {} of type {} has no {param}", field.name, field.data_type.name())))
}

fn check_primary(fields: &[Field]) -> Result<()> {
    let primary = only(fields, |field| field.is_primary, "primary key")?;
    let Some(primary) = primary else {
        return Err(Error::schema("primary key is not specified"));
    };
    if !is_key_type(primary) {
        return Err(Error::schema(format!(
            "the data type of primary key should be Int64 or VarChar, but field {} is {}",
            primary.name,
            primary.data_type.name()
        )));
    }
    if primary.is_nullable {
        return Err(Error::schema(format!("primary field not support null, field name = {}", primary.name)));
    }
    if let Some(other) = fields.iter().find(|field| field.is_auto_id && !field.is_primary) {
        return Err(Error::schema(format!(
            "only primary field can speficy AutoID with true, field name = {}",
            other.name
        )));
    }
    Ok(())
}

fn check_keys(fields: &[Field]) -> Result<()> {
    if let Some(key) = only(fields, |field| field.is_partition_key, "partition key")? {
        if key.is_primary {
            return Err(Error::schema(format!(
                "the partition key field must not be primary field, field name = {}",
                key.name
            )));
        }
        if !is_key_type(key) {
            return Err(Error::schema(format!(
                "the data type of partition key should be Int64 or VarChar, but field {} is {}",
                key.name,
                key.data_type.name()
            )));
        }
        if key.is_nullable {
            return Err(Error::schema(format!("partition key field not support nullable, field name = {}", key.name)));
        }
    }
    if let Some(key) = only(fields, |field| field.is_clustering_key, "clustering key")? {
        let is_sortable = key.data_type.is_number() || key.data_type == DataType::VarChar;
        if !is_sortable {
            return Err(Error::schema(format!(
                "the data type of clustering key should be a number or VarChar, but field {} is {}",
                key.name,
                key.data_type.name()
            )));
        }
        if key.is_nullable {
            return Err(Error::schema(format!("clustering key field not support nullable, field name = {}", key.name)));
        }
    }
    Ok(())
}

fn is_key_type(field: &Field) -> bool {
    matches!(field.data_type, DataType::Int64 | DataType::VarChar)
}

/// The one field that is so, if there is one; more are an error.
fn only<'a>(fields: &'a [Field], is_so: impl Fn(&Field) -> bool, what: &str) -> Result<Option<&'a Field>> {
    let mut found = fields.iter().filter(|field| is_so(field));
    let first = found.next();
    match (first, found.next()) {
        (Some(first), Some(second)) => {
            Err(Error::schema(format!("there are more than one {what}, field name = {}, {}", first.name, second.name)))
        }
        _ => Ok(first),
    }
}

/// Whether a hidden field is of that type and has no role.
fn is_plain(field: &Field, data_type: DataType) -> bool {
    field.data_type == data_type
        && field.element_type.is_none()
        && (field.dim, field.max_length, field.max_capacity) == (0, 0, 0)
        && !(field.is_primary || field.is_auto_id || field.is_partition_key || field.is_clustering_key)
}

/// The times of rows are never absent: a row without one is as old as the column.
fn check_time(field: &Field) -> Result<()> {
    let has_default = matches!(field.default_value, Some(Value::Int(_)));
    if is_plain(field, DataType::Int64) && has_default && !field.is_nullable {
        Ok(())
    } else {
        Err(Error::schema(format!("the field {TIME_FIELD} does not hold times")))
    }
}

/// The dynamic field comes last and is a JSON field without any role.
fn check_dynamic(schema: &Schema) -> Result<()> {
    let is_sound = schema.fields.last().is_some_and(|field| {
        field.name == DYNAMIC_FIELD && is_plain(field, DataType::Json) && field.default_value.is_none()
    });
    if is_sound {
        Ok(())
    } else {
        Err(Error::schema(format!("the last field is not the dynamic field {DYNAMIC_FIELD}")))
    }
}
