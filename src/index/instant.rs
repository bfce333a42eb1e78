//! A graph by the crate `instant-distance`, in builds with the feature of that name; no other file knows the crate.
//!
//! It is built at once over rows that do not change any more, and answers by keys as [`graph`](super::graph) does. What
//! the crate fixes: 32 edges a node (64 at level 0); the width of walks, when it is built; no question about filters,
//! so that they choose among what was found. The same rows give the same graph on one thread, which WebAssembly has;
//! natively it is built by all threads in no fixed order.

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
    search: Search,
}

impl Instant {
    /// Builds the graph of the slots below `len`; those without a code are left out. `construction_width` is the crate's
    /// `ef_construction`, `search_width` its `ef_search`: no search finds more than that.
    pub fn build(points: &dyn Points, len: u32, construction_width: u32, search_width: u32) -> Instant {
        let (mut rows, mut slots) = (Rows::default(), Vec::new());
        for slot in 0..len {
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
        let builder = Builder::default().seed(SEED).ef_construction(construction_width.max(1) as usize);
        let map = builder.ef_search(search_width.max(1) as usize).build(places, slots);
        Instant { map, rows, search: Search::default() }
    }

    /// Offers what a walk finds and is allowed. Says whether they are enough for the scan: if not, there may be
    /// others, since a filter or the width cut them off.
    pub fn search(&mut self, scan: &mut Scan<'_>, allowed: Option<&dyn Fn(u32) -> bool>) -> bool {
        let aim = Place::Aim(Arc::new(scan.aim.coordinates.clone()));
        let mut offered = 0u32;
        for found in self.map.search(&aim, &mut self.search) {
            if allowed.is_none_or(|allowed| allowed(*found.value)) {
                scan.offer(*found.value, -found.distance);
                offered += 1;
            }
        }
        offered >= scan.enough
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
    use crate::index::top::Top;
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

    /// The slots that are found, and whether they are as many as wanted.
    fn found(
        graph: &mut Instant,
        space: &Space,
        query: &[f32],
        allowed: Option<&dyn Fn(u32) -> bool>,
    ) -> (Vec<u32>, bool) {
        let (aim, tie) = (space.aim(query).expect("a query"), |a: u32, b: u32| a.cmp(&b));
        let mut scan = Scan { aim: &aim, slack: 0.0, top: Top::new(10), enough: 10, change_count: 0, tie: &tie };
        let is_enough = graph.search(&mut scan, allowed);
        (scan.top.into_sorted(&tie).iter().map(|candidate| candidate.row).collect(), is_enough)
    }

    #[test]
    fn a_wide_walk_finds_nearly_all_for_metrics_of_likeness() {
        for metric in [Metric::L2, Metric::Cosine] {
            let (space, codes) = world(metric, &floats(2000, 1));
            let mut graph = Instant::build(&codes, codes.len(), 100, 100);
            assert!(graph.size_bytes() > 2000 * (256 + 4 * u64::from(DIM)));
            let mut hits = 0;
            for query in floats(50, 2).chunks(DIM as usize) {
                let aim = space.aim(query).expect("a query");
                let mut expected: Vec<u32> = (0..2000).collect();
                expected.sort_by(|a, b| codes.key(&aim, *b).total_cmp(&codes.key(&aim, *a)));
                let (rows, is_enough) = found(&mut graph, &space, query, None);
                assert!(is_enough && rows.len() == 10);
                hits += rows.iter().filter(|row| expected[..10].contains(row)).count();
            }
            assert!(hits >= 490, "{metric:?}: {hits} of 500");
        }
    }

    #[test]
    fn what_a_filter_or_the_width_cuts_off_is_said() {
        let (space, codes) = world(Metric::L2, &floats(500, 3));
        let query = &floats(1, 4)[..];
        let mut graph = Instant::build(&codes, codes.len(), 50, 50);
        let (rows, is_enough) = found(&mut graph, &space, query, Some(&|slot| slot % 2 == 1));
        assert!(is_enough && rows.len() == 10 && rows.iter().all(|row| row % 2 == 1));
        let (rows, is_enough) = found(&mut graph, &space, query, Some(&|slot| slot % 100 == 0));
        assert!(!is_enough && rows.iter().all(|row| row % 100 == 0));
        let mut narrow = Instant::build(&codes, codes.len(), 50, 5);
        assert!(!found(&mut narrow, &space, query, None).1);
    }

    #[test]
    fn no_rows_few_rows_and_rows_without_codes() {
        let mut rows = floats(4, 5);
        rows[DIM as usize..2 * DIM as usize].fill(f32::MAX);
        let query = &floats(1, 6)[..];
        for count in [0, 1, 4] {
            let (space, codes) = world(Metric::L2, &rows[..count * DIM as usize]);
            let mut graph = Instant::build(&codes, codes.len(), 10, 10);
            let (mut found, is_enough) = found(&mut graph, &space, query, None);
            found.sort_unstable();
            let coded: Vec<u32> = (0..count as u32).filter(|row| *row != 1).collect();
            assert_eq!((found, is_enough), (coded, false));
        }
    }
}
