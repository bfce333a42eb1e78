//! The table of methods: their names, what one has to be allowed to do to call them, and who answers.

use std::future::Future;
use std::pin::Pin;

use super::Refusal;
use super::answer::answer;
use super::door::Door;
use super::{collection, database, index, partition, query, refused, roles, search, segment, session, users, write};

type Running<'a> = Pin<Box<dyn Future<Output = Result<Vec<u8>, Refusal>> + 'a>>;
type Run = for<'a> fn(&'a Door<'a>, &'static str, &'a [u8]) -> Running<'a>;

/// A method of Milvus's service.
#[derive(Clone, Copy)]
pub struct Method {
    /// The name, as in the path of a call.
    pub name: &'static str,
    /// The privilege that a caller needs, by the name that grants use; empty when anybody may call.
    pub privilege: &'static str,
    /// Who answers; nobody when the response has no place to say why.
    pub(super) run: Option<Run>,
    /// Whether the answer is more than that there is none.
    pub is_supported: bool,
}

/// The methods that clients call, by concept; others are unknown.
pub fn methods() -> &'static [Method] {
    &METHODS
}

/// The method of that name.
pub(super) fn find(name: &str) -> Option<&'static Method> {
    METHODS.iter().find(|method| method.name == name)
}

/// The privilege that a call of a method needs; empty when anybody may call it, `None` when there is no such method.
pub fn privilege(name: &str) -> Option<&'static str> {
    find(name).map(|method| method.privilege)
}

macro_rules! table {
    ($count:literal: $($name:literal $privilege:literal $(=> $run:path)? $(| $refused:path)?;)*) => {
        const METHODS: [Method; $count] = [$(Method {
            name: $name,
            privilege: $privilege,
            run: table!(@run $($run)? $($refused)?),
            is_supported: table!(@is $($run)?),
        },)*];
    };
    (@is) => { false };
    (@is $run:path) => { true };
    (@run) => { None };
    (@run $run:path) => { Some(|door, privilege, bytes| Box::pin(answer(door, privilege, bytes, $run))) };
}

