//! A collection read back from its blobs: manifest, descriptors, parts segment by segment, then the log.
//!
//! A [`Loader`] says which blobs it needs next and takes them in, in rounds small enough that reading a large
//! collection never holds it twice.

use super::coded::Coded;
use super::indexes::{PagesRecord, PlacedRecord};
use super::log;
use super::manifest::{ManifestRecord, SealedRecord};
use super::primary::RowAddress;
use super::write::is_full;
use super::{Collection, Growing, Sealed};
use crate::bitmap::Bitmap;
use crate::error::{Error, Result};
use crate::index::Thresholds;
use crate::schema::{FieldId, Schema};
use crate::segment::sealed::{SegmentRecord, read};
use crate::segment::{Segment, SegmentId};
use crate::sorted::{SortedMap, sort_by};
use crate::store::codec::{self, HEADER_BYTES};
use crate::store::{BlobKey, Bytes};

/// Log entries asked for in one round at most, and their bytes about.
const LOG_ROUND_MAX: u64 = 64;
const LOG_ROUND_BYTES: u64 = 16 << 20;

/// Reads one collection.
#[derive(Debug)]
pub struct Loader {
    id: u64,
    /// The log entries that the store has, ascending.
    stored_log: Vec<u64>,
    has_indexes: bool,
    stage: Stage,
    collection: Collection,
    manifest: ManifestRecord,
    descriptors: SortedMap<SegmentId, SegmentRecord>,
    deletes: SortedMap<SegmentId, Bitmap>,
    /// The inverted files and graphs that are to be read, with their columns, the next one last.
    placed: Vec<(usize, PlacedRecord)>,
}

#[derive(Debug)]
enum Stage {
    Manifest,
    Descriptors,
    /// The parts of the segment at this place in the manifest.
    Parts(usize),
    /// The inverted file or graph that comes next.
    Placed,
    /// The log entries from this one on.
    Log(u64),
    Done,
}

impl Loader {
    /// Begins to read a collection; `stored_log` are the log entries that the store has, ascending, and `has_indexes`
    /// says whether it has a record of structures.
    pub fn new(
        id: u64,
        schema: Schema,
        stored_log: Vec<u64>,
        has_indexes: bool,
        thresholds: Thresholds,
        page_bytes: usize,
    ) -> Loader {
        Loader {
            id,
            stored_log,
            has_indexes,
            stage: Stage::Manifest,
            collection: Collection::empty(id, schema, thresholds, page_bytes),
            manifest: ManifestRecord::default(),
            descriptors: SortedMap::new(),
            deletes: SortedMap::new(),
            placed: Vec::new(),
        }
    }

    /// The blobs needed next; none when all is read.
    pub fn need(&self) -> Vec<BlobKey> {
        let collection = self.id;
        match self.stage {
            Stage::Manifest => {
                let indexes = self.has_indexes.then_some(BlobKey::Indexes { collection });
                [BlobKey::Manifest { collection }].into_iter().chain(indexes).collect()
            }
            Stage::Descriptors => {
                let descriptor = |s: &SealedRecord| BlobKey::Segment { collection, segment: s.id, part: 0 };
                let deletes =
                    |s: &SealedRecord| s.deletes_seq.map(|seq| BlobKey::Deletes { collection, segment: s.id, seq });
                let sealed = &self.manifest.sealed;
                sealed.iter().map(descriptor).chain(sealed.iter().filter_map(deletes)).collect()
            }
            Stage::Parts(at) => {
                let segment = self.manifest.sealed[at].id;
                let descriptor = &self.descriptors[&segment];
                let (pages, left) = (descriptor.pages(), self.left(segment));
                let is_left =
                    |part: u32| left.iter().any(|f| pages.get(f).is_some_and(|p| p.numbers().contains(&part)));
                let parts = (1..=descriptor.parts.len() as u32).filter(|part| !is_left(*part));
                let parts = parts.map(|part| BlobKey::Segment { collection, segment, part });
                parts.chain(self.collection.index_keys(segment)).collect()
            }
            Stage::Placed => {
                self.placed.last().map(|(_, record)| record.pages.keys(collection).collect()).unwrap_or_default()
            }
            Stage::Log(from) => {
                let entries = self.stored_log.iter().copied().filter(|seq| *seq >= from);
                entries.take(self.log_round()).map(|seq| BlobKey::Log { collection, seq }).collect()
            }
            Stage::Done => Vec::new(),
        }
    }

    /// Bytes that the collection will hold, as far as is known; 0 before the manifest is read.
    pub fn expected_bytes(&self) -> u64 {
        let sealed: u64 = self.manifest.sealed.iter().map(|sealed| sealed.size_bytes).sum();
        let left: u64 = self.manifest.sealed.iter().map(|sealed| self.left_bytes(sealed)).sum();
        let coded = self.collection.coded.values().flat_map(Coded::stored_pages);
        let coming = self.placed.iter().map(|(_, record)| &record.pages);
        let coded: u64 = coded.chain(coming).map(PagesRecord::size_bytes).sum();
        sealed.saturating_sub(left) + coded + self.collection.log.values().sum::<u64>()
    }

