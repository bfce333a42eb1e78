//! Query and get: rows by filter or by primary key.

use super::search::FilterText;
use crate::schema::Value;

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
}
