//! Collections.

use prost::{Message, Oneof};

use super::common::{KeyValuePair, Status};
use super::schema::{CollectionSchema, FieldSchema, FunctionSchema};

#[derive(Clone, PartialEq, Message)]
pub struct CreateCollectionRequest {
    #[prost(string, tag = "2")]
    pub db_name: String,
    #[prost(string, tag = "3")]
    pub collection_name: String,
    #[prost(bytes = "vec", tag = "4")]
    pub schema: Vec<u8>,
    #[prost(int32, tag = "5")]
    pub shards_num: i32,
    #[prost(int32, tag = "6")]
    pub consistency_level: i32,
    #[prost(message, repeated, tag = "7")]
    pub properties: Vec<KeyValuePair>,
    #[prost(int64, tag = "8")]
    pub num_partitions: i64,
}

#[derive(Clone, PartialEq, Message)]
pub struct DropCollectionRequest {
    #[prost(string, tag = "2")]
    pub db_name: String,
    #[prost(string, tag = "3")]
    pub collection_name: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct HasCollectionRequest {
    #[prost(string, tag = "2")]
    pub db_name: String,
    #[prost(string, tag = "3")]
    pub collection_name: String,
    #[prost(uint64, tag = "4")]
    pub time_stamp: u64,
}

#[derive(Clone, PartialEq, Message)]
pub struct BoolResponse {
    #[prost(message, optional, tag = "1")]
    pub status: Option<Status>,
    #[prost(bool, tag = "2")]
    pub value: bool,
}

#[derive(Clone, PartialEq, Message)]
pub struct DescribeCollectionRequest {
    #[prost(string, tag = "2")]
    pub db_name: String,
    #[prost(string, tag = "3")]
    pub collection_name: String,
    #[prost(int64, tag = "4")]
    pub collection_id: i64,
    #[prost(uint64, tag = "5")]
    pub time_stamp: u64,
}

#[derive(Clone, PartialEq, Message)]
pub struct DescribeCollectionResponse {
    #[prost(message, optional, tag = "1")]
    pub status: Option<Status>,
    #[prost(message, optional, tag = "2")]
    pub schema: Option<CollectionSchema>,
    #[prost(int64, tag = "3")]
    pub collection_id: i64,
    #[prost(string, repeated, tag = "4")]
    pub virtual_channel_names: Vec<String>,
    #[prost(string, repeated, tag = "5")]
    pub physical_channel_names: Vec<String>,
    #[prost(uint64, tag = "6")]
    pub created_timestamp: u64,
    #[prost(uint64, tag = "7")]
    pub created_utc_timestamp: u64,
    #[prost(int32, tag = "8")]
    pub shards_num: i32,
    #[prost(string, repeated, tag = "9")]
    pub aliases: Vec<String>,
    #[prost(int32, tag = "11")]
    pub consistency_level: i32,
    #[prost(string, tag = "12")]
    pub collection_name: String,
    #[prost(message, repeated, tag = "13")]
    pub properties: Vec<KeyValuePair>,
    #[prost(string, tag = "14")]
    pub db_name: String,
    #[prost(int64, tag = "15")]
    pub num_partitions: i64,
    #[prost(int64, tag = "16")]
    pub db_id: i64,
    #[prost(uint64, tag = "17")]
    pub request_time: u64,
    #[prost(uint64, tag = "18")]
    pub update_timestamp: u64,
    #[prost(string, tag = "19")]
    pub update_timestamp_str: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct BatchDescribeCollectionRequest {
    #[prost(string, tag = "1")]
    pub db_name: String,
    #[prost(string, repeated, tag = "2")]
    pub collection_name: Vec<String>,
    #[prost(int64, repeated, tag = "3")]
    pub collection_id: Vec<i64>,
}

#[derive(Clone, PartialEq, Message)]
pub struct BatchDescribeCollectionResponse {
    #[prost(message, optional, tag = "1")]
    pub status: Option<Status>,
    #[prost(message, repeated, tag = "2")]
    pub responses: Vec<DescribeCollectionResponse>,
}

#[derive(Clone, PartialEq, Message)]
pub struct ShowCollectionsRequest {
    #[prost(string, tag = "2")]
    pub db_name: String,
    #[prost(uint64, tag = "3")]
    pub time_stamp: u64,
    #[prost(int32, tag = "4")]
    pub kind: i32,
    #[prost(string, repeated, tag = "5")]
    pub collection_names: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
pub struct ShowCollectionsResponse {
    #[prost(message, optional, tag = "1")]
    pub status: Option<Status>,
    #[prost(string, repeated, tag = "2")]
    pub collection_names: Vec<String>,
    #[prost(int64, repeated, tag = "3")]
    pub collection_ids: Vec<i64>,
    #[prost(uint64, repeated, tag = "4")]
    pub created_timestamps: Vec<u64>,
    #[prost(uint64, repeated, tag = "5")]
    pub created_utc_timestamps: Vec<u64>,
    #[prost(int64, repeated, tag = "6")]
    pub in_memory_percentages: Vec<i64>,
    #[prost(bool, repeated, tag = "7")]
    pub query_service_available: Vec<bool>,
    #[prost(int32, repeated, tag = "8")]
    pub shards_num: Vec<i32>,
}

#[derive(Clone, PartialEq, Message)]
pub struct GetCollectionStatisticsRequest {
    #[prost(string, tag = "2")]
    pub db_name: String,
    #[prost(string, tag = "3")]
    pub collection_name: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct GetCollectionStatisticsResponse {
    #[prost(message, optional, tag = "1")]
    pub status: Option<Status>,
    #[prost(message, repeated, tag = "2")]
    pub stats: Vec<KeyValuePair>,
}

#[derive(Clone, PartialEq, Message)]
pub struct RenameCollectionRequest {
    #[prost(string, tag = "2")]
    pub db_name: String,
    #[prost(string, tag = "3")]
    pub old_name: String,
    #[prost(string, tag = "4")]
    pub new_name: String,
    #[prost(string, tag = "5")]
    pub new_db_name: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct TruncateCollectionRequest {
    #[prost(string, tag = "2")]
    pub db_name: String,
    #[prost(string, tag = "3")]
    pub collection_name: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct TruncateCollectionResponse {
    #[prost(message, optional, tag = "1")]
    pub status: Option<Status>,
}

#[derive(Clone, PartialEq, Message)]
pub struct AlterCollectionRequest {
    #[prost(string, tag = "2")]
    pub db_name: String,
    #[prost(string, tag = "3")]
    pub collection_name: String,
    #[prost(int64, tag = "4")]
    pub collection_id: i64,
    #[prost(message, repeated, tag = "5")]
    pub properties: Vec<KeyValuePair>,
    #[prost(string, repeated, tag = "6")]
    pub delete_keys: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
pub struct AlterCollectionFieldRequest {
    #[prost(string, tag = "2")]
    pub db_name: String,
    #[prost(string, tag = "3")]
    pub collection_name: String,
    #[prost(string, tag = "4")]
    pub field_name: String,
    #[prost(message, repeated, tag = "5")]
    pub properties: Vec<KeyValuePair>,
    #[prost(string, repeated, tag = "6")]
    pub delete_keys: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
pub struct AlterCollectionSchemaRequest {
    #[prost(string, tag = "2")]
    pub db_name: String,
    #[prost(string, tag = "3")]
    pub collection_name: String,
    #[prost(int64, tag = "4")]
    pub collection_id: i64,
    #[prost(message, optional, tag = "5")]
    pub action: Option<Action>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Action {
    #[prost(oneof = "ActionOp", tags = "1, 2")]
    pub op: Option<ActionOp>,
}

#[derive(Clone, PartialEq, Oneof)]
pub enum ActionOp {
    #[prost(message, tag = "1")]
    AddRequest(AddRequest),
    #[prost(message, tag = "2")]
    DropRequest(DropRequest),
}

#[derive(Clone, PartialEq, Message)]
pub struct AddRequest {
    #[prost(message, repeated, tag = "1")]
    pub field_infos: Vec<FieldInfo>,
    #[prost(message, repeated, tag = "2")]
    pub func_schema: Vec<FunctionSchema>,
    #[prost(bool, tag = "3")]
    pub do_physical_backfill: bool,
}

#[derive(Clone, PartialEq, Message)]
pub struct FieldInfo {
    #[prost(message, optional, tag = "1")]
    pub field_schema: Option<FieldSchema>,
    #[prost(string, tag = "2")]
    pub index_name: String,
    #[prost(message, repeated, tag = "3")]
    pub extra_params: Vec<KeyValuePair>,
}

#[derive(Clone, PartialEq, Message)]
pub struct DropRequest {
    #[prost(oneof = "DropRequestIdentifier", tags = "1, 2, 3")]
    pub identifier: Option<DropRequestIdentifier>,
    #[prost(bool, tag = "4")]
    pub drop_function_output_fields: bool,
}

#[derive(Clone, PartialEq, Oneof)]
pub enum DropRequestIdentifier {
    #[prost(string, tag = "1")]
    FieldName(String),
    #[prost(int64, tag = "2")]
    FieldId(i64),
    #[prost(string, tag = "3")]
    FunctionName(String),
}

#[derive(Clone, PartialEq, Message)]
pub struct AlterCollectionSchemaResponse {
    #[prost(message, optional, tag = "1")]
    pub alter_status: Option<Status>,
}

#[derive(Clone, PartialEq, Message)]
pub struct AddCollectionFieldRequest {
    #[prost(string, tag = "2")]
    pub db_name: String,
    #[prost(string, tag = "3")]
    pub collection_name: String,
    #[prost(int64, tag = "4")]
    pub collection_id: i64,
    #[prost(bytes = "vec", tag = "5")]
    pub schema: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
pub struct LoadCollectionRequest {
    #[prost(string, tag = "2")]
    pub db_name: String,
    #[prost(string, tag = "3")]
    pub collection_name: String,
    #[prost(int32, tag = "4")]
    pub replica_number: i32,
    #[prost(string, repeated, tag = "5")]
    pub resource_groups: Vec<String>,
    #[prost(bool, tag = "6")]
    pub refresh: bool,
}

#[derive(Clone, PartialEq, Message)]
pub struct ReleaseCollectionRequest {
    #[prost(string, tag = "2")]
    pub db_name: String,
    #[prost(string, tag = "3")]
    pub collection_name: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct GetLoadingProgressRequest {
    #[prost(string, tag = "2")]
    pub collection_name: String,
    #[prost(string, repeated, tag = "3")]
    pub partition_names: Vec<String>,
    #[prost(string, tag = "4")]
    pub db_name: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct GetLoadingProgressResponse {
    #[prost(message, optional, tag = "1")]
    pub status: Option<Status>,
    #[prost(int64, tag = "2")]
    pub progress: i64,
    #[prost(int64, tag = "3")]
    pub refresh_progress: i64,
}

#[derive(Clone, PartialEq, Message)]
pub struct GetLoadStateRequest {
    #[prost(string, tag = "2")]
    pub collection_name: String,
    #[prost(string, repeated, tag = "3")]
    pub partition_names: Vec<String>,
    #[prost(string, tag = "4")]
    pub db_name: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct GetLoadStateResponse {
    #[prost(message, optional, tag = "1")]
    pub status: Option<Status>,
    #[prost(int32, tag = "2")]
    pub state: i32,
}
