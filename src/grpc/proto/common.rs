//! `common.proto`: what every response and many requests have.

use std::collections::BTreeMap;

use prost::Message;

#[derive(Clone, PartialEq, Message)]
pub struct Status {
    #[prost(int32, tag = "1")]
    pub error_code: i32,
    #[prost(string, tag = "2")]
    pub reason: String,
    #[prost(int32, tag = "3")]
    pub code: i32,
    #[prost(bool, tag = "4")]
    pub retriable: bool,
    #[prost(string, tag = "5")]
    pub detail: String,
    #[prost(btree_map = "string, string", tag = "6")]
    pub extra_info: BTreeMap<String, String>,
}

#[derive(Clone, PartialEq, Message)]
pub struct KeyValuePair {
    #[prost(string, tag = "1")]
    pub key: String,
    #[prost(string, tag = "2")]
    pub value: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct ClientInfo {
    #[prost(string, tag = "1")]
    pub sdk_type: String,
    #[prost(string, tag = "2")]
    pub sdk_version: String,
    #[prost(string, tag = "3")]
    pub local_time: String,
    #[prost(string, tag = "4")]
    pub user: String,
    #[prost(string, tag = "5")]
    pub host: String,
    #[prost(btree_map = "string, string", tag = "6")]
    pub reserved: BTreeMap<String, String>,
}

#[derive(Clone, PartialEq, Message)]
pub struct ServerInfo {
    #[prost(string, tag = "1")]
    pub build_tags: String,
    #[prost(string, tag = "2")]
    pub build_time: String,
    #[prost(string, tag = "3")]
    pub git_commit: String,
    #[prost(string, tag = "4")]
    pub go_version: String,
    #[prost(string, tag = "5")]
    pub deploy_mode: String,
    #[prost(btree_map = "string, string", tag = "6")]
    pub reserved: BTreeMap<String, String>,
}

#[derive(Clone, PartialEq, Message)]
pub struct PlaceholderGroup {
    #[prost(message, repeated, tag = "1")]
    pub placeholders: Vec<PlaceholderValue>,
}

#[derive(Clone, PartialEq, Message)]
pub struct PlaceholderValue {
    #[prost(string, tag = "1")]
    pub tag: String,
    #[prost(int32, tag = "2")]
    pub kind: i32,
    #[prost(bytes = "vec", repeated, tag = "3")]
    pub values: Vec<Vec<u8>>,
    #[prost(bool, tag = "4")]
    pub element_level: bool,
}
