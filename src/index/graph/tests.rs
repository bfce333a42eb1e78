//! Graphs against brute force over the same codes, under filters, with duplicates, out of storage, and damaged.

use super::*;
use crate::column::VectorColumn;
use crate::index::Candidate;
use crate::index::codes::Scan;
use crate::index::form::Plan;
use crate::index::slots::{SlotCodes, Slots, blank_code};
use crate::index::space::{Aim, Space};
use crate::kernel;
use crate::schema::Metric;

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// xorshift64*, from a seed.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// About normal: the sum of twelve uniform numbers.
    fn normal(&mut self) -> f32 {
        (0..12).map(|_| (self.next() >> 40) as f32 / (1 << 24) as f32).sum::<f32>() - 6.0
    }
}

const DIM: u32 = 48;

/// Vectors around 40 centres, each centre's spread its own; `growth` makes lengths differ.
fn clustered(random: &mut Random, count: u32, growth: f32) -> Vec<Vec<f32>> {
    let centers: Vec<Vec<f32>> = (0..40).map(|_| (0..DIM).map(|_| random.normal()).collect()).collect();
    (0..count)
        .map(|_| {
            let center = (random.next() % 40) as usize;
            let spread = 0.3 + 0.02 * center as f32;
            let length = (growth * random.normal()).exp();
            centers[center].iter().map(|x| (x + spread * random.normal()) * length).collect()
        })
        .collect()
}

struct World {
    space: Space,
    codes: Codes,
    graph: Graph,
}

impl World {
    fn new(metric: Metric, vectors: &[Vec<f32>], links: u32, width: u32) -> World {
        let dim = vectors.first().map_or(DIM, |vector| vector.len() as u32);
        let mut column = VectorColumn::new(dim);
        vectors.iter().for_each(|vector| column.extend(vector));
        let space = Space::new(metric, Space::mean(metric, dim, vectors.iter().map(Vec::as_slice)));
        let mut codes = Codes::new(&space);
        codes.extend(&space, &column, u32::MAX);
        let (mut graph, mut walk) = (Graph::new(metric, links, width), Walk::new());
        (0..codes.len()).for_each(|slot| graph.insert(&codes, slot, &mut walk));
        World { space, codes, graph }
    }

    /// The keys that the graph finds, greatest first.
    fn found(&self, query: &[f32], limit: u32, width: u32, allowed: Option<&dyn Fn(u32) -> bool>) -> Vec<Candidate> {
        found(&self.graph, &self.codes, &self.aim(query), limit, width, allowed)
    }

    fn aim(&self, query: &[f32]) -> Aim {
        self.space.aim(query).expect("a query with a direction")
    }

    /// What a look at every code finds.
    fn expected(&self, query: &[f32], limit: u32, allowed: Option<&dyn Fn(u32) -> bool>) -> Vec<Candidate> {
        let aim = self.aim(query);
        let candidate = |row| Candidate { row, distance: -self.codes.key(&aim, row) };
        let mut all: Vec<Candidate> =
            (0..self.codes.len()).filter(|row| allowed.is_none_or(|allowed| allowed(*row))).map(candidate).collect();
        all.retain(|candidate| !candidate.distance.is_nan());
        all.sort_by(|a, b| a.distance.total_cmp(&b.distance).then(a.row.cmp(&b.row)));
        all.truncate(limit as usize);
        all
    }

    fn recall(&self, queries: &[Vec<f32>], width: u32, allowed: Option<&dyn Fn(u32) -> bool>) -> f64 {
        let (mut hits, mut wanted) = (0, 0);
        for query in queries {
            let expected = self.expected(query, 10, allowed);
            let found = self.found(query, 10, width, allowed);
            assert_eq!(found.len(), expected.len(), "as many as there are");
            assert!(
                found.iter().all(|candidate| allowed.is_none_or(|allowed| allowed(candidate.row))),
                "only allowed ones"
            );
            hits += expected.iter().filter(|candidate| found.contains(candidate)).count();
            wanted += expected.len();
        }
        hits as f64 / wanted as f64
    }
}

