//! Random commands against a naive model: rows in a map, every answer by looking at all of them.

use std::collections::BTreeMap;

use elanus::collection::delete::Delete;
use elanus::collection::query::Query;
use elanus::collection::search::{FilterText, QueryVectors, Search};
use elanus::collection::write::{Insert, Upsert};
use elanus::column::rows::Values;
use elanus::command::{Command, Reply};
use elanus::schema::check::{CollectionSpec, FieldSpec};
use elanus::schema::index_params::IndexSpec;
use elanus::schema::{Metric, Value};
use elanus::sorted::SortedMap;

use crate::world::{Random, World, records, rows, target, text};

const DIM: u32 = 5;
const KEYS: u64 = 120;
const TAGS: [&str; 4] = ["red", "green", "blue", ""];

#[derive(Debug, Clone, PartialEq)]
struct Row {
    vector: Vec<f32>,
    n: i64,
    tag: String,
    extra: Option<i64>,
    /// The value of the field `late`, once it is there.
    late: Option<i64>,
}

struct Pair {
    world: World,
    model: BTreeMap<i64, Row>,
    random: Random,
    metric: Metric,
    /// Whether the field `late` was added.
    has_late: bool,
    late_default: Option<i64>,
}

fn field(name: &str, data_type: &str, params: &[(&str, &str)]) -> FieldSpec {
    FieldSpec {
        name: name.to_string(),
        data_type: data_type.to_string(),
        type_params: params.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect(),
        ..FieldSpec::default()
    }
}

impl Pair {
    fn new(seed: u64) -> Pair {
        let metric = [Metric::L2, Metric::Ip, Metric::Cosine][seed as usize % 3];
        let spec = CollectionSpec {
            name: "c".to_string(),
            fields: Some(vec![
                FieldSpec { is_primary: true, ..field("id", "Int64", &[]) },
                field("v", "FloatVector", &[("dim", "5")]),
                field("n", "Int64", &[]),
                field("tag", "VarChar", &[("max_length", "16")]),
            ]),
            is_dynamic: Some(true),
            indexes: vec![IndexSpec { field: "v".into(), metric: metric.name().into(), ..IndexSpec::default() }],
            ..CollectionSpec::default()
        };
        let mut world = World::new();
        let database = "default".to_string();
        world.run(Command::CreateCollection { database, spec: Box::new(spec) }).expect("the spec is sound");
        let late_default = seed.is_multiple_of(2).then_some(5);
        Pair { world, model: BTreeMap::new(), random: Random::new(seed), metric, has_late: false, late_default }
    }

    fn some_rows(&mut self) -> BTreeMap<i64, Row> {
        let count = 1 + self.random.below(30);
        (0..count)
            .map(|_| {
                let id = self.random.below(KEYS) as i64;
                let row = Row {
                    vector: (0..DIM).map(|_| self.random.below(9) as f32 - 4.0).collect(),
                    n: self.random.below(50) as i64,
                    tag: TAGS[self.random.below(4) as usize].to_string(),
                    extra: (self.random.below(2) == 0).then(|| self.random.below(10) as i64),
                    late: (self.random.below(2) == 0).then(|| self.random.below(10) as i64),
                };
                (id, row)
            })
            .collect()
    }

    fn write(&mut self) {
        let mut new = self.some_rows();
        let mut given = rows(
            new.len(),
            vec![
                ("id", Values::Ints(new.keys().copied().collect())),
                (
                    "v",
                    Values::FloatLists {
                        dim: DIM,
                        elements: new.values().flat_map(|row| row.vector.clone()).collect(),
                    },
                ),
                ("n", Values::Any(new.values().map(|row| Value::Int(row.n)).collect())),
                ("tag", Values::Any(new.values().map(|row| text(&row.tag)).collect())),
            ],
        );
        let extra = new.values().map(|row| row.extra.map_or(Value::Null, Value::Int)).collect();
        given.columns.extend(rows(new.len(), vec![("extra", Values::Any(extra))]).columns);
        if self.has_late {
            let late = new.values().map(|row| row.late.map_or(Value::Null, Value::Int)).collect();
            given.columns.extend(rows(new.len(), vec![("late", Values::Any(late))]).columns);
            new.values_mut().for_each(|row| row.late = row.late.or(self.late_default));
        }
        let partition = String::new();
        let command = if self.random.below(2) == 0 {
            Command::Insert { target: target("c"), insert: Insert { partition, rows: given } }
        } else {
            Command::Upsert { target: target("c"), upsert: Upsert { partition, rows: given, ..Upsert::default() } }
        };
        match self.world.run(command) {
            Ok(Reply::Written(written)) => {
                assert_eq!(written.primary_keys, Values::Ints(new.keys().copied().collect()))
            }
            other => panic!("a write gave {other:?}"),
        }
        self.model.extend(new);
    }

