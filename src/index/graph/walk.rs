//! Walks through a graph, from node to nearer node.

use std::collections::BinaryHeap;

use super::super::codes::Scan;
use super::super::top::{distance_of, slot_of};
use super::measure::{Measure, Place};
use super::{BOND, Graph, NONE, Points};

/// What marks an entry as left: a bit of its slot that slots do not use.
const LEFT: u64 = BOND as u64;

/// The widest walk whose nodes are kept in one sorted list. In wider ones what a newcomer pushes aside is more than what
/// two heaps cost.
const LISTED_MAX: usize = 1024;

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
    /// The nearest that count, nearest first.
    pub(super) found: Vec<u64>,
    /// Those of a node's neighbours that were not met before.
    fresh: Vec<u32>,
    /// Their entries.
    pub(super) met: Vec<u64>,
    /// A node that chooses its neighbours.
    pub(super) place: Place,
    /// Those that it has chosen.
    pub(super) places: Vec<Place>,
}

impl Walk {
    /// A walk that has not begun.
    pub fn new() -> Walk {
        Walk::default()
    }

    /// The heap that it holds, in bytes.
    pub fn size_bytes(&self) -> u64 {
        let entries = self.frontier.capacity() + self.found.capacity() + self.met.capacity();
        let places: u64 = self.places.iter().map(Place::size_bytes).sum();
        (self.epochs.capacity() * 2 + self.fresh.capacity() * 4 + entries * 8) as u64 + places
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
        let measure = Measure::to_aim(self, points, scan.aim);
        let is_allowed = |slot: u32| allowed.is_none_or(|allowed| allowed(slot));
        let counts = |slot: u32| is_allowed(slot) || self.twins(slot).any(is_allowed);
        let counts = allowed.is_some().then_some(&counts as &dyn Fn(u32) -> bool);
        let mut starts = vec![self.descend(&measure, 0, walk)];
        if allowed.is_some() {
            // What is allowed may lie elsewhere than what is near, and in several places.
            let mut others = vec![measure.entry(self.entry)];
            for level in (1..=self.level(self.entry)).rev() {
                if level == 1 {
                    others.push(starts[0]);
                }
                let bounds = Bounds { width: STARTS, passed: STARTS_PASSED };
                self.walk(&measure, walk, level, &others, bounds, counts);
                others.extend(&walk.found);
            }
            starts.extend(others);
        }
        self.walk(&measure, walk, 0, &starts, Bounds::of(width), counts);
        let is_exhausted = walk.found.len() < width;
        for at in 0..walk.found.len() {
            let entry = walk.found[at];
            let node = slot_of(entry);
            for slot in std::iter::once(node).chain(self.twins(node)) {
                walk.meet(slot);
                if is_allowed(slot) {
                    // A twin may still have the code that the node has lost.
                    let own = if slot == node { distance_of(entry) } else { measure.distance(slot) };
                    scan.offer(first_slot + slot, -own);
                }
            }
        }
        if is_exhausted {
            // What no edge leads to is still there.
            for slot in (0..self.len()).filter(|slot| is_allowed(*slot)) {
                if walk.meet(slot) {
                    scan.offer(first_slot + slot, -measure.distance(slot));
                }
            }
        }
    }

    /// The entry of the node that is nearest as far as levels above `level` tell.
    pub(super) fn descend(&self, measure: &Measure<'_>, level: u32, walk: &mut Walk) -> u64 {
        let mut nearest = measure.entry(self.entry);
        for level in (level + 1..=self.level(self.entry)).rev() {
            loop {
                walk.fresh.clear();
                walk.fresh.extend(self.neighbours(slot_of(nearest), level));
                measure.entries(&walk.fresh, f32::INFINITY, &mut walk.met);
                let next = walk.met.iter().copied().fold(nearest, u64::min);
                if next == nearest {
                    break;
                }
                nearest = next;
            }
        }
        nearest
    }

    /// Finds the nearest nodes that count (all do, where nothing else is said), as many as the width says, into
    /// `walk.found`; up to twice as many, one more for each node that it passes and that does not count.
    pub(super) fn walk(
        &self,
        measure: &Measure<'_>,
        walk: &mut Walk,
        level: u32,
        starts: &[u64],
        bounds: Bounds,
        counts: Option<&dyn Fn(u32) -> bool>,
    ) {
        walk.begin(self.len());
        match counts {
            None if bounds.width <= LISTED_MAX => self.walk_listed(measure, walk, level, starts, bounds.width),
            None => self.walk_heaped(measure, walk, level, starts, bounds, &|_| true),
            Some(counts) => self.walk_heaped(measure, walk, level, starts, bounds, counts),
        }
    }

