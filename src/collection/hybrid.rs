//! Hybrid search: several searches whose results are fused by a ranker.

use super::search::Search;

/// Several searches, fused.
#[derive(Debug, Clone, PartialEq)]
pub struct HybridSearch {
    /// The searches; their output fields and partitions are those of the whole.
    pub searches: Vec<Search>,
    /// How their results become one.
    pub ranker: Ranker,
    /// How many hits to return.
    pub limit: u32,
    /// How many better hits are skipped first.
    pub offset: u32,
    /// The fields and dynamic keys to return.
    pub output_fields: Vec<String>,
    /// The partitions to search; all when empty.
    pub partitions: Vec<String>,
    /// Decimals of scores, −1 for all.
    pub round_decimal: i32,
}

/// How the results of several searches are fused.
#[derive(Debug, Clone, PartialEq)]
pub enum Ranker {
    /// Reciprocal rank fusion: Σ 1 / (k + rank), rank from 1.
    Rrf {
        /// The constant; 0 < k < 16,384, by default 60.
        k: f64,
    },
    /// Weighted sum of scores.
    Weighted {
        /// One weight a search, each in 0 … 1.
        weights: Vec<f64>,
        /// Whether scores are brought to one scale first.
        normalises: bool,
    },
}
