//! Query and get: rows by filter or by primary key.

use super::Collection;
use super::order::OrderBy;
use super::output::{Output, count, is_count};
use super::primary::RowAddress;
use super::search::FilterText;
use crate::column::rows::Rows;
use crate::error::{Error, Result};
use crate::filter::{self, Predicate};
use crate::index::Candidate;
use crate::index::top::Top;
use crate::schema::{Value, paging};
use crate::segment::PartitionId;
use crate::sorted::{sort_and_dedup, sort_by};

/// A query.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Query {
    /// Which rows count; ignored when `ids` is given.
    pub filter: FilterText,
    /// The primary keys to get.
    pub ids: Option<Vec<Value>>,
    /// The partitions to look in; all when empty.
    pub partitions: Vec<String>,
    /// The fields and dynamic keys to return; `*` for all; `count(*)` alone for the number of rows.
    pub output_fields: Vec<String>,
    /// How many rows at most; `None` for all.
    pub limit: Option<u32>,
    /// How many rows are skipped first.
    pub offset: u32,
    /// The fields to order by, the first before the others; rows that they do not tell apart come by ascending primary key.
    pub order_by: Vec<OrderBy>,
}

impl Collection {
    /// The rows that match, in the order asked for and last by ascending primary key, of `partitions` (`None`: of all).
    ///
    /// # Errors
    /// [`Error::Filter`], [`Error::FieldNotFound`], or [`Error::Invalid`] for a limit or offset out of range and for a
    /// query without filter and limit.
    pub fn query(&mut self, query: &Query, partitions: Option<&[PartitionId]>) -> Result<Rows> {
        paging::check_query(query.limit.map(i64::from), query.offset.into())?;
        if is_count(&query.output_fields)? {
            if query.limit.is_some() || query.offset > 0 {
                return Err(Error::invalid("count entities with pagination is not allowed"));
            }
            return Ok(count(self.select(query, partitions)?.len() as u64));
        }
        let output = Output::new(&query.output_fields, &self.schema, true)?;
        let orders = self.orders(&query.order_by)?;
        if query.ids.is_none() && query.filter.expression.trim().is_empty() && query.limit.is_none() {
            return Err(Error::invalid("empty expression should be used with limit"));
        }
        let mut rows = self.select(query, partitions)?;
        let from = (query.offset as usize).min(rows.len());
        let to = query.limit.map_or(rows.len(), |limit| (from + limit as usize).min(rows.len()));
        let compare = |a: RowAddress, b: RowAddress| self.compare(&orders, a, b);
        if to < rows.len() {
            let mut first = Top::new(to as u32);
            let tie = |a: u32, b: u32| compare(rows[a as usize], rows[b as usize]);
            for row in 0..rows.len() as u32 {
                first.offer(Candidate { row, distance: 0.0 }, &tie);
            }
            rows = first.into_sorted(&tie).iter().map(|candidate| rows[candidate.row as usize]).collect();
        } else {
            sort_by(&mut rows, |a, b| compare(*a, *b));
        }
        self.rows(&rows[from..], &output)
    }

    /// The live rows for which a predicate holds, in no particular order.
    pub(super) fn matching(&mut self, predicate: &Predicate, partitions: Option<&[PartitionId]>) -> Vec<RowAddress> {
        let mut found = Vec::new();
        for (id, segment) in self.segments.iter_mut() {
            if partitions.is_none_or(|wanted| wanted.contains(&segment.partition())) {
                found.extend(segment.matching(predicate).iter().map(|row| RowAddress { segment: *id, row }));
            }
        }
        found
    }

    fn select(&mut self, query: &Query, partitions: Option<&[PartitionId]>) -> Result<Vec<RowAddress>> {
        if let Some(ids) = &query.ids {
            let mut rows = self.addresses(ids, partitions)?;
            sort_and_dedup(&mut rows);
            return Ok(rows);
        }
        let predicate = filter::compile(&query.filter.expression, &query.filter.params, &self.schema)?;
        match predicate.primary_keys() {
            Some(keys) => {
                let mut rows = self.addresses(keys, partitions)?;
                sort_and_dedup(&mut rows);
                Ok(rows)
            }
            None => Ok(self.matching(&predicate, partitions)),
        }
    }
}