    fn add_field(&mut self) {
        if self.has_late {
            return;
        }
        let late = FieldSpec {
            is_nullable: true,
            default_value: self.late_default.map(Value::Int),
            ..field("late", "Int64", &[])
        };
        self.world.run(Command::AddFields { target: target("c"), fields: vec![late] }).expect("a field");
        self.has_late = true;
        self.model.values_mut().for_each(|row| row.late = self.late_default);
    }

    fn patch(&mut self) {
        let Some((&id, _)) = self.model.iter().nth(self.random.below(KEYS) as usize % self.model.len().max(1)) else {
            return;
        };
        let n = self.random.below(50) as i64;
        let given = rows(1, vec![("id", Values::Ints(vec![id])), ("n", Values::Ints(vec![n]))]);
        let upsert = Upsert { rows: given, is_partial: true, ..Upsert::default() };
        self.world.run(Command::Upsert { target: target("c"), upsert }).expect("a patch of an existing row");
        self.model.get_mut(&id).expect("it was just found").n = n;
    }

    fn delete(&mut self) {
        let (filter, ids) = if self.random.below(2) == 0 {
            let bound = self.random.below(50) as i64;
            let tag = TAGS[self.random.below(4) as usize];
            self.model.retain(|_, row| !(row.n < bound && row.tag == tag));
            (format!("n < {bound} and tag == \"{tag}\""), None)
        } else {
            let ids: Vec<i64> = (0..self.random.below(12)).map(|_| self.random.below(KEYS) as i64).collect();
            self.model.retain(|id, _| !ids.contains(id));
            (String::new(), Some(ids.into_iter().map(Value::Int).collect()))
        };
        let delete = Delete { partition: String::new(), filter: filter_text(filter), ids };
        self.world.run(Command::Delete { target: target("c"), delete }).expect("a delete");
    }

    fn check_query(&mut self) {
        let (low, tag) = (self.random.below(50) as i64, TAGS[self.random.below(4) as usize]);
        let (limit, offset) = (1 + self.random.below(20) as usize, self.random.below(5) as usize);
        let late = if self.has_late { " or late in [4, 5]" } else { "" };
        let query = Query {
            filter: filter_text(format!("n >= {low} and not (tag == \"{tag}\") or extra == 3{late}")),
            output_fields: vec!["*".to_string()],
            limit: Some(limit as u32),
            offset: offset as u32,
            ..Query::default()
        };
        let Ok(Reply::Rows(found)) = self.world.run(Command::Query { target: target("c"), query }) else {
            panic!("a query failed");
        };
        let has_late = self.has_late;
        let is_late = |row: &Row| has_late && matches!(row.late, Some(4 | 5));
        let matches = |row: &Row| row.n >= low && row.tag != tag || row.extra == Some(3) || is_late(row);
        let expected: Vec<BTreeMap<String, Value>> = self
            .model
            .iter()
            .filter(|(_, row)| matches(row))
            .skip(offset)
            .take(limit)
            .map(|(id, row)| record(id, row, has_late))
            .collect();
        assert_eq!(records(&found), expected);
    }

