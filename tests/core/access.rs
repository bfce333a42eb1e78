//! Users over RESTful v2: who is let in, what a role that only reads may do, and every endpoint on users.

use std::rc::Rc;

use elanus::access::{Access, Owner, privilege::is_of_database};
use elanus::gate::{Asked, Caller, Gate, Need};
use elanus::host::memory::MemoryHost;
use elanus::rest::{Request, handle, routes};
use elanus::schema::Value;
use elanus::sorted::SortedMap;
use serde_json::{Value as Json, json};

use crate::driven::{Driven, Ticks};

struct Server {
    driven: Driven,
    access: Rc<Access>,
}

/// The access behind a handle, so that requests share it.
struct Shared(Rc<Access>);

impl Gate for Shared {
    fn admit<'a>(&'a self, authorization: Option<&'a str>, need: &'a Need) -> Asked<'a, Caller> {
        self.0.admit(authorization, need)
    }

    fn administer<'a>(
        &'a self,
        caller: &'a Caller,
        operation: &'a str,
        request: SortedMap<String, Value>,
    ) -> Asked<'a, Vec<(String, Value)>> {
        self.0.administer(caller, operation, request)
    }
}

impl Server {
    fn new() -> Server {
        let driven = Driven::open(Rc::new(MemoryHost::default()), 1).unwrap().0;
        let owner = Owner { name: "root".to_string(), password: "Milvus".to_string() };
        let access = Rc::new(Access::new(driven.driver.clone(), Rc::new(Ticks::from(7)), Some(owner)));
        Server { driven, access }
    }

    fn send(&self, authorization: &str, path: &str, body: Json) -> (u16, Json) {
        let headers = [("authorization".to_string(), authorization.to_string())];
        let headers = headers.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        let (path, body) = (format!("/v2/vectordb/{path}"), body.to_string().into_bytes());
        let (driver, gate) = (self.driven.driver.clone(), Shared(self.access.clone()));
        let request = Request { method: "POST".to_string(), path, headers, body };
        let response = self.driven.wait(async move { handle(&driver, &gate, request).await });
        (response.status, serde_json::from_slice(&response.body).unwrap())
    }

    /// As root.
    fn data(&self, path: &str, body: Json) -> Json {
        let (status, mut answer) = self.send("Bearer root:Milvus", path, body);
        assert_eq!((status, &answer["code"]), (200, &json!(0)), "{path}: {answer}");
        answer["data"].take()
    }
}

#[test]
fn strangers_are_not_let_in() {
    let server = Server::new();
    for stranger in ["", "Bearer root", "Bearer root:guess", "Bearer ann:Milvus", "Basic cm9vdDpndWVzcw==", "Basic %"] {
        let (status, answer) = server.send(stranger, "collections/list", json!({}));
        assert_eq!((status, &answer["code"]), (401, &json!(1800)), "{stranger}");
        assert_eq!(answer["message"], "user hasn't authenticated", "{stranger}");
    }
    for root in ["Bearer root:Milvus", "bearer root:Milvus", "Basic cm9vdDpNaWx2dXM="] {
        assert_eq!(server.send(root, "collections/list", json!({})).0, 200, "{root}");
    }
}

#[test]
fn a_role_that_reads_cannot_write() {
    let server = Server::new();
    server.data("collections/create", json!({"collectionName": "q", "dimension": 2}));
    server.data("entities/insert", json!({"collectionName": "q", "data": [{"id": 1, "vector": [1, 2]}]}));
    server.data("users/create", json!({"userName": "ann", "password": "secret1", "description": "reads"}));
    server.data("roles/create", json!({"roleName": "reader"}));
    let grant =
        json!({"roleName": "reader", "privilege": "CollectionReadOnly", "dbName": "default", "collectionName": "q"});
    server.data("roles/grant_privilege_v2", grant);
    server.data("users/grant_role", json!({"userName": "ann", "roleName": "reader"}));
    let ask = |path: &str, body: Json| server.send("Bearer ann:secret1", path, body);

    let (status, found) = ask("entities/query", json!({"collectionName": "q", "filter": "id > 0"}));
    assert_eq!((status, found["data"].as_array().unwrap().len()), (200, 1));
    assert_eq!(ask("entities/search", json!({"collectionName": "q", "data": [[1, 2]]})).0, 200);
    let row = json!({"id": 2, "vector": [1, 2]});
    let refused = [
        ("entities/insert", json!({"collectionName": "q", "data": [row]})),
        ("entities/upsert", json!({"collectionName": "q", "data": [row]})),
        ("entities/delete", json!({"collectionName": "q", "filter": "id > 0"})),
        ("collections/drop", json!({"collectionName": "q"})),
        ("collections/truncate", json!({"collectionName": "q"})),
        ("collections/create", json!({"collectionName": "r", "dimension": 2})),
        ("indexes/drop", json!({"collectionName": "q", "indexName": "vector"})),
        ("users/create", json!({"userName": "bob", "password": "secret1"})),
        ("users/grant_role", json!({"userName": "ann", "roleName": "admin"})),
    ];
    for (path, body) in refused {
        let (status, answer) = ask(path, body);
        assert_eq!((status, &answer["code"]), (403, &json!(1401)), "{path}: {answer}");
        assert!(answer["message"].as_str().unwrap().contains("permission deny to ann"), "{path}: {answer}");
    }
    assert_eq!(server.data("collections/get_stats", json!({"collectionName": "q"})), json!({"rowCount": 1}));
}

