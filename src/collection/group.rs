//! Search by groups: the nearest rows of as many groups as are asked for, rows with one value of a field being a group.

use super::Collection;
use super::output::check_bytes;
use super::search::{Allowed, Found, Search, Searched};
use crate::column::ColumnData;
use crate::error::{Error, Result};
use crate::schema::{DataType, paging};
use crate::segment::PartitionId;
use crate::sorted::SortedMap;

/// How hits are grouped.
#[derive(Debug, Clone, PartialEq)]
pub struct Grouping {
    /// The field whose values make the groups; rows without a value are one group.
    pub field: String,
    /// The most rows of a group. Fewer come only when it has no more.
    pub size: u32,
}

/// What rows of one group have in common.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum GroupKey<'a> {
    Null,
    Int(i64),
    Text(&'a str),
}

/// Groups by their nearest row, each with its rows, nearest first.
struct Groups {
    members: Vec<Vec<Found>>,
    count: usize,
    size: usize,
}

impl Groups {
    /// Whether further rows would change nothing.
    fn is_full(&self) -> bool {
        self.members.len() == self.count && self.members.iter().all(|members| members.len() == self.size)
    }
}

/// Rows that are looked at first, at least: as many as make a scan's other costs count little.
const WINDOW_MIN: u32 = 1024;

/// How much farther is looked when that was not far enough.
const WINDOW_GROWTH: u32 = 8;

impl Collection {
    /// The column of the field to group by.
    ///
    /// # Errors
    /// [`Error::FieldNotFound`]; [`Error::Unsupported`] for JSON and dynamic keys, [`Error::Invalid`] for other types that make no groups.
    pub fn group_column(&self, grouping: &Grouping) -> Result<usize> {
        let name = &grouping.field;
        let unsupported = |what: &str| Err(Error::Unsupported { what: format!("grouping by {name}, {what},") });
        let Some(column) = self.schema.column(name) else {
            return if self.schema.is_dynamic || name.contains('[') {
                unsupported("which is no field")
            } else {
                Err(Error::FieldNotFound { field: name.clone() })
            };
        };
        match self.schema.fields[column].data_type {
            DataType::Bool
            | DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::VarChar => Ok(column),
            DataType::Json => unsupported("which is JSON"),
            other @ (DataType::Float | DataType::Double | DataType::Array | DataType::FloatVector) => {
                let reason = format!("unsupported data type {} for group by operator, field {name}", other.name());
                Err(Error::invalid(reason))
            }
        }
    }

    /// The nearest groups of each query, `limit` of them after the first `offset`, by their nearest row; one group's rows
    /// after the other's.
    ///
    /// # Errors
    /// Those of [`Collection::search`] and [`Collection::group_column`], and [`Error::Invalid`] for a range.
    pub(super) fn nearest_groups(
        &mut self,
        search: &Search,
        searched: Searched,
        grouping: &Grouping,
        partitions: Option<&[PartitionId]>,
    ) -> Result<Vec<Vec<Found>>> {
        let column = self.group_column(grouping)?;
        paging::check_group_size(grouping.size.into())?;
        if !searched.range.is_all() {
            return Err(Error::invalid("Not allowed to do range-search when doing search-group-by"));
        }
        let allowed = self.allowed(search, searched, partitions)?;
        let (count, skipped) = (search.limit + search.offset, search.offset as usize);
        let most = u64::from(search.limit) * u64::from(grouping.size);
        let found_bytes = size_of::<Found>() as u64 * most.min(allowed.row_count());
        check_bytes(found_bytes.saturating_mul(u64::from(search.queries.count)))?;
        let queries = search.queries.elements.chunks_exact(search.queries.dim as usize);
        let nearest = queries.map(|query| {
            if self.misses() > 0 {
                // How often one looks for groups depends on what is found; those of later queries come with the next attempt.
                return Vec::new();
            }
            let groups = self.groups_of(query, searched, &allowed, column, count, grouping.size);
            groups.members.into_iter().skip(skipped).flatten().collect()
        });
        Ok(nearest.collect())
    }

    /// The nearest groups of one query: looks ever farther, until they are full or nothing is left.
    fn groups_of(
        &mut self,
        query: &[f32],
        searched: Searched,
        allowed: &Allowed,
        column: usize,
        count: u32,
        size: u32,
    ) -> Groups {
        let all = u32::try_from(allowed.row_count()).unwrap_or(u32::MAX);
        let mut window = count.saturating_mul(size).saturating_mul(4).max(WINDOW_MIN);
        loop {
            let found = self.once_per_command(query, searched, allowed, window.min(all));
            let groups = self.group(found, column, count as usize, size as usize);
            if window >= all || groups.is_full() || self.misses() > 0 {
                return groups;
            }
            window = window.saturating_mul(WINDOW_GROWTH);
        }
    }

    /// Sorts rows, nearest first, into at most `count` groups of at most `size`.
    fn group(&self, found: Vec<Found>, column: usize, count: usize, size: usize) -> Groups {
        let mut members: Vec<Vec<Found>> = Vec::new();
        let mut group_of: SortedMap<GroupKey<'_>, usize> = SortedMap::new();
        for (at, distance) in found {
            let values = &self.segments[&at.segment].columns()[column];
            let key = match values.data() {
                _ if !values.is_valid(at.row) => GroupKey::Null,
                ColumnData::VarChar(texts) => GroupKey::Text(texts.text(at.row)),
                ColumnData::Bool(truths) => GroupKey::Int(truths[at.row as usize].into()),
                ColumnData::Int8(numbers) => GroupKey::Int(numbers[at.row as usize].into()),
                ColumnData::Int16(numbers) => GroupKey::Int(numbers[at.row as usize].into()),
                ColumnData::Int32(numbers) => GroupKey::Int(numbers[at.row as usize].into()),
                ColumnData::Int64(numbers) => GroupKey::Int(numbers[at.row as usize]),
                _ => unreachable!("group_column admits no other type"),
            };
            let group = match group_of.get(&key) {
                Some(group) => *group,
                None if members.len() == count => continue,
                None => {
                    members.push(Vec::new());
                    group_of.insert(key, members.len() - 1);
                    members.len() - 1
                }
            };
            if members[group].len() < size {
                members[group].push((at, distance));
            }
        }
        Groups { members, count, size }
    }
}
