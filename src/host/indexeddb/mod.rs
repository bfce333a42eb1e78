//! Blobs in IndexedDB: one object store, the bytes of a [`BlobKey`] as key and an `ArrayBuffer` as value.
//!
//! A batch is one transaction whose requests are all issued at once, and it counts as stored when the transaction
//! says `complete`, never before. A connection that the browser takes away is opened again by the next operation;
//! a database that is gone by then is `Evicted` and not made anew.

mod connection;
mod transaction;
mod upkeep;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Array, ArrayBuffer, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{IdbDatabase, IdbKeyRange, IdbRequest};

use self::connection::Connection;
use self::transaction::{Mode, Transaction};
use self::upkeep::{Joined, Upkeep, is_needy};
use super::{Host, Pending, after_prefix};
use crate::error::{Error, Result};
use crate::store::{Batch, BlobKey, Bytes};

/// The bytes that pages of vectors aim at here. Smaller ones are read faster one by one (sixteen rows take 2 ms from pages of
/// 32 KB and 17 from these), but Chromium keeps their room when they are removed (docs/adr/0007).
pub const PAGE_BYTES: usize = 256 << 10;

/// When a commit counts as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// When the browser has it: it survives the end of the tab, the browser and its process.
    Relaxed,
    /// When the browser has flushed it to the disk.
    Strict,
}

/// A database of IndexedDB. A clone is another handle to the same connection.
#[derive(Clone)]
pub struct IndexedDbHost {
    shared: Rc<Shared>,
}

struct Shared {
    name: String,
    durability: Durability,
    connection: RefCell<Option<Rc<Connection>>>,
    /// Whether it was open before: if it is absent the next time, then it is lost and not new.
    was_open: Cell<bool>,
    upkeep: Upkeep,
}

impl IndexedDbHost {
    /// The database of that name, opened by the first operation and made if there is none.
    pub fn new(name: &str, durability: Durability) -> IndexedDbHost {
        let (connection, was_open, upkeep) = (RefCell::default(), Cell::new(false), Upkeep::default());
        IndexedDbHost { shared: Rc::new(Shared { name: name.to_string(), durability, connection, was_open, upkeep }) }
    }

    /// The open connection, so that whoever outlives this host can close it.
    pub fn connection(&self) -> Option<IdbDatabase> {
        self.shared.live().map(|connection| connection.database().clone())
    }

    /// Called when nothing was written for a while.
    pub async fn rest(&self) {
        if let Some(connection) = self.shared.live() {
            self.shared.upkeep.rest(&connection).await;
        }
    }

    /// Begins a transaction, at once when there is a connection; so operations keep their order.
    async fn with<T>(
        &self,
        begun: Option<Result<Transaction<T>>>,
        begin: impl FnOnce(&Connection) -> Result<Transaction<T>>,
    ) -> Result<Transaction<T>> {
        match begun {
            Some(begun) => begun,
            None => begin(&*self.shared.connect().await?),
        }
    }

    /// Runs a reading transaction; once more on a fresh connection when the first was taken away.
    fn read<T: 'static>(&self, begin: impl Fn(&Connection) -> Result<Transaction<T>> + 'static) -> Pending<T> {
        let host = self.clone();
        let begun = self.shared.live().map(|connection| begin(&connection));
        Box::pin(async move {
            let first = match host.with(begun, &begin).await {
                Ok(transaction) => transaction.done().await,
                Err(error) => Err(error),
            };
            match first {
                Err(Error::Storage { .. }) if host.shared.was_lost() => {
                    begin(&*host.shared.connect().await?)?.done().await
                }
                first => first,
            }
        })
    }
}

impl Shared {
    fn live(&self) -> Option<Rc<Connection>> {
        self.connection.borrow().clone().filter(|connection| !connection.is_lost())
    }

    fn was_lost(&self) -> bool {
        self.connection.borrow().as_ref().is_some_and(|connection| connection.is_lost())
    }

    async fn connect(&self) -> Result<Rc<Connection>> {
        if let Some(connection) = self.live() {
            return Ok(connection);
        }
        let connection = Rc::new(Connection::open(&self.name, self.was_open.get()).await?);
        if !self.was_open.replace(true) {
            self.upkeep.begin(&connection).await?;
        }
        *self.connection.borrow_mut() = Some(connection.clone());
        Ok(connection)
    }

    /// Begins a commit at once, and again with the room of the reserve when there was none for it.
    fn store(self: Rc<Self>, connection: Rc<Connection>, batch: Batch) -> Pending<()> {
        let mut begun = self.write(&connection, &batch);
        // The browser has a copy; another of a large one is not kept.
        let again = is_needy(&batch).then_some(batch);
        Box::pin(async move {
            let mut attempt = 0;
            loop {
                let (transaction, joined) = begun?;
                let result = transaction.done().await;
                if result.is_ok() {
                    return result;
                }
                self.upkeep.failed(&joined);
                match (&result, &again) {
                    (Err(Error::Quota { .. }), Some(batch))
                        if self.upkeep.make_room(&connection, &joined, attempt).await =>
                    {
                        begun = self.write(&connection, batch);
                        attempt += 1;
                    }
                    _ => return result,
                }
            }
        })
    }

