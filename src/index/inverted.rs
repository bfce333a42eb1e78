//! The inverted file: rows in clusters, each a run of blocks of one-bit codes relative to the cluster's centre, so that a
//! search reads the clusters nearest to the query and no others.
//!
//! It holds no vectors and no seven-bit codes: rows are *slots*, whose codes lie with their segments. Rows that died
//! since it was built stay in their lanes, where no search looks at them.

use super::codes::{BITS_FROM, Codes, Looks, PAGE_BYTES, Scan, empty_block, slack_gauge, write_signs};
use super::slots::SlotCodes;
use super::space::{Aim, Point, Space};
use super::top::{choose, distance_of, entry, slot_of, sort_few};
use crate::bitmap::Bitmap;
use crate::kernel::{self, BLOCK_FACTOR_BYTES, BLOCK_ROWS};
use crate::schema::Metric;
use crate::store::Bytes;
use crate::store::pages::Pages;

/// Bytes of a block's slots, after its codes and factors.
const SLOT_BYTES: usize = BLOCK_ROWS * 4;

/// The slot of a lane without a row.
const NO_SLOT: u32 = u32::MAX;

/// Deviations of the estimates of centres that still count.
const CENTER_SLACK: f32 = 1.0;

/// How many times as much is read at most because a filter lets few rows through.
const WIDENING_MAX: u32 = 16;

/// Clusters that a patient search looks up at first.
const FIRST_PROBES: usize = 64;

/// Centres that are looked at more closely beside half as many again as are wanted.
const CENTERS_SPARE: usize = 16;

/// Rows that each centre is trained on.
const SAMPLE_PER_LIST: u32 = 24;

/// Centres among which the nearest is found in the time in which a row is coded.
const CENTERS_PER_CODING: u32 = 512;

/// Passes over the sample (Lloyd's iterations).
const PASSES: u32 = 4;

/// What a search of clusters is willing to read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Probes {
    /// So many of the nearest clusters, and more as long as there are not enough rows.
    Count(u32),
    /// Until so many clusters in a row changed nothing.
    Patience(u32),
}

impl Probes {
    /// As much as finds among `allowed` of `all` rows what is found among all: the fewer count, the farther they lie.
    fn among(self, allowed: u32, all: u32) -> Probes {
        let times = (all / allowed.max(1)).clamp(1, WIDENING_MAX);
        match self {
            Probes::Count(count) => Probes::Count(count.saturating_mul(times)),
            Probes::Patience(patience) => Probes::Patience(patience.saturating_mul(times)),
        }
    }
}

/// Pages as they come from storage, each kind with how many records a page holds.
#[derive(Debug)]
pub struct StoredPages {
    /// Of the centres' seven-bit codes.
    pub rows: (u32, Vec<Bytes>),
    /// Of the centres' one-bit codes.
    pub center_blocks: (u32, Vec<Bytes>),
    /// Of the clusters.
    pub blocks: (u32, Vec<Bytes>),
}

/// Clusters of rows.
#[derive(Debug, Clone)]
pub struct Inverted {
    /// The clusters' centres, as codes; what stands there *is* the centre.
    centers: Codes,
    /// The square of each centre.
    squares: Vec<f32>,
    /// The first block of each cluster, and behind the last.
    starts: Vec<u32>,
    /// Codes and factors as [`kernel::block_rows`] reads them (none for short vectors), then 32 slots.
    blocks: Pages,
}

impl Inverted {
    /// How many clusters there are.
    pub fn len(&self) -> u32 {
        self.squares.len() as u32
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.squares.is_empty()
    }

    /// The heap that it holds, in bytes.
    pub fn size_bytes(&self) -> u64 {
        self.centers.size_bytes() + self.blocks.size_bytes() + (self.squares.len() + self.starts.len()) as u64 * 4
    }

