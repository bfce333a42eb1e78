//! Rows that are too old.
//!
//! They die when a command comes to their collection, in memory alone: what is stored of a row tells when it was written,
//! so whoever reads it back lets it die again, until its segment is rewritten without it.

use super::Collection;
use super::primary::RowAddress;
use crate::column::{Column, ColumnData};

impl Collection {
    /// Lets the rows die that were written before a time; says whether there were any. Rows without times stay.
    pub fn expire(&mut self, before: i64) -> bool {
        let Some(at) = self.schema.time_column() else { return false };
        if self.oldest_ms.is_some_and(|oldest| oldest >= before) {
            return false;
        }
        let mut oldest = i64::MAX;
        let mut old = Vec::new();
        for (id, segment) in &self.segments {
            for (row, time) in (0..).zip(times(&segment.columns()[at])) {
                if segment.deletes().contains(row) {
                    continue;
                }
                if *time < before {
                    old.push(RowAddress { segment: *id, row });
                } else {
                    oldest = oldest.min(*time);
                }
            }
        }
        self.oldest_ms = Some(oldest);
        self.kill(&old);
        if !old.is_empty() {
            self.forget_answers();
        }
        !old.is_empty()
    }
}

fn times(column: &Column) -> &[i64] {
    match column.data() {
        ColumnData::Int64(times) => times,
        other => unreachable!("a schema whose times are {other:?} is refused"),
    }
}
