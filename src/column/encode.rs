//! Columns to stored bytes and back.
