//! Elanus: a Milvus-compatible vector database that fits in a browser tab.
//!
//! The floors, from the bottom to the top; a module uses lower floors and its own folder, never a neighbour:
//!
//! | floor | rooms |
//! | --- | --- |
//! | 0 | [`error`], [`bitmap`], [`sorted`], [`timestamp`] |
//! | 1 | [`kernel`]: distances over slices |
//! | 2 | [`schema`]: what a collection is; [`store`]: the words of storage |
//! | 3 | [`column`]: typed values, one column a field; [`json`]: values as text |
//! | 4 | [`filter`]: expression to bitmap; [`index`]: vector to candidates |
//! | 5 | [`segment`]: growing and sealed rows, deletes, compaction |
//! | 6 | [`collection`]: rows routed to segments, results merged |
//! | 7 | [`command`]: every operation, asked and answered; [`gate`]: who may |
//! | 8 | [`engine`]: open, execute, maintain; the catalog of names |
//! | 9 | [`wire`]: bytes to commands and replies to bytes; [`host`]: storage, the only asynchronous floor |
//! | 10 | `access`: users and what they may do, in the build for servers |
//! | 11 | [`rest`]: HTTP requests to commands; `grpc`: Milvus's gRPC service, in the build for servers |
//! | 12 | `wasm`: the door to JavaScript |

pub mod error;

pub mod bitmap;
pub mod sorted;
pub mod timestamp;

pub mod kernel;

pub mod schema;
pub mod store;

pub mod column;
pub mod json;

pub mod filter;
pub mod index;

pub mod segment;

pub mod collection;

pub mod command;
pub mod gate;

pub mod engine;

#[cfg(feature = "grpc")]
pub mod access;

pub mod host;
pub mod wire;

#[cfg(feature = "grpc")]
pub mod grpc;
pub mod rest;

#[cfg(target_arch = "wasm32")]
mod wasm;
