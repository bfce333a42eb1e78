//! The kernels for WebAssembly's 128-bit vectors: one register holds the four lanes of a sum.

use std::arch::wasm32::{
    f32x4_add, f32x4_convert_u32x4, f32x4_extract_lane, f32x4_ge, f32x4_mul, f32x4_nearest, f32x4_splat, f32x4_sub,
    i8x16_add, i8x16_splat, i8x16_swizzle, i16x8_add, i16x8_extend_high_u8x16, i16x8_extend_low_u8x16,
    i16x8_narrow_i32x4, i16x8_shl, i16x8_splat, i16x8_sub, i32x4_add, i32x4_bitmask, i32x4_dot_i16x8,
    i32x4_extract_lane, i32x4_shuffle, i32x4_splat, i32x4_trunc_sat_f32x4, i64x2, i64x2_splat, u8x16_splat, u16x8_shr,
    u32x4_extend_high_u16x8, u32x4_extend_low_u16x8, v128, v128_and, v128_any_true, v128_load, v128_or, v128_store,
};

use super::portable::pairwise;
use super::{BLOCK_ROWS, Gauge, TABLE_ZERO};

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

/// See [`super::code_product`].
pub fn code_product(numbers: &[i16], codes: &[u8]) -> i32 {
    assert!(numbers.len() == codes.len());
    let (mut a, mut b) = (i32x4_splat(0), i32x4_splat(0));
    let mut at = 0;
    while at + 16 <= codes.len() {
        // SAFETY: `at + 16 <= codes.len()`, which the assertion above makes the number of the numbers too.
        unsafe {
            let code = v128_load(codes.as_ptr().add(at).cast());
            let number = numbers.as_ptr().add(at);
            a = i32x4_add(a, i32x4_dot_i16x8(i16x8_extend_low_u8x16(code), v128_load(number.cast())));
            b = i32x4_add(b, i32x4_dot_i16x8(i16x8_extend_high_u8x16(code), v128_load(number.add(8).cast())));
        }
        at += 16;
    }
    let sum = i32x4_add(a, b);
    i32x4_extract_lane::<0>(sum)
        + i32x4_extract_lane::<1>(sum)
        + i32x4_extract_lane::<2>(sum)
        + i32x4_extract_lane::<3>(sum)
}

/// See [`super::code_products`]. The numbers are loaded once for four codes, whose sums are independent.
pub fn code_products(numbers: &[i16], codes: [&[u8]; 4]) -> [i32; 4] {
    let len = numbers.len();
    let [first, second, third, fourth] = codes;
    assert!(first.len() == len && second.len() == len && third.len() == len && fourth.len() == len);
    let (mut a, mut b, mut c, mut d) = (i32x4_splat(0), i32x4_splat(0), i32x4_splat(0), i32x4_splat(0));
    let mut at = 0;
    while at + 16 <= len {
        // SAFETY: `at + 16 <= len`, which the assertion above makes the number of all codes.
        unsafe {
            let number = numbers.as_ptr().add(at);
            let (low, high) = (v128_load(number.cast()), v128_load(number.add(8).cast()));
            a = i32x4_add(a, sixteen_products(low, high, first.as_ptr().add(at)));
            b = i32x4_add(b, sixteen_products(low, high, second.as_ptr().add(at)));
            c = i32x4_add(c, sixteen_products(low, high, third.as_ptr().add(at)));
            d = i32x4_add(d, sixteen_products(low, high, fourth.as_ptr().add(at)));
        }
        at += 16;
    }
    let ab = i32x4_add(i32x4_shuffle::<0, 4, 1, 5>(a, b), i32x4_shuffle::<2, 6, 3, 7>(a, b));
    let cd = i32x4_add(i32x4_shuffle::<0, 4, 1, 5>(c, d), i32x4_shuffle::<2, 6, 3, 7>(c, d));
    let sums = i32x4_add(i32x4_shuffle::<0, 1, 4, 5>(ab, cd), i32x4_shuffle::<2, 3, 6, 7>(ab, cd));
    [
        i32x4_extract_lane::<0>(sums),
        i32x4_extract_lane::<1>(sums),
        i32x4_extract_lane::<2>(sums),
        i32x4_extract_lane::<3>(sums),
    ]
}

