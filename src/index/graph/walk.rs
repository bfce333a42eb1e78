//! Walks through a graph, from node to nearer node.

use std::collections::BinaryHeap;

use super::super::codes::Scan;
pub(super) use super::super::top::{distance_of, entry, slot_of};
use super::{BOND, Graph, NONE, Points};
use crate::kernel::touch;

/// Nodes of each higher level at which a filtered walk begins. With 16, and filters that follow the clusters, recall fell
/// below that without a filter in one case of ten; with 32 in none.
const STARTS: usize = 32;

/// Nodes that are passed in search of them, at each level: a filter that most fail is not to cost more here than there.
const STARTS_PASSED: usize = 256;

/// What walks need while they last; one serves all graphs, one after another.
#[derive(Debug, Clone, Default)]
pub struct Walk {
    /// The walk that met each slot last.
    epochs: Vec<u16>,
    epoch: u16,
    /// Met and not left yet, the nearest on top: entries inverted.
    frontier: BinaryHeap<u64>,
    /// The nearest that count, the farthest of them on top.
    pub(super) found: BinaryHeap<u64>,
    /// Those of a node's neighbours that were not met before.
    fresh: Vec<u32>,
}

impl Walk {
    /// A walk that has not begun.
    pub fn new() -> Walk {
        Walk::default()
    }

    /// The heap that it holds, in bytes.
    pub fn size_bytes(&self) -> u64 {
        let heaps = self.frontier.capacity() + self.found.capacity();
        (self.epochs.capacity() * 2 + self.fresh.capacity() * 4 + heaps * 8) as u64
    }

    fn begin(&mut self, len: u32) {
        if self.epochs.len() < len as usize {
            self.epochs.resize(len as usize, 0);
        }
        self.epoch = self.epoch.wrapping_add(1);
        if self.epoch == 0 {
            self.epochs.fill(0);
            self.epoch = 1;
        }
        self.frontier.clear();
        self.found.clear();
    }

    /// Notes that a slot was met; says whether it is the first time.
    #[inline(always)]
    fn meet(&mut self, slot: u32) -> bool {
        let epoch = &mut self.epochs[slot as usize];
        let is_new = *epoch != self.epoch;
        *epoch = self.epoch;
        is_new
    }
}

/// Where a walk ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Nodes that count and are wanted.
    width: usize,
    /// Nodes that do not count and may be met.
    passed: usize,
}

impl Bounds {
    /// Any number of nodes may be passed.
    pub(super) fn of(width: usize) -> Bounds {
        Bounds { width, passed: usize::MAX }
    }
}

impl Graph {
    /// Offers the nearest allowed slots (all are, where there is no filter) that a walk of `width` finds: it ends when it
    /// knows `width` allowed nodes and none that it could still go to is nearer than all of them. So a filter makes walks
    /// longer and takes nothing from recall; where it leaves fewer than `width`, all that it leaves are offered. No less
    /// than the scan's limit counts as width.
    ///
    /// `points` has the codes of all slots that were inserted; where it has none any more, walks pass as if the slot
    /// were where they came from. A slot is offered as `first_slot` more than its own.
    pub fn search(
        &self,
        points: &dyn Points,
        first_slot: u32,
        scan: &mut Scan<'_>,
        width: u32,
        allowed: Option<&dyn Fn(u32) -> bool>,
        walk: &mut Walk,
    ) {
        if self.entry == NONE {
            return;
        }
        let width = (width as usize).max(scan.top.limit()).max(1);
        let aim = scan.aim;
        let distance = |slot: u32| -aim.key(points.record(slot));
        let is_allowed = |slot: u32| allowed.is_none_or(|allowed| allowed(slot));
        let counts = |slot: u32| is_allowed(slot) || self.twins(slot).any(is_allowed);
        let mut starts = vec![self.descend(0, &distance)];
        if allowed.is_some() {
            // What is allowed may lie elsewhere than what is near, and in several places.
            let mut others = vec![entry(distance(self.entry), self.entry)];
            for level in (1..=self.level(self.entry)).rev() {
                if level == 1 {
                    others.push(starts[0]);
                }
                let bounds = Bounds { width: STARTS, passed: STARTS_PASSED };
                self.walk(points, walk, level, &others, bounds, &distance, &counts);
                others.extend(&walk.found);
            }
            starts.extend(others);
        }
        self.walk(points, walk, 0, &starts, Bounds::of(width), &distance, &counts);
        let is_exhausted = walk.found.len() < width;
        for entry in std::mem::take(&mut walk.found) {
            let node = slot_of(entry);
            for slot in std::iter::once(node).chain(self.twins(node)) {
                walk.meet(slot);
                if is_allowed(slot) {
                    // A twin may still have the code that the node has lost.
                    let own = if slot == node { distance_of(entry) } else { distance(slot) };
                    scan.offer(first_slot + slot, -own);
                }
            }
        }
        if is_exhausted {
            // What no edge leads to is still there.
            for slot in (0..self.len()).filter(|slot| is_allowed(*slot)) {
                if walk.meet(slot) {
                    scan.offer(first_slot + slot, -distance(slot));
                }
            }
        }
    }

