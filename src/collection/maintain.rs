//! Background work in bounded steps: sealing, compaction, cutting the log.
//!
//! A job writes new blobs in its first steps and changes the manifest only in its last, so a crash leaves blobs that
//! nothing refers to, which the engine sweeps after the next open.

use super::indexing::Wanted;
use super::manifest::SealedRecord;
use super::{Collection, Memory, Sealed};
use crate::segment::compaction::{self, Merge};
use crate::segment::sealed::SegmentWriter;
use crate::segment::{Segment, SegmentId};
use crate::store::{Batch, BlobKey};

/// Log entries after which growing segments are sealed though they are not full: each entry is a read at open.
pub const LOG_ENTRIES_MAX: usize = 512;

/// What a step of a compaction copies at most, so that little has to be read for it at a time.
pub(super) const COPIED_BYTES_MAX: u64 = 1 << 20;

/// Background work under way.
#[derive(Debug)]
pub(super) enum Job {
    /// A growing segment becomes a sealed one.
    Seal { segment: SegmentId, writer: SegmentWriter },
    /// Segments become one; the writer is there once all rows are copied.
    Compact { merge: Box<Merge>, writer: Option<SegmentWriter> },
}

/// Why background work is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// It is there, and nobody waits.
    Idle,
    /// Memory is short, and a write waits: what only makes searches faster is left for later.
    Relief,
}

/// What a step did.
#[derive(Debug)]
pub struct Step {
    /// To be committed; may be empty.
    pub batch: Batch,
    /// Blobs to be supplied before the next step.
    pub need: Vec<BlobKey>,
    /// `seal`, `compact`, `index` or `read`.
    pub stage: &'static str,
    /// Rows done.
    pub done: u64,
    /// Rows in all.
    pub total: u64,
}

impl Step {
    /// A step that did nothing yet.
    pub(super) fn new(stage: &'static str) -> Step {
        Step { batch: Batch::default(), need: Vec::new(), stage, done: 0, total: 0 }
    }
}

impl Job {
    pub(super) fn size_bytes(&self) -> u64 {
        match self {
            Job::Seal { .. } => 0,
            Job::Compact { merge, .. } => merge.target.size_bytes(),
        }
    }

    /// The segments that the job reads.
    pub(super) fn segments(&self) -> Vec<SegmentId> {
        match self {
            Job::Seal { segment, .. } => vec![*segment],
            Job::Compact { merge, .. } => merge.sources().collect(),
        }
    }
}

/// Background work that users ask for. It is not stored: whoever takes a collection out of memory keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Asked {
    /// That all growing rows be sealed.
    pub flush: bool,
    /// That every dead row be removed and small segments be merged.
    pub compaction: bool,
}

impl Collection {
    /// Asks that all growing rows be sealed.
    pub fn ask_flush(&mut self) {
        self.is_flush_asked = true;
    }

    /// Asks that every dead row be removed and small segments be merged.
    pub fn ask_compaction(&mut self) {
        self.is_compaction_asked = true;
    }

    /// What was asked for and is not done yet.
    pub fn asked(&self) -> Asked {
        Asked { flush: self.is_flush_asked, compaction: self.is_compaction_asked }
    }

    /// Asks for what was asked for before the collection was read back.
    pub fn ask(&mut self, asked: Asked) {
        self.is_flush_asked |= asked.flush;
        self.is_compaction_asked |= asked.compaction;
    }

    /// Whether a compaction that was asked for is still to be done.
    pub fn is_compacting(&self) -> bool {
        self.is_compaction_asked || matches!(self.job, Some(Job::Compact { .. }))
    }

    /// Does about `kilobytes` of background work; `None` when there is none. `wanted` are the columns that are
    /// searched by codes.
    pub fn maintain(&mut self, kilobytes: u32, reason: Reason, wanted: &[Wanted], memory: Memory) -> Option<Step> {
        let bytes = u64::from(kilobytes) * 1024;
        match self.job.take() {
            Some(Job::Seal { segment, writer }) => Some(self.seal(segment, writer, bytes)),
            Some(Job::Compact { merge, writer }) => Some(self.compact(merge, writer, bytes)),
            None => {
                let step = self.begin(memory, bytes).or_else(|| self.index_next(wanted, reason, memory, bytes));
                step.or_else(|| (reason == Reason::Idle).then(|| self.read_in(memory, bytes))?)
            }
        }
    }

    fn begin(&mut self, memory: Memory, bytes: u64) -> Option<Step> {
        let seals_all = self.is_flush_asked || self.log.len() > LOG_ENTRIES_MAX;
        let due = self.growing.iter().filter(|(_, growing)| growing.is_closed || seals_all);
        if let Some((id, _)) = due.min_by_key(|(_, growing)| growing.first_seq) {
            let id = *id;
            self.growing.get_mut(&id).expect("it was just found").is_closed = true;
            let writer = SegmentWriter::new(self.id, &self.segments[&id]);
            return Some(self.seal(id, writer, bytes));
        }
        if seals_all {
            self.is_flush_asked = false;
            if !self.log.is_empty() {
                // Nothing grows, so the log holds only deletes, which fold into the segments' own.
                let mut step = Step::new("seal");
                self.fold(&mut step.batch);
                return Some(step);
            }
        }
        let sealed: Vec<compaction::Sealed> = self.sealed.keys().map(|id| self.candidate(*id)).collect();
        let mut sources = compaction::choose(&sealed, self.is_compaction_asked);
        let has_room = |sources: &[SegmentId]| {
            let written = sealed.iter().filter(|s| sources.contains(&s.id)).map(compaction::Sealed::live_bytes);
            // What is here of the sources stays here until their rows are copied; what is not comes a step at a time.
            memory.has_room(written.sum::<u64>() + self.leavable_of(sources) + COPIED_BYTES_MAX)
        };
        if !sources.is_empty() && !has_room(&sources) {
            // Without those that are there because they fit beside it.
            let is_dead = |s: &&compaction::Sealed| s.id == sources[0] && s.live_count < s.row_count;
            let alone = sealed.iter().filter(is_dead).map(|s| s.id).collect::<Vec<_>>();
            sources = if has_room(&alone) { alone } else { Vec::new() };
        }
        if sources.is_empty() {
            self.is_compaction_asked = false;
            return None;
        }
        let (target, partition) = (self.next_segment, self.segments[&sources[0]].partition());
        self.next_segment += 1;
        let merge = Merge::new(Segment::new(target, partition, &self.schema, self.page_bytes), sources);
        Some(self.compact(Box::new(merge), None, bytes))
    }

