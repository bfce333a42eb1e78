//! Partitions.

use super::answer::Answered;
use super::collection::load_state_of;
use super::door::{Door, timestamp};
use super::params;
use super::proto::collection::BoolResponse;
use super::proto::common::Status;
use super::proto::partition::{
    CreatePartitionRequest, DropPartitionRequest, GetPartitionStatisticsRequest, GetPartitionStatisticsResponse,
    HasPartitionRequest, LoadPartitionsRequest, ReleasePartitionsRequest, ShowPartitionsRequest,
    ShowPartitionsResponse,
};
use crate::command::{Command, LoadState};

pub async fn create(door: &Door<'_>, request: CreatePartitionRequest) -> Answered<Status> {
    let target = door.target(&request.db_name, &request.collection_name);
    door.run(Command::CreatePartition { target, partition: request.partition_name }).await?;
    Ok(Status::default())
}

pub async fn drop(door: &Door<'_>, request: DropPartitionRequest) -> Answered<Status> {
    let target = door.target(&request.db_name, &request.collection_name);
    door.run(Command::DropPartition { target, partition: request.partition_name }).await?;
    Ok(Status::default())
}

pub async fn has(door: &Door<'_>, request: HasPartitionRequest) -> Answered<BoolResponse> {
    let target = door.target(&request.db_name, &request.collection_name);
    let value = door.has(Command::HasPartition { target, partition: request.partition_name }).await?;
    Ok(BoolResponse { value, ..BoolResponse::default() })
}

/// The partitions, in the order in which they were made. Numbers follow that of the collection.
pub async fn show(door: &Door<'_>, request: ShowPartitionsRequest) -> Answered<ShowPartitionsResponse> {
    let target = door.named(&request.db_name, &request.collection_name, request.collection_id).await?;
    let described = door.describe(&target).await?;
    let names = door.names(Command::ListPartitions { target: target.clone() }).await?;
    let mut response = ShowPartitionsResponse::default();
    for (id, name) in (described.id as i64 + 1..).zip(names) {
        if !request.partition_names.is_empty() && !request.partition_names.contains(&name) {
            continue;
        }
        let state = load_state_of(door, target.clone(), vec![name.clone()]).await?;
        response.partition_names.push(name);
        response.partition_ids.push(id);
        response.created_timestamps.push(timestamp(described.created_ms));
        response.created_utc_timestamps.push(described.created_ms);
        response.in_memory_percentages.push(if state == LoadState::Loaded { 100 } else { 0 });
    }
    Ok(response)
}

pub async fn statistics(
    door: &Door<'_>,
    request: GetPartitionStatisticsRequest,
) -> Answered<GetPartitionStatisticsResponse> {
    let target = door.target(&request.db_name, &request.collection_name);
    let count = door.row_count(Command::GetPartitionStats { target, partition: request.partition_name }).await?;
    let stats = vec![params::pair("row_count", count.to_string())];
    Ok(GetPartitionStatisticsResponse { stats, ..GetPartitionStatisticsResponse::default() })
}

pub async fn load(door: &Door<'_>, request: LoadPartitionsRequest) -> Answered<Status> {
    let target = door.target(&request.db_name, &request.collection_name);
    door.run(Command::LoadPartitions { target, partitions: request.partition_names }).await?;
    Ok(Status::default())
}

pub async fn release(door: &Door<'_>, request: ReleasePartitionsRequest) -> Answered<Status> {
    let target = door.target(&request.db_name, &request.collection_name);
    door.run(Command::ReleasePartitions { target, partitions: request.partition_names }).await?;
    Ok(Status::default())
}
