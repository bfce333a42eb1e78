//! What a collection is made of, as stored.
//!
//! **Replaying.** Opening takes the sealed segments of the manifest and then the log entries from `log_start` on, in
//! order. A run for a segment that the manifest knows as sealed is skipped: its rows are there. A run for one whose
//! number is below `next_segment` and that is neither sealed nor growing is skipped too: compaction or a dropped
//! partition removed it. Deletes are applied wherever their segment still exists; applying one twice changes nothing.

use serde::{Deserialize, Serialize};

use crate::segment::{PartitionId, SegmentId};

/// The manifest of a collection.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ManifestRecord {
    /// The sealed segments.
    pub sealed: Vec<SealedRecord>,
    /// Segments that grew when this was written.
    pub growing: Vec<SegmentId>,
    /// The number of the next segment, as of this writing.
    pub next_segment: SegmentId,
    /// The first log entry to replay.
    pub log_start: u64,
    /// The greatest auto id given out, as of this writing.
    pub auto_id_last: i64,
}

/// A sealed segment of a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SealedRecord {
    /// The segment.
    pub id: SegmentId,
    /// Its partition.
    pub partition: PartitionId,
    /// Its rows, dead ones included.
    pub row_count: u32,
    /// Bytes of its blobs.
    pub size_bytes: u64,
    /// Its parts, the descriptor not counted.
    pub part_count: u32,
    /// The checksum of its descriptor.
    pub descriptor_checksum: u64,
    /// The log entry that names its stored deletes; `None` when it has none stored.
    pub deletes_seq: Option<u64>,
}