    fn write(&self, connection: &Connection, batch: &Batch) -> Result<(Transaction<()>, Joined)> {
        let mut transaction = connection.begin(Mode::Write(self.durability))?;
        let mut issue = || -> std::result::Result<Joined, JsValue> {
            let joined = self.upkeep.join(transaction.store(), batch)?;
            if let Some(guard) = &batch.guard {
                let request = transaction.store().get(&js_bytes(&guard.key.to_bytes()))?;
                let expected = guard.expected.as_ref().map(|blob| blob.as_slice().to_vec());
                transaction.abort_unless(&request, move |found| held(found) == expected);
            }
            for (key, blob) in &batch.writes {
                let key = js_bytes(&key.to_bytes());
                match blob {
                    // A copy of its own: a view would carry all of this instance's memory into the store.
                    Some(blob) => {
                        transaction.store().put_with_key(&Uint8Array::new_from_slice(blob.as_slice()).buffer(), &key)?
                    }
                    None => transaction.store().delete(&key)?,
                };
            }
            Ok(joined)
        };
        match issue() {
            Ok(joined) => Ok((transaction, joined)),
            Err(error) => {
                transaction.abort();
                Err(connection.refusal(&error))
            }
        }
    }
}

impl Host for IndexedDbHost {
    fn list(&self, prefix: &[u8]) -> Pending<Vec<BlobKey>> {
        let prefix = prefix.to_vec();
        self.read(move |connection| {
            let transaction = connection.begin(Mode::Read)?;
            let range = range(&prefix).map_err(|error| connection.refusal(&error))?;
            let request = match &range {
                Some(range) => transaction.store().get_all_keys_with_key(range),
                None => transaction.store().get_all_keys(),
            };
            let request = request.map_err(|error| connection.refusal(&error))?;
            Ok(transaction.with(move || keys(&request)))
        })
    }

    fn load(&self, keys: &[BlobKey]) -> Pending<Vec<Option<Bytes>>> {
        if keys.is_empty() {
            return Box::pin(std::future::ready(Ok(Vec::new())));
        }
        let keys = keys.to_vec();
        self.read(move |connection| {
            let transaction = connection.begin(Mode::Read)?;
            let requests = keys.iter().map(|key| transaction.store().get(&js_bytes(&key.to_bytes())));
            let requests: Vec<IdbRequest> =
                requests.collect::<std::result::Result<_, _>>().map_err(|error| connection.refusal(&error))?;
            Ok(transaction.with(move || requests.iter().map(blob).collect()))
        })
    }

    fn commit(&self, batch: Batch) -> Pending<()> {
        let shared = self.shared.clone();
        match self.shared.live() {
            Some(connection) => shared.store(connection, batch),
            None => Box::pin(async move {
                let connection = shared.connect().await?;
                shared.store(connection, batch).await
            }),
        }
    }

    fn is_lost(&self) -> bool {
        self.shared.was_lost()
    }

    fn close(&self) -> Pending<()> {
        let host = self.clone();
        Box::pin(async move {
            host.rest().await;
            // The browser ends the connection after the transactions under way.
            if let Some(connection) = host.shared.connection.borrow_mut().take() {
                connection.close();
            }
            Ok(())
        })
    }
}

fn js_bytes(bytes: &[u8]) -> JsValue {
    Uint8Array::new_from_slice(bytes).into()
}

/// The range of the keys with a prefix; `None` for all keys.
fn range(prefix: &[u8]) -> std::result::Result<Option<IdbKeyRange>, JsValue> {
    if prefix.is_empty() {
        return Ok(None);
    }
    let range = match after_prefix(prefix) {
        Some(after) => {
            IdbKeyRange::bound_with_lower_open_and_upper_open(&js_bytes(prefix), &js_bytes(&after), false, true)?
        }
        None => IdbKeyRange::lower_bound(&js_bytes(prefix))?,
    };
    Ok(Some(range))
}

fn keys(request: &IdbRequest) -> Result<Vec<BlobKey>> {
    let found: Array = request.result().map_err(unread)?.unchecked_into();
    Ok(found.iter().filter_map(|key| BlobKey::from_bytes(&held(&key)?)).collect())
}

fn blob(request: &IdbRequest) -> Result<Option<Bytes>> {
    let found = request.result().map_err(unread)?;
    if found.is_undefined() {
        return Ok(None);
    }
    let buffer: ArrayBuffer = found
        .dyn_into()
        .map_err(|_| Error::corrupt("a value in IndexedDB", "it is no ArrayBuffer, which all blobs are"))?;
    let bytes = Uint8Array::new(&buffer);
    let mut blob = Bytes::zeroed(bytes.length() as usize);
    bytes.copy_to(blob.as_mut_slice());
    Ok(Some(blob))
}

/// The bytes of a key or value; `None` for what is neither.
fn held(found: &JsValue) -> Option<Vec<u8>> {
    found.dyn_ref::<ArrayBuffer>().map(|buffer| Uint8Array::new(buffer).to_vec())
}

fn unread(error: JsValue) -> Error {
    connection::failure(&error)
}
