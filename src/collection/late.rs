//! Vectors that stay in storage: pages of sealed segments' vectors are in memory as long as there is room, and are read when
//! something asks for their rows.
//!
//! Only pages of segments whose codes are stored are left, since searches find their candidates without them. A read
//! that comes upon an absent page notes it and goes on; the engine sees that pages are wanted, throws the answer away,
//! has them loaded and runs the command anew. Background work is given what it needs beforehand.

use super::coded::Candidates;
use super::maintain::Job;
use super::search::{Allowed, Found, Searched};
use super::{Collection, Memory};
use crate::column::VectorColumn;
use crate::column::gather::vector;
use crate::error::{Error, Result};
use crate::segment::sealed::check_part;
use crate::segment::{Segment, SegmentId};
use crate::sorted::sort_by;
use crate::store::{BlobKey, Bytes};

/// Rows in storage from which on a command waits for them before it asks for more.
const ROUND_MISSES_MAX: u32 = 256;

/// The share of the memory limit that is loaded at once, and the most that is.
const ROUND_SHARE: u64 = 16;
const ROUND_BYTES_MAX: u64 = 8 << 20;

/// The share of the memory limit that the pages of a collection may take that are left in storage by wish of the user,
/// and the least that they may.
const CACHE_SHARE: u64 = 32;
const CACHE_BYTES_MIN: u64 = 1 << 20;

/// Candidates that are kept for the next attempt at a command, about: 1 MB of them.
const KEPT_CANDIDATES_MAX: usize = 1 << 16;

/// What one search of the command under way has come to.
#[derive(Debug, Default)]
pub(super) enum Answer {
    /// Nothing yet.
    #[default]
    Open,
    /// Some of these were not here.
    Candidates(Candidates),
    /// All of it was here.
    Found(Vec<Found>),
}

impl Answer {
    fn candidate_count(&self) -> usize {
        match self {
            Answer::Candidates(candidates) => candidates.rows.len() + candidates.scanned.len(),
            Answer::Open | Answer::Found(_) => 0,
        }
    }
}

impl Collection {
    /// Whether some vectors are in storage only.
    pub fn is_partly_absent(&self) -> bool {
        self.vector_columns().any(|(_, _, vectors)| !vectors.is_whole())
    }

    /// How often vectors were asked for in this attempt at a command that are not here.
    pub(super) fn misses(&self) -> u32 {
        self.vector_columns().map(|(_, _, vectors)| vectors.misses()).sum()
    }

    /// The nearest `limit` rows of one query, which is asked for equally often in all attempts at a command. An answer
    /// that nothing was missing from is kept for the next attempt, so that what it was made of need not stay in memory;
    /// of another its candidates are, so that the next attempt only compares them.
    pub(super) fn once_per_command(
        &mut self,
        query: &[f32],
        searched: Searched,
        allowed: &Allowed,
        limit: u32,
    ) -> Vec<Found> {
        if !self.is_partly_absent() {
            let candidates = self.candidates_of(query, searched, allowed, limit);
            return self.nearest_of(query, searched, allowed, limit, &candidates);
        }
        let at = self.asked;
        self.asked += 1;
        if let Some(Answer::Found(known)) = self.answered.get(at) {
            return known.clone();
        }
        let misses = self.misses();
        if misses >= ROUND_MISSES_MAX {
            return Vec::new();
        }
        if self.answered.len() <= at {
            self.answered.resize_with(at + 1, Answer::default);
        }
        let candidates = match std::mem::take(&mut self.answered[at]) {
            Answer::Candidates(known) => known,
            _ => self.candidates_of(query, searched, allowed, limit),
        };
        let found = self.nearest_of(query, searched, allowed, limit, &candidates);
        if self.misses() == misses {
            self.answered[at] = Answer::Found(found.clone());
        } else if self.answered.iter().map(Answer::candidate_count).sum::<usize>() < KEPT_CANDIDATES_MAX {
            self.answered[at] = Answer::Candidates(candidates);
        }
        found
    }

    /// Forgets what searches of a command that waits for vectors came to: rows have changed, or it is another command.
    pub fn forget_answers(&mut self) {
        self.answered.clear();
    }

    /// Says which vector columns are left in storage by wish of the user, and leaves of them what is more than a few.
    /// Others are read in, or not.
    pub fn leave_columns(&mut self, columns: Vec<usize>, reads_in: bool, memory: Memory) {
        self.left_columns = columns;
        self.reads_in = reads_in;
        self.trim(memory);
    }

