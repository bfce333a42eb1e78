//! Searches by index on real embeddings against brute force in double precision: recall above stated floors, in every
//! state of the rows, for vectors of all lengths, and more of it for more effort.

use elanus::collection::delete::Delete;
use elanus::collection::search::{FilterText, QueryVectors, Search};
use elanus::command::{Command, Reply};
use elanus::index::Structure;
use elanus::schema::{Metric, Value};

use crate::glosses::{Asked, ROWS, asked, create, flush, glosses};
use crate::world::{World, target};

fn stored_structures(world: &World) -> usize {
    world.blobs.keys().filter(|key| matches!(key, elanus::store::BlobKey::Index { .. })).count()
}

#[test]
fn codes_find_nearly_all_growing_sealed_reopened_thinned_and_compacted() {
    let uneven = |at: usize| 0.2 + (at % 37) as f32;
    for (metric, set) in [
        (Metric::Cosine, glosses(384, |_| 1.0)),
        (Metric::L2, glosses(384, |_| 1.0)),
        (Metric::Ip, glosses(384, uneven)),
        (Metric::L2, glosses(200, uneven)),
        (Metric::Cosine, glosses(150, uneven)),
    ] {
        let mut world = World::new();
        create(&mut world, set.dim, metric, "AUTOINDEX", &[]);
        set.insert(&mut world, 0..ROWS);
        let all = set.bounds(metric, |_| true);
        let name = format!("{} of {} dimensions", metric.name(), set.dim);
        let check = |world: &mut World, stage: &str| {
            let recall = set.recall(world, &asked(metric), &all, |_| true);
            assert!(recall >= 0.995, "{name}, {stage}: {recall}");
        };
        check(&mut world, "growing");
        flush(&mut world);
        check(&mut world, "sealed");
        let stored = stored_structures(&world);
        assert!(stored > 0, "codes are stored");
        world.reopen().expect("the store opens");
        check(&mut world, "reopened");
        let blobs = world.blobs.clone();
        world.settle();
        assert!(world.blobs == blobs, "nothing is built anew");
        for (filter, modulus) in [("bucket == 7", 1), ("bucket < 10", 10), ("bucket < 60", 60)] {
            let is_allowed = |row: usize| if modulus == 1 { row % 100 == 7 } else { row % 100 < modulus };
            let bounds = set.bounds(metric, is_allowed);
            let recall = set.recall(&mut world, &Asked { filter, ..asked(metric) }, &bounds, is_allowed);
            assert!(recall >= 0.995, "{name}, {filter}: {recall}");
        }
        let expression = FilterText { expression: "bucket % 3 != 0".to_string(), ..FilterText::default() };
        let delete = Delete { filter: expression, ..Delete::default() };
        world.run(Command::Delete { target: target("c"), delete }).expect("a delete");
        let is_left = |row: usize| (row % 100).is_multiple_of(3);
        let left = set.bounds(metric, is_left);
        let recall = set.recall(&mut world, &asked(metric), &left, is_left);
        assert!(recall >= 0.995, "{name}, thinned: {recall}");
        world.run(Command::Compact { target: target("c") }).expect("a compaction");
        world.settle();
        world.reopen().expect("the store opens");
        let recall = set.recall(&mut world, &asked(metric), &left, is_left);
        assert!(recall >= 0.995, "{name}, compacted: {recall}");
        assert!(stored_structures(&world) < stored, "codes of dead rows are gone");
    }
}

#[test]
fn short_vectors_keep_their_recall() {
    for dim in [4, 20, 64, 100] {
        let set = glosses(dim, |at| 1.0 + (at % 5) as f32);
        for metric in [Metric::Cosine, Metric::L2, Metric::Ip] {
            let mut world = World::new();
            create(&mut world, dim, metric, "IVF_FLAT", &[("nlist", "32")]);
            // Often enough for codes to be made at all.
            set.insert(&mut world, 0..ROWS);
            flush(&mut world);
            let bounds = set.bounds(metric, |_| true);
            let recall =
                set.recall(&mut world, &Asked { params: vec![("nprobe", 32)], ..asked(metric) }, &bounds, |_| true);
            assert!(recall >= 0.99, "{} of {dim} dimensions: {recall}", metric.name());
        }
    }
}

