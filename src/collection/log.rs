//! One entry of a collection's log: the rows that a command appended and the rows that it killed.
//!
//! A body is the length of a [`LogRecord`] (u32), the record, and the sections of its columns. Rows are named by
//! segment and row, so replaying needs no search; see `manifest.rs` for which entries are replayed.

use serde::{Deserialize, Serialize};

use super::primary::RowAddress;
use crate::column::Column;
use crate::column::build::added;
use crate::column::encode::{self, ColumnRecord};
use crate::error::{Error, Result};
use crate::schema::Schema;
use crate::segment::{PartitionId, SegmentId};
use crate::sorted::sort_and_dedup;
use crate::store::codec::{self, HEADER_BYTES};
use crate::store::{BlobKey, Bytes};

/// What a log entry tells, apart from the columns' values.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LogRecord {
    /// Rows appended; applied first.
    pub run: Option<RunRecord>,
    /// Rows killed; applied after the run, whose own rows may be among them.
    pub deletes: Vec<DeletesRecord>,
    /// The greatest auto id given out so far.
    pub auto_id_last: i64,
}

/// Rows appended to one segment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// The segment, new when `first_row` is 0.
    pub segment: SegmentId,
    /// Its partition.
    pub partition: PartitionId,
    /// The number of the first row there.
    pub first_row: u32,
    /// How many rows.
    pub row_count: u32,
    /// The columns' shapes, in the order of the schema's fields; those that were added later are not among them.
    pub columns: Vec<ColumnRecord>,
}

/// Rows killed in one segment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeletesRecord {
    /// The segment.
    pub segment: SegmentId,
    /// The rows, ascending.
    pub rows: Vec<u32>,
}

impl LogRecord {
    /// Rows to kill, grouped by segment.
    pub fn group(mut addresses: Vec<RowAddress>) -> Vec<DeletesRecord> {
        sort_and_dedup(&mut addresses);
        let mut groups: Vec<DeletesRecord> = Vec::new();
        for address in addresses {
            match groups.last_mut() {
                Some(group) if group.segment == address.segment => group.rows.push(address.row),
                _ => groups.push(DeletesRecord { segment: address.segment, rows: vec![address.row] }),
            }
        }
        groups
    }
}

/// The blob of an entry; `columns` are those of the run, in the order of the schema's fields.
pub fn encode(key: BlobKey, mut record: LogRecord, schema: &Schema, columns: &[Column]) -> Bytes {
    let mut sections = Vec::new();
    if let Some(run) = &mut record.run {
        run.columns = columns
            .iter()
            .zip(&schema.fields)
            .map(|(column, field)| encode::encode(field.id, column, &mut sections))
            .collect();
    }
    let head = postcard::to_allocvec(&record).expect("records hold only what postcard can write, and memory grows");
    let mut blob = codec::blank(4 + head.len() + sections.len());
    let body = &mut blob.as_mut_slice()[HEADER_BYTES..];
    let head_bytes = u32::try_from(head.len()).expect("a command is smaller than 4 GiB");
    body[..4].copy_from_slice(&head_bytes.to_le_bytes());
    body[4..4 + head.len()].copy_from_slice(&head);
    body[4 + head.len()..].copy_from_slice(&sections);
    codec::seal(key, &mut blob);
    blob
}

/// The record and the run's columns of an entry, those of fields that were added since included.
///
/// # Errors
/// [`Error::Corrupt`] when the blob is damaged or does not fit the schema.
pub fn decode(key: BlobKey, blob: &[u8], schema: &Schema) -> Result<(LogRecord, Vec<Column>)> {
    codec::verify(key, blob)?;
    let body = &blob[HEADER_BYTES..];
    let malformed = |what: &str| Error::corrupt(key, format!("{what} is malformed"));
    let (length, rest) = body.split_first_chunk::<4>().ok_or_else(|| malformed("its record's length"))?;
    let (head, mut sections) =
        rest.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or_else(|| malformed("its record's length"))?;
    let record: LogRecord = postcard::from_bytes(head).map_err(|_| malformed("its record"))?;
    let mut columns = Vec::new();
    if let Some(run) = &record.run {
        let mut shapes = run.columns.iter().peekable();
        for field in &schema.fields {
            let Some(shape) = shapes.next_if(|shape| shape.field == field.id) else {
                let column = added(field, run.columns.iter().map(|shape| shape.field), &columns);
                columns.push(column.ok_or_else(|| malformed(&format!("the column of field {}", field.name)))?);
                continue;
            };
            let bytes = usize::try_from(shape.size_bytes()).map_err(|_| malformed("a column's length"))?;
            let (column, rest) = sections.split_at_checked(bytes).ok_or_else(|| malformed("a column's length"))?;
            sections = rest;
            let column = encode::decode(field, shape, run.row_count, column);
            columns.push(column.ok_or_else(|| malformed(&format!("the column of field {}", field.name)))?);
        }
        if shapes.next().is_some() {
            return Err(malformed("its list of columns"));
        }
    }
    if !sections.is_empty() {
        return Err(malformed("what follows its columns"));
    }
    Ok((record, columns))
}
