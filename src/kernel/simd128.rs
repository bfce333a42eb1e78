//! The kernels for WebAssembly's 128-bit vectors: one register holds the four lanes of a sum.

use std::arch::wasm32::{f32x4_add, f32x4_extract_lane, f32x4_mul, f32x4_splat, f32x4_sub, v128, v128_load};

use super::portable::pairwise;

/// This path's name.
pub const LEVEL: &str = "simd128";

/// See [`super::inner_product`].
pub fn inner_product(a: &[f32], b: &[f32]) -> f32 {
    one(a, b, |x, y| f32x4_mul(x, y), |x, y| x * y)
}

/// See [`super::squared_distance`].
pub fn squared_distance(a: &[f32], b: &[f32]) -> f32 {
    one(a, b, square_of_difference, |x, y| (x - y) * (x - y))
}

/// See [`super::inner_products`].
pub fn inner_products(query: &[f32], rows: &[f32]) -> [f32; 4] {
    four(query, rows, |x, y| f32x4_mul(x, y), |x, y| x * y)
}

/// See [`super::squared_distances`].
pub fn squared_distances(query: &[f32], rows: &[f32]) -> [f32; 4] {
    four(query, rows, square_of_difference, |x, y| (x - y) * (x - y))
}

#[inline(always)]
fn square_of_difference(a: v128, b: v128) -> v128 {
    let difference = f32x4_sub(a, b);
    f32x4_mul(difference, difference)
}

#[inline(always)]
fn one(row: &[f32], query: &[f32], terms: impl Fn(v128, v128) -> v128, term: impl Fn(f32, f32) -> f32) -> f32 {
    assert!(row.len() == query.len());
    let whole = query.len() / 4 * 4;
    let mut sum = f32x4_splat(0.0);
    let mut at = 0;
    while at < whole {
        // SAFETY: `at + 4 <= whole <= query.len()`, which the assertion above makes the length of the row.
        let (x, q) = unsafe { (v128_load(row.as_ptr().add(at).cast()), v128_load(query.as_ptr().add(at).cast())) };
        sum = f32x4_add(sum, terms(x, q));
        at += 4;
    }
    total(sum, &row[whole..], &query[whole..], term)
}

/// Four rows in one pass over the query. Written out row by row: as loops over arrays they are kept in registers only
/// when the compiler unrolls, which it does not when it optimises for size.
#[inline(always)]
fn four(
    query: &[f32],
    rows: &[f32],
    terms: impl Fn(v128, v128) -> v128,
    term: impl Fn(f32, f32) -> f32 + Copy,
) -> [f32; 4] {
    let dim = query.len();
    assert!(rows.len() == 4 * dim);
    let whole = dim / 4 * 4;
    let (mut a, mut b, mut c, mut d) = (f32x4_splat(0.0), f32x4_splat(0.0), f32x4_splat(0.0), f32x4_splat(0.0));
    let mut at = 0;
    while at < whole {
        // SAFETY: `at + 4 <= whole <= dim`, and by the assertion above `rows` holds four times `dim` elements.
        unsafe {
            let q = v128_load(query.as_ptr().add(at).cast());
            let row = rows.as_ptr().add(at);
            a = f32x4_add(a, terms(v128_load(row.cast()), q));
            b = f32x4_add(b, terms(v128_load(row.add(dim).cast()), q));
            c = f32x4_add(c, terms(v128_load(row.add(2 * dim).cast()), q));
            d = f32x4_add(d, terms(v128_load(row.add(3 * dim).cast()), q));
        }
        at += 4;
    }
    let rest = &query[whole..];
    [
        total(a, &rows[whole..dim], rest, term),
        total(b, &rows[dim + whole..2 * dim], rest, term),
        total(c, &rows[2 * dim + whole..3 * dim], rest, term),
        total(d, &rows[3 * dim + whole..], rest, term),
    ]
}

/// The lanes of a sum, with what the last elements add to them, in the order that every path keeps.
fn total(sum: v128, row: &[f32], query: &[f32], term: impl Fn(f32, f32) -> f32) -> f32 {
    let mut lanes = [
        f32x4_extract_lane::<0>(sum),
        f32x4_extract_lane::<1>(sum),
        f32x4_extract_lane::<2>(sum),
        f32x4_extract_lane::<3>(sum),
    ];
    for (lane, (x, q)) in row.iter().zip(query).enumerate() {
        lanes[lane] += term(*x, *q);
    }
    pairwise(lanes)
}
