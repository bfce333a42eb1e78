//! The kernels in plain Rust, for targets without a path of their own. Compilers turn the lanes into registers.

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
