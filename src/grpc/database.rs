//! Databases and aliases.

use super::answer::Answered;
use super::door::Door;
use super::params;
use super::proto::common::Status;
use super::proto::database::{
    AlterAliasRequest, AlterDatabaseRequest, CreateAliasRequest, CreateDatabaseRequest, DescribeAliasRequest,
    DescribeAliasResponse, DescribeDatabaseRequest, DescribeDatabaseResponse, DropAliasRequest, DropDatabaseRequest,
    ListAliasesRequest, ListAliasesResponse, ListDatabasesRequest, ListDatabasesResponse,
};
use crate::command::{Command, Properties, Reply};
use crate::error::Result;

pub async fn create(door: &Door<'_>, request: CreateDatabaseRequest) -> Answered<Status> {
    let properties = params::properties(request.properties);
    door.run(Command::CreateDatabase { database: request.db_name, properties }).await?;
    Ok(Status::default())
}

pub async fn drop(door: &Door<'_>, request: DropDatabaseRequest) -> Answered<Status> {
    door.run(Command::DropDatabase { database: request.db_name }).await?;
    Ok(Status::default())
}

pub async fn list(door: &Door<'_>, _: ListDatabasesRequest) -> Answered<ListDatabasesResponse> {
    let mut response = ListDatabasesResponse::default();
    for name in door.names(Command::ListDatabases).await? {
        response.db_ids.push(told(door, &name).await?.0);
        // When a database was made is not kept.
        response.created_timestamp.push(0);
        response.db_names.push(name);
    }
    Ok(response)
}

pub async fn describe(door: &Door<'_>, request: DescribeDatabaseRequest) -> Answered<DescribeDatabaseResponse> {
    let database = door.database(&request.db_name);
    let (db_id, properties) = told(door, &database).await?;
    let properties = params::pairs(properties);
    Ok(DescribeDatabaseResponse { db_name: database, db_id, properties, ..DescribeDatabaseResponse::default() })
}

async fn told(door: &Door<'_>, database: &str) -> Result<(i64, Properties)> {
    match door.run(Command::DescribeDatabase { database: database.to_string() }).await? {
        Reply::Database { id, properties, .. } => Ok((id as i64, properties)),
        other => unreachable!("DescribeDatabase was answered with {other:?}"),
    }
}

pub async fn alter(door: &Door<'_>, request: AlterDatabaseRequest) -> Answered<Status> {
    let changes = params::changes(request.properties, request.delete_keys)?;
    door.run(Command::AlterDatabase { database: door.database(&request.db_name), changes }).await?;
    Ok(Status::default())
}

pub async fn create_alias(door: &Door<'_>, request: CreateAliasRequest) -> Answered<Status> {
    let target = door.target(&request.db_name, &request.collection_name);
    door.run(Command::CreateAlias { target, alias: request.alias }).await?;
    Ok(Status::default())
}

pub async fn alter_alias(door: &Door<'_>, request: AlterAliasRequest) -> Answered<Status> {
    let target = door.target(&request.db_name, &request.collection_name);
    door.run(Command::AlterAlias { target, alias: request.alias }).await?;
    Ok(Status::default())
}

pub async fn drop_alias(door: &Door<'_>, request: DropAliasRequest) -> Answered<Status> {
    door.run(Command::DropAlias { database: door.database(&request.db_name), alias: request.alias }).await?;
    Ok(Status::default())
}

pub async fn describe_alias(door: &Door<'_>, request: DescribeAliasRequest) -> Answered<DescribeAliasResponse> {
    let asked = Command::DescribeAlias { database: door.database(&request.db_name), alias: request.alias };
    match door.run(asked).await? {
        Reply::Alias { database, collection, alias } => {
            Ok(DescribeAliasResponse { db_name: database, alias, collection, ..DescribeAliasResponse::default() })
        }
        other => unreachable!("DescribeAlias was answered with {other:?}"),
    }
}

pub async fn list_aliases(door: &Door<'_>, request: ListAliasesRequest) -> Answered<ListAliasesResponse> {
    let db_name = door.database(&request.db_name);
    let collection = Some(request.collection_name.clone()).filter(|name| !name.is_empty());
    let aliases = door.names(Command::ListAliases { database: db_name.clone(), collection }).await?;
    let collection_name = request.collection_name;
    Ok(ListAliasesResponse { db_name, collection_name, aliases, ..ListAliasesResponse::default() })
}
