//! Delete: rows by filter or by primary key.

use super::search::FilterText;
use crate::schema::Value;

/// Rows to remove.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Delete {
    /// The partition to look in; all when empty.
    pub partition: String,
    /// Which rows; may not be empty nor always true unless `ids` is given.
    pub filter: FilterText,
    /// The primary keys to remove.
    pub ids: Option<Vec<Value>>,
}
