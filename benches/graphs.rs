//! Our graph and that of the crate instant-distance, over the same codes, on one machine:
//!   CARGO_PROFILE_BENCH_OPT_LEVEL=3 RAYON_NUM_THREADS=1 cargo bench --features instant-distance --bench graphs [ROWS]

use std::time::Instant as Clock;

use elanus::column::VectorColumn;
use elanus::index::codes::{Codes, Scan};
use elanus::index::graph::{Graph, Walk};
use elanus::index::instant::Instant;
use elanus::index::space::{Aim, Space};
use elanus::schema::Metric;

const DIM: usize = 384;
const QUERIES: usize = 500;
const LIMIT: u32 = 10;

fn main() {
    let given = std::env::args().nth(1).and_then(|text| text.parse().ok());
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/www/public/data/glosses.i8");
    let bytes = std::fs::read(path).expect("the demo's data is in the repository");
    let vectors: Vec<f32> = bytes.iter().map(|byte| f32::from(*byte as i8)).collect();
    let row_count = (vectors.len() / DIM - QUERIES).min(given.unwrap_or(10_000));
    let (queries, rows) = vectors.split_at(QUERIES * DIM);
    let rows = &rows[..row_count * DIM];
    let mut column = VectorColumn::new(DIM as u32);
    column.extend(rows);
    let space = Space::new(Metric::Cosine, Space::mean(Metric::Cosine, DIM as u32, rows.chunks(DIM)));
    let mut codes = Codes::new(&space);
    codes.extend(&space, &column, u32::MAX);
    let aims: Vec<Aim> = queries.chunks(DIM).map(|query| space.aim(query).expect("a gloss has a direction")).collect();
    let all: Vec<Vec<u32>> = aims.iter().map(|aim| nearest(&codes, aim)).collect();
    println!("{row_count} rows of {DIM}, {LIMIT} nearest of {QUERIES} queries by codes");

    let clock = Clock::now();
    let (mut graph, mut walk) = (Graph::new(Metric::Cosine, 16, 100), Walk::new());
    (0..codes.len()).for_each(|slot| graph.insert(&codes, slot, &mut walk));
    let bytes = graph.size_bytes() / row_count as u64;
    println!("graph, M 16, efConstruction 100: built in {:.2} s, {bytes} bytes a row", clock.elapsed().as_secs_f64());
    for width in [10, 20, 40, 80, 160] {
        measure(width, &aims, &all, |scan| graph.search(&codes, 0, scan, width, None, &mut walk));
    }
    for width in [100, 200] {
        let clock = Clock::now();
        let instant = Instant::build(&codes, 0..codes.len(), width);
        let bytes = instant.size_bytes() / row_count as u64;
        println!("instant-distance, ef {width}: built in {:.2} s, {bytes} bytes a row", clock.elapsed().as_secs_f64());
        measure(width, &aims, &all, |scan| _ = instant.search(0, scan, &|_| true));
    }
}

/// The rows of the greatest keys.
fn nearest(codes: &Codes, aim: &Aim) -> Vec<u32> {
    let mut rows: Vec<u32> = (0..codes.len()).collect();
    rows.sort_by(|a, b| codes.key(aim, *b).total_cmp(&codes.key(aim, *a)));
    rows.truncate(LIMIT as usize);
    rows
}

/// Prints recall and the fastest of five passes.
fn measure(width: u32, aims: &[Aim], all: &[Vec<u32>], mut search: impl FnMut(&mut Scan<'_>)) {
    let tie = |a: u32, b: u32| a.cmp(&b);
    let (mut fastest, mut hits) = (f64::INFINITY, 0);
    for _ in 0..5 {
        hits = 0;
        let clock = Clock::now();
        for (aim, expected) in aims.iter().zip(all) {
            let mut scan = Scan::new(aim, 0.0, LIMIT, LIMIT, &tie);
            search(&mut scan);
            hits += scan.top.into_candidates().iter().filter(|found| expected.contains(&found.row)).count();
        }
        fastest = fastest.min(clock.elapsed().as_secs_f64() * 1e6 / aims.len() as f64);
    }
    let recall = hits as f64 / (aims.len() * LIMIT as usize) as f64;
    println!("  ef {width}: recall {recall:.4}, {fastest:.0} µs");
}