#[test]
fn every_endpoint_on_users_answers() {
    let server = Server::new();
    let steps = [
        ("users/create", json!({"userName": "ann", "password": "secret1"}), json!({})),
        ("users/list", json!({}), json!(["ann", "root"])),
        ("roles/create", json!({"roleName": "r"}), json!({})),
        ("roles/alter", json!({"roleName": "r", "description": "d"}), json!({})),
        ("roles/list", json!({}), json!(["admin", "public", "r"])),
        ("users/grant_role", json!({"userName": "ann", "roleName": "r"}), json!({})),
        ("users/describe", json!({"userName": "ann"}), json!(["r"])),
        ("users/revoke_role", json!({"userName": "ann", "roleName": "r"}), json!({})),
        ("users/describe", json!({"userName": "ann"}), json!([])),
        (
            "roles/grant_privilege",
            json!({"roleName": "r", "objectType": "Collection", "objectName": "*", "privilege": "Search"}),
            json!({}),
        ),
        (
            "roles/describe",
            json!({"roleName": "r"}),
            json!([{"objectType": "Collection", "objectName": "*", "privilege": "Search", "dbName": "default", "grantor": "root"}]),
        ),
        (
            "roles/revoke_privilege",
            json!({"roleName": "r", "objectType": "Collection", "objectName": "*", "privilege": "Search"}),
            json!({}),
        ),
        ("privilege_groups/create", json!({"privilegeGroupName": "g"}), json!({})),
        (
            "privilege_groups/add_privileges_to_group",
            json!({"privilegeGroupName": "g", "privileges": ["Search", "Query"]}),
            json!({}),
        ),
        ("roles/grant_privilege_v2", json!({"roleName": "r", "privilege": "g"}), json!({})),
        ("roles/revoke_privilege_v2", json!({"roleName": "r", "privilege": "g"}), json!({})),
        (
            "privilege_groups/remove_privileges_from_group",
            json!({"privilegeGroupName": "g", "privileges": ["Search"]}),
            json!({}),
        ),
    ];
    for (path, body, expected) in steps {
        assert_eq!(server.data(path, body.clone()), expected, "{path} {body}");
    }
    let groups = server.data("privilege_groups/list", json!({}));
    assert_eq!(groups["privilegeGroups"][0], json!({"privilegeGroupName": "g", "privileges": "Query"}));
    server.data("privilege_groups/drop", json!({"privilegeGroupName": "g"}));
    let change = json!({"userName": "ann", "password": "secret1", "newPassword": "secret2"});
    let (status, answer) = server.send("Bearer ann:secret1", "users/update_password", change);
    assert_eq!((status, &answer["code"]), (200, &json!(0)), "{answer}");
    assert_eq!(server.send("Bearer ann:secret1", "users/list", json!({})).0, 401);
    server.data("roles/drop", json!({"roleName": "r"}));
    server.data("users/drop", json!({"userName": "ann"}));
    assert_eq!(server.data("users/list", json!({})), json!(["root"]));
}

#[test]
fn every_endpoint_is_closed_to_those_without_a_role_but_for_what_everybody_may() {
    let server = Server::new();
    server.data("users/create", json!({"userName": "ann", "password": "secret1"}));
    let open = ["DescribeCollection", "IndexDetail", "ListAliases"];
    // Of oneself one may; here they are asked about another.
    let own = ["users/describe", "users/update_password", "roles/describe"];
    for route in routes() {
        let keys = route.required.split_ascii_whitespace().map(|key| (key.to_string(), json!("x")));
        let body: serde_json::Map<String, Json> = keys.collect();
        let (status, answer) = server.send("Bearer ann:secret1", route.path, body.into());
        let is_open = route.privilege.split_once('/').is_none_or(|(_, privilege)| open.contains(&privilege));
        let is_closed = !is_open || own.contains(&route.path);
        assert_eq!(status, if is_closed { 403 } else { 200 }, "{}: {answer}", route.path);
    }
}

