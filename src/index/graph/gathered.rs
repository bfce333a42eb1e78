//! Copies of the codes of nodes that are to be inserted, in the order of their insertion.
//!
//! That order puts near rows together, and segments do not: what an insertion reads lies in few pages of memory here, and
//! strewn over all of it there. A graph of more rows than caches hold is made in much less time from copies.

use super::super::space::Space;
use super::Points;
use super::measure::Place;
use crate::store::pages::Pages;

/// Codes in an order of their own.
#[derive(Debug)]
pub struct Gathered {
    /// The code of no row, then those that were pushed, each with its point's square in place of the bias.
    rows: Pages,
    /// The number among them of each slot's.
    numbers: Vec<u32>,
    place: Place,
}

/// Bytes that a page aims at.
pub(super) const PAGE_BYTES: usize = 1 << 20;

impl Gathered {
    /// No codes yet, of `slots` slots; `blank` is what those have that none is pushed for.
    pub fn new(space: &Space, slots: u32, blank: &[u8]) -> Gathered {
        let bytes = space.padded() + 8;
        let mut rows = Pages::new(bytes, (PAGE_BYTES / bytes).max(1) as u32);
        rows.push().copy_from_slice(blank);
        Gathered { rows, numbers: vec![0; slots as usize], place: Place::default() }
    }

    /// About the heap that so many codes take, in bytes.
    pub fn bytes_for(dim: u32, rows: u64) -> u64 {
        rows * (u64::from(dim).next_multiple_of(16) + 12)
    }

    /// How many were pushed.
    pub fn len(&self) -> u32 {
        self.rows.len() - 1
    }

    /// Whether none was.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The heap that they take, in bytes.
    pub fn size_bytes(&self) -> u64 {
        self.rows.size_bytes() + self.numbers.capacity() as u64 * 4
    }

    /// Takes a slot's code.
    pub fn push(&mut self, slot: u32, record: &[u8]) {
        self.numbers[slot as usize] = self.rows.len();
        self.place.take(record);
        let (code, square) = self.rows.push().split_at_mut(record.len() - 4);
        code.copy_from_slice(&record[..record.len() - 4]);
        square.copy_from_slice(&self.place.square.to_le_bytes());
    }
}

impl Points for Gathered {
    #[inline(always)]
    fn record(&self, slot: u32) -> &[u8] {
        self.rows.record(self.numbers[slot as usize])
    }

    fn holds_squares(&self) -> bool {
        true
    }
}
