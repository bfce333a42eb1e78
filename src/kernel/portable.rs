//! The kernels in plain Rust, for targets without a path of their own. Compilers turn the lanes into registers.

use super::{BLOCK_ROWS, Gauge, TABLE_ZERO};

/// This path's name.
pub const LEVEL: &str = "portable";

/// See [`super::inner_product`].
pub fn inner_product(a: &[f32], b: &[f32]) -> f32 {
    sum(a, b, |x, y| x * y)
}

/// See [`super::squared_distance`].
pub fn squared_distance(a: &[f32], b: &[f32]) -> f32 {
    sum(a, b, |x, y| (x - y) * (x - y))
}

/// See [`super::inner_products`].
pub fn inner_products(query: &[f32], rows: &[f32]) -> [f32; 4] {
    four(query, rows, |x, y| x * y)
}

/// See [`super::squared_distances`].
pub fn squared_distances(query: &[f32], rows: &[f32]) -> [f32; 4] {
    four(query, rows, |x, y| (x - y) * (x - y))
}

#[inline(always)]
fn sum(a: &[f32], b: &[f32], term: impl Fn(f32, f32) -> f32) -> f32 {
    let (a4, a_tail) = a.as_chunks::<4>();
    let (b4, b_tail) = b.as_chunks::<4>();
    let mut lanes = [0.0; 4];
    for (x, y) in a4.iter().zip(b4) {
        for lane in 0..4 {
            lanes[lane] += term(x[lane], y[lane]);
        }
    }
    for (lane, (x, y)) in a_tail.iter().zip(b_tail).enumerate() {
        lanes[lane] += term(*x, *y);
    }
    pairwise(lanes)
}

#[inline(always)]
fn four(query: &[f32], rows: &[f32], term: impl Fn(f32, f32) -> f32 + Copy) -> [f32; 4] {
    let dim = query.len();
    let (q4, q_tail) = query.as_chunks::<4>();
    let row = |at: usize| rows[at * dim..][..dim].as_chunks::<4>();
    let ((r0, t0), (r1, t1), (r2, t2), (r3, t3)) = (row(0), row(1), row(2), row(3));
    let mut lanes = [[0.0; 4]; 4];
    for ((((q, a), b), c), d) in q4.iter().zip(r0).zip(r1).zip(r2).zip(r3) {
        for lane in 0..4 {
            lanes[0][lane] += term(q[lane], a[lane]);
            lanes[1][lane] += term(q[lane], b[lane]);
            lanes[2][lane] += term(q[lane], c[lane]);
            lanes[3][lane] += term(q[lane], d[lane]);
        }
    }
    for (sums, tail) in lanes.iter_mut().zip([t0, t1, t2, t3]) {
        for (lane, (q, x)) in q_tail.iter().zip(tail).enumerate() {
            sums[lane] += term(*q, *x);
        }
    }
    lanes.map(pairwise)
}

/// The last step of every sum.
#[inline(always)]
pub(super) fn pairwise(lanes: [f32; 4]) -> f32 {
    (lanes[0] + lanes[1]) + (lanes[2] + lanes[3])
}

/// See [`super::code_product`].
pub fn code_product(numbers: &[i16], codes: &[u8]) -> i32 {
    let mut lanes = [0i32; 8];
    for (numbers, codes) in numbers.as_chunks::<8>().0.iter().zip(codes.as_chunks::<8>().0) {
        for lane in 0..8 {
            lanes[lane] += i32::from(numbers[lane]) * i32::from(codes[lane]);
        }
    }
    lanes.iter().sum()
}

/// See [`super::code_products`].
pub fn code_products(numbers: &[i16], codes: [&[u8]; 4]) -> [i32; 4] {
    codes.map(|codes| code_product(numbers, codes))
}

/// See [`super::code_numbers`].
pub fn code_numbers(codes: &[u8], numbers: &mut [i16]) {
    for (number, code) in numbers.iter_mut().zip(codes) {
        *number = i16::from(*code) - 64;
    }
}

/// See [`super::block_estimates`].
pub fn block_estimates(block: &[u8], table: &[u8], gauge: Gauge) -> [f32; BLOCK_ROWS] {
    let (codes, factors) = block.split_at(table.len());
    let mut sums = [0u16; BLOCK_ROWS];
    for (codes, table) in codes.as_chunks::<16>().0.iter().zip(table.as_chunks::<16>().0) {
        for row in 0..BLOCK_ROWS / 2 {
            let both = codes[2 * (row % 8) + row / 8];
            sums[row] += u16::from(table[usize::from(both & 15)]);
            sums[row + 16] += u16::from(table[usize::from(both >> 4)]);
        }
    }
    let (factors, _) = factors.as_chunks::<4>();
    let (factors, offsets) = factors.split_at(BLOCK_ROWS);
    std::array::from_fn(|row| {
        let line = gauge.scale * f32::from(sums[row]) + gauge.shift;
        f32::from_le_bytes(factors[row]) * line + f32::from_le_bytes(offsets[row])
    })
}

/// See [`super::block_rows`].
pub fn block_rows(block: &[u8], table: &[u8], gauge: Gauge, threshold: f32) -> u32 {
    estimates_reaching(&block_estimates(block, table, gauge), threshold)
}

/// See [`super::estimates_reaching`].
pub fn estimates_reaching(estimates: &[f32; BLOCK_ROWS], threshold: f32) -> u32 {
    estimates.iter().enumerate().fold(0, |rows, (row, estimate)| rows | u32::from(*estimate >= threshold) << row)
}

/// See [`super::hadamard`].
pub fn hadamard(values: &mut [f32], signs: &[f32]) {
    for (value, sign) in values.iter_mut().zip(signs) {
        *value *= sign;
    }
    let mut half = 1;
    while half < values.len() {
        for pair in values.chunks_exact_mut(2 * half) {
            let (low, high) = pair.split_at_mut(half);
            for (a, b) in low.iter_mut().zip(high) {
                (*a, *b) = (*a + *b, *a - *b);
            }
        }
        half *= 2;
    }
}

/// See [`super::sign_table`].
pub fn sign_table(steps: &[i16], table: &mut [u8]) {
    for (steps, entries) in steps.as_chunks::<4>().0.iter().zip(table.as_chunks_mut::<16>().0) {
        for (signs, entry) in entries.iter_mut().enumerate() {
            let signed = |at: usize| if signs >> at & 1 == 1 { steps[at] } else { -steps[at] };
            *entry = (TABLE_ZERO + signed(0) + signed(1) + signed(2) + signed(3)) as u8;
        }
    }
}

/// See [`super::whole_numbers`].
pub fn whole_numbers(values: &[f32], scale: f32, numbers: &mut [i16]) {
    for (value, number) in values.iter().zip(numbers) {
        *number = (value * scale).round_ties_even() as i16;
    }
}
