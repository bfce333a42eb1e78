//! A navigable graph over the codes of rows: hierarchical small worlds (Malkov and Yashunin 2018).
//!
//! Nodes are *slots*, numbered by the caller; their codes are reached through [`Points`], since they lie in several
//! segments. Edges join what is near by the Euclidean distance of points, whatever
//! the metric. For inner products there are *rises* beside them, which lead to the points of the greatest products with
//! a node (ip-NSW, Morozov and Babenko 2018): what a query looks for is far out then, and its rivals are not its
//! neighbours. Walks follow the query's keys over all of them.
//!
//! Each node but the first of a level has a *bond*, an edge to and from the node that was nearest when it came, which is
//! never given up. So every level is connected, where choices by distance alone make islands of distant clusters.
//!
//! Rows whose codes are the same are one node and its *twins*, which share its place: edges among equals would fill
//! every list of them and leave none that leads out.
//!
//! The graph chooses candidates; it knows neither rows nor filters beyond a question a slot. It is built one insertion
//! at a time and never rebuilt; dead slots stay as places to walk through.

mod build;
mod gathered;
mod measure;
mod order;
#[cfg(test)]
mod tests;
mod walk;

pub use gathered::Gathered;
pub use order::Order;
pub use walk::Walk;

use super::codes::Codes;
use crate::bitmap::Bitmap;
use crate::schema::Metric;
use crate::store::Bytes;
use crate::store::pages::Pages;
use serde::{Deserialize, Serialize};

/// No slot.
const NONE: u32 = u32::MAX;

/// What marks an edge as a bond; slots are smaller.
const BOND: u32 = 1 << 31;

/// Most edges of a node above level 0; Milvus's limit of M.
pub const LINKS_MAX: u32 = 2048;

/// Most nodes that an insertion looks at, whatever efConstruction says: a step of background work is to stay one of
/// milliseconds, and more has not been seen to find more.
const WIDTH_MAX: u32 = 4096;

/// Bytes that a page aims at.
const PAGE_BYTES: usize = 256 << 10;

/// The highest level; what is stored of a node has four bits for it.
const LEVEL_MAX: u32 = 15;

/// Bytes of a node: the square of its point's length as a float, its place above level 0, its first twin.
const NODE_BYTES: usize = 12;

/// Where the codes of slots lie.
pub trait Points {
    /// The seven-bit code of a slot, as [`Codes::record`] gives it.
    fn record(&self, slot: u32) -> &[u8];

    /// Those of several slots, in their order. There is room for all of them.
    fn records<'a>(&'a self, slots: &[u32], records: &mut [&'a [u8]]) {
        for (record, slot) in records.iter_mut().zip(slots) {
            *record = self.record(*slot);
        }
    }

    /// Whether codes end with their points' squares in place of their biases.
    fn holds_squares(&self) -> bool {
        false
    }
}

impl Points for Codes {
    fn record(&self, slot: u32) -> &[u8] {
        Codes::record(self, slot)
    }
}

/// The graph.
#[derive(Debug, Clone)]
pub struct Graph {
    /// Most edges of a node above level 0; twice as many at level 0.
    links: u32,
    /// Nodes that an insertion looks at to choose a new node's neighbours.
    width: u32,
    nodes: Pages,
    /// The neighbours of every slot at level 0, ended by [`NONE`] where there are fewer than fit.
    base: Pages,
    /// The neighbours above, likewise; a node's levels lie one after another.
    upper: Pages,
    /// The nodes with the greatest products with each slot's, likewise; for inner products alone.
    rises: Option<Pages>,
    /// Slots that have twins.
    twinned: Bitmap,
    /// A node of the highest level, where walks begin; [`NONE`] as long as no slot has a code.
    entry: u32,
}

