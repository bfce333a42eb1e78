//! Dense vectors in pages, which may be left in storage until they are asked for.

use std::cell::{Cell, RefCell};

use crate::sorted::{SortedMap, SortedSet};
use crate::store::Bytes;
use crate::store::codec::HEADER_BYTES;
use crate::store::pages::Pages;

/// The bytes of vectors that a page aims at, unless a host wants others; at least one row fits in any case.
///
/// A search that finds its candidates by codes reads single rows, for which pages should be small.
pub const PAGE_BYTES: usize = 32 * 1024;

/// Rows of a page come in fours where four fit, since kernels take four at a time.
const ROWS_STEP: usize = 4;

/// One vector of `dim` floats a row.
#[derive(Debug, Clone)]
pub struct VectorColumn {
    dim: u32,
    pages: Pages,
    /// `None` when no page was ever anywhere else.
    late: Option<Late>,
}

/// What is known of a column of which pages are, or were, in storage only.
#[derive(Debug, Clone)]
struct Late {
    /// Pages that are here.
    here: u32,
    /// When each page was last read.
    used: Vec<Cell<u32>>,
    /// What is put down as the time of a read.
    now: Cell<u32>,
    /// Rows that were asked for and are not here, and how often that was.
    wanted: RefCell<SortedSet<u32>>,
    misses: Cell<u32>,
    /// Rows that were asked for, apart from their pages, with the time when they were last read.
    rows: SortedMap<u32, (Cell<u32>, Vec<f32>)>,
}

impl VectorColumn {
    /// No rows yet.
    pub fn new(dim: u32) -> VectorColumn {
        VectorColumn::with_pages(dim, PAGE_BYTES)
    }

    /// No rows yet, in pages of about so many bytes.
    pub fn with_pages(dim: u32, page_bytes: usize) -> VectorColumn {
        let dim = dim.max(1);
        let fitting = page_bytes / (dim as usize * 4);
        let rows_per_page = if fitting < ROWS_STEP { fitting.max(1) } else { fitting / ROWS_STEP * ROWS_STEP } as u32;
        VectorColumn { dim, pages: Pages::new(dim as usize * 4, rows_per_page), late: None }
    }

    /// The column of stored pages; `None` when their sizes do not fit `len` rows.
    pub fn from_pages(dim: u32, rows_per_page: u32, len: u32, pages: Vec<Bytes>) -> Option<VectorColumn> {
        Some(VectorColumn { dim, pages: Pages::from_blobs(dim as usize * 4, rows_per_page, len, pages)?, late: None })
    }

    /// The column of stored pages of those sizes in bytes, none of which is here; `None` when they do not fit `len` rows.
    pub fn left(
        dim: u32,
        rows_per_page: u32,
        len: u32,
        sizes: impl ExactSizeIterator<Item = usize>,
    ) -> Option<VectorColumn> {
        let late = (len > 0).then(|| Late::new(sizes.len(), 0));
        Some(VectorColumn { dim, pages: Pages::left(dim as usize * 4, rows_per_page, len, sizes)?, late })
    }

    /// Appends rows, row-major.
    ///
    /// # Panics
    /// If `elements` is no multiple of `dim`.
    pub fn extend(&mut self, elements: &[f32]) {
        let dim = self.dim as usize;
        assert_eq!(elements.len() % dim, 0, "vectors have {dim} elements each");
        let mut rest = elements;
        while !rest.is_empty() {
            let room = self.pages.grow((rest.len() / dim) as u32);
            let (taken, left) = rest.split_at(room.len());
            room.copy_from_slice(taken);
            rest = left;
        }
    }

    /// The vector of `row`.
    ///
    /// # Panics
    /// If its page is not here.
    pub fn row(&self, row: u32) -> &[f32] {
        bytemuck::cast_slice(self.pages.record(row))
    }

    /// The vector of `row`, if it is here; if not, it is noted as wanted, see [`VectorColumn::wanted`].
    pub fn row_if_here(&self, row: u32) -> Option<&[f32]> {
        if let Some(late) = &self.late {
            if let Some((used, vector)) = late.rows.get(&row) {
                used.set(late.now.get());
                return Some(vector);
            }
            let page = row / self.rows_per_page();
            if !self.pages.is_here(page) {
                late.wanted.borrow_mut().insert(row, ());
                late.misses.set(late.misses.get() + 1);
                return None;
            }
            late.used[page as usize].set(late.now.get());
        }
        Some(self.row(row))
    }

    /// Whether all pages are here.
    pub fn is_whole(&self) -> bool {
        self.late.as_ref().is_none_or(|late| late.here == late.used.len() as u32)
    }

    /// Whether a page is here.
    pub fn is_here(&self, page: u32) -> bool {
        self.late.is_none() || self.pages.is_here(page)
    }

    /// Puts down that all pages are read.
    pub fn touch(&self) {
        if let Some(late) = &self.late {
            let used = late.used.iter().chain(late.rows.values().map(|(used, _)| used));
            used.for_each(|used| used.set(late.now.get()));
        }
    }

    /// How often rows were asked for since [`VectorColumn::begin`] that are not here.
    pub fn misses(&self) -> u32 {
        self.late.as_ref().map_or(0, |late| late.misses.get())
    }

