//! What a collection is: its fields, their types and limits, and the indexes that a field may have.
//!
//! Knows no rows and no storage. [`check`] turns what a user asked for into a [`Schema`] that is sound; whoever
//! holds a `Schema` may rely on the rules of `check` without looking again.

pub mod check;
pub mod data_type;
pub mod index_params;
pub mod index_type;
pub mod metric;
pub mod name;
pub mod paging;
pub mod properties;
pub mod rules;
pub mod search_params;
pub mod value;

use serde::{Deserialize, Serialize};

use crate::sorted::SortedMap;

pub use data_type::DataType;
pub use metric::Metric;
pub use value::Value;

/// A field's stable number within its collection, from [`FIELD_ID_FIRST`]; names may change, ids do not.
pub type FieldId = u32;

/// The id of a collection's first field, as in Milvus.
pub const FIELD_ID_FIRST: FieldId = 100;

/// The hidden JSON column that holds what rows have beyond their schema.
pub const DYNAMIC_FIELD: &str = "$meta";

/// The hidden Int64 column of when rows were written, in milliseconds since 1970. Collections have it from the first time
/// on that their rows are to expire.
pub const TIME_FIELD: &str = "$time";

/// The fields of a collection.
///
/// `fields` has the user's fields in order, then [`TIME_FIELD`], where there is one; when the dynamic field is on, the last
/// one is [`DYNAMIC_FIELD`]. Fields that were added later have greater ids than the hidden ones.
/// A *column* of a row batch or segment is a field's place in this list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Schema {
    /// The fields, each with its column's place.
    pub fields: Vec<Field>,
    /// Whether rows may have keys beyond the schema, kept in [`DYNAMIC_FIELD`].
    pub is_dynamic: bool,
}

/// One field of a schema.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// The stable number.
    pub id: FieldId,
    /// The name that users write.
    pub name: String,
    /// The type of its values.
    pub data_type: DataType,
    /// The type of an array's elements; `None` for other types.
    pub element_type: Option<DataType>,
    /// Whether this is the one primary key.
    pub is_primary: bool,
    /// Whether the engine makes the primary keys.
    pub is_auto_id: bool,
    /// Whether rows are spread over partitions by this field.
    pub is_partition_key: bool,
    /// Whether compaction may sort by this field. Kept and echoed.
    pub is_clustering_key: bool,
    /// Whether a value may be absent.
    pub is_nullable: bool,
    /// What an absent value becomes.
    pub default_value: Option<Value>,
    /// The user's words about it.
    pub description: String,
    /// Elements of a vector; 0 for other types.
    pub dim: u32,
    /// Bytes of a text, or of a text array's elements; 0 for other types.
    pub max_length: u32,
    /// Elements of an array; 0 for other types.
    pub max_capacity: u32,
    /// Type parameters that are kept and echoed (`mmap.enabled`, …).
    pub type_params: SortedMap<String, String>,
}

impl Schema {
    /// The column of the primary key.
    pub fn primary_column(&self) -> usize {
        self.fields.iter().position(|field| field.is_primary).expect("a checked schema has one primary key")
    }

    /// The primary key's field.
    pub fn primary_field(&self) -> &Field {
        &self.fields[self.primary_column()]
    }

    /// The column of the field of that name; `$meta` included when the dynamic field is on. Nobody names [`TIME_FIELD`].
    pub fn column(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == name && name != TIME_FIELD)
    }

    /// The column of when rows were written, if there is one.
    pub fn time_column(&self) -> Option<usize> {
        let at = self.fields.len().checked_sub(1 + usize::from(self.is_dynamic))?;
        (self.fields[at].name == TIME_FIELD).then_some(at)
    }

    /// The column of the dynamic field, when it is on.
    pub fn dynamic_column(&self) -> Option<usize> {
        self.is_dynamic.then(|| self.fields.len() - 1)
    }

    /// The user's fields, without the hidden ones.
    pub fn user_fields(&self) -> &[Field] {
        let end = self.time_column().unwrap_or(self.fields.len() - usize::from(self.is_dynamic));
        &self.fields[..end]
    }

    /// The columns of the vector fields, in order.
    pub fn vector_columns(&self) -> impl Iterator<Item = usize> + '_ {
        self.fields.iter().enumerate().filter(|(_, field)| field.data_type.is_vector()).map(|(column, _)| column)
    }

    /// The column by which rows are spread over partitions, if there is one.
    pub fn partition_key_column(&self) -> Option<usize> {
        self.fields.iter().position(|field| field.is_partition_key)
    }
}
