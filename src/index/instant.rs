//! A graph by the crate `instant-distance`, in builds with the feature of that name; no other file knows the crate.
//!
//! It is built at once over rows that do not change any more, and answers by keys as [`graph`](super::graph) does. It is
//! not stored: it is built anew after every opening. What the crate fixes: 32 edges a node (64 at level 0); the width
//! of walks, when it is built; no question about filters, so that they choose among what was found. The same rows give
//! the same graph on one thread, which WebAssembly has; natively it is built by all threads in no fixed order.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use instant_distance::{Builder, HnswMap, Point, Search};

use super::codes::{Scan, key_parts};
use super::graph::Points;
use crate::kernel;

/// The crate draws levels at random; a fixed seed makes them the same each time.
const SEED: u64 = 0;

/// Bytes of a node: 64 edges, and 32 on each level above, of which a node has 0.4 in the mean.
const NODE_BYTES: u64 = 64 * 4 + 51;

/// The graph.
pub struct Instant {
    map: HnswMap<Place, u32>,
    rows: Arc<Rows>,
    search: RefCell<Search>,
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instant").field("rows", &self.rows.biases.len()).finish_non_exhaustive()
    }
}

impl Instant {
    /// Builds the graph of some slots; those without a code are left out. `width` is both of the crate's, `ef_construction`
    /// and `ef_search`: no search finds more than that.
    pub fn build(points: &dyn Points, members: impl Iterator<Item = u32>, width: u32) -> Instant {
        let (mut rows, mut slots) = (Rows::default(), Vec::new());
        for slot in members {
            let (code, step, bias) = key_parts(points.record(slot));
            if step.is_finite() {
                rows.padded = code.len();
                rows.values.extend(code.iter().map(|code| f32::from(i16::from(*code) - 64) * step));
                rows.biases.push(bias);
                slots.push(slot);
            }
        }
        let rows = Arc::new(rows);
        let places = (0..slots.len() as u32).map(|at| Place::Row(rows.clone(), at)).collect();
        let width = width.max(1) as usize;
        let map = Builder::default().seed(SEED).ef_construction(width).ef_search(width).build(places, slots);
        Instant { map, rows, search: RefCell::default() }
    }

    /// Offers what a walk finds and is allowed, a slot as `first_slot` more than its own, if that are as many as the scan
    /// wants. If not, nothing is offered and it says so: there may be others, which a filter or the width cut off.
    pub fn search(&self, first_slot: u32, scan: &mut Scan<'_>, allowed: &dyn Fn(u32) -> bool) -> bool {
        let aim = Place::Aim(Arc::new(scan.aim.coordinates.clone()));
        let mut search = self.search.borrow_mut();
        let found = self.map.search(&aim, &mut search).filter(|found| allowed(*found.value));
        let found: Vec<(u32, f32)> = found.map(|found| (*found.value, found.distance)).collect();
        let is_enough = found.len() >= scan.top.limit();
        if is_enough {
            found.into_iter().for_each(|(slot, distance)| scan.offer(first_slot + slot, -distance));
        }
        is_enough
    }

    /// About the heap that a row takes, in bytes: as floats, with its node.
    pub fn row_bytes(dim: u32) -> u64 {
        4 * (u64::from(dim).next_multiple_of(16) + 1) + NODE_BYTES + (size_of::<Place>() + size_of::<u32>()) as u64
    }

    /// The heap that the graph holds, in bytes, as far as the crate lets one know: the rows' points are its own.
    pub fn size_bytes(&self) -> u64 {
        let node = NODE_BYTES + (size_of::<Place>() + size_of::<u32>()) as u64;
        let floats = self.rows.values.capacity() + self.rows.biases.capacity();
        self.rows.biases.len() as u64 * node + floats as u64 * 4
    }
}

/// The points of all rows.
#[derive(Debug, Default)]
struct Rows {
    values: Vec<f32>,
    biases: Vec<f32>,
    padded: usize,
}

impl Rows {
    fn row(&self, at: u32) -> &[f32] {
        &self.values[at as usize * self.padded..][..self.padded]
    }
}

/// A row or a query, light to clone, since the crate clones all of them while it builds.
#[derive(Debug, Clone)]
enum Place {
    Row(Arc<Rows>, u32),
    Aim(Arc<Vec<f32>>),
}