/// What is stored of a graph beside its pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct GraphRecord {
    /// Most edges of a node above level 0.
    pub links: u32,
    /// Nodes that an insertion looks at.
    pub width: u32,
    /// Whether there are rises.
    pub has_rises: bool,
    /// How many slots there are.
    pub len: u32,
    /// How many lists there are above level 0.
    pub upper_len: u32,
    /// Where walks begin.
    pub entry: u32,
}

/// The pages of a graph as blobs; [`Graph::blobs`] gives them and [`Graph::from_blobs`] takes them.
#[derive(Debug, Clone, Default)]
pub struct GraphBlobs<B> {
    /// Nodes.
    pub nodes: B,
    /// Neighbours at level 0.
    pub base: B,
    /// Neighbours above.
    pub upper: B,
    /// Rises.
    pub rises: B,
}

impl Graph {
    /// No slots yet. `links` is Milvus's M, from 2 to [`LINKS_MAX`]; `width` its efConstruction, from 1 to [`WIDTH_MAX`].
    pub fn new(metric: Metric, links: u32, width: u32) -> Graph {
        let links = links.clamp(2, LINKS_MAX);
        let [nodes, base, upper] = record_bytes(links).map(|bytes| Pages::new(bytes, per_page(bytes)));
        let rises = (metric == Metric::Ip).then(|| upper.clone());
        Graph {
            links,
            width: width.clamp(1, WIDTH_MAX),
            nodes,
            base,
            upper,
            rises,
            twinned: Bitmap::new(0),
            entry: NONE,
        }
    }

    /// The graph of stored pages; `None` for what is no graph. Whatever it is made of, searching it ends.
    pub fn from_blobs(record: GraphRecord, blobs: GraphBlobs<Vec<Bytes>>) -> Option<Graph> {
        let GraphRecord { links, width, has_rises, len, upper_len, entry } = record;
        if !(2..=LINKS_MAX).contains(&links) || width == 0 || len > BOND || (entry >= len && entry != NONE) {
            return None;
        }
        let [nodes, base, upper] = record_bytes(links);
        let nodes = Pages::from_blobs(nodes, per_page(nodes), len, blobs.nodes)?;
        let base = Pages::from_blobs(base, per_page(base), len, blobs.base)?;
        let rises = match has_rises {
            true => Some(Pages::from_blobs(upper, per_page(upper), len, blobs.rises)?),
            false => None,
        };
        let upper = Pages::from_blobs(upper, per_page(upper), upper_len, blobs.upper)?;
        let mut graph = Graph { links, width, nodes, base, upper, rises, twinned: Bitmap::new(len), entry };
        graph.check()?;
        for slot in 0..len {
            if graph.node(slot)[TWIN] != NONE {
                graph.twinned.insert(slot);
            }
        }
        Some(graph)
    }

    /// About the heap that a slot takes in a graph of so many links, in bytes.
    pub fn row_bytes(metric: Metric, links: u32) -> u64 {
        let [node, base, upper] = record_bytes(links).map(|bytes| bytes as u64);
        let rises = if metric == Metric::Ip { upper } else { 0 };
        // Few slots have a list above level 0: one in as many as there are links.
        node + base + rises + upper / u64::from(links.max(1))
    }

    /// What is stored beside the pages.
    pub fn record(&self) -> GraphRecord {
        let (len, upper_len, has_rises) = (self.nodes.len(), self.upper.len(), self.rises.is_some());
        GraphRecord { links: self.links, width: self.width, has_rises, len, upper_len, entry: self.entry }
    }

    /// The pages as blobs, whose headers are not written yet.
    pub fn blobs(&self) -> GraphBlobs<&[Bytes]> {
        let rises = self.rises.as_ref().map_or(&[] as &[Bytes], Pages::blobs);
        GraphBlobs { nodes: self.nodes.blobs(), base: self.base.blobs(), upper: self.upper.blobs(), rises }
    }

    /// How many slots were inserted.
    pub fn len(&self) -> u32 {
        self.nodes.len()
    }

