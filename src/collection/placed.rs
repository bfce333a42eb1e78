//! What a column's rows are held by beside their codes: a form a partition over its sealed segments, built and stored in
//! bounded steps.

use super::coded::Coded;
use super::indexes::{IndexId, PagesRecord, PlacedRecord};
use crate::bitmap::Bitmap;
use crate::error::{Error, Result};
use crate::index::Thresholds;
use crate::index::codes::Codes;
use crate::index::form::{Form, Maker, Plan};
use crate::index::slots::{SlotCodes, Slots};
use crate::segment::{PartitionId, Segment, SegmentId};
use crate::sorted::SortedMap;
use crate::store::{Batch, BlobKey, Bytes};

/// A form is made anew once one row in so many is missing or gone.
const WORN_SHARE: u64 = 4;

/// A form and the rows that it holds.
#[derive(Debug)]
pub(super) struct Placed {
    pub form: Form,
    pub slots: Slots,
    /// The segments in the order of their slots. Some may be gone.
    pub segments: Vec<SegmentId>,
    /// What is stored of it; complete once `is_stored`.
    record: PlacedRecord,
    is_stored: bool,
}

/// A form on its way.
#[derive(Debug)]
pub(super) struct Building {
    partition: PartitionId,
    plan: Plan,
    segments: Vec<SegmentId>,
    slots: Slots,
    maker: Maker,
    /// What it is expected to take at most, taken at once: what is begun then has room to its end.
    claimed_bytes: u64,
}

impl Placed {
    pub(super) fn size_bytes(&self) -> u64 {
        self.form.size_bytes()
    }

    pub(super) fn stored(&self) -> Option<&PlacedRecord> {
        self.is_stored.then_some(&self.record)
    }

    /// The parts that are written so far.
    pub(super) fn keys(&self, collection: u64) -> impl Iterator<Item = BlobKey> + use<> {
        self.record.pages.keys(collection)
    }
}

impl Building {
    pub(super) fn size_bytes(&self) -> u64 {
        self.maker.size_bytes().max(self.claimed_bytes)
    }

    pub(super) fn progress(&self) -> (u64, u64) {
        self.maker.progress()
    }
}

/// What a step of building may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Allowance {
    /// As long as it takes to code so many rows.
    pub(super) rows: u32,
    /// Whether a form that is begun may take [`Plan::copies_bytes`] too.
    pub(super) is_roomy: bool,
}

impl Coded {
    /// Gives up what is under way with a segment that is gone, and forms none of whose segments is left; says
    /// whether one of these was stored.
    pub(super) fn abandon(&mut self, collection: u64, segment: SegmentId, batch: &mut Batch) -> bool {
        if self.building.as_ref().is_some_and(|building| building.segments.contains(&segment)) {
            self.building = None;
        }
        let codes = &self.codes;
        let is_empty = |placed: &Placed| placed.segments.iter().all(|id| !codes.contains_key(id));
        let empty: Vec<PartitionId> =
            self.placed.iter().filter(|(_, placed)| is_empty(placed)).map(|(partition, _)| *partition).collect();
        let mut is_changed = false;
        for partition in empty {
            is_changed |= self.drop_placed(collection, partition, batch);
        }
        is_changed
    }

    fn drop_placed(&mut self, collection: u64, partition: PartitionId, batch: &mut Batch) -> bool {
        let Some(placed) = self.placed.remove(&partition) else { return false };
        placed.keys(collection).for_each(|key| batch.remove(key));
        placed.is_stored
    }

    /// Forgets all forms; says whether there was one.
    pub(super) fn drop_all_placed(&mut self, collection: u64, batch: &mut Batch) -> bool {
        self.building = None;
        let partitions: Vec<PartitionId> = self.placed.keys().copied().collect();
        partitions.iter().for_each(|partition| _ = self.drop_placed(collection, *partition, batch));
        !partitions.is_empty()
    }

    /// Builds a form for about as long as is allowed. `sealed` are the sealed segments, all of them
    /// coded. Says whether the record of what is stored changes; `None` when there is nothing to do.
    pub(super) fn build(
        &mut self,
        sealed: &[&Segment],
        plan: Plan,
        thresholds: Thresholds,
        allowance: Allowance,
        collection: u64,
        batch: &mut Batch,
    ) -> Option<bool> {
        if self.building.as_ref().is_none_or(|building| building.plan != plan) {
            self.building = self.next_building(sealed, plan, thresholds, allowance.is_roomy);
        }
        let building = self.building.as_mut()?;
        let codes: Vec<Option<&Codes>> = building.segments.iter().map(|id| self.codes.get(id)).collect();
        let codes = SlotCodes { slots: &building.slots, codes: &codes };
        if let Some(form) = building.maker.step(&self.space, codes, allowance.rows, &mut self.walk) {
            let Building { partition, plan, segments, slots, .. } = self.building.take().expect("it was just built");
            let record = PlacedRecord {
                pages: PagesRecord::new(0),
                partition,
                plan,
                segments: segments.iter().copied().zip(slots.row_counts()).collect(),
                form: form.record(),
            };
            let is_changed = self.drop_placed(collection, partition, batch);
            self.placed.insert(partition, Placed { form, slots, segments, record, is_stored: false });
            return Some(is_changed);
        }
        Some(false)
    }

