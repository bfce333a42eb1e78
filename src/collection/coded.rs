//! The codes of a collection's vectors, and searches by them: codes choose candidates, the vectors themselves decide.

use std::cmp::Ordering;

use super::Collection;
use super::primary::{PrimaryKey, RowAddress};
use super::search::{Found, Searched};
use crate::bitmap::Bitmap;
use crate::column::gather::vector;
use crate::index::codes::{Codes, Scan};
use crate::index::flat::Exact;
use crate::index::space::Space;
use crate::index::{Candidate, Effort, top::Top};
use crate::schema::Metric;
use crate::segment::SegmentId;
use crate::sorted::{SortedMap, sort_by};

/// Elements of all vectors from which on codes pay: below, an exact scan takes some tens of microseconds.
const ELEMENTS_MIN: u64 = 1 << 19;

/// Vectors whose mean becomes the centre.
const SAMPLE_ROWS: usize = 4096;

/// Rows that a search codes itself because they came after the last background step.
const CODED_BY_SEARCH_MAX: u32 = 1024;

/// What coding a row costs, against moving its vector.
const CODING_COST: u64 = 16;

/// The codes of one column.
#[derive(Debug)]
pub(super) struct Coded {
    space: Space,
    codes: SortedMap<SegmentId, Codes>,
}

impl Coded {
    pub(super) fn size_bytes(&self) -> u64 {
        self.codes.values().map(Codes::size_bytes).sum()
    }

    pub(super) fn remove(&mut self, segment: SegmentId) {
        self.codes.remove(&segment);
    }
}

impl Collection {
    /// Codes about `bytes` of the vectors of a column that have none yet; says how many rows were coded, 0 when there
    /// is nothing to do.
    pub(super) fn code(&mut self, column: usize, metric: Metric, bytes: u64) -> u32 {
        let row_bytes = u64::from(self.schema.fields[column].dim) * 4;
        if self.elements(column) < ELEMENTS_MIN {
            self.coded.remove(&column);
            return 0;
        }
        self.make_space(column, metric);
        let mut budget = u32::try_from(bytes / (row_bytes * CODING_COST)).unwrap_or(u32::MAX).max(1);
        let mut done = 0;
        let Coded { space, codes } = self.coded.get_mut(&column).expect("it was just made");
        for (id, segment) in self.segments.iter() {
            let known = codes.get_or_insert_with(*id, || Codes::new(space));
            let before = known.len();
            known.extend(space, vector(segment.columns()[column].data()), budget);
            budget -= known.len() - before;
            done += known.len() - before;
            if budget == 0 {
                break;
            }
        }
        done
    }

    /// Rows of a column that have codes, and rows in all.
    pub(super) fn coded_count(&self, column: usize) -> (u64, u64) {
        let coded = self.coded.get(&column);
        let done = coded.map_or(0, |coded| coded.codes.values().map(|codes| u64::from(codes.len())).sum());
        (done, self.segments.values().map(|segment| u64::from(segment.row_count())).sum())
    }

    /// The elements of all vectors of a column.
    fn elements(&self, column: usize) -> u64 {
        let rows: u64 = self.segments.values().map(|segment| u64::from(segment.row_count())).sum();
        rows * u64::from(self.schema.fields[column].dim)
    }

    fn make_space(&mut self, column: usize, metric: Metric) {
        if self.coded.get(&column).is_some_and(|coded| coded.space.metric() == metric) {
            return;
        }
        let vectors = self.segments.values().flat_map(|segment| {
            let vectors = vector(segment.columns()[column].data());
            (0..vectors.len()).map(|row| vectors.row(row))
        });
        let center = Space::mean(metric, self.schema.fields[column].dim, vectors.take(SAMPLE_ROWS));
        let coded = Coded { space: Space::new(metric, center), codes: SortedMap::new() };
        self.coded.insert(column, coded);
    }

    /// The nearest rows of a query by codes; `None` when only an exact scan can tell.
    ///
    /// Segments whose codes are not complete are left to the caller: their places in `allowed` are appended to `rest`.
    pub(super) fn nearest_by_codes(
        &mut self,
        query: &[f32],
        searched: Searched,
        effort: Effort,
        allowed: &[(SegmentId, Bitmap)],
        limit: u32,
        rest: &mut Vec<usize>,
    ) -> Option<Vec<Found>> {
        let column = searched.column;
        let pool = limit.saturating_add(effort.spare.max(limit / 2));
        let allowed_count: u64 = allowed.iter().map(|(_, rows)| u64::from(rows.count())).sum();
        let is_few = allowed_count < 4 * u64::from(pool) || self.elements(column) < ELEMENTS_MIN;
        if is_few || searched.range.from != f32::NEG_INFINITY {
            return None;
        }
        self.make_space(column, searched.metric);
        let Coded { space, codes } = self.coded.get_mut(&column).expect("it was just made");
        let aim = space.aim(query)?;
        // Slots number the rows of all segments that take part.
        let mut parts: Vec<(u32, SegmentId)> = Vec::with_capacity(allowed.len());
        let mut slots = 0u32;
        for (at, (id, _)) in allowed.iter().enumerate() {
            let vectors = vector(self.segments[id].columns()[column].data());
            let known = codes.get_or_insert_with(*id, || Codes::new(space));
            if vectors.len() - known.len() <= CODED_BY_SEARCH_MAX {
                known.extend(space, vectors, u32::MAX);
            }
            if known.len() < vectors.len() || known.uncoded().len() as u32 > known.len() / 16 {
                rest.push(at);
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
        let mut scan = Scan { aim: &aim, slack: effort.slack, top: Top::new(pool), tie: &tie };
        let mut candidates: Vec<RowAddress> = Vec::new();
        let mut searched_parts = parts.iter().peekable();
        for (id, allowed) in allowed {
            let Some((first, _)) = searched_parts.next_if(|(_, part)| part == id) else { continue };
            codes[id].scan(&mut scan, allowed, *first);
            let uncoded = codes[id].uncoded().iter().filter(|row| allowed.contains(**row));
            candidates.extend(uncoded.map(|row| RowAddress { segment: *id, row: *row }));
        }
        candidates.extend(scan.top.into_candidates().into_iter().map(|Candidate { row, .. }| address(row)));
        // In the order of memory.
        sort_by(&mut candidates, |a, b| (a.segment, a.row).cmp(&(b.segment, b.row)));
        let exact = Exact::new(searched.metric, query);
        let distance = |at: RowAddress| {
            let vectors = vector(segments[&at.segment].columns()[column].data());
            (at, exact.distance(vectors.row(at.row)))
        };
        let found = candidates.into_iter().map(distance);
        Some(found.filter(|(_, distance)| searched.range.contains(*distance)).collect())
    }
}
