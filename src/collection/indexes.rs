//! The structures that vectors are searched by, as stored: which there are, and their pages as blobs.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::index::form::{FormRecord, Plan};
use crate::schema::{FieldId, Metric};
use crate::segment::sealed::PartRecord;
use crate::segment::{PartitionId, SegmentId};
use crate::sorted::SortedMap;
use crate::store::codec;
use crate::store::{Batch, BlobKey, Bytes};

/// The number of a structure within its collection.
pub type IndexId = u32;

/// The body of [`BlobKey::Indexes`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct IndexesRecord {
    /// The number of the next structure.
    pub next: IndexId,
    /// What there is, field by field.
    pub fields: Vec<FieldRecord>,
}

/// The structures of one vector field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldRecord {
    /// The field.
    pub field: FieldId,
    /// The metric that the structures answer by.
    pub metric: Metric,
    /// The centre of the space that the codes lie in.
    pub center: Vec<f32>,
    /// The codes of sealed segments.
    pub codes: Vec<CodesRecord>,
    /// The inverted files and graphs, one a partition at most.
    pub placed: Vec<PlacedRecord>,
}

/// The codes of a sealed segment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CodesRecord {
    /// Where their pages lie: those of the rows, then those of the blocks.
    pub pages: PagesRecord,
    /// The segment.
    pub segment: SegmentId,
    /// Its rows without codes.
    pub uncoded: Vec<u32>,
    /// Rows in a page.
    pub rows_per_page: u32,
    /// Blocks in a page; 0 when there are none.
    pub blocks_per_page: u32,
    /// How many of the pages are of rows.
    pub row_pages: u32,
}

/// An inverted file or a graph over sealed segments of a partition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlacedRecord {
    /// Where its pages lie, kind by kind.
    pub pages: PagesRecord,
    /// The partition.
    pub partition: PartitionId,
    /// What was asked for.
    pub plan: Plan,
    /// The segments, in the order of their slots, and their rows. Some may be gone.
    pub segments: Vec<(SegmentId, u32)>,
    /// What it is.
    pub form: FormRecord,
}

/// The pages of one structure: parts 0, 1, … of its number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PagesRecord {
    /// The structure.
    pub id: IndexId,
    /// The parts.
    pub parts: Vec<PartRecord>,
}

impl PagesRecord {
    /// The pages of a structure of that number, none of them written yet.
    pub fn new(id: IndexId) -> PagesRecord {
        PagesRecord { id, parts: Vec::new() }
    }

    /// Writes the next of `pages`, about `bytes` of them and at least one; says whether all are written.
    pub fn write<'a>(
        &mut self,
        collection: u64,
        mut pages: impl Iterator<Item = &'a Bytes>,
        bytes: u64,
        batch: &mut Batch,
    ) -> bool {
        let mut written = 0;
        for page in pages.by_ref().skip(self.parts.len()) {
            let key = BlobKey::Index { collection, index: self.id, part: self.parts.len() as u32 };
            let mut blob = page.clone();
            let checksum = codec::seal(key, &mut blob);
            let blob_bytes = u32::try_from(blob.len()).expect("pages are small");
            written += u64::from(blob_bytes);
            self.parts.push(PartRecord { blob_bytes, checksum });
            batch.put(key, blob);
            if written >= bytes {
                break;
            }
        }
        pages.next().is_none()
    }

    /// The keys of the parts that are written.
    pub fn keys(&self, collection: u64) -> impl Iterator<Item = BlobKey> + use<> {
        let index = self.id;
        (0..self.parts.len() as u32).map(move |part| BlobKey::Index { collection, index, part })
    }

    /// Takes the parts out of what was loaded, checked.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when one is absent, damaged, or not the one that was written.
    pub fn take(&self, collection: u64, blobs: &mut SortedMap<BlobKey, Bytes>) -> Result<Vec<Bytes>> {
        let expected = self.parts.iter();
        self.keys(collection)
            .zip(expected)
            .map(|(key, expected)| {
                let blob = blobs.remove(&key).ok_or_else(|| Error::corrupt(key, "it is absent"))?;
                if codec::verify(key, blob.as_slice())? != expected.checksum {
                    return Err(Error::corrupt(key, "it is not the part that was written"));
                }
                Ok(blob)
            })
            .collect()
    }

    /// Bytes of all parts.
    pub fn size_bytes(&self) -> u64 {
        self.parts.iter().map(|part| u64::from(part.blob_bytes)).sum()
    }
}
