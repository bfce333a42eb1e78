//! Schemas: as clients send them, and as they get them back.

use super::params;
use super::proto::common::KeyValuePair;
use super::proto::schema::{CollectionSchema, FieldSchema, ValueField, ValueFieldData};
use crate::command::CollectionDescription;
use crate::error::{Error, Result};
use crate::schema::check::{CollectionSpec, FieldSpec};
use crate::schema::{DataType, Field, Value, rules};

/// Types that Milvus has and this engine does not, by number.
const OTHER_TYPES: [(i32, &str); 11] = [
    (20, "String"),
    (24, "Geometry"),
    (25, "Text"),
    (26, "Timestamptz"),
    (100, "BinaryVector"),
    (102, "Float16Vector"),
    (103, "BFloat16Vector"),
    (104, "SparseFloatVector"),
    (105, "Int8Vector"),
    (106, "ArrayOfVector"),
    (200, "ArrayOfStruct"),
];

/// The name of a type, whether this engine has it or not.
pub fn type_name(number: i32) -> String {
    let other = || OTHER_TYPES.iter().find(|(known, _)| *known == number).map(|(_, name)| *name);
    let name = DataType::from_number(number).map(DataType::name).or_else(other);
    name.map_or_else(|| number.to_string(), str::to_string)
}

/// The name of a consistency level.
///
/// # Errors
/// [`Error::Invalid`] for a number that no level has.
pub fn level_name(number: i32) -> Result<&'static str> {
    let known = usize::try_from(number).ok().and_then(|at| rules::CONSISTENCY_LEVELS.get(at));
    known.copied().ok_or_else(|| Error::invalid(format!("consistency level {number} is invalid, expected 0 to 4")))
}

/// The number of a consistency level.
pub fn level_number(name: &str) -> i32 {
    rules::CONSISTENCY_LEVELS.iter().position(|level| *level == name).unwrap_or_default() as i32
}

/// A collection as asked for, of that name.
///
/// # Errors
/// [`Error::Unsupported`] for functions and struct fields; what else is wrong the engine says.
pub fn collection_spec(name: String, schema: CollectionSchema) -> Result<CollectionSpec> {
    if !schema.functions.is_empty() {
        return Err(Error::Unsupported { what: "functions of a collection".to_string() });
    }
    if !schema.struct_array_fields.is_empty() {
        return Err(Error::Unsupported { what: "the data type ArrayOfStruct".to_string() });
    }
    Ok(CollectionSpec {
        name,
        description: schema.description,
        fields: Some(schema.fields.into_iter().map(field_spec).collect::<Result<_>>()?),
        is_auto_id: schema.auto_id,
        is_dynamic: Some(schema.enable_dynamic_field),
        properties: params::properties(schema.properties),
        ..CollectionSpec::default()
    })
}

/// A field as asked for.
///
/// # Errors
/// [`Error::Unsupported`] for types and defaults that there are not.
pub fn field_spec(field: FieldSchema) -> Result<FieldSpec> {
    let data_type = type_name(field.data_type);
    if DataType::from_number(field.data_type).is_none() {
        let what = format!("the data type {data_type} (of field {})", field.name);
        return Err(Error::Unsupported { what });
    }
    let is_array = field.data_type == DataType::Array.number();
    Ok(FieldSpec {
        name: field.name,
        data_type,
        element_type: if is_array { type_name(field.element_type) } else { String::new() },
        is_primary: field.is_primary_key,
        is_auto_id: field.auto_id,
        is_partition_key: field.is_partition_key,
        is_clustering_key: field.is_clustering_key,
        is_nullable: field.nullable,
        default_value: field.default_value.and_then(|value| value.data).map(default_value).transpose()?,
        description: field.description,
        type_params: params::properties(field.type_params),
    })
}

fn default_value(value: ValueFieldData) -> Result<Value> {
    Ok(match value {
        ValueFieldData::BoolData(truth) => Value::Bool(truth),
        ValueFieldData::IntData(whole) => Value::Int(whole.into()),
        ValueFieldData::LongData(whole) => Value::Int(whole),
        ValueFieldData::FloatData(number) => Value::Double(number.into()),
        ValueFieldData::DoubleData(number) => Value::Double(number),
        ValueFieldData::StringData(text) => Value::Text(text),
        ValueFieldData::BytesData(_) => {
            return Err(Error::Unsupported { what: "a default value of bytes".to_string() });
        }
    })
}

/// The schema that a description tells, without the hidden fields.
pub fn collection_schema(description: &CollectionDescription) -> CollectionSchema {
    let fields = description.schema.user_fields();
    CollectionSchema {
        name: description.name.clone(),
        description: description.description.clone(),
        auto_id: description.schema.primary_field().is_auto_id,
        fields: fields.iter().map(field_schema).collect(),
        enable_dynamic_field: description.schema.is_dynamic,
        properties: params::pairs(description.properties.clone()),
        ..CollectionSchema::default()
    }
}

fn field_schema(field: &Field) -> FieldSchema {
    FieldSchema {
        field_id: field.id.into(),
        name: field.name.clone(),
        is_primary_key: field.is_primary,
        description: field.description.clone(),
        data_type: field.data_type.number(),
        type_params: type_params(field),
        auto_id: field.is_auto_id,
        element_type: field.element_type.map(DataType::number).unwrap_or_default(),
        default_value: field.default_value.as_ref().map(|value| value_field(field.data_type, value)),
        is_partition_key: field.is_partition_key,
        is_clustering_key: field.is_clustering_key,
        nullable: field.is_nullable,
        ..FieldSchema::default()
    }
}

fn type_params(field: &Field) -> Vec<KeyValuePair> {
    let sizes = [("dim", field.dim), ("max_length", field.max_length), ("max_capacity", field.max_capacity)];
    let sizes = sizes.iter().filter(|(_, size)| *size > 0);
    let mut pairs: Vec<KeyValuePair> = sizes.map(|(key, size)| params::pair(key, size.to_string())).collect();
    pairs.extend(params::pairs(field.type_params.clone()));
    pairs
}

fn value_field(data_type: DataType, value: &Value) -> ValueField {
    let data = match (data_type, value) {
        (DataType::Int8 | DataType::Int16 | DataType::Int32, Value::Int(whole)) => {
            Some(ValueFieldData::IntData(*whole as i32))
        }
        (DataType::Float, Value::Int(whole)) => Some(ValueFieldData::FloatData(*whole as f32)),
        (DataType::Float, Value::Double(number)) => Some(ValueFieldData::FloatData(*number as f32)),
        (DataType::Double, Value::Int(whole)) => Some(ValueFieldData::DoubleData(*whole as f64)),
        (_, Value::Bool(truth)) => Some(ValueFieldData::BoolData(*truth)),
        (_, Value::Int(whole)) => Some(ValueFieldData::LongData(*whole)),
        (_, Value::Double(number)) => Some(ValueFieldData::DoubleData(*number)),
        (_, Value::Text(text)) => Some(ValueFieldData::StringData(text.clone())),
        (_, Value::Null | Value::List(_) | Value::Object(_)) => None,
    };
    ValueField { data }
}
