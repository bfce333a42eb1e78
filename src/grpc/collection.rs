//! Collections: made, told of, changed, loaded.

use prost::Message;

use super::answer::{Answered, Failure};
use super::door::{Door, schema_timestamp, timestamp};
use super::proto::collection::{
    ActionOp, AddCollectionFieldRequest, AlterCollectionFieldRequest, AlterCollectionRequest,
    AlterCollectionSchemaRequest, AlterCollectionSchemaResponse, BatchDescribeCollectionRequest,
    BatchDescribeCollectionResponse, BoolResponse, CreateCollectionRequest, DescribeCollectionRequest,
    DescribeCollectionResponse, DropCollectionRequest, GetCollectionStatisticsRequest, GetCollectionStatisticsResponse,
    GetLoadStateRequest, GetLoadStateResponse, GetLoadingProgressRequest, GetLoadingProgressResponse,
    HasCollectionRequest, LoadCollectionRequest, ReleaseCollectionRequest, RenameCollectionRequest,
    ShowCollectionsRequest, ShowCollectionsResponse, TruncateCollectionRequest, TruncateCollectionResponse,
};
use super::proto::common::Status;
use super::proto::schema::{CollectionSchema, FieldSchema};
use super::{params, schema, status};
use crate::command::{CollectionDescription, Command, LoadState, Reply, Target};
use crate::error::{Error, Result};

/// `common.LoadState`: no such collection.
const LOAD_STATE_NOT_EXIST: i32 = 0;
/// `common.LoadState`: not loaded.
const LOAD_STATE_NOT_LOAD: i32 = 1;
/// `common.LoadState`: loaded.
const LOAD_STATE_LOADED: i32 = 3;
/// `ShowType`: collections that are loaded.
const IN_MEMORY: i32 = 1;
/// Per cent, of what is done when the call returns.
const WHOLE: i64 = 100;

pub async fn create(door: &Door<'_>, request: CreateCollectionRequest) -> Answered<Status> {
    let given = CollectionSchema::decode(request.schema.as_slice())
        .map_err(|error| Error::invalid(format!("schema: expected a CollectionSchema, {error}")))?;
    let mut spec = schema::collection_spec(request.collection_name, given)?;
    spec.shards = Some(i64::from(request.shards_num)).filter(|shards| *shards != 0);
    spec.partitions = Some(request.num_partitions).filter(|partitions| *partitions != 0);
    spec.consistency_level = schema::level_name(request.consistency_level)?.to_string();
    spec.properties.extend(params::properties(request.properties));
    let database = door.database(&request.db_name);
    door.run(Command::CreateCollection { database, spec: Box::new(spec) }).await?;
    Ok(Status::default())
}

pub async fn drop(door: &Door<'_>, request: DropCollectionRequest) -> Answered<Status> {
    let target = door.target(&request.db_name, &request.collection_name);
    door.run(Command::DropCollection { target }).await?;
    Ok(Status::default())
}

pub async fn has(door: &Door<'_>, request: HasCollectionRequest) -> Answered<BoolResponse> {
    let target = door.target(&request.db_name, &request.collection_name);
    let value = door.has(Command::HasCollection { target }).await?;
    Ok(BoolResponse { value, ..BoolResponse::default() })
}

pub async fn describe(door: &Door<'_>, request: DescribeCollectionRequest) -> Answered<DescribeCollectionResponse> {
    let description = find(door, &request).await;
    description.map(described).map_err(|error| Failure::Status(Box::new(status::not_described(&error))))
}

async fn find(door: &Door<'_>, request: &DescribeCollectionRequest) -> Result<CollectionDescription> {
    let target = door.named(&request.db_name, &request.collection_name, request.collection_id).await?;
    door.describe(&target).await
}

fn described(description: CollectionDescription) -> DescribeCollectionResponse {
    let updated = schema_timestamp(&description);
    DescribeCollectionResponse {
        schema: Some(schema::collection_schema(&description)),
        collection_id: description.id as i64,
        // Messages do not go through channels here, but clients count these.
        virtual_channel_names: vec![format!("elanus_{}v0", description.id)],
        physical_channel_names: vec!["elanus".to_string()],
        created_timestamp: timestamp(description.created_ms),
        created_utc_timestamp: description.created_ms,
        shards_num: description.shards as i32,
        aliases: description.aliases,
        consistency_level: schema::level_number(&description.consistency_level),
        collection_name: description.name,
        properties: params::pairs(description.properties),
        db_name: description.database,
        num_partitions: description.partition_count.into(),
        update_timestamp: updated,
        update_timestamp_str: updated.to_string(),
        ..DescribeCollectionResponse::default()
    }
}

