//! Sealed segments as blobs: a descriptor (part 0) and parts with the columns.
//!
//! Scalar columns are cut into parts of at most [`PART_BYTES_MAX`]; a vector column's pages are parts as they are. The
//! descriptor has the length and checksum of every part, so a part that is intact but not the one that was sealed is
//! noticed too.

use serde::{Deserialize, Serialize};

use super::{PartitionId, Segment, SegmentId};
use crate::column::build::added;
use crate::column::encode::{self, ColumnRecord};
use crate::column::{Column, ColumnData, VectorColumn};
use crate::error::{Error, Result};
use crate::schema::{DataType, FieldId, Schema};
use crate::sorted::SortedMap;
use crate::store::codec::{self, HEADER_BYTES};
use crate::store::{BlobKey, Bytes};

/// Bytes of a part's body: as large as reads many rows at once like, below the 2 MB that a Durable Object's row holds.
pub const PART_BYTES_MAX: usize = 1 << 20;

/// What a sealed segment is made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SegmentRecord {
    /// Rows, dead ones included.
    pub row_count: u32,
    /// The partition of its rows.
    pub partition: PartitionId,
    /// Where each column lies.
    pub columns: Vec<StoredColumn>,
    /// The parts from 1 on.
    pub parts: Vec<PartRecord>,
}

/// A column of a sealed segment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum StoredColumn {
    /// Sections (see [`encode`]), cut into parts.
    Sections {
        /// Their shape.
        record: ColumnRecord,
        /// How many parts they take.
        part_count: u32,
    },
    /// Pages of vectors, each a part.
    Pages {
        /// The column's field.
        field: FieldId,
        /// Rows in each page but the last.
        rows_per_page: u32,
        /// How many pages there are.
        part_count: u32,
    },
}

/// A part of a sealed segment.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PartRecord {
    /// Bytes of the whole blob.
    pub blob_bytes: u32,
    /// The checksum in its header.
    pub checksum: u64,
}

/// The parts that a vector column's pages are.
#[derive(Debug, Clone, PartialEq)]
pub struct PageParts {
    /// The number of the first.
    pub first: u32,
    /// The pages in order.
    pub parts: Vec<PartRecord>,
}

impl SegmentRecord {
    /// Bytes of all parts.
    pub fn size_bytes(&self) -> u64 {
        self.parts.iter().map(|part| u64::from(part.blob_bytes)).sum()
    }

    /// The pages of each vector field.
    pub fn pages(&self) -> SortedMap<FieldId, PageParts> {
        let mut pages = SortedMap::new();
        let mut first = 1u32;
        for column in &self.columns {
            let (StoredColumn::Sections { part_count, .. } | StoredColumn::Pages { part_count, .. }) = *column;
            let end = first.saturating_add(part_count);
            if let StoredColumn::Pages { field, .. } = *column
                && let Some(parts) = self.parts.get(first as usize - 1..end as usize - 1)
            {
                pages.insert(field, PageParts { first, parts: parts.to_vec() });
            }
            first = end;
        }
        pages
    }
}

impl PageParts {
    /// The key of a page.
    pub fn key(&self, collection: u64, segment: SegmentId, page: u32) -> BlobKey {
        BlobKey::Segment { collection, segment, part: self.first + page }
    }

    /// The numbers of the parts.
    pub fn numbers(&self) -> std::ops::Range<u32> {
        self.first..self.first + self.parts.len() as u32
    }

    /// Bytes of all of them.
    pub fn size_bytes(&self) -> u64 {
        self.parts.iter().map(|part| u64::from(part.blob_bytes)).sum()
    }
}

/// Writes a segment part by part, so that a large one can be sealed in several short steps.
#[derive(Debug)]
pub struct SegmentWriter {
    collection: u64,
    segment: SegmentId,
    record: SegmentRecord,
    /// The next column to write.
    column: usize,
    /// The next page of it, for vectors.
    page: usize,
}

impl SegmentWriter {
    /// Begins to write a segment, whose rows must not change until the last part is written.
    pub fn new(collection: u64, segment: &Segment) -> SegmentWriter {
        let record = SegmentRecord {
            row_count: segment.row_count(),
            partition: segment.partition(),
            columns: Vec::new(),
            parts: Vec::new(),
        };
        SegmentWriter { collection, segment: segment.id(), record, column: 0, page: 0 }
    }

    /// The next parts, about `bytes` of them and at least one; none when all are written.
    pub fn next(&mut self, segment: &Segment, schema: &Schema, bytes: u64) -> Vec<(BlobKey, Bytes)> {
        let mut parts = Vec::new();
        let mut written = 0;
        while self.column < segment.columns().len() && written < bytes {
            let column = &segment.columns()[self.column];
            let field = schema.fields[self.column].id;
            if let ColumnData::FloatVector(vectors) = column.data() {
                if let Some(page) = vectors.pages().get(self.page) {
                    written += page.len() as u64;
                    parts.push(self.part(page.clone()));
                    self.page += 1;
                    continue;
                }
                self.record.columns.push(StoredColumn::Pages {
                    field,
                    rows_per_page: vectors.rows_per_page(),
                    part_count: self.page as u32,
                });
                self.page = 0;
            } else {
                let mut sections = Vec::new();
                let record = encode::encode(field, column, &mut sections);
                for body in sections.chunks(PART_BYTES_MAX) {
                    let mut blob = codec::blank(body.len());
                    blob.as_mut_slice()[HEADER_BYTES..].copy_from_slice(body);
                    written += blob.len() as u64;
                    parts.push(self.part(blob));
                }
                let part_count = sections.len().div_ceil(PART_BYTES_MAX) as u32;
                self.record.columns.push(StoredColumn::Sections { record, part_count });
            }
            self.column += 1;
        }
        parts
    }

