//! Search by nearness: a predicate once, an index a segment, one merged list a query.

use std::cmp::Ordering;

use super::Collection;
use super::coded::Candidates;
use super::group::Grouping;
use super::output::{Output, check_bytes};
use super::primary::{PrimaryKey, RowAddress};
use crate::bitmap::Bitmap;
use crate::column::gather::vector;
use crate::column::rows::{NamedValues, Rows, Values};
use crate::error::{Error, Result};
use crate::filter;
use crate::index::flat::{Exact, Request};
use crate::index::{Effort, Range};
use crate::schema::{Metric, Value, paging};
use crate::segment::{PartitionId, SegmentId};
use crate::sorted::{SortedMap, sort_by};

/// A filter as it came: the text, and the values of its template variables.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FilterText {
    /// The expression; blank means every row.
    pub expression: String,
    /// Values for `{name}` in the expression.
    pub params: SortedMap<String, Value>,
}

/// Query vectors, row-major.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct QueryVectors {
    /// How many queries (`nq`).
    pub count: u32,
    /// Elements of each; `elements` has `count × dim` of them.
    pub dim: u32,
    /// The elements.
    pub elements: Vec<f32>,
}

/// A search of one vector field.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Search {
    /// The query vectors; none where `ids` are given.
    pub queries: QueryVectors,
    /// The primary keys of rows whose own vectors are the query vectors.
    pub ids: Option<Vec<Value>>,
    /// The vector field; may be empty when the schema has only one.
    pub anns_field: String,
    /// Which rows count.
    pub filter: FilterText,
    /// The partitions to search; all when empty.
    pub partitions: Vec<String>,
    /// How many hits a query gets.
    pub limit: u32,
    /// How many better hits are skipped first.
    pub offset: u32,
    /// The fields and dynamic keys to return; `*` for all.
    pub output_fields: Vec<String>,
    /// The metric as asked; empty for the index's.
    pub metric: String,
    /// `nprobe`, `ef`, `radius`, `range_filter`, … by name.
    pub params: SortedMap<String, Value>,
    /// Decimals of scores, −1 for all.
    pub round_decimal: i32,
    /// How hits are grouped; then `limit` and `offset` count groups.
    pub grouping: Option<Grouping>,
}

impl Search {
    /// How many queries there are.
    pub fn query_count(&self) -> u32 {
        self.ids.as_ref().map_or(self.queries.count, |ids| u32::try_from(ids.len()).unwrap_or(u32::MAX))
    }
}

/// What a search found, query by query, best first.
#[derive(Debug, Clone, PartialEq)]
pub struct Hits {
    /// Hits of each query.
    pub counts: Vec<u32>,
    /// The name of the primary key's field.
    pub primary_field: String,
    /// The primary keys of all hits, query-major: `Values::Ints` or `Values::Texts`.
    pub primary_keys: Values,
    /// Their scores, with Milvus's sign and scale.
    pub scores: Vec<f32>,
    /// Their output fields (without the primary key).
    pub rows: Rows,
    /// The value of the field that they were grouped by, of each hit; `None` when they were not.
    pub groups: Option<NamedValues>,
}

/// What the index of the searched field says: the engine looks it up and checks parameters against it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Searched {
    /// The vector field's column.
    pub column: usize,
    /// The index's metric.
    pub metric: Metric,
    /// The scores that count, as distances.
    pub range: Range,
    /// How hard to try; `None` compares every row exactly.
    pub effort: Option<Effort>,
}

/// The live rows that pass the filter, by segment; segments without any are left out.
pub(super) struct Allowed(SortedMap<SegmentId, Bitmap>);

impl Allowed {
    /// How many there are.
    pub(super) fn row_count(&self) -> u64 {
        self.0.values().map(|rows| u64::from(rows.count())).sum()
    }
}

/// A row and its distance.
pub(super) type Found = (RowAddress, f32);

impl Collection {
    /// The column of the field to search.
    ///
    /// # Errors
    /// [`Error::FieldNotFound`], or [`Error::Invalid`] when the field is no vector or is not named and not the only one.
    pub fn anns_column(&self, name: &str) -> Result<usize> {
        if name.is_empty() {
            let mut columns = self.schema.vector_columns();
            let first = columns.next().expect("a checked schema has a vector field");
            return match columns.next() {
                None => Ok(first),
                Some(_) => {
                    Err(Error::invalid("multiple anns_fields exist, please specify a anns_field in search_params"))
                }
            };
        }
        let column = self.schema.column(name).ok_or_else(|| Error::FieldNotFound { field: name.to_string() })?;
        let data_type = self.schema.fields[column].data_type;
        if !data_type.is_vector() {
            return Err(Error::invalid(format!(
                "anns_field {name} is a {}, expected a vector field",
                data_type.name()
            )));
        }
        Ok(column)
    }

