//! Every index type that Milvus has for the fields that exist here, with its parameters and their ranges.

use std::collections::BTreeMap;

/// An index as asked for. Nothing is checked yet.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct IndexSpec {
    /// The field to index.
    pub field: String,
    /// The index's name; the field's when empty.
    pub name: String,
    /// The type's name; AUTOINDEX when empty.
    pub index_type: String,
    /// The metric's name; empty for the field type's default.
    pub metric: String,
    /// Build parameters as text.
    pub params: BTreeMap<String, String>,
}