    /// The descriptor with its checksum, when all parts are written.
    pub fn finish(self) -> (SegmentRecord, Bytes, u64) {
        let key = BlobKey::Segment { collection: self.collection, segment: self.segment, part: 0 };
        let mut blob = codec::encode(key, &self.record);
        let checksum = codec::seal(key, &mut blob);
        (self.record, blob, checksum)
    }

    fn part(&mut self, mut blob: Bytes) -> (BlobKey, Bytes) {
        let part = self.record.parts.len() as u32 + 1;
        let key = BlobKey::Segment { collection: self.collection, segment: self.segment, part };
        let checksum = codec::seal(key, &mut blob);
        let blob_bytes = u32::try_from(blob.len()).expect("parts are small");
        self.record.parts.push(PartRecord { blob_bytes, checksum });
        (key, blob)
    }
}

/// The segment of a descriptor and its parts (numbered from 1), checked in every respect. Fields that were added since it
/// was sealed have their default there, or null. Of the vector fields that `left` names no part is needed: their pages stay
/// in storage.
///
/// # Errors
/// [`Error::Corrupt`] when a part is absent, damaged, or not what the descriptor and the schema say.
pub fn read(
    collection: u64,
    segment: SegmentId,
    schema: &Schema,
    record: &SegmentRecord,
    mut parts: SortedMap<u32, Bytes>,
    left: &[FieldId],
) -> Result<Segment> {
    let descriptor = BlobKey::Segment { collection, segment, part: 0 };
    let mut next_part = 1u32;
    let mut skip = |count: u32| {
        let numbers = next_part..next_part.saturating_add(count);
        next_part = numbers.end;
        numbers
    };
    let mut take = |numbers: std::ops::Range<u32>| -> Result<Vec<Bytes>> {
        numbers
            .map(|part| {
                let key = BlobKey::Segment { collection, segment, part };
                let blob = parts.remove(&part).ok_or_else(|| Error::corrupt(key, "it is absent"))?;
                check_part(key, &blob, record.parts.get(part as usize - 1))?;
                Ok(blob)
            })
            .collect()
    };
    let pages = record.pages();
    let mut columns = Vec::new();
    for field in &schema.fields {
        let Some(stored) = record.columns.iter().find(|stored| stored.field() == field.id) else {
            let column = added(field, record.columns.iter().map(StoredColumn::field), &columns);
            columns.push(column.ok_or_else(|| Error::corrupt(descriptor, format!("field {} is absent", field.name)))?);
            continue;
        };
        let column = match stored {
            StoredColumn::Sections { record: shape, part_count } => {
                let mut sections = Vec::new();
                for blob in take(skip(*part_count))? {
                    sections.extend_from_slice(&blob.as_slice()[HEADER_BYTES..]);
                }
                encode::decode(field, shape, record.row_count, &sections)
            }
            _ if field.data_type != DataType::FloatVector => None,
            StoredColumn::Pages { rows_per_page, part_count, .. } => {
                let numbers = skip(*part_count);
                let (dim, rows_per_page, row_count) = (field.dim, *rows_per_page, record.row_count);
                let vectors = match pages.get(&field.id) {
                    Some(pages) if left.contains(&field.id) => {
                        let sizes = pages.parts.iter().map(|part| part.blob_bytes as usize);
                        VectorColumn::left(dim, rows_per_page, row_count, sizes)
                    }
                    _ => VectorColumn::from_pages(dim, rows_per_page, row_count, take(numbers)?),
                };
                vectors.map(|vectors| Column::from_data(ColumnData::FloatVector(vectors), None))
            }
        };
        columns.push(column.ok_or_else(|| Error::corrupt(descriptor, format!("field {} is malformed", field.name)))?);
    }
    Ok(Segment::with_columns(segment, record.partition, record.row_count, columns))
}

/// Checks that a blob is intact, and the part that was sealed.
///
/// # Errors
/// [`Error::Corrupt`].
pub fn check_part(key: BlobKey, blob: &Bytes, expected: Option<&PartRecord>) -> Result<()> {
    let checksum = codec::verify(key, blob.as_slice())?;
    if expected.is_some_and(|expected| expected.checksum == checksum) {
        Ok(())
    } else {
        Err(Error::corrupt(key, "it is not the part that was sealed"))
    }
}

impl StoredColumn {
    fn field(&self) -> FieldId {
        match self {
            StoredColumn::Sections { record, .. } => record.field,
            StoredColumn::Pages { field, .. } => *field,
        }
    }
}