fn found(
    graph: &Graph,
    points: &dyn Points,
    aim: &Aim,
    limit: u32,
    width: u32,
    allowed: Option<&dyn Fn(u32) -> bool>,
) -> Vec<Candidate> {
    let tie = |a: u32, b: u32| a.cmp(&b);
    let mut scan = Scan::new(aim, 0.0, limit, limit, &tie);
    graph.search(points, 0, &mut scan, width, allowed, &mut Walk::new());
    scan.top.into_sorted(&tie)
}

/// No filter.
const ANY: Option<&dyn Fn(u32) -> bool> = None;

#[test]
fn copies_of_the_codes_in_another_order_make_the_same_graph() {
    for metric in [Metric::L2, Metric::Ip, Metric::Cosine] {
        let vectors = clustered(&mut Random(31), 900, 0.2);
        let World { space, codes, graph } = World::new(metric, &vectors, 6, 40);
        let mut gathered = Gathered::new(&space, codes.len(), &blank_code(&space));
        (0..codes.len()).rev().for_each(|slot| gathered.push(slot, codes.record(slot)));
        assert_eq!(gathered.len(), codes.len());
        let (mut other, mut walk) = (Graph::new(metric, 6, 40), Walk::new());
        (0..codes.len()).for_each(|slot| other.insert(&gathered, slot, &mut walk));
        assert_eq!(other.record(), graph.record());
        for slot in 0..codes.len() {
            assert_eq!(other.node(slot), graph.node(slot), "{metric:?}, slot {slot}");
            assert_eq!(other.list(slot, 0), graph.list(slot, 0), "{metric:?}, slot {slot}");
            assert_eq!(other.rises(slot), graph.rises(slot), "{metric:?}, slot {slot}");
        }
    }
}

#[test]
fn making_a_graph_takes_no_more_than_is_claimed_for_it() {
    let vectors: Vec<Vec<f32>> = {
        let mut random = Random(37);
        (0..6_000).map(|_| (0..256).map(|_| random.normal()).collect()).collect()
    };
    for (metric, is_roomy) in [(Metric::L2, false), (Metric::L2, true), (Metric::Ip, true)] {
        let World { space, codes, .. } = World::new(metric, &vectors, 0, 0);
        let (slots, rows) = (Slots::new([codes.len()].into_iter()).unwrap(), u64::from(codes.len()));
        let (plan, codes) = (Plan::Graph { links: 16, width: 10 }, [Some(&codes)]);
        let copies = if is_roomy { plan.copies_bytes(256, rows) } else { 0 };
        let claimed = plan.making_bytes(metric, 256, rows) + copies;
        let mut maker = plan.begin(&space, (0..rows as u32).collect(), rows, is_roomy);
        let (mut walk, mut most) = (Walk::new(), 0);
        while maker.step(&space, SlotCodes { slots: &slots, codes: &codes }, 64, &mut walk).is_none() {
            most = most.max(maker.size_bytes());
        }
        // Beside what grows with the rows: the order's pivots, as many as the root of the rows, and what the last page of
        // the copies has room for.
        let page = if is_roomy { gathered::PAGE_BYTES as u64 } else { 0 };
        assert!(most <= claimed + claimed / 32 + page, "{metric:?}, {is_roomy}: {most} bytes, {claimed} claimed");
        assert!(most >= claimed - claimed / 8, "{metric:?}, {is_roomy}: {most} bytes, {claimed} claimed");
    }
}

#[test]
fn wider_walks_find_more_for_every_metric() {
    for (metric, growth) in [(Metric::L2, 0.0), (Metric::Cosine, 0.5), (Metric::Ip, 0.0), (Metric::Ip, 0.5)] {
        let mut random = Random(7);
        let mut vectors = clustered(&mut random, 4060, growth);
        let queries = vectors.split_off(4000);
        let world = World::new(metric, &vectors, 8, 60);
        let recalls = [10, 20, 40, 80, 160].map(|width| world.recall(&queries, width, ANY));
        assert!(recalls.is_sorted(), "{metric:?} {growth}: {recalls:?}");
        assert!(recalls[0] > 0.8 && recalls[2] > 0.97 && recalls[4] > 0.99, "{metric:?} {growth}: {recalls:?}");
    }
}

