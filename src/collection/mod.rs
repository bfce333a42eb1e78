//! Rows routed to segments, results merged.
//!
//! A [`Collection`] is one collection's rows in memory together with what is stored of them: sealed segments, growing
//! ones, and the log that holds the growing ones' rows and the newest deletes. It knows no names: partitions are
//! numbers here, and whether something may be read is the engine's business.
//!
//! Every method that changes rows checks first and changes after, and hands out the batch that makes it durable.

mod age;
mod coded;
pub mod delete;
pub mod field_op;
pub mod group;
pub mod hybrid;
pub mod indexes;
pub mod indexing;
mod late;
pub mod load;
pub mod log;
pub mod maintain;
pub mod manifest;
pub mod order;
pub mod output;
mod placed;
pub mod primary;
pub mod query;
pub mod search;
pub mod write;

use crate::index::Thresholds;
use crate::schema::{FieldId, Schema};
use crate::segment::sealed::PageParts;
use crate::segment::{PartitionId, SEGMENT_BYTES_MAX, Segment, SegmentId};
use crate::sorted::SortedMap;
use crate::store::{Batch, BlobKey, codec};
use coded::Coded;
use indexes::{IndexId, PagesRecord};
use late::Answer;
use maintain::Job;
use manifest::{ManifestRecord, SealedRecord};
use primary::{PrimaryIndex, PrimaryKey, RowAddress};

/// The rows of a collection.
#[derive(Debug)]
pub struct Collection {
    id: u64,
    schema: Schema,
    /// All segments; each is also in exactly one of `sealed` and `growing`.
    segments: SortedMap<SegmentId, Segment>,
    sealed: SortedMap<SegmentId, Sealed>,
    growing: SortedMap<SegmentId, Growing>,
    next_segment: SegmentId,
    /// Bytes of the log entries that are stored, by number, without gaps.
    log: SortedMap<u64, u64>,
    next_seq: u64,
    auto_id_last: i64,
    /// Built by the first command that needs it.
    primary: Option<PrimaryIndex>,
    /// Codes of vectors, by column.
    coded: SortedMap<usize, Coded>,
    thresholds: Thresholds,
    /// The bytes that a page of vectors aims at.
    page_bytes: usize,
    next_index: IndexId,
    /// Whether the stored record of the structures names some that are gone.
    are_indexes_changed: bool,
    /// The background work under way.
    job: Option<Job>,
    is_flush_asked: bool,
    is_compaction_asked: bool,
    /// Vector columns that are left in storage by wish of the user.
    left_columns: Vec<usize>,
    /// Whether others are read in.
    reads_in: bool,
    /// What searches of the command under way came to while vectors in storage were waited for, and how many of them
    /// there were in the attempt under way.
    answered: Vec<Answer>,
    asked: usize,
    /// No live row was written before this time; `None` where that is not known.
    oldest_ms: Option<i64>,
    /// Rows that were too old, whose deaths are not logged.
    expired: Vec<RowAddress>,
    /// The time by which pages are old: it goes on with each command. What was not read since it was put has 0.
    reading: u32,
}

/// What is stored of a sealed segment.
#[derive(Debug)]
struct Sealed {
    record: SealedRecord,
    /// The pages of its vectors, by field.
    pages: SortedMap<FieldId, PageParts>,
    /// Whether rows died since its deletes were stored.
    has_new_deletes: bool,
}

/// What is stored of a growing segment: log entries.
#[derive(Debug)]
struct Growing {
    first_seq: u64,
    /// Takes no more rows: it is full, or being sealed.
    is_closed: bool,
}

/// Heap that a command may add to.
#[derive(Debug, Clone, Copy)]
pub struct Memory {
    /// The limit over all collections.
    pub limit_bytes: u64,
    /// What they hold now.
    pub used_bytes: u64,
    /// What of it can be given back at once: vectors that are stored and need not be in memory.
    pub leavable_bytes: u64,
}

/// What is left free by new rows, so that compaction has room where nothing else has: a segment is written beside those
/// that it replaces, whose rows are read a little at a time. The index of primary keys grows by doubling, in what is left.
const RESERVE_BYTES: u64 = SEGMENT_BYTES_MAX + 2 * maintain::COPIED_BYTES_MAX;

/// The share of the memory limit that is left free at most.
const RESERVE_SHARE: u64 = 8;

/// The share of the memory limit that structures and vectors that could be left in storage may bring collections up to.
/// The rest is for new rows.
const SHARE: (u64, u64) = (3, 4);

impl Memory {
    /// What structures and stored vectors may bring collections up to.
    pub fn share_bytes(self) -> u64 {
        self.limit_bytes / SHARE.1 * SHARE.0
    }

