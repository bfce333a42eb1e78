//! Who calls, and what they may do.

use elanus::access::Owner;
use elanus::grpc::proto::access::{
    CreateCredentialRequest, CreateRoleRequest, DeleteCredentialRequest, GrantorEntity, ListCredUsersRequest,
    ListCredUsersResponse, OperatePrivilegeV2Request, OperateUserRoleRequest, PrivilegeEntity, RoleEntity,
    SelectGrantRequest, SelectGrantResponse, SelectUserRequest, SelectUserResponse, UpdateCredentialRequest,
    UserEntity,
};
use elanus::grpc::proto::collection::{DropCollectionRequest, RenameCollectionRequest};
use elanus::grpc::proto::common::Status;
use elanus::grpc::proto::database::{AlterAliasRequest, CreateAliasRequest, CreateDatabaseRequest};
use elanus::grpc::proto::rows::{DeleteRequest, InsertRequest};
use elanus::grpc::proto::segment::FlushRequest;
use elanus::grpc::{PERMISSION_DENIED, UNAUTHENTICATED};
use prost::Message;

use super::{Server, longs, plain_fields, vectors};

/// `owner:secret0`, `ann:secret1`, `ann:secret2` in base64.
const OWNER: &str = "b3duZXI6c2VjcmV0MA==";
const ANN: &str = "YW5uOnNlY3JldDE=";
const ANN_ANEW: &str = "YW5uOnNlY3JldDI=";
/// `secret1` and `secret2`.
const SECRET_1: &str = "c2VjcmV0MQ==";
const SECRET_2: &str = "c2VjcmV0Mg==";

/// A server of `owner` with the collections `books` and `letters`, and a user `ann` who may read the first.
fn server() -> Server {
    let mut server = Server::owned(Some(Owner { name: "owner".into(), password: "secret0".into() }));
    server.authorization = Some(OWNER.to_string());
    for name in ["books", "letters"] {
        server.create(name, plain_fields(), false);
        let row = vec![longs("id", &[1]), vectors("v", 2, &[0.0; 2])];
        assert_eq!(server.insert(name, 1, row).insert_cnt, 1);
    }
    let user = CreateCredentialRequest { username: "ann".into(), password: SECRET_1.into(), ..Default::default() };
    server.done("CreateCredential", user);
    let role = || Some(RoleEntity { name: "reader".into(), ..Default::default() });
    server.done("CreateRole", CreateRoleRequest { entity: role() });
    let privilege = Some(PrivilegeEntity { name: "CollectionReadOnly".into() });
    let grant = OperatePrivilegeV2Request {
        role: role(),
        grantor: Some(GrantorEntity { user: None, privilege }),
        collection_name: "books".into(),
        ..Default::default()
    };
    server.done("OperatePrivilegeV2", grant);
    let has = OperateUserRoleRequest { username: "ann".into(), role_name: "reader".into(), kind: 0 };
    server.done("OperateUserRole", has);
    server
}

fn code(server: &Server, method: &str, request: impl Message) -> u32 {
    server.answer(method, request.encode_to_vec()).err().map_or(0, |refusal| refusal.code)
}

#[test]
fn callers_have_to_say_who_they_are() {
    let mut server = server();
    let wrong = "YW5uOndyb25n";
    for authorization in [None, Some(""), Some("%"), Some("YW5u"), Some(wrong), Some(ANN_ANEW)] {
        server.authorization = authorization.map(String::from);
        assert_eq!(code(&server, "ListCredUsers", ListCredUsersRequest {}), UNAUTHENTICATED, "{authorization:?}");
    }
    for authorization in [OWNER, ANN] {
        server.authorization = Some(authorization.to_string());
        assert_eq!(code(&server, "GetVersion", ListCredUsersRequest {}), 0, "{authorization}");
    }
}