    /// A walk on which all nodes count: those found are those to be left next, in one list in which some are marked as
    /// left.
    fn walk_listed(&self, measure: &Measure<'_>, walk: &mut Walk, level: u32, starts: &[u64], width: usize) {
        for start in starts {
            if walk.meet(slot_of(*start)) {
                take_in(&mut walk.found, width, *start);
            }
        }
        let mut next = 0;
        while let Some(entry) = walk.found.get_mut(next) {
            if *entry & LEFT != 0 {
                next += 1;
                continue;
            }
            let left = *entry;
            *entry |= LEFT;
            // Mostly that is the next to be left: its list comes while this one's codes are compared.
            if let Some(after) = walk.found.get(next + 1) {
                std::hint::black_box(self.list(slot_of(*after & !LEFT), level)[0]);
            }
            self.meet_neighbours(measure, walk, level, left);
            for met in &walk.met {
                if let Some(place) = take_in(&mut walk.found, width, *met) {
                    next = next.min(place);
                }
            }
        }
        walk.found.iter_mut().for_each(|entry| *entry &= !LEFT);
    }

    /// A walk on which not all nodes count, or of any width.
    fn walk_heaped(
        &self,
        measure: &Measure<'_>,
        walk: &mut Walk,
        level: u32,
        starts: &[u64],
        bounds: Bounds,
        counts: &dyn Fn(u32) -> bool,
    ) {
        // The farthest on top.
        let mut found = BinaryHeap::from(std::mem::take(&mut walk.found));
        for start in starts {
            if walk.meet(slot_of(*start)) {
                walk.frontier.push(!start);
                if counts(slot_of(*start)) {
                    found.push(*start);
                }
            }
        }
        let (least, mut width, mut passed) = (bounds.width, bounds.width, 0);
        while let Some(inverted) = walk.frontier.pop() {
            if passed > bounds.passed
                || found.len() >= width && found.peek().is_some_and(|farthest| !inverted > *farthest)
            {
                break;
            }
            self.meet_neighbours(measure, walk, level, !inverted);
            for met in &walk.met {
                let is_full = found.len() >= width;
                if is_full && found.peek().is_some_and(|farthest| *met >= *farthest) {
                    continue;
                }
                walk.frontier.push(!met);
                if counts(slot_of(*met)) {
                    if is_full {
                        found.pop();
                    }
                    found.push(*met);
                } else {
                    // What counts may lie to one side, where fewer edges of the nodes passed lead.
                    passed += 1;
                    width = least + passed.min(least);
                }
            }
        }
        walk.found = found.into_sorted_vec();
    }

    /// Writes the entries of a node's neighbours that were not met before into `walk.met`.
    fn meet_neighbours(&self, measure: &Measure<'_>, walk: &mut Walk, level: u32, left: u64) {
        let node = slot_of(left);
        let rises = if level == 0 { self.rises(node) } else { &[] };
        walk.fresh.clear();
        for list in [self.list(node, level), rises] {
            // Written out: in a build for size an iterator's step is a call.
            for to in list {
                if *to == NONE {
                    break;
                }
                let slot = *to & !BOND;
                if walk.meet(slot) {
                    walk.fresh.push(slot);
                }
            }
        }
        // Where there is no code any more, the walk passes as if the neighbour were where it came from.
        measure.entries(&walk.fresh, distance_of(left), &mut walk.met);
    }
}

/// Puts an entry into its place among at most `width` sorted ones; says where that is, if it is among them.
#[inline(always)]
fn take_in(sorted: &mut Vec<u64>, width: usize, entry: u64) -> Option<usize> {
    if sorted.len() < width {
        sorted.push(entry);
    } else if sorted.last().is_none_or(|last| entry >= *last) {
        return None;
    }
    let mut at = sorted.len() - 1;
    let sorted = sorted.as_mut_slice();
    while at > 0 && sorted[at - 1] > entry {
        sorted[at] = sorted[at - 1];
        at -= 1;
    }
    sorted[at] = entry;
    Some(at)
}
