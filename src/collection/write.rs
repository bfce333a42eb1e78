//! Insert and upsert: rows checked against the schema and sent to their segments.

use crate::column::rows::{Rows, Values};

/// Rows to add.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Insert {
    /// The partition; the default one when empty.
    pub partition: String,
    /// The rows.
    pub rows: Rows,
}

/// Rows to put in place of those with the same primary keys.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Upsert {
    /// The partition; the default one when empty.
    pub partition: String,
    /// The rows.
    pub rows: Rows,
    /// Whether fields that a row lacks keep their old value.
    pub is_partial: bool,
}

/// What an insert or upsert did.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    /// The primary keys, row by row: `Values::Ints` or `Values::Texts`.
    pub primary_keys: Values,
}
