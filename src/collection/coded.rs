//! The codes of a collection's vectors, and searches by them: codes choose candidates, the vectors themselves decide.

use std::cmp::Ordering;

use super::Collection;
use super::indexes::{CodesRecord, FieldRecord, PagesRecord};
use super::placed::{Building, Placed};
use super::primary::{PrimaryKey, RowAddress};
use super::search::Searched;
use crate::bitmap::Bitmap;
use crate::column::gather::vector;
use crate::index::codes::{Codes, Scan, margin};
use crate::index::form::Form;
use crate::index::graph::Walk;
use crate::index::slots::{SlotCodes, SlotPoints, blank_code};
use crate::index::space::{Aim, Space};
use crate::index::{Candidate, Effort};
use crate::schema::{FieldId, Metric};
use crate::segment::{PartitionId, SegmentId};
use crate::sorted::{SortedMap, sort_by};
use crate::store::Batch;

/// Vectors whose mean becomes the centre.
const SAMPLE_ROWS: usize = 4096;

/// Rows that a search codes itself because they came after the last background step.
const CODED_BY_SEARCH_MAX: u32 = 1024;

/// Rows of an inverted file below which those that a filter lets through, if they are fewer than half, are looked up one
/// by one instead: that finds nearly all, and takes no longer than reading as many clusters as would.
const FEW_ROWS: u32 = 16_384;

/// Allowed rows of a hundred below which all codes are scanned, though there is a graph: a walk would pass too many others.
const WALKED_PERCENT: u64 = 30;

/// Candidates beyond which a search gives up being certain.
const POOL_MAX: u32 = 2_048;

/// The codes of one column.
#[derive(Debug)]
pub(super) struct Coded {
    pub(super) space: Space,
    pub(super) codes: SortedMap<SegmentId, Codes>,
    /// What is stored of them.
    pub(super) stored: SortedMap<SegmentId, CodesRecord>,
    /// The codes that are being stored.
    pub(super) writing: Option<CodesRecord>,
    /// The inverted files and graphs, by partition.
    pub(super) placed: SortedMap<PartitionId, Placed>,
    /// The inverted file or graph that is being made.
    pub(super) building: Option<Building>,
    /// What walks through graphs note, kept since it grows with the rows.
    pub(super) walk: Walk,
}

impl Coded {
    /// No codes yet, around the centre of a space.
    pub(super) fn new(metric: Metric, center: Vec<f32>) -> Coded {
        let space = Space::new(metric, center);
        Coded {
            space,
            codes: SortedMap::new(),
            stored: SortedMap::new(),
            writing: None,
            placed: SortedMap::new(),
            building: None,
            walk: Walk::new(),
        }
    }

    pub(super) fn size_bytes(&self) -> u64 {
        self.codes.values().map(Codes::size_bytes).sum::<u64>()
            + self.placed.values().map(Placed::size_bytes).sum::<u64>()
            + self.building.as_ref().map_or(0, Building::size_bytes)
            + self.walk.size_bytes()
    }

    /// The pages of all that is stored.
    pub(super) fn stored_pages(&self) -> impl Iterator<Item = &PagesRecord> {
        let placed = self.placed.values().filter_map(Placed::stored);
        self.stored.values().map(|record| &record.pages).chain(placed.map(|record| &record.pages))
    }

    /// Forgets a segment; says whether the record of what is stored changes by that.
    pub(super) fn remove(&mut self, collection: u64, segment: SegmentId, batch: &mut Batch) -> bool {
        self.codes.remove(&segment);
        let writing = self.writing.take_if(|record| record.segment == segment);
        let stored = self.stored.remove(&segment);
        let is_changed = stored.is_some();
        for record in writing.into_iter().chain(stored) {
            record.pages.keys(collection).for_each(|key| batch.remove(key));
        }
        self.abandon(collection, segment, batch) || is_changed
    }

    pub(super) fn record(&self, field: FieldId) -> FieldRecord {
        FieldRecord {
            field,
            metric: self.space.metric(),
            center: self.space.center().to_vec(),
            codes: self.stored.values().cloned().collect(),
            placed: self.placed.values().filter_map(Placed::stored).cloned().collect(),
        }
    }
}

