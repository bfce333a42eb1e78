//! Rows routed to segments, results merged.

pub mod delete;
pub mod hybrid;
pub mod query;
pub mod search;
pub mod write;
