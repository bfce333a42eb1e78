//! Users, roles, privileges.

use prost::Message;

use super::common::Status;

#[derive(Clone, PartialEq, Message)]
pub struct CreateCredentialRequest {
    #[prost(string, tag = "2")]
    pub username: String,
    #[prost(string, tag = "3")]
    pub password: String,
    #[prost(uint64, tag = "4")]
    pub created_utc_timestamps: u64,
    #[prost(uint64, tag = "5")]
    pub modified_utc_timestamps: u64,
    #[prost(string, optional, tag = "6")]
    pub description: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub struct UpdateCredentialRequest {
    #[prost(string, tag = "2")]
    pub username: String,
    #[prost(string, tag = "3")]
    pub old_password: String,
    #[prost(string, tag = "4")]
    pub new_password: String,
    #[prost(uint64, tag = "5")]
    pub created_utc_timestamps: u64,
    #[prost(uint64, tag = "6")]
    pub modified_utc_timestamps: u64,
    #[prost(string, optional, tag = "7")]
    pub description: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub struct DeleteCredentialRequest {
    #[prost(string, tag = "2")]
    pub username: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct ListCredUsersRequest {}

#[derive(Clone, PartialEq, Message)]
pub struct ListCredUsersResponse {
    #[prost(message, optional, tag = "1")]
    pub status: Option<Status>,
    #[prost(string, repeated, tag = "2")]
    pub usernames: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
pub struct CreateRoleRequest {
    #[prost(message, optional, tag = "2")]
    pub entity: Option<RoleEntity>,
}

#[derive(Clone, PartialEq, Message)]
pub struct RoleEntity {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(string, tag = "2")]
    pub description: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct AlterRoleRequest {
    #[prost(string, tag = "2")]
    pub role_name: String,
    #[prost(string, tag = "3")]
    pub description: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct DropRoleRequest {
    #[prost(string, tag = "2")]
    pub role_name: String,
    #[prost(bool, tag = "3")]
    pub force_drop: bool,
}

#[derive(Clone, PartialEq, Message)]
pub struct OperateUserRoleRequest {
    #[prost(string, tag = "2")]
    pub username: String,
    #[prost(string, tag = "3")]
    pub role_name: String,
    #[prost(int32, tag = "4")]
    pub kind: i32,
}

#[derive(Clone, PartialEq, Message)]
pub struct SelectRoleRequest {
    #[prost(message, optional, tag = "2")]
    pub role: Option<RoleEntity>,
    #[prost(bool, tag = "3")]
    pub include_user_info: bool,
}

#[derive(Clone, PartialEq, Message)]
pub struct SelectRoleResponse {
    #[prost(message, optional, tag = "1")]
    pub status: Option<Status>,
    #[prost(message, repeated, tag = "2")]
    pub results: Vec<RoleResult>,
}

#[derive(Clone, PartialEq, Message)]
pub struct RoleResult {
    #[prost(message, optional, tag = "1")]
    pub role: Option<RoleEntity>,
    #[prost(message, repeated, tag = "2")]
    pub users: Vec<UserEntity>,
}

#[derive(Clone, PartialEq, Message)]
pub struct UserEntity {
    #[prost(string, tag = "1")]
    pub name: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct SelectUserRequest {
    #[prost(message, optional, tag = "2")]
    pub user: Option<UserEntity>,
    #[prost(bool, tag = "3")]
    pub include_role_info: bool,
}

#[derive(Clone, PartialEq, Message)]
pub struct SelectUserResponse {
    #[prost(message, optional, tag = "1")]
    pub status: Option<Status>,
    #[prost(message, repeated, tag = "2")]
    pub results: Vec<UserResult>,
}

#[derive(Clone, PartialEq, Message)]
pub struct UserResult {
    #[prost(message, optional, tag = "1")]
    pub user: Option<UserEntity>,
    #[prost(message, repeated, tag = "2")]
    pub roles: Vec<RoleEntity>,
    #[prost(string, tag = "3")]
    pub description: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct OperatePrivilegeRequest {
    #[prost(message, optional, tag = "2")]
    pub entity: Option<GrantEntity>,
    #[prost(int32, tag = "3")]
    pub kind: i32,
    #[prost(string, tag = "4")]
    pub version: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct GrantEntity {
    #[prost(message, optional, tag = "1")]
    pub role: Option<RoleEntity>,
    #[prost(message, optional, tag = "2")]
    pub object: Option<ObjectEntity>,
    #[prost(string, tag = "3")]
    pub object_name: String,
    #[prost(message, optional, tag = "4")]
    pub grantor: Option<GrantorEntity>,
    #[prost(string, tag = "5")]
    pub db_name: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct ObjectEntity {
    #[prost(string, tag = "1")]
    pub name: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct GrantorEntity {
    #[prost(message, optional, tag = "1")]
    pub user: Option<UserEntity>,
    #[prost(message, optional, tag = "2")]
    pub privilege: Option<PrivilegeEntity>,
}

#[derive(Clone, PartialEq, Message)]
pub struct PrivilegeEntity {
    #[prost(string, tag = "1")]
    pub name: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct OperatePrivilegeV2Request {
    #[prost(message, optional, tag = "2")]
    pub role: Option<RoleEntity>,
    #[prost(message, optional, tag = "3")]
    pub grantor: Option<GrantorEntity>,
    #[prost(int32, tag = "4")]
    pub kind: i32,
    #[prost(string, tag = "5")]
    pub db_name: String,
    #[prost(string, tag = "6")]
    pub collection_name: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct SelectGrantRequest {
    #[prost(message, optional, tag = "2")]
    pub entity: Option<GrantEntity>,
}

#[derive(Clone, PartialEq, Message)]
pub struct SelectGrantResponse {
    #[prost(message, optional, tag = "1")]
    pub status: Option<Status>,
    #[prost(message, repeated, tag = "2")]
    pub entities: Vec<GrantEntity>,
}

#[derive(Clone, PartialEq, Message)]
pub struct CreatePrivilegeGroupRequest {
    #[prost(string, tag = "2")]
    pub group_name: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct DropPrivilegeGroupRequest {
    #[prost(string, tag = "2")]
    pub group_name: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct ListPrivilegeGroupsRequest {}

#[derive(Clone, PartialEq, Message)]
pub struct ListPrivilegeGroupsResponse {
    #[prost(message, optional, tag = "1")]
    pub status: Option<Status>,
    #[prost(message, repeated, tag = "2")]
    pub privilege_groups: Vec<PrivilegeGroupInfo>,
}

#[derive(Clone, PartialEq, Message)]
pub struct PrivilegeGroupInfo {
    #[prost(string, tag = "1")]
    pub group_name: String,
    #[prost(message, repeated, tag = "2")]
    pub privileges: Vec<PrivilegeEntity>,
}

#[derive(Clone, PartialEq, Message)]
pub struct OperatePrivilegeGroupRequest {
    #[prost(string, tag = "2")]
    pub group_name: String,
    #[prost(message, repeated, tag = "3")]
    pub privileges: Vec<PrivilegeEntity>,
    #[prost(int32, tag = "4")]
    pub kind: i32,
}

#[derive(Clone, PartialEq, Message)]
pub struct BackupRBACMetaRequest {}

#[derive(Clone, PartialEq, Message)]
pub struct BackupRBACMetaResponse {
    #[prost(message, optional, tag = "1")]
    pub status: Option<Status>,
    #[prost(message, optional, tag = "2")]
    pub rbac_meta: Option<RBACMeta>,
}

#[derive(Clone, PartialEq, Message)]
pub struct RBACMeta {
    #[prost(message, repeated, tag = "1")]
    pub users: Vec<UserInfo>,
    #[prost(message, repeated, tag = "2")]
    pub roles: Vec<RoleEntity>,
    #[prost(message, repeated, tag = "3")]
    pub grants: Vec<GrantEntity>,
    #[prost(message, repeated, tag = "4")]
    pub privilege_groups: Vec<PrivilegeGroupInfo>,
}

#[derive(Clone, PartialEq, Message)]
pub struct UserInfo {
    #[prost(string, tag = "1")]
    pub user: String,
    #[prost(string, tag = "2")]
    pub password: String,
    #[prost(message, repeated, tag = "3")]
    pub roles: Vec<RoleEntity>,
}

#[derive(Clone, PartialEq, Message)]
pub struct RestoreRBACMetaRequest {
    #[prost(message, optional, tag = "2")]
    pub rbac_meta: Option<RBACMeta>,
}
