//! Milvus's messages, those that the methods need. Fields that are not here are skipped when they come.
//!
//! Numbers and meanings are those of `milvus.proto`, `schema.proto` and `common.proto`; enumerations are plain numbers,
//! so that unknown ones arrive too.
#![allow(missing_docs, reason = "messages and fields carry the names that Milvus documents")]

pub mod access;
pub mod collection;
pub mod common;
pub mod data;
pub mod database;
pub mod index;
pub mod partition;
pub mod resource;
pub mod rows;
pub mod schema;
pub mod segment;
pub mod session;
