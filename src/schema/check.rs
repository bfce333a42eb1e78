//! What a user asked a collection to be, and the check that makes it a [`Schema`] with its indexes.

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use super::index_params::{self, Index, IndexSpec};
use super::{DYNAMIC_FIELD, DataType, FIELD_ID_FIRST, Field, FieldId, Metric, Schema, TIME_FIELD, Value};
use super::{name, properties, rules};
use crate::error::{Error, Result};
use crate::sorted::SortedMap;

/// A collection as asked for, in either of Milvus's forms. Nothing is checked yet.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CollectionSpec {
    /// The collection's name.
    pub name: String,
    /// The user's words about it.
    pub description: String,
    /// The fields; `None` for the quick form, which `quick` describes.
    pub fields: Option<Vec<FieldSpec>>,
    /// The quick form's parameters; ignored when there are fields.
    pub quick: QuickSpec,
    /// Whether the engine makes the primary keys.
    pub is_auto_id: bool,
    /// Whether the dynamic field is on; by default on in the quick form and off otherwise.
    pub is_dynamic: Option<bool>,
    /// Indexes to make at once; the collection is then loaded.
    pub indexes: Vec<IndexSpec>,
    /// Shards, kept and echoed; by default 1.
    pub shards: Option<i64>,
    /// Partitions for a partition key; by default 16.
    pub partitions: Option<i64>,
    /// The consistency level's name; by default Bounded.
    pub consistency_level: String,
    /// Collection properties, kept and echoed.
    pub properties: SortedMap<String, String>,
}

/// The parameters of the quick form.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct QuickSpec {
    /// Elements of the vector.
    pub dimension: Option<i64>,
    /// The metric's name; by default COSINE.
    pub metric: String,
    /// `Int64` (the default) or `VarChar`.
    pub id_type: String,
    /// Bytes of a VarChar id.
    pub max_length: Option<i64>,
    /// By default `id`.
    pub primary_field: String,
    /// By default `vector`.
    pub vector_field: String,
    /// By default `FloatVector`.
    pub vector_type: String,
}

/// One field as asked for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FieldSpec {
    /// The name.
    pub name: String,
    /// The type's name.
    pub data_type: String,
    /// The element type's name, for arrays.
    pub element_type: String,
    /// Whether this is the primary key.
    pub is_primary: bool,
    /// Whether the engine makes its values.
    pub is_auto_id: bool,
    /// Whether rows are spread over partitions by it.
    pub is_partition_key: bool,
    /// Whether compaction may sort by it.
    pub is_clustering_key: bool,
    /// Whether a value may be absent.
    pub is_nullable: bool,
    /// What an absent value becomes.
    pub default_value: Option<Value>,
    /// The user's words about it.
    pub description: String,
    /// `dim`, `max_length`, `max_capacity` and others, as text.
    pub type_params: SortedMap<String, String>,
}

/// A collection that can be: what [`check`] makes of a [`CollectionSpec`].
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// The fields.
    pub schema: Schema,
    /// The indexes to make at once; the collection is then loaded.
    pub indexes: Vec<Index>,
    /// Shards, echoed.
    pub shards: u32,
    /// How many partitions the partition key spreads rows over; `None` without a partition key.
    pub key_partitions: Option<u32>,
    /// One of [`rules::CONSISTENCY_LEVELS`].
    pub consistency_level: &'static str,
}

/// Checks a collection as asked for.
///
/// The collection's own name is checked too, whether it is free is not known here.
///
/// # Errors
/// [`Error::Schema`], [`Error::Invalid`] and [`Error::FieldName`] say which rule is broken and where;
/// [`Error::Unsupported`] for types that only Milvus has.
pub fn check(spec: &CollectionSpec) -> Result<Checked> {
    name::check_collection(&spec.name)?;
    let is_quick = spec.fields.is_none();
    let fields = match &spec.fields {
        Some(fields) => Cow::Borrowed(fields.as_slice()),
        None => Cow::Owned(quick_fields(spec)?),
    };
    let schema = schema(spec, &fields, spec.is_dynamic.unwrap_or(is_quick))?;
    let mut indexes = Vec::new();
    if is_quick {
        let vector_field = schema.fields[1].name.clone();
        if !spec.indexes.iter().any(|index| index.field == vector_field) {
            let metric = spec.quick.metric.clone();
            let quick = IndexSpec { field: vector_field.clone(), name: vector_field, metric, ..IndexSpec::default() };
            indexes.push(index_params::check(&quick, &schema)?);
        }
    }
    for index in &spec.indexes {
        let index = index_params::check(index, &schema)?;
        index_params::admit(&mut indexes, index)?;
    }
    for (key, value) in &spec.properties {
        properties::check_collection(key, value, &schema)?;
    }
    Ok(Checked {
        key_partitions: rules::key_partitions(&schema, spec.partitions)?,
        shards: rules::shards(spec.shards)?,
        consistency_level: rules::consistency_level(&spec.consistency_level)?,
        schema,
        indexes,
    })
}

