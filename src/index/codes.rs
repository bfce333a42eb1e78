//! Codes of one segment's vectors: seven bits a coordinate, and one bit in blocks of 32 rows.
//!
//! The one-bit codes say of most rows that they are too far; the seven-bit codes say how far the others are; the
//! caller compares the best of these exactly. Nothing is trained and nothing is rebuilt: a row's codes depend on it
//! alone, so that a row is searchable as soon as it has them.
//!
//! A *key* is what [`Space`](super::space) defines: greater for nearer rows.

use super::space::{Aim, Point, Space, greatest};
use super::{Candidate, top::Top};
use crate::bitmap::Bitmap;
use crate::column::VectorColumn;
use crate::kernel::{self, BLOCK_FACTOR_BYTES, BLOCK_ROWS, Gauge};
use crate::store::Bytes;
use crate::store::pages::Pages;
use std::cmp::Ordering;

/// Bytes that a page of codes aims at.
pub(super) const PAGE_BYTES: usize = 256 << 10;

/// Coordinates from which on a bit of each tells enough to be worth a pass over them.
pub(super) const BITS_FROM: usize = 128;

/// The greatest step of a code to either side of its zero, which is 64.
const CODE_STEPS: f32 = 63.0;

/// The part of a coordinate's size that its sign does not tell, times the coordinates' root: √(1 − 0.8²).
const SIGN_ERROR: f32 = 0.6;

/// The offset of a lane without a row: nothing reaches a threshold from there.
const EMPTY: f32 = -1e30;

/// Allowed rows, of so many in all, below which they are looked up one by one.
const SPARSE: u32 = 10;

/// Blocks whose estimates are kept, so that the likeliest of their rows come first: 64 KB of them.
const LIKELIEST_BLOCKS: u32 = 512;

/// Rows that come first, times those that are wanted.
const LIKELIEST: u32 = 4;

/// The codes of the rows of one segment.
#[derive(Debug, Clone)]
pub struct Codes {
    /// A code a coordinate, then the size of a step and the bias as floats.
    rows: Pages,
    /// Blocks of 32 rows in order, as [`kernel::block_rows`] reads them; none for short vectors.
    blocks: Option<Pages>,
    /// Rows that have no codes, ascending.
    uncoded: Vec<u32>,
    point: Point,
}

/// One query over the codes of several segments.
pub struct Scan<'a> {
    /// The query.
    pub aim: &'a Aim,
    /// How many deviations of an estimate still count: more find more, and take longer.
    pub slack: f32,
    /// The best so far; a candidate's row is its slot, its distance the negative key.
    pub top: Top,
    /// How often one of the rows that are wanted made place for a nearer one.
    pub change_count: u32,
    /// Those of the best that are wanted; the others are kept because the codes' error may hide that they are nearer.
    nearest: Top,
    /// The distance beyond which an offer is in vain.
    bound: f32,
    /// How far behind the last of the wanted rows one may be and still turn out nearer; infinite until a code was seen.
    margin: f32,
    /// The greatest step of a code among the best.
    step: f32,
    /// Which of two slots at one key comes first.
    tie: &'a dyn Fn(u32, u32) -> Ordering,
}

/// Deviations between two rows' distances by codes from which on their order is taken for certain.
const ERRORS: f32 = 4.0;

/// How much farther than another a row must be by codes whose steps are `step` at most, to be farther for certain.
pub fn margin(aim: &Aim, step: f32) -> f32 {
    // A coordinate's error is even over one step, and so has a deviation of a step by the root of twelve.
    ERRORS * step / 12.0f32.sqrt() * aim.square.sqrt()
}

impl Codes {
    /// The codes of no rows.
    pub fn new(space: &Space) -> Codes {
        let paged = |bytes: usize| Pages::new(bytes, (PAGE_BYTES / bytes).max(1) as u32);
        let blocks = (space.padded() >= BITS_FROM).then(|| paged(4 * space.padded() + BLOCK_FACTOR_BYTES));
        Codes { rows: paged(space.padded() + 8), blocks, uncoded: Vec::new(), point: Point::default() }
    }

