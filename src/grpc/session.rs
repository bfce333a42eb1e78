//! Connecting, versions, health and time.

use super::answer::Answered;
use super::door::Door;
use super::proto::common::ServerInfo;
use super::proto::session::{
    AllocTimestampRequest, AllocTimestampResponse, CheckHealthRequest, CheckHealthResponse, ConnectRequest,
    ConnectResponse, DummyRequest, DummyResponse, GetMetricsRequest, GetMetricsResponse, GetVersionRequest,
    GetVersionResponse,
};
use crate::command::{Command, Reply};
use crate::json;
use crate::schema::Value;

/// What clients take for the server's version: that of the reference, with our name behind it.
pub const VERSION: &str = "v3.0.0-elanus";

pub async fn connect(door: &Door<'_>, _: ConnectRequest) -> Answered<ConnectResponse> {
    door.run(Command::DescribeDatabase { database: door.database("") }).await?;
    let server_info =
        ServerInfo { build_tags: VERSION.to_string(), deploy_mode: "STANDALONE".to_string(), ..ServerInfo::default() };
    // A fresh number, as in Milvus, which takes a timestamp too.
    let identifier = door.timestamp() as i64;
    Ok(ConnectResponse { server_info: Some(server_info), identifier, ..ConnectResponse::default() })
}

pub async fn version(_: &Door<'_>, _: GetVersionRequest) -> Answered<GetVersionResponse> {
    Ok(GetVersionResponse { version: VERSION.to_string(), ..GetVersionResponse::default() })
}

/// Healthy is who can read its catalog.
pub async fn check_health(door: &Door<'_>, _: CheckHealthRequest) -> Answered<CheckHealthResponse> {
    let asked = door.run(Command::Stats).await;
    let reasons = asked.as_ref().err().map(|error| error.to_string()).into_iter().collect();
    Ok(CheckHealthResponse { is_healthy: asked.is_ok(), reasons, ..CheckHealthResponse::default() })
}

pub async fn alloc_timestamp(door: &Door<'_>, _: AllocTimestampRequest) -> Answered<AllocTimestampResponse> {
    Ok(AllocTimestampResponse { timestamp: door.timestamp(), ..AllocTimestampResponse::default() })
}

/// What a node of Milvus does. One that stands alone is all of them at once, and lists itself as each.
const ROLES: [&str; 4] = ["mixcoord", "proxy", "querynode", "datanode"];

/// The same nodes, whatever is asked.
pub async fn metrics(door: &Door<'_>, _: GetMetricsRequest) -> Answered<GetMetricsResponse> {
    let Reply::Stats(stats) = door.run(Command::Stats).await? else {
        unreachable!("Stats was answered with something else");
    };
    let number = |count: u64| Value::Int(i64::try_from(count).unwrap_or(i64::MAX));
    let hardware = object([
        ("memory", number(stats.memory_limit_bytes)),
        ("memory_usage", number(stats.memory_bytes)),
        ("disk_usage", number(stats.storage_bytes)),
    ]);
    let text = |text: &str| Value::Text(text.to_string());
    let system = object([("system_version", text(VERSION)), ("deploy_mode", text("STANDALONE"))]);
    let nodes = (1..).zip(ROLES).map(|(id, role)| {
        let infos = object([
            ("has_error", Value::Bool(false)),
            ("name", text(&format!("elanus-{role}"))),
            ("type", text(role)),
            ("hardware_infos", hardware.clone()),
            ("system_info", system.clone()),
        ]);
        object([("identifier", Value::Int(id)), ("infos", infos)])
    });
    let mut response = String::new();
    json::print(&object([("nodes_info", Value::List(nodes.collect()))]), &mut response);
    Ok(GetMetricsResponse { response, component_name: "elanus".to_string(), ..GetMetricsResponse::default() })
}

fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    Value::Object(members.map(|(key, value)| (key.to_string(), value)).into())
}

/// Milvus knows requests inside this one that no client sends, and answers all others so.
pub async fn dummy(_: &Door<'_>, _: DummyRequest) -> Answered<DummyResponse> {
    Ok(DummyResponse { response: r#"{"status": "fail"}"#.to_string() })
}
