//! The inverted files of a column: one a partition over its sealed segments, built and stored in bounded steps.

use super::coded::Coded;
use super::indexes::{IndexId, InvertedRecord, PagesRecord, chained};
use crate::error::{Error, Result};
use crate::index::Thresholds;
use crate::index::codes::Codes;
use crate::index::inverted::{Builder, Inverted, StoredPages};
use crate::index::slots::{SlotCodes, Slots};
use crate::segment::{PartitionId, Segment, SegmentId};
use crate::sorted::SortedMap;
use crate::store::{Batch, BlobKey, Bytes};

/// How many clusters an index wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clusters {
    /// None: codes are scanned.
    None,
    /// About three times the root of the number of rows, from [`Thresholds::clustered_rows`] on.
    Auto,
    /// So many, from [`Thresholds::named_rows`] on.
    Count(u32),
}

/// An inverted file is made anew once one row in so many is missing or gone.
const WORN_SHARE: u64 = 4;

/// An inverted file and the rows that it holds.
#[derive(Debug)]
pub(super) struct Placed {
    pub file: Inverted,
    pub slots: Slots,
    /// The segments in the order of their slots. Some may be gone.
    pub segments: Vec<SegmentId>,
    /// What is stored of it; complete once `is_stored`.
    record: InvertedRecord,
    is_stored: bool,
}

/// An inverted file on its way.
#[derive(Debug)]
pub(super) struct Building {
    partition: PartitionId,
    asked: u32,
    segments: Vec<SegmentId>,
    slots: Slots,
    builder: Builder,
}

impl Placed {
    pub(super) fn size_bytes(&self) -> u64 {
        self.file.size_bytes()
    }

    pub(super) fn stored(&self) -> Option<&InvertedRecord> {
        self.is_stored.then_some(&self.record)
    }

    /// The parts that are written so far.
    pub(super) fn keys(&self, collection: u64) -> impl Iterator<Item = BlobKey> + use<> {
        self.record.pages.keys(collection)
    }
}

impl Building {
    pub(super) fn size_bytes(&self) -> u64 {
        self.builder.size_bytes()
    }

    pub(super) fn progress(&self) -> (u64, u64) {
        self.builder.progress()
    }
}

impl Clusters {
    fn asked(self) -> u32 {
        match self {
            Clusters::None | Clusters::Auto => 0,
            Clusters::Count(count) => count,
        }
    }

    fn lists(self, rows: u64, thresholds: Thresholds) -> Option<u32> {
        match self {
            Clusters::None => None,
            Clusters::Auto => (rows >= thresholds.clustered_rows).then(|| (3.0 * (rows as f64).sqrt()) as u32),
            Clusters::Count(count) => (rows >= thresholds.named_rows).then_some(count),
        }
    }
}

impl Coded {
    /// Gives up what is under way with a segment that is gone, and inverted files none of whose segments is left; says
    /// whether one of these was stored.
    pub(super) fn abandon(&mut self, collection: u64, segment: SegmentId, batch: &mut Batch) -> bool {
        if self.building.as_ref().is_some_and(|building| building.segments.contains(&segment)) {
            self.building = None;
        }
        let codes = &self.codes;
        let is_empty = |placed: &Placed| placed.segments.iter().all(|id| !codes.contains_key(id));
        let empty: Vec<PartitionId> =
            self.inverted.iter().filter(|(_, placed)| is_empty(placed)).map(|(partition, _)| *partition).collect();
        let mut is_changed = false;
        for partition in empty {
            is_changed |= self.drop_inverted(collection, partition, batch);
        }
        is_changed
    }

    fn drop_inverted(&mut self, collection: u64, partition: PartitionId, batch: &mut Batch) -> bool {
        let Some(placed) = self.inverted.remove(&partition) else { return false };
        placed.keys(collection).for_each(|key| batch.remove(key));
        placed.is_stored
    }

    /// Forgets all inverted files; says whether there was one.
    pub(super) fn drop_all_inverted(&mut self, collection: u64, batch: &mut Batch) -> bool {
        self.building = None;
        let partitions: Vec<PartitionId> = self.inverted.keys().copied().collect();
        partitions.iter().for_each(|partition| _ = self.drop_inverted(collection, *partition, batch));
        !partitions.is_empty()
    }

    /// Builds about `rows` rows' worth of an inverted file. `sealed` are the sealed segments, all of them coded. Says
    /// whether the record of what is stored changes; `None` when there is nothing to do.
    pub(super) fn build(
        &mut self,
        sealed: &[&Segment],
        clusters: Clusters,
        thresholds: Thresholds,
        rows: u32,
        collection: u64,
        batch: &mut Batch,
    ) -> Option<bool> {
        if self.building.is_none() {
            self.building = self.next_building(sealed, clusters, thresholds);
        }
        let building = self.building.as_mut()?;
        let codes: Vec<Option<&Codes>> = building.segments.iter().map(|id| self.codes.get(id)).collect();
        let codes = SlotCodes { slots: &building.slots, codes: &codes };
        if let Some(file) = building.builder.step(&self.space, codes, rows) {
            let Building { partition, asked, segments, slots, .. } = self.building.take().expect("it was just built");
            let record = blank_record(partition, asked, &segments, &slots, &file);
            let placed = Placed { file, slots, segments, record, is_stored: false };
            let is_changed = self.drop_inverted(collection, partition, batch);
            self.inverted.insert(partition, placed);
            return Some(is_changed);
        }
        Some(false)
    }

