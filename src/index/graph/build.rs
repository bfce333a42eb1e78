//! Insertion: a new node, its neighbours, and what they give up for it.

use std::collections::BinaryHeap;

use super::walk::{Bounds, Walk, distance_of, entry, slot_of};
use super::{BOND, Graph, LEVEL_MAX, NONE, PLACE, Place, Points, SQUARE, TWIN, slots};
use crate::index::codes::key_parts;

impl Graph {
    /// Inserts the next slot. The work is bounded by the graph's width and links, whatever its size.
    ///
    /// A slot without a code (one whose step is no number) takes a number and no part.
    ///
    /// # Panics
    /// If `slot` is not the number of slots that were inserted before.
    pub fn insert(&mut self, points: &dyn Points, slot: u32, walk: &mut Walk) {
        assert_eq!(slot, self.len(), "slots come one after another");
        bytemuck::cast_slice_mut(self.nodes.push()).copy_from_slice(&[0u32, 0, NONE]);
        self.base.push().fill(0xff);
        if let Some(rises) = &mut self.rises {
            rises.push().fill(0xff);
        }
        self.twinned.push(false);
        let record = points.record(slot);
        if !key_parts(record).1.is_finite() {
            return;
        }
        let place = Place::of(record);
        self.node_mut(slot)[SQUARE] = place.square.to_bits();
        let level = level(slot, self.links);
        if self.entry == NONE {
            self.raise(slot, level);
            self.entry = slot;
            return;
        }
        let top = self.level(self.entry);
        let distance = |other: u32| place.distance(points.record(other), self.square(other));
        let mut start = self.descend(level.min(top), &distance);
        let mut chosen = Vec::new();
        for level in (0..=level.min(top)).rev() {
            let found = self.nearest(points, walk, level, start, &distance);
            start = found[0];
            let mut nearest = found.iter().take_while(|entry| distance_of(**entry) <= 0.0);
            if let Some(twin) = nearest.find(|entry| points.record(slot_of(**entry)) == record) {
                self.pair(slot_of(*twin), slot);
                return;
            }
            let bond = found.iter().map(|entry| slot_of(*entry)).find(|slot| self.takes_bond(*slot, level));
            let bonds: Vec<u32> = bond.into_iter().collect();
            chosen.push((level, self.select(points, Edge::Near, &found, self.links, &bonds), bonds));
        }
        let rises = self.rises.as_ref().map(|_| {
            let distance = |other: u32| -place.product(points.record(other));
            let start = self.descend(0, &distance);
            let found = self.nearest(points, walk, 0, start, &distance);
            self.select(points, Edge::Rise, &found, self.links, &[])
        });
        self.raise(slot, level);
        for (level, neighbours, bonds) in chosen {
            self.connect(points, Edge::Near, slot, level, &neighbours, &bonds);
        }
        if let Some(rises) = rises {
            self.connect(points, Edge::Rise, slot, 0, &rises, &[]);
        }
        if level > top {
            self.entry = slot;
        }
    }

    /// The nearest nodes of a level, nearest first.
    fn nearest(
        &self,
        points: &dyn Points,
        walk: &mut Walk,
        level: u32,
        start: u64,
        distance: &dyn Fn(u32) -> f32,
    ) -> Vec<u64> {
        self.walk(points, walk, level, &[start], Bounds::of(self.width as usize), distance, &|_| true);
        std::mem::take(&mut walk.found).into_sorted_vec()
    }

    /// Gives a slot its levels.
    fn raise(&mut self, slot: u32, level: u32) {
        self.node_mut(slot)[PLACE] = self.upper.len() << 4 | level;
        for _ in 0..level {
            self.upper.push().fill(0xff);
        }
    }

    /// Makes a slot a twin of a node.
    fn pair(&mut self, node: u32, slot: u32) {
        let older = std::mem::replace(&mut self.node_mut(node)[TWIN], slot);
        self.node_mut(slot)[TWIN] = older;
        self.twinned.insert(node);
    }

    /// Whether a node may have one bond more: half of its edges may be bonds, so that the others can be chosen.
    fn takes_bond(&self, node: u32, level: u32) -> bool {
        let count = self.list(node, level).iter().filter(|to| **to != NONE && *to & BOND != 0).count();
        count < (self.most(Edge::Near, level) / 2).max(2)
    }