    /// Takes in the blobs that [`Loader::need`] named, all of them.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when one is absent, damaged, or contradicts another.
    pub fn supply(&mut self, blobs: Vec<(BlobKey, Bytes)>) -> Result<()> {
        match self.stage {
            Stage::Manifest => self.take_manifest(blobs)?,
            Stage::Descriptors => self.take_descriptors(blobs)?,
            Stage::Parts(at) => self.take_parts(at, blobs)?,
            Stage::Placed => self.take_placed(blobs)?,
            Stage::Log(from) => self.take_log(from, blobs)?,
            Stage::Done => {}
        }
        // Stages that need nothing are passed over.
        while self.need().is_empty() {
            self.stage = match self.stage {
                Stage::Manifest => Stage::Descriptors,
                Stage::Descriptors if self.manifest.sealed.is_empty() => Stage::Placed,
                Stage::Descriptors => Stage::Parts(0),
                Stage::Parts(at) => {
                    self.take_parts(at, Vec::new())?;
                    self.stage_after_parts(at)
                }
                Stage::Placed => Stage::Log(self.manifest.log_start),
                Stage::Log(_) | Stage::Done => {
                    self.stage = Stage::Done;
                    return Ok(());
                }
            };
        }
        Ok(())
    }

    /// The collection, when nothing is needed any more.
    pub fn finish(self) -> Collection {
        self.collection
    }

    /// How many log entries to ask for: their sizes are known only once they are read, so those before are a guide.
    fn log_round(&self) -> usize {
        let log = &self.collection.log;
        let mean = log.values().sum::<u64>() / (log.values().len() as u64).max(1);
        let first_round = 2;
        LOG_ROUND_BYTES.checked_div(mean).map_or(first_round, |round| round.clamp(1, LOG_ROUND_MAX)) as usize
    }

    fn take_manifest(&mut self, blobs: Vec<(BlobKey, Bytes)>) -> Result<()> {
        let key = BlobKey::Manifest { collection: self.id };
        let Some((_, blob)) = blobs.iter().find(|(found, _)| *found == key) else {
            return Err(Error::corrupt(key, "it is absent"));
        };
        let manifest: ManifestRecord = codec::decode(key, blob.as_slice())?;
        let mut ids: Vec<SegmentId> = manifest.sealed.iter().map(|sealed| sealed.id).collect();
        ids.extend(&manifest.growing);
        sort_by(&mut ids, u32::cmp);
        if ids.windows(2).any(|pair| pair[0] == pair[1]) || ids.last().is_some_and(|id| *id >= manifest.next_segment) {
            return Err(Error::corrupt(key, "its segments contradict each other"));
        }
        self.stored_log.retain(|seq| *seq >= manifest.log_start);
        let expected = (manifest.log_start..).take(self.stored_log.len());
        if let Some((_, missing)) = self.stored_log.iter().zip(expected).find(|(have, want)| **have != *want) {
            return Err(Error::corrupt(BlobKey::Log { collection: self.id, seq: missing }, "it is absent"));
        }
        self.collection.next_segment = manifest.next_segment;
        self.collection.auto_id_last = manifest.auto_id_last;
        self.collection.next_seq = manifest.log_start + self.stored_log.len() as u64;
        self.manifest = manifest;
        let indexes = BlobKey::Indexes { collection: self.id };
        match blobs.iter().find(|(found, _)| *found == indexes) {
            Some((_, blob)) => {
                let record = codec::decode(indexes, blob.as_slice())?;
                self.placed = self.collection.take_indexes(indexes, record, &ids)?;
            }
            None if self.has_indexes => return Err(Error::corrupt(indexes, "it is absent")),
            None => {}
        }
        self.stage = Stage::Descriptors;
        Ok(())
    }

    fn take_descriptors(&mut self, blobs: Vec<(BlobKey, Bytes)>) -> Result<()> {
        let collection = self.id;
        let blobs: SortedMap<BlobKey, Bytes> = blobs.into_iter().collect();
        for sealed in &self.manifest.sealed {
            let key = BlobKey::Segment { collection, segment: sealed.id, part: 0 };
            let blob = blobs.get(&key).ok_or_else(|| Error::corrupt(key, "it is absent"))?;
            let record: SegmentRecord = codec::decode(key, blob.as_slice())?;
            let is_sealed = codec::verify(key, blob.as_slice())? == sealed.descriptor_checksum;
            let parts = record.parts.len() == sealed.part_count as usize;
            if !is_sealed || !parts || record.row_count != sealed.row_count || record.partition != sealed.partition {
                return Err(Error::corrupt(key, "it is not the descriptor that was sealed"));
            }
            self.descriptors.insert(sealed.id, record);
            if let Some(seq) = sealed.deletes_seq {
                let key = BlobKey::Deletes { collection, segment: sealed.id, seq };
                let blob = blobs.get(&key).ok_or_else(|| Error::corrupt(key, "it is absent"))?;
                codec::verify(key, blob.as_slice())?;
                let (words, rest) = blob.as_slice()[HEADER_BYTES..].as_chunks::<8>();
                let words = words.iter().map(|word| u64::from_le_bytes(*word)).collect();
                let deletes = Bitmap::from_words(words, sealed.row_count).filter(|_| rest.is_empty());
                let deletes = deletes.ok_or_else(|| Error::corrupt(key, "it does not fit its segment"))?;
                self.deletes.insert(sealed.id, deletes);
            }
        }
        self.stage = if self.manifest.sealed.is_empty() { Stage::Placed } else { Stage::Parts(0) };
        Ok(())
    }

