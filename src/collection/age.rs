//! Rows that are too old.
//!
//! They die when a command comes to their collection, in memory at first: what is stored of a row tells when it was
//! written, so whoever reads it back lets it die again. What writes to the collection logs these deaths too. A new row may
//! have the key of one that is too old, which must stay dead then, whatever age is allowed later and whatever the clock says.

use super::Collection;
use super::primary::RowAddress;
use crate::column::{Column, ColumnData};
use crate::store::Batch;

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
        if old.is_empty() {
            return false;
        }
        self.kill(&old);
        self.forget_answers();
        self.expired.extend(old);
        true
    }

    /// Logs the deaths of rows that were too old, as far as memory alone knows of them.
    pub fn log_expired(&mut self) -> Batch {
        let mut expired = std::mem::take(&mut self.expired);
        expired.retain(|at| self.segments.contains_key(&at.segment));
        self.log_deletes(expired)
    }
}

fn times(column: &Column) -> &[i64] {
    match column.data() {
        ColumnData::Int64(times) => times,
        other => unreachable!("a schema whose times are {other:?} is refused"),
    }
}
