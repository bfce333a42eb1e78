//! The nearest candidates so far, in a heap whose root is the farthest of them.

use std::cmp::Ordering;

use super::Candidate;
use crate::sorted::sort_by;

/// At most `limit` candidates, the nearest that were offered.
#[derive(Debug, Clone, Default)]
pub struct Top {
    limit: usize,
    heap: Vec<Candidate>,
}

impl Top {
    /// No candidates yet.
    pub fn new(limit: u32) -> Top {
        Top { limit: limit as usize, heap: Vec::new() }
    }

    /// How many are kept.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// The distance beyond which an offer is in vain; infinite while there is room.
    pub fn threshold(&self) -> f32 {
        if self.heap.len() < self.limit {
            f32::INFINITY
        } else {
            self.heap.first().map_or(f32::NEG_INFINITY, |c| c.distance)
        }
    }

    /// How many there are.
    pub fn len(&self) -> u32 {
        self.heap.len() as u32
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    /// Takes a candidate in if it is among the nearest. Of two at one distance, the one that `tie` puts first is nearer.
    pub fn offer(&mut self, candidate: Candidate, tie: &dyn Fn(u32, u32) -> Ordering) {
        if self.heap.len() < self.limit {
            self.heap.push(candidate);
            self.sift_up(self.heap.len() - 1, tie);
        } else if let Some(farthest) = self.heap.first()
            && order(&candidate, farthest, tie) == Ordering::Less
        {
            self.heap[0] = candidate;
            self.sift_down(tie);
        }
    }

    /// The candidates, in no order.
    pub fn into_candidates(self) -> Vec<Candidate> {
        self.heap
    }

    /// The candidates, nearest first.
    pub fn into_sorted(mut self, tie: &dyn Fn(u32, u32) -> Ordering) -> Vec<Candidate> {
        let mut sorted = std::mem::take(&mut self.heap);
        sort_by(&mut sorted, |a, b| order(a, b, tie));
        sorted
    }

    fn sift_up(&mut self, mut at: usize, tie: &dyn Fn(u32, u32) -> Ordering) {
        while at > 0 {
            let parent = (at - 1) / 2;
            if order(&self.heap[at], &self.heap[parent], tie) != Ordering::Greater {
                break;
            }
            self.heap.swap(at, parent);
            at = parent;
        }
    }

    fn sift_down(&mut self, tie: &dyn Fn(u32, u32) -> Ordering) {
        let mut at = 0;
        loop {
            let mut farthest = at;
            for child in [2 * at + 1, 2 * at + 2] {
                if child < self.heap.len() && order(&self.heap[child], &self.heap[farthest], tie) == Ordering::Greater {
                    farthest = child;
                }
            }
            if farthest == at {
                return;
            }
            self.heap.swap(at, farthest);
            at = farthest;
        }
    }
}

fn order(a: &Candidate, b: &Candidate, tie: &dyn Fn(u32, u32) -> Ordering) -> Ordering {
    a.distance.total_cmp(&b.distance).then_with(|| tie(a.row, b.row))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_nearest_and_breaks_ties_as_told() {
        let by_row = |a: u32, b: u32| a.cmp(&b);
        for limit in [0, 1, 3, 10, 100] {
            let mut top = Top::new(limit);
            let mut all = Vec::new();
            for i in 0..50u32 {
                let candidate = Candidate { row: i * 37 % 50, distance: (i * 29 % 7) as f32 };
                all.push(candidate);
                top.offer(candidate, &by_row);
            }
            all.sort_by(|a, b| order(a, b, &by_row));
            all.truncate(limit as usize);
            assert_eq!(top.into_sorted(&by_row), all);
        }
    }
}
