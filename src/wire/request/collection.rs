//! Collections and their partitions.

use super::super::head::Head;
use super::super::natural::text_of;
use super::super::planes::Planes;
use super::database::{removals, settings};
use super::index::index_specs;
use crate::command::{Command, Target};
use crate::error::{Error, Result};
use crate::schema::Value;
use crate::schema::check::{CollectionSpec, FieldSpec, QuickSpec};

/// Settings that may stand in `params`, and the properties that they become.
const PARAM_PROPERTIES: [(&str, &str); 4] = [
    ("ttlSeconds", "collection.ttl.seconds"),
    ("ttlField", "ttl_field"),
    ("partitionKeyIsolation", "partitionkey.isolation"),
    ("mmap.enabled", "mmap.enabled"),
];

pub fn create(head: &mut Head, _: &mut Planes) -> Result<Command> {
    let Target { database, collection: name } = head.target()?;
    let mut spec = CollectionSpec {
        name,
        description: head.text_or_empty("description")?,
        is_auto_id: head.flag("autoID")?.unwrap_or(false),
        is_dynamic: head.flag("enableDynamicField")?,
        indexes: index_specs(head)?,
        consistency_level: head.text_or_empty("consistencyLevel")?,
        properties: head.properties("properties")?,
        quick: QuickSpec {
            dimension: head.integer("dimension")?,
            metric: head.text_or_empty("metricType")?,
            id_type: head.text_or_empty("idType")?,
            max_length: None,
            primary_field: head.text_or_empty("primaryFieldName")?,
            vector_field: head.text_or_empty("vectorFieldName")?,
            vector_type: head.text_or_empty("vectorFieldType")?,
        },
        ..CollectionSpec::default()
    };
    if let Some(mut params) = head.object("params")? {
        read_params(&mut params, &mut spec)?;
    }
    if let Some(mut schema) = head.object("schema")? {
        read_schema(&mut schema, &mut spec)?;
    }
    Ok(Command::CreateCollection { database, spec: Box::new(spec) })
}

fn read_params(params: &mut Head, spec: &mut CollectionSpec) -> Result<()> {
    for number in ["shardsNum", "partitionsNum", "max_length"] {
        params.unquote(number, |text| text.parse().ok().map(Value::Int));
    }
    params.unquote("enableDynamicField", |text| truth(text).map(Value::Bool));
    spec.shards = params.integer("shardsNum")?;
    spec.partitions = params.integer("partitionsNum")?;
    spec.quick.max_length = params.integer("max_length")?;
    spec.is_dynamic = params.flag("enableDynamicField")?.or(spec.is_dynamic);
    if let Some(level) = params.text("consistencyLevel")? {
        spec.consistency_level = level;
    }
    for (param, property) in PARAM_PROPERTIES {
        if let Some(value) = params.value(param) {
            spec.properties.insert(property.to_string(), text_of(&value));
        }
    }
    Ok(())
}

