//! The rows of several segments under one numbering: a *slot* is a row's number among all of them.
//!
//! Every segment's first slot is a multiple of 64, so that sets of its rows are copied word by word. Some slots
//! therefore belong to no row.

use super::codes::Codes;
use super::graph::Points;
use super::space::Space;
use crate::bitmap::Bitmap;

/// Where segments lie.
#[derive(Debug, Clone, Default)]
pub struct Slots {
    /// The first slot and the rows of each segment.
    parts: Vec<(u32, u32)>,
    /// The segment of every 64 slots: walks ask for so many that looking it up by halves is felt.
    owners: Vec<u32>,
    len: u32,
}

impl Slots {
    /// The slots of segments of so many rows; `None` when they are more than can be numbered.
    pub fn new(row_counts: impl Iterator<Item = u32>) -> Option<Slots> {
        let mut slots = Slots::default();
        for row_count in row_counts {
            let part = slots.parts.len() as u32;
            slots.parts.push((slots.len, row_count));
            slots.len = slots.len.checked_add(row_count)?.checked_next_multiple_of(64)?;
            slots.owners.resize(slots.len as usize / 64, part);
        }
        Some(slots)
    }

    /// How many slots there are.
    pub fn len(&self) -> u32 {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The first slot of the segment at a place.
    pub fn first(&self, part: usize) -> u32 {
        self.parts[part].0
    }

    /// The place of a slot's segment, and the row there.
    ///
    /// # Panics
    /// If there is no such slot.
    #[inline(always)]
    pub fn place(&self, slot: u32) -> (usize, u32) {
        let part = self.owners[slot as usize / 64] as usize;
        (part, slot - self.parts[part].0)
    }

    /// The rows of each segment.
    pub fn row_counts(&self) -> impl Iterator<Item = u32> + '_ {
        self.parts.iter().map(|(_, row_count)| *row_count)
    }

    /// One set of slots of a set of rows for each segment; a segment without one has no member.
    ///
    /// # Panics
    /// If a set ranges over another number of rows than its segment has.
    pub fn gather<'a>(&self, sets: impl Iterator<Item = Option<&'a Bitmap>>) -> Bitmap {
        let mut words = vec![0u64; self.len as usize / 64];
        for ((first, row_count), set) in self.parts.iter().zip(sets) {
            let Some(set) = set else { continue };
            assert_eq!(set.len(), *row_count, "a set of rows ranges over its segment");
            let first = *first as usize / 64;
            words[first..first + set.words().len()].copy_from_slice(set.words());
        }
        Bitmap::from_words(words, self.len).expect("as many words as the slots take")
    }
}

/// The codes of the segments that slots number.
#[derive(Debug, Clone, Copy)]
pub struct SlotCodes<'a> {
    /// The numbering.
    pub slots: &'a Slots,
    /// The codes of each segment that is still there.
    pub codes: &'a [Option<&'a Codes>],
}

impl<'a> SlotCodes<'a> {
    /// The codes that a slot's row is among, and its number there.
    ///
    /// # Panics
    /// If the slot's segment is gone: callers ask for slots of live rows.
    pub fn get(&self, slot: u32) -> (&'a Codes, u32) {
        let (part, row) = self.slots.place(slot);
        (self.codes[part].expect("live rows have codes"), row)
    }
}

/// The codes of slots, for graphs: a slot without a row, or of a segment that is gone, has a code that says so.
#[derive(Debug, Clone, Copy)]
pub struct SlotPoints<'a> {
    /// The codes.
    pub codes: SlotCodes<'a>,
    /// What such slots have; see [`blank_code`].
    pub blank: &'a [u8],
}

/// The seven-bit code of no row, whose step is no number.
pub fn blank_code(space: &Space) -> Vec<u8> {
    let mut code = vec![0; space.padded()];
    code.extend(f32::NAN.to_le_bytes());
    code.extend(0.0f32.to_le_bytes());
    code
}

impl Points for SlotPoints<'_> {
    fn record(&self, slot: u32) -> &[u8] {
        let (part, row) = self.codes.slots.place(slot);
        match self.codes.codes[part] {
            Some(codes) if row < codes.len() => codes.record(row),
            _ => self.blank,
        }
    }
}