    fn check_search(&mut self) {
        let bound = self.random.below(60) as i64;
        let query: Vec<f32> = (0..DIM).map(|_| self.random.below(9) as f32 - 4.0).collect();
        let (limit, offset) = (1 + self.random.below(20) as u32, self.random.below(4) as u32);
        let search = Search {
            queries: QueryVectors { count: 1, dim: DIM, elements: query.clone() },
            filter: filter_text(if bound < 50 { format!("n < {bound}") } else { String::new() }),
            limit,
            offset,
            round_decimal: -1,
            ..Search::default()
        };
        let Ok(Reply::Hits(hits)) = self.world.run(Command::Search { target: target("c"), search }) else {
            panic!("a search failed");
        };
        let mut expected: Vec<(f64, i64)> = self
            .model
            .iter()
            .filter(|(_, row)| bound >= 50 || row.n < bound)
            .map(|(id, row)| (distance(self.metric, &query, &row.vector), *id))
            .collect();
        expected.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let expected: Vec<(f64, i64)> = expected.into_iter().skip(offset as usize).take(limit as usize).collect();
        // Coordinates are small integers, so L2 and IP are exact and ties are real; cosines are compared with a margin.
        assert_eq!(hits.scores.len(), expected.len());
        for (at, (score, (distance, id))) in hits.scores.iter().zip(&expected).enumerate() {
            let got = f64::from(self.metric.score(*score));
            assert!((got - distance).abs() < 1e-6, "hit {at}: {got} for {distance}");
            if self.metric != Metric::Cosine {
                assert_eq!(hits.primary_keys.value(at), Value::Int(*id), "hit {at}");
            }
        }
    }

    fn check_count(&mut self) {
        let query = Query { output_fields: vec!["count(*)".to_string()], ..Query::default() };
        let Ok(Reply::Rows(found)) = self.world.run(Command::Query { target: target("c"), query }) else {
            panic!("a count failed");
        };
        assert_eq!(found.columns[0].values.value(0), Value::Int(self.model.len() as i64));
    }

    fn step(&mut self) {
        match self.random.below(21) {
            0..=4 => self.write(),
            5 => self.patch(),
            6..=7 => self.delete(),
            8..=10 => self.check_query(),
            11..=13 => self.check_search(),
            14 => self.check_count(),
            15 => drop(self.world.run(Command::Flush { target: target("c") }).expect("a flush")),
            16 => drop(self.world.run(Command::Compact { target: target("c") }).expect("a compaction")),
            20 => self.add_field(),
            17..=18 => drop(self.world.maintain(1 + self.random.below(3) as u32)),
            _ if self.random.below(2) == 0 => self.world.reopen().expect("the store opens again"),
            _ => {
                self.world.run(Command::ReleaseCollection { target: target("c") }).expect("a release");
                self.world.run(Command::LoadCollection { target: target("c") }).expect("a load");
            }
        }
    }
}

fn filter_text(expression: String) -> FilterText {
    FilterText { expression, params: SortedMap::new() }
}

fn record(id: &i64, row: &Row, has_late: bool) -> BTreeMap<String, Value> {
    let vector = row.vector.iter().map(|element| Value::Double(f64::from(*element))).collect();
    let mut record = BTreeMap::from([
        ("id".to_string(), Value::Int(*id)),
        ("v".to_string(), Value::List(vector)),
        ("n".to_string(), Value::Int(row.n)),
        ("tag".to_string(), text(&row.tag)),
    ]);
    record.extend(has_late.then(|| ("late".to_string(), row.late.map_or(Value::Null, Value::Int))));
    record.extend(row.extra.map(|extra| ("extra".to_string(), Value::Int(extra))));
    record
}

fn distance(metric: Metric, a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum::<f64>();
    match metric {
        Metric::L2 => a.iter().zip(b).map(|(x, y)| (f64::from(*x) - f64::from(*y)).powi(2)).sum(),
        Metric::Ip => -dot(a, b),
        Metric::Cosine => {
            let norms = (dot(a, a) * dot(b, b)).sqrt();
            if norms > 0.0 { -dot(a, b) / norms } else { 0.0 }
        }
    }
}

#[test]
fn random_commands_give_the_answers_of_a_naive_engine() {
    for seed in 0..60 {
        let mut pair = Pair::new(seed);
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            for _ in 0..250 {
                pair.step();
            }
            pair.world.settle();
            pair.check_count();
        }));
        if let Err(cause) = outcome {
            eprintln!("the failing seed is {seed}");
            std::panic::resume_unwind(cause);
        }
    }
}