/// The two fields of the quick form.
fn quick_fields(spec: &CollectionSpec) -> Result<Vec<FieldSpec>> {
    let quick = &spec.quick;
    let id_type = or_default(&quick.id_type, DataType::Int64.name());
    let is_text_id = match DataType::from_name(id_type) {
        Some(DataType::Int64) => false,
        Some(DataType::VarChar) => true,
        _ => {
            let reason = format!("idType can only be [Int64, VarChar, Varchar], default: Int64, but got {id_type}");
            return Err(Error::invalid(reason));
        }
    };
    let Some(dimension) = quick.dimension else {
        let metric = or_default(&quick.metric, Metric::Cosine.name());
        let reason = format!("dimension is required for quickly create collection(default metric type: {metric})");
        return Err(Error::invalid(reason));
    };
    let max_length =
        quick.max_length.filter(|_| is_text_id).map(|length| ("max_length".to_string(), length.to_string()));
    Ok(vec![
        FieldSpec {
            name: or_default(&quick.primary_field, "id").to_string(),
            data_type: id_type.to_string(),
            is_primary: true,
            type_params: max_length.into_iter().collect(),
            ..FieldSpec::default()
        },
        FieldSpec {
            name: or_default(&quick.vector_field, "vector").to_string(),
            data_type: or_default(&quick.vector_type, DataType::FloatVector.name()).to_string(),
            type_params: SortedMap::from([("dim".to_string(), dimension.to_string())]),
            ..FieldSpec::default()
        },
    ])
}

fn or_default<'a>(text: &'a str, default: &'a str) -> &'a str {
    if text.is_empty() { default } else { text }
}

fn schema(spec: &CollectionSpec, specs: &[FieldSpec], is_dynamic: bool) -> Result<Schema> {
    // Before anything is allocated for them.
    rules::check_field_count(specs.len())?;
    let mut fields = Vec::new();
    for (id, field_spec) in (FIELD_ID_FIRST..).zip(specs) {
        fields.push(field(field_spec, &spec.name, spec.is_auto_id, id)?);
    }
    if is_dynamic {
        fields.push(hidden_field(FIELD_ID_FIRST + fields.len() as FieldId, DYNAMIC_FIELD, DataType::Json));
    }
    let schema = Schema { fields, is_dynamic };
    rules::check_schema(&schema)?;
    Ok(schema)
}

/// The schema with one more field, whose column comes after those of the user's other fields.
///
/// Rows that are there have no value for it, so it must be nullable or have a default.
///
/// # Errors
/// As [`check`]'s, and [`Error::Invalid`] for fields that cannot come later.
pub fn add_field(schema: &Schema, spec: &FieldSpec, collection: &str) -> Result<Schema> {
    let name = &spec.name;
    let refused = |reason: String| Err(Error::invalid(reason));
    if spec.is_primary {
        return refused(format!("not support to add pk field, field name = {name}"));
    }
    if spec.is_partition_key {
        return refused(format!("not support to add partition key field, field name  = {name}"));
    }
    if DataType::from_name(&spec.data_type).is_some_and(DataType::is_vector) {
        return refused(format!("not support to add vector field, field name = {name}"));
    }
    if !spec.is_nullable && spec.default_value.as_ref().is_none_or(|value| *value == Value::Null) {
        return refused(format!("added field must be nullable, please check it, field name = {name}"));
    }
    let mut fields = schema.fields.clone();
    fields.insert(schema.user_fields().len(), field(spec, collection, false, next_id(schema))?);
    let schema = Schema { fields, is_dynamic: schema.is_dynamic };
    rules::check_schema(&schema)?;
    Ok(schema)
}