    /// Makes room for what a command is about to read.
    pub fn begin_reading(&mut self, memory: Memory) {
        self.trim(memory);
    }

    /// Begins an attempt at a command: what it reads counts as read later than all before.
    pub fn begin_attempt(&mut self) {
        self.asked = 0;
        self.reading = self.reading.wrapping_add(1);
        let now = self.reading;
        for (_, segment) in self.segments.iter_mut() {
            segment.vectors_mut().for_each(|(_, vectors)| vectors.begin(now));
        }
    }

    /// The blobs of the pages that were asked for in this attempt, as many as are loaded at once, and their bytes.
    pub fn wanted(&self, memory: Memory) -> (Vec<BlobKey>, u64) {
        let wanted = self.vector_columns().flat_map(|(id, column, vectors)| {
            let pages = vectors.wanted().into_iter();
            pages.map(move |page| (id, column, page))
        });
        self.page_keys(wanted, (memory.limit_bytes / ROUND_SHARE).min(ROUND_BYTES_MAX))
    }

    /// Takes in pages that were asked for.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when one is absent, damaged, or not the one that was sealed.
    pub fn supply(&mut self, blobs: Vec<(BlobKey, Option<Bytes>)>) -> Result<()> {
        for (key, blob) in blobs {
            let BlobKey::Segment { segment: id, part, .. } = key else { continue };
            // It may be gone: what was asked for by background work is not waited for by commands.
            let (Some(segment), Some(sealed)) = (self.segments.get_mut(&id), self.sealed.get(&id)) else { continue };
            let pages = sealed.pages.iter().find(|(_, pages)| pages.numbers().contains(&part));
            let Some((field, pages)) = pages else { continue };
            let Some(column) = self.schema.fields.iter().position(|known| known.id == *field) else { continue };
            let page = part - pages.first;
            let blob = blob.ok_or_else(|| Error::corrupt(key, "it is absent"))?;
            check_part(key, &blob, pages.parts.get(page as usize))?;
            if !segment.vector_mut(column).put(page, blob) {
                return Err(Error::corrupt(key, "it does not fit its segment"));
            }
        }
        Ok(())
    }

    /// Bytes of pages that could be left.
    pub fn leavable_bytes(&self) -> u64 {
        self.leavable(&self.all_columns()).map(|(_, _, vectors)| vectors.size_bytes()).sum()
    }

    /// Gives about `bytes` of memory back, of pages that nothing has read for longest.
    pub fn give_back(&mut self, bytes: u64) {
        self.leave(bytes, &self.all_columns());
    }

    /// Bytes of pages of some segments that could be left.
    pub(super) fn leavable_of(&self, ids: &[SegmentId]) -> u64 {
        let columns = self.all_columns();
        let leavable = self.leavable(&columns).filter(|(id, _, _)| ids.contains(id));
        leavable.map(|(_, _, vectors)| vectors.size_bytes()).sum()
    }

    /// Whether the vectors of a row are here.
    pub(super) fn is_here(&self, id: SegmentId, row: u32) -> bool {
        let is_here = |vectors: &VectorColumn| vectors.is_here(row / vectors.rows_per_page());
        self.schema.vector_columns().all(|column| is_here(vector(self.segments[&id].columns()[column].data())))
    }

    /// The pages that are not here of the first of some rows, about `bytes` of them, with their keys.
    pub(super) fn pages_of(
        &self,
        rows: &[(SegmentId, u32)],
        bytes: u64,
    ) -> (Vec<BlobKey>, Vec<(SegmentId, usize, u32)>) {
        let mut pages = Vec::new();
        let mut page_bytes = 0;
        for (id, row) in rows {
            if page_bytes >= bytes {
                break;
            }
            for column in self.schema.vector_columns() {
                let vectors = vector(self.segments[id].columns()[column].data());
                let page = (*id, column, row / vectors.rows_per_page());
                if !vectors.is_here(page.2) && !pages.contains(&page) {
                    pages.push(page);
                    page_bytes += u64::from(vectors.rows_per_page() * vectors.dim() * 4);
                }
            }
        }
        (self.page_keys(pages.iter().copied(), u64::MAX).0, pages)
    }

    /// Gives pages back that were read for one purpose.
    pub(super) fn leave_pages(&mut self, pages: Vec<(SegmentId, usize, u32)>) {
        for (id, column, page) in pages {
            let Some(segment) = self.segments.get_mut(&id) else { continue };
            let vectors = segment.vector_mut(column);
            if vectors.is_here(page) {
                vectors.leave(page);
            }
        }
    }