    /// The codes of `row_count` rows from their pages (see [`Codes::pages`]); `None` when these do not fit.
    pub fn from_pages(
        space: &Space,
        row_count: u32,
        rows: (u32, Vec<Bytes>),
        blocks: (u32, Vec<Bytes>),
        uncoded: Vec<u32>,
    ) -> Option<Codes> {
        let empty = Codes::new(space);
        let rows = Pages::from_blobs(space.padded() + 8, rows.0, row_count, rows.1)?;
        let block_bytes = 4 * space.padded() + BLOCK_FACTOR_BYTES;
        let blocks = match empty.blocks {
            Some(_) => Some(Pages::from_blobs(block_bytes, blocks.0, row_count.div_ceil(BLOCK_ROWS as u32), blocks.1)?),
            None if blocks.1.is_empty() => None,
            None => return None,
        };
        let ascend = uncoded.windows(2).all(|pair| pair[0] < pair[1]);
        let fits = ascend && uncoded.last().is_none_or(|last| *last < row_count);
        fits.then_some(Codes { rows, blocks, uncoded, point: Point::default() })
    }

    /// The pages of the rows, and those of the blocks.
    pub fn pages(&self) -> (&Pages, Option<&Pages>) {
        (&self.rows, self.blocks.as_ref())
    }

    /// Rows that are coded.
    pub fn len(&self) -> u32 {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The heap that the codes hold, in bytes.
    pub fn size_bytes(&self) -> u64 {
        let blocks = self.blocks.as_ref().map_or(0, Pages::size_bytes);
        self.rows.size_bytes() + blocks + self.uncoded.capacity() as u64 * 4
    }

    /// Rows that have no codes, whose keys are no numbers: the caller compares all of them.
    pub fn uncoded(&self) -> &[u32] {
        &self.uncoded
    }

    /// Codes up to `count` of the rows that were appended to the column since the last call.
    pub fn extend(&mut self, space: &Space, column: &VectorColumn, count: u32) {
        let first = self.len();
        for row in first..column.len().min(first.saturating_add(count)) {
            self.push(space, column.row(row));
        }
    }

    fn push(&mut self, space: &Space, vector: &[f32]) {
        let mut point = std::mem::take(&mut self.point);
        let is_placed = space.place(vector, &mut point);
        self.push_point(&point, is_placed);
        self.point = point;
    }

    /// Codes a row that lies at a point, or has none.
    pub fn push_point(&mut self, point: &Point, is_placed: bool) {
        let row = self.len();
        let record = self.rows.push();
        if is_placed {
            write_code(point, record);
        } else {
            let step = record.len() - 8;
            record[step..step + 4].copy_from_slice(&f32::NAN.to_le_bytes());
            self.uncoded.push(row);
        }
        let Some(blocks) = &mut self.blocks else { return };
        let lane = (row as usize) % BLOCK_ROWS;
        if lane == 0 {
            empty_block(blocks.push());
        }
        if is_placed {
            let block = blocks.record_mut(row / BLOCK_ROWS as u32);
            write_signs(&point.coordinates, &[], point.bias, lane, block);
        }
    }

    /// Writes the point that a row's code stands for; says whether it has one.
    pub fn point(&self, row: u32, point: &mut Point) -> bool {
        let (code, step, bias) = key_parts(self.rows.record(row));
        point.coordinates.clear();
        point.coordinates.extend(code.iter().map(|code| (f32::from(*code) - 64.0) * step));
        point.bias = bias;
        !step.is_nan()
    }

    /// Offers the allowed rows; a row's slot is `first_slot` more than its number.
    pub fn scan(&self, scan: &mut Scan<'_>, allowed: &Bitmap, first_slot: u32) {
        let count = allowed.count();
        let mut looks = Looks::default();
        match &self.blocks {
            Some(blocks) if count >= self.len() / SPARSE => {
                self.scan_blocks(blocks, scan, &mut looks, allowed, first_slot);
            }
            _ => {
                for row in allowed.iter() {
                    looks.add(scan, first_slot + row, self.record(row));
                }
            }
        }
        looks.finish(scan);
    }

    fn scan_blocks<'r>(
        &'r self,
        blocks: &Pages,
        scan: &mut Scan<'_>,
        looks: &mut Looks<'r>,
        allowed: &Bitmap,
        first_slot: u32,
    ) {
        let aim = scan.aim;
        let gauge = slack_gauge(aim, scan.slack, aim.square.sqrt());
        let (table, words) = (aim.table.as_slice(), allowed.words());
        let mut at = if scan.is_enough() { 0 } else { self.scan_likeliest(blocks, scan, gauge, allowed, first_slot) };
        while at < blocks.len() {
            let mut run = blocks.run(at, blocks.len());
            while run.len() >= blocks.record_bytes() {
                let (block, rest) = run.split_at(blocks.record_bytes());
                run = rest;
                let wanted = rows_of_block(words, at);
                if wanted != 0 {
                    let rows = kernel::block_rows(block, table, gauge, -scan.bound) & wanted;
                    self.look(scan, looks, rows, at, first_slot);
                }
                at += 1;
            }
        }
    }

