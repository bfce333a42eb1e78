//! The whole: a catalog of names and the collections behind them. Pure and synchronous: commands go in, replies and
//! batches come out; there is no clock, no chance and no storage inside.
//!
//! **Whoever drives an [`Engine`] must**
//! 1. open it with the store's keys and catalog ([`Engine::open`]);
//! 2. hand in one command at a time; when [`Step::Need`] comes back, load those blobs and [`Engine::resume`];
//! 3. commit the batch of a [`Step::Done`] before its reply leaves, and commit batches in the order in which they came;
//! 4. when a commit fails, drop the engine and open a new one: memory is ahead of storage.

pub mod catalog;

use crate::command::{Command, Reply};
use crate::error::Result;
use crate::store::{Batch, BlobKey, Bytes};
use crate::timestamp::Context;

/// What an engine may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Heap that collections may hold; a command that needs more is refused before anything grows.
    pub memory_limit_bytes: u64,
}

/// Collections and their names, in memory.
#[derive(Debug)]
pub struct Engine {}

/// What a command came to.
#[derive(Debug)]
pub enum Step {
    /// It is done; the batch (often empty) must be committed before the reply leaves.
    Done(Reply, Batch),
    /// It has not begun; these blobs are needed first. They may be asked for in several rounds.
    Need(Vec<BlobKey>, Continuation),
}

/// A command that waits for blobs.
#[derive(Debug)]
pub struct Continuation {
    command: Command,
}

/// What a step of background work came to.
#[derive(Debug)]
pub struct Maintained {
    /// To be committed; may be empty though work was done.
    pub batch: Batch,
    /// Whether work is left.
    pub has_more: bool,
    /// What is being done, with how much of it is done, when something is.
    pub progress: Option<Progress>,
}

/// How far a piece of background work is.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// `seal` or `compact`.
    pub stage: &'static str,
    /// The collection's name.
    pub collection: String,
    /// Rows done.
    pub done: u64,
    /// Rows in all.
    pub total: u64,
}

impl Continuation {
    /// The command, to be run anew on another engine.
    pub fn into_command(self) -> Command {
        self.command
    }
}

impl Engine {
    /// The engine of a store: `keys` are all that the store has, `catalog` is the blob of [`BlobKey::Catalog`].
    ///
    /// # Errors
    /// [`Error::Corrupt`](crate::error::Error::Corrupt) when the catalog cannot be read or is absent though other blobs
    /// (but [`BlobKey::Epoch`]) exist, [`Error::VersionTooNew`](crate::error::Error::VersionTooNew).
    pub fn open(options: Options, keys: Vec<BlobKey>, catalog: Option<Bytes>) -> Result<Engine> {
        let _ = (options, keys, catalog);
        unimplemented!()
    }

    /// Runs a command, or says what it needs first. An error means that nothing changed.
    pub fn execute(&mut self, command: Command, context: Context) -> Result<Step> {
        let _ = (command, context);
        unimplemented!()
    }

    /// Goes on with a command whose blobs were loaded; `None` for one that the store does not have.
    pub fn resume(
        &mut self,
        waiting: Continuation,
        blobs: Vec<(BlobKey, Option<Bytes>)>,
        context: Context,
    ) -> Result<Step> {
        let _ = (waiting.command, blobs, context);
        unimplemented!()
    }

    /// One bounded step of background work: sealing, compaction, removal of what nothing refers to.
    ///
    /// `budget` is in units of about a kilobyte read or written; a step takes at least one row or part.
    pub fn maintain(&mut self, budget: u32) -> Result<Maintained> {
        let _ = budget;
        unimplemented!()
    }
}