    /// Most edges of a node.
    fn most(&self, edge: Edge, level: u32) -> usize {
        self.links as usize * if edge == Edge::Near && level == 0 { 2 } else { 1 }
    }

    /// Makes a new node's edges, to its neighbours and back. A neighbour that has all that it may have chooses anew.
    fn connect(&mut self, points: &dyn Points, edge: Edge, slot: u32, level: u32, neighbours: &[u64], bonds: &[u32]) {
        self.write(edge, slot, level, neighbours, bonds);
        let most = self.most(edge, level);
        for neighbour in neighbours {
            let (node, new) = (slot_of(*neighbour), entry(distance_of(*neighbour), slot));
            let is_bond = bonds.contains(&node);
            let list = self.list_mut(edge, node, level);
            if let Some(free) = list.iter_mut().find(|to| **to == NONE) {
                *free = if is_bond { slot | BOND } else { slot };
                continue;
            }
            let mut bonds: Vec<u32> = list.iter().filter(|to| **to & BOND != 0).map(|to| to & !BOND).collect();
            bonds.extend(is_bond.then_some(slot));
            let place = Place::of(points.record(node));
            let others: Vec<u32> = slots(list).collect();
            let candidate = |other: &u32| entry(self.distance(points, edge, &place, *other), *other);
            let all: BinaryHeap<u64> = others.iter().map(candidate).chain([new]).collect();
            let kept = self.select(points, edge, &all.into_sorted_vec(), most as u32, &bonds);
            self.write(edge, node, level, &kept, &bonds);
        }
    }

    fn distance(&self, points: &dyn Points, edge: Edge, place: &Place, slot: u32) -> f32 {
        match edge {
            Edge::Near => place.distance(points.record(slot), self.square(slot)),
            Edge::Rise => -place.product(points.record(slot)),
        }
    }

    /// Of candidates (the nearest first), the bonds, and those that are nearer to the node than to each other, up to
    /// `count`: so that edges lead in different directions (Malkov and Yashunin 2018, algorithm 4).
    fn select(&self, points: &dyn Points, edge: Edge, candidates: &[u64], count: u32, bonds: &[u32]) -> Vec<u64> {
        let mut kept: Vec<(u64, Place)> = Vec::new();
        let mut room = (count as usize).saturating_sub(bonds.len());
        for candidate in candidates {
            let (far, slot) = (distance_of(*candidate), slot_of(*candidate));
            if !bonds.contains(&slot) {
                if room == 0 || kept.iter().any(|(_, place)| self.distance(points, edge, place, slot) < far) {
                    continue;
                }
                room -= 1;
            }
            kept.push((*candidate, Place::of(points.record(slot))));
        }
        kept.into_iter().map(|(candidate, _)| candidate).collect()
    }

    fn write(&mut self, edge: Edge, slot: u32, level: u32, neighbours: &[u64], bonds: &[u32]) {
        let list = self.list_mut(edge, slot, level);
        list.fill(NONE);
        for (to, neighbour) in list.iter_mut().zip(neighbours) {
            let slot = slot_of(*neighbour);
            *to = if bonds.contains(&slot) { slot | BOND } else { slot };
        }
    }

    fn list_mut(&mut self, edge: Edge, slot: u32, level: u32) -> &mut [u32] {
        bytemuck::cast_slice_mut(match (edge, level) {
            (Edge::Rise, _) => self.rises.as_mut().expect("rises are chosen where there are any").record_mut(slot),
            (Edge::Near, 0) => self.base.record_mut(slot),
            (Edge::Near, _) => self.upper.record_mut((self.node(slot)[PLACE] >> 4) + level - 1),
        })
    }
}

/// By what a node's neighbours are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edge {
    /// By distance.
    Near,
    /// By product.
    Rise,
}

/// The level of a slot: one more with probability 1 / `links`, by a hash of its number, so that all builds of a graph
/// are the same.
fn level(slot: u32, links: u32) -> u32 {
    // SplitMix64 (Steele, Lea and Flood 2014).
    let mut mixed = (u64::from(slot) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    let mut level = 0;
    let mut bar = u64::MAX / u64::from(links);
    while mixed < bar && level < LEVEL_MAX {
        level += 1;
        bar /= u64::from(links);
    }
    level
}