/// The products of sixteen numbers and sixteen codes, four sums of four.
///
/// # Safety
/// Sixteen bytes must be readable there.
#[inline(always)]
unsafe fn sixteen_products(low: v128, high: v128, codes: *const u8) -> v128 {
    // SAFETY: as the caller promises.
    let codes = unsafe { v128_load(codes.cast()) };
    let low = i32x4_dot_i16x8(i16x8_extend_low_u8x16(codes), low);
    i32x4_add(low, i32x4_dot_i16x8(i16x8_extend_high_u8x16(codes), high))
}

/// See [`super::code_numbers`].
pub fn code_numbers(codes: &[u8], numbers: &mut [i16]) {
    assert!(numbers.len() == codes.len());
    let zero = i16x8_splat(64);
    let mut at = 0;
    while at + 16 <= codes.len() {
        // SAFETY: `at + 16 <= codes.len()`, which the assertion above makes the number of the numbers too.
        unsafe {
            let code = v128_load(codes.as_ptr().add(at).cast());
            let to = numbers.as_mut_ptr().add(at);
            v128_store(to.cast(), i16x8_sub(i16x8_extend_low_u8x16(code), zero));
            v128_store(to.add(8).cast(), i16x8_sub(i16x8_extend_high_u8x16(code), zero));
        }
        at += 16;
    }
}

/// See [`super::block_estimates`].
pub fn block_estimates(block: &[u8], table: &[u8], gauge: Gauge) -> [f32; BLOCK_ROWS] {
    let sums = block_sums(block, table);
    let mut estimates = [0.0; BLOCK_ROWS];
    for (at, sums) in sums.into_iter().enumerate() {
        let (low, high) = lines(sums, &block[table.len()..], at, gauge);
        // SAFETY: `at` is below 4, so eight floats from `8 × at` on lie within the 32.
        unsafe {
            let to = estimates.as_mut_ptr().add(8 * at);
            v128_store(to.cast(), low);
            v128_store(to.add(4).cast(), high);
        }
    }
    estimates
}

/// See [`super::block_rows`]. Mostly no row reaches the threshold, which one test of the whole block shows.
pub fn block_rows(block: &[u8], table: &[u8], gauge: Gauge, threshold: f32) -> u32 {
    let [first, second, third, fourth] = block_sums(block, table);
    let factors = &block[table.len()..];
    let threshold = f32x4_splat(threshold);
    let (a, b) = reach(first, factors, 0, gauge, threshold);
    let (c, d) = reach(second, factors, 1, gauge, threshold);
    let (e, f) = reach(third, factors, 2, gauge, threshold);
    let (g, h) = reach(fourth, factors, 3, gauge, threshold);
    let any = v128_or(v128_or(v128_or(a, b), v128_or(c, d)), v128_or(v128_or(e, f), v128_or(g, h)));
    if !v128_any_true(any) {
        return 0;
    }
    let low = bits(a) | bits(b) << 4 | bits(c) << 8 | bits(d) << 12;
    low | (bits(e) | bits(f) << 4 | bits(g) << 8 | bits(h) << 12) << 16
}

/// See [`super::estimates_reaching`].
#[inline(always)]
pub fn estimates_reaching(estimates: &[f32; BLOCK_ROWS], threshold: f32) -> u32 {
    let (from, threshold) = (estimates.as_ptr(), f32x4_splat(threshold));
    let mut rows = 0;
    let mut at = 0;
    while at < BLOCK_ROWS {
        // SAFETY: `at + 8 <= BLOCK_ROWS`, which is how many estimates there are.
        let (low, high) = unsafe { eight(from.add(at)) };
        rows |= (bits(f32x4_ge(low, threshold)) | bits(f32x4_ge(high, threshold)) << 4) << at;
        at += 8;
    }
    rows
}

