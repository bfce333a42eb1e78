//! Rows that change for the worse: replaced a fifth at a time, followed by others of another distribution, given in the order of
//! what they say. Recall must not fall, nor what a search reads grow without bound. Neither takes time: work is counted in rows
//! of clusters.

use elanus::column::VectorColumn;
use elanus::command::{Command, Reply};
use elanus::engine::Options;
use elanus::index::codes::Codes;
use elanus::index::inverted::{Builder, Inverted};
use elanus::index::slots::{SlotCodes, Slots};
use elanus::index::space::Space;
use elanus::index::{Structure, Thresholds};
use elanus::schema::Metric;

use crate::glosses::{Asked, QUERIES, ROWS, Set, asked, create, distance, flush, glosses, glosses_after};
use crate::world::{World, target};

/// Rows of a block, the least that a search reads of a cluster.
const BLOCK: u32 = 32;

/// Vectors whose mean is the centre of a collection's codes.
const SAMPLE_ROWS: usize = 4_096;

/// A way of searching with its recall on rows that do not change.
struct Way {
    index_type: &'static str,
    build: &'static [(&'static str, &'static str)],
    search: &'static [(&'static str, i64)],
    answered_by: &'static str,
    floor: f64,
}

/// AUTOINDEX has its clusters here as large collections have them.
const WAYS: [Way; 4] = [
    Way { index_type: "AUTOINDEX", build: &[], search: &[], answered_by: "inverted file", floor: 0.98 },
    Way {
        index_type: "IVF_FLAT",
        build: &[("nlist", "128")],
        search: &[("nprobe", 24)],
        answered_by: "inverted file",
        floor: 0.88,
    },
    Way {
        index_type: "HNSW",
        build: &[("M", "16"), ("efConstruction", "60")],
        search: &[("ef", 64)],
        answered_by: "graph",
        floor: 0.97,
    },
    // Codes alone.
    Way { index_type: "DISKANN", build: &[], search: &[], answered_by: "code scan", floor: 0.99 },
];

impl Way {
    fn world(&self, dim: usize, metric: Metric) -> World {
        let thresholds = Thresholds { clustered_rows: 2_000, named_rows: 2_000, ..Thresholds::DEFAULT };
        let mut world = World::with_options(Options { thresholds, ..Options::with_limit(1 << 30) });
        create(&mut world, dim, metric, self.index_type, self.build);
        world
    }

    /// The recall among the rows that are there, after what answers and how much of it was looked at.
    fn recall(&self, world: &mut World, set: &Set, metric: Metric, bounds: &[f64], rows: u64) -> f64 {
        let structure = structure(world);
        assert_eq!(structure.name, self.answered_by, "{}", self.index_type);
        assert_eq!(structure.pending_rows, 0, "{}: rows without codes", self.index_type);
        if self.index_type == "AUTOINDEX" {
            // Clusters are made anew before a quarter of the rows lies outside of them, where all are read.
            let least = (3.0 * (rows as f64 * 0.75).sqrt()) as u32;
            let most = (3.0 * (rows as f64 * 1.25).sqrt()) as u32 + 1;
            let count = structure.cluster_count;
            assert!((least..=most).contains(&count), "{count} clusters of {rows} rows, not {least} to {most}");
        }
        let params = self.search.to_vec();
        set.recall(world, &Asked { params, ..asked(metric) }, bounds, |_| true)
    }
}

fn structure(world: &mut World) -> Structure {
    let describe = Command::DescribeIndex { target: target("c"), index: String::new() };
    match world.run(describe) {
        Ok(Reply::Indexes(indexes)) => indexes[0].structure,
        other => panic!("the index is described as {other:?}"),
    }
}