    /// The file of `lists` clusters from its pages (see [`Inverted::pages`]); `None` when these do not fit.
    pub fn from_pages(space: &Space, starts: Vec<u32>, stored: StoredPages) -> Option<Inverted> {
        let lists = u32::try_from(starts.len().checked_sub(1)?).ok()?;
        let StoredPages { rows, center_blocks, blocks } = stored;
        let centers = Codes::from_pages(space, lists, rows, center_blocks, Vec::new())?;
        let block_count = *starts.last()?;
        let blocks = Pages::from_blobs(block_bytes(space), blocks.0, block_count, blocks.1)?;
        if starts[0] != 0 || starts.windows(2).any(|pair| pair[0] > pair[1]) {
            return None;
        }
        let mut point = Point::default();
        let mut square = |cluster| {
            centers.point(cluster, &mut point);
            kernel::inner_product(&point.coordinates, &point.coordinates)
        };
        let squares = (0..lists).map(&mut square).collect();
        Some(Inverted { centers, squares, starts, blocks })
    }

    /// The pages of the centres' rows, of their blocks, and of the clusters.
    pub fn pages(&self) -> (&Pages, Option<&Pages>, &Pages) {
        let (rows, blocks) = self.centers.pages();
        (rows, blocks, &self.blocks)
    }

    /// The first block of each cluster, and behind the last.
    pub fn starts(&self) -> &[u32] {
        &self.starts
    }

    /// Offers allowed rows of the clusters nearest to the query; `allowed` ranges over the slots, and a row is offered
    /// as `first_slot` more than its own.
    pub fn search(
        &self,
        metric: Metric,
        codes: SlotCodes<'_>,
        allowed: &Bitmap,
        first_slot: u32,
        probes: Probes,
        scan: &mut Scan<'_>,
    ) {
        let aim = scan.aim;
        let probes = probes.among(allowed.count(), allowed.len());
        let mut patience = 0;
        // Nearest first, a few at a time: mostly the first few are enough.
        let mut batch = match probes {
            Probes::Count(count) => count as usize,
            Probes::Patience(_) => FIRST_PROBES,
        };
        let mut centers = self.estimated_centers(aim);
        let mut centers = centers.as_mut_slice();
        while !centers.is_empty() {
            let (nearest, others) = self.split_nearest(aim, centers, batch);
            centers = others;
            for center in nearest {
                let before = scan.change_count;
                let (cluster, key) = (slot_of(*center), -distance_of(*center));
                let product = if metric == Metric::L2 { key + self.squares[cluster as usize] / 2.0 } else { key };
                self.search_cluster(cluster, product, codes, allowed, first_slot, scan);
                patience = if scan.change_count == before && scan.is_enough() { patience + 1 } else { 0 };
                if probes == Probes::Patience(patience) {
                    return;
                }
            }
            if matches!(probes, Probes::Count(_)) && scan.is_enough() {
                return;
            }
            batch = batch.saturating_mul(2);
        }
    }

    /// All clusters as entries by the distance of their centres, as far as signs tell it.
    fn estimated_centers(&self, aim: &Aim) -> Vec<u64> {
        match self.centers.estimates(aim) {
            Some(keys) => keys.iter().enumerate().map(|(at, key)| entry(-key, at as u32)).collect(),
            None => (0..self.len()).map(|at| entry(-self.centers.key(aim, at), at)).collect(),
        }
    }

