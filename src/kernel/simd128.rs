//! The kernels for WebAssembly's 128-bit vectors: one register holds the four lanes of a sum.

use std::arch::wasm32::{f32x4_add, f32x4_extract_lane, f32x4_mul, f32x4_splat, f32x4_sub, v128, v128_load};

use super::portable::pairwise;

/// This path's name.
pub const LEVEL: &str = "simd128";

/// See [`super::inner_product`].
pub fn inner_product(a: &[f32], b: &[f32]) -> f32 {
    rows([a], b, |x, y| f32x4_mul(x, y), |x, y| x * y)[0]
}

/// See [`super::squared_distance`].
pub fn squared_distance(a: &[f32], b: &[f32]) -> f32 {
    rows([a], b, square_of_difference, |x, y| (x - y) * (x - y))[0]
}

/// See [`super::inner_products`].
pub fn inner_products(query: &[f32], four: &[f32]) -> [f32; 4] {
    rows(split(query.len(), four), query, |x, y| f32x4_mul(x, y), |x, y| x * y)
}

/// See [`super::squared_distances`].
pub fn squared_distances(query: &[f32], four: &[f32]) -> [f32; 4] {
    rows(split(query.len(), four), query, square_of_difference, |x, y| (x - y) * (x - y))
}

fn split(dim: usize, rows: &[f32]) -> [&[f32]; 4] {
    [&rows[..dim], &rows[dim..2 * dim], &rows[2 * dim..3 * dim], &rows[3 * dim..4 * dim]]
}

#[inline(always)]
fn square_of_difference(a: v128, b: v128) -> v128 {
    let difference = f32x4_sub(a, b);
    f32x4_mul(difference, difference)
}

#[inline(always)]
fn rows<const N: usize>(
    rows: [&[f32]; N],
    query: &[f32],
    terms: impl Fn(v128, v128) -> v128,
    term: impl Fn(f32, f32) -> f32,
) -> [f32; N] {
    let whole = query.len() / 4 * 4;
    assert!(rows.iter().all(|row| row.len() == query.len()));
    let mut sums = [f32x4_splat(0.0); N];
    for at in (0..whole).step_by(4) {
        // SAFETY: `at + 4 <= whole <= query.len()`, which the assertion above makes the length of every row.
        let q = unsafe { v128_load(query.as_ptr().add(at).cast()) };
        for (sum, row) in sums.iter_mut().zip(&rows) {
            // SAFETY: as above.
            let x = unsafe { v128_load(row.as_ptr().add(at).cast()) };
            *sum = f32x4_add(*sum, terms(x, q));
        }
    }
    let mut out = [0.0; N];
    for ((sum, row), out) in sums.iter().zip(&rows).zip(&mut out) {
        let mut lanes = [
            f32x4_extract_lane::<0>(*sum),
            f32x4_extract_lane::<1>(*sum),
            f32x4_extract_lane::<2>(*sum),
            f32x4_extract_lane::<3>(*sum),
        ];
        for (lane, (x, q)) in row[whole..].iter().zip(&query[whole..]).enumerate() {
            lanes[lane] += term(*x, *q);
        }
        *out = pairwise(lanes);
    }
    out
}
