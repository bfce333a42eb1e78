//! Replies: the `data` of the RESTful endpoint, in natural values.

use super::natural::Natural;
use super::planes::Plane;
use super::rows::{put_column, put_plane, put_rows};
use crate::collection::search::Hits;
use crate::column::rows::NamedValues;
use crate::command::{CollectionDescription, IndexDescription, LoadState, Properties, Reply, Stats};
use crate::schema::{Field, Value};

/// A reply on its way out.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// What the caller gets, with numbers where planes stand.
    pub head: Natural,
    /// The planes, by number.
    pub planes: Vec<Plane>,
}

/// A reply as the operation of that name answers.
pub fn encode(operation: &str, reply: Reply) -> Answer {
    let mut planes = Vec::new();
    let head = match reply {
        Reply::Done => object([]),
        Reply::Has(has) => object([("has", Value::Bool(has))]),
        Reply::Names(names) => Value::List(names.into_iter().map(Value::Text).collect()),
        Reply::RowCount(count) => object([("rowCount", number(count))]),
        Reply::Database { name, id, properties } => {
            object([("dbName", Value::Text(name)), ("dbID", number(id)), ("properties", pairs(properties))])
        }
        Reply::Collection(description) => collection(*description),
        Reply::LoadState(LoadState::NotLoad) => object([("loadState", text(load_state(LoadState::NotLoad)))]),
        Reply::LoadState(LoadState::Loaded) => {
            object([("loadState", text(load_state(LoadState::Loaded))), ("loadProgress", Value::Int(100))])
        }
        Reply::CompactionId(id) => object([("compactionID", number(id))]),
        Reply::CompactionState { id, is_completed } => compaction(id, is_completed),
        Reply::Indexes(indexes) => Value::List(indexes.into_iter().map(index).collect()),
        Reply::Alias { database, collection, alias } => object([
            ("dbName", Value::Text(database)),
            ("collectionName", Value::Text(collection)),
            ("aliasName", Value::Text(alias)),
        ]),
        Reply::Written(written) => {
            let count = written.primary_keys.len() as u64;
            let ids = NamedValues { name: "ids".to_string(), present: None, values: written.primary_keys };
            let key = if operation == "upsert" { "upsertCount" } else { "insertCount" };
            object([(key, number(count)), ("ids", put_column(ids, &mut planes))])
        }
        Reply::Deleted { count } => object([("deleteCount", number(count))]),
        Reply::Rows(rows) => object([("rows", put_rows(rows, &mut planes))]),
        Reply::Hits(found) => hits(found, &mut planes),
        Reply::Stats(told) => stats(*told),
        Reply::Access(_) => object([]),
    };
    Answer { head: Natural(head), planes }
}

fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    Value::Object(members.map(|(key, value)| (key.to_string(), value)).into())
}

fn text(text: &str) -> Value {
    Value::Text(text.to_string())
}

fn number(count: u64) -> Value {
    i64::try_from(count).map_or(Value::Double(count as f64), Value::Int)
}

fn texts(list: Vec<String>) -> Value {
    Value::List(list.into_iter().map(Value::Text).collect())
}

/// Milvus's list of keys and values.
fn pairs(properties: Properties) -> Value {
    Value::List(properties.into_iter().map(|(key, value)| pair(&key, value)).collect())
}

fn pair(key: &str, value: String) -> Value {
    object([("key", text(key)), ("value", Value::Text(value))])
}

fn load_state(state: LoadState) -> &'static str {
    match state {
        LoadState::NotLoad => "LoadStateNotLoad",
        LoadState::Loaded => "LoadStateLoaded",
    }
}

fn collection(told: CollectionDescription) -> Value {
    let fields: Vec<Value> = told.schema.user_fields().iter().map(field).collect();
    let first_vector = told.schema.vector_columns().next().map(|column| told.schema.fields[column].name.as_str());
    let indexes = told.indexes.iter().filter(|index| Some(index.field.as_str()) == first_vector).map(|index| {
        object([
            ("indexName", text(&index.name)),
            ("fieldName", text(&index.field)),
            ("metricType", text(metric_name(index))),
        ])
    });
    object([
        ("collectionName", text(&told.name)),
        ("collectionID", number(told.id)),
        ("dbName", text(&told.database)),
        ("description", text(&told.description)),
        ("autoId", Value::Bool(told.schema.primary_field().is_auto_id)),
        ("indexes", Value::List(indexes.collect())),
        ("fields", Value::List(fields)),
        ("structFields", Value::List(Vec::new())),
        ("functions", Value::List(Vec::new())),
        ("aliases", texts(told.aliases)),
        ("load", text(load_state(told.load_state))),
        ("shardsNum", number(told.shards.into())),
        ("partitionsNum", number(told.partition_count.into())),
        ("consistencyLevel", text(&told.consistency_level)),
        ("enableDynamicField", Value::Bool(told.schema.is_dynamic)),
        ("properties", pairs(told.properties)),
    ])
}

