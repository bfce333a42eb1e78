//! Users and the roles that they have.

use super::answer::Answered;
use super::door::Door;
use super::proto::access::{
    CreateCredentialRequest, DeleteCredentialRequest, ListCredUsersRequest, ListCredUsersResponse,
    OperateUserRoleRequest, RoleEntity, SelectUserRequest, SelectUserResponse, UpdateCredentialRequest, UserEntity,
    UserResult,
};
use super::proto::common::Status;
use crate::access;
use crate::error::{Error, Result};

/// `OperateUserRoleType`: the user gets the role.
const ADD: i32 = 0;
/// `OperateUserRoleType`: the user loses the role.
const REMOVE: i32 = 1;

pub async fn create(door: &Door<'_>, request: CreateCredentialRequest) -> Answered<Status> {
    let password = password(&request.password)?;
    let description = request.description.unwrap_or_default();
    door.access.create_user(&request.username, &password, &description).await?;
    Ok(Status::default())
}

/// Whoever calls may change their own password; that of others needs the privilege. Without the old password that too.
pub async fn update(door: &Door<'_>, request: UpdateCredentialRequest) -> Answered<Status> {
    let old = Some(password(&request.old_password)?).filter(|old| !old.is_empty());
    let new = password(&request.new_password)?;
    match old {
        Some(_) => door.access.check_user(&door.caller, &request.username, "UpdateUser").await?,
        None => door.check("UpdateUser", "", None).await?,
    }
    let description = request.description.as_deref();
    door.access.update_password(&request.username, old.as_deref(), &new, description).await?;
    Ok(Status::default())
}

fn password(text: &str) -> Result<String> {
    access::decode_text(text).ok_or_else(|| Error::invalid("the password is expected in base64"))
}

pub async fn delete(door: &Door<'_>, request: DeleteCredentialRequest) -> Answered<Status> {
    door.access.drop_user(&request.username).await?;
    Ok(Status::default())
}

pub async fn list(door: &Door<'_>, _: ListCredUsersRequest) -> Answered<ListCredUsersResponse> {
    let usernames = door.access.list_users().await?;
    Ok(ListCredUsersResponse { usernames, ..ListCredUsersResponse::default() })
}

/// One user, or all; a name that nobody has is no error. Everybody may see themselves.
pub async fn select(door: &Door<'_>, request: SelectUserRequest) -> Answered<SelectUserResponse> {
    let names = match request.user {
        Some(user) => {
            door.access.check_user(&door.caller, &user.name, "SelectUser").await?;
            vec![user.name]
        }
        None => {
            door.check("SelectUser", "", None).await?;
            door.access.list_users().await?
        }
    };
    let mut results = Vec::new();
    for name in names {
        let Some(user) = door.access.describe_user(&name).await? else { continue };
        let roles = user.roles.into_iter().map(|name| RoleEntity { name, ..RoleEntity::default() });
        results.push(UserResult {
            user: Some(UserEntity { name: user.name }),
            roles: if request.include_role_info { roles.collect() } else { Vec::new() },
            description: user.description,
        });
    }
    Ok(SelectUserResponse { results, ..SelectUserResponse::default() })
}

pub async fn operate_role(door: &Door<'_>, request: OperateUserRoleRequest) -> Answered<Status> {
    match request.kind {
        ADD => door.access.add_role(&request.username, &request.role_name).await?,
        REMOVE => door.access.remove_role(&request.username, &request.role_name).await?,
        other => return Err(Error::invalid(format!("{other} is no operation on a user's role")).into()),
    }
    Ok(Status::default())
}