    /// The vectors of rows by primary key, in the order of the keys, of `partitions` (`None`: of all).
    ///
    /// # Errors
    /// [`Error::Invalid`] for keys that no row has, for keys of another type, and for too many of them or none.
    pub fn vectors_of(
        &mut self,
        keys: &[Value],
        column: usize,
        partitions: Option<&[PartitionId]>,
    ) -> Result<QueryVectors> {
        let count = u32::try_from(keys.len()).unwrap_or(u32::MAX);
        paging::check_query_count(count)?;
        let dim = self.schema.fields[column].dim;
        check_bytes(u64::from(count) * u64::from(dim) * 4)?;
        let mut elements = Vec::with_capacity(keys.len() * dim as usize);
        let mut missing = Vec::new();
        for key in keys {
            match self.addresses(std::slice::from_ref(key), partitions)?.first() {
                Some(at) => {
                    let vectors = vector(self.segments[&at.segment].columns()[column].data());
                    elements.extend_from_slice(vectors.row_if_here(at.row).unwrap_or_default());
                }
                None => missing.push(key),
            }
        }
        if let Some(first) = missing.first() {
            return Err(Error::invalid(format!(
                "some of the provided primary key IDs do not exist: {} of {count} are absent, the first of them {first:?}",
                missing.len()
            )));
        }
        Ok(QueryVectors { count, dim, elements })
    }

    /// The hits of each query, best first, in `partitions` (`None`: in all); where they are grouped, the groups best first,
    /// and in each the hits. Ids must have become query vectors before
    /// ([`Collection::vectors_of`]).
    ///
    /// # Errors
    /// [`Error::Filter`], [`Error::FieldNotFound`], [`Error::DimensionMismatch`], [`Error::Invalid`].
    pub fn search(&mut self, search: &Search, searched: Searched, partitions: Option<&[PartitionId]>) -> Result<Hits> {
        let output = Output::new(&search.output_fields, &self.schema, false)?;
        let score = |(at, distance)| (at, searched.metric.score(distance));
        let scored = |hits: Vec<Found>, skipped: u32| hits.into_iter().skip(skipped as usize).map(score).collect();
        let Some(grouping) = &search.grouping else {
            let found = self.nearest(search, searched, partitions)?;
            let found = found.into_iter().map(|hits| scored(hits, search.offset)).collect();
            return self.hits(found, &output, search.round_decimal);
        };
        let found: Vec<Vec<Found>> = self.nearest_groups(search, searched, grouping, partitions)?;
        let addresses: Vec<RowAddress> = found.iter().flatten().map(|(at, _)| *at).collect();
        let groups = Some(self.field_values(&addresses, self.group_column(grouping)?));
        let found = found.into_iter().map(|hits| scored(hits, 0)).collect();
        Ok(Hits { groups, ..self.hits(found, &output, search.round_decimal)? })
    }

    /// The nearest `limit + offset` rows of each query, nearest first; ties by ascending primary key.
    pub(super) fn nearest(
        &mut self,
        search: &Search,
        searched: Searched,
        partitions: Option<&[PartitionId]>,
    ) -> Result<Vec<Vec<Found>>> {
        let allowed = self.allowed(search, searched, partitions)?;
        let limit = search.limit + search.offset;
        let found_bytes = size_of::<Found>() as u64 * allowed.row_count().min(u64::from(limit));
        check_bytes(found_bytes.saturating_mul(u64::from(search.queries.count)))?;
        let queries = search.queries.elements.chunks_exact(search.queries.dim as usize);
        let mut nearest = |query| self.once_per_command(query, searched, &allowed, limit);
        Ok(queries.map(&mut nearest).collect())
    }

    /// The rows that a search may find.
    ///
    /// # Errors
    /// Those of [`Collection::search`].
    pub(super) fn allowed(
        &mut self,
        search: &Search,
        searched: Searched,
        partitions: Option<&[PartitionId]>,
    ) -> Result<Allowed> {
        self.check(search, searched.column)?;
        let predicate = filter::compile(&search.filter.expression, &search.filter.params, &self.schema)?;
        let mut allowed: SortedMap<SegmentId, Bitmap> = SortedMap::new();
        for (id, segment) in self.segments.iter_mut() {
            if partitions.is_none_or(|wanted| wanted.contains(&segment.partition())) {
                let rows = segment.matching(&predicate);
                if !rows.is_clear() {
                    allowed.insert(*id, rows);
                }
            }
        }
        Ok(Allowed(allowed))
    }

