//! Resource groups: one process has one.

use std::collections::BTreeMap;

use prost::Message;

use super::common::Status;

#[derive(Clone, PartialEq, Message)]
pub struct ListResourceGroupsRequest {}

#[derive(Clone, PartialEq, Message)]
pub struct ListResourceGroupsResponse {
    #[prost(message, optional, tag = "1")]
    pub status: Option<Status>,
    #[prost(string, repeated, tag = "2")]
    pub resource_groups: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
pub struct DescribeResourceGroupRequest {
    #[prost(string, tag = "2")]
    pub resource_group: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct DescribeResourceGroupResponse {
    #[prost(message, optional, tag = "1")]
    pub status: Option<Status>,
    #[prost(message, optional, tag = "2")]
    pub resource_group: Option<ResourceGroup>,
}

#[derive(Clone, PartialEq, Message)]
pub struct ResourceGroup {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(int32, tag = "2")]
    pub capacity: i32,
    #[prost(int32, tag = "3")]
    pub num_available_node: i32,
    #[prost(btree_map = "string, int32", tag = "4")]
    pub num_loaded_replica: BTreeMap<String, i32>,
    #[prost(message, repeated, tag = "8")]
    pub nodes: Vec<NodeInfo>,
}

#[derive(Clone, PartialEq, Message)]
pub struct NodeInfo {
    #[prost(int64, tag = "1")]
    pub node_id: i64,
    #[prost(string, tag = "2")]
    pub address: String,
    #[prost(string, tag = "3")]
    pub hostname: String,
}
