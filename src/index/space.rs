//! The space in which vectors are coded: centred, turned at random, and with one measure of nearness for all metrics.
//!
//! A vector's *point* is its difference from a centre under a random rotation, which spreads what it says evenly over
//! the coordinates, so that one bit or seven of each tell much. A query's *aim* is a point such that
//! `⟨point, aim⟩ + bias` (the *key*) grows with nearness: L2 takes the query from the centre too and half the point's
//! square as negative bias; IP and COSINE leave the query where it is, since the centre's product with it is the same
//! for all rows; COSINE makes vectors unit long first.
//!
//! The rotation is that of RaBitQ (Gao and Long 2024) in its fast form: signs and Hadamard transforms over two
//! overlapping windows whose length is a power of two, twice.

use crate::kernel::{self, Gauge, TABLE_STEPS, TABLE_ZERO};
use crate::schema::Metric;

/// Squares between these bounds keep their digits in 32-bit floats; rows outside are compared exactly.
const SQUARES: std::ops::RangeInclusive<f32> = 1e-30..=1e30;

/// Steps of an aim's coordinate in products with codes, to either side; see [`kernel::code_product`].
const NUMBER_STEPS: f32 = 1023.0;

/// Where vectors of one column lie.
#[derive(Debug, Clone, PartialEq)]
pub struct Space {
    metric: Metric,
    center: Vec<f32>,
    /// Elements of a point: the vector's, up to the next multiple of sixteen.
    padded: usize,
    /// The signs of the four transforms, one window after the other.
    signs: Vec<f32>,
}

/// A row's place.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Point {
    /// The coordinates.
    pub coordinates: Vec<f32>,
    /// What is added to the product with an aim.
    pub bias: f32,
}

/// A query's place, and what scans need of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Aim {
    /// The coordinates.
    pub coordinates: Vec<f32>,
    /// The sum of their squares.
    pub square: f32,
    /// The coordinates as whole numbers.
    pub numbers: Vec<i16>,
    /// The size of one of their steps.
    pub step: f32,
    /// 64 times the sum of the numbers: what codes add since their zero is 64.
    pub zero: i32,
    /// For every four coordinates, the sums of them under each of 16 combinations of signs.
    pub table: Vec<u8>,
    /// How sums of table entries become products with signs.
    pub gauge: Gauge,
}

impl Space {
    /// The space of a metric around a centre (as long as the vectors are).
    pub fn new(metric: Metric, center: Vec<f32>) -> Space {
        let padded = center.len().next_multiple_of(16);
        let window = window(padded);
        let mut state = 0u64;
        let mut sign = || {
            // SplitMix64 (Steele, Lea and Flood 2014).
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
            if (mixed ^ mixed >> 31) & 1 == 0 { 1.0 } else { -1.0 }
        };
        let signs = (0..4 * window).map(|_| sign()).collect();
        Space { metric, center, padded, signs }
    }

    /// Bytes that all codes of a vector take, about: seven bits a coordinate, one bit with its cluster and one without.
    pub fn code_bytes(dim: u32) -> u64 {
        let padded = u64::from(dim).next_multiple_of(16);
        padded + padded / 8 * 2 + 64
    }

    /// The mean of some vectors, as the metric takes them: where a space has its centre best.
    pub fn mean<'a>(metric: Metric, dim: u32, vectors: impl Iterator<Item = &'a [f32]>) -> Vec<f32> {
        let mut sums = vec![0.0f64; dim as usize];
        let mut count = 0u32;
        for vector in vectors {
            let Some(scale) = scale(metric, vector) else { continue };
            sums.iter_mut().zip(vector).for_each(|(sum, x)| *sum += f64::from(x * scale));
            count += 1;
        }
        sums.into_iter().map(|sum| (sum / f64::from(count.max(1))) as f32).collect()
    }

    /// The metric.
    pub fn metric(&self) -> Metric {
        self.metric
    }

    /// The centre.
    pub fn center(&self) -> &[f32] {
        &self.center
    }

    /// Elements of a point.
    pub fn padded(&self) -> usize {
        self.padded
    }

    /// Writes a vector's point; says whether it has one. Vectors whose squares leave the range of floats have none.
    pub fn place(&self, vector: &[f32], point: &mut Point) -> bool {
        let Some(scale) = scale(self.metric, vector) else { return false };
        let coordinates = &mut point.coordinates;
        coordinates.clear();
        coordinates.extend(vector.iter().zip(&self.center).map(|(x, c)| x * scale - c));
        self.turn(coordinates);
        let square = square(coordinates);
        point.bias = if self.metric == Metric::L2 { square / -2.0 } else { 0.0 };
        square == 0.0 || SQUARES.contains(&square)
    }

    /// A query's aim; `None` for one that has none, or none better than another: zeros, and numbers beyond the range.
    pub fn aim(&self, query: &[f32]) -> Option<Aim> {
        let mut coordinates = query.to_vec();
        if self.metric == Metric::L2 {
            coordinates.iter_mut().zip(&self.center).for_each(|(x, c)| *x -= c);
        }
        self.turn(&mut coordinates);
        self.aim_at(coordinates)
    }

    /// The aim of given coordinates.
    pub fn aim_at(&self, coordinates: Vec<f32>) -> Option<Aim> {
        let square = square(&coordinates);
        if !SQUARES.contains(&square) {
            return None;
        }
        let most = greatest(&coordinates);
        let mut numbers = vec![0; self.padded];
        kernel::whole_numbers(&coordinates, f32::from(TABLE_STEPS) / most, &mut numbers);
        let mut table = vec![0; 4 * self.padded];
        kernel::sign_table(&numbers, &mut table);
        kernel::whole_numbers(&coordinates, NUMBER_STEPS / most, &mut numbers);
        let zero = 64 * numbers.iter().map(|number| i32::from(*number)).sum::<i32>();
        let scale = most / f32::from(TABLE_STEPS);
        let shift = -scale * f32::from(TABLE_ZERO) * (self.padded / 4) as f32;
        let gauge = Gauge { scale, shift };
        Some(Aim { coordinates, square, numbers, step: most / NUMBER_STEPS, zero, table, gauge })
    }

    fn turn(&self, coordinates: &mut Vec<f32>) {
        coordinates.resize(self.padded, 0.0);
        let window = window(self.padded);
        let scale = 1.0 / (window as f32).sqrt();
        for (at, signs) in self.signs.chunks_exact(window).enumerate() {
            let first = if at % 2 == 0 { 0 } else { self.padded - window };
            let part = &mut coordinates[first..first + window];
            kernel::hadamard(part, signs);
            part.iter_mut().for_each(|x| *x *= scale);
        }
    }
}

/// The greatest power of two that fits.
fn window(padded: usize) -> usize {
    1 << padded.ilog2()
}

/// What a vector is multiplied by; `None` when its squares leave the range of floats.
fn scale(metric: Metric, vector: &[f32]) -> Option<f32> {
    let square = square(vector);
    match metric {
        Metric::Cosine if square == 0.0 => Some(0.0),
        Metric::Cosine => SQUARES.contains(&square).then(|| 1.0 / square.sqrt()),
        Metric::L2 | Metric::Ip => (square <= *SQUARES.end()).then_some(1.0),
    }
}

fn square(vector: &[f32]) -> f32 {
    kernel::inner_product(vector, vector)
}

/// The greatest size of a coordinate.
pub(super) fn greatest(coordinates: &[f32]) -> f32 {
    // `f32::max` is a call, for the sake of numbers that are none.
    coordinates.iter().fold(0.0, |most, x| if x.abs() > most { x.abs() } else { most })
}
