//! Writing and reading rows.

use std::collections::BTreeMap;

use prost::{Message, Oneof};

use super::common::{KeyValuePair, Status};
use super::data::{FieldData, IDs, TemplateValue};
use super::schema::FunctionScore;

#[derive(Clone, PartialEq, Message)]
pub struct InsertRequest {
    #[prost(string, tag = "2")]
    pub db_name: String,
    #[prost(string, tag = "3")]
    pub collection_name: String,
    #[prost(string, tag = "4")]
    pub partition_name: String,
    #[prost(message, repeated, tag = "5")]
    pub fields_data: Vec<FieldData>,
    #[prost(uint32, tag = "7")]
    pub num_rows: u32,
    #[prost(uint64, tag = "8")]
    pub schema_timestamp: u64,
}

#[derive(Clone, PartialEq, Message)]
pub struct MutationResult {
    #[prost(message, optional, tag = "1")]
    pub status: Option<Status>,
    #[prost(message, optional, tag = "2")]
    pub ids: Option<IDs>,
    #[prost(uint32, repeated, tag = "3")]
    pub succ_index: Vec<u32>,
    #[prost(uint32, repeated, tag = "4")]
    pub err_index: Vec<u32>,
    #[prost(bool, tag = "5")]
    pub acknowledged: bool,
    #[prost(int64, tag = "6")]
    pub insert_cnt: i64,
    #[prost(int64, tag = "7")]
    pub delete_cnt: i64,
    #[prost(int64, tag = "8")]
    pub upsert_cnt: i64,
    #[prost(uint64, tag = "9")]
    pub timestamp: u64,
}

#[derive(Clone, PartialEq, Message)]
pub struct UpsertRequest {
    #[prost(string, tag = "2")]
    pub db_name: String,
    #[prost(string, tag = "3")]
    pub collection_name: String,
    #[prost(string, tag = "4")]
    pub partition_name: String,
    #[prost(message, repeated, tag = "5")]
    pub fields_data: Vec<FieldData>,
    #[prost(uint32, tag = "7")]
    pub num_rows: u32,
    #[prost(uint64, tag = "8")]
    pub schema_timestamp: u64,
    #[prost(bool, tag = "9")]
    pub partial_update: bool,
    #[prost(message, repeated, tag = "11")]
    pub field_ops: Vec<FieldPartialUpdateOp>,
}

#[derive(Clone, PartialEq, Message)]
pub struct FieldPartialUpdateOp {
    #[prost(string, tag = "1")]
    pub field_name: String,
    #[prost(int32, tag = "2")]
    pub op: i32,
}

#[derive(Clone, PartialEq, Message)]
pub struct DeleteRequest {
    #[prost(string, tag = "2")]
    pub db_name: String,
    #[prost(string, tag = "3")]
    pub collection_name: String,
    #[prost(string, tag = "4")]
    pub partition_name: String,
    #[prost(string, tag = "5")]
    pub expr: String,
    #[prost(int32, tag = "7")]
    pub consistency_level: i32,
    #[prost(btree_map = "string, message", tag = "8")]
    pub expr_template_values: BTreeMap<String, TemplateValue>,
}

#[derive(Clone, PartialEq, Message)]
pub struct SearchRequest {
    #[prost(string, tag = "2")]
    pub db_name: String,
    #[prost(string, tag = "3")]
    pub collection_name: String,
    #[prost(string, repeated, tag = "4")]
    pub partition_names: Vec<String>,
    #[prost(string, tag = "5")]
    pub dsl: String,
    #[prost(oneof = "SearchRequestSearchInput", tags = "6, 22")]
    pub search_input: Option<SearchRequestSearchInput>,
    #[prost(string, repeated, tag = "8")]
    pub output_fields: Vec<String>,
    #[prost(message, repeated, tag = "9")]
    pub search_params: Vec<KeyValuePair>,
    #[prost(uint64, tag = "11")]
    pub guarantee_timestamp: u64,
    #[prost(int64, tag = "12")]
    pub nq: i64,
    #[prost(int32, tag = "14")]
    pub consistency_level: i32,
    #[prost(bool, tag = "15")]
    pub use_default_consistency: bool,
    #[prost(btree_map = "string, message", tag = "18")]
    pub expr_template_values: BTreeMap<String, TemplateValue>,
    #[prost(message, optional, tag = "19")]
    pub function_score: Option<FunctionScore>,
}

