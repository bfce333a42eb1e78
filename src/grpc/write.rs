//! Insert, upsert, delete.

use super::answer::{Answered, Failure};
use super::columns::encode_ids;
use super::door::{self, Door};
use super::proto::rows::{DeleteRequest, InsertRequest, MutationResult, UpsertRequest};
use super::{fields, status, template};
use crate::collection::delete::Delete;
use crate::collection::field_op::FieldOp;
use crate::collection::write::{Insert, Upsert, Written};
use crate::command::{CollectionDescription, Command, Reply};
use crate::error::Error;

/// `FieldPartialUpdateOp.OpType`, by number.
const FIELD_OPS: [&str; 3] = ["REPLACE", "ARRAY_APPEND", "ARRAY_REMOVE"];

pub async fn insert(door: &Door<'_>, request: InsertRequest) -> Answered<MutationResult> {
    let target = door.target(&request.db_name, &request.collection_name);
    let described = door.describe(&target).await?;
    check_schema(&described, request.schema_timestamp)?;
    let rows = fields::rows(request.fields_data, request.num_rows, &described.schema)?;
    let insert = Insert { partition: request.partition_name, rows };
    let written = written(door, Command::Insert { target, insert }).await?;
    let insert_cnt = written.primary_keys.len() as i64;
    Ok(MutationResult { insert_cnt, ..mutation(door, written) })
}

pub async fn upsert(door: &Door<'_>, request: UpsertRequest) -> Answered<MutationResult> {
    let mut field_ops = Vec::new();
    for given in request.field_ops {
        let name = usize::try_from(given.op).ok().and_then(|at| FIELD_OPS.get(at));
        let name = name.ok_or_else(|| Error::invalid(format!("field op {} is invalid, expected 0 to 2", given.op)))?;
        field_ops.extend(FieldOp::from_name(name)?.map(|op| (given.field_name, op)));
    }
    let target = door.target(&request.db_name, &request.collection_name);
    let described = door.describe(&target).await?;
    check_schema(&described, request.schema_timestamp)?;
    let rows = fields::rows(request.fields_data, request.num_rows, &described.schema)?;
    let upsert = Upsert { partition: request.partition_name, rows, is_partial: request.partial_update, field_ops };
    let written = written(door, Command::Upsert { target, upsert }).await?;
    let upsert_cnt = written.primary_keys.len() as i64;
    Ok(MutationResult { upsert_cnt, ..mutation(door, written) })
}

/// Refuses rows that were laid out by an earlier schema, or that of an earlier collection of that name: the client asks
/// anew then.
fn check_schema(described: &CollectionDescription, schema_timestamp: u64) -> Answered<()> {
    if schema_timestamp != 0 && schema_timestamp < door::schema_timestamp(described) {
        return Err(Failure::Status(Box::new(status::schema_mismatch(&described.name))));
    }
    Ok(())
}

async fn written(door: &Door<'_>, command: Command) -> Answered<Written> {
    match door.run(command).await? {
        Reply::Written(written) => Ok(written),
        other => unreachable!("a write was answered with {other:?}"),
    }
}

fn mutation(door: &Door<'_>, written: Written) -> MutationResult {
    let row_count = written.primary_keys.len() as u32;
    MutationResult {
        ids: Some(encode_ids(written.primary_keys)),
        succ_index: (0..row_count).collect(),
        timestamp: door.timestamp(),
        ..MutationResult::default()
    }
}

/// The keys are not told: clients would return them in place of the count.
pub async fn delete(door: &Door<'_>, request: DeleteRequest) -> Answered<MutationResult> {
    let target = door.target(&request.db_name, &request.collection_name);
    let filter = template::filter(request.expr, request.expr_template_values)?;
    let delete = Delete { partition: request.partition_name, filter, ids: None };
    match door.run(Command::Delete { target, delete }).await? {
        Reply::Deleted { count } => Ok(MutationResult {
            delete_cnt: i64::try_from(count).unwrap_or(i64::MAX),
            timestamp: door.timestamp(),
            ..MutationResult::default()
        }),
        other => unreachable!("Delete was answered with {other:?}"),
    }
}
