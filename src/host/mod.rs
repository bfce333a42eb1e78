//! Storage, and what runs an engine against it: the only floor that waits.
//!
//! A [`Host`] is an ordered map of blobs with atomic batches. It knows neither what a blob means nor who writes it;
//! the [`driver`] does, and it keeps the promise that is made to users: what was answered is stored.

pub mod driver;
mod epoch;
pub mod executor;
mod export;
#[cfg(target_arch = "wasm32")]
pub mod foreign;
mod import;
#[cfg(target_arch = "wasm32")]
pub mod indexeddb;
pub mod memory;
mod runner;
pub mod snapshot;

use std::future::Future;
use std::pin::Pin;

use crate::error::Result;
use crate::store::{Batch, BlobKey, Bytes};

/// Work of a host under way. It borrows nothing: once begun it goes on, whoever waits for it.
pub type Pending<T> = Pin<Box<dyn Future<Output = Result<T>>>>;

/// Whoever keeps blobs.
///
/// The first operation, and the first after a failure, is waited for before the next one begins, and it is a listing:
/// a host may look at its storage anew then. Commits take effect in the order in which they are begun, and one that
/// failed never takes effect later. Reading shows every commit that was answered before it began; of one under way,
/// each blob may be the old or the new one. Keys in a store that are no [`BlobKey`] belong to a later format: they are
/// neither listed nor touched.
pub trait Host {
    /// The keys whose bytes start with `prefix`, ascending; all keys when it is empty.
    fn list(&self, prefix: &[u8]) -> Pending<Vec<BlobKey>>;

    /// The blobs of `keys`, in that order; `None` where there is none.
    fn load(&self, keys: &[BlobKey]) -> Pending<Vec<Option<Bytes>>>;

    /// Applies all of `batch`, or nothing, and keeps it as durably as the host was asked to before it answers.
    /// The guard is checked within the same atomic step.
    ///
    /// # Errors
    /// `Locked` when the guard does not hold. `Locked`, `Quota` and `Storage` are *refusals*: the host knows that
    /// nothing was applied. Every other error leaves open whether all or nothing of it was.
    fn commit(&self, batch: Batch) -> Pending<()>;

    /// Whether the storage was taken away and nothing was asked of it since, as far as the host was told.
    fn is_lost(&self) -> bool {
        false
    }

    /// Lets go of what the host holds, after the work under way.
    fn close(&self) -> Pending<()>;
}

/// Time and chance, which the engine does not have.
pub trait Clock {
    /// Milliseconds since 1970-01-01 UTC.
    fn now_ms(&self) -> u64;

    /// Sixty-four bits of chance.
    fn random(&self) -> u64;
}

/// The first byte string after all that start with `prefix`; `None` when nothing comes after them.
pub fn after_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let kept = prefix.iter().rposition(|byte| *byte != u8::MAX)?;
    let mut after = prefix[..=kept].to_vec();
    after[kept] += 1;
    Some(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_prefix_carries_over_full_bytes() {
        assert_eq!(after_prefix(b""), None);
        assert_eq!(after_prefix(&[1, 2]), Some(vec![1, 3]));
        assert_eq!(after_prefix(&[1, 255, 255]), Some(vec![2]));
        assert_eq!(after_prefix(&[255, 255]), None);
    }
}
