//! Exact scan: the distance to every allowed row.

use std::cmp::Ordering;

use super::{Candidate, Range, top::Top};
use crate::bitmap::Bitmap;
use crate::column::VectorColumn;
use crate::kernel;
use crate::schema::Metric;

/// What is asked of a scan.
pub struct Request<'a> {
    /// The vectors.
    pub column: &'a VectorColumn,
    /// The query vector, of the column's `dim`.
    pub query: &'a [f32],
    /// The rows that count: live ones that pass the filter.
    pub allowed: &'a Bitmap,
    /// How many candidates are wanted.
    pub limit: u32,
    /// The distances that count.
    pub range: Range,
    /// Which of two rows at one distance comes first.
    pub tie: &'a dyn Fn(u32, u32) -> Ordering,
}

/// An exact scan under one metric.
#[derive(Debug, Clone)]
pub struct Flat {
    metric: Metric,
    /// The Euclidean norm of each row, for COSINE; empty otherwise.
    norms: Vec<f32>,
}

impl Flat {
    /// The index of no rows.
    pub fn new(metric: Metric) -> Flat {
        Flat { metric, norms: Vec::new() }
    }

    /// Takes in the rows that were appended to the column since the last call.
    pub fn extend(&mut self, column: &VectorColumn) {
        if self.metric == Metric::Cosine {
            for row in self.norms.len() as u32..column.len() {
                self.norms.push(norm(column.row(row)));
            }
        }
    }

    /// The nearest allowed rows within the range; fewer than `limit` when there are no more.
    pub fn search(&self, request: &Request<'_>) -> Top {
        let query = request.query;
        match self.metric {
            Metric::L2 => scan(
                request,
                |rows| kernel::squared_distances(query, rows),
                |row| kernel::squared_distance(query, row),
                |_, distance| distance,
            ),
            Metric::Ip => scan(
                request,
                |rows| kernel::inner_products(query, rows),
                |row| kernel::inner_product(query, row),
                |_, product| -product,
            ),
            Metric::Cosine => {
                let query_norm = norm(query);
                scan(
                    request,
                    |rows| kernel::inner_products(query, rows),
                    |row| kernel::inner_product(query, row),
                    |row, product| {
                        let norms = query_norm * self.norms[row as usize];
                        -cosine(product, norms, query, || request.column.row(row))
                    },
                )
            }
        }
    }

    /// The heap that it holds, in bytes.
    pub fn size_bytes(&self) -> u64 {
        self.norms.len() as u64 * 4
    }
}

/// The distances of single vectors from a query, digit for digit those of the scan.
#[derive(Debug, Clone, Copy)]
pub struct Exact<'a> {
    metric: Metric,
    query: &'a [f32],
    query_norm: f32,
}

impl Exact<'_> {
    /// Distances from `query`.
    pub fn new(metric: Metric, query: &[f32]) -> Exact<'_> {
        Exact { metric, query, query_norm: norm(query) }
    }

    /// The nearest allowed rows within the range, as far as they are here; those that are not are noted as wanted.
    pub fn search(&self, request: &Request<'_>) -> Top {
        let mut top = Top::new(request.limit);
        for row in request.allowed.iter() {
            let Some(vector) = request.column.row_if_here(row) else { continue };
            let distance = self.distance(vector);
            if distance <= top.threshold() && request.range.contains(distance) {
                top.offer(Candidate { row, distance }, request.tie);
            }
        }
        top
    }

    /// The distance of a vector of the query's length.
    pub fn distance(&self, vector: &[f32]) -> f32 {
        ordered(match self.metric {
            Metric::L2 => kernel::squared_distance(self.query, vector),
            Metric::Ip => -kernel::inner_product(self.query, vector),
            Metric::Cosine => {
                let product = kernel::inner_product(self.query, vector);
                -cosine(product, self.query_norm * norm(vector), self.query, || vector)
            }
        })
    }
}

fn norm(vector: &[f32]) -> f32 {
    kernel::inner_product(vector, vector).sqrt()
}

/// A distance that has its place in an order. Where floats overflow, a row is as far as can be; it is not lost. And there
/// is one zero, or rows at a right angle would be told apart by its sign.
fn ordered(distance: f32) -> f32 {
    if distance.is_nan() { f32::INFINITY } else { distance + 0.0 }
}

fn cosine<'a>(product: f32, norms: f32, query: &[f32], vector: impl Fn() -> &'a [f32]) -> f32 {
    if norms.is_normal() && product.is_finite() {
        (product / norms).clamp(-1.0, 1.0)
    } else {
        wide_cosine(query, vector())
    }
}

/// The cosine of vectors whose squares leave the range of 32-bit floats. A zero vector is at a right angle to all others.
fn wide_cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum::<f64>();
    let norms = dot(a, a).sqrt() * dot(b, b).sqrt();
    if norms > 0.0 { (dot(a, b) / norms).clamp(-1.0, 1.0) as f32 } else { 0.0 }
}

