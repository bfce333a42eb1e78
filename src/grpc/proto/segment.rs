//! Flushing, compaction, segments and replicas.

use std::collections::BTreeMap;

use prost::Message;

use super::common::Status;
use super::data::LongArray;

#[derive(Clone, PartialEq, Message)]
pub struct FlushRequest {
    #[prost(string, tag = "2")]
    pub db_name: String,
    #[prost(string, repeated, tag = "3")]
    pub collection_names: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
pub struct FlushResponse {
    #[prost(message, optional, tag = "1")]
    pub status: Option<Status>,
    #[prost(string, tag = "2")]
    pub db_name: String,
    #[prost(btree_map = "string, message", tag = "3")]
    pub coll_seg_ids: BTreeMap<String, LongArray>,
    #[prost(btree_map = "string, message", tag = "4")]
    pub flush_coll_seg_ids: BTreeMap<String, LongArray>,
    #[prost(btree_map = "string, int64", tag = "5")]
    pub coll_seal_times: BTreeMap<String, i64>,
    #[prost(btree_map = "string, uint64", tag = "6")]
    pub coll_flush_ts: BTreeMap<String, u64>,
}

#[derive(Clone, PartialEq, Message)]
pub struct FlushAllRequest {
    #[prost(string, tag = "2")]
    pub db_name: String,
    #[prost(message, repeated, tag = "3")]
    pub flush_targets: Vec<FlushAllTarget>,
}

#[derive(Clone, PartialEq, Message)]
pub struct FlushAllTarget {
    #[prost(string, tag = "1")]
    pub db_name: String,
    #[prost(string, repeated, tag = "2")]
    pub collection_names: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
pub struct FlushAllResponse {
    #[prost(message, optional, tag = "1")]
    pub status: Option<Status>,
    #[prost(uint64, tag = "2")]
    pub flush_all_ts: u64,
}

#[derive(Clone, PartialEq, Message)]
pub struct GetFlushStateRequest {
    #[prost(int64, repeated, tag = "1")]
    pub segment_ids: Vec<i64>,
    #[prost(uint64, tag = "2")]
    pub flush_ts: u64,
    #[prost(string, tag = "3")]
    pub db_name: String,
    #[prost(string, tag = "4")]
    pub collection_name: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct GetFlushStateResponse {
    #[prost(message, optional, tag = "1")]
    pub status: Option<Status>,
    #[prost(bool, tag = "2")]
    pub flushed: bool,
}

#[derive(Clone, PartialEq, Message)]
pub struct GetFlushAllStateRequest {
    #[prost(uint64, tag = "2")]
    pub flush_all_ts: u64,
    #[prost(string, tag = "3")]
    pub db_name: String,
    #[prost(message, repeated, tag = "4")]
    pub flush_targets: Vec<FlushAllTarget>,
    #[prost(btree_map = "string, uint64", tag = "5")]
    pub flush_all_tss: BTreeMap<String, u64>,
}

#[derive(Clone, PartialEq, Message)]
pub struct GetFlushAllStateResponse {
    #[prost(message, optional, tag = "1")]
    pub status: Option<Status>,
    #[prost(bool, tag = "2")]
    pub flushed: bool,
}

#[derive(Clone, PartialEq, Message)]
pub struct GetPersistentSegmentInfoRequest {
    #[prost(string, tag = "2")]
    pub db_name: String,
    #[prost(string, tag = "3")]
    pub collection_name: String,
    #[prost(int32, repeated, tag = "4")]
    pub states: Vec<i32>,
}

#[derive(Clone, PartialEq, Message)]
pub struct GetPersistentSegmentInfoResponse {
    #[prost(message, optional, tag = "1")]
    pub status: Option<Status>,
    #[prost(message, repeated, tag = "2")]
    pub infos: Vec<PersistentSegmentInfo>,
}

#[derive(Clone, PartialEq, Message)]
pub struct PersistentSegmentInfo {
    #[prost(int64, tag = "1")]
    pub segment_id: i64,
    #[prost(int64, tag = "2")]
    pub collection_id: i64,
    #[prost(int64, tag = "3")]
    pub partition_id: i64,
    #[prost(int64, tag = "4")]
    pub num_rows: i64,
    #[prost(int32, tag = "5")]
    pub state: i32,
    #[prost(int32, tag = "6")]
    pub level: i32,
    #[prost(bool, tag = "7")]
    pub is_sorted: bool,
    #[prost(int64, tag = "8")]
    pub storage_version: i64,
    #[prost(string, tag = "9")]
    pub insert_channel: String,
    #[prost(int64, repeated, tag = "10")]
    pub compaction_from: Vec<i64>,
}

#[derive(Clone, PartialEq, Message)]
pub struct GetQuerySegmentInfoRequest {
    #[prost(string, tag = "2")]
    pub db_name: String,
    #[prost(string, tag = "3")]
    pub collection_name: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct GetQuerySegmentInfoResponse {
    #[prost(message, optional, tag = "1")]
    pub status: Option<Status>,
    #[prost(message, repeated, tag = "2")]
    pub infos: Vec<QuerySegmentInfo>,
}

#[derive(Clone, PartialEq, Message)]
pub struct QuerySegmentInfo {
    #[prost(int64, tag = "1")]
    pub segment_id: i64,
    #[prost(int64, tag = "2")]
    pub collection_id: i64,
    #[prost(int64, tag = "3")]
    pub partition_id: i64,
    #[prost(int64, tag = "4")]
    pub mem_size: i64,
    #[prost(int64, tag = "5")]
    pub num_rows: i64,
    #[prost(string, tag = "6")]
    pub index_name: String,
    #[prost(int64, tag = "7")]
    pub index_id: i64,
    #[prost(int64, tag = "8")]
    pub node_id: i64,
    #[prost(int32, tag = "9")]
    pub state: i32,
    #[prost(int64, repeated, tag = "10")]
    pub node_ids: Vec<i64>,
    #[prost(int32, tag = "11")]
    pub level: i32,
    #[prost(bool, tag = "12")]
    pub is_sorted: bool,
    #[prost(int64, tag = "13")]
    pub storage_version: i64,
}

#[derive(Clone, PartialEq, Message)]
pub struct GetReplicasRequest {
    #[prost(int64, tag = "2")]
    pub collection_id: i64,
    #[prost(bool, tag = "3")]
    pub with_shard_nodes: bool,
    #[prost(string, tag = "4")]
    pub collection_name: String,
    #[prost(string, tag = "5")]
    pub db_name: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct GetReplicasResponse {
    #[prost(message, optional, tag = "1")]
    pub status: Option<Status>,
    #[prost(message, repeated, tag = "2")]
    pub replicas: Vec<ReplicaInfo>,
}

#[derive(Clone, PartialEq, Message)]
pub struct ReplicaInfo {
    #[prost(int64, tag = "1")]
    pub replica_id: i64,
    #[prost(int64, tag = "2")]
    pub collection_id: i64,
    #[prost(int64, repeated, tag = "3")]
    pub partition_ids: Vec<i64>,
    #[prost(message, repeated, tag = "4")]
    pub shard_replicas: Vec<ShardReplica>,
    #[prost(int64, repeated, tag = "5")]
    pub node_ids: Vec<i64>,
    #[prost(string, tag = "6")]
    pub resource_group_name: String,
    #[prost(btree_map = "string, int32", tag = "7")]
    pub num_outbound_node: BTreeMap<String, i32>,
}

#[derive(Clone, PartialEq, Message)]
pub struct ShardReplica {
    #[prost(int64, tag = "1")]
    pub leader_id: i64,
    #[prost(string, tag = "2")]
    pub leader_addr: String,
    #[prost(string, tag = "3")]
    pub dm_channel_name: String,
    #[prost(int64, repeated, tag = "4")]
    pub node_ids: Vec<i64>,
}

#[derive(Clone, PartialEq, Message)]
pub struct ManualCompactionRequest {
    #[prost(int64, tag = "1")]
    pub collection_id: i64,
    #[prost(bool, tag = "3")]
    pub major_compaction: bool,
    #[prost(string, tag = "4")]
    pub collection_name: String,
    #[prost(string, tag = "5")]
    pub db_name: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct ManualCompactionResponse {
    #[prost(message, optional, tag = "1")]
    pub status: Option<Status>,
    #[prost(int64, tag = "2")]
    pub compaction_id: i64,
    #[prost(int32, tag = "3")]
    pub compaction_plan_count: i32,
}

#[derive(Clone, PartialEq, Message)]
pub struct GetCompactionStateRequest {
    #[prost(int64, tag = "1")]
    pub compaction_id: i64,
}

#[derive(Clone, PartialEq, Message)]
pub struct GetCompactionStateResponse {
    #[prost(message, optional, tag = "1")]
    pub status: Option<Status>,
    #[prost(int32, tag = "2")]
    pub state: i32,
    #[prost(int64, tag = "3")]
    pub executing_plan_no: i64,
    #[prost(int64, tag = "4")]
    pub timeout_plan_no: i64,
    #[prost(int64, tag = "5")]
    pub completed_plan_no: i64,
    #[prost(int64, tag = "6")]
    pub failed_plan_no: i64,
}

#[derive(Clone, PartialEq, Message)]
pub struct GetCompactionPlansRequest {
    #[prost(int64, tag = "1")]
    pub compaction_id: i64,
    #[prost(string, tag = "2")]
    pub db_name: String,
    #[prost(string, tag = "3")]
    pub collection_name: String,
    #[prost(int64, tag = "4")]
    pub collection_id: i64,
}

#[derive(Clone, PartialEq, Message)]
pub struct GetCompactionPlansResponse {
    #[prost(message, optional, tag = "1")]
    pub status: Option<Status>,
    #[prost(int32, tag = "2")]
    pub state: i32,
}

#[derive(Clone, PartialEq, Message)]
pub struct LoadBalanceRequest {
    #[prost(int64, tag = "2")]
    pub src_node_id: i64,
    #[prost(int64, repeated, tag = "3")]
    pub dst_node_ids: Vec<i64>,
    #[prost(int64, repeated, tag = "4")]
    pub sealed_segment_ids: Vec<i64>,
    #[prost(string, tag = "5")]
    pub collection_name: String,
    #[prost(string, tag = "6")]
    pub db_name: String,
}
