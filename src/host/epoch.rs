//! Who may write: a record in the store, taken over when a store is opened and checked inside every commit.

use serde::{Deserialize, Serialize};

use super::Host;
use crate::error::{Error, Result};
use crate::store::{Batch, BlobKey, Bytes, Guard, codec};

/// The body of [`BlobKey::Epoch`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Epoch {
    /// One more than the epoch before it.
    number: u64,
    /// Chance, which tells two writers apart that took the same number.
    writer: u64,
    /// Whether the other blobs are those of an import that has not come to its end.
    is_importing: bool,
}

/// The right to write to a store.
#[derive(Debug, Clone)]
pub(super) struct Claim {
    /// The epoch's number.
    pub number: u64,
    /// Whether the store held an unfinished import when it was taken over.
    pub was_importing: bool,
    /// The blob that the store has.
    held: Option<Bytes>,
    /// The blob that the next batch has to bring, when the store had no room for it.
    owed: Option<Bytes>,
    writer: u64,
}

impl Claim {
    /// Takes a store over: from now on, commits of whoever had it before are refused. `mine` is the claim of this
    /// same writer that came before, if any.
    ///
    /// A store without room can be taken over too, so that it can be read: the record then comes with the first
    /// batch that fits.
    ///
    /// # Errors
    /// `Locked` when another writer has taken it over meanwhile, `Evicted` when the record of `mine` is gone,
    /// `Corrupt` and `VersionTooNew` for a record that cannot be read, and what the host answers.
    pub async fn take(host: &dyn Host, writer: u64, mine: Option<&Claim>) -> Result<Claim> {
        // Listing comes first: it makes a host look at its storage anew.
        host.list(&BlobKey::Epoch.to_bytes()).await?;
        let (held, old) = read(host).await?;
        if let Some(mine) = mine {
            mine.check(held.as_ref(), old.as_ref())?;
        }
        let was_importing = old.as_ref().is_some_and(|epoch| epoch.is_importing);
        let number = old.map_or(0, |epoch| epoch.number);
        let number = number.checked_add(1).ok_or_else(|| Error::corrupt(BlobKey::Epoch, "there is no next epoch"))?;
        let mut claim = Claim { number, was_importing, held, owed: None, writer };
        claim.mark(was_importing);
        match claim.commit(host, Batch::default()).await {
            Ok(()) | Err(Error::Quota { .. }) => Ok(claim),
            Err(error) => Err(error),
        }
    }

    /// Looks whether the store is still there, and this writer's.
    ///
    /// # Errors
    /// `Evicted` and `Locked` when it is not, and what the host answers.
    pub async fn verify(&self, host: &dyn Host) -> Result<()> {
        let (held, epoch) = read(host).await?;
        self.check(held.as_ref(), epoch.as_ref())
    }

    /// Says whether the store holds an unfinished import; stored with the next batch.
    pub fn mark(&mut self, is_importing: bool) {
        let epoch = Epoch { number: self.number, writer: self.writer, is_importing };
        self.owed = Some(codec::encode(BlobKey::Epoch, &epoch));
    }

    /// Puts the right to write into a batch.
    pub fn sign(&self, batch: &mut Batch) {
        batch.guard = Some(Guard { key: BlobKey::Epoch, expected: self.held.clone() });
        if let Some(owed) = &self.owed {
            batch.put(BlobKey::Epoch, owed.clone());
        }
    }

    /// Notes that a signed batch was committed.
    pub fn signed(&mut self) {
        if let Some(owed) = self.owed.take() {
            self.held = Some(owed);
        }
    }

    /// Signs and commits a batch.
    pub async fn commit(&mut self, host: &dyn Host, mut batch: Batch) -> Result<()> {
        self.sign(&mut batch);
        host.commit(batch).await?;
        self.signed();
        Ok(())
    }

    fn check(&self, stored: Option<&Bytes>, epoch: Option<&Epoch>) -> Result<()> {
        let is_mine = epoch.is_some_and(|epoch| epoch.writer == self.writer) || stored == self.held.as_ref();
        match (is_mine, stored) {
            (true, _) => Ok(()),
            (false, None) => Err(Error::Evicted { reason: "its epoch record is absent".to_string() }),
            (false, Some(_)) => Err(Error::Locked { name: "of a later writer".to_string() }),
        }
    }
}

async fn read(host: &dyn Host) -> Result<(Option<Bytes>, Option<Epoch>)> {
    let held = host.load(&[BlobKey::Epoch]).await?.pop().flatten();
    let epoch = held.as_ref().map(|blob| codec::decode::<Epoch>(BlobKey::Epoch, blob.as_slice())).transpose()?;
    Ok((held, epoch))
}