#[test]
fn a_reader_reads_and_neither_writes_nor_drops() {
    let mut server = server();
    server.authorization = Some(ANN.to_string());
    let rows = server.query("books", "id > 0", &["id"]);
    assert_eq!(rows.status, Some(Status::default()));
    let name = || "books".to_string();
    let denied = [
        code(&server, "Insert", InsertRequest { collection_name: name(), ..Default::default() }),
        code(&server, "Upsert", InsertRequest { collection_name: name(), ..Default::default() }),
        code(&server, "Delete", DeleteRequest { collection_name: name(), expr: "id > 0".into(), ..Default::default() }),
        code(&server, "DropCollection", DropCollectionRequest { collection_name: name(), ..Default::default() }),
        code(&server, "Query", DropCollectionRequest { collection_name: "letters".into(), ..Default::default() }),
        code(&server, "Query", DropCollectionRequest { collection_name: name(), db_name: "other".into() }),
        code(&server, "Flush", FlushRequest { collection_names: vec![name(), "letters".into()], ..Default::default() }),
        code(&server, "ManualCompaction", DropCollectionRequest::default()),
        code(&server, "CreateCredential", CreateCredentialRequest::default()),
        code(&server, "DeleteCredential", DeleteCredentialRequest { username: "ann".into() }),
        code(&server, "OperatePrivilegeV2", OperatePrivilegeV2Request::default()),
    ];
    assert_eq!(denied, [PERMISSION_DENIED; 11]);
    server.authorization = Some(OWNER.to_string());
    assert_eq!(server.query("books", "id > 0", &["count(*)"]).status, Some(Status::default()));
}

#[test]
fn who_drops_a_collection_needs_that_on_its_database() {
    let mut server = server();
    let on = |collection: &str| OperatePrivilegeV2Request {
        role: Some(RoleEntity { name: "reader".into(), ..Default::default() }),
        grantor: Some(GrantorEntity { user: None, privilege: Some(PrivilegeEntity { name: "DropCollection".into() }) }),
        collection_name: collection.into(),
        ..Default::default()
    };
    for (granted, expected) in [("books", PERMISSION_DENIED), ("*", 0)] {
        server.authorization = Some(OWNER.to_string());
        server.done("OperatePrivilegeV2", on(granted));
        server.authorization = Some(ANN.to_string());
        for method in ["TruncateCollection", "DropCollection"] {
            let request = DropCollectionRequest { collection_name: "books".into(), ..Default::default() };
            assert_eq!(code(&server, method, request), expected, "{method} with the privilege on {granted}");
        }
    }
}

#[test]
fn one_changes_ones_own_password_alone() {
    let mut server = server();
    let update = |username: &str, old: &str| UpdateCredentialRequest {
        username: username.into(),
        old_password: old.into(),
        new_password: SECRET_2.into(),
        ..Default::default()
    };
    server.authorization = Some(ANN.to_string());
    assert_eq!(code(&server, "UpdateCredential", update("owner", SECRET_1)), PERMISSION_DENIED);
    assert_eq!(code(&server, "UpdateCredential", update("ann", "")), PERMISSION_DENIED);
    assert_eq!(server.call::<Status>("UpdateCredential", update("ann", SECRET_2)).code, 1100);
    server.done("UpdateCredential", update("ann", SECRET_1));
    assert_eq!(code(&server, "GetVersion", ListCredUsersRequest {}), UNAUTHENTICATED);
    server.authorization = Some(ANN_ANEW.to_string());
    assert_eq!(code(&server, "GetVersion", ListCredUsersRequest {}), 0);
}

#[test]
fn users_and_grants_are_told() {
    let server = server();
    let users: ListCredUsersResponse = server.call("ListCredUsers", ListCredUsersRequest {});
    assert_eq!(users.usernames, ["ann", "owner", "root"]);
    let ann = SelectUserRequest { user: Some(UserEntity { name: "ann".into() }), include_role_info: true };
    let told: SelectUserResponse = server.call("SelectUser", ann);
    assert_eq!(told.results.len(), 1);
    assert_eq!(told.results[0].roles.iter().map(|role| role.name.as_str()).collect::<Vec<_>>(), ["reader"]);
    let role = Some(RoleEntity { name: "reader".into(), ..Default::default() });
    let entity = elanus::grpc::proto::access::GrantEntity { role, ..Default::default() };
    let grants: SelectGrantResponse = server.call("SelectGrant", SelectGrantRequest { entity: Some(entity) });
    let grant = &grants.entities[0];
    assert_eq!((grant.object_name.as_str(), grant.db_name.as_str()), ("books", "default"));
    let grantor = grant.grantor.clone().unwrap_or_default();
    assert_eq!(grantor.user.map(|user| user.name).as_deref(), Some("owner"));
    assert_eq!(grantor.privilege.map(|privilege| privilege.name).as_deref(), Some("CollectionReadOnly"));
    server.done("DeleteCredential", DeleteCredentialRequest { username: "ann".into() });
    let users: ListCredUsersResponse = server.call("ListCredUsers", ListCredUsersRequest {});
    assert_eq!(users.usernames, ["owner", "root"]);
}

