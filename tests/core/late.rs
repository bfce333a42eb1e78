//! Vectors that stay in storage: answers are those of vectors in memory, digit for digit, and memory stays small.

use elanus::collection::delete::Delete;
use elanus::collection::group::Grouping;
use elanus::collection::hybrid::{HybridSearch, Ranker};
use elanus::collection::query::Query;
use elanus::collection::search::{FilterText, QueryVectors, Search};
use elanus::collection::write::Upsert;
use elanus::column::rows::Values;
use elanus::command::{Command, Reply, Stats};
use elanus::engine::{Continuation, Step};
use elanus::error::Error;
use elanus::schema::index_params::IndexSpec;
use elanus::schema::{Metric, Value};
use elanus::store::BlobKey;
use elanus::timestamp::Context;

use crate::glosses::{Asked, ROWS, Set, asked, create_with, flush, glosses};
use crate::world::{World, rows, target};

const DIM: usize = 384;

/// Hardly more than the vectors take, too little to have codes beside them.
const LIMIT_BYTES: u64 = 16 << 20;

/// Two stores with the same rows: one with all the memory that it may want, one that leaves vectors in storage.
struct Pair {
    set: Set,
    whole: World,
    left: World,
}

impl Pair {
    fn new(metric: Metric, index_type: &str) -> Pair {
        let set = glosses(DIM, |at| 0.5 + (at % 7) as f32);
        let mut pair = Pair { set, whole: World::new(), left: World::with_limit(LIMIT_BYTES) };
        create_with(&mut pair.whole, DIM, metric, index_type, &[], &[]);
        create_with(&mut pair.left, DIM, metric, index_type, &[], &[("mmap.enabled", "true")]);
        for from in (0..ROWS).step_by(1_000) {
            for world in [&mut pair.whole, &mut pair.left] {
                pair.set.insert(world, from..from + 1_000);
                flush(world);
            }
        }
        pair
    }

    /// Runs a command in both; it must come to the same.
    fn same(&mut self, what: &str, command: Command) -> Reply {
        let whole = self.whole.run(command.clone()).unwrap_or_else(|error| panic!("{what}: {error}"));
        let left = self.left.run(command).unwrap_or_else(|error| panic!("{what}, left: {error}"));
        assert!(whole == left, "{what}: another answer when vectors are left in storage");
        let stats = stats(&mut self.left);
        assert!(stats.memory_bytes <= LIMIT_BYTES, "{what}: {} bytes", stats.memory_bytes);
        whole
    }

    fn both(&mut self, act: impl Fn(&mut World)) {
        act(&mut self.whole);
        act(&mut self.left);
    }

    fn search(&self, queries: std::ops::Range<usize>, filter: &str) -> Search {
        Search {
            queries: QueryVectors {
                count: queries.len() as u32,
                dim: DIM as u32,
                elements: self.set.vectors[(ROWS + queries.start) * DIM..(ROWS + queries.end) * DIM].to_vec(),
            },
            filter: FilterText { expression: filter.to_string(), ..FilterText::default() },
            limit: 10,
            round_decimal: -1,
            ..Search::default()
        }
    }

    /// Every way to read.
    fn read_all_ways(&mut self, stage: &str) {
        let ask = |search| Command::Search { target: target("c"), search };
        for filter in ["", "bucket == 7", "bucket < 40", "id in [3, 8000, 8999]", "id < 0"] {
            let search = self.search(0..20, filter);
            self.same(&format!("{stage}: search where {filter}"), ask(search));
        }
        let many = Search { limit: 100, offset: 20, output_fields: vec!["v".to_string()], ..self.search(3..5, "") };
        self.same(&format!("{stage}: many hits with their vectors"), ask(many));
        let ids = Some((0..5).map(|at| Value::Int(at * 1_600)).collect());
        let queries = QueryVectors::default();
        let by_ids = Search { ids, queries, ..self.search(0..1, "") };
        self.same(&format!("{stage}: search by ids"), ask(by_ids.clone()));
        let grouping = Some(Grouping { field: "bucket".to_string(), size: 2 });
        self.same(&format!("{stage}: groups"), ask(Search { grouping, ..self.search(5..9, "") }));
        let searches = vec![self.search(1..2, "bucket < 50"), Search { ids: Some(vec![Value::Int(6_570)]), ..by_ids }];
        let hybrid = HybridSearch {
            searches,
            ranker: Ranker::Rrf { k: 60.0 },
            limit: 10,
            offset: 0,
            output_fields: Vec::new(),
            partitions: Vec::new(),
            round_decimal: -1,
        };
        self.same(&format!("{stage}: hybrid"), Command::HybridSearch { target: target("c"), hybrid });
        let query = Query {
            ids: None,
            filter: FilterText { expression: "bucket == 11".to_string(), ..FilterText::default() },
            output_fields: vec!["*".to_string()],
            limit: Some(1_000),
            ..Query::default()
        };
        let Reply::Rows(found) = self.same(&format!("{stage}: query"), Command::Query { target: target("c"), query })
        else {
            panic!("a query gives rows")
        };
        assert!(found.row_count > 40);
    }
}

