//! What holds the rows of several segments beside their codes, an inverted file or a graph: what both have in common.

use serde::{Deserialize, Serialize};

use super::Thresholds;
use super::graph::{Gathered, Graph, GraphBlobs, GraphRecord, Order, Points, Walk};
#[cfg(feature = "instant-distance")]
use super::instant::Instant;
use super::inverted::{Builder, Inverted, StoredPages};
use super::slots::{SlotCodes, SlotPoints, blank_code};
use super::space::Space;
use crate::schema::Metric;
use crate::store::Bytes;
use crate::store::pages::Pages;

/// What an index wants beside codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Plan {
    /// Nothing: codes are scanned.
    Scan,
    /// An inverted file of about three times the root of the number of rows as clusters, from
    /// [`Thresholds::clustered_rows`] on.
    Auto,
    /// An inverted file of so many clusters, from [`Thresholds::named_rows`] on.
    Clusters(u32),
    /// A graph, from [`Thresholds::named_rows`] on.
    Graph {
        /// Most edges of a node above level 0 (Milvus's M).
        links: u32,
        /// Nodes that an insertion looks at (Milvus's efConstruction).
        width: u32,
    },
    /// A graph by the crate instant-distance, from [`Thresholds::named_rows`] on.
    #[cfg(feature = "instant-distance")]
    Instant {
        /// Nodes that insertions and searches look at.
        width: u32,
    },
}

/// What holds rows. Some of them may be gone.
#[derive(Debug)]
pub enum Form {
    /// Clusters.
    Inverted(Inverted),
    /// Nodes and edges.
    Graph(Graph),
    /// Those of a crate.
    #[cfg(feature = "instant-distance")]
    Instant(Instant),
}

/// What is stored of a form beside its pages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum FormRecord {
    /// An inverted file.
    Inverted {
        /// The first block of each cluster, and behind the last.
        starts: Vec<u32>,
        /// How many pages there are of the centres' rows, of their blocks and of the clusters, and records in a page.
        kinds: [(u32, u32); 3],
    },
    /// A graph.
    Graph {
        /// Its numbers.
        graph: GraphRecord,
        /// How many pages there are of nodes, neighbours, neighbours above and rises.
        kinds: [u32; 4],
    },
    /// What is never stored.
    #[cfg(feature = "instant-distance")]
    Instant,
}

/// A form on its way.
#[derive(Debug)]
pub enum Maker {
    /// An inverted file.
    Inverted(Builder),
    /// A graph.
    Graph {
        /// What there is of it.
        graph: Graph,
        /// The order of insertion, as long as it is not known.
        order: Option<Order>,
        /// The slots that are to have nodes, in that order.
        members: Vec<u32>,
        /// Copies of their codes, where there is room for them.
        gathered: Option<Gathered>,
        /// How many of them have theirs.
        done: usize,
    },
    /// A graph of a crate, which is made in one step.
    #[cfg(feature = "instant-distance")]
    Instant {
        /// The slots that are to have nodes.
        members: Vec<u32>,
        /// Nodes that insertions and searches look at.
        width: u32,
    },
}

/// Slots that get their room in a graph in the time in which a row is coded.
const SLOTS_PER_CODING: u32 = 32;

/// Codes that are copied in the time in which a row is coded.
const COPIES_PER_CODING: u32 = 8;

/// Nodes that an insertion looks at in the time in which a row is coded.
const WIDTH_PER_CODING: u32 = 8;

impl Plan {
    /// Whether a partition of so many rows gets what is planned.
    pub fn is_due(self, rows: u64, thresholds: Thresholds) -> bool {
        match self {
            Plan::Scan => false,
            Plan::Auto => rows >= thresholds.clustered_rows,
            Plan::Clusters(_) | Plan::Graph { .. } => rows >= thresholds.named_rows,
            #[cfg(feature = "instant-distance")]
            Plan::Instant { .. } => rows >= thresholds.named_rows,
        }
    }

    /// The heap that it takes at most to make it of `rows` rows of `dim` elements, beside their codes, in bytes.
    pub fn making_bytes(self, metric: Metric, dim: u32, rows: u64) -> u64 {
        match self {
            Plan::Scan => 0,
            Plan::Auto | Plan::Clusters(_) => Builder::making_bytes(dim, rows, self.lists(rows)),
            Plan::Graph { links, .. } => rows * (Graph::row_bytes(metric, links) + Order::ROW_BYTES),
            #[cfg(feature = "instant-distance")]
            Plan::Instant { .. } => rows * Instant::row_bytes(dim),
        }
    }