    /// Offers the allowed rows of the first blocks, those with the greatest estimates before the others: once the best
    /// are known, few of the others are looked at. Gives the first block that it left to the caller.
    fn scan_likeliest(
        &self,
        blocks: &Pages,
        scan: &mut Scan<'_>,
        gauge: Gauge,
        allowed: &Bitmap,
        first_slot: u32,
    ) -> u32 {
        let end = blocks.len().min(LIKELIEST_BLOCKS);
        let first_count = LIKELIEST.saturating_mul(scan.nearest.limit() as u32);
        if first_count > end * BLOCK_ROWS as u32 / SPARSE {
            return 0;
        }
        let words = allowed.words();
        let mut likeliest = Top::new(first_count);
        let mut estimates = Vec::with_capacity(end as usize);
        for at in 0..end {
            let wanted = rows_of_block(words, at);
            if wanted == 0 {
                estimates.push([f32::NAN; BLOCK_ROWS]);
                continue;
            }
            let keys = kernel::block_estimates(blocks.record(at), &scan.aim.table, gauge);
            let mut rows = kernel::estimates_reaching(&keys, -likeliest.threshold()) & wanted;
            while rows != 0 {
                let lane = rows.trailing_zeros();
                rows &= rows - 1;
                let candidate = Candidate { row: at * BLOCK_ROWS as u32 + lane, distance: -keys[lane as usize] };
                if candidate.distance <= likeliest.threshold() {
                    likeliest.offer(candidate, &|a, b| a.cmp(&b));
                }
            }
            estimates.push(keys);
        }
        let mut looks = Looks::default();
        for Candidate { row, .. } in likeliest.into_candidates() {
            estimates[row as usize / BLOCK_ROWS][row as usize % BLOCK_ROWS] = f32::NAN;
            looks.add(scan, first_slot + row, self.record(row));
        }
        looks.finish(scan);
        let mut looks = Looks::default();
        for (at, keys) in estimates.iter().enumerate() {
            let rows = kernel::estimates_reaching(keys, -scan.bound) & rows_of_block(words, at as u32);
            self.look(scan, &mut looks, rows, at as u32, first_slot);
        }
        looks.finish(scan);
        end
    }

    /// Looks at rows of a block more closely.
    #[inline(always)]
    fn look<'r>(&'r self, scan: &mut Scan<'_>, looks: &mut Looks<'r>, mut rows: u32, block: u32, first_slot: u32) {
        while rows != 0 {
            let row = block * BLOCK_ROWS as u32 + rows.trailing_zeros();
            rows &= rows - 1;
            looks.add(scan, first_slot + row, self.record(row));
        }
    }

    /// The keys of all rows as far as their signs tell them, in order; `None` for short vectors.
    pub(super) fn estimates(&self, aim: &Aim) -> Option<Vec<f32>> {
        let blocks = self.blocks.as_ref()?;
        let mut estimates = Vec::with_capacity(self.len().next_multiple_of(BLOCK_ROWS as u32) as usize);
        for at in 0..blocks.len() {
            estimates.extend_from_slice(&kernel::block_estimates(blocks.record(at), &aim.table, aim.gauge));
        }
        estimates.truncate(self.len() as usize);
        Some(estimates)
    }

    /// The size of a step of a row's code.
    pub fn step(&self, row: u32) -> f32 {
        key_parts(self.rows.record(row)).1
    }

    /// The key of a row, as far as seven bits tell it.
    pub fn key(&self, aim: &Aim, row: u32) -> f32 {
        aim.key(self.rows.record(row))
    }

    /// The seven-bit code of a row: a byte a coordinate, then the size of a step and the bias as floats. The step of a
    /// row that has no code is no number.
    #[inline(always)]
    pub fn record(&self, row: u32) -> &[u8] {
        self.rows.record(row)
    }
}

