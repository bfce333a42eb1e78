//! The one table of endpoints.
//!
//! It is text and not a list of structures: in a browser every byte of it is downloaded, and a structure of four names
//! takes as many bytes for its pointers as for its names.

use crate::gate::Need;

/// Path below [`BASE`]; the operation, by its name in TypeScript; the privilege that it needs, with what it is a privilege
/// on; the name of the request in Milvus, which its messages have; the keys that must be there.
///
/// An operation that `wire` does not know is answered by the gate, which also asks who may tell of a user or role or
/// change a password: one's own need no privilege.
const TABLE: &str = "\
collections/list listCollections database/ShowCollections DatabaseReq
collections/has hasCollection collection/DescribeCollection CollectionNameReq collectionName
collections/describe describeCollection collection/DescribeCollection CollectionNameReq collectionName
collections/get_stats getCollectionStats collection/GetStatistics CollectionNameReq collectionName
collections/get_load_state getLoadState collection/GetLoadState CollectionNameReq collectionName
collections/create createCollection database/CreateCollection CollectionReq collectionName
collections/drop dropCollection database/DropCollection CollectionNameReq collectionName
collections/truncate truncateCollection database/DropCollection CollectionNameReq collectionName
collections/rename renameCollection collection/RenameCollection RenameCollectionReq collectionName newCollectionName
collections/load loadCollection collection/Load CollectionNameReq collectionName
collections/refresh_load loadCollection collection/Load CollectionNameReq collectionName
collections/release releaseCollection collection/Release CollectionNameReq collectionName
collections/alter_properties alterCollectionProperties database/CreateCollection CollectionReqWithProperties collectionName
collections/drop_properties dropCollectionProperties database/CreateCollection DropCollectionPropertiesReq collectionName
collections/flush flush collection/Flush FlushReq collectionName
collections/compact compact collection/Compaction CompactReq collectionName
collections/get_compaction_state getCompactionState - GetCompactionStateReq
collections/fields/alter_properties alterFieldProperties database/CreateCollection CollectionFieldReqWithParams collectionName fieldName
collections/fields/add addCollectionField collection/AddCollectionField CollectionFieldReqWithSchema collectionName schema
collections/struct_fields/add addCollectionStructField collection/AddCollectionField CollectionStructFieldReqWithSchema collectionName schema
collections/add_function addCollectionFunction collection/AlterCollectionSchema CollectionAddFunctionReq collectionName function
collections/alter_function alterCollectionFunction collection/AlterCollectionSchema CollectionAlterFunctionReq collectionName functionName function
collections/drop_function dropCollectionFunction collection/AlterCollectionSchema CollectionDropFunctionReq collectionName functionName
collections/add_function_field addFunctionField collection/AlterCollectionSchema AddFunctionFieldReq collectionName function
collections/drop_function_field dropFunctionField collection/AlterCollectionSchema DropFunctionFieldReq collectionName functionName
databases/create createDatabase cluster/CreateDatabase DatabaseReqWithProperties dbName
databases/drop dropDatabase cluster/DropDatabase DatabaseReqRequiredName dbName
databases/list listDatabases cluster/ListDatabases EmptyReq
databases/describe describeDatabase database/DescribeDatabase DatabaseReqRequiredName dbName
databases/alter alterDatabaseProperties database/AlterDatabase DatabaseReqWithProperties dbName
databases/alter_properties alterDatabaseProperties database/AlterDatabase DatabaseReqWithProperties dbName
databases/drop_properties dropDatabaseProperties database/AlterDatabase DropDatabasePropertiesReq dbName
entities/insert insert collection/Insert CollectionDataReq collectionName data
entities/upsert upsert collection/Upsert CollectionDataReq collectionName data
entities/delete delete collection/Delete CollectionFilterReq collectionName filter
entities/get get collection/Query CollectionIDReq collectionName id
entities/query query collection/Query QueryReqV2 collectionName
entities/search search collection/Search SearchReqV2 collectionName
entities/hybrid_search hybridSearch collection/Search HybridSearchReq collectionName
entities/advanced_search hybridSearch collection/Search HybridSearchReq collectionName
partitions/list listPartitions collection/ShowPartitions CollectionNameReq collectionName
partitions/has hasPartition collection/HasPartition PartitionReq collectionName partitionName
partitions/get_stats getPartitionStats collection/GetStatistics PartitionReq collectionName partitionName
partitions/create createPartition collection/CreatePartition PartitionReq collectionName partitionName
partitions/drop dropPartition collection/DropPartition PartitionReq collectionName partitionName
partitions/load loadPartitions collection/Load PartitionsReq collectionName partitionNames
partitions/release releasePartitions collection/Release PartitionsReq collectionName partitionNames
indexes/list listIndexes collection/IndexDetail CollectionNameReq collectionName
indexes/describe describeIndex collection/IndexDetail IndexReq collectionName indexName
indexes/create createIndex collection/CreateIndex IndexParamReq collectionName indexParams
indexes/drop dropIndex collection/DropIndex IndexReq collectionName indexName
indexes/alter_properties alterIndexProperties collection/CreateIndex IndexReqWithProperties collectionName indexName
indexes/drop_properties dropIndexProperties collection/CreateIndex DropIndexPropertiesReq collectionName indexName
aliases/list listAliases collection/ListAliases OptionalCollectionNameReq
aliases/describe describeAlias collection/DescribeAlias AliasReq aliasName
aliases/create createAlias collection/CreateAlias AliasCollectionReq collectionName aliasName
aliases/alter alterAlias collection/CreateAlias AliasCollectionReq collectionName aliasName
aliases/drop dropAlias collection/DropAlias AliasReq aliasName
users/list listUsers cluster/SelectOwnership DatabaseReq
users/describe describeUser - UserReq userName
users/create createUser cluster/CreateOwnership PasswordReq userName password
users/update_password updatePassword - NewPasswordReq userName newPassword
users/drop dropUser cluster/DropOwnership UserReq userName
users/grant_role grantRole cluster/ManageOwnership UserRoleReq userName roleName
users/revoke_role revokeRole cluster/ManageOwnership UserRoleReq userName roleName
roles/list listRoles cluster/SelectOwnership DatabaseReq
roles/describe describeRole - RoleReq roleName
roles/create createRole cluster/CreateOwnership RoleReq roleName
roles/drop dropRole cluster/DropOwnership RoleReq roleName
roles/alter alterRole cluster/CreateOwnership RoleReq roleName
roles/grant_privilege grantPrivilege cluster/ManageOwnership GrantReq roleName objectType objectName privilege
roles/revoke_privilege revokePrivilege cluster/ManageOwnership GrantReq roleName objectType objectName privilege
roles/grant_privilege_v2 grantPrivilegeV2 cluster/ManageOwnership GrantV2Req roleName privilege
roles/revoke_privilege_v2 revokePrivilegeV2 cluster/ManageOwnership GrantV2Req roleName privilege
privilege_groups/create createPrivilegeGroup cluster/CreatePrivilegeGroup PrivilegeGroupReq privilegeGroupName
privilege_groups/drop dropPrivilegeGroup cluster/DropPrivilegeGroup PrivilegeGroupReq privilegeGroupName
privilege_groups/list listPrivilegeGroups cluster/ListPrivilegeGroups DatabaseReq
privilege_groups/add_privileges_to_group addPrivilegesToGroup cluster/OperatePrivilegeGroup PrivilegeGroupReq privilegeGroupName
privilege_groups/remove_privileges_from_group removePrivilegesFromGroup cluster/OperatePrivilegeGroup PrivilegeGroupReq privilegeGroupName
jobs/import/create createImportJobs collection/Import ImportReq collectionName files
jobs/import/list listImportJobs collection/ListImport OptionalCollectionNameReq
jobs/import/describe getImportProgress collection/GetImportProgress JobIDReq jobId
jobs/import/get_progress getImportProgress collection/GetImportProgress JobIDReq jobId
jobs/import/commit commitImportJob collection/Import JobIDReq jobId
jobs/import/abort abortImportJob collection/Import JobIDReq jobId
jobs/snapshot/restore_external restoreExternalSnapshot cluster/RestoreExternalSnapshot EmptyReq
jobs/snapshot/export exportSnapshot cluster/ExportSnapshot EmptyReq
jobs/snapshot/describe describeSnapshotJob cluster/DescribeSnapshot EmptyReq
jobs/snapshot/list listSnapshotJobs cluster/ListSnapshots EmptyReq
jobs/external_collection/refresh refreshExternalCollection cluster/RefreshExternalCollection EmptyReq
jobs/external_collection/describe describeExternalCollectionJob cluster/RefreshExternalCollection EmptyReq
jobs/external_collection/list listExternalCollectionJobs cluster/RefreshExternalCollection EmptyReq
resource_groups/create createResourceGroup cluster/CreateResourceGroup EmptyReq
resource_groups/drop dropResourceGroup cluster/DropResourceGroup EmptyReq
resource_groups/alter alterResourceGroup cluster/UpdateResourceGroups EmptyReq
resource_groups/describe describeResourceGroup cluster/DescribeResourceGroup EmptyReq
resource_groups/list listResourceGroups cluster/ListResourceGroups EmptyReq
resource_groups/transfer_replica transferReplica cluster/TransferReplica EmptyReq
common/run_analyzer runAnalyzer - EmptyReq
segments/describe describeSegments collection/GetStatistics EmptyReq
quotacenter/describe describeQuotaCenter - EmptyReq";