    /// The pages of segments that background work is about to read whole, and their bytes.
    pub(super) fn absent_of(&self, ids: &[SegmentId]) -> (Vec<BlobKey>, u64) {
        let absent = self.vector_columns().filter(|(id, _, _)| ids.contains(id));
        let pages = absent.flat_map(|(id, at, vectors)| vectors.absent().map(move |page| (id, at, page)));
        self.page_keys(pages, u64::MAX)
    }

    /// The next pages, about `bytes` of them, that should be in memory and are not: all for which there is room, unless
    /// the user wishes them left; and those of segments that have no codes in any case.
    pub(super) fn to_read_in(&self, memory: Memory, bytes: u64) -> Vec<BlobKey> {
        let is_due = |id, column: &usize| {
            let is_left = !self.reads_in || self.left_columns.contains(column);
            !(is_left && self.has_stored_codes(id, *column))
        };
        let due = || self.vector_columns().filter(|(id, column, vectors)| !vectors.is_whole() && is_due(*id, column));
        let missing: u64 =
            due().map(|(_, _, vectors)| vectors.value_bytes().saturating_sub(vectors.size_bytes())).sum();
        if missing == 0 || !memory.has_room_for_pages(missing) {
            return Vec::new();
        }
        let pages = due().flat_map(|(id, column, vectors)| vectors.absent().map(move |page| (id, column, page)));
        self.page_keys(pages, bytes).0
    }

    /// Whether the codes of a segment's vectors are stored, so that these need not be here.
    pub(super) fn has_stored_codes(&self, id: SegmentId, column: usize) -> bool {
        self.coded.get(&column).is_some_and(|coded| coded.stored.contains_key(&id))
    }

    fn all_columns(&self) -> Vec<usize> {
        self.schema.vector_columns().collect()
    }

    fn vector_columns(&self) -> impl Iterator<Item = (SegmentId, usize, &VectorColumn)> {
        let columns = move |segment: &Segment| (segment.id(), self.schema.vector_columns());
        self.segments.values().flat_map(move |segment| {
            let (id, columns) = columns(segment);
            columns.map(move |column| (id, column, vector(segment.columns()[column].data())))
        })
    }

    /// Vector columns, among `columns`, whose pages could be left. A job reads those of its segments.
    fn leavable<'a>(&'a self, columns: &'a [usize]) -> impl Iterator<Item = (SegmentId, usize, &'a VectorColumn)> {
        let working = self.job.as_ref().map(Job::segments).unwrap_or_default();
        self.vector_columns().filter(move |(id, column, _)| {
            columns.contains(column)
                && self.sealed.contains_key(id)
                && self.has_stored_codes(*id, *column)
                && !working.contains(id)
        })
    }

    /// Leaves pages of the columns that the user wishes left, beyond those that were read last.
    fn trim(&mut self, memory: Memory) {
        let cache = (memory.limit_bytes / CACHE_SHARE).max(CACHE_BYTES_MIN);
        let columns = std::mem::take(&mut self.left_columns);
        let held: u64 = self.leavable(&columns).map(|(_, _, vectors)| vectors.size_bytes()).sum();
        if held > cache {
            // A little more than must be, so that not every command has to.
            self.leave(held - cache / 8 * 7, &columns);
        }
        self.left_columns = columns;
    }

    fn leave(&mut self, bytes: u64, columns: &[usize]) {
        let mut pages: Vec<(u32, SegmentId, usize, u32)> = Vec::new();
        for (id, column, vectors) in self.leavable(columns) {
            pages.extend(vectors.used().map(|(page, time)| (time, id, column, page)));
        }
        sort_by(&mut pages, Ord::cmp);
        let mut freed = 0;
        for (_, id, column, page) in pages {
            if freed >= bytes {
                break;
            }
            let vectors = self.segments.get_mut(&id).expect("it was just listed").vector_mut(column);
            freed += vectors.pages()[page as usize].capacity() as u64;
            vectors.leave(page);
        }
    }

    /// The keys of pages, the first of them up to about `bytes`, and the bytes of their blobs.
    fn page_keys(&self, pages: impl Iterator<Item = (SegmentId, usize, u32)>, bytes: u64) -> (Vec<BlobKey>, u64) {
        let mut asked = 0;
        let mut keys = Vec::new();
        for (id, column, page) in pages {
            if asked >= bytes {
                break;
            }
            let pages = &self.sealed[&id].pages[&self.schema.fields[column].id];
            asked += u64::from(pages.parts[page as usize].blob_bytes);
            keys.push(pages.key(self.id, id, page));
        }
        (keys, asked)
    }
}
