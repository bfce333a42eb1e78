//! What the storage of browsers needs besides the blobs, under keys that are texts, which no blob's key is.
//!
//! **A reserve.** Storage that is full to the last byte cannot store that something was dropped. Values of 256 KB, which
//! Chromium keeps in files of their own, can be removed even then, and their room is free at once. LevelDB may take it
//! for files that it rewrites, so there are several of them, and for some time it is worth waiting.
//!
//! **A mark.** LevelDB, on which Chromium stores, goes on in a log whose last record was cut short by a kill, and finds
//! the log damaged when it reads it next; Chromium then drops all that the origin has stored
//! (<https://github.com/google/leveldb/issues/1287>). So writing leaves a mark until a rest, and whoever finds it at
//! opening writes so much that LevelDB begins another log and lets go of the old one.

use std::cell::Cell;

use js_sys::Uint8Array;
use wasm_bindgen::JsValue;
use web_sys::{IdbObjectStore, IdbRequest};

use super::Durability;
use super::connection::{Connection, wait};
use super::transaction::Mode;
use crate::error::Result;
use crate::store::Batch;

const MARK: &str = "mark";
const FILLER: &str = "filler";

/// The pieces of the reserve; the last is given up first.
const RESERVE: [&str; 4] = ["reserve0", "reserve1", "reserve2", "reserve3"];
const RESERVE_BYTES: usize = 256 << 10;

/// How often a batch that makes room is tried again, and how long it waits when no reserve is left.
const ATTEMPTS: u32 = 14;
const WAIT_MS: u32 = 100;

/// The size of batches that may use the reserve, which has to last for some of them.
const NEEDY_BYTES_MAX: u64 = RESERVE_BYTES as u64 / 4;

/// LevelDB begins another log after 4 MB. Values of this size are in the log itself; larger ones get files.
const FILLER_BYTES: usize = 48 << 10;
const FILLER_COUNT: u32 = 96;

const SEED: u32 = 0x9e37_79b9;

/// The state of the reserve and the mark, as far as is known.
#[derive(Default)]
pub(super) struct Upkeep {
    /// Pieces of the reserve.
    reserve: Cell<usize>,
    is_marked: Cell<bool>,
    commits_begun: Cell<u64>,
}

/// What was added to a commit.
pub(super) struct Joined {
    number: u64,
    /// Pieces of the reserve.
    pieces: usize,
    brings_mark: bool,
}

impl Upkeep {
    /// Looks at storage when it was opened, and heals it if need be.
    ///
    /// # Errors
    /// When it cannot be read. What cannot be written is left: everything can be used without it.
    pub async fn begin(&self, connection: &Connection) -> Result<()> {
        let look = connection.begin(Mode::Read)?;
        let ask = |key: &str| look.store().get_key(&key.into()).map_err(|error| connection.refusal(&error));
        let pieces = RESERVE.iter().map(|key| ask(key)).collect::<Result<Vec<IdbRequest>>>()?;
        let mark = ask(MARK)?;
        look.done().await?;
        let is_there = |request: &IdbRequest| request.result().is_ok_and(|key| !key.is_undefined());
        self.reserve.set(pieces.iter().take_while(|piece| is_there(piece)).count());
        if is_there(&mark) {
            let filler = noise(FILLER_BYTES);
            let keys = || (0..FILLER_COUNT).map(|number| format!("{FILLER}{number}"));
            let filled = change(connection, |store| keys().try_for_each(|key| put(store, &key, &filler))).await;
            let clear =
                |store: &IdbObjectStore| keys().chain([MARK.to_string()]).try_for_each(|key| remove(store, &key));
            // Else the mark stays, and the next opening tries again.
            if filled.is_ok() {
                let _ = change(connection, clear).await;
            }
        }
        Ok(())
    }

    /// Adds to a commit what storage needs.
    ///
    /// The reserve is there, or comes with what needs room: so nothing else can take its place. The first commit
    /// leaves no mark: it is small, and pages that only read would leave one whenever they are closed at once.
    pub fn join(&self, store: &IdbObjectStore, batch: &Batch) -> std::result::Result<Joined, JsValue> {
        let number = self.commits_begun.get() + 1;
        self.commits_begun.set(number);
        let is_growing = batch.size_bytes() > 0;
        let missing =
            if is_growing && !batch.makes_room { &RESERVE[self.reserve.replace(RESERVE.len())..] } else { &[] };
        let brings_mark = is_growing && number > 1 && !self.is_marked.replace(true);
        if !missing.is_empty() {
            let noise = noise(RESERVE_BYTES);
            missing.iter().try_for_each(|key| put(store, key, &noise))?;
        }
        if brings_mark {
            put(store, MARK, &Uint8Array::new_with_length(0))?;
        }
        Ok(Joined { number, pieces: missing.len(), brings_mark })
    }

    /// Notes that a commit was not stored, and nothing that came with it.
    pub fn failed(&self, joined: &Joined) {
        self.reserve.set(self.reserve.get().saturating_sub(joined.pieces));
        if joined.brings_mark {
            self.is_marked.set(false);
        }
    }

    /// Gives up some of the reserve for a commit that failed for want of room, or waits for the browser to make some.
    /// Returns whether that commit may be tried again.
    pub async fn make_room(&self, connection: &Connection, joined: &Joined, attempt: u32) -> bool {
        if attempt == ATTEMPTS {
            return false;
        }
        match self.reserve.get().checked_sub(1) {
            Some(left) => {
                self.reserve.set(left);
                let _ = change(connection, |store| remove(store, RESERVE[left])).await;
            }
            None => wait(WAIT_MS).await,
        }
        // Behind a later one it would undo what that one stored.
        self.commits_begun.get() == joined.number
    }

    /// Called when nothing was written for a while.
    pub async fn rest(&self, connection: &Connection) {
        if self.is_marked.replace(false) {
            let _ = change(connection, |store| remove(store, MARK)).await;
        }
    }
}

/// Whether a commit is tried again with the room of the reserve.
pub(super) fn is_needy(batch: &Batch) -> bool {
    batch.makes_room && batch.size_bytes() <= NEEDY_BYTES_MAX
}

/// Changes storage beside the blobs. Failing leaves it as it was.
async fn change(
    connection: &Connection,
    issue: impl Fn(&IdbObjectStore) -> std::result::Result<(), JsValue>,
) -> Result<()> {
    let transaction = connection.begin(Mode::Write(Durability::Relaxed))?;
    if let Err(error) = issue(transaction.store()) {
        transaction.abort();
        return Err(connection.refusal(&error));
    }
    transaction.done().await
}

fn put(store: &IdbObjectStore, key: &str, value: &Uint8Array) -> std::result::Result<(), JsValue> {
    store.put_with_key(&value.buffer(), &key.into()).map(|_| ())
}

fn remove(store: &IdbObjectStore, key: &str) -> std::result::Result<(), JsValue> {
    store.delete(&key.into()).map(|_| ())
}

/// Bytes that no browser can make smaller, which zeros would be.
fn noise(length: usize) -> Uint8Array {
    let mut state = SEED;
    let bytes: Vec<u8> = (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state as u8
        })
        .collect();
    Uint8Array::new_from_slice(&bytes)
}
