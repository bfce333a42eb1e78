//! Primary keys to row addresses.

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

use crate::column::{Column, ColumnData};
use crate::schema::Value;
use crate::segment::{Segment, SegmentId};
use crate::sorted::SortedMap;

/// A row's place: its segment, and its row there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowAddress {
    /// The segment.
    pub segment: SegmentId,
    /// The row.
    pub row: u32,
}

/// A primary key where it lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PrimaryKey<'a> {
    /// Of an Int64 field.
    Int(i64),
    /// Of a VarChar field; ordered by bytes.
    Text(&'a str),
}

impl<'a> PrimaryKey<'a> {
    /// The key at `row` of a primary-key column.
    ///
    /// # Panics
    /// If the column is neither Int64 nor VarChar, which a checked schema excludes.
    pub fn of(column: &'a Column, row: u32) -> PrimaryKey<'a> {
        match column.data() {
            ColumnData::Int64(values) => PrimaryKey::Int(values[row as usize]),
            ColumnData::VarChar(column) => PrimaryKey::Text(column.text(row)),
            _ => unreachable!("a primary key is Int64 or VarChar"),
        }
    }

    /// The key that a user's value means for a key field of this kind; `None` when it can be none.
    pub fn from_value(value: &'a Value, is_int: bool) -> Option<PrimaryKey<'a>> {
        match value {
            Value::Int(number) if is_int => Some(PrimaryKey::Int(*number)),
            Value::Text(text) if is_int => text.parse().ok().map(PrimaryKey::Int),
            Value::Text(text) => Some(PrimaryKey::Text(text)),
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Double(_) | Value::List(_) | Value::Object(_) => None,
        }
    }

    fn hash(self) -> u64 {
        match self {
            PrimaryKey::Int(number) => xxh3_64(&number.to_le_bytes()),
            PrimaryKey::Text(text) => xxh3_64(text.as_bytes()),
        }
    }
}

/// Where the live row of each primary key is. Keys stay in the segments' columns; here are only hashes and addresses.
#[derive(Debug, Default)]
pub struct PrimaryIndex {
    table: HashTable<(u64, RowAddress)>,
}

impl PrimaryIndex {
    /// The index of all live rows. Of two live rows with one key, the one of the later segment and row wins.
    pub fn build(segments: &SortedMap<SegmentId, Segment>, primary: usize) -> PrimaryIndex {
        let rows: usize = segments.values().map(|segment| segment.live_count() as usize).sum();
        let mut index = PrimaryIndex { table: HashTable::with_capacity(rows) };
        for (id, segment) in segments {
            let column = &segment.columns()[primary];
            for row in (0..segment.row_count()).filter(|row| !segment.deletes().contains(*row)) {
                let key = PrimaryKey::of(column, row);
                index.put(key, RowAddress { segment: *id, row }, segments, primary);
            }
        }
        index
    }

    /// The live row of a key.
    pub fn find(
        &self,
        key: PrimaryKey<'_>,
        segments: &SortedMap<SegmentId, Segment>,
        primary: usize,
    ) -> Option<RowAddress> {
        self.table.find(key.hash(), |(_, at)| key_at(*at, segments, primary) == key).map(|(_, at)| *at)
    }

    /// Lets a key stand for a row, which the segments have already.
    pub fn put(
        &mut self,
        key: PrimaryKey<'_>,
        address: RowAddress,
        segments: &SortedMap<SegmentId, Segment>,
        primary: usize,
    ) {
        let hash = key.hash();
        match self.table.find_mut(hash, |(_, at)| key_at(*at, segments, primary) == key) {
            Some(entry) => entry.1 = address,
            None => {
                self.table.insert_unique(hash, (hash, address), |(hash, _)| *hash);
            }
        }
    }

    /// Forgets a key, if it stands for this row.
    pub fn remove(&mut self, key: PrimaryKey<'_>, address: RowAddress) {
        if let Ok(entry) = self.table.find_entry(key.hash(), |(_, at)| *at == address) {
            entry.remove();
        }
    }

    /// The heap that the index holds, in bytes.
    pub fn size_bytes(&self) -> u64 {
        self.table.capacity() as u64 * 17
    }
}

fn key_at(at: RowAddress, segments: &SortedMap<SegmentId, Segment>, primary: usize) -> PrimaryKey<'_> {
    PrimaryKey::of(&segments[&at.segment].columns()[primary], at.row)
}