impl Server {
    /// A server with the user `ann`, whose role `r` has these privileges, each in a database on a collection.
    fn granted(grants: &[(&str, &str, &str)]) -> Server {
        let server = Server::new();
        server.data("users/create", json!({"userName": "ann", "password": "secret1"}));
        server.data("roles/create", json!({"roleName": "r"}));
        server.data("users/grant_role", json!({"userName": "ann", "roleName": "r"}));
        for (privilege, database, collection) in grants {
            let grant =
                json!({"roleName": "r", "privilege": privilege, "dbName": database, "collectionName": collection});
            server.data("roles/grant_privilege_v2", grant);
        }
        server
    }

    fn as_ann(&self, path: &str, body: Json) -> (u16, Json) {
        self.send("Bearer ann:secret1", path, body)
    }
}

#[test]
fn one_sees_oneself_and_ones_roles_without_a_privilege() {
    let server = Server::granted(&[("Query", "default", "q")]);
    server.data("roles/create", json!({"roleName": "other"}));
    assert_eq!(server.as_ann("users/describe", json!({"userName": "ann"})).1["data"], json!(["r"]));
    assert_eq!(server.as_ann("roles/describe", json!({"roleName": "r"})).1["data"][0]["privilege"], "Query");
    assert_eq!(server.as_ann("users/describe", json!({"userName": "root"})).0, 403);
    assert_eq!(server.as_ann("roles/describe", json!({"roleName": "other"})).0, 403);
    let change = |name: &str| json!({"userName": name, "password": "secret1", "newPassword": "secret2"});
    assert_eq!(server.as_ann("users/update_password", change("root")).0, 403);
    assert_eq!(server.as_ann("users/update_password", change("ann")).1["code"], json!(0));
    assert_eq!(server.as_ann("users/describe", json!({"userName": "ann"})).0, 401);
}

#[test]
fn an_alias_counts_as_the_collection_that_it_stands_for() {
    let server = Server::granted(&[("Query", "default", "mine"), ("Query", "default", "nick")]);
    for name in ["mine", "secret"] {
        server.data("collections/create", json!({"collectionName": name, "dimension": 2}));
    }
    server.data("aliases/create", json!({"collectionName": "mine", "aliasName": "own"}));
    server.data("aliases/create", json!({"collectionName": "secret", "aliasName": "nick"}));
    let ask = |name: &str| server.as_ann("entities/query", json!({"collectionName": name, "filter": "id > 0"})).0;
    assert_eq!([ask("mine"), ask("own"), ask("secret"), ask("nick")], [200, 200, 403, 403]);
    server.data("aliases/alter", json!({"collectionName": "secret", "aliasName": "own"}));
    server.data("aliases/alter", json!({"collectionName": "mine", "aliasName": "nick"}));
    assert_eq!([ask("own"), ask("nick")], [403, 200]);
}

#[test]
fn who_renames_into_another_database_needs_the_privilege_in_both() {
    for (granted, moves) in [(&["default"][..], 403), (&["d"][..], 403), (&["default", "d"][..], 200)] {
        let grants: Vec<_> = granted.iter().map(|database| ("RenameCollection", *database, "*")).collect();
        let server = Server::granted(&grants);
        server.data("databases/create", json!({"dbName": "d"}));
        server.data("collections/create", json!({"collectionName": "q", "dimension": 2}));
        let stays = json!({"collectionName": "q", "newCollectionName": "q"});
        let is_here = granted.contains(&"default");
        assert_eq!(server.as_ann("collections/rename", stays).0, if is_here { 200 } else { 403 }, "{granted:?}");
        let there = json!({"collectionName": "q", "newCollectionName": "p", "newDbName": "d"});
        assert_eq!(server.as_ann("collections/rename", there).0, moves, "{granted:?}");
        let found = server.data("collections/list", json!({"dbName": "d"}));
        assert_eq!(found, if moves == 200 { json!(["p"]) } else { json!([]) }, "{granted:?}");
    }
}

#[test]
fn endpoints_ask_for_privileges_on_what_these_are_privileges_on() {
    for route in routes() {
        let Some((on, privilege)) = route.privilege.split_once('/') else { continue };
        assert_eq!(on == "database", is_of_database(privilege), "{}: {}", route.path, route.privilege);
    }
    assert!(routes().any(|route| route.privilege == "database/DropCollection"));
}