#[test]
fn five_rounds_of_other_vectors_for_a_fifth_of_the_rows_cost_no_recall() {
    let others = glosses_after(ROWS + QUERIES, 384, |_| 1.0);
    // What graphs make of it is seen beside their other states.
    for way in WAYS.iter().filter(|way| way.answered_by != "graph") {
        let mut set = glosses(384, |_| 1.0);
        let (dim, metric) = (set.dim, Metric::Cosine);
        let mut world = way.world(dim, metric);
        set.insert(&mut world, 0..ROWS);
        flush(&mut world);
        let stored: usize = world.blobs.values().map(|blob| blob.len()).sum();
        for round in 0..5 {
            let replaced = || (0..ROWS).filter(|row| row % 5 == round);
            for row in replaced() {
                set.vectors[row * dim..][..dim].copy_from_slice(others.row(row));
            }
            set.insert(&mut world, replaced());
            let bounds = set.bounds(metric, |_| true);
            let at_once =
                set.recall(&mut world, &Asked { params: way.search.to_vec(), ..asked(metric) }, &bounds, |_| true);
            flush(&mut world);
            let settled = way.recall(&mut world, &set, metric, &bounds, ROWS as u64);
            for (stage, recall) in [("at once", at_once), ("settled", settled)] {
                assert!(recall >= way.floor, "{}, round {round}, {stage}: {recall}", way.index_type);
            }
        }
        // As if these rows had been the first.
        let mut anew = way.world(dim, metric);
        set.insert(&mut anew, 0..ROWS);
        flush(&mut anew);
        let bounds = set.bounds(metric, |_| true);
        let [changed, fresh] =
            [&mut world, &mut anew].map(|world| way.recall(world, &set, metric, &bounds, ROWS as u64));
        assert!(changed >= fresh - 0.02, "{}: {changed}, and {fresh} of a collection made anew", way.index_type);
        // Dead rows and what held them are removed in time.
        let after: usize = world.blobs.values().map(|blob| blob.len()).sum();
        assert!(after < stored * 3 / 2, "{}: {after} bytes after {stored}", way.index_type);
    }
}

/// The second half of the rows and of the queries, as if made by another model: the same elements in another order, some
/// lengths apart, around another middle.
fn drifted() -> Set {
    let mut set = glosses(384, |_| 1.0);
    let dim = set.dim;
    let vectors = set.vectors.chunks_mut(dim).enumerate();
    for (_, vector) in vectors.filter(|(at, _)| (ROWS / 2..ROWS).contains(at) || *at >= ROWS + QUERIES / 2) {
        vector.reverse();
        vector.iter_mut().for_each(|x| *x = 1.5 * *x + 0.1);
    }
    set
}

#[test]
fn rows_of_another_distribution_cost_no_recall() {
    let set = drifted();
    for (metric, ways) in [(Metric::Cosine, &WAYS[..]), (Metric::L2, &WAYS[..1])] {
        let all = set.bounds(metric, |_| true);
        for way in ways {
            let mut at_once = way.world(set.dim, metric);
            set.insert(&mut at_once, (0..ROWS).map(|at| at * 1_237 % ROWS));
            flush(&mut at_once);
            let mixed = way.recall(&mut at_once, &set, metric, &all, ROWS as u64);
            let mut world = way.world(set.dim, metric);
            set.insert(&mut world, 0..ROWS / 2);
            flush(&mut world);
            for step in 0..6 {
                set.insert(&mut world, ROWS / 2 + step * 750..ROWS / 2 + (step + 1) * 750);
                flush(&mut world);
            }
            let recall = way.recall(&mut world, &set, metric, &all, ROWS as u64);
            let name = format!("{} of {}", way.index_type, metric.name());
            assert!(recall >= way.floor && recall >= mixed - 0.02, "{name}: {recall}, and {mixed} when mixed");
        }
    }
}

/// The rows by what they say: those nearest to the first of some rows, to the second, and so on.
fn by_cluster(set: &Set) -> Vec<usize> {
    let nearest = |row: &usize| {
        let to = |seed: &usize| distance(Metric::Cosine, set.row(*row), set.row(seed * 211));
        (0..40).min_by(|a, b| to(a).total_cmp(&to(b)))
    };
    let mut rows: Vec<usize> = (0..ROWS).collect();
    rows.sort_by_cached_key(nearest);
    rows
}