#[test]
fn more_probes_find_more_and_all_of_them_nearly_all() {
    let set = glosses(384, |_| 1.0);
    for metric in [Metric::Cosine, Metric::L2, Metric::Ip] {
        let mut world = World::new();
        create(&mut world, set.dim, metric, "IVF_FLAT", &[("nlist", "128")]);
        // One part comes ordered by what it says, as adversaries do.
        set.insert(&mut world, 0..ROWS / 2);
        set.insert(&mut world, ROWS / 2..ROWS);
        flush(&mut world);
        let bounds = set.bounds(metric, |_| true);
        let mut recall = |probes: i64, filter: &'static str| {
            let asked = Asked { params: vec![("nprobe", probes)], filter, ..asked(metric) };
            set.recall(&mut world, &asked, &bounds, |_| true)
        };
        let found = [1, 4, 16, 128].map(|probes| recall(probes, ""));
        assert!(found.windows(2).all(|pair| pair[0] < pair[1]), "{}: {found:?}", metric.name());
        assert!(found[0] > 0.15 && found[2] > 0.8 && found[3] >= 0.99, "{}: {found:?}", metric.name());
        // A filter takes nothing away, whether all rows pass it or some.
        assert!(recall(16, "bucket >= 0") >= found[2]);
        for (filter, passing) in [("bucket < 70", 70), ("bucket < 20", 20), ("bucket < 5", 5)] {
            let is_allowed = |row: usize| row % 100 < passing;
            let bounds = set.bounds(metric, is_allowed);
            let asked = Asked { params: vec![("nprobe", 16)], filter, ..asked(metric) };
            let recall = set.recall(&mut world, &asked, &bounds, is_allowed);
            assert!(recall >= found[2] - 0.01, "{}, {filter}: {recall} and {}", metric.name(), found[2]);
        }
        world.reopen().expect("the store opens");
        let asked = Asked { params: vec![("nprobe", 16)], ..asked(metric) };
        assert_eq!(set.recall(&mut world, &asked, &bounds, |_| true), found[2], "reopened, the same clusters answer");
    }
}

/// What `describeIndex` says that answers.
fn structure(world: &mut World) -> Structure {
    let describe = Command::DescribeIndex { target: target("c"), index: String::new() };
    match world.run(describe) {
        Ok(Reply::Indexes(indexes)) => indexes[0].structure,
        other => panic!("the index is described as {other:?}"),
    }
}

fn answered_by(world: &mut World) -> &'static str {
    structure(world).name
}

#[test]
fn wider_walks_find_more_and_filters_take_nothing_away() {
    let uneven = |at: usize| 0.5 + (at % 7) as f32 / 4.0;
    for (metric, set, floors) in [
        (Metric::Cosine, glosses(384, |_| 1.0), [0.85, 0.93, 0.99]),
        (Metric::L2, glosses(384, |_| 1.0), [0.85, 0.93, 0.99]),
        (Metric::Ip, glosses(384, uneven), [0.68, 0.88, 0.97]),
    ] {
        let mut world = World::new();
        create(&mut world, set.dim, metric, "HNSW", &[("M", "6"), ("efConstruction", "40")]);
        set.insert(&mut world, 0..ROWS / 2);
        set.insert(&mut world, ROWS / 2..ROWS);
        flush(&mut world);
        assert_eq!(answered_by(&mut world), "graph");
        let all = set.bounds(metric, |_| true);
        let wide = |width: i64| Asked { params: vec![("ef", width)], ..asked(metric) };
        let found = [10, 80, 800].map(|width| set.recall(&mut world, &wide(width), &all, |_| true));
        assert!(found.windows(2).all(|pair| pair[0] < pair[1]), "{}: {found:?}", metric.name());
        assert!(found.iter().zip(floors).all(|(found, floor)| *found >= floor), "{}: {found:?}", metric.name());
        // Without `ef`, as wide as Milvus: no wider than what is asked for.
        assert_eq!(set.recall(&mut world, &asked(metric), &all, |_| true), found[0]);
        world.reopen().expect("the store opens");
        let again = set.recall(&mut world, &wide(80), &all, |_| true);
        assert_eq!(again, found[1], "{}: reopened, the same graph answers", metric.name());
        let blobs = world.blobs.clone();
        world.settle();
        assert!(world.blobs == blobs, "nothing is built anew");
        assert_eq!(answered_by(&mut world), "graph");
        // Filters that a walk passes through, and those that leave so little that codes are scanned.
        for (filter, share) in [("bucket < 95", 95), ("bucket < 50", 50), ("bucket < 31", 31), ("bucket < 25", 25)] {
            let is_allowed = |row: usize| row % 100 < share;
            let bounds = set.bounds(metric, is_allowed);
            let filtered = set.recall(&mut world, &Asked { filter, ..wide(80) }, &bounds, is_allowed);
            assert!(filtered >= found[1], "{}, {filter}: {filtered} after {}", metric.name(), found[1]);
        }
    }
}

