//! Connecting, versions, health and time.

use prost::Message;

use super::common::{ClientInfo, ServerInfo, Status};

#[derive(Clone, PartialEq, Message)]
pub struct ConnectRequest {
    #[prost(message, optional, tag = "2")]
    pub client_info: Option<ClientInfo>,
}

#[derive(Clone, PartialEq, Message)]
pub struct ConnectResponse {
    #[prost(message, optional, tag = "1")]
    pub status: Option<Status>,
    #[prost(message, optional, tag = "2")]
    pub server_info: Option<ServerInfo>,
    #[prost(int64, tag = "3")]
    pub identifier: i64,
}

#[derive(Clone, PartialEq, Message)]
pub struct GetVersionRequest {}

#[derive(Clone, PartialEq, Message)]
pub struct GetVersionResponse {
    #[prost(message, optional, tag = "1")]
    pub status: Option<Status>,
    #[prost(string, tag = "2")]
    pub version: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct CheckHealthRequest {}

#[derive(Clone, PartialEq, Message)]
pub struct CheckHealthResponse {
    #[prost(message, optional, tag = "1")]
    pub status: Option<Status>,
    #[prost(bool, tag = "2")]
    pub is_healthy: bool,
    #[prost(string, repeated, tag = "3")]
    pub reasons: Vec<String>,
    #[prost(int32, repeated, tag = "4")]
    pub quota_states: Vec<i32>,
}

#[derive(Clone, PartialEq, Message)]
pub struct AllocTimestampRequest {}

#[derive(Clone, PartialEq, Message)]
pub struct AllocTimestampResponse {
    #[prost(message, optional, tag = "1")]
    pub status: Option<Status>,
    #[prost(uint64, tag = "2")]
    pub timestamp: u64,
}

#[derive(Clone, PartialEq, Message)]
pub struct GetMetricsRequest {
    #[prost(string, tag = "2")]
    pub request: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct GetMetricsResponse {
    #[prost(message, optional, tag = "1")]
    pub status: Option<Status>,
    #[prost(string, tag = "2")]
    pub response: String,
    #[prost(string, tag = "3")]
    pub component_name: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct DummyRequest {
    #[prost(string, tag = "1")]
    pub request_type: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct DummyResponse {
    #[prost(string, tag = "1")]
    pub response: String,
}
