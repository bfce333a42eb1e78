//! Search by groups against a naive one: all rows in a list, sorted, sorted into groups.

use std::collections::HashMap;

use elanus::collection::group::Grouping;
use elanus::collection::search::{FilterText, QueryVectors, Search};
use elanus::collection::write::Insert;
use elanus::column::rows::Values;
use elanus::command::{Command, Reply};
use elanus::schema::Value;
use elanus::schema::check::{CollectionSpec, FieldSpec};
use elanus::schema::index_params::IndexSpec;

use crate::world::{Random, World, rows, target, text};

/// More than what is looked at first, so that a search has to look farther.
const ROWS: usize = 3000;

const FIELDS: [&str; 4] = ["few", "many", "flag", "name"];

struct Row {
    id: i64,
    vector: [f32; 2],
    n: i64,
    /// The values of the fields, in their order.
    groups: [Value; 4],
}

fn made(random: &mut Random) -> Vec<Row> {
    let row = |at: usize| {
        let id = at as i64 * 7919 % ROWS as i64;
        // The nearer half is in one group of `few`, so that others are far.
        let near = random.below(2) == 0;
        let few = if near { 0 } else { 1 + random.below(4) as i64 };
        let reach = if near { 20 } else { 60 };
        let mut coordinate = || (random.below(reach) as f32 - reach as f32 / 2.0) + if near { 0.0 } else { 100.0 };
        let vector = [coordinate(), coordinate()];
        let name = random.below(40);
        let groups = [
            Value::Int(few),
            if id % 11 == 0 { Value::Null } else { Value::Int(random.below(700) as i64 - 350) },
            Value::Bool(random.below(50) == 0),
            if name == 0 { Value::Null } else { text(&format!("name {name}")) },
        ];
        Row { id, vector, n: random.below(100) as i64, groups }
    };
    (0..ROWS).map(row).collect()
}

fn world(made: &[Row]) -> World {
    let field = |name: &str, data_type: &str, params: &[(&str, &str)]| FieldSpec {
        name: name.to_string(),
        data_type: data_type.to_string(),
        is_primary: name == "id",
        is_nullable: ["many", "name"].contains(&name),
        type_params: params.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect(),
        ..FieldSpec::default()
    };
    let spec = CollectionSpec {
        name: "c".to_string(),
        fields: Some(vec![
            field("id", "Int64", &[]),
            field("v", "FloatVector", &[("dim", "2")]),
            field("n", "Int64", &[]),
            field("few", "Int8", &[]),
            field("many", "Int32", &[]),
            field("flag", "Bool", &[]),
            field("name", "VarChar", &[("max_length", "16")]),
        ]),
        indexes: vec![IndexSpec { field: "v".into(), metric: "L2".into(), ..IndexSpec::default() }],
        ..CollectionSpec::default()
    };
    let mut world = World::new();
    let database = "default".to_string();
    world.run(Command::CreateCollection { database, spec: Box::new(spec) }).expect("the spec is sound");
    for part in made.chunks(ROWS / 3) {
        let mut columns = vec![
            ("id", Values::Ints(part.iter().map(|row| row.id).collect())),
            ("v", Values::FloatLists { dim: 2, elements: part.iter().flat_map(|row| row.vector).collect() }),
            ("n", Values::Ints(part.iter().map(|row| row.n).collect())),
        ];
        for (at, name) in FIELDS.iter().enumerate() {
            columns.push((name, Values::Any(part.iter().map(|row| row.groups[at].clone()).collect())));
        }
        let insert = Insert { partition: String::new(), rows: rows(part.len(), columns) };
        world.run(Command::Insert { target: target("c"), insert }).expect("an insert");
        // The last part keeps growing.
        if part[0].id != made[2 * ROWS / 3].id {
            world.run(Command::Flush { target: target("c") }).expect("a flush");
            world.settle();
        }
    }
    world
}

/// Distances and keys, group after group.
fn naive(made: &[Row], query: [f32; 2], field: usize, size: usize, bound: i64) -> Vec<Vec<(f32, i64, Value)>> {
    let distance = |row: &Row| (row.vector[0] - query[0]).powi(2) + (row.vector[1] - query[1]).powi(2);
    let mut sorted: Vec<(f32, &Row)> =
        made.iter().filter(|row| row.n < bound).map(|row| (distance(row), row)).collect();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.id.cmp(&b.1.id)));
    let mut groups: Vec<Vec<(f32, i64, Value)>> = Vec::new();
    let mut place: HashMap<String, usize> = HashMap::new();
    for (distance, row) in sorted {
        let value = &row.groups[field];
        let at = *place.entry(format!("{value:?}")).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        if groups[at].len() < size {
            groups[at].push((distance, row.id, value.clone()));
        }
    }
    groups
}

#[test]
fn groups_are_those_of_a_naive_search() {
    let mut random = Random::new(5);
    let made = made(&mut random);
    let mut world = world(&made);
    for turn in 0..120 {
        let field = turn % FIELDS.len();
        let (size, bound) = (1 + random.below(10) as u32, 20 + random.below(100) as i64);
        let (limit, offset) = (1 + random.below(20) as u32, random.below(4) as u32);
        let queries: Vec<[f32; 2]> =
            (0..2).map(|_| [random.below(200) as f32 - 60.0, random.below(9) as f32]).collect();
        let search = Search {
            queries: QueryVectors { count: 2, dim: 2, elements: queries.concat() },
            filter: FilterText { expression: format!("n < {bound}"), ..FilterText::default() },
            limit,
            offset,
            round_decimal: -1,
            grouping: Some(Grouping { field: FIELDS[field].to_string(), size }),
            ..Search::default()
        };
        let hits = match world.run(Command::Search { target: target("c"), search }) {
            Ok(Reply::Hits(hits)) => hits,
            other => panic!("the search gave {other:?}"),
        };
        let groups = hits.groups.expect("grouped hits tell their group");
        assert_eq!(groups.name, FIELDS[field]);
        let value = |at: usize| match groups.values.value(at) {
            // Small integers come as doubles, as everywhere.
            Value::Double(number) => Value::Int(number as i64),
            other => other,
        };
        let given: Vec<(f32, Value, Value)> =
            (0..hits.scores.len()).map(|at| (hits.scores[at], hits.primary_keys.value(at), value(at))).collect();
        let mut expected = Vec::new();
        for (query, count) in queries.iter().zip(&hits.counts) {
            let before = expected.len();
            let groups = naive(&made, *query, field, size as usize, bound);
            let chosen = groups.into_iter().skip(offset as usize).take(limit as usize).flatten();
            expected.extend(chosen.map(|(score, id, value)| (score, Value::Int(id), value)));
            assert_eq!(*count as usize, expected.len() - before, "turn {turn}");
        }
        assert_eq!(given, expected, "turn {turn}: {} in groups of {size}", FIELDS[field]);
    }
}
