//! Distances over slices of floats: knows slices and numbers, not schemas.
//!
//! **Order of summation.** Four lanes; lane *i* takes the elements *i*, *i* + 4, *i* + 8, …; at the end
//! (lane 0 + lane 1) + (lane 2 + lane 3). Products are rounded before they are added. Every path follows this, so all
//! builds give the same digits, and they are the digits that Milvus prints. Four rows at a time keep the processor
//! busy: one row's sum is a chain of dependent additions.
//!
//! The path is chosen when the crate is built: [`simd128`] where the target has it, [`portable`] elsewhere.

pub mod portable;

#[cfg(target_feature = "simd128")]
#[allow(unsafe_code, reason = "loads from slices by pointer; every block states its bound")]
pub mod simd128;

#[cfg(test)]
mod tests;

#[cfg(not(target_feature = "simd128"))]
use portable as path;
#[cfg(target_feature = "simd128")]
use simd128 as path;

/// Which kernels this build uses, as `stats` reports it.
pub const LEVEL: &str = path::LEVEL;

/// The inner product of two vectors of one length.
///
/// # Panics
/// If the lengths differ.
pub fn inner_product(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len(), "vectors of different lengths");
    path::inner_product(a, b)
}

/// The squared Euclidean distance of two vectors of one length, no root taken.
///
/// # Panics
/// If the lengths differ.
pub fn squared_distance(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len(), "vectors of different lengths");
    path::squared_distance(a, b)
}

/// The inner products of `query` with four rows; `rows` is `4 × query.len()`, row-major.
///
/// # Panics
/// If the lengths disagree.
pub fn inner_products(query: &[f32], rows: &[f32]) -> [f32; 4] {
    assert_eq!(rows.len(), query.len() * 4, "four rows of the query's length");
    path::inner_products(query, rows)
}

/// The squared Euclidean distances of `query` to four rows; `rows` is `4 × query.len()`, row-major.
///
/// # Panics
/// If the lengths disagree.
pub fn squared_distances(query: &[f32], rows: &[f32]) -> [f32; 4] {
    assert_eq!(rows.len(), query.len() * 4, "four rows of the query's length");
    path::squared_distances(query, rows)
}
