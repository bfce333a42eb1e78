//! Partitions.

use prost::Message;

use super::common::{KeyValuePair, Status};

#[derive(Clone, PartialEq, Message)]
pub struct CreatePartitionRequest {
    #[prost(string, tag = "2")]
    pub db_name: String,
    #[prost(string, tag = "3")]
    pub collection_name: String,
    #[prost(string, tag = "4")]
    pub partition_name: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct DropPartitionRequest {
    #[prost(string, tag = "2")]
    pub db_name: String,
    #[prost(string, tag = "3")]
    pub collection_name: String,
    #[prost(string, tag = "4")]
    pub partition_name: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct HasPartitionRequest {
    #[prost(string, tag = "2")]
    pub db_name: String,
    #[prost(string, tag = "3")]
    pub collection_name: String,
    #[prost(string, tag = "4")]
    pub partition_name: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct ShowPartitionsRequest {
    #[prost(string, tag = "2")]
    pub db_name: String,
    #[prost(string, tag = "3")]
    pub collection_name: String,
    #[prost(int64, tag = "4")]
    pub collection_id: i64,
    #[prost(string, repeated, tag = "5")]
    pub partition_names: Vec<String>,
    #[prost(int32, tag = "6")]
    pub kind: i32,
}

#[derive(Clone, PartialEq, Message)]
pub struct ShowPartitionsResponse {
    #[prost(message, optional, tag = "1")]
    pub status: Option<Status>,
    #[prost(string, repeated, tag = "2")]
    pub partition_names: Vec<String>,
    #[prost(int64, repeated, tag = "3")]
    pub partition_ids: Vec<i64>,
    #[prost(uint64, repeated, tag = "4")]
    pub created_timestamps: Vec<u64>,
    #[prost(uint64, repeated, tag = "5")]
    pub created_utc_timestamps: Vec<u64>,
    #[prost(int64, repeated, tag = "6")]
    pub in_memory_percentages: Vec<i64>,
}

#[derive(Clone, PartialEq, Message)]
pub struct GetPartitionStatisticsRequest {
    #[prost(string, tag = "2")]
    pub db_name: String,
    #[prost(string, tag = "3")]
    pub collection_name: String,
    #[prost(string, tag = "4")]
    pub partition_name: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct GetPartitionStatisticsResponse {
    #[prost(message, optional, tag = "1")]
    pub status: Option<Status>,
    #[prost(message, repeated, tag = "2")]
    pub stats: Vec<KeyValuePair>,
}

#[derive(Clone, PartialEq, Message)]
pub struct LoadPartitionsRequest {
    #[prost(string, tag = "2")]
    pub db_name: String,
    #[prost(string, tag = "3")]
    pub collection_name: String,
    #[prost(string, repeated, tag = "4")]
    pub partition_names: Vec<String>,
    #[prost(int32, tag = "5")]
    pub replica_number: i32,
    #[prost(string, repeated, tag = "6")]
    pub resource_groups: Vec<String>,
    #[prost(bool, tag = "7")]
    pub refresh: bool,
}

#[derive(Clone, PartialEq, Message)]
pub struct ReleasePartitionsRequest {
    #[prost(string, tag = "2")]
    pub db_name: String,
    #[prost(string, tag = "3")]
    pub collection_name: String,
    #[prost(string, repeated, tag = "4")]
    pub partition_names: Vec<String>,
}