impl Aim {
    /// The key of a seven-bit code; see [`Codes::record`].
    #[inline(always)]
    pub fn key(&self, record: &[u8]) -> f32 {
        let (code, step, bias) = key_parts(record);
        step * self.step * (kernel::code_product(&self.numbers, code) - self.zero) as f32 + bias
    }
}

/// A seven-bit code, the size of its step, and the bias. Inlined, as what else stands between a walk and the kernel: a
/// build for size makes calls of all of it, which take longer than the kernel.
#[inline(always)]
pub(super) fn key_parts(record: &[u8]) -> (&[u8], f32, f32) {
    let [code @ .., a, b, c, d, e, f, g, h] = record else { unreachable!("a code ends with two floats") };
    (code, f32::from_le_bytes([*a, *b, *c, *d]), f32::from_le_bytes([*e, *f, *g, *h]))
}

impl<'a> Scan<'a> {
    /// A scan for the `wanted` nearest rows, of which so many more are kept as `pool` allows whose order the codes leave
    /// open.
    pub fn new(aim: &'a Aim, slack: f32, wanted: u32, pool: u32, tie: &'a dyn Fn(u32, u32) -> Ordering) -> Scan<'a> {
        let (top, nearest) = (Top::new(pool), Top::new(wanted));
        Scan { aim, slack, top, change_count: 0, nearest, bound: f32::INFINITY, margin: f32::INFINITY, step: 0.0, tie }
    }

    /// Whether there are as many rows as are wanted.
    pub fn is_enough(&self) -> bool {
        self.nearest.len() as usize == self.nearest.limit()
    }

    /// The distance beyond which an offer is in vain.
    #[inline(always)]
    pub fn bound(&self) -> f32 {
        self.bound
    }

    /// Takes a row in when it is among the best so far; one whose key is no number is not.
    #[inline(always)]
    pub fn offer(&mut self, slot: u32, key: f32) {
        if -key <= self.bound {
            self.take(Candidate { row: slot, distance: -key });
        }
    }

    /// [`Scan::offer`] for a row by its seven-bit code.
    #[inline(always)]
    fn offer_code(&mut self, slot: u32, record: &[u8]) {
        let product = kernel::code_product(&self.aim.numbers, key_parts(record).0);
        self.offer_product(slot, record, product);
    }

    /// [`Scan::offer_code`] with the product of the code and the aim's numbers.
    #[inline(always)]
    fn offer_product(&mut self, slot: u32, record: &[u8], product: i32) {
        let (_, step, bias) = key_parts(record);
        let distance = -(step * self.aim.step * (product - self.aim.zero) as f32 + bias);
        if distance <= self.bound {
            if step > self.step {
                self.step = step;
                self.margin = margin(self.aim, step);
            }
            self.take(Candidate { row: slot, distance });
        }
    }

    #[inline(never)]
    fn take(&mut self, candidate: Candidate) {
        self.top.offer(candidate, self.tie);
        if candidate.distance <= self.nearest.threshold() {
            self.nearest.offer(candidate, self.tie);
            self.change_count += 1;
        }
        let (all, wanted) = (self.top.threshold(), self.nearest.threshold() + self.margin);
        self.bound = if wanted < all { wanted } else { all };
    }
}

/// Rows that are to be looked at by their seven-bit codes, four at a time: the memory of four codes is waited for at
/// once, and the aim is read once for all of them.
#[derive(Default)]
pub(super) struct Looks<'r> {
    slots: [u32; 4],
    records: [&'r [u8]; 4],
    count: usize,
}

