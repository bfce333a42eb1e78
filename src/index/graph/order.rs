//! The order in which slots are inserted: near ones one after another, so that what an insertion reads is still in the
//! processor's cache from the one before.

use super::super::codes::Codes;
use super::super::inverted::{centered, nearest};
use super::super::slots::SlotCodes;
use super::super::space::{Point, Space};

/// Members by the nearest of some of them. Nothing is trained: what is wanted is that near ones mostly come together.
#[derive(Debug)]
pub struct Order {
    /// Slots, ascending.
    members: Vec<u32>,
    pivots: Codes,
    /// The pivot of each member so far.
    clusters: Vec<u32>,
    point: Point,
}

impl Order {
    /// The heap that ordering takes at most for a row, in bytes: its slot, its pivot (in a list that doubles), its place.
    pub const ROW_BYTES: u64 = 16;

    /// Begins to order slots (ascending, all of them coded).
    pub fn new(space: &Space, members: Vec<u32>) -> Order {
        Order { pivots: Codes::new(space), clusters: Vec::new(), point: Point::default(), members }
    }

    /// The heap that it holds, in bytes.
    pub fn size_bytes(&self) -> u64 {
        (self.members.capacity() + self.clusters.capacity()) as u64 * 4 + self.pivots.size_bytes()
    }

    /// The greatest of the slots.
    pub fn last(&self) -> Option<u32> {
        self.members.last().copied()
    }

    /// How many slots there are to be ordered.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Looks at so many slots; gives out all in their order when it has looked at each. Those of one pivot ascend.
    pub fn step(&mut self, space: &Space, codes: SlotCodes<'_>, count: u32) -> Option<Vec<u32>> {
        let (len, pivot_count) = (self.members.len(), (self.members.len() as f64).sqrt() as usize);
        for _ in 0..count {
            let pivot = self.pivots.len() as usize;
            let member = if pivot < pivot_count { pivot * len / pivot_count } else { self.clusters.len() };
            let Some(slot) = self.members.get(member) else {
                return Some(self.sorted());
            };
            let (codes, row) = codes.get(*slot);
            codes.point(row, &mut self.point);
            if pivot < pivot_count {
                self.pivots.push_point(&centered(&self.point.coordinates), true);
            } else {
                self.clusters.push(nearest(space, &self.pivots, &self.point));
            }
        }
        None
    }

    /// The members by their pivots, by counting.
    fn sorted(&self) -> Vec<u32> {
        let mut next = vec![0; self.pivots.len() as usize + 1];
        self.clusters.iter().for_each(|cluster| next[*cluster as usize + 1] += 1);
        for at in 1..next.len() {
            next[at] += next[at - 1];
        }
        let mut sorted = vec![0; self.members.len()];
        for (member, cluster) in self.members.iter().zip(&self.clusters) {
            let place: &mut usize = &mut next[*cluster as usize];
            sorted[*place] = *member;
            *place += 1;
        }
        sorted
    }
}
