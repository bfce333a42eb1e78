//! Flushing, compaction, segments, replicas and resource groups: what one process has of them.

use super::answer::Answered;
use super::collection::load_state_of;
use super::door::Door;
use super::proto::common::Status;
use super::proto::data::LongArray;
use super::proto::resource::{
    DescribeResourceGroupRequest, DescribeResourceGroupResponse, ListResourceGroupsRequest, ListResourceGroupsResponse,
    NodeInfo, ResourceGroup,
};
use super::proto::segment::{
    FlushAllRequest, FlushAllResponse, FlushRequest, FlushResponse, GetCompactionPlansRequest,
    GetCompactionPlansResponse, GetCompactionStateRequest, GetCompactionStateResponse, GetFlushAllStateRequest,
    GetFlushAllStateResponse, GetFlushStateRequest, GetFlushStateResponse, GetPersistentSegmentInfoRequest,
    GetPersistentSegmentInfoResponse, GetQuerySegmentInfoRequest, GetQuerySegmentInfoResponse, GetReplicasRequest,
    GetReplicasResponse, LoadBalanceRequest, ManualCompactionRequest, ManualCompactionResponse, PersistentSegmentInfo,
    QuerySegmentInfo, ReplicaInfo, ShardReplica,
};
use crate::command::{Command, LoadState, Reply, Target};
use crate::error::{Error, Result};

/// The number of the one node.
const NODE: i64 = 1;
/// The name of the one resource group.
const RESOURCE_GROUP: &str = "__default_resource_group";
/// `common.SegmentState`: in storage.
const SEGMENT_FLUSHED: i32 = 4;
/// `common.SegmentState`: in memory, and not written any more.
const SEGMENT_SEALED: i32 = 3;
/// `common.SegmentLevel` of rows.
const LEVEL_1: i32 = 2;
/// `common.CompactionState`.
const COMPACTION_EXECUTING: i32 = 1;
/// `common.CompactionState`.
const COMPACTION_COMPLETED: i32 = 2;

/// Rows are durable before their insert is answered; this asks that they be sealed in the background.
pub async fn flush(door: &Door<'_>, request: FlushRequest) -> Answered<FlushResponse> {
    let mut response = FlushResponse { db_name: request.db_name.clone(), ..FlushResponse::default() };
    for collection in request.collection_names {
        let target = door.target(&request.db_name, &collection);
        // The rows are one segment to clients; one of them trips over lists without any.
        let segments = LongArray { data: vec![door.describe(&target).await?.id as i64] };
        door.run(Command::Flush { target }).await?;
        response.coll_seg_ids.insert(collection.clone(), segments.clone());
        response.flush_coll_seg_ids.insert(collection.clone(), segments);
        response.coll_seal_times.insert(collection.clone(), seconds(door.timestamp()));
        response.coll_flush_ts.insert(collection, door.timestamp());
    }
    Ok(response)
}

fn seconds(timestamp: u64) -> i64 {
    ((timestamp >> 18) / 1_000) as i64
}

/// Flushes the targets named, or every collection of a database, or of all.
pub async fn flush_all(door: &Door<'_>, request: FlushAllRequest) -> Answered<FlushAllResponse> {
    let mut targets = Vec::new();
    for named in request.flush_targets {
        targets.push((door.database(&named.db_name), named.collection_names));
    }
    if targets.is_empty() && !request.db_name.is_empty() {
        targets.push((request.db_name, Vec::new()));
    }
    if targets.is_empty() {
        let databases = door.names(Command::ListDatabases).await?;
        targets.extend(databases.into_iter().map(|database| (database, Vec::new())));
    }
    for (database, mut collections) in targets {
        if collections.is_empty() {
            collections = door.names(Command::ListCollections { database: database.clone() }).await?;
        }
        for collection in collections {
            let target = Target { database: database.clone(), collection };
            door.run(Command::Flush { target }).await?;
        }
    }
    Ok(FlushAllResponse { flush_all_ts: door.timestamp(), ..FlushAllResponse::default() })
}

pub async fn flush_state(_: &Door<'_>, _: GetFlushStateRequest) -> Answered<GetFlushStateResponse> {
    Ok(GetFlushStateResponse { flushed: true, ..GetFlushStateResponse::default() })
}

pub async fn flush_all_state(_: &Door<'_>, _: GetFlushAllStateRequest) -> Answered<GetFlushAllStateResponse> {
    Ok(GetFlushAllStateResponse { flushed: true, ..GetFlushAllStateResponse::default() })
}

/// The rows of a collection as one segment; none when there are no rows.
pub async fn persistent(
    door: &Door<'_>,
    request: GetPersistentSegmentInfoRequest,
) -> Answered<GetPersistentSegmentInfoResponse> {
    let target = door.target(&request.db_name, &request.collection_name);
    let (collection_id, num_rows) = whole(door, target).await?;
    let info = PersistentSegmentInfo {
        segment_id: collection_id,
        collection_id,
        partition_id: collection_id + 1,
        num_rows,
        state: SEGMENT_FLUSHED,
        level: LEVEL_1,
        ..PersistentSegmentInfo::default()
    };
    let infos = if num_rows > 0 { vec![info] } else { Vec::new() };
    Ok(GetPersistentSegmentInfoResponse { infos, ..GetPersistentSegmentInfoResponse::default() })
}