#[derive(Clone, PartialEq, Oneof)]
pub enum SearchRequestSearchInput {
    #[prost(bytes = "vec", tag = "6")]
    PlaceholderGroup(Vec<u8>),
    #[prost(message, tag = "22")]
    Ids(IDs),
}

#[derive(Clone, PartialEq, Message)]
pub struct SearchResults {
    #[prost(message, optional, tag = "1")]
    pub status: Option<Status>,
    #[prost(message, optional, tag = "2")]
    pub results: Option<SearchResultData>,
    #[prost(string, tag = "3")]
    pub collection_name: String,
    #[prost(uint64, tag = "4")]
    pub session_ts: u64,
}

#[derive(Clone, PartialEq, Message)]
pub struct SearchResultData {
    #[prost(int64, tag = "1")]
    pub num_queries: i64,
    #[prost(int64, tag = "2")]
    pub top_k: i64,
    #[prost(message, repeated, tag = "3")]
    pub fields_data: Vec<FieldData>,
    #[prost(float, repeated, tag = "4")]
    pub scores: Vec<f32>,
    #[prost(message, optional, tag = "5")]
    pub ids: Option<IDs>,
    #[prost(int64, repeated, tag = "6")]
    pub topks: Vec<i64>,
    #[prost(string, repeated, tag = "7")]
    pub output_fields: Vec<String>,
    #[prost(message, optional, tag = "8")]
    pub group_by_field_value: Option<FieldData>,
    #[prost(message, optional, tag = "11")]
    pub search_iterator_v2_results: Option<SearchIteratorV2Results>,
    #[prost(string, tag = "13")]
    pub primary_field_name: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct SearchIteratorV2Results {
    #[prost(string, tag = "1")]
    pub token: String,
    #[prost(float, tag = "2")]
    pub last_bound: f32,
}

#[derive(Clone, PartialEq, Message)]
pub struct HybridSearchRequest {
    #[prost(string, tag = "2")]
    pub db_name: String,
    #[prost(string, tag = "3")]
    pub collection_name: String,
    #[prost(string, repeated, tag = "4")]
    pub partition_names: Vec<String>,
    #[prost(message, repeated, tag = "5")]
    pub requests: Vec<SearchRequest>,
    #[prost(message, repeated, tag = "6")]
    pub rank_params: Vec<KeyValuePair>,
    #[prost(uint64, tag = "8")]
    pub guarantee_timestamp: u64,
    #[prost(string, repeated, tag = "10")]
    pub output_fields: Vec<String>,
    #[prost(int32, tag = "11")]
    pub consistency_level: i32,
    #[prost(bool, tag = "12")]
    pub use_default_consistency: bool,
    #[prost(message, optional, tag = "13")]
    pub function_score: Option<FunctionScore>,
}

#[derive(Clone, PartialEq, Message)]
pub struct QueryRequest {
    #[prost(string, tag = "2")]
    pub db_name: String,
    #[prost(string, tag = "3")]
    pub collection_name: String,
    #[prost(string, tag = "4")]
    pub expr: String,
    #[prost(string, repeated, tag = "5")]
    pub output_fields: Vec<String>,
    #[prost(string, repeated, tag = "6")]
    pub partition_names: Vec<String>,
    #[prost(uint64, tag = "8")]
    pub guarantee_timestamp: u64,
    #[prost(message, repeated, tag = "9")]
    pub query_params: Vec<KeyValuePair>,
    #[prost(int32, tag = "11")]
    pub consistency_level: i32,
    #[prost(bool, tag = "12")]
    pub use_default_consistency: bool,
    #[prost(btree_map = "string, message", tag = "13")]
    pub expr_template_values: BTreeMap<String, TemplateValue>,
}

#[derive(Clone, PartialEq, Message)]
pub struct QueryResults {
    #[prost(message, optional, tag = "1")]
    pub status: Option<Status>,
    #[prost(message, repeated, tag = "2")]
    pub fields_data: Vec<FieldData>,
    #[prost(string, tag = "3")]
    pub collection_name: String,
    #[prost(string, repeated, tag = "4")]
    pub output_fields: Vec<String>,
    #[prost(uint64, tag = "5")]
    pub session_ts: u64,
    #[prost(string, tag = "6")]
    pub primary_field_name: String,
}