    /// The form that is to be made next, if any: of a partition that has none, a worn one, or another than is planned.
    fn next_building(
        &self,
        sealed: &[&Segment],
        plan: Plan,
        thresholds: Thresholds,
        is_roomy: bool,
    ) -> Option<Building> {
        let mut partitions: SortedMap<PartitionId, Vec<&Segment>> = SortedMap::new();
        for segment in sealed {
            partitions.or_default(segment.partition()).push(segment);
        }
        partitions.iter().find_map(|(partition, segments)| {
            let rows: u64 = segments.iter().map(|segment| u64::from(segment.row_count())).sum();
            if !plan.is_due(rows, thresholds) {
                return None;
            }
            if let Some(placed) = self.placed.get(partition) {
                let covered: Vec<&&Segment> = segments.iter().filter(|s| placed.segments.contains(&s.id())).collect();
                let covered: u64 = covered.into_iter().map(|segment| u64::from(segment.row_count())).sum();
                let held: u64 = placed.slots.row_counts().map(u64::from).sum();
                let is_worn = (rows - covered) + (held - covered) > rows / WORN_SHARE;
                if !is_worn && placed.record.plan == plan {
                    return None;
                }
            }
            let slots = Slots::new(segments.iter().map(|segment| segment.row_count()))?;
            let mut members = Vec::with_capacity(rows as usize);
            for (part, segment) in segments.iter().enumerate() {
                let mut placed = Bitmap::full(segment.row_count());
                placed.and_not(segment.deletes());
                self.codes[&segment.id()].uncoded().iter().for_each(|row| placed.remove(*row));
                // Written out, since this is one step however many rows there are.
                for (at, word) in placed.words().iter().enumerate() {
                    let mut rest = *word;
                    while rest != 0 {
                        members.push(slots.first(part) + at as u32 * 64 + rest.trailing_zeros());
                        rest &= rest - 1;
                    }
                }
            }
            let dim = self.space.center().len() as u32;
            let copies = if is_roomy { plan.copies_bytes(dim, rows) } else { 0 };
            let claimed_bytes = plan.making_bytes(self.space.metric(), dim, rows) + copies;
            let maker = plan.begin(&self.space, members, rows, is_roomy);
            let segments = segments.iter().map(|segment| segment.id()).collect();
            Some(Building { partition: *partition, plan, segments, slots, maker, claimed_bytes })
        })
    }

    /// Stores about `bytes` of the forms; says whether one is complete by that, `None` when all are stored.
    pub(super) fn store_placed(
        &mut self,
        collection: u64,
        next: &mut IndexId,
        bytes: u64,
        batch: &mut Batch,
    ) -> Option<bool> {
        let (_, placed) = self.placed.iter_mut().find(|(_, placed)| !placed.is_stored && placed.form.is_kept())?;
        if placed.record.pages.parts.is_empty() {
            placed.record.pages.id = *next;
            *next += 1;
        }
        placed.is_stored = placed.record.pages.write(collection, placed.form.blobs(), bytes, batch);
        Some(placed.is_stored)
    }

    /// Takes in a stored form.
    ///
    /// # Errors
    /// [`Error::Corrupt`].
    pub(super) fn take_placed(
        &mut self,
        collection: u64,
        record: PlacedRecord,
        blobs: &mut SortedMap<BlobKey, Bytes>,
    ) -> Result<()> {
        let corrupt = || Error::corrupt(BlobKey::Indexes { collection }, "an inverted file or a graph is malformed");
        let pages = record.pages.take(collection, blobs)?;
        let slots = Slots::new(record.segments.iter().map(|(_, rows)| *rows)).ok_or_else(corrupt)?;
        let form = Form::from_blobs(&self.space, &record.form, pages, slots.len()).ok_or_else(corrupt)?;
        let segments = record.segments.iter().map(|(id, _)| *id).collect();
        let partition = record.partition;
        self.placed.insert(partition, Placed { form, slots, segments, record, is_stored: true });
        Ok(())
    }
}