    /// Whether none was.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The heap that the graph holds, in bytes; codes are not its own.
    pub fn size_bytes(&self) -> u64 {
        let rises = self.rises.as_ref().map_or(0, Pages::size_bytes);
        self.nodes.size_bytes() + self.base.size_bytes() + self.upper.size_bytes() + rises + self.twinned.size_bytes()
    }

    /// Whether all numbers lie where walks may use them.
    fn check(&self) -> Option<()> {
        let mut upper_next = 0;
        for slot in 0..self.len() {
            let [_, place, twin] = self.node(slot);
            let level = place & LEVEL_MAX;
            if level > 0 && place >> 4 != upper_next || twin >= self.len() && twin != NONE {
                return None;
            }
            upper_next += level;
            if upper_next > self.upper.len() {
                return None;
            }
            // Also behind the first `NONE`: an insertion would bring it to light.
            let leads = |to: u32, level| to < self.len() && self.level(to) >= level;
            let is_sound = |list: &[u32], level| list.iter().all(|to| *to == NONE || leads(*to & !BOND, level));
            if !(0..=level).all(|level| is_sound(self.list(slot, level), level)) || !is_sound(self.rises(slot), 0) {
                return None;
            }
        }
        (upper_next == self.upper.len()).then_some(())
    }

    #[inline(always)]
    fn node(&self, slot: u32) -> [u32; 3] {
        let words: &[u32] = bytemuck::cast_slice(self.nodes.record(slot));
        [words[SQUARE], words[PLACE], words[TWIN]]
    }

    fn node_mut(&mut self, slot: u32) -> &mut [u32] {
        bytemuck::cast_slice_mut(self.nodes.record_mut(slot))
    }

    /// The square of a slot's point, as far as its code tells.
    #[inline(always)]
    fn square(&self, slot: u32) -> f32 {
        f32::from_bits(self.node(slot)[SQUARE])
    }

    /// The highest level of a slot.
    fn level(&self, slot: u32) -> u32 {
        self.node(slot)[PLACE] & LEVEL_MAX
    }

    /// A slot's neighbours at one of its levels.
    fn neighbours(&self, slot: u32, level: u32) -> impl Iterator<Item = u32> {
        slots(self.list(slot, level))
    }

    /// The list of a slot's neighbours at one of its levels, with the marks of bonds.
    #[inline(always)]
    fn list(&self, slot: u32, level: u32) -> &[u32] {
        bytemuck::cast_slice(match level {
            0 => self.base.record(slot),
            _ => self.upper.record((self.node(slot)[PLACE] >> 4) + level - 1),
        })
    }

    /// The list of a slot's rises.
    #[inline(always)]
    fn rises(&self, slot: u32) -> &[u32] {
        self.rises.as_ref().map_or(&[], |rises| bytemuck::cast_slice(rises.record(slot)))
    }

    /// The slots that share a slot's code and came after it.
    fn twins(&self, slot: u32) -> impl Iterator<Item = u32> {
        let first = if self.twinned.contains(slot) { self.node(slot)[TWIN] } else { NONE };
        // Each has a smaller number than the one before: a chain in which one has not is damaged, and ends.
        let older = |twin: &u32| Some(self.node(*twin)[TWIN]).filter(|older| older < twin);
        std::iter::successors(Some(first).filter(|first| *first != NONE), older)
    }
}

/// The slots of a list.
#[inline(always)]
fn slots(list: &[u32]) -> impl Iterator<Item = u32> {
    list.iter().take_while(|to| **to != NONE).map(|to| to & !BOND)
}

/// The words of a node.
const SQUARE: usize = 0;
const PLACE: usize = 1;
const TWIN: usize = 2;

/// Bytes of the records of nodes, lists at level 0, and lists above.
fn record_bytes(links: u32) -> [usize; 3] {
    [NODE_BYTES, links as usize * 8, links as usize * 4]
}

fn per_page(record_bytes: usize) -> u32 {
    (PAGE_BYTES / record_bytes).max(1) as u32
}
