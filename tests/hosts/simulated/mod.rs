//! A host on a simulated disk, made as a folder of files is: batches are appended to a journal and synced, and the
//! journal is folded into a base file when it has grown.
//!
//! Files: `base-N` (every blob at the time of the fold; absent for N = 0) and `journal-N` (the batches since). The
//! greatest N with an intact base counts. A record that is not whole ends its journal.

pub mod disk;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::{Future, ready};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use elanus::error::{Error, Result};
use elanus::host::{Host, Pending};
use elanus::store::{Batch, BlobKey, Bytes};
use xxhash_rust::xxh3::xxh3_64;

use disk::{Disk, Operation};

/// A host on a [`Disk`]. A clone is another handle to it; another host on the same disk sees what was written.
#[derive(Clone)]
pub struct SimulatedHost {
    state: Rc<RefCell<State>>,
}

struct State {
    disk: Disk,
    blobs: BTreeMap<BlobKey, Bytes>,
    number: u64,
    fold_bytes: usize,
}

impl SimulatedHost {
    /// Recovers what a disk has. The journal is folded when it is longer than `fold_bytes`.
    pub fn open(disk: &Disk, fold_bytes: usize) -> SimulatedHost {
        let mut state = State { disk: disk.clone(), blobs: BTreeMap::new(), number: 0, fold_bytes };
        state.recover();
        SimulatedHost { state: Rc::new(RefCell::new(state)) }
    }
}

impl State {
    fn recover(&mut self) {
        let files = self.disk.files().clone();
        let bases = files.keys().filter_map(|name| name.strip_prefix("base-")?.parse::<u64>().ok());
        let intact = bases.filter_map(|number| Some((number, unpack(&files[&base(number)])?.0)));
        let (number, blobs) = intact.max_by_key(|(number, _)| *number).unwrap_or_default();
        self.number = number;
        self.apply(blobs);
        let mut rest = files.get(&journal(number)).map(Vec::as_slice).unwrap_or_default();
        while let Some((writes, tail)) = unpack(rest) {
            self.apply(writes);
            rest = tail;
        }
        // Nothing may be appended after a record that is not whole, so it is left behind with its file.
        if !rest.is_empty() || !files.contains_key(&journal(number)) {
            self.fold();
        }
        let mine = [base(self.number), journal(self.number)];
        let stale: Vec<String> = self.disk.files().keys().filter(|name| !mine.contains(name)).cloned().collect();
        for name in stale {
            self.disk.run(Operation::Remove(name));
        }
    }

    fn apply(&mut self, writes: Writes) {
        for (key, blob) in writes {
            match blob {
                Some(blob) => self.blobs.insert(key, Bytes::from(blob.as_slice())),
                None => self.blobs.remove(&key),
            };
        }
    }

    fn commit(&mut self, batch: Batch) -> Result<()> {
        if let Some(guard) = &batch.guard
            && self.blobs.get(&guard.key) != guard.expected.as_ref()
        {
            return Err(Error::Locked { name: "simulated".to_string() });
        }
        let writes: Writes =
            batch.writes.into_iter().map(|(key, blob)| (key, blob.map(|blob| blob.as_slice().to_vec()))).collect();
        let name = journal(self.number);
        self.disk.run(Operation::Append(name.clone(), pack(&writes)));
        self.disk.run(Operation::Sync(name.clone()));
        self.apply(writes);
        if self.disk.files()[&name].len() > self.fold_bytes {
            self.fold();
        }
        Ok(())
    }

    /// Writes the next base and an empty journal; the old ones go when the new ones are kept.
    fn fold(&mut self) {
        let old = self.number;
        self.number += 1;
        let (base, journal) = (base(self.number), journal(self.number));
        let blobs = self.blobs.iter().map(|(key, blob)| (*key, Some(blob.as_slice().to_vec()))).collect();
        self.disk.run(Operation::Create(base.clone()));
        self.disk.run(Operation::Append(base.clone(), pack(&blobs)));
        self.disk.run(Operation::Sync(base));
        self.disk.run(Operation::Create(journal));
        self.disk.run(Operation::SyncFolder);
        for name in [self::base(old), self::journal(old)] {
            if self.disk.files().contains_key(&name) {
                self.disk.run(Operation::Remove(name));
            }
        }
    }
}

impl Host for SimulatedHost {
    fn list(&self, prefix: &[u8]) -> Pending<Vec<BlobKey>> {
        let state = self.state.borrow();
        let keys = state.blobs.keys().filter(|key| key.to_bytes().starts_with(prefix)).copied().collect();
        Box::pin(ready(Ok(keys)))
    }

    fn load(&self, keys: &[BlobKey]) -> Pending<Vec<Option<Bytes>>> {
        let state = self.state.borrow();
        Box::pin(ready(Ok(keys.iter().map(|key| state.blobs.get(key).cloned()).collect())))
    }

    fn commit(&self, batch: Batch) -> Pending<()> {
        let result = self.state.borrow_mut().commit(batch);
        Box::pin(Later(Some(result)))
    }

    fn close(&self) -> Pending<()> {
        Box::pin(ready(Ok(())))
    }
}

/// A result that is not there at first, as those of real storage.
struct Later(Option<Result<()>>);

impl Future for Later {
    type Output = Result<()>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        context.waker().wake_by_ref();
        match self.0.take() {
            Some(Err(error)) => Poll::Ready(Err(error)),
            // The next poll finds nothing left to wait for.
            Some(Ok(())) => Poll::Pending,
            None => Poll::Ready(Ok(())),
        }
    }
}

type Writes = Vec<(BlobKey, Option<Vec<u8>>)>;

fn base(number: u64) -> String {
    format!("base-{number}")
}

fn journal(number: u64) -> String {
    format!("journal-{number}")
}

/// A record: its length, the checksum of what follows, and the writes.
fn pack(writes: &Writes) -> Vec<u8> {
    let writes: Vec<(Vec<u8>, &Option<Vec<u8>>)> = writes.iter().map(|(key, blob)| (key.to_bytes(), blob)).collect();
    let body = postcard::to_allocvec(&writes).expect("memory grows");
    let mut record = (body.len() as u64).to_le_bytes().to_vec();
    record.extend_from_slice(&xxh3_64(&body).to_le_bytes());
    record.extend_from_slice(&body);
    record
}

/// The writes of the first record of `bytes`, and what follows it; `None` when the record is not whole.
fn unpack(bytes: &[u8]) -> Option<(Writes, &[u8])> {
    let (len, rest) = bytes.split_first_chunk::<8>()?;
    let (sum, rest) = rest.split_first_chunk::<8>()?;
    let (body, rest) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*len)).ok()?)?;
    if xxh3_64(body) != u64::from_le_bytes(*sum) {
        return None;
    }
    let writes: Vec<(Vec<u8>, Option<Vec<u8>>)> = postcard::from_bytes(body).ok()?;
    let writes: Option<Writes> =
        writes.into_iter().map(|(key, blob)| Some((BlobKey::from_bytes(&key)?, blob))).collect();
    Some((writes?, rest))
}