    /// What is left free by new rows.
    pub fn reserve_bytes(self) -> u64 {
        RESERVE_BYTES.min(self.limit_bytes / RESERVE_SHARE)
    }

    /// Whether so many bytes more stay within the limit, once all is given back that can be.
    fn has_room(self, bytes: u64) -> bool {
        self.used_bytes.saturating_sub(self.leavable_bytes) + bytes <= self.limit_bytes
    }

    /// Whether structures may take so many bytes more: without them, rows are scanned exactly.
    fn has_room_for_structures(self, bytes: u64) -> bool {
        self.used_bytes.saturating_sub(self.leavable_bytes) + bytes <= self.share_bytes()
    }

    /// Whether stored vectors may take so many bytes more.
    fn has_room_for_pages(self, bytes: u64) -> bool {
        self.used_bytes + bytes <= self.share_bytes()
    }
}

impl Collection {
    /// A collection without rows, and the batch that stores it as such.
    pub fn create(id: u64, schema: Schema, thresholds: Thresholds, page_bytes: usize) -> (Collection, Batch) {
        let collection = Collection::empty(id, schema, thresholds, page_bytes);
        let mut batch = Batch::default();
        collection.put_manifest(&mut batch);
        (collection, batch)
    }

    fn empty(id: u64, schema: Schema, thresholds: Thresholds, page_bytes: usize) -> Collection {
        Collection {
            id,
            schema,
            segments: SortedMap::new(),
            sealed: SortedMap::new(),
            growing: SortedMap::new(),
            next_segment: 1,
            log: SortedMap::new(),
            next_seq: 1,
            auto_id_last: 0,
            primary: None,
            coded: SortedMap::new(),
            thresholds,
            page_bytes,
            next_index: 1,
            are_indexes_changed: false,
            job: None,
            is_flush_asked: false,
            is_compaction_asked: false,
            left_columns: Vec::new(),
            reads_in: true,
            answered: Vec::new(),
            asked: 0,
            oldest_ms: None,
            expired: Vec::new(),
            reading: 1,
        }
    }

    /// The collection's schema.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Rows that reads can see, in `partitions`, or in all when `None`.
    pub fn live_count(&self, partitions: Option<&[PartitionId]>) -> u64 {
        self.segments_in(partitions).map(|segment| u64::from(segment.live_count())).sum()
    }

    /// Dead rows that compaction has not removed yet.
    pub fn deleted_count(&self) -> u64 {
        self.segments.values().map(|segment| u64::from(segment.deletes().count())).sum()
    }

    /// Rows in sealed segments that reads can see.
    pub fn sealed_count(&self) -> u64 {
        self.sealed.keys().map(|id| u64::from(self.segments[id].live_count())).sum()
    }

    /// How many segments grow, and how many are sealed.
    pub fn segment_counts(&self) -> (u32, u32) {
        (self.growing.len() as u32, self.sealed.len() as u32)
    }

    /// The heap that the collection holds, in bytes.
    pub fn size_bytes(&self) -> u64 {
        let segments: u64 = self.segments.values().map(Segment::size_bytes).sum();
        segments
            + self.primary.as_ref().map_or(0, PrimaryIndex::size_bytes)
            + self.coded.values().map(Coded::size_bytes).sum::<u64>()
            + self.job.as_ref().map_or(0, Job::size_bytes)
    }

    /// Bytes of the blobs that are stored.
    pub fn stored_bytes(&self) -> u64 {
        let sealed: u64 = self.sealed.values().map(|sealed| sealed.record.size_bytes).sum();
        let coded: u64 = self.coded.values().flat_map(Coded::stored_pages).map(PagesRecord::size_bytes).sum();
        sealed + coded + self.log.values().sum::<u64>()
    }

    /// Whether a stored blob of this collection is part of it.
    pub fn refers_to(&self, key: BlobKey) -> bool {
        match key {
            BlobKey::Catalog
            | BlobKey::Epoch
            | BlobKey::Access
            | BlobKey::Manifest { .. }
            | BlobKey::Indexes { .. } => true,
            BlobKey::Index { index, part, .. } => {
                let mut pages = self.coded.values().flat_map(Coded::stored_pages);
                pages.any(|pages| pages.id == index && (part as usize) < pages.parts.len())
            }
            BlobKey::Log { seq, .. } => self.log.contains_key(&seq),
            BlobKey::Segment { segment, part, .. } => {
                self.sealed.get(&segment).is_some_and(|sealed| part <= sealed.record.part_count)
            }
            BlobKey::Deletes { segment, seq, .. } => {
                self.sealed.get(&segment).is_some_and(|sealed| sealed.record.deletes_seq == Some(seq))
            }
        }
    }