    fn candidate(&self, id: SegmentId) -> compaction::Sealed {
        let segment = &self.segments[&id];
        compaction::Sealed {
            id,
            partition: segment.partition(),
            row_count: segment.row_count(),
            live_count: segment.live_count(),
            size_bytes: self.sealed[&id].record.size_bytes,
        }
    }

    fn seal(&mut self, id: SegmentId, mut writer: SegmentWriter, bytes: u64) -> Step {
        let mut step = Step::new("seal");
        step.total = self.segments[&id].row_count().into();
        let parts = writer.next(&self.segments[&id], &self.schema, bytes);
        let is_written = parts.is_empty();
        step.batch.writes.extend(parts.into_iter().map(|(key, blob)| (key, Some(blob))));
        if is_written {
            self.growing.remove(&id);
            self.put_sealed(id, writer, &mut step.batch);
            self.fold(&mut step.batch);
            step.done = step.total;
        } else {
            self.job = Some(Job::Seal { segment: id, writer });
        }
        step
    }

    fn compact(&mut self, mut merge: Box<Merge>, writer: Option<SegmentWriter>, bytes: u64) -> Step {
        let mut step = Step::new("compact");
        step.total = merge.sources().map(|id| u64::from(self.segments[&id].live_count())).sum();
        step.done = merge.target.row_count().into();
        let Some(mut writer) = writer else {
            let rows = bytes.min(COPIED_BYTES_MAX) / self.row_bytes(&merge);
            let rows = u32::try_from(rows).unwrap_or(u32::MAX).max(1);
            let ahead = merge.ahead(&self.segments, rows);
            let here = ahead.iter().take_while(|(id, row)| self.is_here(*id, *row)).count() as u32;
            if here == 0 && !ahead.is_empty() {
                if merge.read.is_empty() {
                    (step.need, merge.read) = self.pages_of(&ahead, COPIED_BYTES_MAX);
                    self.job = Some(Job::Compact { merge, writer });
                }
                // Else they could not be had, which was told: other work goes on before that is tried again.
                return step;
            }
            let is_copied = merge.step(&self.segments, here);
            self.leave_pages(std::mem::take(&mut merge.read));
            step.done = merge.target.row_count().into();
            let writer = is_copied.then(|| SegmentWriter::new(self.id, &merge.target));
            self.job = Some(Job::Compact { merge, writer });
            return step;
        };
        let parts = writer.next(&merge.target, &self.schema, bytes);
        if !parts.is_empty() {
            step.batch.writes.extend(parts.into_iter().map(|(key, blob)| (key, Some(blob))));
            self.job = Some(Job::Compact { merge, writer: Some(writer) });
            return step;
        }
        let batch = &mut step.batch;
        let sources: Vec<SegmentId> = merge.sources().collect();
        let target = merge.finish(&self.segments);
        for id in sources {
            self.remove_segment(id, batch);
        }
        if target.live_count() > 0 {
            let id = target.id();
            let has_deletes = !target.deletes().is_clear();
            self.segments.insert(id, target);
            self.put_sealed(id, writer, batch);
            self.sealed.get_mut(&id).expect("it was just put").has_new_deletes = has_deletes;
        } else {
            let collection = self.id;
            let parts = writer.finish().0.parts.len() as u32;
            (1..=parts).for_each(|part| batch.remove(BlobKey::Segment { collection, segment: target.id(), part }));
        }
        // Addresses of the rows have changed; whoever needs the index builds it anew.
        self.primary = None;
        self.fold(batch);
        step
    }

    /// Asks for some of the vectors that should be in memory and are not.
    fn read_in(&self, memory: Memory, bytes: u64) -> Option<Step> {
        let need = self.to_read_in(memory, bytes);
        (!need.is_empty()).then(|| Step { need, ..Step::new("read") })
    }

    /// Takes a segment whose parts are written into the sealed ones.
    fn put_sealed(&mut self, id: SegmentId, writer: SegmentWriter, batch: &mut Batch) {
        let segment = &self.segments[&id];
        let (record, descriptor, descriptor_checksum) = writer.finish();
        let pages = record.pages();
        let size_bytes = record.size_bytes() + descriptor.len() as u64;
        batch.put(BlobKey::Segment { collection: self.id, segment: id, part: 0 }, descriptor);
        let record = SealedRecord {
            id,
            partition: segment.partition(),
            row_count: segment.row_count(),
            size_bytes,
            part_count: record.parts.len() as u32,
            descriptor_checksum,
            deletes_seq: None,
        };
        self.sealed.insert(id, Sealed { record, pages, has_new_deletes: !segment.deletes().is_clear() });
    }

    fn row_bytes(&self, merge: &Merge) -> u64 {
        let (bytes, rows) = merge
            .sources()
            .map(|id| &self.sealed[&id].record)
            .fold((0, 0), |(bytes, rows), s| (bytes + s.size_bytes, rows + u64::from(s.row_count)));
        (bytes / rows.max(1)).max(1)
    }
}
