//! Hybrid search: several searches whose results are fused by a ranker.

use std::cmp::Ordering;
use std::f64::consts::PI;

use super::Collection;
use super::output::Output;
use super::primary::RowAddress;
use super::search::{Found, Hits, Search, Searched};
use crate::error::{Error, Result};
use crate::schema::{Metric, paging};
use crate::segment::PartitionId;
use crate::sorted::sort_by;

/// Several searches, fused.
#[derive(Debug, Clone, PartialEq)]
pub struct HybridSearch {
    /// The searches; their output fields and partitions are those of the whole. Their offsets count for nothing: Milvus reads
    /// that of the whole alone, and clients repeat it in each.
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

impl HybridSearch {
    /// As many hits as it looks at: what a search of its own finds that has no limit.
    pub fn window(limit: u32, offset: u32) -> i64 {
        i64::from(limit) + i64::from(offset)
    }
}

impl Collection {
    /// The fused hits of each query, best first; ties by ascending primary key. Ids must have become query vectors before. `searched` is of each search.
    ///
    /// # Errors
    /// Those of [`Collection::search`], and [`Error::Invalid`] for a ranker that does not fit the searches.
    pub fn hybrid_search(
        &mut self,
        hybrid: &HybridSearch,
        searched: &[Searched],
        partitions: Option<&[PartitionId]>,
    ) -> Result<Hits> {
        check(hybrid)?;
        let output = Output::new(&hybrid.output_fields, &self.schema, false)?;
        let mut results = Vec::with_capacity(hybrid.searches.len());
        for (search, searched) in hybrid.searches.iter().zip(searched) {
            results.push(self.nearest(search, *searched, partitions)?);
        }
        let queries = hybrid.searches[0].queries.count as usize;
        let fused = (0..queries).map(|query| {
            let lists: Vec<&[Found]> = results.iter().map(|found: &Vec<Vec<Found>>| found[query].as_slice()).collect();
            self.fuse(hybrid, searched, &lists)
        });
        self.hits(fused.collect(), &output, hybrid.round_decimal)
    }

    fn fuse(&self, hybrid: &HybridSearch, searched: &[Searched], lists: &[&[Found]]) -> Vec<Found> {
        let is_ascending = matches!(hybrid.ranker, Ranker::Weighted { normalises: false, .. })
            && searched.iter().all(|searched| !searched.metric.is_similarity());
        let mut shares: Vec<(RowAddress, f64)> = Vec::new();
        for (at, (list, searched)) in lists.iter().zip(searched).enumerate() {
            for (rank, (address, distance)) in list.iter().enumerate() {
                let share = match &hybrid.ranker {
                    Ranker::Rrf { k } => 1.0 / (k + rank as f64 + 1.0),
                    Ranker::Weighted { weights, normalises } => {
                        let score = f64::from(searched.metric.score(*distance));
                        let turns = *normalises || !(is_ascending || searched.metric.is_similarity());
                        weights[at] * if turns { normalise(searched.metric, score) } else { score }
                    }
                };
                shares.push((*address, share));
            }
        }
        sort_by(&mut shares, |a, b| a.0.cmp(&b.0));
        let mut fused: Vec<(RowAddress, f64)> = Vec::new();
        for (address, share) in shares {
            match fused.last_mut() {
                Some((last, score)) if *last == address => *score += share,
                _ => fused.push((address, share)),
            }
        }
        let better = |a: f64, b: f64| if is_ascending { a.total_cmp(&b) } else { b.total_cmp(&a) };
        sort_by(&mut fused, |a, b| match better(a.1, b.1) {
            Ordering::Equal => self.primary_key(a.0).cmp(&self.primary_key(b.0)),
            order => order,
        });
        let window = fused.into_iter().skip(hybrid.offset as usize).take(hybrid.limit as usize);
        window.map(|(address, score)| (address, score as f32)).collect()
    }
}

/// A score on a scale from 0 to 1, larger better (Milvus's `norm_score`).
fn normalise(metric: Metric, score: f64) -> f64 {
    match metric {
        Metric::Cosine => (1.0 + score) / 2.0,
        Metric::Ip => 0.5 + score.atan() / PI,
        Metric::L2 => 1.0 - 2.0 * score.atan() / PI,
    }
}

fn check(hybrid: &HybridSearch) -> Result<()> {
    let count = hybrid.searches.len();
    if count == 0 || count > paging::SEARCHES_MAX {
        return Err(Error::invalid(format!(
            "a hybrid search has {count} searches, expected 1 to {}",
            paging::SEARCHES_MAX
        )));
    }
    let queries = hybrid.searches[0].query_count();
    if let Some(other) = hybrid.searches.iter().find(|search| search.query_count() != queries) {
        let got = other.query_count();
        return Err(Error::invalid(format!(
            "the searches have {queries} and {got} query vectors, expected one number"
        )));
    }
    if hybrid.searches.iter().any(|search| search.grouping.is_some()) {
        return Err(Error::Unsupported { what: "grouping of a hybrid search".to_string() });
    }
    paging::check_search(hybrid.limit.into(), hybrid.offset.into())?;
    paging::check_round_decimal(hybrid.round_decimal.into())?;
    match &hybrid.ranker {
        Ranker::Rrf { k } if !(*k > 0.0 && *k < 16_384.0) => {
            Err(Error::invalid(format!("The rank params k should be in range (0, 16384), but got {k}")))
        }
        Ranker::Weighted { weights, .. } if weights.len() != count => Err(Error::invalid(format!(
            "the length of weights param mismatch with ann search requests: expected {count}, got {}",
            weights.len()
        ))),
        Ranker::Weighted { weights, .. } => match weights.iter().find(|weight| !(0.0..=1.0).contains(*weight)) {
            Some(weight) => {
                Err(Error::invalid(format!("rank param weight should be in range [0, 1], but got {weight}")))
            }
            None => Ok(()),
        },
        Ranker::Rrf { .. } => Ok(()),
    }
}