/// What all paths begin with.
const BASE: &str = "/v2/vectordb/";

/// An endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The path below `/v2/vectordb/`.
    pub path: &'static str,
    /// The operation, by its name in TypeScript.
    pub operation: &'static str,
    /// The privilege with what it is on, such as `collection/Insert`; `-` for none.
    pub privilege: &'static str,
    /// The name of the request in Milvus.
    pub form: &'static str,
    /// The keys that must be there, with spaces between.
    pub required: &'static str,
}

/// All endpoints.
pub fn routes() -> impl Iterator<Item = Route> {
    TABLE.split('\n').map(|line| {
        let mut words = line.splitn(5, ' ').map(str::trim);
        let mut word = || words.next().unwrap_or_default();
        Route { path: word(), operation: word(), privilege: word(), form: word(), required: word() }
    })
}

/// The endpoint of a path; a query behind it is passed over.
pub fn find(path: &str) -> Option<Route> {
    let path = path.split('?').next()?.strip_prefix(BASE)?;
    routes().find(|route| route.path == path)
}

impl Route {
    /// What the endpoint needs, asked about a collection.
    pub fn need(&self, database: &str, collection: &str) -> Need {
        let (database, collection) = (database.to_string(), collection.to_string());
        match self.privilege.split_once('/') {
            Some(("collection", privilege)) => Need::Collection { privilege, database, collection },
            Some(("database", privilege)) => Need::Database { privilege, database },
            Some((_, privilege)) => Need::Cluster { privilege },
            None => Need::Nothing,
        }
    }
}