/// What codes leave to be compared exactly for one query.
#[derive(Debug)]
pub(super) struct Candidates {
    /// Single rows, in the order of memory.
    pub(super) rows: Vec<RowAddress>,
    /// Segments of which all allowed rows are compared.
    pub(super) scanned: Vec<SegmentId>,
}

impl Collection {
    /// The elements of all vectors of a column.
    pub(super) fn elements(&self, column: usize) -> u64 {
        let rows: u64 = self.segments.values().map(|segment| u64::from(segment.row_count())).sum();
        rows * u64::from(self.schema.fields[column].dim)
    }

    /// Makes the space of a column and a metric, unless there is one; says whether there is one now. That needs some
    /// vectors to be here.
    pub(super) fn make_space(&mut self, column: usize, metric: Metric) -> bool {
        if self.coded.contains_key(&column) {
            return true;
        }
        let columns = self.segments.values().map(|segment| vector(segment.columns()[column].data()));
        let here = columns.filter(|vectors| vectors.is_whole() && !vectors.is_empty());
        let mut vectors = here.flat_map(|vectors| (0..vectors.len()).map(|row| vectors.row(row))).peekable();
        if vectors.peek().is_none() {
            return false;
        }
        let center = Space::mean(metric, self.schema.fields[column].dim, vectors.take(SAMPLE_ROWS));
        self.coded.insert(column, Coded::new(metric, center));
        true
    }