impl<'r> Looks<'r> {
    /// Offers the row by its code, with the three after it.
    #[inline(always)]
    pub fn add(&mut self, scan: &mut Scan<'_>, slot: u32, record: &'r [u8]) {
        self.slots[self.count & 3] = slot;
        self.records[self.count & 3] = record;
        self.count += 1;
        if self.count == 4 {
            self.count = 0;
            self.offer(scan);
        }
    }

    #[inline(never)]
    fn offer(&self, scan: &mut Scan<'_>) {
        let [a, b, c, d] = self.records;
        let codes = [key_parts(a).0, key_parts(b).0, key_parts(c).0, key_parts(d).0];
        let products = kernel::code_products(&scan.aim.numbers, codes);
        let mut at = 0;
        while at < 4 {
            scan.offer_product(self.slots[at], self.records[at], products[at]);
            at += 1;
        }
    }

    /// Offers those that are left.
    #[inline(always)]
    pub fn finish(&mut self, scan: &mut Scan<'_>) {
        for at in 0..std::mem::take(&mut self.count) {
            scan.offer_code(self.slots[at & 3], self.records[at & 3]);
        }
    }
}

/// The rows of a block that a bitmap holds.
#[inline(always)]
fn rows_of_block(words: &[u64], block: u32) -> u32 {
    (words[block as usize / 2] >> (block % 2 * 32)) as u32
}

/// Writes a point's seven-bit code.
fn write_code(point: &Point, record: &mut [u8]) {
    let most = greatest(&point.coordinates);
    let (code, rest) = record.split_at_mut(point.coordinates.len());
    let inverse = if most > 1e-30 { CODE_STEPS / most } else { 0.0 };
    for (code, x) in code.iter_mut().zip(&point.coordinates) {
        // Positive before it is cut off, so that cutting rounds to the nearest.
        *code = (x * inverse + 64.5) as u8;
    }
    rest[..4].copy_from_slice(&(most / CODE_STEPS).to_le_bytes());
    rest[4..].copy_from_slice(&point.bias.to_le_bytes());
}

/// Makes every lane of a zeroed block one without a row.
pub(super) fn empty_block(block: &mut [u8]) {
    let offsets = block.len() - BLOCK_FACTOR_BYTES / 2;
    block[offsets..].as_chunks_mut::<4>().0.fill(EMPTY.to_le_bytes());
}

/// Writes a row's signs, factor and offset into its lane.
///
/// The product with an aim is about `factor × ⟨signs, aim⟩`, for the factor that makes the signs' own product with the
/// row right (RaBitQ, equation 6). Signs may be those of the row's difference from a `center`: then only the aim's own
/// difference from it is estimated, and the offset holds what the centre's product with the row is known to be.
pub(super) fn write_signs(residual: &[f32], center: &[f32], bias: f32, lane: usize, block: &mut [u8]) {
    let (codes, factors) = block.split_at_mut(residual.len() * 4);
    let half = lane / 16 * 4;
    for (four, codes) in residual.as_chunks::<4>().0.iter().zip(codes.as_chunks_mut::<16>().0) {
        let nibble = four.iter().enumerate().fold(0u8, |bits, (at, x)| bits | u8::from(*x > 0.0) << at);
        codes[2 * (lane % 8) + lane / 8 % 2] |= nibble << half;
    }
    let sum: f32 = residual.iter().map(|x| x.abs()).sum();
    let factor = if sum > 0.0 { kernel::inner_product(residual, residual) / sum } else { 0.0 };
    let known = residual.iter().zip(center).map(|(x, c)| c * (x - if *x > 0.0 { factor } else { -factor }));
    let offset = bias + known.sum::<f32>();
    factors[4 * lane..][..4].copy_from_slice(&factor.to_le_bytes());
    factors[4 * (BLOCK_ROWS + lane)..][..4].copy_from_slice(&offset.to_le_bytes());
}

/// The gauge that overestimates by `slack` deviations; an estimate's error grows with the aim's distance from the point
/// that the signs are counted from.
pub(super) fn slack_gauge(aim: &Aim, slack: f32, distance: f32) -> Gauge {
    Gauge { shift: aim.gauge.shift + slack * SIGN_ERROR * distance, ..aim.gauge }
}