#[test]
fn rows_that_come_go_and_change_are_found_beside_a_graph() {
    let set = glosses(384, |_| 1.0);
    for (metric, index_type) in [(Metric::Cosine, "HNSW"), (Metric::L2, "HNSW_SQ")] {
        let mut world = World::new();
        create(&mut world, set.dim, metric, index_type, &[("M", "16"), ("efConstruction", "100")]);
        set.insert(&mut world, 0..6_000);
        flush(&mut world);
        assert_eq!(answered_by(&mut world), "graph");
        let wide = || Asked { params: vec![("ef", 60)], ..asked(metric) };
        // A fifth of the rows is replaced, and new ones come, until the graph is made anew.
        for round in 0..4 {
            let to = 6_000 + (round + 1) * 750;
            set.insert(&mut world, (0..to).filter(|row| row % 5 == round || *row >= to - 750));
            let bounds = set.bounds(metric, |row| row < to);
            let recall = set.recall(&mut world, &wide(), &bounds, |row| row < to);
            assert!(recall >= 0.98, "{index_type}, round {round}, at once: {recall}");
            flush(&mut world);
            let recall = set.recall(&mut world, &wide(), &bounds, |row| row < to);
            assert!(recall >= 0.98, "{index_type}, round {round}, settled: {recall}");
        }
        let expression = FilterText { expression: "bucket < 40".to_string(), ..FilterText::default() };
        let delete = Delete { filter: expression, ..Delete::default() };
        world.run(Command::Delete { target: target("c"), delete }).expect("a delete");
        let is_left = |row: usize| row % 100 >= 40;
        let left = set.bounds(metric, is_left);
        let recall = set.recall(&mut world, &wide(), &left, is_left);
        assert!(recall >= 0.98, "{index_type}, thinned: {recall}");
        world.run(Command::Compact { target: target("c") }).expect("a compaction");
        // On its way, what is left of the graph's segments answers beside those that took the others' rows.
        let mut has_more = true;
        while has_more {
            for _ in 0..100 {
                has_more = has_more && world.maintain(512);
            }
            let recall = set.recall(&mut world, &wide(), &left, is_left);
            assert!(recall >= 0.98, "{index_type}, while it is compacted: {recall}");
        }
        assert_eq!(answered_by(&mut world), "graph");
        let kept = stored_structures(&world);
        world.reopen().expect("the store opens");
        let recall = set.recall(&mut world, &wide(), &left, is_left);
        assert!(recall >= 0.98, "{index_type}, compacted: {recall}");
        let blobs = world.blobs.clone();
        world.settle();
        assert!(world.blobs == blobs, "nothing is built anew");
        assert_eq!(stored_structures(&world), kept, "nothing was left behind");
    }
}

#[test]
fn rows_that_come_go_and_change_are_found_beside_clusters() {
    let set = glosses(384, |_| 1.0);
    let metric = Metric::Cosine;
    let mut world = World::new();
    create(&mut world, set.dim, metric, "IVF_SQ8", &[("nlist", "64")]);
    set.insert(&mut world, 0..6_000);
    flush(&mut world);
    let wide = || Asked { params: vec![("nprobe", 64)], ..asked(metric) };
    // Five rounds: a fifth of the rows is replaced, and new ones come.
    for round in 0..5 {
        let to = 6_000 + (round + 1) * 600;
        set.insert(&mut world, (0..to).filter(|row| row % 5 == round || *row >= to - 600));
        let bounds = set.bounds(metric, |row| row < to);
        let recall = set.recall(&mut world, &wide(), &bounds, |row| row < to);
        assert!(recall >= 0.99, "round {round}, at once: {recall}");
        flush(&mut world);
        let recall = set.recall(&mut world, &wide(), &bounds, |row| row < to);
        assert!(recall >= 0.99, "round {round}, settled: {recall}");
    }
    let named = world.blobs.keys().filter(|key| matches!(key, elanus::store::BlobKey::Index { .. })).count();
    world.reopen().expect("the store opens");
    let bounds = set.bounds(metric, |_| true);
    assert!(set.recall(&mut world, &wide(), &bounds, |_| true) >= 0.99);
    world.maintain(1);
    let after = world.blobs.keys().filter(|key| matches!(key, elanus::store::BlobKey::Index { .. })).count();
    assert_eq!(named, after, "nothing was left behind");
}

