//! Tests of the crate as a whole and of the house that it lives in, in one binary.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, helpers of tests too")]

mod exact;
mod expressions;
mod filter_model;
mod model;
mod table;
mod tidy;
mod world;
