//! A buffer that starts on a cache line, so that stored vectors can be read where they lie.

use bytemuck::{Pod, Zeroable};

/// One cache line; the unit of allocation that fixes the alignment.
#[derive(Debug, Clone, Copy, PartialEq, Pod, Zeroable)]
#[repr(C, align(64))]
struct Line([u8; 64]);

/// Bytes at a 64-byte boundary.
///
/// Hosts fill one and hand it over; a column keeps it as the place of its values. Nothing is copied between.
#[derive(Debug, Clone, Default)]
pub struct Bytes {
    lines: Vec<Line>,
    len: usize,
}

impl Bytes {
    /// `len` zero bytes.
    pub fn zeroed(len: usize) -> Bytes {
        // Memory that was never used is zero already, and is not written.
        Bytes { lines: bytemuck::zeroed_vec(len.div_ceil(64)), len }
    }

    /// The bytes.
    #[inline(always)]
    pub fn as_slice(&self) -> &[u8] {
        &bytemuck::cast_slice(&self.lines)[..self.len]
    }

    /// The bytes, to be filled.
    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        &mut bytemuck::cast_slice_mut(&mut self.lines)[..self.len]
    }

    /// The bytes from `from` on as little-endian 32-bit floats.
    ///
    /// # Panics
    /// If `from` or the rest is no multiple of four.
    pub fn floats(&self, from: usize) -> &[f32] {
        bytemuck::cast_slice(&self.as_slice()[from..])
    }

    /// The bytes from `from` on as 32-bit floats, to be filled.
    ///
    /// # Panics
    /// If `from` or the rest is no multiple of four.
    pub fn floats_mut(&mut self, from: usize) -> &mut [f32] {
        bytemuck::cast_slice_mut(&mut self.as_mut_slice()[from..])
    }

    /// How many bytes there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Appends zero bytes up to `len`; room is made by doubling, up to `capacity` bytes.
    pub fn grow(&mut self, len: usize, capacity: usize) {
        debug_assert!(self.len <= len && len <= capacity);
        let (needed, most) = (len.div_ceil(64), capacity.div_ceil(64));
        if self.lines.capacity() < needed {
            let room = needed.max(self.lines.capacity() * 2).min(most);
            self.lines.reserve_exact(room - self.lines.len());
        }
        self.lines.resize(needed, Line([0; 64]));
        self.len = len;
    }

    /// The heap that the buffer holds, in bytes.
    pub fn capacity(&self) -> usize {
        self.lines.capacity() * 64
    }

    /// Keeps the first `len` bytes.
    pub fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
        self.lines.truncate(self.len.div_ceil(64));
    }
}

impl From<&[u8]> for Bytes {
    fn from(bytes: &[u8]) -> Bytes {
        let mut copy = Bytes::zeroed(bytes.len());
        copy.as_mut_slice().copy_from_slice(bytes);
        copy
    }
}

impl PartialEq for Bytes {
    fn eq(&self, other: &Bytes) -> bool {
        self.as_slice() == other.as_slice()
    }
}
