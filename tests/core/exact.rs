//! Real embeddings (the demo's glosses) against brute force in double precision, through every state of the rows.

use elanus::collection::search::{FilterText, QueryVectors, Search};
use elanus::collection::write::Insert;
use elanus::column::rows::Values;
use elanus::command::{Command, Reply};
use elanus::schema::check::{CollectionSpec, QuickSpec};
use elanus::schema::{Metric, Value};
use elanus::sorted::SortedMap;

use crate::world::{World, rows, target};

const DIM: usize = 384;
const ROWS: usize = 6_000;
const QUERIES: usize = 40;
const SCALE: f32 = 0.002_257_6;

/// The first rows of the demo's vectors, as they were before they were made bytes.
fn glosses() -> Vec<f32> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/www/public/data/glosses.i8");
    let bytes = std::fs::read(path).expect("the demo's data is in the repository");
    bytes[..(ROWS + QUERIES) * DIM].iter().map(|byte| f32::from(*byte as i8) * SCALE).collect()
}

fn distance(metric: Metric, a: &[f32], b: &[f32]) -> f64 {
    let sum =
        |term: &dyn Fn(f64, f64) -> f64| a.iter().zip(b).map(|(x, y)| term((*x).into(), (*y).into())).sum::<f64>();
    match metric {
        Metric::L2 => sum(&|x, y| (x - y) * (x - y)),
        Metric::Ip => -sum(&|x, y| x * y),
        Metric::Cosine => -sum(&|x, y| x * y) / (sum(&|x, _| x * x) * sum(&|_, y| y * y)).sqrt(),
    }
}

fn check(world: &mut World, metric: Metric, vectors: &[f32], stage: &str) {
    for (filter, modulus) in [("", 1), ("bucket == 3", 97), ("bucket < 50 and bucket >= 0", 0)] {
        let queries = &vectors[ROWS * DIM..];
        let search = Search {
            queries: QueryVectors { count: QUERIES as u32, dim: DIM as u32, elements: queries.to_vec() },
            filter: FilterText { expression: filter.to_string(), params: SortedMap::new() },
            limit: 10,
            round_decimal: -1,
            ..Search::default()
        };
        let Ok(Reply::Hits(hits)) = world.run(Command::Search { target: target("g"), search }) else {
            panic!("a search failed");
        };
        assert_eq!(hits.counts, vec![10; QUERIES], "{stage} {filter}");
        for (at, query) in queries.chunks(DIM).enumerate() {
            let allowed = |row: &usize| match modulus {
                1 => true,
                0 => row % 97 < 50,
                _ => row % 97 == 3,
            };
            let mut exact: Vec<(f64, usize)> = (0..ROWS)
                .filter(allowed)
                .map(|row| (distance(metric, query, &vectors[row * DIM..][..DIM]), row))
                .collect();
            exact.sort_by(|a, b| a.0.total_cmp(&b.0));
            for (rank, (expected, _)) in exact.into_iter().take(10).enumerate() {
                let got = f64::from(metric.score(hits.scores[at * 10 + rank]));
                assert!((got - expected).abs() < 1e-5, "{stage} {filter} query {at} rank {rank}: {got}, {expected}");
                let Value::Int(id) = hits.primary_keys.value(at * 10 + rank) else { panic!("ids are integers") };
                let own = distance(metric, query, &vectors[id as usize * DIM..][..DIM]);
                assert!((own - expected).abs() < 1e-5, "{stage} {filter} query {at} rank {rank}: row {id}");
            }
        }
    }
}

#[test]
fn search_of_real_embeddings_is_exact_growing_sealed_and_reopened() {
    let vectors = glosses();
    for metric in [Metric::Cosine, Metric::L2, Metric::Ip] {
        let mut world = World::new();
        let quick =
            QuickSpec { dimension: Some(DIM as i64), metric: metric.name().to_string(), ..QuickSpec::default() };
        let spec = CollectionSpec { name: "g".to_string(), quick, ..CollectionSpec::default() };
        let database = "default".to_string();
        world.run(Command::CreateCollection { database, spec: Box::new(spec) }).expect("the spec is sound");
        for from in (0..ROWS).step_by(2_500) {
            let to = (from + 2_500).min(ROWS);
            let given = rows(
                to - from,
                vec![
                    ("id", Values::Ints((from as i64..to as i64).collect())),
                    (
                        "vector",
                        Values::FloatLists { dim: DIM as u32, elements: vectors[from * DIM..to * DIM].to_vec() },
                    ),
                    ("bucket", Values::Ints((from..to).map(|row| row as i64 % 97).collect())),
                ],
            );
            let insert = Insert { partition: String::new(), rows: given };
            world.run(Command::Insert { target: target("g"), insert }).expect("the rows fit");
        }
        check(&mut world, metric, &vectors, "growing");
        world.run(Command::Flush { target: target("g") }).expect("a flush");
        world.settle();
        check(&mut world, metric, &vectors, "sealed");
        world.reopen().expect("the store opens");
        check(&mut world, metric, &vectors, "reopened");
    }
}
