//! Memory that is full: writes are refused in words, everything else goes on, and what is deleted makes room again.

use elanus::collection::delete::Delete;
use elanus::collection::search::{FilterText, QueryVectors, Search};
use elanus::collection::write::Insert;
use elanus::column::rows::Values;
use elanus::command::{Command, Reply, Stats};
use elanus::error::Error;
use elanus::schema::{Metric, Value};

use crate::glosses::create_with;
use crate::world::{World, rows, target};

const DIM: usize = 384;

/// Enough for several segments of eight megabytes and for what compaction needs beside them.
const LIMIT_BYTES: u64 = 72 << 20;

const BATCH_ROWS: usize = 2_000;

/// Steps of background work beyond which it is taken to go round in circles.
const STEPS_MAX: usize = 20_000;

/// A row's vector: everybody's own, and none like another.
fn vector(id: usize) -> impl Iterator<Item = f32> {
    let mut state = (id as u32).wrapping_mul(2_654_435_761) | 1;
    (0..DIM).map(move |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    })
}

fn insert(world: &mut World, ids: std::ops::Range<usize>) -> Result<Reply, Error> {
    let elements = ids.clone().flat_map(vector).collect();
    let bucket = ids.clone().map(|id| id as i64 % 100).collect();
    let columns = vec![
        ("id", Values::Ints(ids.clone().map(|id| id as i64).collect())),
        ("bucket", Values::Ints(bucket)),
        ("v", Values::FloatLists { dim: DIM as u32, elements }),
    ];
    let insert = Insert { partition: String::new(), rows: rows(ids.len(), columns) };
    world.run(Command::Insert { target: target("c"), insert })
}

/// Inserts until that is refused though everything was done that brings memory back; says how many rows there are then.
fn fill(world: &mut World, from: usize) -> usize {
    let mut next = from;
    loop {
        let ids = next..next + BATCH_ROWS;
        let result = insert(world, ids.clone()).or_else(|_| {
            relieve(world);
            insert(world, ids)
        });
        match result {
            Ok(_) => next += BATCH_ROWS,
            Err(Error::MemoryLimit { limit_bytes, needed_bytes }) => {
                assert!(limit_bytes == LIMIT_BYTES && needed_bytes > limit_bytes);
                return next;
            }
            Err(other) => panic!("{other}"),
        }
        assert!(stats(world).memory_bytes <= LIMIT_BYTES);
    }
}

fn relieve(world: &mut World) {
    world.relieve();
}

fn settle(world: &mut World) {
    let mut steps = 0;
    while world.maintain(1_024) {
        steps += 1;
        assert!(steps < STEPS_MAX, "background work goes round in circles");
        let Stats { memory_bytes, .. } = stats(world);
        assert!(memory_bytes <= LIMIT_BYTES, "{memory_bytes} bytes");
    }
}

fn stats(world: &mut World) -> Stats {
    match world.run(Command::Stats) {
        Ok(Reply::Stats(stats)) => *stats,
        other => panic!("no statistics: {other:?}"),
    }
}

/// The row that is nearest to a row is that row.
fn finds(world: &mut World, id: usize) {
    let search = Search {
        queries: QueryVectors { count: 1, dim: DIM as u32, elements: vector(id).collect() },
        limit: 3,
        round_decimal: -1,
        ..Search::default()
    };
    match world.run(Command::Search { target: target("c"), search }) {
        Ok(Reply::Hits(hits)) => assert_eq!(hits.primary_keys.value(0), Value::Int(id as i64)),
        other => panic!("a search failed: {other:?}"),
    }
}

fn delete(world: &mut World, filter: &str) -> u64 {
    let filter = FilterText { expression: filter.to_string(), ..FilterText::default() };
    match world.run(Command::Delete { target: target("c"), delete: Delete { filter, ..Delete::default() } }) {
        Ok(Reply::Deleted { count }) => count,
        other => panic!("a delete failed: {other:?}"),
    }
}

fn is_filled_and_emptied(index_type: &str) {
    let mut world = World::with_limit_in_storage(LIMIT_BYTES);
    create_with(&mut world, DIM, Metric::L2, index_type, &[], &[]);
    let count = fill(&mut world, 0);
    settle(&mut world);
    for id in [0, count / 2, count - 1] {
        finds(&mut world, id);
    }
    let full = fill(&mut world, count);
    assert!(full - count <= 8 * BATCH_ROWS, "{index_type}: {count} rows filled it, and {} more", full - count);

    // As after an eviction: what was stored fits when it is read again.
    world.reopen().expect("it opens");
    for id in [0, count / 2, full - 1] {
        finds(&mut world, id);
    }
    // Rows of all segments, no segment left as it was and none empty.
    let gone = delete(&mut world, "bucket < 30");
    assert_eq!(gone, (0..full).filter(|id| id % 100 < 30).count() as u64);
    settle(&mut world);
    // Less than a quarter of a segment may stay dead.
    let left = stats(&mut world).deleted_count;
    assert!(left * 4 <= gone, "{index_type}: {left} of {gone} dead rows stay");
    finds(&mut world, 99);
    let more = fill(&mut world, full) - full;
    assert!(more as u64 * 10 >= gone * 8, "{index_type}: {gone} rows made room for {more}");
    settle(&mut world);
    finds(&mut world, full + more - 1);
}

#[test]
fn exact_scans_are_refused_in_time_and_deletes_make_room() {
    is_filled_and_emptied("FLAT");
}

#[test]
fn codes_and_clusters_are_refused_in_time_and_deletes_make_room() {
    is_filled_and_emptied("AUTOINDEX");
}

#[test]
fn graphs_are_refused_in_time_and_deletes_make_room() {
    is_filled_and_emptied("HNSW");
}