    /// The inverted file that is to be made next, if any: of a partition that has none, or a worn one.
    fn next_building(&self, sealed: &[&Segment], clusters: Clusters, thresholds: Thresholds) -> Option<Building> {
        let mut partitions: SortedMap<PartitionId, Vec<&Segment>> = SortedMap::new();
        for segment in sealed {
            partitions.or_default(segment.partition()).push(segment);
        }
        partitions.iter().find_map(|(partition, segments)| {
            let rows: u64 = segments.iter().map(|segment| u64::from(segment.row_count())).sum();
            let lists = clusters.lists(rows, thresholds)?;
            if let Some(placed) = self.inverted.get(partition) {
                let covered: Vec<&&Segment> = segments.iter().filter(|s| placed.segments.contains(&s.id())).collect();
                let covered: u64 = covered.into_iter().map(|segment| u64::from(segment.row_count())).sum();
                let held: u64 = placed.slots.row_counts().map(u64::from).sum();
                let is_worn = (rows - covered) + (held - covered) > rows / WORN_SHARE;
                if !is_worn && placed.record.asked == clusters.asked() {
                    return None;
                }
            }
            let slots = Slots::new(segments.iter().map(|segment| segment.row_count()))?;
            let is_member = |part: usize, row: u32| {
                let uncoded = self.codes[&segments[part].id()].uncoded();
                !segments[part].deletes().contains(row) && uncoded.binary_search(&row).is_err()
            };
            let rows_of = |part: usize| (0..segments[part].row_count()).filter(move |row| is_member(part, *row));
            let members = (0..segments.len()).flat_map(|part| {
                let first = slots.first(part);
                rows_of(part).map(move |row| first + row)
            });
            let members: Vec<u32> = members.collect();
            let codes: Vec<Option<&Codes>> = segments.iter().map(|segment| self.codes.get(&segment.id())).collect();
            let builder = Builder::new(&self.space, SlotCodes { slots: &slots, codes: &codes }, members, lists);
            let segments = segments.iter().map(|segment| segment.id()).collect();
            Some(Building { partition: *partition, asked: clusters.asked(), segments, slots, builder })
        })
    }

    /// Stores about `bytes` of the inverted files; says whether one is complete by that, `None` when all are stored.
    pub(super) fn store_inverted(
        &mut self,
        collection: u64,
        next: &mut IndexId,
        bytes: u64,
        batch: &mut Batch,
    ) -> Option<bool> {
        let (_, placed) = self.inverted.iter_mut().find(|(_, placed)| !placed.is_stored)?;
        if placed.record.pages.parts.is_empty() {
            placed.record.pages.id = *next;
            *next += 1;
        }
        let (rows, center_blocks, blocks) = placed.file.pages();
        let pages = chained([rows].into_iter().chain(center_blocks).chain([blocks]));
        placed.is_stored = placed.record.pages.write(collection, pages, bytes, batch);
        Some(placed.is_stored)
    }

    /// Takes in a stored inverted file.
    ///
    /// # Errors
    /// [`Error::Corrupt`].
    pub(super) fn take_inverted(
        &mut self,
        collection: u64,
        record: InvertedRecord,
        blobs: &mut SortedMap<BlobKey, Bytes>,
    ) -> Result<()> {
        let corrupt = || Error::corrupt(BlobKey::Indexes { collection }, "an inverted file is malformed");
        let mut pages = record.pages.take(collection, blobs)?.into_iter();
        let kinds = record.kinds.map(|(count, per_page)| (per_page, pages.by_ref().take(count as usize).collect()));
        let [rows, center_blocks, blocks] = kinds;
        let stored = StoredPages { rows, center_blocks, blocks };
        let file = Inverted::from_pages(&self.space, record.starts.clone(), stored).ok_or_else(corrupt)?;
        let slots = Slots::new(record.segments.iter().map(|(_, rows)| *rows)).ok_or_else(corrupt)?;
        let segments = record.segments.iter().map(|(id, _)| *id).collect();
        let partition = record.partition;
        self.inverted.insert(partition, Placed { file, slots, segments, record, is_stored: true });
        Ok(())
    }
}

fn blank_record(
    partition: PartitionId,
    asked: u32,
    segments: &[SegmentId],
    slots: &Slots,
    file: &Inverted,
) -> InvertedRecord {
    let (rows, center_blocks, blocks) = file.pages();
    let kind = |pages: &crate::store::pages::Pages| (pages.blobs().len() as u32, pages.per_page());
    InvertedRecord {
        pages: PagesRecord::new(0),
        partition,
        asked,
        segments: segments.iter().copied().zip(slots.row_counts()).collect(),
        starts: file.starts().to_vec(),
        kinds: [kind(rows), center_blocks.map_or((0, 0), kind), kind(blocks)],
    }
}
