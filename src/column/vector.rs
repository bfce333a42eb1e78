//! Dense vectors in pages: a page is the blob that is stored, so sealing and reading move no float.

use crate::store::Bytes;
use crate::store::codec::{self, HEADER_BYTES};

/// The bytes of vectors that a page aims at; at least one row fits in any case.
///
/// All rows are read together as long as scans are exact, and 256 KB are read at 239 MB/s from IndexedDB where 32 KB are
/// read at 189. Pages are also what background work fills storage with: small ones fill a quota to the brim, and then
/// nothing is left for the commit that would free room.
pub const PAGE_BYTES: usize = 256 * 1024;

/// Rows of a page come in fours where four fit, since kernels take four at a time.
const ROWS_STEP: usize = 4;

/// One vector of `dim` floats a row.
#[derive(Debug, Clone)]
pub struct VectorColumn {
    dim: u32,
    rows_per_page: u32,
    len: u32,
    /// Blobs: a header, then `rows_per_page × dim` floats; the last page may have room left.
    pages: Vec<Bytes>,
}

impl VectorColumn {
    /// No rows yet.
    pub fn new(dim: u32) -> VectorColumn {
        let fitting = PAGE_BYTES / (dim.max(1) as usize * 4);
        let rows_per_page = if fitting < ROWS_STEP { fitting.max(1) } else { fitting / ROWS_STEP * ROWS_STEP } as u32;
        VectorColumn { dim, rows_per_page, len: 0, pages: Vec::new() }
    }

    /// The column of stored pages; `None` when their sizes do not fit `len` rows.
    pub fn from_pages(dim: u32, rows_per_page: u32, len: u32, pages: Vec<Bytes>) -> Option<VectorColumn> {
        let row_bytes = dim as usize * 4;
        if dim == 0 || rows_per_page == 0 || pages.len() != len.div_ceil(rows_per_page) as usize {
            return None;
        }
        let fits = pages.iter().enumerate().all(|(at, page)| {
            let rows = (len - at as u32 * rows_per_page).min(rows_per_page) as usize;
            page.len() == HEADER_BYTES + rows * row_bytes
        });
        fits.then_some(VectorColumn { dim, rows_per_page, len, pages })
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
            let used = (self.len % self.rows_per_page) as usize;
            if used == 0 {
                self.pages.push(codec::blank(0));
            }
            let take = ((self.rows_per_page as usize - used) * dim).min(rest.len());
            let page = self.pages.last_mut().expect("a page was pushed");
            page.grow(HEADER_BYTES + (used * dim + take) * 4, HEADER_BYTES + self.rows_per_page as usize * dim * 4);
            page.floats_mut(HEADER_BYTES)[used * dim..].copy_from_slice(&rest[..take]);
            self.len += (take / dim) as u32;
            rest = &rest[take..];
        }
    }

    /// The vector of `row`.
    pub fn row(&self, row: u32) -> &[f32] {
        let dim = self.dim as usize;
        let page = &self.pages[(row / self.rows_per_page) as usize];
        &page.floats(HEADER_BYTES)[(row % self.rows_per_page) as usize * dim..][..dim]
    }

    /// The floats of each page, in row order: `rows_per_page` rows each but the last.
    pub fn page_floats(&self) -> impl Iterator<Item = &[f32]> {
        self.pages.iter().map(|page| page.floats(HEADER_BYTES))
    }

    /// The pages as blobs, whose headers are not written yet.
    pub fn pages(&self) -> &[Bytes] {
        &self.pages
    }

    /// Rows in each page but the last.
    pub fn rows_per_page(&self) -> u32 {
        self.rows_per_page
    }

    /// Elements of each vector.
    pub fn dim(&self) -> u32 {
        self.dim
    }

    /// How many vectors there are.
    pub fn len(&self) -> u32 {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The heap that the column holds, in bytes.
    pub fn size_bytes(&self) -> u64 {
        self.pages.iter().map(|page| page.capacity() as u64).sum()
    }
}

impl PartialEq for VectorColumn {
    fn eq(&self, other: &VectorColumn) -> bool {
        self.dim == other.dim && self.len == other.len && (0..self.len).all(|row| self.row(row) == other.row(row))
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
