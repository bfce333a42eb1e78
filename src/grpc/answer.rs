//! From bytes to bytes: a request decoded, a response with its status encoded.

use std::future::Future;

use prost::Message;

use super::asks::Asks;
use super::door::Door;
use super::proto::{access, collection, common, database, index, partition, resource, rows, segment, session};
use super::{INVALID_ARGUMENT, PERMISSION_DENIED, Refusal, status};
use crate::error::Error;

/// Why there is no answer.
#[derive(Debug)]
pub enum Failure {
    /// It stands in the response's status.
    Error(Error),
    /// It has a status of its own.
    Status(Box<common::Status>),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Error(error)
    }
}

/// What a method comes to.
pub type Answered<A> = Result<A, Failure>;

/// A response message.
pub trait Answer: Message + Default {
    /// Puts the status where it belongs.
    fn set_status(&mut self, status: common::Status);
}

impl Answer for common::Status {
    fn set_status(&mut self, status: common::Status) {
        *self = status;
    }
}

impl Answer for session::DummyResponse {
    /// Milvus has none here.
    fn set_status(&mut self, _: common::Status) {}
}

macro_rules! answers {
    ($($module:ident: $($response:ident)*;)*) => {
        $($(impl Answer for $module::$response {
            fn set_status(&mut self, status: common::Status) {
                self.status = Some(status);
            }
        })*)*
    };
}

answers! {
    session: ConnectResponse GetVersionResponse CheckHealthResponse AllocTimestampResponse GetMetricsResponse;
    collection: BoolResponse DescribeCollectionResponse BatchDescribeCollectionResponse ShowCollectionsResponse
        GetCollectionStatisticsResponse TruncateCollectionResponse GetLoadingProgressResponse GetLoadStateResponse;
    partition: ShowPartitionsResponse GetPartitionStatisticsResponse;
    database: ListDatabasesResponse DescribeDatabaseResponse DescribeAliasResponse ListAliasesResponse;
    index: DescribeIndexResponse GetIndexStatisticsResponse GetIndexStateResponse GetIndexBuildProgressResponse;
    rows: MutationResult SearchResults QueryResults;
    segment: FlushResponse FlushAllResponse GetFlushStateResponse GetFlushAllStateResponse
        GetPersistentSegmentInfoResponse GetQuerySegmentInfoResponse GetReplicasResponse ManualCompactionResponse
        GetCompactionStateResponse GetCompactionPlansResponse;
    resource: ListResourceGroupsResponse DescribeResourceGroupResponse;
    access: ListCredUsersResponse SelectRoleResponse SelectUserResponse SelectGrantResponse
        ListPrivilegeGroupsResponse BackupRBACMetaResponse;
}

impl Answer for collection::AlterCollectionSchemaResponse {
    fn set_status(&mut self, status: common::Status) {
        self.alter_status = Some(status);
    }
}

/// Answers a request of whoever has the privilege: `run` says with what. The status is always there, since clients read it without looking.
pub async fn answer<'a, Q, A, F>(
    door: &'a Door<'a>,
    privilege: &'static str,
    bytes: &'a [u8],
    run: impl FnOnce(&'a Door<'a>, Q) -> F,
) -> Result<Vec<u8>, Refusal>
where
    Q: Asks,
    A: Answer,
    F: Future<Output = Answered<A>>,
{
    let request = Q::decode(bytes).map_err(|error| Refusal::new(INVALID_ARGUMENT, error.to_string()))?;
    check(door, privilege, &request).await?;
    let mut response = A::default();
    match run(door, request).await {
        Ok(answer) => {
            response = answer;
            // A `Status` that is the whole response is its own, and all-default when all is well.
            response.set_status(common::Status::default());
        }
        Err(Failure::Error(error @ Error::Denied { .. })) => return Err(denied(&error)),
        Err(Failure::Error(error)) => response.set_status(status::of(&error)),
        Err(Failure::Status(own)) => response.set_status(*own),
    }
    Ok(response.encode_to_vec())
}

/// Checks that the caller has the privilege on all that the request names; without a name, in its database.
async fn check(door: &Door<'_>, privilege: &'static str, request: &impl Asks) -> Result<(), Refusal> {
    if privilege.is_empty() {
        return Ok(());
    }
    let collections = request.collections();
    let mut checked = door.check(privilege, request.database(), collections.first().copied()).await;
    for collection in collections.iter().skip(1) {
        checked = checked.and(door.check(privilege, request.database(), Some(collection)).await);
    }
    checked.map_err(|error| denied(&error))
}

fn denied(error: &Error) -> Refusal {
    Refusal::new(PERMISSION_DENIED, error.to_string())
}