/// Offers every allowed row. Four neighbours go through the kernel at once when most of them are allowed.
fn scan(
    request: &Request<'_>,
    four: impl Fn(&[f32]) -> [f32; 4],
    one: impl Fn(&[f32]) -> f32,
    distance: impl Fn(u32, f32) -> f32,
) -> Top {
    let dim = request.column.dim() as usize;
    let words = request.allowed.words();
    let mut top = Top::new(request.limit);
    let mut offer = |row: u32, measure: f32| {
        let distance = ordered(distance(row, measure));
        if distance <= top.threshold() && request.range.contains(distance) {
            top.offer(Candidate { row, distance }, request.tie);
        }
    };
    let mut first = 0;
    for page in request.column.page_floats() {
        let rows = (page.len() / dim) as u32;
        let mut at = 0;
        while at < rows {
            let row = first + at;
            let rest = words[row as usize / 64] >> (row % 64);
            if rest == 0 {
                at += 64 - row % 64;
                continue;
            }
            let within = (rows - at).min(64 - row % 64);
            let start = at as usize * dim;
            if within >= 4 && (rest & 0b1111).count_ones() >= 3 {
                let measures = four(&page[start..start + 4 * dim]);
                for (next, measure) in measures.into_iter().enumerate() {
                    if rest >> next & 1 == 1 {
                        offer(row + next as u32, measure);
                    }
                }
                at += 4;
            } else {
                if rest & 1 == 1 {
                    offer(row, one(&page[start..start + dim]));
                }
                // On to the next allowed row of this word, or to the next word.
                at += (rest >> 1).trailing_zeros().saturating_add(1).min(64 - row % 64);
            }
        }
        first += rows;
    }
    top
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(rows: u32, dim: u32) -> VectorColumn {
        let mut column = VectorColumn::new(dim);
        let elements: Vec<f32> =
            (0..rows * dim).map(|i| (i.wrapping_mul(2_654_435_761) >> 20) as f32 - 2048.0).collect();
        column.extend(&elements);
        column
    }

    fn naive(metric: Metric, a: &[f32], b: &[f32]) -> f64 {
        let dot = |x: &[f32], y: &[f32]| x.iter().zip(y).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum::<f64>();
        match metric {
            Metric::L2 => a.iter().zip(b).map(|(x, y)| (f64::from(*x) - f64::from(*y)).powi(2)).sum(),
            Metric::Ip => -dot(a, b),
            Metric::Cosine => -dot(a, b) / (dot(a, a) * dot(b, b)).sqrt(),
        }
    }

    fn search(metric: Metric, rows: &[[f32; 2]], query: [f32; 2]) -> Vec<(u32, f32)> {
        let mut column = VectorColumn::new(2);
        column.extend(rows.as_flattened());
        let mut flat = Flat::new(metric);
        flat.extend(&column);
        let allowed = Bitmap::full(rows.len() as u32);
        let tie = |a: u32, b: u32| a.cmp(&b);
        let request =
            Request { column: &column, query: &query, allowed: &allowed, limit: 9, range: Range::ALL, tie: &tie };
        flat.search(&request).into_sorted(&tie).iter().map(|found| (found.row, metric.score(found.distance))).collect()
    }

    #[test]
    fn right_angles_and_zero_vectors_tie() {
        let found = search(Metric::Cosine, &[[0.0, 0.0], [0.0, 1.0], [0.0, 0.0], [0.0, -1.0]], [1.0, 0.0]);
        assert_eq!(found, [(0, 0.0), (1, 0.0), (2, 0.0), (3, 0.0)]);
        assert!(found.iter().all(|(_, score)| score.is_sign_positive()));
    }

    #[test]
    fn the_cosine_does_not_depend_on_lengths_however_great_or_small() {
        for row in [[3e19, 0.0], [1e-23, 0.0], [1e-40, 0.0], [f32::MAX, 0.0]] {
            for query in [[3e19, 0.0], [1.0, 0.0], [1e-30, 0.0]] {
                assert_eq!(search(Metric::Cosine, &[row], query), [(0, 1.0)], "{row:?} {query:?}");
            }
        }
    }

    #[test]
    fn finds_the_nearest_allowed_rows_for_every_mask() {
        let (rows, dim) = (700, 1000);
        let column = column(rows, dim);
        assert!(column.pages().len() > 2, "the scan has to cross pages");
        let query: Vec<f32> = column.row(5).iter().map(|x| x + 3.0).collect();
        for metric in [Metric::L2, Metric::Ip, Metric::Cosine] {
            let mut flat = Flat::new(metric);
            flat.extend(&column);
            for step in [1, 2, 3, 7, 64, 65, 699] {
                let allowed = Bitmap::from_fn(rows, |row| row % step == 0 || row == rows - 1);
                let tie = |a: u32, b: u32| a.cmp(&b);
                let request = Request {
                    column: &column,
                    query: &query,
                    allowed: &allowed,
                    limit: 10,
                    range: Range::ALL,
                    tie: &tie,
                };
                let found: Vec<u32> = flat.search(&request).into_sorted(&tie).iter().map(|c| c.row).collect();
                let mut expected: Vec<u32> = allowed.iter().collect();
                expected.sort_by(|a, b| {
                    let distance = |row: &u32| naive(metric, &query, column.row(*row));
                    distance(a).total_cmp(&distance(b))
                });
                expected.truncate(10);
                assert_eq!(found, expected, "{metric:?}, every {step}th row");
            }
        }
    }
}