    /// The nearest `count` of some clusters, nearest first, and the others.
    fn split_nearest<'a>(&self, aim: &Aim, centers: &'a mut [u64], count: usize) -> (&'a mut [u64], &'a mut [u64]) {
        let count = count.min(centers.len());
        // Signs put some of the nearest behind others that are not.
        let likely = (count + count / 2 + CENTERS_SPARE).min(centers.len());
        choose(centers, likely);
        for center in &mut centers[..likely] {
            *center = entry(-self.centers.key(aim, slot_of(*center)), slot_of(*center));
        }
        sort_few(&mut centers[..likely]);
        centers.split_at_mut(count)
    }

    /// Offers the allowed rows of a cluster; `product` is that of its centre with the aim.
    fn search_cluster(
        &self,
        cluster: u32,
        product: f32,
        codes: SlotCodes<'_>,
        allowed: &Bitmap,
        first_slot: u32,
        scan: &mut Scan<'_>,
    ) {
        let aim = scan.aim;
        let square = self.squares[cluster as usize];
        let distance = (aim.square + square - 2.0 * product).max(0.0).sqrt();
        let gauge = slack_gauge(aim, scan.slack, distance);
        let (mut at, end) = (self.starts[cluster as usize], self.starts[cluster as usize + 1]);
        let (table, record_bytes) = (aim.table.as_slice(), self.blocks.record_bytes());
        let mut looks = Looks::default();
        while at < end {
            let mut run = self.blocks.run(at, end);
            at += (run.len() / record_bytes) as u32;
            while run.len() >= record_bytes {
                let (block, slots) = run[..record_bytes].split_at(record_bytes - SLOT_BYTES);
                run = &run[record_bytes..];
                let mut lanes = u32::MAX;
                if !block.is_empty() {
                    lanes = kernel::block_rows(block, table, gauge, -scan.bound() - product);
                }
                while lanes != 0 {
                    let lane = lanes.trailing_zeros() as usize;
                    lanes &= lanes - 1;
                    let slot = slot_at(slots, lane);
                    if allowed.contains(slot) {
                        let (codes, row) = codes.get(slot);
                        looks.add(scan, first_slot + slot, codes.record(row));
                    }
                }
            }
        }
        looks.finish(scan);
    }
}

#[inline(always)]
fn slot_at(slots: &[u8], lane: usize) -> u32 {
    u32::from_le_bytes(slots[4 * lane..][..4].try_into().expect("four bytes"))
}

/// An inverted file on its way: k-means on a sample, then every row to its nearest centre, then the blocks.
#[derive(Debug)]
pub struct Builder {
    /// The slots to be clustered, ascending.
    members: Vec<u32>,
    lists: u32,
    stage: Stage,
    /// Centres by nearness in the plain sense, whatever the metric.
    centers: Codes,
    /// Sums and counts of the sample's rows at each centre.
    sums: Vec<f32>,
    counts: Vec<u32>,
    /// The cluster of each member.
    clusters: Vec<u32>,
    point: Point,
}

/// No step of a stage takes longer the more rows there are, so that work can be cut off after any of them.
#[derive(Debug)]
enum Stage {
    /// The first centres, one after another.
    Seed,
    /// A pass over the sample, at its `at`-th row.
    Train { pass: u32, at: u32 },
    /// After a pass, centres into the middle of their rows, one after another.
    Move { pass: u32, moved: Codes },
    /// Members to clusters, at a member.
    Assign { at: u32 },
    /// Clusters without rows yet, one after another; of so many rows each.
    Lay { counts: Vec<u32>, file: Box<Inverted> },
    /// Members into blocks, at a place in the order of clusters.
    Encode { order: Vec<u32>, at: u32, file: Box<Inverted> },
}

impl Builder {
    /// Begins to cluster `members` (slots, ascending, all of them coded) into `lists` clusters, or fewer when there are
    /// hardly any members.
    pub fn new(space: &Space, members: Vec<u32>, lists: u32) -> Builder {
        let lists = lists.clamp(1, (members.len() as u32).max(1));
        Builder {
            lists,
            stage: Stage::Seed,
            centers: Codes::new(space),
            sums: vec![0.0; lists as usize * space.padded()],
            counts: vec![0; lists as usize],
            clusters: Vec::new(),
            point: Point::default(),
            members,
        }
    }

