//! Indexes. All are built when the call that makes them returns.

use super::answer::Answered;
use super::door::Door;
use super::params::{changes, index_pairs, index_spec, pair};
use super::proto::common::Status;
use super::proto::index::{
    AlterIndexRequest, CreateIndexRequest, DescribeIndexRequest, DescribeIndexResponse, DropIndexRequest,
    GetIndexBuildProgressRequest, GetIndexBuildProgressResponse, GetIndexStateRequest, GetIndexStateResponse,
    GetIndexStatisticsRequest, GetIndexStatisticsResponse, IndexDescription,
};
use crate::command::{self, Command};
use crate::error::Error;

/// `common.IndexState`: built.
const FINISHED: i32 = 3;

pub async fn create(door: &Door<'_>, request: CreateIndexRequest) -> Answered<Status> {
    let target = door.target(&request.db_name, &request.collection_name);
    let indexes = vec![index_spec(request.field_name, request.index_name, request.extra_params)?];
    door.run(Command::CreateIndex { target, indexes }).await?;
    Ok(Status::default())
}

pub async fn alter(door: &Door<'_>, request: AlterIndexRequest) -> Answered<Status> {
    let target = door.target(&request.db_name, &request.collection_name);
    let changes = changes(request.extra_params, request.delete_keys)?;
    door.run(Command::AlterIndex { target, index: request.index_name, changes }).await?;
    Ok(Status::default())
}

/// Drops the index of a name, or those of a field.
pub async fn drop(door: &Door<'_>, request: DropIndexRequest) -> Answered<Status> {
    let target = door.target(&request.db_name, &request.collection_name);
    let named = match (request.index_name.is_empty(), request.field_name.is_empty()) {
        (false, _) => vec![request.index_name],
        (true, false) => door.names(Command::ListIndexes { target: target.clone(), field: request.field_name }).await?,
        (true, true) => return Err(Error::invalid("an index is dropped by its name or its field's").into()),
    };
    for index in named {
        door.run(Command::DropIndex { target: target.clone(), index }).await?;
    }
    Ok(Status::default())
}

pub async fn describe(door: &Door<'_>, request: DescribeIndexRequest) -> Answered<DescribeIndexResponse> {
    let target = door.target(&request.db_name, &request.collection_name);
    let indexes = door.indexes(&target, &request.index_name, &request.field_name).await?;
    let index_descriptions = indexes.into_iter().map(description).collect();
    Ok(DescribeIndexResponse { index_descriptions, ..DescribeIndexResponse::default() })
}

pub async fn statistics(door: &Door<'_>, request: GetIndexStatisticsRequest) -> Answered<GetIndexStatisticsResponse> {
    let target = door.target(&request.db_name, &request.collection_name);
    let indexes = door.indexes(&target, &request.index_name, "").await?;
    let index_descriptions = indexes.into_iter().map(description).collect();
    Ok(GetIndexStatisticsResponse { index_descriptions, ..GetIndexStatisticsResponse::default() })
}

fn description(told: command::IndexDescription) -> IndexDescription {
    let mut params = vec![pair("index_type", told.index_type)];
    params.extend(told.metric.map(|metric| pair("metric_type", metric.name())));
    params.extend(index_pairs(told.params));
    IndexDescription {
        index_name: told.name,
        params,
        field_name: told.field,
        indexed_rows: told.indexed_rows as i64,
        total_rows: told.total_rows as i64,
        state: FINISHED,
        pending_index_rows: told.total_rows.saturating_sub(told.indexed_rows) as i64,
        ..IndexDescription::default()
    }
}

pub async fn state(door: &Door<'_>, request: GetIndexStateRequest) -> Answered<GetIndexStateResponse> {
    let target = door.target(&request.db_name, &request.collection_name);
    door.indexes(&target, &request.index_name, &request.field_name).await?;
    Ok(GetIndexStateResponse { state: FINISHED, ..GetIndexStateResponse::default() })
}

pub async fn build_progress(
    door: &Door<'_>,
    request: GetIndexBuildProgressRequest,
) -> Answered<GetIndexBuildProgressResponse> {
    let target = door.target(&request.db_name, &request.collection_name);
    let indexes = door.indexes(&target, &request.index_name, &request.field_name).await?;
    let rows = |count: fn(&command::IndexDescription) -> u64| indexes.iter().map(count).max().unwrap_or(0) as i64;
    Ok(GetIndexBuildProgressResponse {
        indexed_rows: rows(|index| index.indexed_rows),
        total_rows: rows(|index| index.total_rows),
        ..GetIndexBuildProgressResponse::default()
    })
}