/// A truth value as text, in the spellings that Go reads.
fn truth(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

fn read_schema(schema: &mut Head, spec: &mut CollectionSpec) -> Result<()> {
    schema.refuse("functions")?;
    schema.refuse("structFields")?;
    let fields = schema.objects("fields")?;
    spec.is_auto_id |= schema.flag("autoID")?.unwrap_or(false);
    spec.is_dynamic = schema.flag("enableDynamicField")?.or(spec.is_dynamic);
    if let Some(description) = schema.text("description")? {
        spec.description = description;
    }
    if !fields.is_empty() {
        spec.fields = Some(fields.into_iter().map(field).collect::<Result<_>>()?);
    }
    Ok(())
}

fn field(mut field: Head) -> Result<FieldSpec> {
    Ok(FieldSpec {
        name: field.required_text("fieldName")?,
        data_type: field.required_text("dataType")?,
        element_type: field.text_or_empty("elementDataType")?,
        is_primary: field.flag("isPrimary")?.unwrap_or(false),
        is_auto_id: field.flag("autoID")?.unwrap_or(false),
        is_partition_key: field.flag("isPartitionKey")?.unwrap_or(false),
        is_clustering_key: field.flag("isClusteringKey")?.unwrap_or(false),
        is_nullable: field.flag("nullable")?.unwrap_or(false),
        default_value: field.value("defaultValue"),
        description: field.text_or_empty("description")?,
        type_params: field.properties("elementTypeParams")?,
    })
}

pub fn drop(head: &mut Head, _: &mut Planes) -> Result<Command> {
    Ok(Command::DropCollection { target: head.target()? })
}

pub fn truncate(head: &mut Head, _: &mut Planes) -> Result<Command> {
    Ok(Command::TruncateCollection { target: head.target()? })
}

pub fn has(head: &mut Head, _: &mut Planes) -> Result<Command> {
    Ok(Command::HasCollection { target: head.target()? })
}

pub fn describe(head: &mut Head, _: &mut Planes) -> Result<Command> {
    Ok(Command::DescribeCollection { target: head.target()? })
}

pub fn list(head: &mut Head, _: &mut Planes) -> Result<Command> {
    Ok(Command::ListCollections { database: head.database()? })
}

pub fn rename(head: &mut Head, _: &mut Planes) -> Result<Command> {
    let target = head.target()?;
    let new_name = head.required_text("newCollectionName")?;
    let new_database = head.text("newDbName")?.filter(|name| !name.is_empty());
    let new_database = new_database.unwrap_or_else(|| target.database.clone());
    Ok(Command::RenameCollection { target, new_database, new_name })
}

pub fn load(head: &mut Head, _: &mut Planes) -> Result<Command> {
    Ok(Command::LoadCollection { target: head.target()? })
}

pub fn release(head: &mut Head, _: &mut Planes) -> Result<Command> {
    Ok(Command::ReleaseCollection { target: head.target()? })
}

pub fn load_state(head: &mut Head, _: &mut Planes) -> Result<Command> {
    Ok(Command::GetLoadState { target: head.target()?, partitions: head.texts("partitionNames")? })
}

pub fn stats(head: &mut Head, _: &mut Planes) -> Result<Command> {
    Ok(Command::GetCollectionStats { target: head.target()? })
}

pub fn alter_properties(head: &mut Head, _: &mut Planes) -> Result<Command> {
    Ok(Command::AlterCollection { target: head.target()?, changes: settings(head)? })
}

pub fn drop_properties(head: &mut Head, _: &mut Planes) -> Result<Command> {
    Ok(Command::AlterCollection { target: head.target()?, changes: removals(head)? })
}

pub fn add_field(head: &mut Head, _: &mut Planes) -> Result<Command> {
    let target = head.target()?;
    let Some(schema) = head.object("schema")? else {
        return Err(head.missing("schema"));
    };
    Ok(Command::AddFields { target, fields: vec![field(schema)?] })
}

pub fn alter_field(head: &mut Head, _: &mut Planes) -> Result<Command> {
    let (target, field) = (head.target()?, head.required_text("fieldName")?);
    let changes = head.properties("fieldParams")?.into_iter().map(|(key, value)| (key, Some(value))).collect();
    Ok(Command::AlterField { target, field, changes })
}

pub fn flush(head: &mut Head, _: &mut Planes) -> Result<Command> {
    Ok(Command::Flush { target: head.target()? })
}

pub fn compact(head: &mut Head, _: &mut Planes) -> Result<Command> {
    head.refuse("isClustering")?;
    Ok(Command::Compact { target: head.target()? })
}

pub fn compaction_state(head: &mut Head, _: &mut Planes) -> Result<Command> {
    let Some(id) = head.integer("jobID")? else {
        return Err(head.missing("jobID"));
    };
    let id = u64::try_from(id).map_err(|_| Error::invalid(format!("{}: {id} is no compaction", head.path("jobID"))))?;
    Ok(Command::GetCompactionState { id })
}

pub fn create_partition(head: &mut Head, _: &mut Planes) -> Result<Command> {
    Ok(Command::CreatePartition { target: head.target()?, partition: head.required_text("partitionName")? })
}

pub fn drop_partition(head: &mut Head, _: &mut Planes) -> Result<Command> {
    Ok(Command::DropPartition { target: head.target()?, partition: head.required_text("partitionName")? })
}

pub fn has_partition(head: &mut Head, _: &mut Planes) -> Result<Command> {
    Ok(Command::HasPartition { target: head.target()?, partition: head.required_text("partitionName")? })
}

pub fn list_partitions(head: &mut Head, _: &mut Planes) -> Result<Command> {
    Ok(Command::ListPartitions { target: head.target()? })
}

pub fn load_partitions(head: &mut Head, _: &mut Planes) -> Result<Command> {
    Ok(Command::LoadPartitions { target: head.target()?, partitions: named_partitions(head)? })
}

pub fn release_partitions(head: &mut Head, _: &mut Planes) -> Result<Command> {
    Ok(Command::ReleasePartitions { target: head.target()?, partitions: named_partitions(head)? })
}

pub fn partition_stats(head: &mut Head, _: &mut Planes) -> Result<Command> {
    Ok(Command::GetPartitionStats { target: head.target()?, partition: head.required_text("partitionName")? })
}

fn named_partitions(head: &mut Head) -> Result<Vec<String>> {
    let names = head.texts("partitionNames")?;
    if names.is_empty() { Err(head.missing("partitionNames")) } else { Ok(names) }
}
