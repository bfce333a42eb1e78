//! Which segments to rewrite, and the rewriting: live rows of several segments into one.

use super::{PartitionId, SEGMENT_BYTES_MAX, Segment, SegmentId};
use crate::bitmap::Bitmap;
use crate::sorted::{SortedMap, sort_by};

/// A sealed segment as far as the choice needs it.
#[derive(Debug, Clone, Copy)]
pub struct Sealed {
    /// The segment.
    pub id: SegmentId,
    /// Its partition.
    pub partition: PartitionId,
    /// Its rows, dead ones included.
    pub row_count: u32,
    /// The live ones.
    pub live_count: u32,
    /// Bytes of its columns.
    pub size_bytes: u64,
}

impl Sealed {
    /// Bytes of what is alive, about.
    pub fn live_bytes(&self) -> u64 {
        (u128::from(self.size_bytes) * u128::from(self.live_count) / u128::from(self.row_count.max(1))) as u64
    }

    /// A quarter dead: rewriting then costs at most four bytes for one that is won.
    fn is_worn(&self) -> bool {
        (self.row_count - self.live_count) * 4 >= self.row_count
    }
}

/// Small segments of a partition that are merged once there are so many: each row is rewritten once for a
/// growth of its segment by this factor.
const MERGE_COUNT: usize = 4;

/// The segments to merge next, of one partition and together no larger than a segment may be; none when all is well.
///
/// With `is_asked`, any dead row and any two segments that fit together are reason enough.
pub fn choose(segments: &[Sealed], is_asked: bool) -> Vec<SegmentId> {
    let mut partitions: SortedMap<PartitionId, Vec<Sealed>> = SortedMap::new();
    for segment in segments {
        partitions.or_default(segment.partition).push(*segment);
    }
    for mut members in partitions.into_values() {
        sort_by(&mut members, |a, b| (a.live_bytes(), a.id).cmp(&(b.live_bytes(), b.id)));
        let worn = members.iter().find(|s| s.is_worn() || (is_asked && s.live_count < s.row_count)).copied();
        let mut chosen: Vec<SegmentId> = Vec::new();
        let mut bytes = 0;
        for segment in worn.into_iter().chain(members.iter().copied()) {
            if !chosen.contains(&segment.id) && (chosen.is_empty() || bytes + segment.live_bytes() <= SEGMENT_BYTES_MAX)
            {
                bytes += segment.live_bytes();
                chosen.push(segment.id);
            }
        }
        let enough = if is_asked { 2 } else { MERGE_COUNT };
        // A full segment among the chosen is there for itself alone, and rewriting it would win nothing.
        if worn.is_some() || (chosen.len() >= enough && bytes <= SEGMENT_BYTES_MAX) {
            return chosen;
        }
    }
    Vec::new()
}

/// Live rows of some segments on their way into a new one.
#[derive(Debug)]
pub struct Merge {
    /// The new segment, not yet part of the collection.
    pub target: Segment,
    /// The segments that it replaces, with the rows that were alive when their turn came.
    sources: Vec<(SegmentId, Option<Bitmap>)>,
    /// The source under way and how many of its live rows are copied.
    source: usize,
    copied: u32,
    /// Pages of vectors (segment, column, page) that were read for the rows that come next.
    pub read: Vec<(SegmentId, usize, u32)>,
}

impl Merge {
    /// Begins to merge `sources`, of one partition, into a new segment.
    ///
    /// `target` has no rows yet.
    pub fn new(target: Segment, sources: Vec<SegmentId>) -> Merge {
        let sources = sources.into_iter().map(|id| (id, None)).collect();
        Merge { target, sources, source: 0, copied: 0, read: Vec::new() }
    }

    /// The segments that are merged.
    pub fn sources(&self) -> impl Iterator<Item = SegmentId> + '_ {
        self.sources.iter().map(|(id, _)| *id)
    }

    /// The rows that [`Merge::step`] copies next, in their order.
    pub fn ahead(&mut self, segments: &SortedMap<SegmentId, Segment>, rows: u32) -> Vec<(SegmentId, u32)> {
        let mut ahead = Vec::new();
        let mut skipped = self.copied;
        for (id, live) in &mut self.sources[self.source..] {
            let left = rows as usize - ahead.len();
            if left == 0 {
                break;
            }
            let segment = *id;
            let live = live.get_or_insert_with(|| live_rows(&segments[id]));
            let chosen = live.iter().skip(skipped as usize).take(left);
            ahead.extend(chosen.map(|row| (segment, row)));
            skipped = 0;
        }
        ahead
    }

    /// Copies about `rows` more rows; says whether all are copied. A row deleted after it was copied is handled by
    /// [`Merge::finish`].
    pub fn step(&mut self, segments: &SortedMap<SegmentId, Segment>, rows: u32) -> bool {
        let mut left = rows.max(1);
        while let Some((id, live)) = self.sources.get_mut(self.source) {
            if left == 0 {
                return false;
            }
            let segment = &segments[id];
            let live = live.get_or_insert_with(|| live_rows(segment));
            let chosen: Vec<u32> = live.iter().skip(self.copied as usize).take(left as usize).collect();
            self.target.append(segment.columns(), chosen.iter().copied());
            self.copied += chosen.len() as u32;
            left -= chosen.len() as u32;
            if self.copied == live.count() {
                self.source += 1;
                self.copied = 0;
            }
        }
        true
    }

    /// Marks dead in the new segment what died in the old ones while they were copied, and gives the new one out.
    ///
    /// # Panics
    /// If [`Merge::step`] has not said that all rows are copied.
    pub fn finish(mut self, segments: &SortedMap<SegmentId, Segment>) -> Segment {
        let mut row = 0;
        for (id, live) in &self.sources {
            let deletes = segments[id].deletes();
            for source_row in live.as_ref().expect("every source was copied").iter() {
                if deletes.contains(source_row) {
                    self.target.delete(row);
                }
                row += 1;
            }
        }
        assert_eq!(row, self.target.row_count(), "every live row was copied");
        self.target
    }
}

fn live_rows(segment: &Segment) -> Bitmap {
    let mut live = Bitmap::full(segment.row_count());
    live.and_not(segment.deletes());
    live
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(id: SegmentId, row_count: u32, live_count: u32, size_bytes: u64) -> Sealed {
        Sealed { id, partition: 0, row_count, live_count, size_bytes }
    }

    #[test]
    fn small_segments_are_merged_once_there_are_four() {
        let small: Vec<Sealed> = (0..4).map(|id| sealed(id, 100, 100, 1000)).collect();
        assert_eq!(choose(&small[..3], false), Vec::<u32>::new());
        assert_eq!(choose(&small, false), [0, 1, 2, 3]);
        assert_eq!(choose(&small[..2], true), [0, 1]);
    }

    #[test]
    fn full_segments_are_left_alone_until_a_quarter_is_dead() {
        let full = |live| sealed(9, 1000, live, SEGMENT_BYTES_MAX);
        assert_eq!(choose(&[full(1000), sealed(1, 10, 10, 10)], false), Vec::<u32>::new());
        assert_eq!(choose(&[full(751)], false), Vec::<u32>::new());
        assert_eq!(choose(&[full(750)], false), [9]);
        assert_eq!(choose(&[full(999)], true), [9]);
        assert_eq!(choose(&[full(1000)], true), Vec::<u32>::new());
    }

    #[test]
    fn partitions_are_not_mixed() {
        let mut small: Vec<Sealed> = (0..4).map(|id| sealed(id, 100, 100, 1000)).collect();
        small[3].partition = 1;
        assert_eq!(choose(&small, false), Vec::<u32>::new());
    }
}