    fn take_parts(&mut self, at: usize, blobs: Vec<(BlobKey, Bytes)>) -> Result<()> {
        let record = self.manifest.sealed[at];
        let mut parts = SortedMap::new();
        let mut index_parts = SortedMap::new();
        for (key, blob) in blobs {
            match key {
                BlobKey::Segment { segment, part, .. } if segment == record.id => parts.insert(part, blob),
                _ => index_parts.insert(key, blob),
            };
        }
        self.collection.take_codes(record.id, record.row_count, index_parts)?;
        let descriptor = &self.descriptors[&record.id];
        let left = self.left(record.id);
        let mut segment = read(self.id, record.id, &self.collection.schema, descriptor, parts, &left)?;
        if let Some(deletes) = self.deletes.remove(&record.id) {
            segment.set_deletes(deletes);
        }
        let pages = descriptor.pages();
        self.collection.segments.insert(record.id, segment);
        self.collection.sealed.insert(record.id, Sealed { record, pages, has_new_deletes: false });
        self.stage = self.stage_after_parts(at);
        Ok(())
    }

    /// The vector fields of a segment whose pages stay in storage for now.
    fn left(&self, segment: SegmentId) -> Vec<FieldId> {
        let columns = self.collection.schema.vector_columns();
        let left = columns.filter(|column| self.collection.has_stored_codes(segment, *column));
        left.map(|column| self.collection.schema.fields[column].id).collect()
    }

    fn left_bytes(&self, sealed: &SealedRecord) -> u64 {
        let columns = self.collection.schema.vector_columns();
        let left = columns.filter(|column| self.collection.has_stored_codes(sealed.id, *column));
        left.map(|column| u64::from(sealed.row_count) * u64::from(self.collection.schema.fields[column].dim) * 4).sum()
    }

    fn stage_after_parts(&self, at: usize) -> Stage {
        if at + 1 < self.manifest.sealed.len() { Stage::Parts(at + 1) } else { Stage::Placed }
    }

    fn take_placed(&mut self, blobs: Vec<(BlobKey, Bytes)>) -> Result<()> {
        let Some((column, record)) = self.placed.pop() else { return Ok(()) };
        self.collection.take_placed(column, record, blobs)
    }

    fn take_log(&mut self, from: u64, blobs: Vec<(BlobKey, Bytes)>) -> Result<()> {
        let blobs: SortedMap<BlobKey, Bytes> = blobs.into_iter().collect();
        let mut next = from;
        for key in self.need() {
            let blob = blobs.get(&key).ok_or_else(|| Error::corrupt(key, "it is absent"))?;
            self.replay(key, next, blob)?;
            next += 1;
        }
        self.stage = Stage::Log(next);
        Ok(())
    }

    /// Applies one log entry; `manifest.rs` has the rules.
    fn replay(&mut self, key: BlobKey, seq: u64, blob: &Bytes) -> Result<()> {
        let collection = &mut self.collection;
        let (record, columns) = log::decode(key, blob.as_slice(), &collection.schema)?;
        collection.log.insert(seq, blob.len() as u64);
        collection.auto_id_last = collection.auto_id_last.max(record.auto_id_last);
        if let Some(run) = &record.run {
            let is_known = collection.sealed.contains_key(&run.segment);
            let is_gone = run.segment < self.manifest.next_segment && !self.manifest.growing.contains(&run.segment);
            if !is_known && !is_gone {
                collection.next_segment = collection.next_segment.max(run.segment.saturating_add(1));
                let (schema, page_bytes) = (&collection.schema, collection.page_bytes);
                let segment = collection
                    .segments
                    .get_or_insert_with(run.segment, || Segment::new(run.segment, run.partition, schema, page_bytes));
                if segment.row_count() != run.first_row || segment.partition() != run.partition {
                    return Err(Error::corrupt(key, "it does not follow the entries before it"));
                }
                segment.append(&columns, 0..run.row_count);
                let bytes = segment.column_bytes();
                let is_closed = is_full(bytes, bytes / u64::from(segment.row_count().max(1)));
                let growing = || Growing { first_seq: seq, is_closed };
                collection.growing.get_or_insert_with(run.segment, growing).is_closed = is_closed;
            }
        }
        for deletes in &record.deletes {
            let segment = deletes.segment;
            if let Some(known) = collection.segments.get(&segment)
                && deletes.rows.iter().any(|row| *row >= known.row_count())
            {
                return Err(Error::corrupt(key, "it deletes rows that do not exist"));
            }
            let addresses: Vec<RowAddress> = deletes.rows.iter().map(|&row| RowAddress { segment, row }).collect();
            collection.kill(&addresses);
        }
        Ok(())
    }
}