// Name, privilege, and who answers (`=>`) or refuses (`|`). Who answers for one's own password, user and roles asks about
// those of others itself.
table! { 117:
    "Connect" "" => session::connect;
    "GetVersion" "" => session::version;
    "CheckHealth" "" => session::check_health;
    "AllocTimestamp" "" => session::alloc_timestamp;
    "GetMetrics" "" => session::metrics;
    "Dummy" "" => session::dummy;

    "CreateCollection" "CreateCollection" => collection::create;
    "DropCollection" "DropCollection" => collection::drop;
    "HasCollection" "DescribeCollection" => collection::has;
    "DescribeCollection" "DescribeCollection" => collection::describe;
    "BatchDescribeCollection" "DescribeCollection" => collection::batch_describe;
    "ShowCollections" "ShowCollections" => collection::show;
    "GetCollectionStatistics" "GetStatistics" => collection::statistics;
    "RenameCollection" "RenameCollection" => collection::rename;
    "TruncateCollection" "DropCollection" => collection::truncate;
    "AlterCollection" "CreateCollection" => collection::alter;
    "AlterCollectionField" "CreateCollection" => collection::alter_field;
    "AlterCollectionSchema" "AlterCollectionSchema" => collection::alter_schema;
    "AddCollectionField" "AddCollectionField" => collection::add_field;
    "AddCollectionStructField" "AddCollectionField" | refused::status;
    "AddCollectionFunction" "AlterCollectionSchema" | refused::status;
    "AlterCollectionFunction" "AlterCollectionSchema" | refused::status;
    "DropCollectionFunction" "AlterCollectionSchema" | refused::status;
    "LoadCollection" "Load" => collection::load;
    "ReleaseCollection" "Release" => collection::release;
    "GetLoadingProgress" "GetLoadingProgress" => collection::loading_progress;
    "GetLoadState" "GetLoadState" => collection::load_state;

    "CreatePartition" "CreatePartition" => partition::create;
    "DropPartition" "DropPartition" => partition::drop;
    "HasPartition" "HasPartition" => partition::has;
    "ShowPartitions" "ShowPartitions" => partition::show;
    "GetPartitionStatistics" "GetStatistics" => partition::statistics;
    "LoadPartitions" "Load" => partition::load;
    "ReleasePartitions" "Release" => partition::release;

    "CreateAlias" "CreateAlias" => database::create_alias;
    "AlterAlias" "CreateAlias" => database::alter_alias;
    "DropAlias" "DropAlias" => database::drop_alias;
    "DescribeAlias" "DescribeAlias" => database::describe_alias;
    "ListAliases" "ListAliases" => database::list_aliases;

    "CreateDatabase" "CreateDatabase" => database::create;
    "DropDatabase" "DropDatabase" => database::drop;
    "ListDatabases" "ListDatabases" => database::list;
    "DescribeDatabase" "DescribeDatabase" => database::describe;
    "AlterDatabase" "AlterDatabase" => database::alter;

    "CreateIndex" "CreateIndex" => index::create;
    "AlterIndex" "CreateIndex" => index::alter;
    "DropIndex" "DropIndex" => index::drop;
    "DescribeIndex" "IndexDetail" => index::describe;
    "GetIndexStatistics" "IndexDetail" => index::statistics;
    "GetIndexState" "IndexDetail" => index::state;
    "GetIndexBuildProgress" "IndexDetail" => index::build_progress;

    "Insert" "Insert" => write::insert;
    "Upsert" "Upsert" => write::upsert;
    "Delete" "Delete" => write::delete;
    "Search" "Search" => search::search;
    "HybridSearch" "Search" => search::hybrid;
    "Query" "Query" => query::query;
    "RunAnalyzer" "" | refused::response;

    "Flush" "Flush" => segment::flush;
    "FlushAll" "FlushAll" => segment::flush_all;
    "GetFlushState" "GetFlushState" => segment::flush_state;
    "GetFlushAllState" "GetFlushState" => segment::flush_all_state;
    "GetPersistentSegmentInfo" "GetStatistics" => segment::persistent;
    "GetQuerySegmentInfo" "GetStatistics" => segment::loaded;
    "GetReplicas" "GetStatistics" => segment::replicas;
    "ManualCompaction" "Compaction" => segment::compact;
    "GetCompactionState" "Compaction" => segment::compaction_state;
    "GetCompactionStateWithPlans" "Compaction" => segment::compaction_plans;
    "LoadBalance" "LoadBalance" => segment::balance;

    "CreateCredential" "CreateOwnership" => users::create;
    "UpdateCredential" "" => users::update;
    "DeleteCredential" "DropOwnership" => users::delete;
    "ListCredUsers" "SelectOwnership" => users::list;
    "CreateRole" "CreateOwnership" => roles::create;
    "AlterRole" "ManageOwnership" => roles::alter;
    "DropRole" "DropOwnership" => roles::drop;
    "OperateUserRole" "ManageOwnership" => users::operate_role;
    "SelectRole" "SelectOwnership" => roles::select;
    "SelectUser" "" => users::select;
    "OperatePrivilege" "ManageOwnership" => roles::operate;
    "OperatePrivilegeV2" "ManageOwnership" => roles::operate_v2;
    "SelectGrant" "" => roles::select_grant;
    "CreatePrivilegeGroup" "CreatePrivilegeGroup" => roles::create_group;
    "DropPrivilegeGroup" "DropPrivilegeGroup" => roles::drop_group;
    "ListPrivilegeGroups" "ListPrivilegeGroups" => roles::list_groups;
    "OperatePrivilegeGroup" "OperatePrivilegeGroup" => roles::operate_group;
    "BackupRBAC" "BackupRBAC" | refused::response;
    "RestoreRBAC" "RestoreRBAC" | refused::status;

    "CreateResourceGroup" "CreateResourceGroup" | refused::status;
    "DropResourceGroup" "DropResourceGroup" | refused::status;
    "UpdateResourceGroups" "UpdateResourceGroups" | refused::status;
    "ListResourceGroups" "ListResourceGroups" => segment::resource_groups;
    "DescribeResourceGroup" "DescribeResourceGroup" => segment::resource_group;
    "TransferNode" "TransferNode" | refused::status;
    "TransferReplica" "TransferReplica" | refused::status;

    "Import" "Import" | refused::response;
    "GetImportState" "GetImportProgress" | refused::response;
    "ListImportTasks" "ListImport" | refused::response;

    "CreateSnapshot" "CreateSnapshot" | refused::status;
    "DropSnapshot" "DropSnapshot" | refused::status;
    "ListSnapshots" "ListSnapshots" | refused::response;
    "DescribeSnapshot" "DescribeSnapshot" | refused::response;
    "RestoreSnapshot" "RestoreSnapshot" | refused::response;
    "GetRestoreSnapshotState" "RestoreSnapshot" | refused::response;
    "ListRestoreSnapshotJobs" "RestoreSnapshot" | refused::response;
    "PinSnapshotData" "PinSnapshotData" | refused::response;
    "UnpinSnapshotData" "UnpinSnapshotData" | refused::status;
    "RefreshExternalCollection" "RefreshExternalCollection" | refused::response;
    "GetRefreshExternalCollectionProgress" "RefreshExternalCollection" | refused::response;
    "ListRefreshExternalCollectionJobs" "RefreshExternalCollection" | refused::response;
    "AddFileResource" "AddFileResource" | refused::status;
    "RemoveFileResource" "RemoveFileResource" | refused::status;
    "ListFileResources" "ListFileResources" | refused::response;
    "UpdateReplicateConfiguration" "UpdateReplicateConfiguration" | refused::status;
    "GetReplicateConfiguration" "GetReplicateConfiguration" | refused::response;
    "GetReplicateInfo" "GetReplicateConfiguration";
    "DumpMessages" "GetReplicateConfiguration";
}
