//! The contract of vector indexes.