/// The sums of rows 0–7, 8–15, 16–23 and 24–31, as 16-bit lanes.
///
/// Four table entries add up in eight bits. Each 16-bit lane then holds two of these sums; `whole` gathers both as one
/// number and `upper` the upper alone, which at the end gives the lower.
#[inline(always)]
fn block_sums(block: &[u8], table: &[u8]) -> [v128; 4] {
    assert!(block.len() >= table.len());
    let zero = i16x8_splat(0);
    let (mut low_whole, mut low_upper, mut high_whole, mut high_upper) = (zero, zero, zero, zero);
    let mut at = 0;
    while at + 64 <= table.len() {
        // SAFETY: `at + 64` is within the table, which is no longer than the block.
        let ((l0, h0), (l1, h1), (l2, h2), (l3, h3)) = unsafe {
            let (codes, entries) = (block.as_ptr().add(at), table.as_ptr().add(at));
            (
                look_up(codes, entries),
                look_up(codes.add(16), entries.add(16)),
                look_up(codes.add(32), entries.add(32)),
                look_up(codes.add(48), entries.add(48)),
            )
        };
        let low = i8x16_add(i8x16_add(l0, l1), i8x16_add(l2, l3));
        let high = i8x16_add(i8x16_add(h0, h1), i8x16_add(h2, h3));
        low_whole = i16x8_add(low_whole, low);
        low_upper = i16x8_add(low_upper, u16x8_shr(low, 8));
        high_whole = i16x8_add(high_whole, high);
        high_upper = i16x8_add(high_upper, u16x8_shr(high, 8));
        at += 64;
    }
    let low_lower = i16x8_sub(low_whole, i16x8_shl(low_upper, 8));
    let high_lower = i16x8_sub(high_whole, i16x8_shl(high_upper, 8));
    [low_lower, low_upper, high_lower, high_upper]
}

/// The entries that 16 codes choose by their low halves, and by their high ones.
///
/// # Safety
/// Sixteen bytes must be readable at both places.
#[inline(always)]
unsafe fn look_up(codes: *const u8, entries: *const u8) -> (v128, v128) {
    // SAFETY: as the caller promises.
    let (codes, entries) = unsafe { (v128_load(codes.cast()), v128_load(entries.cast())) };
    // Processors cannot shift bytes: as a shift of 16-bit lanes and a mask it is two instructions, and six as one of bytes.
    let (low, high) = (v128_and(codes, u8x16_splat(15)), v128_and(u16x8_shr(codes, 4), u8x16_splat(15)));
    (i8x16_swizzle(entries, low), i8x16_swizzle(entries, high))
}

/// The estimates of eight rows, the `at`-th eight of their block.
#[inline(always)]
fn lines(sums: v128, factors: &[u8], at: usize, gauge: Gauge) -> (v128, v128) {
    assert!(factors.len() == 8 * BLOCK_ROWS && at < 4);
    let (scale, shift) = (f32x4_splat(gauge.scale), f32x4_splat(gauge.shift));
    // SAFETY: `at` is below 4, so eight floats from `8 × at` on lie within the 32 factors, and those 32 further on within
    // the 32 offsets after them.
    let (factor, offset) = unsafe {
        let factor = factors.as_ptr().cast::<f32>().add(8 * at);
        (eight(factor), eight(factor.add(BLOCK_ROWS)))
    };
    let low = f32x4_add(f32x4_mul(scale, f32x4_convert_u32x4(u32x4_extend_low_u16x8(sums))), shift);
    let high = f32x4_add(f32x4_mul(scale, f32x4_convert_u32x4(u32x4_extend_high_u16x8(sums))), shift);
    (f32x4_add(f32x4_mul(factor.0, low), offset.0), f32x4_add(f32x4_mul(factor.1, high), offset.1))
}

/// Which of eight rows reach the threshold.
#[inline(always)]
fn reach(sums: v128, factors: &[u8], at: usize, gauge: Gauge, threshold: v128) -> (v128, v128) {
    let (low, high) = lines(sums, factors, at, gauge);
    (f32x4_ge(low, threshold), f32x4_ge(high, threshold))
}

#[inline(always)]
fn bits(rows: v128) -> u32 {
    u32::from(i32x4_bitmask(rows))
}

/// # Safety
/// Eight floats must be readable there.
#[inline(always)]
unsafe fn eight(from: *const f32) -> (v128, v128) {
    // SAFETY: as the caller promises.
    unsafe { (v128_load(from.cast()), v128_load(from.add(4).cast())) }
}