    /// The rows that the nearest `limit` of one query are looked for among.
    pub(super) fn candidates_of(
        &mut self,
        query: &[f32],
        searched: Searched,
        allowed: &Allowed,
        limit: u32,
    ) -> Candidates {
        let Allowed(allowed) = allowed;
        let coded =
            searched.effort.and_then(|effort| self.candidates_by_codes(query, searched, effort, allowed, limit));
        coded.unwrap_or_else(|| Candidates { rows: Vec::new(), scanned: allowed.keys().copied().collect() })
    }

    /// The nearest `limit` of the candidates of one query, nearest first; ties by ascending primary key.
    pub(super) fn nearest_of(
        &mut self,
        query: &[f32],
        searched: Searched,
        allowed: &Allowed,
        limit: u32,
        candidates: &Candidates,
    ) -> Vec<Found> {
        let Allowed(allowed) = allowed;
        let exact = Exact::new(searched.metric, query);
        // Candidates that are not here are left out of an answer that is thrown away.
        let distance = |at: &RowAddress| {
            let vectors = vector(self.segments[&at.segment].columns()[searched.column].data());
            Some((*at, exact.distance(vectors.row_if_here(at.row)?)))
        };
        let compared = candidates.rows.iter().filter_map(distance);
        let mut found: Vec<Found> = compared.filter(|(_, distance)| searched.range.contains(*distance)).collect();
        let primary = self.schema.primary_column();
        for &id in &candidates.scanned {
            let segment = self.segments.get_mut(&id).expect("allowed rows are of segments");
            let is_whole = segment.prepare(searched.column, searched.metric);
            let (segment, allowed) = (&self.segments[&id], &allowed[&id]);
            let keys = &segment.columns()[primary];
            let tie = |a: u32, b: u32| PrimaryKey::of(keys, a).cmp(&PrimaryKey::of(keys, b));
            let column = vector(segment.columns()[searched.column].data());
            let request = Request { column, query, allowed, limit, range: searched.range, tie: &tie };
            let top = if is_whole { segment.search(searched.column, &request) } else { exact.search(&request) };
            let nearest = top.into_sorted(&tie);
            found.extend(nearest.iter().map(|c| (RowAddress { segment: id, row: c.row }, c.distance)));
        }
        sort_by(&mut found, |a, b| self.nearer(a, b));
        found.truncate(limit as usize);
        found
    }

    /// The hits of each query as a reply.
    pub(super) fn hits(&self, found: Vec<Vec<Found>>, output: &Output, round_decimal: i32) -> Result<Hits> {
        let counts = found.iter().map(|hits| hits.len() as u32).collect();
        let (addresses, scores): (Vec<RowAddress>, Vec<f32>) = found.into_iter().flatten().unzip();
        let rows = self.rows(&addresses, output)?;
        Ok(Hits {
            counts,
            primary_field: self.schema.primary_field().name.clone(),
            primary_keys: self.primary_keys(&addresses),
            scores: scores.into_iter().map(|score| round(score, round_decimal)).collect(),
            rows,
            groups: None,
        })
    }

    fn nearer(&self, a: &Found, b: &Found) -> Ordering {
        a.1.total_cmp(&b.1).then_with(|| self.primary_key(a.0).cmp(&self.primary_key(b.0)))
    }

    fn check(&self, search: &Search, column: usize) -> Result<()> {
        let queries = &search.queries;
        paging::check_search(search.limit.into(), search.offset.into())?;
        paging::check_query_count(queries.count)?;
        paging::check_round_decimal(search.round_decimal.into())?;
        let field = &self.schema.fields[column];
        if queries.dim != field.dim {
            let (expected, got) = (field.dim, queries.dim);
            return Err(Error::DimensionMismatch { field: field.name.clone(), expected, got, row: 0 });
        }
        if let Some(at) = queries.elements.iter().position(|element| !element.is_finite()) {
            let (query, value) = (at / field.dim as usize, queries.elements[at]);
            return Err(Error::invalid(format!("query vector {query}: value '{value}' is not a number or infinity")));
        }
        Ok(())
    }
}

/// The score with `decimals` decimals, as Milvus rounds: half up.
pub(super) fn round(score: f32, decimals: i32) -> f32 {
    if decimals < 0 {
        return score;
    }
    let scale = 10f64.powi(decimals);
    ((f64::from(score) * scale + 0.5).floor() / scale) as f32
}