#[test]
fn filters_of_any_selectivity_take_nothing_from_recall() {
    let mut random = Random(11);
    let mut vectors = clustered(&mut random, 4200, 0.0);
    let queries = vectors.split_off(4000);
    let world = World::new(Metric::L2, &vectors, 8, 60);
    let free = world.recall(&queries, 40, ANY);
    let first = vectors[0].clone();
    let mut by_distance: Vec<f32> = vectors.iter().map(|vector| kernel::squared_distance(vector, &first)).collect();
    let distances = by_distance.clone();
    by_distance.sort_by(f32::total_cmp);
    for percent in [1, 2, 10, 50, 90] {
        let random = |slot: u32| u64::from(slot).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32 < (1 << 32) / 100 * percent;
        let recall = world.recall(&queries, 40, Some(&random));
        assert!(recall >= free, "{percent} %: {recall}, and {free} without a filter");
        // Those around one place, which most queries are far from.
        let bound = by_distance[by_distance.len() * percent as usize / 100];
        let recall = world.recall(&queries, 40, Some(&|slot| distances[slot as usize] < bound));
        assert!(recall >= free, "the nearest {percent} %: {recall}, and {free} without a filter");
    }
    assert_eq!(world.found(&queries[0], 10, 40, Some(&|_| false)), []);
    let found = world.found(&queries[0], 10, 40, Some(&|slot| slot == 1234));
    assert_eq!(found, world.expected(&queries[0], 10, Some(&|slot| slot == 1234)));
}

/// Codes of which some are gone.
struct Lost<'a> {
    codes: &'a Codes,
    blank: Vec<u8>,
    is_lost: &'a dyn Fn(u32) -> bool,
}

impl Points for Lost<'_> {
    fn record(&self, slot: u32) -> &[u8] {
        if (self.is_lost)(slot) { &self.blank } else { self.codes.record(slot) }
    }
}

#[test]
fn walks_pass_slots_whose_codes_are_gone() {
    for metric in [Metric::L2, Metric::Ip] {
        let mut random = Random(23);
        let mut vectors = clustered(&mut random, 4100, 0.0);
        let queries = vectors.split_off(4000);
        // Rows that are the same: one node, whose own code goes.
        for row in 1000..1010 {
            vectors[row] = vectors[999].clone();
        }
        let world = World::new(metric, &vectors, 8, 60);
        let free = world.recall(&queries, 40, ANY);
        let entry = world.graph.entry;
        let is_lost = |slot: u32| slot % 1000 >= 800 || slot == entry;
        let lost = Lost { codes: &world.codes, blank: blank_code(&world.space), is_lost: &is_lost };
        let allowed: Option<&dyn Fn(u32) -> bool> = Some(&|slot| !is_lost(slot));
        let hits = queries.iter().map(|query| {
            let expected = world.expected(query, 10, allowed);
            let found = found(&world.graph, &lost, &world.aim(query), 10, 40, allowed);
            expected.iter().filter(|candidate| found.contains(candidate)).count()
        });
        let recall = hits.sum::<usize>() as f64 / (10 * queries.len()) as f64;
        assert!(recall >= free, "{metric:?}: {recall}, and {free} where no code is gone");
        let found = found(&world.graph, &lost, &world.aim(&vectors[999]), 30, 100, allowed);
        let twins = found.iter().filter(|candidate| (1000..1010).contains(&candidate.row)).count();
        assert_eq!(twins, 10, "{metric:?}");
    }
}

#[test]
fn few_rows_are_all_found() {
    for count in [0u32, 1, 2, 3, 20] {
        let mut random = Random(3);
        let vectors = clustered(&mut random, count, 0.0);
        let query = clustered(&mut random, 1, 0.0).remove(0);
        for metric in [Metric::L2, Metric::Cosine, Metric::Ip] {
            let world = World::new(metric, &vectors, 2, 1);
            assert_eq!(world.graph.len(), count);
            assert_eq!(world.found(&query, 30, 1, ANY), world.expected(&query, 30, ANY), "{count} rows");
            assert_eq!(
                world.found(&query, 1, 1, Some(&|slot| slot == 2)),
                world.expected(&query, 1, Some(&|slot| slot == 2))
            );
        }
    }
}

