//! How near two vectors are: Milvus's names, signs and scales.

use serde::{Deserialize, Serialize};

/// A metric of dense vectors.
///
/// Inside the engine a *distance* is always smaller for nearer vectors; the *score* that users see has
/// Milvus's sign and scale. [`Metric::score`] goes from one to the other, and is its own inverse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Metric {
    /// Squared Euclidean distance, no root taken; smallest is best.
    L2,
    /// Inner product; largest is best.
    Ip,
    /// Cosine similarity, 0 where a vector is all zeros; largest is best.
    Cosine,
}

impl Metric {
    /// The metric's name in requests and replies.
    pub fn name(self) -> &'static str {
        match self {
            Metric::L2 => "L2",
            Metric::Ip => "IP",
            Metric::Cosine => "COSINE",
        }
    }

    /// The metric of that name, in any case, as Milvus reads it.
    pub fn from_name(name: &str) -> Option<Metric> {
        [Metric::L2, Metric::Ip, Metric::Cosine].into_iter().find(|metric| metric.name().eq_ignore_ascii_case(name))
    }

    /// Whether a larger score is a better one.
    pub fn is_similarity(self) -> bool {
        matches!(self, Metric::Ip | Metric::Cosine)
    }

    /// The score of a distance, and the distance of a score.
    pub fn score(self, distance: f32) -> f32 {
        // A negated zero is zero.
        if self.is_similarity() { -distance + 0.0 } else { distance }
    }
}