    /// The rows that are nearest a query by codes; `None` when only an exact scan can tell. Segments whose codes are not
    /// complete are scanned.
    pub(super) fn candidates_by_codes(
        &mut self,
        query: &[f32],
        searched: Searched,
        effort: Effort,
        allowed: &SortedMap<SegmentId, Bitmap>,
        limit: u32,
    ) -> Option<Candidates> {
        let column = searched.column;
        let mut pool = limit.saturating_add(effort.spare.max(limit / 2));
        let allowed_count: u64 = allowed.values().map(|rows| u64::from(rows.count())).sum();
        let is_few = allowed_count < 4 * u64::from(pool) || self.elements(column) < self.thresholds.coded_elements;
        if is_few || searched.range.from != f32::NEG_INFINITY {
            return None;
        }
        let Coded { space, codes, placed, walk, .. } = self.coded.get_mut(&column)?;
        if space.metric() != searched.metric {
            return None;
        }
        let aim = space.aim(query)?;
        // Slots number the rows of all segments that take part: first those of inverted files and graphs, then the others.
        let mut parts: Vec<(u32, SegmentId)> = Vec::with_capacity(allowed.len());
        let mut forms: Vec<(u32, &Placed)> = Vec::new();
        let mut slots = 0u32;
        for placed in placed.values() {
            let count = |id: &SegmentId| allowed.get(id).map_or(0, Bitmap::count);
            let count: u32 = placed.segments.iter().map(count).sum();
            let is_worth_it = match &placed.form {
                Form::Inverted(_) => count >= FEW_ROWS || count >= placed.slots.len() / 2,
                Form::Graph(graph) => u64::from(count) * 100 >= u64::from(graph.len()) * WALKED_PERCENT,
                #[cfg(feature = "instant-distance")]
                Form::Instant(_) => true,
            };
            if count > 0 && is_worth_it {
                let places = placed.segments.iter().enumerate();
                parts.extend(places.map(|(at, id)| (slots + placed.slots.first(at), *id)));
                forms.push((slots, placed));
                slots = slots.checked_add(placed.slots.len())?;
            }
        }
        let placed_parts = parts.len();
        let mut scanned = Vec::new();
        for (id, _) in allowed.iter() {
            if parts[..placed_parts].iter().any(|(_, part)| part == id) {
                continue;
            }
            let vectors = vector(self.segments[id].columns()[column].data());
            let known = codes.get_or_insert_with(*id, || Codes::new(space));
            if vectors.is_whole() && vectors.len() - known.len() <= CODED_BY_SEARCH_MAX {
                known.extend(space, vectors, u32::MAX);
            }
            if known.len() < vectors.len() || known.uncoded().len() as u32 > known.len() / 16 {
                scanned.push(*id);
                continue;
            }
            parts.push((slots, *id));
            slots = slots.checked_add(vectors.len())?;
        }
        let (segments, primary) = (&self.segments, self.schema.primary_column());
        let address = |slot: u32| {
            let (first, segment) = parts[parts.partition_point(|(first, _)| *first <= slot) - 1];
            RowAddress { segment, row: slot - first }
        };
        let key = |at: RowAddress| PrimaryKey::of(&segments[&at.segment].columns()[primary], at.row);
        let tie = |a: u32, b: u32| -> Ordering { key(address(a)).cmp(&key(address(b))) };
        let codes_of = |id: &SegmentId| codes.get(id);
        let forms: Vec<(u32, &Placed, Vec<Option<&Codes>>, Bitmap)> = forms
            .into_iter()
            .map(|(first, placed)| {
                let sets = placed.slots.gather(placed.segments.iter().map(|id| allowed.get(id)));
                (first, placed, placed.segments.iter().map(codes_of).collect(), sets)
            })
            .collect();
        #[cfg(feature = "instant-distance")]
        let allowed_rows = allowed;
        let blank = blank_code(space);
        let step_of = |slot: u32| {
            let at = address(slot);
            codes[&at.segment].step(at.row)
        };
        let top = loop {
            let mut scan = Scan::new(&aim, effort.slack, limit, pool, &tie);
            for (first, placed, part_codes, allowed) in &forms {
                let codes = SlotCodes { slots: &placed.slots, codes: part_codes };
                match &placed.form {
                    Form::Inverted(file) => {
                        file.search(searched.metric, codes, allowed, *first, effort.probes, &mut scan);
                    }
                    Form::Graph(graph) => {
                        let is_allowed = |slot: u32| allowed.contains(slot);
                        let is_filtered = allowed.count() < placed.slots.row_counts().sum();
                        let filter = is_filtered.then_some(&is_allowed as &dyn Fn(u32) -> bool);
                        let points = SlotPoints { codes, blank: &blank };
                        graph.search(&points, *first, &mut scan, effort.width, filter, walk);
                    }
                    #[cfg(feature = "instant-distance")]
                    Form::Instant(graph) => {
                        if !graph.search(*first, &mut scan, &|slot| allowed.contains(slot)) {
                            for (at, codes) in part_codes.iter().enumerate() {
                                if let (Some(codes), Some(rows)) = (codes, allowed_rows.get(&placed.segments[at])) {
                                    codes.scan(&mut scan, rows, first + placed.slots.first(at));
                                }
                            }
                        }
                    }
                }
            }
            for (first, id) in &parts[placed_parts..] {
                codes[id].scan(&mut scan, &allowed[id], *first);
            }
            let mut top = scan.top.into_sorted(&tie);
            let certain = certain(&top, limit, &aim, step_of);
            if pool >= POOL_MAX || certain < top.len() || top.len() < pool as usize {
                top.truncate(certain);
                break top;
            }
            pool = pool.saturating_mul(4);
        };
        let mut rows: Vec<RowAddress> = Vec::new();
        for (_, id) in &parts {
            let Some(allowed) = allowed.get(id) else { continue };
            let uncoded = codes[id].uncoded().iter().filter(|row| allowed.contains(**row));
            rows.extend(uncoded.map(|row| RowAddress { segment: *id, row: *row }));
        }
        rows.extend(top.into_iter().map(|Candidate { row, .. }| address(row)));
        sort_by(&mut rows, |a, b| (a.segment, a.row).cmp(&(b.segment, b.row)));
        Some(Candidates { rows, scanned })
    }
}

/// How many of the candidates, nearest first, the nearest `limit` are among for certain enough: those behind are farther
/// than the last of the nearest by more than the codes' error. It is all of them where rows differ by much less than they
/// differ from the centre.
fn certain(top: &[Candidate], limit: u32, aim: &Aim, step_of: impl Fn(u32) -> f32) -> usize {
    let Some(last_in) = top.get(limit.saturating_sub(1) as usize) else { return top.len() };
    let steps = top.iter().map(|candidate| step_of(candidate.row));
    let step = steps.fold(0.0f32, |most, step| if step > most { step } else { most });
    let bound = last_in.distance + margin(aim, step);
    top.iter().position(|candidate| candidate.distance > bound).unwrap_or(top.len())
}
