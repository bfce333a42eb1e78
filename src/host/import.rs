//! One import under way: an exported file becomes the blobs of an empty store.
//!
//! The epoch record is marked as importing before the first blob is stored, and the mark goes in the same batch that
//! brings the catalog, the last one. So a store that was cut off in the middle is known as such, and whoever opens
//! it next finds it empty.

use std::mem;

use super::Host;
use super::epoch::Claim;
use super::snapshot::{self, Reader};
use crate::error::{Error, Result};
use crate::store::{Batch, BlobKey, Bytes, codec};

/// Bytes after which blobs are committed.
const BATCH_BYTES: usize = 4 << 20;

/// What a blob counts beside its bytes, so that a batch of tiny ones ends too.
const BLOB_OVERHEAD_BYTES: usize = 256;

/// An import.
pub(super) struct Import {
    claim: Claim,
    reader: Reader,
    batch: Batch,
    batch_bytes: usize,
    catalog: Option<Bytes>,
    has_blobs: bool,
}

impl Import {
    /// Takes over a store that must be empty, or hold what an earlier import left.
    ///
    /// # Errors
    /// `Invalid` when the store has a database, `Corrupt` when it has blobs whose catalog is lost.
    pub async fn start(host: &dyn Host, writer: u64) -> Result<Import> {
        let mut claim = Claim::take(host, writer, None).await?;
        let keys = host.list(&[]).await?;
        if keys.contains(&BlobKey::Catalog) {
            return Err(Error::invalid("an import needs an empty database, and this one has a catalog already"));
        }
        if !claim.was_importing && keys.iter().any(|key| *key != BlobKey::Epoch) {
            return Err(Error::corrupt(BlobKey::Catalog, "it is absent though other blobs exist"));
        }
        claim.mark(true);
        claim.commit(host, removal(&keys)).await?;
        let (reader, batch) = (Reader::default(), Batch::default());
        Ok(Import { claim, reader, batch, batch_bytes: 0, catalog: None, has_blobs: false })
    }

    /// Removes what an unfinished import left.
    pub async fn clear(host: &dyn Host, claim: &mut Claim) -> Result<()> {
        let keys = host.list(&[]).await?;
        claim.mark(false);
        claim.commit(host, removal(&keys)).await
    }

    /// Takes in bytes.
    pub async fn chunk(&mut self, host: &dyn Host, bytes: &[u8]) -> Result<()> {
        self.reader.push(bytes);
        while let Some((key, blob)) = self.reader.blob()? {
            codec::verify(key, blob.as_slice())?;
            self.has_blobs = true;
            if key == BlobKey::Catalog {
                self.catalog = Some(blob);
                continue;
            }
            self.batch_bytes += BLOB_OVERHEAD_BYTES + blob.len();
            self.batch.put(key, blob);
            if self.batch_bytes >= BATCH_BYTES {
                self.batch_bytes = 0;
                let batch = mem::take(&mut self.batch);
                self.claim.commit(host, batch).await?;
            }
        }
        Ok(())
    }

    /// Stores the rest and the catalog.
    pub async fn end(mut self, host: &dyn Host) -> Result<()> {
        self.reader.finish()?;
        match self.catalog {
            Some(catalog) => self.batch.put(BlobKey::Catalog, catalog),
            None if self.has_blobs => return Err(snapshot::corrupt("it has no catalog")),
            None => {}
        }
        self.claim.mark(false);
        self.claim.commit(host, self.batch).await
    }
}

fn removal(keys: &[BlobKey]) -> Batch {
    let mut batch = Batch::default();
    for key in keys.iter().filter(|key| **key != BlobKey::Epoch) {
        batch.remove(*key);
    }
    batch
}