#[test]
fn equal_rows_and_zeros_hide_nothing() {
    // Most rows are one of three vectors, one of them zero; the others are spread.
    let mut random = Random(5);
    let spread = clustered(&mut random, 900, 0.0);
    let vectors: Vec<Vec<f32>> = (0..3000)
        .map(|at| match at % 10 {
            0..3 => spread[at / 10 * 3 + at % 10].clone(),
            3..6 => vec![0.0; DIM as usize],
            6..8 => spread[0].clone(),
            _ => spread[1].clone(),
        })
        .collect();
    for metric in [Metric::L2, Metric::Cosine, Metric::Ip] {
        let world = World::new(metric, &vectors, 8, 60);
        let distinct = |slot: u32| slot % 10 < 3 && slot > 2;
        for allowed in [ANY, Some(&distinct), Some(&|slot| slot % 7 == 6)] {
            let recall = world.recall(&spread[2..40], 60, allowed);
            assert!(recall > 0.99, "{metric:?}: {recall}");
        }
        if metric == Metric::L2 {
            // All of the equal ones, and the one that the filter leaves of them.
            assert_eq!(world.found(&spread[0], 601, 10, ANY), world.expected(&spread[0], 601, ANY));
            let one = |slot: u32| slot == 1997 || slot % 10 < 3 && slot > 2;
            assert_eq!(world.found(&spread[0], 1, 10, Some(&one))[0].row, 1997);
        }
    }
}

#[test]
fn rows_without_a_code_take_no_part() {
    let mut random = Random(9);
    let mut vectors = clustered(&mut random, 300, 0.0);
    let query = vectors[7].clone();
    for at in [0, 1, 50, 299] {
        vectors[at] = vec![f32::MAX; DIM as usize];
    }
    let world = World::new(Metric::L2, &vectors, 4, 20);
    assert_eq!(world.codes.uncoded(), [0, 1, 50, 299]);
    assert_eq!(world.found(&query, 300, 10, ANY), world.expected(&query, 300, ANY));
}

#[test]
fn rows_in_the_order_of_their_clusters_are_linked() {
    let mut random = Random(13);
    let mut vectors = clustered(&mut random, 4040, 0.0);
    let queries = vectors.split_off(4000);
    let first = vectors[0].clone();
    vectors.sort_by(|a, b| kernel::squared_distance(a, &first).total_cmp(&kernel::squared_distance(b, &first)));
    let world = World::new(Metric::L2, &vectors, 8, 60);
    let recall = world.recall(&queries, 80, ANY);
    assert!(recall > 0.99, "{recall}");
}

#[test]
fn every_node_is_reached_from_every_other() {
    // Far apart, far more of them than a node has edges, and each filled before the next begins.
    let mut random = Random(23);
    let mut vectors = Vec::new();
    for _ in 0..60 {
        let center: Vec<f32> = (0..DIM).map(|_| 30.0 * random.normal()).collect();
        vectors.extend((0..30).map(|_| center.iter().map(|x| x + random.normal()).collect::<Vec<f32>>()));
    }
    for (metric, links) in [(Metric::L2, 4), (Metric::L2, 16), (Metric::Cosine, 8), (Metric::Ip, 8)] {
        let graph = World::new(metric, &vectors, links, 40).graph;
        let (mut reached, mut stack) = (Bitmap::new(graph.len()), vec![graph.entry]);
        while let Some(slot) = stack.pop() {
            if reached.insert(slot) {
                stack.extend(graph.neighbours(slot, 0));
            }
        }
        assert_eq!(reached.count(), graph.len(), "{metric:?}, {links} links");
    }
}

