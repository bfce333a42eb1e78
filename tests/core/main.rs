//! Tests of the crate as a whole and of the house that it lives in, in one binary.

mod model;
mod tidy;
mod world;
