//! What a user asked a collection to be, and the rules that make it a [`Schema`](super::Schema).

use std::collections::BTreeMap;

use super::Value;
use super::index_params::IndexSpec;

/// A collection as asked for, in either of Milvus's forms. Nothing is checked yet.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CollectionSpec {
    /// The collection's name.
    pub name: String,
    /// The user's words about it.
    pub description: String,
    /// The fields; `None` for the quick form, which `quick` describes.
    pub fields: Option<Vec<FieldSpec>>,
    /// The quick form's parameters; ignored when there are fields.
    pub quick: QuickSpec,
    /// Whether the engine makes the primary keys.
    pub is_auto_id: bool,
    /// Whether the dynamic field is on; by default on in the quick form and off otherwise.
    pub is_dynamic: Option<bool>,
    /// Indexes to make at once; the collection is then loaded.
    pub indexes: Vec<IndexSpec>,
    /// Shards, kept and echoed; by default 1.
    pub shards: Option<u32>,
    /// Partitions for a partition key; by default 16.
    pub partitions: Option<u32>,
    /// The consistency level's name; by default Bounded.
    pub consistency_level: String,
    /// Collection properties, kept and echoed.
    pub properties: BTreeMap<String, String>,
}

/// The parameters of the quick form.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct QuickSpec {
    /// Elements of the vector.
    pub dimension: Option<u32>,
    /// The metric's name; by default COSINE.
    pub metric: String,
    /// `Int64` (the default) or `VarChar`.
    pub id_type: String,
    /// Bytes of a VarChar id.
    pub max_length: Option<u32>,
    /// By default `id`.
    pub primary_field: String,
    /// By default `vector`.
    pub vector_field: String,
    /// By default `FloatVector`.
    pub vector_type: String,
}

/// One field as asked for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FieldSpec {
    /// The name.
    pub name: String,
    /// The type's name.
    pub data_type: String,
    /// The element type's name, for arrays.
    pub element_type: String,
    /// Whether this is the primary key.
    pub is_primary: bool,
    /// Whether the engine makes its values.
    pub is_auto_id: bool,
    /// Whether rows are spread over partitions by it.
    pub is_partition_key: bool,
    /// Whether compaction may sort by it.
    pub is_clustering_key: bool,
    /// Whether a value may be absent.
    pub is_nullable: bool,
    /// What an absent value becomes.
    pub default_value: Option<Value>,
    /// The user's words about it.
    pub description: String,
    /// `dim`, `max_length`, `max_capacity` and others, as text.
    pub type_params: BTreeMap<String, String>,
}
