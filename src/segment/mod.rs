//! Rows that lie together: growing ones that are appended to, sealed ones that only lose rows.
//!
//! A [`Segment`] holds the columns of its rows, which of them are dead, and what searches need. Its rows keep their
//! numbers from the first append through sealing until compaction writes the live ones into another segment.
//! It knows no names, no primary-key rules and no log; `collection/` decides what goes where.

pub mod compaction;
pub mod sealed;

use crate::bitmap::Bitmap;
use crate::column::gather::{vector, vector_mut};
use crate::column::{Column, ColumnData, VectorColumn};
use crate::filter::Predicate;
use crate::index::flat::{Flat, Request};
use crate::index::top::Top;
use crate::schema::{DataType, Field, Metric, Schema};

/// The number of a segment within its collection; never used twice.
pub type SegmentId = u32;

/// The number of a partition within its collection; never used twice.
pub type PartitionId = u64;

/// Column bytes at which a growing segment takes no more rows and waits to be sealed.
///
/// Small enough that sealing and compaction are steps of a few milliseconds and an isolate of 128 MB can hold several;
/// large enough that a scan's overhead a segment does not show.
pub const SEGMENT_BYTES_MAX: u64 = 8 << 20;

/// Predicates whose rows a segment remembers.
const REMEMBERED_FILTERS: usize = 8;

/// Bytes of a predicate beyond which it is not remembered: long lists of keys are quick to evaluate and rarely repeated.
const REMEMBERED_BYTES_MAX: usize = 4096;

/// Rows of one partition.
#[derive(Debug)]
pub struct Segment {
    id: SegmentId,
    partition: PartitionId,
    row_count: u32,
    columns: Vec<Column>,
    deletes: Bitmap,
    /// The index of each column that was searched, by column.
    indexes: Vec<Option<(Metric, Flat)>>,
    /// Rows for which a predicate holds, dead or alive, most recently used last.
    remembered: Vec<Remembered>,
}

#[derive(Debug)]
struct Remembered {
    predicate: String,
    rows: Bitmap,
}

impl Segment {
    /// A segment without rows, whose vectors lie in pages of about so many bytes.
    pub fn new(id: SegmentId, partition: PartitionId, schema: &Schema, page_bytes: usize) -> Segment {
        let column = |field: &Field| match field.data_type {
            DataType::FloatVector => {
                let vectors = VectorColumn::with_pages(field.dim, page_bytes);
                Column::from_data(ColumnData::FloatVector(vectors), None)
            }
            _ => Column::new(field),
        };
        let columns = schema.fields.iter().map(column).collect();
        Segment::with_columns(id, partition, 0, columns)
    }

    /// A segment of those columns, all rows alive.
    pub fn with_columns(id: SegmentId, partition: PartitionId, row_count: u32, columns: Vec<Column>) -> Segment {
        debug_assert!(columns.iter().all(|column| column.len() == row_count));
        let indexes = columns.iter().map(|_| None).collect();
        Segment { id, partition, row_count, columns, deletes: Bitmap::new(row_count), indexes, remembered: Vec::new() }
    }

    /// The segment's number.
    pub fn id(&self) -> SegmentId {
        self.id
    }

    /// The partition of its rows.
    pub fn partition(&self) -> PartitionId {
        self.partition
    }

    /// Rows, dead ones included.
    pub fn row_count(&self) -> u32 {
        self.row_count
    }

    /// Rows that reads can see.
    pub fn live_count(&self) -> u32 {
        self.row_count - self.deletes.count()
    }

    /// The columns, in the order of the schema's fields.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The dead rows.
    pub fn deletes(&self) -> &Bitmap {
        &self.deletes
    }

    /// Appends `rows` of a batch whose columns are in the schema's order.
    pub fn append(&mut self, batch: &[Column], rows: impl Iterator<Item = u32> + Clone) {
        for (column, from) in self.columns.iter_mut().zip(batch) {
            column.append(from, rows.clone());
        }
        self.row_count = self.columns.first().map_or(0, Column::len);
        self.deletes.grow(self.row_count);
        self.remembered.clear();
    }

