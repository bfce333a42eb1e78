//! Dense vectors in pages.

use crate::store::Bytes;
use crate::store::codec::HEADER_BYTES;
use crate::store::pages::Pages;

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
    pages: Pages,
}

impl VectorColumn {
    /// No rows yet.
    pub fn new(dim: u32) -> VectorColumn {
        let dim = dim.max(1);
        let fitting = PAGE_BYTES / (dim as usize * 4);
        let rows_per_page = if fitting < ROWS_STEP { fitting.max(1) } else { fitting / ROWS_STEP * ROWS_STEP } as u32;
        VectorColumn { dim, pages: Pages::new(dim as usize * 4, rows_per_page) }
    }

    /// The column of stored pages; `None` when their sizes do not fit `len` rows.
    pub fn from_pages(dim: u32, rows_per_page: u32, len: u32, pages: Vec<Bytes>) -> Option<VectorColumn> {
        Some(VectorColumn { dim, pages: Pages::from_blobs(dim as usize * 4, rows_per_page, len, pages)? })
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
    pub fn row(&self, row: u32) -> &[f32] {
        bytemuck::cast_slice(self.pages.record(row))
    }

    /// The floats of each page, in row order: `rows_per_page` rows each but the last.
    pub fn page_floats(&self) -> impl Iterator<Item = &[f32]> {
        self.pages.blobs().iter().map(|page| page.floats(HEADER_BYTES))
    }

    /// The pages as blobs, whose headers are not written yet.
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
        self.pages.size_bytes()
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