    /// The entry of the node that is nearest as far as levels above `level` tell.
    pub(super) fn descend(&self, level: u32, distance: &dyn Fn(u32) -> f32) -> u64 {
        let mut nearest = entry(distance(self.entry), self.entry);
        for level in (level + 1..=self.level(self.entry)).rev() {
            loop {
                let neighbours = self.neighbours(slot_of(nearest), level);
                let next = neighbours.map(|slot| entry(distance(slot), slot)).fold(nearest, u64::min);
                if next == nearest {
                    break;
                }
                nearest = next;
            }
        }
        nearest
    }

    /// Finds the nearest nodes that count, as many as the width says, into `walk.found`; up to twice as many, one more for
    /// each node that it passes and that does not count.
    #[expect(clippy::too_many_arguments, reason = "what is walked on, from where, how far, by what measure")]
    pub(super) fn walk(
        &self,
        points: &dyn Points,
        walk: &mut Walk,
        level: u32,
        starts: &[u64],
        bounds: Bounds,
        distance: &dyn Fn(u32) -> f32,
        counts: &dyn Fn(u32) -> bool,
    ) {
        walk.begin(self.len());
        for start in starts {
            if walk.meet(slot_of(*start)) {
                walk.frontier.push(!start);
                if counts(slot_of(*start)) {
                    walk.found.push(*start);
                }
            }
        }
        let (least, mut width, mut passed) = (bounds.width, bounds.width, 0);
        while let Some(inverted) = walk.frontier.pop() {
            if walk.found.len() >= width && walk.found.peek().is_some_and(|farthest| !inverted > *farthest) {
                break;
            }
            let left = slot_of(!inverted);
            let rises = if level == 0 { self.rises(left) } else { &[] };
            walk.fresh.clear();
            let mut touched = 0;
            for list in [self.list(left, level), rises] {
                // Written out: in a build for size an iterator's step is a call.
                for to in list {
                    if *to == NONE {
                        break;
                    }
                    let slot = *to & !BOND;
                    if walk.meet(slot) {
                        walk.fresh.push(slot);
                        touched ^= touch(points.record(slot));
                    }
                }
            }
            std::hint::black_box(touched);
            for at in 0..walk.fresh.len() {
                let slot = walk.fresh[at];
                let own = distance(slot);
                let met = entry(if own.is_nan() { distance_of(!inverted) } else { own }, slot);
                let is_full = walk.found.len() >= width;
                if is_full && walk.found.peek().is_some_and(|farthest| met >= *farthest) {
                    continue;
                }
                walk.frontier.push(!met);
                if counts(slot) {
                    if is_full {
                        walk.found.pop();
                    }
                    walk.found.push(met);
                } else {
                    // What counts may lie to one side, where fewer edges of the nodes passed lead.
                    passed += 1;
                    if passed > bounds.passed {
                        return;
                    }
                    width = least + passed.min(least);
                }
            }
        }
    }
}