    /// Marks a row dead; says whether it was alive. Rows beyond the end are not.
    pub fn delete(&mut self, row: u32) -> bool {
        row < self.row_count && self.deletes.insert(row)
    }

    /// The vector columns with their numbers, to have pages put or left.
    pub fn vectors_mut(&mut self) -> impl Iterator<Item = (usize, &mut VectorColumn)> {
        self.columns.iter_mut().enumerate().filter_map(|(at, column)| match column.data_mut() {
            ColumnData::FloatVector(vectors) => Some((at, vectors)),
            _ => None,
        })
    }

    /// The vectors of a column, to have pages put or left.
    ///
    /// # Panics
    /// If it is no vector column.
    pub fn vector_mut(&mut self, column: usize) -> &mut VectorColumn {
        vector_mut(self.columns[column].data_mut())
    }

    /// Replaces the dead rows, which must range over the segment's rows.
    pub fn set_deletes(&mut self, deletes: Bitmap) {
        assert_eq!(deletes.len(), self.row_count, "deletes range over the rows of their segment");
        self.deletes = deletes;
    }

    /// The live rows for which the predicate holds.
    pub fn matching(&mut self, predicate: &Predicate) -> Bitmap {
        if predicate.is_always_true() {
            let mut live = Bitmap::full(self.row_count);
            live.and_not(&self.deletes);
            return live;
        }
        if predicate.key().len() > REMEMBERED_BYTES_MAX {
            let mut rows = predicate.evaluate(&self.columns, self.row_count);
            rows.and_not(&self.deletes);
            return rows;
        }
        let known = self.remembered.iter().position(|known| known.predicate == predicate.key());
        let entry = match known {
            Some(at) => self.remembered.remove(at),
            None => {
                if self.remembered.len() == REMEMBERED_FILTERS {
                    self.remembered.remove(0);
                }
                let rows = predicate.evaluate(&self.columns, self.row_count);
                Remembered { predicate: predicate.key().to_string(), rows }
            }
        };
        let mut rows = entry.rows.clone();
        self.remembered.push(entry);
        rows.and_not(&self.deletes);
        rows
    }

    /// Makes the index of a vector column ready for [`Segment::search`] under a metric; `false` when some of its vectors
    /// are not here.
    pub fn prepare(&mut self, column: usize, metric: Metric) -> bool {
        let vectors = vector(self.columns[column].data());
        if !vectors.is_whole() {
            return false;
        }
        vectors.touch();
        let slot = &mut self.indexes[column];
        if slot.as_ref().is_none_or(|(indexed, _)| *indexed != metric) {
            *slot = Some((metric, Flat::new(metric)));
        }
        if let Some((_, index)) = slot {
            index.extend(vectors);
        }
        true
    }

    /// The nearest rows by a vector column that was prepared.
    ///
    /// # Panics
    /// If [`Segment::prepare`] was not called since the last append.
    pub fn search(&self, column: usize, request: &Request<'_>) -> Top {
        let (_, index) = self.indexes[column].as_ref().expect("the column's index was prepared");
        index.search(request)
    }

    /// Bytes of the rows' values.
    pub fn column_bytes(&self) -> u64 {
        self.columns.iter().map(Column::size_bytes).sum()
    }

    /// The heap that the segment holds, in bytes.
    pub fn size_bytes(&self) -> u64 {
        let indexes: u64 = self.indexes.iter().flatten().map(|(_, index)| index.size_bytes()).sum();
        let remembered: u64 =
            self.remembered.iter().map(|known| known.rows.size_bytes() + known.predicate.len() as u64).sum();
        self.column_bytes() + indexes + remembered + self.deletes.size_bytes()
    }
}