    /// How many clusters so many rows are put into.
    fn lists(self, rows: u64) -> u32 {
        match self {
            Plan::Clusters(lists) => lists,
            _ => (3.0 * (rows as f64).sqrt()) as u32,
        }
    }

    /// About the heap that copies of codes take, in bytes, with which it is made faster.
    pub fn copies_bytes(self, dim: u32, rows: u64) -> u64 {
        match self {
            Plan::Graph { .. } => Gathered::bytes_for(dim, rows),
            _ => 0,
        }
    }

    /// Begins to make what is planned of `members` (slots, ascending, all of them coded), of so many rows in all.
    /// With `is_roomy` the making may take [`Plan::copies_bytes`] more.
    pub fn begin(self, space: &Space, members: Vec<u32>, rows: u64, is_roomy: bool) -> Maker {
        match self {
            Plan::Graph { links, width } => {
                let (graph, order) = (Graph::new(space.metric(), links, width), Order::new(space, members));
                let gathered = is_roomy.then(|| {
                    let slots = order.last().map_or(0, |last| last + 1);
                    Gathered::new(space, slots, &blank_code(space))
                });
                Maker::Graph { graph, order: Some(order), members: Vec::new(), gathered, done: 0 }
            }
            #[cfg(feature = "instant-distance")]
            Plan::Instant { width } => Maker::Instant { members, width },
            Plan::Scan | Plan::Auto | Plan::Clusters(_) => {
                Maker::Inverted(Builder::new(space, members, self.lists(rows)))
            }
        }
    }
}

impl Maker {
    /// The heap that it holds, in bytes.
    pub fn size_bytes(&self) -> u64 {
        match self {
            Maker::Inverted(builder) => builder.size_bytes(),
            Maker::Graph { graph, order, members, gathered, .. } => {
                let order = order.as_ref().map_or(0, Order::size_bytes);
                let gathered = gathered.as_ref().map_or(0, Gathered::size_bytes);
                graph.size_bytes() + order + gathered + members.capacity() as u64 * 4
            }
            #[cfg(feature = "instant-distance")]
            Maker::Instant { members, .. } => members.capacity() as u64 * 4,
        }
    }

    /// Rows looked at so far, and rows to be looked at in all.
    pub fn progress(&self) -> (u64, u64) {
        match self {
            Maker::Inverted(builder) => builder.progress(),
            Maker::Graph { order, members, done, .. } => {
                (*done as u64, order.as_ref().map_or(members.len(), Order::len) as u64)
            }
            #[cfg(feature = "instant-distance")]
            Maker::Instant { members, .. } => (0, members.len() as u64),
        }
    }

    /// Works about as long as it takes to code `rows` rows, a row at least; gives the form out when it is complete.
    pub fn step(&mut self, space: &Space, codes: SlotCodes<'_>, rows: u32, walk: &mut Walk) -> Option<Form> {
        match self {
            Maker::Inverted(builder) => builder.step(space, codes, rows).map(Form::Inverted),
            #[cfg(feature = "instant-distance")]
            Maker::Instant { members, width } => {
                let points = SlotPoints { codes, blank: &blank_code(space) };
                Some(Form::Instant(Instant::build(&points, members.iter().copied(), *width)))
            }
            Maker::Graph { graph, order, members, gathered, done } => {
                if let Some(first) = order {
                    if let Some(sorted) = first.step(space, codes, rows) {
                        (*members, *order) = (sorted, None);
                    }
                    return None;
                }
                let len = codes.slots.len();
                if graph.len() < len {
                    graph.extend(len.min(graph.len().saturating_add(rows.saturating_mul(SLOTS_PER_CODING))));
                    return None;
                }
                if let Some(gathered) = gathered.as_mut().filter(|gathered| (gathered.len() as usize) < members.len()) {
                    let first = gathered.len() as usize;
                    for member in members[first..].iter().take(rows.saturating_mul(COPIES_PER_CODING) as usize) {
                        let (codes, row) = codes.get(*member);
                        gathered.push(*member, codes.record(row));
                    }
                    return None;
                }
                let blank = blank_code(space);
                let strewn = SlotPoints { codes, blank: &blank };
                let points = gathered.as_ref().map_or(&strewn as &dyn Points, |gathered| gathered);
                let cost = graph.record().width.div_ceil(WIDTH_PER_CODING);
                let mut left = rows;
                while let Some(member) = members.get(*done) {
                    if left == 0 {
                        return None;
                    }
                    graph.insert(points, *member, walk);
                    *done += 1;
                    left = left.saturating_sub(cost);
                }
                let empty = Graph::new(space.metric(), 0, 0);
                Some(Form::Graph(std::mem::replace(graph, empty)))
            }
        }
    }
}