    /// The heap that it takes at most to put `rows` rows of `dim` elements into `lists` clusters, in bytes.
    pub fn making_bytes(dim: u32, rows: u64, lists: u32) -> u64 {
        let (padded, lists) = (u64::from(dim).next_multiple_of(16), u64::from(lists).clamp(1, rows.max(1)));
        let block = padded / 8 * BLOCK_ROWS as u64 + (BLOCK_FACTOR_BYTES + SLOT_BYTES) as u64;
        // The last block of each cluster may be nearly empty, and the last page.
        let file = (rows / BLOCK_ROWS as u64 + lists) * block + 2 * PAGE_BYTES as u64;
        // A slot, its cluster in a list that doubles, its place in the order; a centre twice, and its sums.
        let (row, list) = (16, 2 * (padded + padded / 8 + 32) + padded * 4);
        file + rows * row + lists * list + 4 * PAGE_BYTES as u64
    }

    /// The heap that it holds, in bytes.
    pub fn size_bytes(&self) -> u64 {
        let words = self.members.capacity() + self.clusters.capacity() + self.sums.capacity() + self.counts.capacity();
        let stage = match &self.stage {
            Stage::Move { moved, .. } => moved.size_bytes(),
            Stage::Lay { counts, file } => counts.capacity() as u64 * 4 + file.size_bytes(),
            Stage::Encode { order, file, .. } => order.capacity() as u64 * 4 + file.size_bytes(),
            Stage::Seed | Stage::Train { .. } | Stage::Assign { .. } => 0,
        };
        words as u64 * 4 + self.centers.size_bytes() + stage
    }

    /// Rows and centres looked at so far, and those to be looked at in all.
    pub fn progress(&self) -> (u64, u64) {
        let (members, lists, sample) = (self.members.len() as u64, u64::from(self.lists), u64::from(self.sample_len()));
        let pass_len = sample + lists;
        let trained = lists + pass_len * u64::from(PASSES);
        let done = match &self.stage {
            Stage::Seed => u64::from(self.centers.len()),
            Stage::Train { pass, at } => lists + pass_len * u64::from(*pass) + u64::from(*at),
            Stage::Move { pass, moved } => lists + pass_len * u64::from(*pass) + sample + u64::from(moved.len()),
            Stage::Assign { at } => trained + u64::from(*at),
            Stage::Lay { file, .. } => trained + members + u64::from(file.len()),
            Stage::Encode { at, .. } => trained + members + lists + u64::from(*at),
        };
        (done, trained + lists + 2 * members)
    }

    /// Works about as long as it takes to code `rows` rows; gives the file out when it is complete. `metric` is that of the searches.
    pub fn step(&mut self, space: &Space, codes: SlotCodes<'_>, rows: u32) -> Option<Inverted> {
        let mut left = rows;
        while left > 0 {
            let looks_around = matches!(self.stage, Stage::Train { .. } | Stage::Assign { .. });
            left = left.saturating_sub(if looks_around { 1 + self.lists / CENTERS_PER_CODING } else { 1 });
            match &mut self.stage {
                Stage::Seed => self.seed(codes),
                Stage::Train { pass, at } => {
                    let (pass, at) = (*pass, *at);
                    self.train(space, codes, pass, at);
                }
                Stage::Move { .. } => self.move_center(codes),
                Stage::Lay { counts, file } => match counts.get(file.len() as usize) {
                    Some(count) => file.add_cluster(space, &self.centers, *count),
                    None => self.begin_rows(),
                },
                Stage::Assign { at } => {
                    let at = *at;
                    if at as usize == self.members.len() {
                        self.begin_clusters(space);
                        continue;
                    }
                    self.take(codes, at as usize);
                    let cluster = nearest(space, &self.centers, &self.point);
                    self.clusters.push(cluster);
                    self.stage = Stage::Assign { at: at + 1 };
                }
                Stage::Encode { order, at, file } => {
                    let Some(member) = order.get(*at as usize) else {
                        let Stage::Encode { file, .. } = std::mem::replace(&mut self.stage, Stage::Assign { at: 0 })
                        else {
                            unreachable!("the stage was just looked at");
                        };
                        return Some(*file);
                    };
                    let (slot, cluster) = (self.members[*member as usize], self.clusters[*member as usize]);
                    *at += 1;
                    let (codes, row) = codes.get(slot);
                    codes.point(row, &mut self.point);
                    file.put(&mut self.point, slot, cluster);
                }
            }
        }
        None
    }

