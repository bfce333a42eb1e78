//! What a request is about, so that one can ask whether its caller may: a database, and collections in it.

use prost::Message;

use super::proto::{access, collection, database, index, partition, resource, rows, segment, session};

/// A request message.
pub trait Asks: Message + Default {
    /// The database that it names; empty for that of the call.
    fn database(&self) -> &str {
        ""
    }

    /// The collections that it names. One that a request means by number has an empty name here, which no grant of a
    /// single collection covers.
    fn collections(&self) -> Vec<&str> {
        Vec::new()
    }
}

macro_rules! asks {
    (collection: $($module:ident: $($request:ident)*;)*) => {
        $($(impl Asks for $module::$request {
            fn database(&self) -> &str {
                &self.db_name
            }

            fn collections(&self) -> Vec<&str> {
                vec![&self.collection_name]
            }
        })*)*
    };
    (collections: $($module:ident: $request:ident $names:ident;)*) => {
        $(impl Asks for $module::$request {
            fn database(&self) -> &str {
                &self.db_name
            }

            fn collections(&self) -> Vec<&str> {
                self.$names.iter().map(String::as_str).collect()
            }
        })*
    };
    (database: $($module:ident: $($request:ident)*;)*) => {
        $($(impl Asks for $module::$request {
            fn database(&self) -> &str {
                &self.db_name
            }
        })*)*
    };
    (all: $($module:ident: $($request:ident)*;)*) => {
        $($(impl Asks for $module::$request {})*)*
    };
}

asks! { collection:
    collection: CreateCollectionRequest DropCollectionRequest HasCollectionRequest DescribeCollectionRequest
        GetCollectionStatisticsRequest TruncateCollectionRequest AddCollectionFieldRequest AlterCollectionFieldRequest
        AlterCollectionRequest AlterCollectionSchemaRequest LoadCollectionRequest ReleaseCollectionRequest
        GetLoadingProgressRequest GetLoadStateRequest;
    partition: CreatePartitionRequest DropPartitionRequest HasPartitionRequest ShowPartitionsRequest
        GetPartitionStatisticsRequest LoadPartitionsRequest ReleasePartitionsRequest;
    database: CreateAliasRequest AlterAliasRequest ListAliasesRequest;
    index: CreateIndexRequest AlterIndexRequest DropIndexRequest DescribeIndexRequest GetIndexStatisticsRequest GetIndexStateRequest
        GetIndexBuildProgressRequest;
    rows: InsertRequest UpsertRequest DeleteRequest SearchRequest HybridSearchRequest QueryRequest;
    segment: GetFlushStateRequest GetPersistentSegmentInfoRequest GetQuerySegmentInfoRequest GetReplicasRequest
        ManualCompactionRequest GetCompactionPlansRequest LoadBalanceRequest;
}

asks! { collections:
    collection: BatchDescribeCollectionRequest collection_name;
    segment: FlushRequest collection_names;
}

asks! { database:
    collection: ShowCollectionsRequest;
    database: DropAliasRequest DescribeAliasRequest CreateDatabaseRequest DropDatabaseRequest DescribeDatabaseRequest
        AlterDatabaseRequest;
    segment: FlushAllRequest GetFlushAllStateRequest;
}

asks! { all:
    session: ConnectRequest GetVersionRequest CheckHealthRequest AllocTimestampRequest GetMetricsRequest DummyRequest;
    database: ListDatabasesRequest;
    segment: GetCompactionStateRequest;
    resource: ListResourceGroupsRequest DescribeResourceGroupRequest;
    access: CreateCredentialRequest UpdateCredentialRequest DeleteCredentialRequest ListCredUsersRequest
        CreateRoleRequest AlterRoleRequest DropRoleRequest OperateUserRoleRequest SelectRoleRequest SelectUserRequest
        OperatePrivilegeRequest OperatePrivilegeV2Request SelectGrantRequest CreatePrivilegeGroupRequest
        DropPrivilegeGroupRequest ListPrivilegeGroupsRequest OperatePrivilegeGroupRequest;
}

impl Asks for collection::RenameCollectionRequest {
    fn database(&self) -> &str {
        &self.db_name
    }

    fn collections(&self) -> Vec<&str> {
        vec![&self.old_name]
    }
}