pub async fn batch_describe(
    door: &Door<'_>,
    request: BatchDescribeCollectionRequest,
) -> Answered<BatchDescribeCollectionResponse> {
    if request.collection_name.is_empty() && request.collection_id.is_empty() {
        return Err(Error::invalid("the names of the collections to describe are empty").into());
    }
    let names = request.collection_name.iter().map(|name| (name.as_str(), 0));
    let ids = request.collection_id.iter().map(|id| ("", *id));
    let mut responses = Vec::new();
    for (name, id) in names.chain(ids) {
        let target = door.named(&request.db_name, name, id).await?;
        responses.push(match door.describe(&target).await {
            Ok(description) => DescribeCollectionResponse { status: Some(Status::default()), ..described(description) },
            Err(error) => {
                DescribeCollectionResponse { status: Some(status::not_described(&error)), ..Default::default() }
            }
        });
    }
    Ok(BatchDescribeCollectionResponse { responses, ..BatchDescribeCollectionResponse::default() })
}

pub async fn show(door: &Door<'_>, request: ShowCollectionsRequest) -> Answered<ShowCollectionsResponse> {
    let database = door.database(&request.db_name);
    let mut response = ShowCollectionsResponse::default();
    for collection in door.names(Command::ListCollections { database: database.clone() }).await? {
        if !request.collection_names.is_empty() && !request.collection_names.contains(&collection) {
            continue;
        }
        let described = door.describe(&Target { database: database.clone(), collection }).await;
        let told = match described {
            Ok(told) => told,
            // Dropped since the names were listed.
            Err(Error::CollectionNotFound { .. }) => continue,
            Err(error) => return Err(error.into()),
        };
        let is_loaded = told.load_state == LoadState::Loaded;
        if request.kind == IN_MEMORY && !is_loaded {
            continue;
        }
        response.collection_names.push(told.name);
        response.collection_ids.push(told.id as i64);
        response.created_timestamps.push(timestamp(told.created_ms));
        response.created_utc_timestamps.push(told.created_ms);
        response.in_memory_percentages.push(if is_loaded { WHOLE } else { 0 });
        response.query_service_available.push(is_loaded);
        response.shards_num.push(told.shards as i32);
    }
    Ok(response)
}

pub async fn statistics(
    door: &Door<'_>,
    request: GetCollectionStatisticsRequest,
) -> Answered<GetCollectionStatisticsResponse> {
    let target = door.target(&request.db_name, &request.collection_name);
    let count = door.row_count(Command::GetCollectionStats { target }).await?;
    let stats = vec![params::pair("row_count", count.to_string())];
    Ok(GetCollectionStatisticsResponse { stats, ..GetCollectionStatisticsResponse::default() })
}

pub async fn rename(door: &Door<'_>, request: RenameCollectionRequest) -> Answered<Status> {
    let target = door.target(&request.db_name, &request.old_name);
    let new_database = match request.new_db_name.as_str() {
        "" => target.database.clone(),
        _ => {
            // The other database has a say too.
            door.check("RenameCollection", &request.new_db_name, None).await?;
            request.new_db_name
        }
    };
    door.run(Command::RenameCollection { target, new_database, new_name: request.new_name }).await?;
    Ok(Status::default())
}

pub async fn alter(door: &Door<'_>, request: AlterCollectionRequest) -> Answered<Status> {
    let target = door.named(&request.db_name, &request.collection_name, request.collection_id).await?;
    let changes = params::changes(request.properties, request.delete_keys)?;
    door.run(Command::AlterCollection { target, changes }).await?;
    Ok(Status::default())
}

pub async fn add_field(door: &Door<'_>, request: AddCollectionFieldRequest) -> Answered<Status> {
    let target = door.named(&request.db_name, &request.collection_name, request.collection_id).await?;
    let given = FieldSchema::decode(request.schema.as_slice())
        .map_err(|error| Error::invalid(format!("schema: expected a FieldSchema, {error}")))?;
    door.run(Command::AddFields { target, fields: vec![schema::field_spec(given)?] }).await?;
    Ok(Status::default())
}