    fn sample_len(&self) -> u32 {
        (self.lists * SAMPLE_PER_LIST).min(self.members.len() as u32)
    }

    /// The point of a member.
    fn take(&mut self, codes: SlotCodes<'_>, member: usize) {
        take(&self.members, member, codes, &mut self.point);
    }

    /// Members evenly apart are the first centres: in whatever order the rows came, all parts are met.
    fn seed(&mut self, codes: SlotCodes<'_>) {
        let list = self.centers.len();
        if list == self.lists {
            self.stage = Stage::Train { pass: 0, at: 0 };
            return;
        }
        let at = u64::from(list) * self.members.len() as u64 / u64::from(self.lists);
        self.take(codes, at as usize);
        self.centers.push_point(&centered(&self.point.coordinates), true);
    }

    fn train(&mut self, space: &Space, codes: SlotCodes<'_>, pass: u32, at: u32) {
        let sample = self.sample_len();
        if at < sample {
            let member = u64::from(at) * self.members.len() as u64 / u64::from(sample);
            self.take(codes, member as usize);
            let cluster = nearest(space, &self.centers, &self.point) as usize;
            let padded = space.padded();
            let sums = &mut self.sums[cluster * padded..][..padded];
            sums.iter_mut().zip(&self.point.coordinates).for_each(|(sum, x)| *sum += x);
            self.counts[cluster] += 1;
            self.stage = Stage::Train { pass, at: at + 1 };
            return;
        }
        self.stage = Stage::Move { pass, moved: Codes::new(space) };
    }

    /// Moves the next centre into the middle of its rows; one without rows, to a row.
    fn move_center(&mut self, codes: SlotCodes<'_>) {
        let Stage::Move { pass, moved } = &mut self.stage else { return };
        let (pass, list) = (*pass, moved.len());
        if list == self.lists {
            let next = if pass + 1 < PASSES { Stage::Train { pass: pass + 1, at: 0 } } else { Stage::Assign { at: 0 } };
            if let Stage::Move { moved, .. } = std::mem::replace(&mut self.stage, next) {
                self.centers = moved;
            }
            return;
        }
        let padded = self.sums.len() / self.lists as usize;
        let count = std::mem::take(&mut self.counts[list as usize]);
        let sums = &mut self.sums[list as usize * padded..][..padded];
        let point = if count == 0 {
            let spread = u64::from(pass + 1) * 0x9e37_79b9 + u64::from(list) * 0x85eb_ca6b;
            let member = (spread % (self.members.len() as u64).max(1)) as usize;
            take(&self.members, member, codes, &mut self.point);
            centered(&self.point.coordinates)
        } else {
            centered(&sums.iter().map(|sum| sum / count as f32).collect::<Vec<f32>>())
        };
        sums.fill(0.0);
        moved.push_point(&point, true);
    }

    fn begin_clusters(&mut self, space: &Space) {
        let mut counts = vec![0u32; self.lists as usize];
        self.clusters.iter().for_each(|cluster| counts[*cluster as usize] += 1);
        self.stage = Stage::Lay { counts, file: Box::new(Inverted::new(space)) };
    }

    fn begin_rows(&mut self) {
        let Stage::Lay { counts, file } = std::mem::replace(&mut self.stage, Stage::Seed) else { return };
        // Members in the order of their clusters, by counting.
        let mut next = Vec::with_capacity(counts.len());
        let mut first = 0;
        for count in &counts {
            next.push(first);
            first += count;
        }
        let mut order = vec![0u32; self.members.len()];
        for (member, cluster) in self.clusters.iter().enumerate() {
            order[next[*cluster as usize] as usize] = member as u32;
            next[*cluster as usize] += 1;
        }
        self.stage = Stage::Encode { order, at: 0, file };
    }
}

