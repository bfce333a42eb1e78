//! Vector to candidates: the structures that vectors are searched by, and what is said of all of them.
//!
//! They know rows and distances, not primary keys, filters or scores. Distances are smaller for nearer vectors, whatever
//! the metric ([`Metric::score`](crate::schema::Metric)). [`flat`] compares the vectors of one segment exactly; the others
//! read codes, and offer candidates to a [`codes::Scan`] whose caller compares them.

pub mod codes;
pub mod flat;
pub mod form;
pub mod graph;
#[cfg(feature = "instant-distance")]
pub mod instant;
pub mod inverted;
pub mod slots;
pub mod space;
pub mod top;

/// A row that an index found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// The row.
    pub row: u32,
    /// Its distance, by which hits are ordered and from which scores are made.
    pub distance: f32,
}

/// How much there has to be for a structure to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    /// Elements of all vectors of a column, for codes: below, an exact scan takes some tens of microseconds.
    pub coded_elements: u64,
    /// Rows of a partition, for an inverted file that nobody asked for: below, all codes are scanned in half a
    /// millisecond.
    pub clustered_rows: u64,
    /// Rows of a partition, for an inverted file or a graph that a user asked for.
    pub named_rows: u64,
}

impl Thresholds {
    /// Those of every build; tests set lower ones.
    pub const DEFAULT: Thresholds = Thresholds { coded_elements: 1 << 19, clustered_rows: 40_000, named_rows: 4_096 };
}

/// What a field is really searched by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Structure {
    /// `exact scan`, `code scan`, `inverted file`, `graph`, or `column scan` of a scalar field.
    pub name: &'static str,
    /// Clusters of inverted files, over all partitions.
    pub cluster_count: u32,
    /// The heap that it holds, beside the vectors.
    pub memory_bytes: u64,
    /// Bytes of its blobs.
    pub storage_bytes: u64,
    /// Rows that it does not hold yet: they are found, by a slower way.
    pub pending_rows: u64,
}

impl Structure {
    /// One that holds nothing of its own.
    pub fn scan(name: &'static str) -> Structure {
        Structure { name, cluster_count: 0, memory_bytes: 0, storage_bytes: 0, pending_rows: 0 }
    }
}

/// How hard a search by codes tries.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effort {
    /// Deviations of an estimate that still count; see [`codes::Scan::slack`].
    pub slack: f32,
    /// Candidates that are compared exactly, beside as many as are wanted.
    pub spare: u32,
    /// How much of an inverted file is read.
    pub probes: inverted::Probes,
    /// Nodes that a walk through a graph looks for (Milvus's ef), if these are more than the candidates.
    pub width: u32,
}

impl Effort {
    /// The effort of a search that asks for none: of 10,000 nearest neighbours a scan of codes misses hardly one.
    pub const DEFAULT: Effort = Effort { slack: 2.5, spare: 20, probes: inverted::Probes::Patience(80), width: 0 };
}

/// Bounds of a range search, on distances.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// The nearest distance that counts, itself included.
    pub from: f32,
    /// The first distance that is too far.
    pub to: f32,
}

impl Range {
    /// No bounds.
    pub const ALL: Range = Range { from: f32::NEG_INFINITY, to: f32::INFINITY };

    /// Whether there are no bounds. An infinite distance, which huge vectors have, counts then.
    pub fn is_all(self) -> bool {
        self == Range::ALL
    }

    /// Whether a distance counts.
    pub fn contains(self, distance: f32) -> bool {
        self.is_all() || (self.from <= distance && distance < self.to)
    }
}