fn stats(world: &mut World) -> Stats {
    match world.run(Command::Stats) {
        Ok(Reply::Stats(stats)) => *stats,
        other => panic!("no statistics: {other:?}"),
    }
}

fn index_anew(world: &mut World, index_type: &str, metric: Metric) {
    world.run(Command::ReleaseCollection { target: target("c") }).expect("a release");
    world.run(Command::DropIndex { target: target("c"), index: "v".to_string() }).expect("the index is dropped");
    let spec = IndexSpec {
        field: "v".to_string(),
        index_type: index_type.to_string(),
        metric: metric.name().to_string(),
        ..IndexSpec::default()
    };
    world.run(Command::CreateIndex { target: target("c"), indexes: vec![spec] }).expect("another index");
    world.run(Command::LoadCollection { target: target("c") }).expect("a load");
}

#[test]
fn answers_are_those_of_vectors_in_memory() {
    for (metric, index_type) in [(Metric::Cosine, "AUTOINDEX"), (Metric::L2, "IVF_FLAT"), (Metric::Ip, "AUTOINDEX")] {
        let mut pair = Pair::new(metric, index_type);
        pair.read_all_ways("settled");
        pair.both(|world| world.reopen().expect("the store opens"));
        pair.read_all_ways("reopened");
        // Two thirds of some segments go; the others' rows move to new ones.
        for bucket in [3, 4, 5] {
            let expression = format!("id < 6000 and bucket % 10 > {bucket}");
            let delete = Delete { filter: FilterText { expression, ..FilterText::default() }, ..Delete::default() };
            pair.same("delete", Command::Delete { target: target("c"), delete });
        }
        pair.read_all_ways("thinned");
        pair.both(|world| {
            world.run(Command::Compact { target: target("c") }).expect("a compaction");
            world.settle();
        });
        // Where memory is short, other segments are merged: candidates may be others, what is told of them is not.
        let is_live = |row: usize| row >= 6_000 || row % 10 <= 3;
        let bounds = pair.set.bounds(metric, is_live);
        let params = if index_type == "AUTOINDEX" { Vec::new() } else { vec![("nprobe", 64)] };
        let recall = pair.set.recall(&mut pair.left, &Asked { params, ..asked(metric) }, &bounds, is_live);
        assert!(recall >= 0.99, "{index_type}, compacted: {recall}");
        // Vectors that the rows do not bring stay as they are.
        let given = rows(
            3,
            vec![("id", Values::Ints(vec![1, 6_500, 8_998])), ("bucket", Values::Ints(vec![1_001, 1_002, 1_003]))],
        );
        let upsert = Upsert { rows: given, is_partial: true, ..Upsert::default() };
        pair.both(|world| world.reopen().expect("the store opens"));
        pair.same("partial upsert", Command::Upsert { target: target("c"), upsert });
        let query = Query {
            filter: FilterText { expression: "bucket > 1000".to_string(), ..FilterText::default() },
            output_fields: vec!["v".to_string()],
            limit: Some(9),
            ..Query::default()
        };
        let reply = pair.same("what was upserted", Command::Query { target: target("c"), query });
        let Reply::Rows(found) = reply else { panic!("a query gives rows") };
        let vectors = found.columns.iter().find(|column| column.name == "v").expect("vectors were asked for");
        let expected = [1, 6_500, 8_998].map(|id| pair.set.row(id).to_vec()).concat();
        assert_eq!(vectors.values, Values::FloatLists { dim: DIM as u32, elements: expected });
    }
}

