//! Real embeddings with brute force in double precision beside them.

use elanus::collection::search::{FilterText, QueryVectors, Search};
use elanus::collection::write::Insert;
use elanus::column::rows::Values;
use elanus::command::{Command, Reply};
use elanus::schema::check::{CollectionSpec, FieldSpec};
use elanus::schema::index_params::IndexSpec;
use elanus::schema::{Metric, Value};

use crate::world::{World, rows, target};

pub const ROWS: usize = 9_000;
pub const QUERIES: usize = 50;
pub const LIMIT: usize = 10;

/// Vectors with queries behind them, and what a row's predicate sees.
pub struct Set {
    pub dim: usize,
    pub vectors: Vec<f32>,
}

/// The demo's embeddings, cut to `dim` elements, each made longer or shorter by `scale` of its number.
pub fn glosses(dim: usize, scale: impl Fn(usize) -> f32) -> Set {
    glosses_after(0, dim, scale)
}

/// As `glosses`, without the first `skipped` of the embeddings; there are 20,000.
pub fn glosses_after(skipped: usize, dim: usize, scale: impl Fn(usize) -> f32) -> Set {
    const STORED: usize = 384;
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/www/public/data/glosses.i8");
    let bytes = std::fs::read(path).expect("the demo's data is in the repository");
    let rows = bytes.chunks_exact(STORED).skip(skipped).take(ROWS + QUERIES).enumerate();
    let vectors = rows.flat_map(|(at, row)| {
        let scale = scale(at) / 443.0;
        row[..dim].iter().map(move |byte| f32::from(*byte as i8) * scale).collect::<Vec<f32>>()
    });
    Set { dim, vectors: vectors.collect() }
}

pub fn distance(metric: Metric, a: &[f32], b: &[f32]) -> f64 {
    let sum =
        |term: &dyn Fn(f64, f64) -> f64| a.iter().zip(b).map(|(x, y)| term((*x).into(), (*y).into())).sum::<f64>();
    match metric {
        Metric::L2 => sum(&|x, y| (x - y) * (x - y)),
        Metric::Ip => -sum(&|x, y| x * y),
        Metric::Cosine => match sum(&|x, _| x * x) * sum(&|_, y| y * y) {
            0.0 => 0.0,
            squares => -sum(&|x, y| x * y) / squares.sqrt(),
        },
    }
}

impl Set {
    pub fn row(&self, at: usize) -> &[f32] {
        &self.vectors[at * self.dim..][..self.dim]
    }

    /// The distance of the last row that counts, for each query, over the rows that `is_allowed` names.
    pub fn bounds(&self, metric: Metric, is_allowed: impl Fn(usize) -> bool) -> Vec<f64> {
        let bound = |query: usize| {
            let query = self.row(ROWS + query);
            let mut distances: Vec<f64> =
                (0..ROWS).filter(|row| is_allowed(*row)).map(|row| distance(metric, query, self.row(row))).collect();
            distances.sort_by(f64::total_cmp);
            distances[LIMIT.min(distances.len()) - 1]
        };
        (0..QUERIES).map(bound).collect()
    }

    pub fn insert(&self, world: &mut World, rows_of: impl Iterator<Item = usize>) {
        let ids: Vec<usize> = rows_of.collect();
        for ids in ids.chunks(2_000) {
            let elements = ids.iter().flat_map(|id| self.row(*id).to_vec()).collect();
            let given = rows(
                ids.len(),
                vec![
                    ("id", Values::Ints(ids.iter().map(|id| *id as i64).collect())),
                    ("bucket", Values::Ints(ids.iter().map(|id| *id as i64 % 100).collect())),
                    ("v", Values::FloatLists { dim: self.dim as u32, elements }),
                ],
            );
            let insert = Insert { partition: String::new(), rows: given };
            world.run(Command::Insert { target: target("c"), insert }).expect("the rows fit");
        }
    }

    /// The share of hits that are no farther than the last one that counts. Every hit must pass the filter, its score be
    /// its own, and the order be that of scores and keys.
    pub fn recall(&self, world: &mut World, asked: &Asked, bounds: &[f64], is_allowed: impl Fn(usize) -> bool) -> f64 {
        let search = Search {
            queries: QueryVectors {
                count: QUERIES as u32,
                dim: self.dim as u32,
                elements: self.vectors[ROWS * self.dim..].to_vec(),
            },
            filter: FilterText { expression: asked.filter.to_string(), ..FilterText::default() },
            limit: LIMIT as u32,
            round_decimal: -1,
            params: asked.params.iter().map(|(name, value)| (name.to_string(), Value::Int(*value))).collect(),
            ..Search::default()
        };
        let hits = match world.run(Command::Search { target: target("c"), search }) {
            Ok(Reply::Hits(hits)) => hits,
            other => panic!("a search failed: {other:?}"),
        };
        assert_eq!(hits.counts, vec![LIMIT as u32; QUERIES]);
        let mut found = 0;
        for (query, bound) in bounds.iter().enumerate() {
            let mut last: Option<(f64, i64)> = None;
            for rank in query * LIMIT..(query + 1) * LIMIT {
                let Value::Int(id) = hits.primary_keys.value(rank) else { panic!("ids are integers") };
                assert!(is_allowed(id as usize), "row {id} does not pass {}", asked.filter);
                let own = distance(asked.metric, self.row(ROWS + query), self.row(id as usize));
                let told = f64::from(asked.metric.score(hits.scores[rank]));
                assert!((told - own).abs() <= 1e-4 * own.abs().max(1e-3), "row {id}: {told} for {own}");
                assert!(last.is_none_or(|last| last < (told, id)), "query {query}, rank {rank}: out of order");
                last = Some((told, id));
                found += usize::from(own <= bound + 1e-5 * bound.abs());
            }
        }
        found as f64 / (QUERIES * LIMIT) as f64
    }
}

/// A search.
pub struct Asked {
    pub metric: Metric,
    pub filter: &'static str,
    pub params: Vec<(&'static str, i64)>,
}

pub fn asked(metric: Metric) -> Asked {
    Asked { metric, filter: "", params: Vec::new() }
}

pub fn create(world: &mut World, dim: usize, metric: Metric, index_type: &str, params: &[(&str, &str)]) {
    create_with(world, dim, metric, index_type, params, &[]);
}

/// As `create`, with properties of the collection.
pub fn create_with(
    world: &mut World,
    dim: usize,
    metric: Metric,
    index_type: &str,
    params: &[(&str, &str)],
    properties: &[(&str, &str)],
) {
    let field = |name: &str, data_type: &str, params: &[(&str, String)]| FieldSpec {
        name: name.to_string(),
        data_type: data_type.to_string(),
        is_primary: name == "id",
        type_params: params.iter().map(|(key, value)| (key.to_string(), value.clone())).collect(),
        ..FieldSpec::default()
    };
    let index = IndexSpec {
        field: "v".to_string(),
        index_type: index_type.to_string(),
        metric: metric.name().to_string(),
        params: params.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect(),
        ..IndexSpec::default()
    };
    let spec = CollectionSpec {
        name: "c".to_string(),
        fields: Some(vec![
            field("id", "Int64", &[]),
            field("bucket", "Int64", &[]),
            field("v", "FloatVector", &[("dim", dim.to_string())]),
        ]),
        indexes: vec![index],
        properties: properties.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect(),
        ..CollectionSpec::default()
    };
    let database = "default".to_string();
    world.run(Command::CreateCollection { database, spec: Box::new(spec) }).expect("the spec is sound");
}

pub fn flush(world: &mut World) {
    world.run(Command::Flush { target: target("c") }).expect("a flush");
    world.settle();
}
