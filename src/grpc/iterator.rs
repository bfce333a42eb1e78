//! Search iterators: batch after batch, each beyond the worst score of the one before. The server keeps nothing of them.

use super::params::Params;
use crate::collection::search::Search;
use crate::command::CollectionDescription;
use crate::error::{Error, Result};
use crate::schema::{Metric, Value, index_type, paging};

/// One batch of an iterator.
#[derive(Debug)]
pub struct Iteration {
    /// The iterator's name; none in its first batch.
    pub token: Option<String>,
    batch_size: Option<i64>,
    /// Only scores that are worse count.
    last_bound: Option<f32>,
}

impl Iteration {
    /// The batch that a search is; none when it is no iterator's.
    ///
    /// # Errors
    /// [`Error::Invalid`] for parameters that no iterator has.
    pub fn new(params: &mut Params) -> Result<Option<Iteration>> {
        if !params.flag("search_iter_v2") {
            return Ok(None);
        }
        let token = Some(params.text("search_iter_id")).filter(|token| !token.is_empty());
        let last_bound = params.number("search_iter_last_bound")?.map(|bound| bound as f32);
        Ok(Some(Iteration { token, batch_size: params.whole("search_iter_batch_size")?, last_bound }))
    }

    /// Makes the search one of this batch: as many hits, and only those beyond the bound.
    ///
    /// # Errors
    /// [`Error::Invalid`] for more than one query vector and for an offset, which no iterator has.
    pub fn narrow(&self, search: &mut Search, described: &CollectionDescription) -> Result<()> {
        if search.query_count() > 1 {
            return Err(Error::invalid("a search iterator has one query vector"));
        }
        if search.offset > 0 {
            return Err(Error::invalid("a search iterator has no offset"));
        }
        if let Some(size) = self.batch_size {
            search.limit = paging::check_search(size, 0)?.0;
        }
        let Some(bound) = self.last_bound.filter(|bound| bound.is_finite()) else {
            return Ok(());
        };
        // The range goes on just beyond the bound; its inner end is in the range, its outer end is not.
        let is_similarity = metric(search, described).is_similarity();
        let next = if is_similarity { bound.next_down() } else { bound.next_up() };
        let inner = search.params.get("range_filter").and_then(index_type::number).map(|inner| inner as f32);
        let inner = match inner {
            Some(inner) if is_similarity => inner.min(next),
            Some(inner) => inner.max(next),
            None => next,
        };
        search.params.insert("range_filter".to_string(), Value::Double(inner.into()));
        let outer = search.params.get("radius").and_then(index_type::number);
        let outer = outer.map_or(if is_similarity { f32::MIN } else { f32::MAX }, |outer| outer as f32);
        let is_past = if is_similarity { inner < outer } else { inner > outer };
        // Past the radius nothing is left; a range that ends where it begins says so.
        let outer = if is_past { inner } else { outer };
        search.params.insert("radius".to_string(), Value::Double(outer.into()));
        Ok(())
    }

    /// The bound of the next batch, when the worst score of this one is `last`.
    pub fn bound_after(&self, last: Option<f32>) -> f32 {
        last.or(self.last_bound).unwrap_or_default()
    }
}

/// The metric of the searched field's index; that of all indexes when there is none, since the search fails then.
fn metric(search: &Search, described: &CollectionDescription) -> Metric {
    let indexes = described.indexes.iter().filter(|index| index.metric.is_some());
    let mut indexes = indexes.filter(|index| search.anns_field.is_empty() || index.field == search.anns_field);
    indexes.next().and_then(|index| index.metric).unwrap_or(Metric::Cosine)
}

/// A name for an iterator.
pub fn token(collection: u64, timestamp: u64) -> String {
    format!("{collection:x}-{timestamp:x}")
}