#[test]
fn an_index_of_another_metric_is_made_of_vectors_in_storage() {
    let mut pair = Pair::new(Metric::Cosine, "AUTOINDEX");
    pair.both(|world| index_anew(world, "AUTOINDEX", Metric::L2));
    pair.both(World::settle);
    let stats = stats(&mut pair.left);
    assert!(stats.memory_bytes <= LIMIT_BYTES, "{} bytes", stats.memory_bytes);
    assert!(stats.index_memory_bytes > 0, "vectors are coded anew");
    let bounds = pair.set.bounds(Metric::L2, |_| true);
    let recall = pair.set.recall(&mut pair.left, &asked(Metric::L2), &bounds, |_| true);
    assert!(recall >= 0.99, "{recall}");
    pair.left.reopen().expect("the store opens");
    assert_eq!(pair.set.recall(&mut pair.left, &asked(Metric::L2), &bounds, |_| true), recall);
}

#[test]
fn an_exact_scan_needs_the_room_or_says_so() {
    let mut pair = Pair::new(Metric::Cosine, "AUTOINDEX");
    pair.both(|world| index_anew(world, "FLAT", Metric::Cosine));
    let scan = Command::Search { target: target("c"), search: pair.search(0..5, "") };
    let few = Command::Search { target: target("c"), search: pair.search(0..5, "bucket == 9") };
    let refused = pair.left.run(scan.clone());
    assert!(matches!(refused, Err(Error::MemoryLimit { limit_bytes: LIMIT_BYTES, .. })), "{refused:?}");
    pair.same("few rows are looked at one by one", few);
    pair.left.reopen_with_limit(1 << 30).expect("the store opens");
    assert!(pair.left.run(scan.clone()) == pair.whole.run(scan.clone()));
    pair.left.settle();
    let loaded = pair.left.loaded;
    assert!(pair.left.run(scan.clone()) == pair.whole.run(scan));
    assert_eq!(pair.left.loaded, loaded, "all of it is in memory");
}

#[test]
fn a_search_reads_the_pages_of_its_candidates() {
    let mut pair = Pair::new(Metric::Cosine, "AUTOINDEX");
    pair.left.reopen().expect("the store opens");
    let opened = {
        let search = pair.search(0..1, "id < 0");
        pair.left.run(Command::Search { target: target("c"), search }).expect("a search");
        pair.left.loaded
    };
    let vectors = pair.left.blobs.keys().filter(|key| matches!(key, BlobKey::Segment { .. })).count();
    let mut read = Vec::new();
    for query in 0..20 {
        let search = pair.search(query..query + 1, "");
        let before = pair.left.loaded;
        pair.left.run(Command::Search { target: target("c"), search: search.clone() }).expect("a search");
        read.push(pair.left.loaded - before);
        let before = pair.left.loaded;
        pair.left.run(Command::Search { target: target("c"), search }).expect("a search");
        assert_eq!(pair.left.loaded, before, "what was just read is still here");
    }
    assert!(opened < vectors, "{opened} of {vectors} blobs are read to open");
    assert!(read.iter().all(|read| *read <= 60), "{read:?}");
    assert!(read.iter().sum::<usize>() > 100, "{read:?}");
}

#[test]
fn where_there_is_room_vectors_are_read_in_after_opening() {
    let mut pair = Pair::new(Metric::Cosine, "AUTOINDEX");
    pair.whole.reopen().expect("the store opens");
    let search = pair.search(0..10, "");
    let first = pair.whole.run(Command::Search { target: target("c"), search: search.clone() }).expect("a search");
    let early = stats(&mut pair.whole).memory_bytes;
    pair.whole.settle();
    let late = stats(&mut pair.whole).memory_bytes;
    assert!(late > early, "{early} bytes, then {late}");
    let loaded = pair.whole.loaded;
    let again = pair.whole.run(Command::Search { target: target("c"), search }).expect("a search");
    assert!(again == first);
    assert_eq!(pair.whole.loaded, loaded);
}

/// Runs a command up to where it waits for vectors, which must come to that, and gives what it waits for.
fn begin(world: &mut World, command: Command, context: Context) -> (Vec<BlobKey>, Continuation) {
    match world.engine.execute(command, context).expect("it begins") {
        Step::Need(keys, waiting) => (keys, waiting),
        Step::Done(..) => panic!("nothing was waited for"),
    }
}

