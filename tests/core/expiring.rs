//! Rows that get too old: they are gone from every read, stay gone, and their room is won back.

use elanus::collection::delete::Delete;
use elanus::collection::query::Query;
use elanus::collection::search::{FilterText, QueryVectors, Search};
use elanus::collection::write::{Insert, Upsert};
use elanus::column::rows::Values;
use elanus::command::{Command, Reply};
use elanus::schema::Value;
use elanus::schema::check::{CollectionSpec, FieldSpec, QuickSpec};

use crate::world::{World, records, rows, target, text};

const TTL: &str = "collection.ttl.seconds";

fn made(world: &mut World, seconds: Option<&str>) {
    let quick = QuickSpec { dimension: Some(2), metric: "L2".to_string(), ..QuickSpec::default() };
    let properties = seconds.map(|seconds| (TTL.to_string(), seconds.to_string())).into_iter().collect();
    let spec = CollectionSpec { name: "c".to_string(), quick, properties, ..CollectionSpec::default() };
    world.run(Command::CreateCollection { database: "default".to_string(), spec: Box::new(spec) }).unwrap();
}

fn alter(world: &mut World, seconds: Option<&str>) {
    let changes = [(TTL.to_string(), seconds.map(str::to_string))].into_iter().collect();
    world.run(Command::AlterCollection { target: target("c"), changes }).unwrap();
}

fn batch(ids: std::ops::Range<i64>) -> Insert {
    let count = ids.clone().count();
    let elements = ids.clone().flat_map(|id| [id as f32, 0.0]).collect();
    let columns = vec![
        ("id", Values::Ints(ids.clone().collect())),
        ("vector", Values::FloatLists { dim: 2, elements }),
        ("word", Values::Any(ids.map(|id| text(&format!("w{id}"))).collect())),
    ];
    Insert { rows: rows(count, columns), ..Insert::default() }
}

fn insert(world: &mut World, ids: std::ops::Range<i64>) {
    world.run(Command::Insert { target: target("c"), insert: batch(ids) }).unwrap();
}

fn filter(expression: &str) -> FilterText {
    FilterText { expression: expression.to_string(), ..FilterText::default() }
}

/// The ids that a query finds; it must see nothing of the column of times.
fn found(world: &mut World, query: Query) -> Vec<i64> {
    let query = Query { output_fields: vec!["*".to_string()], ..query };
    let Reply::Rows(rows) = world.run(Command::Query { target: target("c"), query }).unwrap() else {
        panic!("no rows")
    };
    let ids = records(&rows).into_iter().map(|record| {
        assert_eq!(record.keys().map(String::as_str).collect::<Vec<_>>(), ["id", "vector", "word"]);
        let Value::Int(id) = record["id"] else { panic!("{record:?}") };
        id
    });
    ids.collect()
}

fn all(world: &mut World) -> Vec<i64> {
    found(world, Query { filter: filter("id >= 0"), ..Query::default() })
}

fn count(world: &mut World) -> u64 {
    match world.run(Command::GetCollectionStats { target: target("c") }).unwrap() {
        Reply::RowCount(count) => count,
        other => panic!("{other:?}"),
    }
}

