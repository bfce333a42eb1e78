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
    #[inline(always)]
    pub fn threshold(&self) -> f32 {
        match self.heap.as_slice() {
            heap if heap.len() < self.limit => f32::INFINITY,
            [] => f32::NEG_INFINITY,
            [farthest, ..] => farthest.distance,
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
        let heap = self.heap.as_mut_slice();
        while at > 0 {
            let parent = (at - 1) / 2;
            if order(&heap[at], &heap[parent], tie) != Ordering::Greater {
                break;
            }
            (heap[at], heap[parent]) = (heap[parent], heap[at]);
            at = parent;
        }
    }

    fn sift_down(&mut self, tie: &dyn Fn(u32, u32) -> Ordering) {
        let heap = self.heap.as_mut_slice();
        let mut at = 0;
        loop {
            let mut farthest = at;
            let mut child = 2 * at + 1;
            while child < heap.len().min(2 * at + 3) {
                if order(&heap[child], &heap[farthest], tie) == Ordering::Greater {
                    farthest = child;
                }
                child += 1;
            }
            if farthest == at {
                return;
            }
            (heap[at], heap[farthest]) = (heap[farthest], heap[at]);
            at = farthest;
        }
    }
}

/// A row behind its distance, as one number that orders by distance and then by row. What is no number comes last.
#[inline(always)]
pub(super) fn entry(distance: f32, row: u32) -> u64 {
    let distance = if distance.is_nan() { f32::INFINITY } else { distance };
    let bits = distance.to_bits();
    let ordered = if bits >> 31 == 0 { bits | 1 << 31 } else { !bits };
    u64::from(ordered) << 32 | u64::from(row)
}

/// The row of an entry.
#[inline(always)]
pub(super) fn slot_of(entry: u64) -> u32 {
    entry as u32
}

/// The distance of an entry.
#[inline(always)]
pub(super) fn distance_of(entry: u64) -> f32 {
    let ordered = (entry >> 32) as u32;
    f32::from_bits(if ordered >> 31 == 1 { ordered & !(1 << 31) } else { !ordered })
}

/// Puts the least `count` entries first, in no order: Hoare's selection, around the middle of three.
pub(super) fn choose(entries: &mut [u64], count: usize) {
    let (mut from, mut to) = (0, entries.len());
    while from < count && count < to {
        let (a, b, c) = (entries[from], entries[from.midpoint(to)], entries[to - 1]);
        let pivot = if (a < b) == (b < c) {
            b
        } else if (a < b) == (c < a) {
            a
        } else {
            c
        };
        let (mut low, mut high) = (from, to - 1);
        loop {
            while entries[low] < pivot {
                low += 1;
            }
            while entries[high] > pivot {
                high -= 1;
            }
            if low >= high {
                break;
            }
            (entries[low], entries[high]) = (entries[high], entries[low]);
            low += 1;
            high -= 1;
        }
        // Entries before `low` are no greater than the pivot, those from there on no less; both parts are shorter.
        if count <= low { to = low } else { from = low }
    }
}

/// Sorts entries, few of them: Shell's sort, with Ciura's gaps.
pub(super) fn sort_few(entries: &mut [u64]) {
    for gap in [1750, 701, 301, 132, 57, 23, 10, 4, 1] {
        let mut next = gap;
        while next < entries.len() {
            let entry = entries[next];
            let mut at = next;
            while at >= gap && entries[at - gap] > entry {
                entries[at] = entries[at - gap];
                at -= gap;
            }
            entries[at] = entry;
            next += 1;
        }
    }
}

#[inline(always)]
fn order(a: &Candidate, b: &Candidate, tie: &dyn Fn(u32, u32) -> Ordering) -> Ordering {
    match ordinal(a.distance).cmp(&ordinal(b.distance)) {
        Ordering::Equal => tie(a.row, b.row),
        order => order,
    }
}

/// A number that orders as [`f32::total_cmp`] does, which is a call in a build for size.
#[inline(always)]
fn ordinal(distance: f32) -> i32 {
    let bits = distance.to_bits() as i32;
    bits ^ ((bits >> 31) as u32 >> 1) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_entries_come_first_and_few_are_sorted() {
        let mut state = 1u64;
        let mut random = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) % below
        };
        for len in [0usize, 1, 2, 3, 10, 64, 1000, 3000] {
            // Few values, so that many are equal; and then mostly different ones; and some in order.
            for below in [1, 3, 1 << 30] {
                let mut entries: Vec<u64> = (0..len).map(|_| random(below)).collect();
                for is_ascending in [false, true] {
                    let mut sorted = entries.clone();
                    sorted.sort_unstable();
                    if is_ascending {
                        entries.clone_from(&sorted);
                    }
                    for count in [0, 1, len / 3, len.saturating_sub(1), len] {
                        let count = count.min(len);
                        let mut chosen = entries.clone();
                        choose(&mut chosen, count);
                        sort_few(&mut chosen[..count]);
                        assert_eq!(chosen[..count], sorted[..count], "{count} of {len} below {below}");
                        sort_few(&mut chosen);
                        assert_eq!(chosen, sorted);
                    }
                }
            }
        }
    }

    #[test]
    fn entries_order_as_their_distances() {
        let distances = [f32::NEG_INFINITY, -2.5, -0.0, 0.0, 1e-40, 3.0, f32::INFINITY];
        for pair in distances.windows(2) {
            assert!(entry(pair[0], 9) < entry(pair[1], 3), "{pair:?}");
            assert_eq!((distance_of(entry(pair[0], 9)), slot_of(entry(pair[0], 9))), (pair[0], 9));
        }
        assert_eq!(entry(f32::NAN, 7), entry(f32::INFINITY, 7));
    }

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