impl Point for Place {
    fn distance(&self, other: &Place) -> f32 {
        match (self, other) {
            (Place::Row(rows, a), Place::Row(_, b)) => kernel::squared_distance(rows.row(*a), rows.row(*b)),
            (Place::Aim(aim), Place::Row(rows, at)) | (Place::Row(rows, at), Place::Aim(aim)) => {
                -(kernel::inner_product(aim, rows.row(*at)) + rows.biases[*at as usize])
            }
            (Place::Aim(_), Place::Aim(_)) => unreachable!("queries are compared with rows alone"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::VectorColumn;
    use crate::index::codes::Codes;
    use crate::index::space::Space;
    use crate::schema::Metric;

    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const DIM: u32 = 24;

    fn floats(count: u32, seed: u64) -> Vec<f32> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            (state >> 40) as f32 / (1 << 24) as f32 - 0.5
        };
        (0..count * DIM).map(|_| (0..4).map(|_| next()).sum()).collect()
    }

    fn world(metric: Metric, rows: &[f32]) -> (Space, Codes) {
        let mut column = VectorColumn::new(DIM);
        column.extend(rows);
        let space = Space::new(metric, Space::mean(metric, DIM, rows.chunks(DIM as usize)));
        let mut codes = Codes::new(&space);
        codes.extend(&space, &column, u32::MAX);
        (space, codes)
    }

    /// The slots that are found; `None` when they are not as many as wanted.
    fn found(graph: &Instant, space: &Space, query: &[f32], allowed: &dyn Fn(u32) -> bool) -> Option<Vec<u32>> {
        let (aim, tie) = (space.aim(query).expect("a query"), |a: u32, b: u32| a.cmp(&b));
        let mut scan = Scan::new(&aim, 0.0, 10, 10, &tie);
        let is_enough = graph.search(0, &mut scan, allowed);
        let found: Vec<u32> = scan.top.into_sorted(&tie).iter().map(|candidate| candidate.row).collect();
        assert_eq!(found.len(), if is_enough { 10 } else { 0 }, "all that is wanted, or nothing");
        is_enough.then_some(found)
    }

    #[test]
    fn a_wide_walk_finds_nearly_all_for_metrics_of_likeness() {
        for metric in [Metric::L2, Metric::Cosine] {
            let (space, codes) = world(metric, &floats(2000, 1));
            let graph = Instant::build(&codes, 0..codes.len(), 100);
            assert!(graph.size_bytes() > 2000 * (256 + 4 * u64::from(DIM)));
            let mut hits = 0;
            for query in floats(50, 2).chunks(DIM as usize) {
                let aim = space.aim(query).expect("a query");
                let mut expected: Vec<u32> = (0..2000).collect();
                expected.sort_by(|a, b| codes.key(&aim, *b).total_cmp(&codes.key(&aim, *a)));
                let rows = found(&graph, &space, query, &|_| true).expect("no filter");
                hits += rows.iter().filter(|row| expected[..10].contains(row)).count();
            }
            assert!(hits >= 490, "{metric:?}: {hits} of 500");
        }
    }

    #[test]
    fn what_a_filter_or_the_width_cuts_off_is_said() {
        let (space, codes) = world(Metric::L2, &floats(500, 3));
        let query = &floats(1, 4)[..];
        let graph = Instant::build(&codes, 0..codes.len(), 50);
        let rows = found(&graph, &space, query, &|slot| slot % 2 == 1).expect("half of the rows");
        assert!(rows.iter().all(|row| row % 2 == 1));
        assert_eq!(found(&graph, &space, query, &|slot| slot % 100 == 0), None);
        let narrow = Instant::build(&codes, 0..codes.len(), 5);
        assert_eq!(found(&narrow, &space, query, &|_| true), None);
    }

    #[test]
    fn no_rows_few_rows_and_rows_without_codes() {
        let mut rows = floats(12, 5);
        rows[DIM as usize..2 * DIM as usize].fill(f32::MAX);
        let query = &floats(1, 6)[..];
        for count in [0, 1, 4, 11, 12] {
            let (space, codes) = world(Metric::L2, &rows[..count * DIM as usize]);
            let graph = Instant::build(&codes, 0..codes.len(), 20);
            let found = found(&graph, &space, query, &|_| true);
            assert_eq!(found.is_some(), count >= 11, "{count} rows");
            assert!(found.unwrap_or_default().iter().all(|row| *row != 1));
        }
    }
}