impl Inverted {
    /// No clusters yet.
    fn new(space: &Space) -> Inverted {
        let block_bytes = block_bytes(space);
        let blocks = Pages::new(block_bytes, (PAGE_BYTES / block_bytes).max(1) as u32);
        Inverted { centers: Codes::new(space), squares: Vec::new(), starts: vec![0], blocks }
    }

    /// Appends a cluster of so many rows, none of them written yet, around the next of the centres.
    fn add_cluster(&mut self, space: &Space, nearest: &Codes, count: u32) {
        let mut point = Point::default();
        nearest.point(self.len(), &mut point);
        let square = kernel::inner_product(&point.coordinates, &point.coordinates);
        point.bias = if space.metric() == Metric::L2 { square / -2.0 } else { 0.0 };
        self.centers.push_point(&point, true);
        self.squares.push(square);
        for _ in 0..count.div_ceil(BLOCK_ROWS as u32) {
            let block = self.blocks.push();
            let split = block.len() - SLOT_BYTES;
            let (block, slots) = block.split_at_mut(split);
            if !block.is_empty() {
                empty_block(block);
            }
            slots.as_chunks_mut::<4>().0.fill(NO_SLOT.to_le_bytes());
        }
        self.starts.push(self.blocks.len());
    }

    /// Writes a row into the first free lane of its cluster. The point is used up.
    fn put(&mut self, point: &mut Point, slot: u32, cluster: u32) {
        let mut center = Point::default();
        self.centers.point(cluster, &mut center);
        let (from, to) = (self.starts[cluster as usize], self.starts[cluster as usize + 1]);
        // Rows come cluster by cluster, so that the first block with a free lane is found by halves.
        let (mut low, mut high) = (from, to - 1);
        while low < high {
            let middle = low.midpoint(high);
            if self.is_full(middle) { low = middle + 1 } else { high = middle }
        }
        let block = self.blocks.record_mut(low);
        let split = block.len() - SLOT_BYTES;
        let (block, slots) = block.split_at_mut(split);
        let lane = (0..BLOCK_ROWS).find(|lane| slot_at(slots, *lane) == NO_SLOT).expect("blocks for all rows");
        slots[4 * lane..][..4].copy_from_slice(&slot.to_le_bytes());
        if !block.is_empty() {
            point.coordinates.iter_mut().zip(&center.coordinates).for_each(|(x, c)| *x -= c);
            write_signs(&point.coordinates, &center.coordinates, point.bias, lane, block);
        }
    }

    fn is_full(&self, block: u32) -> bool {
        let block = self.blocks.record(block);
        slot_at(&block[block.len() - SLOT_BYTES..], BLOCK_ROWS - 1) != NO_SLOT
    }
}

fn block_bytes(space: &Space) -> usize {
    let codes = if space.padded() >= BITS_FROM { 4 * space.padded() + BLOCK_FACTOR_BYTES } else { 0 };
    codes + SLOT_BYTES
}

/// The point of a member.
fn take(members: &[u32], member: usize, codes: SlotCodes<'_>, point: &mut Point) {
    if let Some(slot) = members.get(member) {
        let (codes, row) = codes.get(*slot);
        codes.point(row, point);
    }
}

/// The centre nearest to a point.
pub(super) fn nearest(space: &Space, centers: &Codes, point: &Point) -> u32 {
    let Some(aim) = space.aim_at(point.coordinates.clone()) else { return 0 };
    let tie = |a: u32, b: u32| a.cmp(&b);
    let mut scan = Scan::new(&aim, CENTER_SLACK, 1, 1, &tie);
    centers.scan(&mut scan, &Bitmap::full(centers.len()), 0);
    scan.top.into_candidates().first().map_or(0, |nearest| nearest.row)
}

/// The point of a centre: nearness to it, in the plain sense, is a product and half its square.
pub(super) fn centered(coordinates: &[f32]) -> Point {
    let square = kernel::inner_product(coordinates, coordinates);
    Point { coordinates: coordinates.to_vec(), bias: square / -2.0 }
}
