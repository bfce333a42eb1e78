//! Distances over slices of floats, and estimates of them over codes: knows slices and numbers, not schemas.
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

/// Rows of a block of one-bit codes.
pub const BLOCK_ROWS: usize = 32;

/// Bytes of a block beside its codes: a factor and an offset a row, as little-endian floats.
pub const BLOCK_FACTOR_BYTES: usize = BLOCK_ROWS * 8;

/// How a block's sums become estimates: `factor × (scale × sum + shift) + offset`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gauge {
    /// The size of one step of the table.
    pub scale: f32,
    /// What is added to each scaled sum.
    pub shift: f32,
}

/// The sum of products of signed numbers and seven-bit codes.
///
/// The numbers keep within ±1,023 and the codes within 0–127, so that 4,096 of them cannot overflow.
///
/// # Panics
/// If the lengths differ or are no multiple of 16.
pub fn code_product(numbers: &[i16], codes: &[u8]) -> i32 {
    assert!(numbers.len() == codes.len() && codes.len().is_multiple_of(16), "sixteen codes at a time");
    path::code_product(numbers, codes)
}

/// The sums of products of signed numbers and four codes of their length; see [`code_product`].
///
/// # Panics
/// If the lengths differ or are no multiple of 16.
pub fn code_products(numbers: &[i16], codes: [&[u8]; 4]) -> [i32; 4] {
    let [a, b, c, d] = codes.map(<[u8]>::len);
    let len = numbers.len();
    assert!(len == a && len == b && len == c && len == d && len.is_multiple_of(16), "sixteen codes at a time");
    path::code_products(numbers, codes)
}

/// Writes seven-bit codes as signed numbers, their zero being 64.
///
/// # Panics
/// If the lengths differ or are no multiple of 16.
pub fn code_numbers(codes: &[u8], numbers: &mut [i16]) {
    assert!(numbers.len() == codes.len() && codes.len().is_multiple_of(16), "sixteen codes at a time");
    path::code_numbers(codes, numbers);
}

/// The estimates of the 32 rows of a block.
///
/// A block is 16 bytes for every four dimensions, then 32 factors, then 32 offsets. A row's four signs are a number of
/// four bits, which chooses one of 16 entries of `table` (as many bytes as the block has codes). Row `x` of a block
/// lies in byte `2 × (x mod 8) + (x / 8 mod 2)` of each sixteen, in the low half of it for `x` below 16: so the sums
/// come out in the order of the rows. This is the fast-scan layout of André, Kermarrec and Le Scouarnec (2015).
///
/// # Panics
/// If the lengths disagree. Entries above 63 overflow.
pub fn block_estimates(block: &[u8], table: &[u8], gauge: Gauge) -> [f32; BLOCK_ROWS] {
    check_block(block, table);
    path::block_estimates(block, table, gauge)
}

/// The rows of a block whose estimates reach `threshold`, row `x` as bit `x`. See [`block_estimates`].
///
/// # Panics
/// If the lengths disagree.
pub fn block_rows(block: &[u8], table: &[u8], gauge: Gauge, threshold: f32) -> u32 {
    check_block(block, table);
    path::block_rows(block, table, gauge, threshold)
}

/// Which of 32 estimates reach `threshold`, estimate `x` as bit `x`; one that is no number does not.
#[inline(always)]
pub fn estimates_reaching(estimates: &[f32; BLOCK_ROWS], threshold: f32) -> u32 {
    path::estimates_reaching(estimates, threshold)
}

/// The greatest step of [`sign_table`] to either side: four of them and four more of the kind keep within eight bits.
pub const TABLE_STEPS: i16 = 7;

/// What entries of [`sign_table`] hold for a sum of zero.
pub const TABLE_ZERO: i16 = 4 * TABLE_STEPS;

/// Writes, for every four steps, their sums under each of 16 combinations of signs: bit `i` of the combination makes
/// step `i` positive, and [`TABLE_ZERO`] is added. `table` has 16 entries for every four steps.
///
/// # Panics
/// If the lengths disagree. Steps beyond ±[`TABLE_STEPS`] overflow.
pub fn sign_table(steps: &[i16], table: &mut [u8]) {
    assert!(steps.len().is_multiple_of(4) && table.len() == 4 * steps.len(), "16 entries for every four steps");
    path::sign_table(steps, table);
}

/// Writes `values` times `scale` as whole numbers, the nearest, halves to the even one; those beyond 16 bits as the
/// greatest of their sign.
///
/// # Panics
/// If the lengths differ or are no multiple of eight.
pub fn whole_numbers(values: &[f32], scale: f32, numbers: &mut [i16]) {
    assert!(values.len() == numbers.len() && values.len().is_multiple_of(8), "eight numbers at a time");
    path::whole_numbers(values, scale, numbers);
}

/// Reads a byte of each cache line. Lines that are asked for together arrive together: rows that lie scattered over more
/// memory than caches hold take much less time when all of their lines are asked for before the first is used. What it
/// gives is of no use but to [`std::hint::black_box`].
#[inline(always)]
pub fn touch(bytes: &[u8]) -> u8 {
    let (mut all, mut at) = (0, 0);
    while at < bytes.len() {
        all ^= bytes[at];
        at += 64;
    }
    all
}

fn check_block(block: &[u8], table: &[u8]) {
    let fits = table.len().is_multiple_of(64) && block.len() == table.len() + BLOCK_FACTOR_BYTES;
    assert!(fits, "a block of {} bytes and a table of {}", block.len(), table.len());
}

/// Multiplies by `signs` and applies the Hadamard transform (unscaled), in place.
///
/// # Panics
/// If the lengths differ or are no power of two from 16 on.
pub fn hadamard(values: &mut [f32], signs: &[f32]) {
    let len = values.len();
    assert!(len == signs.len() && len.is_power_of_two() && len >= 16, "a power of two from 16 on");
    path::hadamard(values, signs);
}
