//! The words of storage: the keys of blobs, the bytes of blobs, and the batches that land together.
//!
//! Knows neither what a collection is nor who keeps the bytes.

pub mod batch;
pub mod bytes;
pub mod codec;
pub mod key;
pub mod pages;

pub use batch::{Batch, Guard};
pub use bytes::Bytes;
pub use key::BlobKey;
