//! Query vectors: a `PlaceholderGroup`.

use prost::Message;

use super::proto::common::PlaceholderGroup;
use crate::collection::search::QueryVectors;
use crate::error::{Error, Result};
use crate::schema::paging;

/// `common.PlaceholderType` of float vectors.
const FLOAT_VECTOR: i32 = 101;

/// `common.PlaceholderType`: what other queries may be.
const OTHER_TYPES: [(i32, &str); 14] = [
    (0, "None"),
    (5, "Int64"),
    (21, "VarChar"),
    (100, "BinaryVector"),
    (102, "Float16Vector"),
    (103, "BFloat16Vector"),
    (104, "SparseFloatVector"),
    (105, "Int8Vector"),
    (300, "EmbListBinaryVector"),
    (301, "EmbListFloatVector"),
    (302, "EmbListFloat16Vector"),
    (303, "EmbListBFloat16Vector"),
    (304, "EmbListSparseFloatVector"),
    (305, "EmbListInt8Vector"),
];

/// The query vectors of a search.
///
/// # Errors
/// [`Error::Invalid`] for bytes that are none, for vectors of different lengths and for queries of another type than the
/// fields that there are.
pub fn queries(bytes: &[u8]) -> Result<QueryVectors> {
    let group = PlaceholderGroup::decode(bytes)
        .map_err(|error| Error::invalid(format!("placeholder_group: expected a PlaceholderGroup, {error}")))?;
    let mut placeholders = group.placeholders.into_iter();
    let (Some(placeholder), None) = (placeholders.next(), placeholders.next()) else {
        return Err(Error::invalid("placeholder_group: expected one placeholder"));
    };
    if placeholder.kind != FLOAT_VECTOR {
        let other = OTHER_TYPES.iter().find(|(number, _)| *number == placeholder.kind);
        let name = other.map_or_else(|| placeholder.kind.to_string(), |(_, name)| name.to_string());
        return Err(Error::invalid(format!(
            "vector type must be the same, field is of type FloatVector, search data is of type {name}"
        )));
    }
    let count = u32::try_from(placeholder.values.len()).unwrap_or(u32::MAX);
    paging::check_query_count(count)?;
    let size = placeholder.values[0].len();
    let mut elements = Vec::with_capacity(placeholder.values.len() * size / 4);
    for (at, value) in placeholder.values.iter().enumerate() {
        if value.len() != size || !value.len().is_multiple_of(4) {
            return Err(Error::invalid(format!(
                "query vector {at} has {} bytes, expected {size} as the first one, 4 for each element",
                value.len()
            )));
        }
        elements
            .extend(value.chunks_exact(4).map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])));
    }
    Ok(QueryVectors { count, dim: (size / 4) as u32, elements })
}