impl Form {
    /// What it is, in words for `describeIndex`.
    pub fn name(&self) -> &'static str {
        match self {
            Form::Inverted(_) => "inverted file",
            Form::Graph(_) => "graph",
            #[cfg(feature = "instant-distance")]
            Form::Instant(_) => "graph of instant-distance",
        }
    }

    /// How many clusters there are.
    pub fn cluster_count(&self) -> u32 {
        match self {
            Form::Inverted(file) => file.len(),
            Form::Graph(_) => 0,
            #[cfg(feature = "instant-distance")]
            Form::Instant(_) => 0,
        }
    }

    /// The heap that it holds, in bytes.
    pub fn size_bytes(&self) -> u64 {
        match self {
            Form::Inverted(file) => file.size_bytes(),
            Form::Graph(graph) => graph.size_bytes(),
            #[cfg(feature = "instant-distance")]
            Form::Instant(graph) => graph.size_bytes(),
        }
    }

    /// Whether it is stored; what is not is made anew after an opening.
    pub fn is_kept(&self) -> bool {
        match self {
            Form::Inverted(_) | Form::Graph(_) => true,
            #[cfg(feature = "instant-distance")]
            Form::Instant(_) => false,
        }
    }

    /// The pages as blobs, whose headers are not written yet, kind by kind.
    pub fn blobs(&self) -> impl Iterator<Item = &Bytes> {
        let kinds = match self {
            Form::Inverted(file) => {
                let (rows, center_blocks, blocks) = file.pages();
                [rows.blobs(), center_blocks.map_or(&[], Pages::blobs), blocks.blobs(), &[]]
            }
            Form::Graph(graph) => {
                let GraphBlobs { nodes, base, upper, rises } = graph.blobs();
                [nodes, base, upper, rises]
            }
            #[cfg(feature = "instant-distance")]
            Form::Instant(_) => [&[] as &[Bytes]; 4],
        };
        kinds.into_iter().flatten()
    }

    /// What is stored beside the pages.
    pub fn record(&self) -> FormRecord {
        match self {
            Form::Inverted(file) => {
                let (rows, center_blocks, blocks) = file.pages();
                let kind = |pages: &Pages| (pages.blobs().len() as u32, pages.per_page());
                let kinds = [kind(rows), center_blocks.map_or((0, 0), kind), kind(blocks)];
                FormRecord::Inverted { starts: file.starts().to_vec(), kinds }
            }
            Form::Graph(graph) => {
                let GraphBlobs { nodes, base, upper, rises } = graph.blobs();
                let kinds = [nodes, base, upper, rises].map(|pages| pages.len() as u32);
                FormRecord::Graph { graph: graph.record(), kinds }
            }
            #[cfg(feature = "instant-distance")]
            Form::Instant(_) => FormRecord::Instant,
        }
    }

    /// The form of a record and its pages, for so many slots; `None` when they do not fit.
    pub fn from_blobs(space: &Space, record: &FormRecord, blobs: Vec<Bytes>, slots: u32) -> Option<Form> {
        let mut blobs = blobs.into_iter();
        let mut take = |count: u32| -> Vec<Bytes> { blobs.by_ref().take(count as usize).collect() };
        match record {
            FormRecord::Inverted { starts, kinds } => {
                let [rows, center_blocks, blocks] = kinds.map(|(count, per_page)| (per_page, take(count)));
                let stored = StoredPages { rows, center_blocks, blocks };
                Inverted::from_pages(space, starts.clone(), stored).map(Form::Inverted)
            }
            FormRecord::Graph { graph, kinds } => {
                let [nodes, base, upper, rises] = kinds.map(take);
                let graph = Graph::from_blobs(*graph, GraphBlobs { nodes, base, upper, rises })?;
                (graph.len() <= slots).then_some(Form::Graph(graph))
            }
            #[cfg(feature = "instant-distance")]
            FormRecord::Instant => None,
        }
    }
}