/// As [`persistent`]; none either when the collection is not loaded.
pub async fn loaded(door: &Door<'_>, request: GetQuerySegmentInfoRequest) -> Answered<GetQuerySegmentInfoResponse> {
    let target = door.target(&request.db_name, &request.collection_name);
    if load_state_of(door, target.clone(), Vec::new()).await? == LoadState::NotLoad {
        return Err(Error::CollectionNotLoaded { collection: request.collection_name }.into());
    }
    let (collection_id, num_rows) = whole(door, target).await?;
    let info = QuerySegmentInfo {
        segment_id: collection_id,
        collection_id,
        partition_id: collection_id + 1,
        num_rows,
        node_id: NODE,
        state: SEGMENT_SEALED,
        node_ids: vec![NODE],
        level: LEVEL_1,
        ..QuerySegmentInfo::default()
    };
    let infos = if num_rows > 0 { vec![info] } else { Vec::new() };
    Ok(GetQuerySegmentInfoResponse { infos, ..GetQuerySegmentInfoResponse::default() })
}

/// A collection's number, and how many rows it has.
async fn whole(door: &Door<'_>, target: Target) -> Result<(i64, i64)> {
    let id = door.describe(&target).await?.id as i64;
    Ok((id, door.row_count(Command::GetCollectionStats { target }).await?))
}

/// One replica of a loaded collection, on the one node.
pub async fn replicas(door: &Door<'_>, request: GetReplicasRequest) -> Answered<GetReplicasResponse> {
    let target = door.named(&request.db_name, &request.collection_name, request.collection_id).await?;
    let described = door.describe(&target).await?;
    if described.load_state == LoadState::NotLoad {
        return Err(Error::CollectionNotLoaded { collection: described.name }.into());
    }
    let shard = ShardReplica {
        leader_id: NODE,
        dm_channel_name: format!("elanus_{}v0", described.id),
        node_ids: vec![NODE],
        ..ShardReplica::default()
    };
    let replica = ReplicaInfo {
        replica_id: described.id as i64,
        collection_id: described.id as i64,
        shard_replicas: vec![shard],
        node_ids: vec![NODE],
        resource_group_name: RESOURCE_GROUP.to_string(),
        ..ReplicaInfo::default()
    };
    Ok(GetReplicasResponse { replicas: vec![replica], ..GetReplicasResponse::default() })
}

pub async fn compact(door: &Door<'_>, request: ManualCompactionRequest) -> Answered<ManualCompactionResponse> {
    let target = door.named(&request.db_name, &request.collection_name, request.collection_id).await?;
    match door.run(Command::Compact { target }).await? {
        Reply::CompactionId(id) => Ok(ManualCompactionResponse {
            compaction_id: id as i64,
            compaction_plan_count: 1,
            ..ManualCompactionResponse::default()
        }),
        other => unreachable!("Compact was answered with {other:?}"),
    }
}

pub async fn compaction_state(
    door: &Door<'_>,
    request: GetCompactionStateRequest,
) -> Answered<GetCompactionStateResponse> {
    let is_completed = is_completed(door, request.compaction_id).await?;
    Ok(GetCompactionStateResponse {
        state: if is_completed { COMPACTION_COMPLETED } else { COMPACTION_EXECUTING },
        executing_plan_no: i64::from(!is_completed),
        completed_plan_no: i64::from(is_completed),
        ..GetCompactionStateResponse::default()
    })
}

/// The state, without the plans: which segments became which is not told.
pub async fn compaction_plans(
    door: &Door<'_>,
    request: GetCompactionPlansRequest,
) -> Answered<GetCompactionPlansResponse> {
    let is_completed = is_completed(door, request.compaction_id).await?;
    let state = if is_completed { COMPACTION_COMPLETED } else { COMPACTION_EXECUTING };
    Ok(GetCompactionPlansResponse { state, ..GetCompactionPlansResponse::default() })
}

async fn is_completed(door: &Door<'_>, id: i64) -> Result<bool> {
    let id = u64::try_from(id).map_err(|_| Error::invalid(format!("{id} is no compaction")))?;
    match door.run(Command::GetCompactionState { id }).await? {
        Reply::CompactionState { is_completed, .. } => Ok(is_completed),
        other => unreachable!("GetCompactionState was answered with {other:?}"),
    }
}

/// There is one node, so all is balanced as it is.
pub async fn balance(door: &Door<'_>, request: LoadBalanceRequest) -> Answered<Status> {
    let target = door.target(&request.db_name, &request.collection_name);
    door.describe(&target).await?;
    Ok(Status::default())
}

pub async fn resource_groups(_: &Door<'_>, _: ListResourceGroupsRequest) -> Answered<ListResourceGroupsResponse> {
    let resource_groups = vec![RESOURCE_GROUP.to_string()];
    Ok(ListResourceGroupsResponse { resource_groups, ..ListResourceGroupsResponse::default() })
}

pub async fn resource_group(
    door: &Door<'_>,
    request: DescribeResourceGroupRequest,
) -> Answered<DescribeResourceGroupResponse> {
    if request.resource_group != RESOURCE_GROUP {
        let reason = format!("resource group not found[rg={}]", request.resource_group);
        return Err(Error::invalid(reason).into());
    }
    let mut group =
        ResourceGroup { name: RESOURCE_GROUP.to_string(), capacity: 1, num_available_node: 1, ..Default::default() };
    for database in door.names(Command::ListDatabases).await? {
        for collection in door.names(Command::ListCollections { database: database.clone() }).await? {
            let target = Target { database: database.clone(), collection };
            let described = door.describe(&target).await?;
            if described.load_state == LoadState::Loaded {
                group.num_loaded_replica.insert(described.name, 1);
            }
        }
    }
    group.nodes.push(NodeInfo { node_id: NODE, ..NodeInfo::default() });
    Ok(DescribeResourceGroupResponse { resource_group: Some(group), ..DescribeResourceGroupResponse::default() })
}
