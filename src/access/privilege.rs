//! The privileges that Milvus knows, and its groups of them.

/// A group that is always there: what it adds to another.
struct BuiltIn {
    name: &'static str,
    base: Option<&'static str>,
    privileges: &'static [&'static str],
}

const BUILT_IN: [BuiltIn; 9] = [
    BuiltIn {
        name: "CollectionReadOnly",
        base: None,
        privileges: &[
            "Query",
            "Search",
            "IndexDetail",
            "GetFlushState",
            "GetLoadState",
            "GetLoadingProgress",
            "HasPartition",
            "ShowPartitions",
            "DescribeCollection",
            "DescribeAlias",
            "GetStatistics",
            "ListAliases",
        ],
    },
    BuiltIn {
        name: "CollectionReadWrite",
        base: Some("CollectionReadOnly"),
        privileges: &[
            "Load",
            "Release",
            "Insert",
            "Delete",
            "Upsert",
            "Import",
            "Flush",
            "Compaction",
            "LoadBalance",
            "CreateIndex",
            "DropIndex",
            "CreatePartition",
            "DropPartition",
        ],
    },
    BuiltIn {
        name: "CollectionAdmin",
        base: Some("CollectionReadWrite"),
        privileges: &["CreateAlias", "DropAlias", "AddCollectionField", "AlterCollectionSchema"],
    },
    BuiltIn { name: "DatabaseReadOnly", base: None, privileges: &["ShowCollections", "DescribeDatabase"] },
    BuiltIn { name: "DatabaseReadWrite", base: Some("DatabaseReadOnly"), privileges: &["AlterDatabase"] },
    BuiltIn {
        name: "DatabaseAdmin",
        base: Some("DatabaseReadWrite"),
        privileges: &["CreateCollection", "DropCollection"],
    },
    BuiltIn {
        name: "ClusterReadOnly",
        base: None,
        privileges: &[
            "ListDatabases",
            "SelectOwnership",
            "SelectUser",
            "DescribeResourceGroup",
            "ListResourceGroups",
            "ListPrivilegeGroups",
        ],
    },
    BuiltIn {
        name: "ClusterReadWrite",
        base: Some("ClusterReadOnly"),
        privileges: &["FlushAll", "TransferNode", "TransferReplica", "UpdateResourceGroups"],
    },
    BuiltIn {
        name: "ClusterAdmin",
        base: Some("ClusterReadWrite"),
        privileges: &[
            "BackupRBAC",
            "RestoreRBAC",
            "CreateDatabase",
            "DropDatabase",
            "CreateOwnership",
            "DropOwnership",
            "ManageOwnership",
            "CreateResourceGroup",
            "DropResourceGroup",
            "UpdateUser",
            "RenameCollection",
            "CreatePrivilegeGroup",
            "DropPrivilegeGroup",
            "OperatePrivilegeGroup",
        ],
    },
];

/// Whether a privilege is one on a database, whatever collection a request names: those of the groups for databases are.
pub fn is_of_database(privilege: &str) -> bool {
    built_in("DatabaseAdmin").is_some_and(|mut all| all.any(|known| known == privilege))
}

/// What everybody may do.
const FOR_ALL: [&str; 3] = ["DescribeCollection", "IndexDetail", "ListAliases"];

/// Whether everybody has a privilege.
pub fn is_public(privilege: &str) -> bool {
    FOR_ALL.contains(&privilege)
}

/// The privileges of a group that is always there; `None` when there is no such group.
pub fn built_in(name: &str) -> Option<impl Iterator<Item = &'static str>> {
    let mut next = Some(find(name)?);
    let chain = std::iter::from_fn(move || {
        let group = next?;
        next = group.base.and_then(find);
        Some(group.privileges)
    });
    Some(chain.flatten().copied())
}

/// The names of the groups that are always there.
pub fn built_in_names() -> impl Iterator<Item = &'static str> {
    BUILT_IN.iter().map(|group| group.name)
}

/// Whether a privilege of that name exists.
pub fn exists(name: &str) -> bool {
    BUILT_IN.iter().any(|group| group.privileges.contains(&name))
}

/// The type of the objects that a privilege or group is about.
pub fn object_type(name: &str) -> &'static str {
    let is_of_collections = BUILT_IN[..3].iter().any(|group| group.name == name || group.privileges.contains(&name));
    match name {
        "UpdateUser" | "SelectUser" => "User",
        _ if is_of_collections => "Collection",
        _ => "Global",
    }
}

fn find(name: &str) -> Option<&'static BuiltIn> {
    BUILT_IN.iter().find(|group| group.name == name)
}
