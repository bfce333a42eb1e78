//! Databases and aliases.

use prost::Message;

use super::common::{KeyValuePair, Status};

#[derive(Clone, PartialEq, Message)]
pub struct CreateDatabaseRequest {
    #[prost(string, tag = "2")]
    pub db_name: String,
    #[prost(message, repeated, tag = "3")]
    pub properties: Vec<KeyValuePair>,
}

#[derive(Clone, PartialEq, Message)]
pub struct DropDatabaseRequest {
    #[prost(string, tag = "2")]
    pub db_name: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct ListDatabasesRequest {}

#[derive(Clone, PartialEq, Message)]
pub struct ListDatabasesResponse {
    #[prost(message, optional, tag = "1")]
    pub status: Option<Status>,
    #[prost(string, repeated, tag = "2")]
    pub db_names: Vec<String>,
    #[prost(uint64, repeated, tag = "3")]
    pub created_timestamp: Vec<u64>,
    #[prost(int64, repeated, tag = "4")]
    pub db_ids: Vec<i64>,
}

#[derive(Clone, PartialEq, Message)]
pub struct DescribeDatabaseRequest {
    #[prost(string, tag = "2")]
    pub db_name: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct DescribeDatabaseResponse {
    #[prost(message, optional, tag = "1")]
    pub status: Option<Status>,
    #[prost(string, tag = "2")]
    pub db_name: String,
    #[prost(int64, tag = "3")]
    pub db_id: i64,
    #[prost(uint64, tag = "4")]
    pub created_timestamp: u64,
    #[prost(message, repeated, tag = "5")]
    pub properties: Vec<KeyValuePair>,
}

#[derive(Clone, PartialEq, Message)]
pub struct AlterDatabaseRequest {
    #[prost(string, tag = "2")]
    pub db_name: String,
    #[prost(string, tag = "3")]
    pub db_id: String,
    #[prost(message, repeated, tag = "4")]
    pub properties: Vec<KeyValuePair>,
    #[prost(string, repeated, tag = "5")]
    pub delete_keys: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
pub struct CreateAliasRequest {
    #[prost(string, tag = "2")]
    pub db_name: String,
    #[prost(string, tag = "3")]
    pub collection_name: String,
    #[prost(string, tag = "4")]
    pub alias: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct AlterAliasRequest {
    #[prost(string, tag = "2")]
    pub db_name: String,
    #[prost(string, tag = "3")]
    pub collection_name: String,
    #[prost(string, tag = "4")]
    pub alias: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct DropAliasRequest {
    #[prost(string, tag = "2")]
    pub db_name: String,
    #[prost(string, tag = "3")]
    pub alias: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct DescribeAliasRequest {
    #[prost(string, tag = "2")]
    pub db_name: String,
    #[prost(string, tag = "3")]
    pub alias: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct DescribeAliasResponse {
    #[prost(message, optional, tag = "1")]
    pub status: Option<Status>,
    #[prost(string, tag = "2")]
    pub db_name: String,
    #[prost(string, tag = "3")]
    pub alias: String,
    #[prost(string, tag = "4")]
    pub collection: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct ListAliasesRequest {
    #[prost(string, tag = "2")]
    pub db_name: String,
    #[prost(string, tag = "3")]
    pub collection_name: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct ListAliasesResponse {
    #[prost(message, optional, tag = "1")]
    pub status: Option<Status>,
    #[prost(string, tag = "2")]
    pub db_name: String,
    #[prost(string, tag = "3")]
    pub collection_name: String,
    #[prost(string, repeated, tag = "4")]
    pub aliases: Vec<String>,
}