#[test]
fn rows_in_the_order_of_what_they_say_cost_no_recall() {
    let set = glosses(384, |_| 1.0);
    let metric = Metric::Cosine;
    let all = set.bounds(metric, |_| true);
    let order = by_cluster(&set);
    for way in &WAYS {
        let mut worlds = [way.world(set.dim, metric), way.world(set.dim, metric)];
        let [sorted, mixed] = &mut worlds;
        // Background work meets them as they come.
        for part in order.chunks(1_500) {
            set.insert(sorted, part.iter().copied());
            flush(sorted);
        }
        set.insert(mixed, 0..ROWS);
        flush(mixed);
        let [sorted, mixed] = worlds.each_mut().map(|world| way.recall(world, &set, metric, &all, ROWS as u64));
        assert!(sorted >= way.floor && sorted >= mixed - 0.02, "{}: {sorted}, and {mixed} when mixed", way.index_type);
    }
}

/// Clusters of rows in an order, as a collection makes them.
fn clusters(set: &Set, metric: Metric, order: &[usize], lists: u32) -> Inverted {
    let mut column = VectorColumn::new(set.dim as u32);
    order.iter().for_each(|row| column.extend(set.row(*row)));
    let sample = order.iter().take(SAMPLE_ROWS).map(|row| set.row(*row));
    let space = Space::new(metric, Space::mean(metric, set.dim as u32, sample));
    let mut codes = Codes::new(&space);
    codes.extend(&space, &column, u32::MAX);
    let slots = Slots::new([order.len() as u32].into_iter()).expect("slots are enough");
    let codes = [Some(&codes)];
    let codes = SlotCodes { slots: &slots, codes: &codes };
    let mut builder = Builder::new(&space, (0..order.len() as u32).collect(), lists);
    loop {
        if let Some(file) = builder.step(&space, codes, 4_096) {
            return file;
        }
    }
}

/// Rows that are read with a cluster, lanes without a row too: in the fullest one, and on average over the rows, which is
/// what a search near rows like them reads with each probe.
fn read_with_a_cluster(file: &Inverted, rows: usize) -> (f64, f64) {
    let sizes: Vec<f64> = file.starts().windows(2).map(|pair| f64::from((pair[1] - pair[0]) * BLOCK)).collect();
    let fullest = sizes.iter().copied().fold(0.0, f64::max);
    (fullest, sizes.iter().map(|size| size * size).sum::<f64>() / rows as f64)
}

#[test]
fn clusters_stay_small_whatever_the_order_and_the_rows() {
    let (plain, drifted) = (glosses(384, |_| 1.0), drifted());
    let mut doubled = glosses(384, |_| 1.0);
    let dim = doubled.dim;
    let same = doubled.row(1).to_vec();
    for row in (0..ROWS).step_by(10) {
        doubled.vectors[row * dim..][..dim].copy_from_slice(&same);
    }
    let (as_they_come, sorted) = ((0..ROWS).collect::<Vec<usize>>(), by_cluster(&plain));
    let (lists, mean) = (128, ROWS as f64 / 128.0);
    for metric in [Metric::Cosine, Metric::L2, Metric::Ip] {
        for (name, set, order, alike) in [
            ("as they come", &plain, &as_they_come, 0),
            ("sorted", &plain, &sorted, 0),
            ("drifted", &drifted, &as_they_come, 0),
            // Equal rows are in one cluster, since whoever is near one of them wants them all.
            ("a tenth alike", &doubled, &as_they_come, ROWS / 10),
        ] {
            let alike = alike as f64;
            let (fullest, usual) = read_with_a_cluster(&clusters(set, metric, order, lists), ROWS);
            let usual_most = 2.5 * mean + (alike + mean).powi(2) / ROWS as f64;
            let name = format!("{}, {name}", metric.name());
            assert!(fullest <= 6.0 * mean + alike, "{name}: {fullest} rows in a cluster, {mean} on average");
            assert!(usual <= usual_most, "{name}: {usual} rows are read with a cluster, {mean} are in one on average");
        }
    }
}