#[test]
fn one_sees_oneself_and_ones_roles_without_a_privilege() {
    let mut server = server();
    server.authorization = Some(ANN.to_string());
    let user = |name: &str| SelectUserRequest { user: Some(UserEntity { name: name.into() }), include_role_info: true };
    let told: SelectUserResponse = server.call("SelectUser", user("ann"));
    assert_eq!(told.results[0].roles.iter().map(|role| role.name.as_str()).collect::<Vec<_>>(), ["reader"]);
    assert_eq!(code(&server, "SelectUser", user("owner")), PERMISSION_DENIED);
    let all = SelectUserRequest { user: None, include_role_info: true };
    assert_eq!(code(&server, "SelectUser", all), PERMISSION_DENIED);
    let grants = |role: &str| {
        let role = Some(RoleEntity { name: role.into(), ..Default::default() });
        let entity = elanus::grpc::proto::access::GrantEntity { role, ..Default::default() };
        SelectGrantRequest { entity: Some(entity) }
    };
    let told: SelectGrantResponse = server.call("SelectGrant", grants("reader"));
    assert_eq!(told.entities[0].object_name, "books");
    assert_eq!(code(&server, "SelectGrant", grants("admin")), PERMISSION_DENIED);
}

#[test]
fn an_alias_counts_as_the_collection_that_it_stands_for() {
    let mut server = server();
    for (alias, collection_name) in [("own", "books"), ("nick", "letters")] {
        let request =
            CreateAliasRequest { alias: alias.into(), collection_name: collection_name.into(), ..Default::default() };
        server.done("CreateAlias", request);
    }
    let ask = |server: &mut Server, name: &str| {
        server.authorization = Some(ANN.to_string());
        let query = DropCollectionRequest { collection_name: name.into(), ..Default::default() };
        code(server, "GetCollectionStatistics", query)
    };
    assert_eq!([ask(&mut server, "own"), ask(&mut server, "nick")], [0, PERMISSION_DENIED]);
    server.authorization = Some(OWNER.to_string());
    let request = AlterAliasRequest { alias: "own".into(), collection_name: "letters".into(), ..Default::default() };
    server.done("AlterAlias", request);
    assert_eq!(ask(&mut server, "own"), PERMISSION_DENIED);
}

#[test]
fn who_renames_into_another_database_needs_the_privilege_in_both() {
    let mut server = server();
    server.done("CreateDatabase", CreateDatabaseRequest { db_name: "d".into(), ..Default::default() });
    let grant = |server: &mut Server, database: &str| {
        server.authorization = Some(OWNER.to_string());
        let privilege = Some(PrivilegeEntity { name: "RenameCollection".into() });
        let request = OperatePrivilegeV2Request {
            role: Some(RoleEntity { name: "reader".into(), ..Default::default() }),
            grantor: Some(GrantorEntity { user: None, privilege }),
            db_name: database.into(),
            collection_name: "*".into(),
            ..Default::default()
        };
        server.done("OperatePrivilegeV2", request);
        server.authorization = Some(ANN.to_string());
    };
    let rename = |new_db_name: &str| RenameCollectionRequest {
        old_name: "books".into(),
        new_name: "volumes".into(),
        new_db_name: new_db_name.into(),
        ..Default::default()
    };
    grant(&mut server, "default");
    assert_eq!(code(&server, "RenameCollection", rename("d")), PERMISSION_DENIED);
    grant(&mut server, "d");
    server.done("RenameCollection", rename("d"));
    assert_eq!(server.query("books", "id > 0", &["id"]).status.unwrap_or_default().code, 100);
}
