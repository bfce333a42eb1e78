//! Writes that land together or not at all.

use super::{BlobKey, Bytes};
use crate::sorted::SortedMap;

/// One command's writes. A host applies all of it atomically, or nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    /// What becomes of each key: its new blob, or `None` to remove it (removing an absent one is no error).
    pub writes: SortedMap<BlobKey, Option<Bytes>>,
    /// What must hold for the batch to be applied, checked inside the same atomic step.
    pub guard: Option<Guard>,
    /// Whether it serves to free room: a host without room may give up some that it has kept.
    pub makes_room: bool,
}

/// A blob that must have just this content (or be absent) for a batch to be applied.
#[derive(Debug, Clone, PartialEq)]
pub struct Guard {
    /// The blob.
    pub key: BlobKey,
    /// Its bytes; `None` when it must be absent.
    pub expected: Option<Bytes>,
}

impl Batch {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }

    /// Stores a blob.
    pub fn put(&mut self, key: BlobKey, blob: Bytes) {
        self.writes.insert(key, Some(blob));
    }

    /// Removes a blob.
    pub fn remove(&mut self, key: BlobKey) {
        self.writes.insert(key, None);
    }

    /// Adds what `later` does on top of this batch.
    ///
    /// # Panics
    /// If both have a guard and the guards differ: two writers would be in one batch.
    pub fn merge(&mut self, later: Batch) {
        if !later.is_empty() {
            self.makes_room = later.makes_room && (self.is_empty() || self.makes_room);
        }
        self.writes.extend(later.writes);
        match (&self.guard, later.guard) {
            (Some(mine), Some(theirs)) => assert!(*mine == theirs, "a batch has one writer"),
            (None, Some(theirs)) => self.guard = Some(theirs),
            (_, None) => {}
        }
    }

    /// The bytes of all blobs to store.
    pub fn size_bytes(&self) -> u64 {
        self.writes.values().flatten().map(|blob| blob.len() as u64).sum()
    }
}