fn nearest(world: &mut World) -> Vec<i64> {
    let queries = QueryVectors { count: 1, dim: 2, elements: vec![0.0, 0.0] };
    let search = Search { queries, limit: 3, round_decimal: -1, ..Search::default() };
    match world.run(Command::Search { target: target("c"), search }).unwrap() {
        Reply::Hits(hits) => match hits.primary_keys {
            Values::Ints(keys) => keys,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn old_rows_are_gone_from_every_read_and_stay_gone() {
    let mut world = World::new();
    made(&mut world, Some("60"));
    insert(&mut world, 0..3);
    world.wait(40_000);
    insert(&mut world, 3..6);
    assert_eq!((all(&mut world), nearest(&mut world)), (vec![0, 1, 2, 3, 4, 5], vec![0, 1, 2]));
    world.wait(30_000);
    assert_eq!(nearest(&mut world), [3, 4, 5]);
    assert_eq!(all(&mut world), [3, 4, 5]);
    assert_eq!(found(&mut world, Query { ids: Some(vec![Value::Int(1), Value::Int(4)]), ..Query::default() }), [4]);
    assert_eq!(found(&mut world, Query { filter: filter("id in [1, 4]"), ..Query::default() }), [4]);
    assert_eq!(found(&mut world, Query { filter: filter("word == 'w2'"), ..Query::default() }), [0i64; 0]);
    assert_eq!(count(&mut world), 3);
    let delete = Delete { filter: filter("id < 4"), ..Delete::default() };
    assert_eq!(world.run(Command::Delete { target: target("c"), delete }).unwrap(), Reply::Deleted { count: 1 });
    world.reopen().unwrap();
    assert_eq!(all(&mut world), [4, 5]);
    world.run(Command::Flush { target: target("c") }).unwrap();
    world.settle();
    world.reopen().unwrap();
    assert_eq!((all(&mut world), nearest(&mut world)), (vec![4, 5], vec![4, 5]));
    world.wait(60_000);
    assert_eq!(count(&mut world), 0);
    // A key of a row that is gone is free, and a row that is written again is young again.
    insert(&mut world, 4..5);
    world.wait(40_000);
    let Insert { rows, .. } = batch(4..5);
    let upsert = Upsert { rows, ..Upsert::default() };
    world.run(Command::Upsert { target: target("c"), upsert }).unwrap();
    world.wait(40_000);
    assert_eq!(all(&mut world), [4]);
}

#[test]
fn room_of_sealed_rows_is_won_back() {
    let mut world = World::new();
    made(&mut world, Some("60"));
    insert(&mut world, 0..500);
    world.run(Command::Flush { target: target("c") }).unwrap();
    world.settle();
    let full: usize = world.blobs.values().map(|blob| blob.len()).sum();
    world.wait(61_000);
    assert_eq!(count(&mut world), 0);
    world.settle();
    let empty: usize = world.blobs.values().map(|blob| blob.len()).sum();
    assert!(empty * 4 < full, "{empty} of {full} bytes are left");
    world.reopen().unwrap();
    assert_eq!(count(&mut world), 0);
}

#[test]
fn a_limit_of_age_may_come_later_change_and_go() {
    let mut world = World::new();
    made(&mut world, None);
    insert(&mut world, 0..2);
    world.wait(1_000_000);
    alter(&mut world, Some("60"));
    assert_eq!(all(&mut world), [0, 1], "their age counts from the limit on");
    world.wait(40_000);
    insert(&mut world, 2..4);
    let late = FieldSpec {
        name: "late".to_string(),
        data_type: "Int64".to_string(),
        is_nullable: true,
        ..FieldSpec::default()
    };
    world.run(Command::AddFields { target: target("c"), fields: vec![late] }).unwrap();
    world.reopen().unwrap();
    world.wait(30_000);
    assert_eq!(count(&mut world), 2);
    alter(&mut world, Some("-1"));
    world.wait(1_000_000);
    assert_eq!(count(&mut world), 2);
    alter(&mut world, Some("2000"));
    assert_eq!(count(&mut world), 2);
    alter(&mut world, None);
    insert(&mut world, 4..5);
    alter(&mut world, Some("60"));
    assert_eq!(count(&mut world), 1);
    // Asking for the same collection again is no error, though this one has a column more.
    let mut other = World::new();
    made(&mut other, Some("60"));
    made(&mut other, Some("60"));
}

#[test]
fn what_was_written_over_rows_that_were_too_old_holds_when_the_limit_goes() {
    for is_sealed in [false, true] {
        for is_read_before in [false, true] {
            let mut world = World::new();
            made(&mut world, Some("60"));
            insert(&mut world, 0..4);
            if is_sealed {
                world.run(Command::Flush { target: target("c") }).unwrap();
                world.settle();
            }
            world.wait(61_000);
            if is_read_before {
                assert_eq!(count(&mut world), 0);
            }
            insert(&mut world, 0..1);
            let delete = Delete { ids: Some(vec![Value::Int(1)]), ..Delete::default() };
            world.run(Command::Delete { target: target("c"), delete }).unwrap();
            alter(&mut world, None);
            world.reopen().unwrap();
            let ids = all(&mut world);
            assert_eq!(ids, [0], "each key once, and what was deleted is gone; sealed: {is_sealed}");
            world.settle();
            world.reopen().unwrap();
            assert_eq!((all(&mut world), count(&mut world)), (vec![0], 1));
        }
    }
}
