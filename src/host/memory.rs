//! Blobs in a map: for tests, and for databases that need not outlive their engine.

use std::cell::RefCell;
use std::future::ready;
use std::rc::Rc;

use super::{Host, Pending};
use crate::error::{Error, Result};
use crate::sorted::SortedMap;
use crate::store::{Batch, BlobKey, Bytes};

/// Blobs in memory. A clone is another handle to the same blobs.
#[derive(Debug, Clone, Default)]
pub struct MemoryHost {
    blobs: Rc<RefCell<SortedMap<BlobKey, Bytes>>>,
}

impl MemoryHost {
    fn apply(&self, batch: Batch) -> Result<()> {
        let mut blobs = self.blobs.borrow_mut();
        if let Some(guard) = &batch.guard
            && blobs.get(&guard.key) != guard.expected.as_ref()
        {
            return Err(Error::Locked { name: ":memory:".to_string() });
        }
        for (key, blob) in batch.writes {
            match blob {
                Some(blob) => blobs.insert(key, blob),
                None => blobs.remove(&key),
            };
        }
        Ok(())
    }
}

impl Host for MemoryHost {
    fn list(&self, prefix: &[u8]) -> Pending<Vec<BlobKey>> {
        let keys = self.blobs.borrow().keys().filter(|key| key.to_bytes().starts_with(prefix)).copied().collect();
        Box::pin(ready(Ok(keys)))
    }

    fn load(&self, keys: &[BlobKey]) -> Pending<Vec<Option<Bytes>>> {
        let blobs = self.blobs.borrow();
        let found = keys.iter().map(|key| blobs.get(key).cloned()).collect();
        Box::pin(ready(Ok(found)))
    }

    fn commit(&self, batch: Batch) -> Pending<()> {
        Box::pin(ready(self.apply(batch)))
    }

    fn close(&self) -> Pending<()> {
        Box::pin(ready(Ok(())))
    }
}