fn field(spec: &FieldSpec, collection: &str, is_auto_id: bool, id: FieldId) -> Result<Field> {
    name::check_field(&spec.name)?;
    let data_type = data_type(&spec.data_type, &spec.name)?;
    let is_array = data_type == DataType::Array;
    let element_type = if is_array { Some(element_type(&spec.element_type, &spec.name)?) } else { None };
    let mut params = spec.type_params.clone();
    let dim = if data_type.is_vector() {
        let Some(dim) = params.remove("dim") else {
            let reason = format!(
                "dimension is not defined in field type params of field {}, check type param `dim` for vector field",
                spec.name
            );
            return Err(Error::schema(reason));
        };
        rules::dim(&spec.name, &dim)?
    } else {
        0
    };
    let is_text = data_type == DataType::VarChar || element_type == Some(DataType::VarChar);
    let max_length = if is_text {
        let Some(length) = params.remove("max_length") else {
            let reason = format!(
                "type param(max_length) should be specified for the field({}) of collection {}",
                spec.name, collection
            );
            return Err(Error::schema(reason));
        };
        rules::max_length(&spec.name, &length)?
    } else {
        0
    };
    let max_capacity = if is_array {
        let Some(capacity) = params.remove("max_capacity") else {
            let reason = format!(
                "type param(max_capacity) should be specified for array field {} of collection {}",
                spec.name, collection
            );
            return Err(Error::schema(reason));
        };
        rules::max_capacity(&spec.name, &capacity)?
    } else {
        0
    };
    let mut field = Field {
        id,
        name: spec.name.clone(),
        data_type,
        element_type,
        is_primary: spec.is_primary,
        is_auto_id: spec.is_auto_id || spec.is_primary && is_auto_id,
        is_partition_key: spec.is_partition_key,
        is_clustering_key: spec.is_clustering_key,
        is_nullable: spec.is_nullable,
        default_value: None,
        description: spec.description.clone(),
        dim,
        max_length,
        max_capacity,
        type_params: params,
    };
    if let Some(value) = &spec.default_value
        && *value != Value::Null
    {
        field.default_value = Some(rules::default_value(&field, value)?);
    }
    Ok(field)
}

fn data_type(type_name: &str, field: &str) -> Result<DataType> {
    match DataType::from_name(type_name) {
        Some(data_type) => Ok(data_type),
        None if DataType::is_unsupported_name(type_name) => {
            Err(Error::Unsupported { what: format!("the data type {type_name} (of field {field})") })
        }
        None => Err(Error::invalid(format!("data type {type_name} is invalid(case sensitive), field: {field}"))),
    }
}

fn element_type(type_name: &str, field: &str) -> Result<DataType> {
    match DataType::from_name(type_name) {
        Some(element) if element.is_element() => Ok(element),
        _ => Err(Error::schema(format!(
            "element data type {type_name} is invalid(case sensitive) for the array field {field}: \
             expected Bool, Int8, Int16, Int32, Int64, Float, Double or VarChar"
        ))),
    }
}

/// The schema with the column of when rows were written; rows that are there count as written at `now_ms`.
pub fn add_time(schema: &Schema, now_ms: u64) -> Result<Schema> {
    let mut fields = schema.fields.clone();
    let mut time = hidden_field(next_id(schema), TIME_FIELD, DataType::Int64);
    time.is_nullable = false;
    time.default_value = Some(Value::Int(i64::try_from(now_ms).unwrap_or(i64::MAX)));
    fields.insert(schema.user_fields().len(), time);
    let schema = Schema { fields, is_dynamic: schema.is_dynamic };
    rules::check_schema(&schema)?;
    Ok(schema)
}

/// An id greater than all others, so that what was stored before tells that it lacks the field.
fn next_id(schema: &Schema) -> FieldId {
    let last = schema.fields.iter().map(|field| field.id).max();
    last.map_or(FIELD_ID_FIRST, |last| last + 1)
}

/// A column that no user names.
fn hidden_field(id: FieldId, name: &str, data_type: DataType) -> Field {
    Field {
        id,
        name: name.to_string(),
        data_type,
        element_type: None,
        is_primary: false,
        is_auto_id: false,
        is_partition_key: false,
        is_clustering_key: false,
        is_nullable: true,
        default_value: None,
        description: String::new(),
        dim: 0,
        max_length: 0,
        max_capacity: 0,
        type_params: SortedMap::new(),
    }
}