    /// Removes the rows of a partition, or of all.
    pub fn clear(&mut self, partition: Option<PartitionId>) -> Batch {
        let mut batch = Batch::default();
        let is_dropped = |segment: &&Segment| partition.is_none_or(|partition| segment.partition() == partition);
        let dropped: Vec<SegmentId> = self.segments.values().filter(is_dropped).map(Segment::id).collect();
        if self.job.as_ref().is_some_and(|job| job.segments().iter().any(|id| dropped.contains(id))) {
            self.job = None;
        }
        for id in dropped {
            self.remove_segment(id, &mut batch);
        }
        self.primary = None;
        self.fold(&mut batch);
        batch
    }

    fn segments_in(&self, partitions: Option<&[PartitionId]>) -> impl Iterator<Item = &Segment> {
        self.segments
            .values()
            .filter(move |segment| partitions.is_none_or(|wanted| wanted.contains(&segment.partition())))
    }

    fn primary_key(&self, at: RowAddress) -> PrimaryKey<'_> {
        PrimaryKey::of(&self.segments[&at.segment].columns()[self.schema.primary_column()], at.row)
    }

    /// The index of primary keys, built if need be.
    fn primary(&mut self) -> &PrimaryIndex {
        let (segments, primary) = (&self.segments, self.schema.primary_column());
        self.primary.get_or_insert_with(|| PrimaryIndex::build(segments, primary))
    }

    /// Marks rows dead, in memory.
    fn kill(&mut self, addresses: &[RowAddress]) {
        let primary = self.schema.primary_column();
        for at in addresses {
            let Some(segment) = self.segments.get_mut(&at.segment) else { continue };
            if !segment.delete(at.row) {
                continue;
            }
            if let Some(index) = &mut self.primary {
                index.remove(PrimaryKey::of(&segment.columns()[primary], at.row), *at);
            }
            if let Some(sealed) = self.sealed.get_mut(&at.segment) {
                sealed.has_new_deletes = true;
            }
        }
    }

    /// Forgets a segment, in memory and in storage. The manifest is the caller's to rewrite.
    fn remove_segment(&mut self, id: SegmentId, batch: &mut Batch) {
        let collection = self.id;
        self.segments.remove(&id);
        self.growing.remove(&id);
        for (_, coded) in self.coded.iter_mut() {
            self.are_indexes_changed |= coded.remove(collection, id, batch);
        }
        if let Some(sealed) = self.sealed.remove(&id) {
            for part in 0..sealed.record.part_count + 1 {
                batch.remove(BlobKey::Segment { collection, segment: id, part });
            }
            if let Some(seq) = sealed.record.deletes_seq {
                batch.remove(BlobKey::Deletes { collection, segment: id, seq });
            }
        }
    }

    /// Stores the deletes that only the log has, cuts the log before the first growing row, rewrites the manifest.
    fn fold(&mut self, batch: &mut Batch) {
        let (collection, seq) = (self.id, self.next_seq - 1);
        for (id, sealed) in self.sealed.iter_mut() {
            if !sealed.has_new_deletes {
                continue;
            }
            let key = BlobKey::Deletes { collection, segment: *id, seq };
            let words = self.segments[id].deletes().words();
            if let Some(old) = sealed.record.deletes_seq.replace(seq) {
                batch.remove(BlobKey::Deletes { collection, segment: *id, seq: old });
            }
            batch.put(key, codec::encode_body(key, bytemuck::cast_slice(words)));
            sealed.has_new_deletes = false;
        }
        let log_start = self.log_start();
        for seq in self.log.take_below(&log_start).into_keys() {
            batch.remove(BlobKey::Log { collection, seq });
        }
        if std::mem::take(&mut self.are_indexes_changed) {
            self.put_indexes(batch);
        }
        self.put_manifest(batch);
    }

    fn log_start(&self) -> u64 {
        self.growing.values().map(|growing| growing.first_seq).min().unwrap_or(self.next_seq)
    }

    fn put_manifest(&self, batch: &mut Batch) {
        let record = ManifestRecord {
            sealed: self.sealed.values().map(|sealed| sealed.record).collect(),
            growing: self.growing.keys().copied().collect(),
            next_segment: self.next_segment,
            log_start: self.log_start(),
            auto_id_last: self.auto_id_last,
        };
        let key = BlobKey::Manifest { collection: self.id };
        batch.put(key, codec::encode(key, &record));
    }
}
