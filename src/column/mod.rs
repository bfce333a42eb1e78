//! Typed values, one column a field.

pub mod rows;
