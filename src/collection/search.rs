//! Search by nearness: what is asked and answered.

use std::collections::BTreeMap;

use crate::column::rows::{Rows, Values};
use crate::schema::Value;

/// A filter as it came: the text, and the values of its template variables.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FilterText {
    /// The expression; blank means every row.
    pub expression: String,
    /// Values for `{name}` in the expression.
    pub params: BTreeMap<String, Value>,
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
    /// The query vectors.
    pub queries: QueryVectors,
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
    pub params: BTreeMap<String, Value>,
    /// Decimals of scores, −1 for all.
    pub round_decimal: i32,
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
}