fn field(field: &Field) -> Value {
    let sizes = [("dim", field.dim), ("max_length", field.max_length), ("max_capacity", field.max_capacity)];
    let sizes = sizes.iter().filter(|(_, size)| *size > 0).map(|(key, size)| pair(key, size.to_string()));
    let others = field.type_params.iter().map(|(key, value)| pair(key, value.clone()));
    let params: Vec<Value> = sizes.chain(others).collect();
    let mut members = vec![
        ("name", text(&field.name)),
        ("id", number(field.id.into())),
        ("type", text(field.data_type.name())),
        ("primaryKey", Value::Bool(field.is_primary)),
        ("partitionKey", Value::Bool(field.is_partition_key)),
        ("clusteringKey", Value::Bool(field.is_clustering_key)),
        ("autoId", Value::Bool(field.is_auto_id)),
        ("nullable", Value::Bool(field.is_nullable)),
        ("description", text(&field.description)),
    ];
    if !params.is_empty() {
        members.push(("params", Value::List(params)));
    }
    if let Some(element) = field.element_type {
        members.push(("elementType", text(element.name())));
    }
    if let Some(value) = &field.default_value {
        members.push(("defaultValue", value.clone()));
    }
    Value::Object(members.into_iter().map(|(key, value)| (key.to_string(), value)).collect())
}

fn metric_name(index: &IndexDescription) -> &'static str {
    index.metric.map_or("", |metric| metric.name())
}

/// Parameters of an index that are told beside `indexParams` too, where they are set, as in Milvus.
const ECHOED: [&str; 3] = ["mmap.enabled", "indexoffsetcache.enabled", "warmup"];

fn index(told: IndexDescription) -> Value {
    let metric = metric_name(&told);
    let mut params = vec![pair("index_type", told.index_type.clone())];
    if !metric.is_empty() {
        params.push(pair("metric_type", metric.to_string()));
    }
    params.extend(told.params.iter().map(|(key, value)| pair(key, value.clone())));
    let mut members = vec![
        ("indexName", Value::Text(told.name)),
        ("fieldName", Value::Text(told.field)),
        ("indexType", Value::Text(told.index_type)),
        ("metricType", text(metric)),
        ("totalRows", number(told.total_rows)),
        ("pendingRows", number(told.total_rows.saturating_sub(told.indexed_rows))),
        ("indexedRows", number(told.indexed_rows)),
        ("indexState", text("Finished")),
        ("failReason", text("")),
        ("minIndexVersion", Value::Int(0)),
        ("maxIndexVersion", Value::Int(0)),
        ("indexParams", Value::List(params)),
        ("answeredBy", text(told.structure.name)),
        ("clusterCount", Value::Int(told.structure.cluster_count.into())),
        ("memoryBytes", number(told.structure.memory_bytes)),
        ("storageBytes", number(told.structure.storage_bytes)),
    ];
    members.extend(ECHOED.iter().filter_map(|key| Some((*key, text(told.params.get(*key)?)))));
    Value::Object(members.into_iter().map(|(key, value)| (key.to_string(), value)).collect())
}

fn compaction(id: u64, is_completed: bool) -> Value {
    object([
        ("compactionID", number(id)),
        ("state", text(if is_completed { "Completed" } else { "Executing" })),
        ("executingPlanNumber", Value::Int(i64::from(!is_completed))),
        ("timeoutPlanNumber", Value::Int(0)),
        ("completedPlanNumber", Value::Int(i64::from(is_completed))),
    ])
}

fn hits(found: Hits, planes: &mut Vec<Plane>) -> Value {
    let counts = found.counts.into_iter().map(|count| Value::Int(count.into())).collect();
    let ids = NamedValues { name: found.primary_field.clone(), present: None, values: found.primary_keys };
    object([
        ("counts", Value::List(counts)),
        ("primaryField", Value::Text(found.primary_field)),
        ("ids", put_column(ids, planes)),
        ("scores", put_plane(Plane::F32(found.scores), planes)),
        ("rows", put_rows(found.rows, planes)),
    ])
}

fn stats(told: Stats) -> Value {
    object([
        ("rowCount", number(told.row_count)),
        ("deletedCount", number(told.deleted_count)),
        ("memoryBytes", number(told.memory_bytes)),
        ("memoryLimitBytes", number(told.memory_limit_bytes)),
        ("storageBytes", number(told.storage_bytes)),
        ("indexMemoryBytes", number(told.index_memory_bytes)),
        ("indexStorageBytes", number(told.index_storage_bytes)),
        ("growingSegments", number(told.growing_segments.into())),
        ("sealedSegments", number(told.sealed_segments.into())),
        ("collections", number(told.collections.into())),
    ])
}