    /// The pages of the rows that were asked for since [`VectorColumn::begin`] and are not here, ascending.
    pub fn wanted(&self) -> Vec<u32> {
        let Some(late) = &self.late else { return Vec::new() };
        let mut pages: Vec<u32> = late.wanted.borrow().keys().map(|row| row / self.rows_per_page()).collect();
        pages.dedup();
        pages
    }

    /// Begins to note anew which rows are asked for; `now` is put down as the time of reads from here on. Rows that were
    /// taken out of pages and have not been read since the last call are let go.
    pub fn begin(&mut self, now: u32) {
        let Some(late) = &mut self.late else { return };
        let last = late.now.replace(now);
        late.wanted.take();
        late.misses.set(0);
        if !late.rows.is_empty() {
            let rows = std::mem::take(&mut late.rows);
            late.rows = rows.into_iter().filter(|(_, (used, _))| used.get() == last).collect();
        }
    }

    /// The pages that are not here, ascending.
    pub fn absent(&self) -> impl Iterator<Item = u32> + '_ {
        let pages = self.late.as_ref().map_or(0, |late| late.used.len() as u32);
        (0..pages).filter(|page| !self.pages.is_here(*page))
    }

    /// The pages that are here though they could be left, with the time when they were last read.
    pub fn used(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        let pages = self.pages().len() as u32;
        let at = |page: u32| self.late.as_ref().map_or(0, |late| late.used[page as usize].get());
        (0..pages).filter(|page| self.pages.is_here(*page)).map(move |page| (page, at(page)))
    }

    /// Puts a stored page in its place; says whether it fits. Of its rows, those that were asked for are kept for
    /// themselves as well until [`VectorColumn::begin`] finds them unread, so that the page may go again.
    pub fn put(&mut self, page: u32, blob: Bytes) -> bool {
        let rows_per_page = self.rows_per_page();
        let Some(late) = &mut self.late else { return false };
        let is_new = page < late.used.len() as u32 && !self.pages.is_here(page);
        if !self.pages.put(page, blob) {
            return false;
        }
        late.here += u32::from(is_new);
        let first = page * rows_per_page;
        let wanted = late.wanted.get_mut().from_key(&first);
        let wanted: Vec<u32> =
            wanted.iter().map(|(row, ())| *row).take_while(|row| row - first < rows_per_page).collect();
        late.used[page as usize].set(late.now.get());
        for row in wanted {
            let vector = bytemuck::cast_slice(self.pages.record(row)).to_vec();
            late.rows.insert(row, (late.now.clone(), vector));
        }
        true
    }

    /// Gives the memory of a page back that is here and stored.
    pub fn leave(&mut self, page: u32) {
        let pages = self.pages.blobs().len();
        self.pages.leave(page);
        self.late.get_or_insert_with(|| Late::new(pages, pages as u32)).here -= 1;
    }

    /// The floats of each page, in row order: `rows_per_page` rows each but the last. All pages must be here.
    pub fn page_floats(&self) -> impl Iterator<Item = &[f32]> {
        self.pages.blobs().iter().map(|page| page.floats(HEADER_BYTES))
    }

    /// The pages as blobs, whose headers need not be written yet; those that are not here are empty.
    pub fn pages(&self) -> &[Bytes] {
        self.pages.blobs()
    }

    /// Rows in each page but the last.
    pub fn rows_per_page(&self) -> u32 {
        self.pages.per_page()
    }

    /// Elements of each vector.
    pub fn dim(&self) -> u32 {
        self.dim
    }

    /// How many vectors there are.
    pub fn len(&self) -> u32 {
        self.pages.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.pages.is_empty()
    }

    /// The heap that the column holds, in bytes.
    pub fn size_bytes(&self) -> u64 {
        let row_bytes = u64::from(self.dim) * 4;
        let late = |late: &Late| late.used.len() as u64 * 4 + late.rows.len() as u64 * row_bytes;
        self.pages.size_bytes() + self.late.as_ref().map_or(0, late)
    }

    /// Bytes of all vectors, wherever they are.
    pub fn value_bytes(&self) -> u64 {
        u64::from(self.len()) * u64::from(self.dim) * 4
    }
}

impl Late {
    fn new(pages: usize, here: u32) -> Late {
        Late {
            here,
            used: vec![Cell::new(0); pages],
            now: Cell::new(0),
            wanted: RefCell::new(SortedSet::new()),
            misses: Cell::new(0),
            rows: SortedMap::new(),
        }
    }
}

impl PartialEq for VectorColumn {
    fn eq(&self, other: &VectorColumn) -> bool {
        self.dim == other.dim && self.len() == other.len() && (0..self.len()).all(|row| self.row(row) == other.row(row))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_lie_where_they_were_put_over_page_borders() {
        for dim in [2, 3, 384, 70_000] {
            let mut column = VectorColumn::new(dim);
            let rows = column.rows_per_page() * 2 + 1;
            let elements = |row: u32| (0..dim).map(move |i| (row * 7 + i) as f32);
            for row in (0..rows).step_by(3) {
                let chunk: Vec<f32> = (row..rows.min(row + 3)).flat_map(elements).collect();
                column.extend(&chunk);
            }
            assert_eq!(column.len(), rows);
            for row in [0, rows / 2, rows - 1] {
                assert!(column.row(row).iter().copied().eq(elements(row)), "dim {dim} row {row}");
            }
            assert_eq!(column.pages().len(), 3);
        }
    }
}