#[test]
fn duplicates_zeros_and_giants_are_found_where_they_belong() {
    let mut set = glosses(384, |_| 1.0);
    let dim = set.dim;
    // A tenth of the rows says the same, some say nothing, some leave the range of squares.
    let same = set.row(1).to_vec();
    for row in (0..ROWS).step_by(10) {
        set.vectors[row * dim..][..dim].copy_from_slice(&same);
    }
    for row in [5, 77, 4_001] {
        set.vectors[row * dim..][..dim].fill(0.0);
    }
    for row in [15, 3_003] {
        set.vectors[row * dim..][..dim].iter_mut().for_each(|x| *x *= 1e18);
    }
    for metric in [Metric::Cosine, Metric::L2, Metric::Ip] {
        let mut world = World::new();
        create(&mut world, dim, metric, "AUTOINDEX", &[]);
        set.insert(&mut world, 0..ROWS);
        flush(&mut world);
        let bounds = set.bounds(metric, |_| true);
        let recall = set.recall(&mut world, &asked(metric), &bounds, |_| true);
        assert!(recall >= 0.995, "{}: {recall}", metric.name());
        // Among rows at one distance, the smallest keys.
        let search = Search {
            queries: QueryVectors { count: 1, dim: dim as u32, elements: same.clone() },
            limit: 20,
            round_decimal: -1,
            ..Search::default()
        };
        let Ok(Reply::Hits(hits)) = world.run(Command::Search { target: target("c"), search }) else {
            panic!("a search failed")
        };
        let ids: Vec<Value> = (0..20).map(|rank| hits.primary_keys.value(rank)).collect();
        let copies = |skipped: usize| -> Vec<Value> {
            [0, 1].into_iter().chain((10..).step_by(10)).take(20 - skipped).map(Value::Int).collect()
        };
        match metric {
            // Those a giant apart are nearer still.
            Metric::Ip => {
                let giants = ids.iter().filter(|id| matches!(id, Value::Int(15 | 3_003))).count();
                assert_eq!(ids[giants..], copies(giants));
            }
            Metric::Cosine | Metric::L2 => assert_eq!(ids, copies(0)),
        }
    }
}

#[test]
fn where_memory_is_short_vectors_give_way_to_codes() {
    let set = glosses(384, |_| 1.0);
    let metric = Metric::Cosine;
    // Room for the vectors and for what is left free beside them, not for codes of all of them.
    let limit = (ROWS * set.dim * 4) as u64 * 6 / 5;
    let mut world = World::with_limit(limit);
    create(&mut world, set.dim, metric, "AUTOINDEX", &[]);
    set.insert(&mut world, 0..ROWS);
    let bounds = set.bounds(metric, |_| true);
    assert_eq!(set.recall(&mut world, &asked(metric), &bounds, |_| true), 1.0, "rows without codes are scanned");
    flush(&mut world);
    assert!(stored_structures(&world) > 0);
    assert!(set.recall(&mut world, &asked(metric), &bounds, |_| true) >= 0.995);
    let Ok(Reply::Stats(stats)) = world.run(Command::Stats) else { panic!("no statistics") };
    assert!(stats.memory_bytes <= limit, "{} of {limit}", stats.memory_bytes);
    world.reopen().expect("the store opens");
    assert!(set.recall(&mut world, &asked(metric), &bounds, |_| true) >= 0.995);
}

#[test]
fn where_memory_is_short_of_a_graph_codes_are_scanned() {
    let set = glosses(384, |_| 1.0);
    let metric = Metric::L2;
    let mut world = World::with_limit((ROWS * set.dim * 4) as u64 * 3 / 2);
    // More edges than vectors.
    create(&mut world, set.dim, metric, "HNSW", &[("M", "200"), ("efConstruction", "10")]);
    set.insert(&mut world, 0..ROWS);
    flush(&mut world);
    assert_eq!(answered_by(&mut world), "code scan");
    assert!(stored_structures(&world) > 0);
    let bounds = set.bounds(metric, |_| true);
    assert!(set.recall(&mut world, &asked(metric), &bounds, |_| true) >= 0.995);
    world.reopen_with_limit(1 << 30).expect("the store opens");
    set.recall(&mut world, &asked(metric), &bounds, |_| true);
    world.settle();
    assert_eq!(answered_by(&mut world), "graph");
}

#[test]
fn a_graph_that_loses_its_room_while_it_is_made_is_given_up() {
    let set = glosses(384, |_| 1.0);
    let mut world = World::with_limit(10 << 20);
    create(&mut world, set.dim, Metric::L2, "HNSW", &[("M", "128"), ("efConstruction", "10")]);
    set.insert(&mut world, 0..4_200);
    world.run(Command::Flush { target: target("c") }).expect("a flush");
    let graph_bytes = 4_200 * 128 * 8;
    let codes_bytes = 4_200 * (384 + 56);
    while structure(&mut world).memory_bytes < codes_bytes + graph_bytes {
        assert!(world.maintain(64), "a graph of 4,200 rows has room");
    }
    assert_eq!(answered_by(&mut world), "code scan", "it is under way");
    for from in [4_200, 4_700, 5_200] {
        set.insert(&mut world, from..from + 500);
    }
    world.settle();
    assert_eq!(answered_by(&mut world), "code scan");
    let left = structure(&mut world).memory_bytes;
    assert!(left < codes_bytes + graph_bytes, "{left} bytes: what was made of the graph is gone");
    world.reopen_with_limit(1 << 30).expect("the store opens");
    set.recall(&mut world, &asked(Metric::L2), &[], |_| true);
    world.settle();
    assert_eq!(answered_by(&mut world), "graph");
}
