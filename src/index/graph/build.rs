//! Insertion: a new node, its neighbours, and what they give up for it.

use super::super::top::{distance_of, entry, slot_of};
use super::measure::{Edge, Measure, Place};
use super::walk::{Bounds, Walk};
use super::{BOND, Graph, LEVEL_MAX, NONE, PLACE, Points, SQUARE, TWIN, slots};
use crate::index::codes::key_parts;

impl Graph {
    /// Inserts a slot, once. The work is bounded by the graph's width and links, whatever its size.
    ///
    /// A slot that is passed over takes a number and no part, and so does one without a code (one whose step is no
    /// number).
    pub fn insert(&mut self, points: &dyn Points, slot: u32, walk: &mut Walk) {
        self.extend(slot + 1);
        let record = points.record(slot);
        if !key_parts(record).1.is_finite() {
            return;
        }
        let place = Place::of(record);
        self.node_mut(slot)[SQUARE] = place.square.to_bits();
        let level = self.level(slot);
        if self.entry == NONE {
            self.entry = slot;
            return;
        }
        let top = self.level(self.entry);
        let measure = Measure::from_place(self, points, Edge::Near, &place);
        let mut start = self.descend(&measure, level.min(top), walk);
        let mut chosen = Vec::new();
        for level in (0..=level.min(top)).rev() {
            self.walk(&measure, walk, level, &[start], Bounds::of(self.width as usize), None);
            start = walk.found[0];
            let mut nearest = walk.found.iter().take_while(|entry| distance_of(**entry) <= 0.0);
            if let Some(twin) = nearest.find(|entry| points.record(slot_of(**entry)) == record) {
                self.pair(slot_of(*twin), slot);
                return;
            }
            let bond = walk.found.iter().map(|entry| slot_of(*entry)).find(|slot| self.takes_bond(*slot, level));
            let bonds: Vec<u32> = bond.into_iter().collect();
            chosen.push((
                level,
                self.select(points, Edge::Near, &walk.found, self.links, &bonds, &mut walk.places),
                bonds,
            ));
        }
        let rises = self.rises.as_ref().map(|_| {
            let measure = Measure::from_place(self, points, Edge::Rise, &place);
            let start = self.descend(&measure, 0, walk);
            self.walk(&measure, walk, 0, &[start], Bounds::of(self.width as usize), None);
            self.select(points, Edge::Rise, &walk.found, self.links, &[], &mut walk.places)
        });
        for (level, neighbours, bonds) in chosen {
            self.connect(points, Edge::Near, slot, level, &neighbours, &bonds, walk);
        }
        if let Some(rises) = rises {
            self.connect(points, Edge::Rise, slot, 0, &rises, &[], walk);
        }
        if level > top {
            self.entry = slot;
        }
    }

    /// Gives numbers and levels to slots up to `len`, none of which takes part yet.
    pub fn extend(&mut self, len: u32) {
        while self.len() < len {
            let (slot, first) = (self.len(), self.upper.len());
            let level = level(slot, self.links);
            bytemuck::cast_slice_mut(self.nodes.push()).copy_from_slice(&[0u32, first << 4 | level, NONE]);
            self.base.push().fill(0xff);
            for _ in 0..level {
                self.upper.push().fill(0xff);
            }
            if let Some(rises) = &mut self.rises {
                rises.push().fill(0xff);
            }
            self.twinned.push(false);
        }
    }

    /// Makes a slot a twin of a node, in its place among the others: from great numbers to small ones. Equal rows come in
    /// ascending order, so that it is the first.
    fn pair(&mut self, node: u32, slot: u32) {
        let mut before = node;
        while let Some(next) = Some(self.node(before)[TWIN]).filter(|next| *next != NONE && *next > slot) {
            before = next;
        }
        let after = std::mem::replace(&mut self.node_mut(before)[TWIN], slot);
        self.node_mut(slot)[TWIN] = after;
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
    #[expect(clippy::too_many_arguments, reason = "a list of a graph is named by three of them")]
    fn connect(
        &mut self,
        points: &dyn Points,
        edge: Edge,
        slot: u32,
        level: u32,
        neighbours: &[u64],
        bonds: &[u32],
        walk: &mut Walk,
    ) {
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
            let others: Vec<u32> = slots(list).collect();
            let Walk { place, places, met, .. } = &mut *walk;
            place.take_known(points.record(node), self.square(node));
            Measure::from_place(self, points, edge, place).entries(&others, f32::INFINITY, met);
            met.push(new);
            met.sort_unstable();
            let kept = self.select(points, edge, met, most as u32, &bonds, places);
            self.write(edge, node, level, &kept, &bonds);
        }
    }

    /// Of candidates (the nearest first), the bonds, and those that are nearer to the node than to each other, up to
    /// `count`: so that edges lead in different directions (Malkov and Yashunin 2018, algorithm 4).
    ///
    /// `places` is room for those of the chosen.
    fn select(
        &self,
        points: &dyn Points,
        edge: Edge,
        candidates: &[u64],
        count: u32,
        bonds: &[u32],
        places: &mut Vec<Place>,
    ) -> Vec<u64> {
        let (mut kept, mut room) = (Vec::new(), (count as usize).saturating_sub(bonds.len()));
        for candidate in candidates {
            let (far, slot) = (distance_of(*candidate), slot_of(*candidate));
            let is_bond = bonds.contains(&slot);
            if room == 0 && !is_bond {
                continue;
            }
            let record = points.record(slot);
            let square = if points.holds_squares() { key_parts(record).2 } else { self.square(slot) };
            if !is_bond {
                if places[..kept.len()].iter().any(|place| place.distance(edge, record, square) < far) {
                    continue;
                }
                room -= 1;
            }
            if places.len() == kept.len() {
                places.push(Place::default());
            }
            places[kept.len()].take_known(record, square);
            kept.push(*candidate);
        }
        kept
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