fn stored(graph: &Graph) -> (GraphRecord, GraphBlobs<Vec<Bytes>>) {
    let GraphBlobs { nodes, base, upper, rises } = graph.blobs();
    let (nodes, base, upper, rises) = (nodes.to_vec(), base.to_vec(), upper.to_vec(), rises.to_vec());
    (graph.record(), GraphBlobs { nodes, base, upper, rises })
}

#[test]
fn a_stored_graph_answers_and_grows_as_before() {
    let mut random = Random(17);
    let mut vectors = clustered(&mut random, 1020, 0.0);
    let queries = vectors.split_off(1000);
    vectors[500] = vectors[3].clone();
    let world = World::new(Metric::L2, &vectors, 4, 20);
    let mut half = Graph::new(Metric::L2, 4, 20);
    let mut walk = Walk::new();
    (0..600).for_each(|slot| half.insert(&world.codes, slot, &mut walk));
    let (record, blobs) = stored(&half);
    let mut half = Graph::from_blobs(record, blobs).expect("what was stored");
    (600..1000).for_each(|slot| half.insert(&world.codes, slot, &mut walk));
    assert_eq!(half.record(), world.graph.record());
    assert!(half.size_bytes() > 1000 * (4 * 8 + 12));
    for query in &queries {
        let found = found(&half, &world.codes, &world.aim(query), 10, 20, ANY);
        assert_eq!(found, world.found(query, 10, 20, ANY));
    }
}

#[test]
fn whatever_byte_is_damaged_searches_and_insertions_end() {
    let mut random = Random(19);
    let mut vectors = clustered(&mut random, 61, 0.0);
    let query = vectors.pop().expect("61 vectors");
    (20..23).for_each(|at| vectors[at] = vectors[4].clone());
    let world = World::new(Metric::L2, &vectors, 2, 8);
    let aim = world.aim(&query);
    let mut half = Graph::new(Metric::Ip, 2, 8);
    (0..50).for_each(|slot| half.insert(&world.codes, slot, &mut Walk::new()));
    let (record, blobs) = stored(&half);
    assert!(record.upper_len > 10 && half.twins(4).count() == 3);
    let (mut refused, mut taken) = (0, 0);
    let mut check = |record: GraphRecord, blobs: GraphBlobs<Vec<Bytes>>| {
        let Some(mut graph) = Graph::from_blobs(record, blobs) else {
            refused += 1;
            return;
        };
        taken += 1;
        assert!(graph.len() <= 50, "no more slots than there are pages for");
        for allowed in [ANY, Some(&|slot| slot % 5 == 0)] {
            let found = found(&graph, &world.codes, &aim, 10, 10, allowed);
            assert!(found.iter().all(|candidate| candidate.row < 50));
        }
        (50..60).for_each(|slot| graph.insert(&world.codes, slot, &mut Walk::new()));
        found(&graph, &world.codes, &aim, 60, 10, ANY);
    };
    let bytes = postcard::to_allocvec(&record).expect("a record");
    for at in 0..bytes.len() {
        for flip in [1, 0x10, 0x80, 0xff] {
            let mut bytes = bytes.clone();
            bytes[at] ^= flip;
            if let Ok(record) = postcard::from_bytes(&bytes) {
                check(record, blobs.clone());
            }
        }
    }
    let header = crate::store::codec::HEADER_BYTES;
    for part in 0..4 {
        fn page(blobs: &mut GraphBlobs<Vec<Bytes>>, part: usize) -> &mut Bytes {
            [&mut blobs.nodes, &mut blobs.base, &mut blobs.upper, &mut blobs.rises][part].last_mut().expect("one page")
        }
        for at in header..page(&mut blobs.clone(), part).len() {
            for flip in [1, 4, 0x10, 0xff] {
                let mut blobs = blobs.clone();
                page(&mut blobs, part).as_mut_slice()[at] ^= flip;
                check(record, blobs);
            }
        }
        let mut blobs = blobs.clone();
        let len = page(&mut blobs, part).len();
        page(&mut blobs, part).truncate(len - 4);
        check(record, blobs);
    }
    assert!(refused > 1000 && taken > 1000, "{refused} refused, {taken} taken");
}