/// Goes on with a command that waits, to its end.
fn end(world: &mut World, mut waiting: (Vec<BlobKey>, Continuation), context: Context) -> Reply {
    loop {
        let (keys, continuation) = waiting;
        let blobs = keys.iter().map(|key| (*key, world.blobs.get(key).cloned())).collect();
        match world.engine.resume(continuation, blobs, context).expect("it goes on") {
            Step::Need(keys, continuation) => waiting = (keys, continuation),
            Step::Done(reply, batch) => {
                assert!(batch.is_empty(), "a search writes nothing");
                return reply;
            }
        }
    }
}

#[test]
fn what_comes_between_is_seen_by_a_search_that_waits() {
    let mut pair = Pair::new(Metric::Cosine, "AUTOINDEX");
    pair.both(|world| world.reopen().expect("the store opens"));
    let context = Context { now_ms: pair.left.now_ms, seed: 1 };
    let ask = |search| Command::Search { target: target("c"), search };
    // Another search, with other candidates at the same place.
    pair.same("the collection is read in", ask(pair.search(0..1, "id < 0")));
    let (first, second) = (ask(pair.search(2..4, "")), ask(pair.search(8..11, "bucket < 80")));
    let first_waits = begin(&mut pair.left, first.clone(), context);
    let second_waits = begin(&mut pair.left, second.clone(), context);
    let first_found = end(&mut pair.left, first_waits, context);
    let second_found = end(&mut pair.left, second_waits, context);
    assert!(first_found == pair.whole.run(first).expect("a search"), "the other's candidates are taken for its own");
    assert!(second_found == pair.whole.run(second).expect("a search"), "the other's candidates are taken for its own");
    // Rows go, at first by deletes alone, then with their segments.
    for (query, compacts) in [(12, false), (16, true)] {
        let search = ask(pair.search(query..query + 3, ""));
        let Ok(Reply::Hits(before)) = pair.whole.run(search.clone()) else { panic!("a search finds hits") };
        let waiting = begin(&mut pair.left, search.clone(), context);
        let Values::Ints(ids) = &before.primary_keys else { panic!("keys are numbers") };
        let half: Vec<Value> = ids.iter().step_by(2).map(|id| Value::Int(*id)).collect();
        let expression = if compacts { "id in {gone} or id % 3 > 0" } else { "id in {gone}" }.to_string();
        let params = [("gone".to_string(), Value::List(half))].into_iter().collect();
        let delete = Delete { filter: FilterText { expression, params }, ..Delete::default() };
        pair.both(|world| {
            world.run(Command::Delete { target: target("c"), delete: delete.clone() }).expect("a delete");
            if compacts {
                world.run(Command::Compact { target: target("c") }).expect("a compaction");
                world.settle();
            }
        });
        let found = end(&mut pair.left, waiting, context);
        let again = pair.left.run(search.clone()).expect("a search");
        assert!(found == again, "a search that waited finds what one finds that did not");
        if !compacts {
            assert!(found == pair.whole.run(search).expect("a search"), "rows are found that are gone");
        }
    }
}

#[test]
fn a_damaged_page_fails_the_searches_that_need_it() {
    let mut pair = Pair::new(Metric::Cosine, "AUTOINDEX");
    let search = |row: i64| {
        let ids = Some(vec![Value::Int(row)]);
        let search = Search { ids, limit: 1, round_decimal: -1, ..Search::default() };
        Command::Search { target: target("c"), search }
    };
    // The last part of a segment is the last page of its vectors, since these are its last field.
    let last = *pair.left.blobs.keys().rfind(|key| matches!(key, BlobKey::Segment { .. })).expect("there are segments");
    let blob = pair.left.blobs.get_mut(&last).expect("it was just found");
    blob.as_mut_slice()[100] ^= 1;
    pair.left.reopen().expect("the store opens");
    let refused = pair.left.run(search(ROWS as i64 - 1));
    assert!(matches!(refused, Err(Error::Corrupt { .. })), "{refused:?}");
    assert!(pair.left.run(search(1)).is_ok(), "others are answered");
    pair.left.blobs.remove(&last);
    let refused = pair.left.run(search(ROWS as i64 - 1));
    assert!(matches!(refused, Err(Error::Corrupt { .. })), "{refused:?}");
}