/// Fields alone can be added, and nothing can be dropped.
pub async fn alter_schema(
    door: &Door<'_>,
    request: AlterCollectionSchemaRequest,
) -> Answered<AlterCollectionSchemaResponse> {
    let unsupported = |what: &str| Err(Error::Unsupported { what: format!("{what} by AlterCollectionSchema") }.into());
    let target = door.named(&request.db_name, &request.collection_name, request.collection_id).await?;
    let given = match request.action.and_then(|action| action.op) {
        Some(ActionOp::AddRequest(given)) => given,
        Some(ActionOp::DropRequest(_)) => return unsupported("dropping a field"),
        None => return Err(Error::invalid("action is absent, expected fields to add").into()),
    };
    if !given.func_schema.is_empty() {
        return unsupported("adding a function");
    }
    let mut fields = Vec::new();
    for info in given.field_infos {
        if !info.index_name.is_empty() || !info.extra_params.is_empty() {
            return unsupported("adding an index");
        }
        let schema = info.field_schema.ok_or_else(|| Error::invalid("field_schema is absent"))?;
        fields.push(schema::field_spec(schema)?);
    }
    if fields.is_empty() {
        return Err(Error::invalid("field_infos is empty, expected fields to add").into());
    }
    door.run(Command::AddFields { target, fields }).await?;
    Ok(AlterCollectionSchemaResponse::default())
}

pub async fn alter_field(door: &Door<'_>, request: AlterCollectionFieldRequest) -> Answered<Status> {
    let target = door.target(&request.db_name, &request.collection_name);
    let changes = params::changes(request.properties, request.delete_keys)?;
    door.run(Command::AlterField { target, field: request.field_name, changes }).await?;
    Ok(Status::default())
}

pub async fn truncate(door: &Door<'_>, request: TruncateCollectionRequest) -> Answered<TruncateCollectionResponse> {
    let target = door.target(&request.db_name, &request.collection_name);
    door.run(Command::TruncateCollection { target }).await?;
    Ok(TruncateCollectionResponse::default())
}

/// Loading is done when the call returns, and so is loading anew (`refresh`).
pub async fn load(door: &Door<'_>, request: LoadCollectionRequest) -> Answered<Status> {
    let target = door.target(&request.db_name, &request.collection_name);
    door.run(Command::LoadCollection { target }).await?;
    Ok(Status::default())
}

pub async fn release(door: &Door<'_>, request: ReleaseCollectionRequest) -> Answered<Status> {
    let target = door.target(&request.db_name, &request.collection_name);
    door.run(Command::ReleaseCollection { target }).await?;
    Ok(Status::default())
}

pub async fn loading_progress(
    door: &Door<'_>,
    request: GetLoadingProgressRequest,
) -> Answered<GetLoadingProgressResponse> {
    let target = door.target(&request.db_name, &request.collection_name);
    match load_state_of(door, target, request.partition_names).await? {
        LoadState::Loaded => Ok(GetLoadingProgressResponse {
            progress: WHOLE,
            refresh_progress: WHOLE,
            ..GetLoadingProgressResponse::default()
        }),
        LoadState::NotLoad => Err(Error::CollectionNotLoaded { collection: request.collection_name }.into()),
    }
}

pub async fn load_state(door: &Door<'_>, request: GetLoadStateRequest) -> Answered<GetLoadStateResponse> {
    let target = door.target(&request.db_name, &request.collection_name);
    let state = match load_state_of(door, target, request.partition_names).await {
        Ok(LoadState::Loaded) => LOAD_STATE_LOADED,
        Ok(LoadState::NotLoad) => LOAD_STATE_NOT_LOAD,
        Err(Error::CollectionNotFound { .. }) => LOAD_STATE_NOT_EXIST,
        Err(error) => return Err(error.into()),
    };
    Ok(GetLoadStateResponse { state, ..GetLoadStateResponse::default() })
}

/// Whether a collection, or some partitions of it, can be read.
pub async fn load_state_of(door: &Door<'_>, target: Target, partitions: Vec<String>) -> Result<LoadState> {
    match door.run(Command::GetLoadState { target, partitions }).await? {
        Reply::LoadState(state) => Ok(state),
        other => unreachable!("GetLoadState was answered with {other:?}"),
    }
}