/// See [`super::hadamard`].
pub fn hadamard(values: &mut [f32], signs: &[f32]) {
    let len = values.len();
    assert!(len == signs.len() && len.is_multiple_of(4));
    let start = values.as_mut_ptr();
    let mut at = 0;
    while at < len {
        // SAFETY: `at + 4 <= len`, since `len` is a multiple of four.
        unsafe {
            let to = start.add(at);
            let x = f32x4_mul(v128_load(to.cast()), v128_load(signs.as_ptr().add(at).cast()));
            // Within the register: neighbours, then pairs of neighbours.
            let (even, odd) = (i32x4_shuffle::<0, 4, 2, 6>(x, x), i32x4_shuffle::<1, 5, 3, 7>(x, x));
            let (sum, difference) = (f32x4_add(even, odd), f32x4_sub(even, odd));
            let x = i32x4_shuffle::<0, 5, 2, 7>(sum, difference);
            let (low, high) = (i32x4_shuffle::<0, 1, 4, 5>(x, x), i32x4_shuffle::<2, 3, 6, 7>(x, x));
            let (sum, difference) = (f32x4_add(low, high), f32x4_sub(low, high));
            v128_store(to.cast(), i32x4_shuffle::<0, 1, 6, 7>(sum, difference));
        }
        at += 4;
    }
    let mut half = 4;
    while half < len {
        let mut pair = 0;
        while pair < len {
            let mut at = pair;
            while at < pair + half {
                // SAFETY: `at + half + 4 <= pair + 2 × half <= len`, since `len` is a power of two.
                unsafe {
                    let (low, high) = (start.add(at), start.add(at + half));
                    let (a, b) = (v128_load(low.cast()), v128_load(high.cast()));
                    v128_store(low.cast(), f32x4_add(a, b));
                    v128_store(high.cast(), f32x4_sub(a, b));
                }
                at += 4;
            }
            pair += 2 * half;
        }
        half *= 2;
    }
}

/// See [`super::sign_table`].
pub fn sign_table(steps: &[i16], table: &mut [u8]) {
    assert!(table.len() == 4 * steps.len());
    let (first, second) = (i16x8_splat(0xff00u16 as i16), i32x4_splat(0xffff_0000u32 as i32));
    let (third, fourth) = (i64x2_splat(0xffff_ffff_0000_0000u64 as i64), i64x2(0, -1));
    for (at, step) in steps.as_chunks::<4>().0.iter().enumerate() {
        // All negative, then twice each step where it is positive.
        let mut entries = i8x16_splat((TABLE_ZERO - step[0] - step[1] - step[2] - step[3]) as i8);
        entries = i8x16_add(entries, v128_and(first, i8x16_splat(2 * step[0] as i8)));
        entries = i8x16_add(entries, v128_and(second, i8x16_splat(2 * step[1] as i8)));
        entries = i8x16_add(entries, v128_and(third, i8x16_splat(2 * step[2] as i8)));
        entries = i8x16_add(entries, v128_and(fourth, i8x16_splat(2 * step[3] as i8)));
        // SAFETY: `4 × at + 4 <= steps.len()`, so `16 × at + 16 <= table.len()` by the assertion above.
        unsafe { v128_store(table.as_mut_ptr().add(16 * at).cast(), entries) };
    }
}

/// See [`super::whole_numbers`].
pub fn whole_numbers(values: &[f32], scale: f32, numbers: &mut [i16]) {
    assert!(values.len() == numbers.len());
    let scale = f32x4_splat(scale);
    let mut at = 0;
    while at + 8 <= values.len() {
        // SAFETY: `at + 8 <= values.len()`, which the assertion above makes the number of the numbers too.
        unsafe {
            let (low, high) = eight(values.as_ptr().add(at));
            let low = i32x4_trunc_sat_f32x4(f32x4_nearest(f32x4_mul(low, scale)));
            let high = i32x4_trunc_sat_f32x4(f32x4_nearest(f32x4_mul(high, scale)));
            v128_store(numbers.as_mut_ptr().add(at).cast(), i16x8_narrow_i32x4(low, high));
        }
        at += 8;
    }
}
