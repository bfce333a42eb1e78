//! Roles, what they may do, and groups of privileges.

use super::answer::Answered;
use super::door::Door;
use super::proto::access::{
    AlterRoleRequest, CreatePrivilegeGroupRequest, CreateRoleRequest, DropPrivilegeGroupRequest, DropRoleRequest,
    GrantEntity, GrantorEntity, ListPrivilegeGroupsRequest, ListPrivilegeGroupsResponse, ObjectEntity,
    OperatePrivilegeGroupRequest, OperatePrivilegeRequest, OperatePrivilegeV2Request, PrivilegeEntity,
    PrivilegeGroupInfo, RoleEntity, RoleResult, SelectGrantRequest, SelectGrantResponse, SelectRoleRequest,
    SelectRoleResponse, UserEntity,
};
use super::proto::common::Status;
use crate::access::{Grant, ROOT};
use crate::error::{Error, Result};

/// `OperatePrivilegeType`: the role gets the privilege.
const GRANT: i32 = 0;
/// `OperatePrivilegeType`: the role loses it.
const REVOKE: i32 = 1;
/// `OperatePrivilegeGroupType`: privileges are put in.
const ADD: i32 = 0;
/// `OperatePrivilegeGroupType`: privileges are taken out.
const REMOVE: i32 = 1;
/// Any object or database.
const ANY: &str = "*";

pub async fn create(door: &Door<'_>, request: CreateRoleRequest) -> Answered<Status> {
    let role = request.entity.unwrap_or_default();
    door.access.create_role(&role.name, &role.description).await?;
    Ok(Status::default())
}

pub async fn alter(door: &Door<'_>, request: AlterRoleRequest) -> Answered<Status> {
    door.access.alter_role(&request.role_name, &request.description).await?;
    Ok(Status::default())
}

pub async fn drop(door: &Door<'_>, request: DropRoleRequest) -> Answered<Status> {
    door.access.drop_role(&request.role_name, request.force_drop).await?;
    Ok(Status::default())
}

/// One role, or all; a name that none has is no error.
pub async fn select(door: &Door<'_>, request: SelectRoleRequest) -> Answered<SelectRoleResponse> {
    let mut roles = door.access.list_roles().await?;
    if let Some(wanted) = request.role {
        roles.retain(|role| role.name == wanted.name);
    }
    let results = roles.into_iter().map(|role| RoleResult {
        role: Some(RoleEntity { name: role.name, description: role.description }),
        users: match request.include_user_info {
            true => role.users.into_iter().map(|name| UserEntity { name }).collect(),
            false => Vec::new(),
        },
    });
    Ok(SelectRoleResponse { results: results.collect(), ..SelectRoleResponse::default() })
}

/// The older form: a privilege on an object of a type.
pub async fn operate(door: &Door<'_>, request: OperatePrivilegeRequest) -> Answered<Status> {
    let entity = request.entity.unwrap_or_default();
    let role = entity.role.clone().unwrap_or_default().name;
    let privilege = privilege_of(entity.grantor);
    let mut grant = Grant::on(&privilege, &door.database(&entity.db_name), &entity.object_name, grantor(door));
    if let Some(object) = entity.object.filter(|object| !object.name.is_empty()) {
        grant.object_type = object.name;
    }
    change(door, &role, grant, request.kind).await
}

/// The newer form: a privilege, or a group of them, on a collection in a database.
pub async fn operate_v2(door: &Door<'_>, request: OperatePrivilegeV2Request) -> Answered<Status> {
    let role = request.role.unwrap_or_default().name;
    let privilege = privilege_of(request.grantor);
    let database = door.database(&request.db_name);
    let grant = Grant::on(&privilege, &database, &request.collection_name, grantor(door));
    change(door, &role, grant, request.kind).await
}

async fn change(door: &Door<'_>, role: &str, grant: Grant, kind: i32) -> Answered<Status> {
    match kind {
        GRANT => door.access.grant(role, grant).await?,
        REVOKE => door.access.revoke(role, grant).await?,
        other => return Err(Error::invalid(format!("{other} is no operation on a privilege")).into()),
    }
    Ok(Status::default())
}

fn privilege_of(grantor: Option<GrantorEntity>) -> String {
    grantor.and_then(|grantor| grantor.privilege).unwrap_or_default().name
}

fn grantor<'a>(door: &'a Door<'_>) -> &'a str {
    door.caller.user.as_deref().unwrap_or(ROOT)
}

/// What a role may do, on an object or in a database when they are named. Everybody may see it of their own roles.
pub async fn select_grant(door: &Door<'_>, request: SelectGrantRequest) -> Answered<SelectGrantResponse> {
    let asked = request.entity.unwrap_or_default();
    let role = asked.role.unwrap_or_default().name;
    door.access.check_role(&door.caller, &role).await?;
    let mut grants = door.access.list_grants(&role).await?;
    let object_type = asked.object.unwrap_or_default().name;
    let is_asked = |wanted: &str, name: &str| wanted.is_empty() || wanted == ANY || name == wanted || name == ANY;
    grants.retain(|grant| {
        (object_type.is_empty() || grant.object_type == object_type)
            && is_asked(&asked.object_name, &grant.object_name)
            && is_asked(&asked.db_name, &grant.database)
    });
    let entities = grants.into_iter().map(|grant| entity(&role, grant)).collect();
    Ok(SelectGrantResponse { entities, ..SelectGrantResponse::default() })
}

fn entity(role: &str, grant: Grant) -> GrantEntity {
    GrantEntity {
        role: Some(RoleEntity { name: role.to_string(), ..RoleEntity::default() }),
        object: Some(ObjectEntity { name: grant.object_type }),
        object_name: grant.object_name,
        grantor: Some(GrantorEntity {
            user: Some(UserEntity { name: grant.grantor }),
            privilege: Some(PrivilegeEntity { name: grant.privilege }),
        }),
        db_name: grant.database,
    }
}

pub async fn create_group(door: &Door<'_>, request: CreatePrivilegeGroupRequest) -> Answered<Status> {
    door.access.create_group(&request.group_name).await?;
    Ok(Status::default())
}

pub async fn drop_group(door: &Door<'_>, request: DropPrivilegeGroupRequest) -> Answered<Status> {
    door.access.drop_group(&request.group_name).await?;
    Ok(Status::default())
}

pub async fn list_groups(door: &Door<'_>, _: ListPrivilegeGroupsRequest) -> Answered<ListPrivilegeGroupsResponse> {
    let groups = door.access.list_groups().await?;
    let privilege_groups = groups.into_iter().map(|group| PrivilegeGroupInfo {
        group_name: group.name,
        privileges: group.privileges.into_iter().map(|name| PrivilegeEntity { name }).collect(),
    });
    Ok(ListPrivilegeGroupsResponse { privilege_groups: privilege_groups.collect(), ..Default::default() })
}

pub async fn operate_group(door: &Door<'_>, request: OperatePrivilegeGroupRequest) -> Answered<Status> {
    let is_removal = is_removal(request.kind)?;
    let privileges: Vec<String> = request.privileges.into_iter().map(|privilege| privilege.name).collect();
    door.access.change_group(&request.group_name, &privileges, is_removal).await?;
    Ok(Status::default())
}

fn is_removal(kind: i32) -> Result<bool> {
    match kind {
        ADD => Ok(false),
        REMOVE => Ok(true),
        other => Err(Error::invalid(format!("{other} is no operation on a privilege group"))),
    }
}
