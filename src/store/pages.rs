//! Records of one size in pages: a page is the blob that is stored, so sealing and reading move no byte.

use super::Bytes;
use super::codec::{self, HEADER_BYTES};

/// Records of `record_bytes` each.
#[derive(Debug, Clone)]
pub struct Pages {
    record_bytes: usize,
    per_page: u32,
    len: u32,
    /// Blobs: a header, then `per_page` records; the last page may have room left. One that is not here is empty.
    pages: Vec<Bytes>,
}

impl Pages {
    /// No records yet; `record_bytes` is a multiple of four.
    pub fn new(record_bytes: usize, per_page: u32) -> Pages {
        debug_assert!(record_bytes > 0 && record_bytes.is_multiple_of(4) && per_page > 0);
        Pages { record_bytes, per_page, len: 0, pages: Vec::new() }
    }

    /// The records of stored pages; `None` when their sizes do not fit `len` records.
    pub fn from_blobs(record_bytes: usize, per_page: u32, len: u32, pages: Vec<Bytes>) -> Option<Pages> {
        let sizes = pages.iter().map(Bytes::len);
        let mut all = Pages::left(record_bytes, per_page, len, sizes)?;
        all.pages = pages;
        Some(all)
    }

    /// The records of stored pages of those sizes in bytes, none of which is here; `None` when they do not fit `len`
    /// records.
    pub fn left(
        record_bytes: usize,
        per_page: u32,
        len: u32,
        sizes: impl ExactSizeIterator<Item = usize>,
    ) -> Option<Pages> {
        if record_bytes == 0 || per_page == 0 || sizes.len() != len.div_ceil(per_page) as usize {
            return None;
        }
        let pages = Pages { record_bytes, per_page, len, pages: vec![Bytes::default(); sizes.len()] };
        sizes.enumerate().all(|(at, bytes)| pages.blob_bytes(at as u32) == Some(bytes)).then_some(pages)
    }

    /// Puts a stored page in its place; says whether it fits.
    pub fn put(&mut self, page: u32, blob: Bytes) -> bool {
        let fits = page < self.pages.len() as u32 && self.blob_bytes(page) == Some(blob.len());
        if fits {
            self.pages[page as usize] = blob;
        }
        fits
    }

    /// Gives a page's memory back, which is stored.
    pub fn leave(&mut self, page: u32) {
        self.pages[page as usize] = Bytes::default();
    }

    /// Whether a page is here.
    pub fn is_here(&self, page: u32) -> bool {
        !self.pages[page as usize].is_empty()
    }

    /// The bytes of a full blob of a page.
    fn blob_bytes(&self, page: u32) -> Option<usize> {
        let records = (self.len - page * self.per_page).min(self.per_page) as usize;
        records.checked_mul(self.record_bytes).map(|bytes| HEADER_BYTES + bytes)
    }

    /// Appends as many zeroed records as fit the last page, or a new one, up to `count`; gives out their floats.
    ///
    /// # Panics
    /// If `count` is zero.
    pub fn grow(&mut self, count: u32) -> &mut [f32] {
        assert!(count > 0, "at least one record");
        let used = self.len % self.per_page;
        if used == 0 {
            self.pages.push(codec::blank(0));
        }
        let taken = count.min(self.per_page - used);
        self.len += taken;
        let bytes = self.record_bytes;
        let page = self.pages.last_mut().expect("a page was pushed");
        page.grow(HEADER_BYTES + (used + taken) as usize * bytes, HEADER_BYTES + self.per_page as usize * bytes);
        &mut page.floats_mut(HEADER_BYTES)[used as usize * bytes / 4..]
    }

    /// Appends a zeroed record and gives it out.
    pub fn push(&mut self) -> &mut [u8] {
        bytemuck::cast_slice_mut(self.grow(1))
    }

    /// The bytes of a record, whose page must be here.
    #[inline(always)]
    pub fn record(&self, at: u32) -> &[u8] {
        let page = at / self.per_page;
        let start = HEADER_BYTES + (at - page * self.per_page) as usize * self.record_bytes;
        &self.pages.as_slice()[page as usize].as_slice()[start..start + self.record_bytes]
    }

    /// The bytes of the records from `at` up to `end` that lie in one page with the first of them.
    #[inline(always)]
    pub fn run(&self, at: u32, end: u32) -> &[u8] {
        let page = at / self.per_page;
        let within = at - page * self.per_page;
        let start = HEADER_BYTES + within as usize * self.record_bytes;
        let count = (end - at).min(self.per_page - within) as usize;
        &self.pages.as_slice()[page as usize].as_slice()[start..start + count * self.record_bytes]
    }

    /// The bytes of one record.
    #[inline(always)]
    pub fn record_bytes(&self) -> usize {
        self.record_bytes
    }

    /// The bytes of a record, to be changed.
    pub fn record_mut(&mut self, at: u32) -> &mut [u8] {
        let page = self.pages[(at / self.per_page) as usize].as_mut_slice();
        &mut page[HEADER_BYTES + (at % self.per_page) as usize * self.record_bytes..][..self.record_bytes]
    }

    /// The pages as blobs, whose headers are not written yet.
    pub fn blobs(&self) -> &[Bytes] {
        &self.pages
    }

    /// Records in each page but the last.
    pub fn per_page(&self) -> u32 {
        self.per_page
    }

    /// How many records there are.
    pub fn len(&self) -> u32 {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The heap that the pages hold, in bytes.
    pub fn size_bytes(&self) -> u64 {
        self.pages.iter().map(|page| page.capacity() as u64).sum()
    }
}
