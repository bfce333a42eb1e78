//! The whole: a catalog of names and the collections behind them. Pure and synchronous: commands go in, replies and
//! batches come out; there is no clock, no chance and no storage inside.
//!
//! **Whoever drives an [`Engine`] must**
//! 1. open it with the store's keys and catalog ([`Engine::open`]);
//! 2. hand in one command at a time; when [`Step::Need`] comes back, load those blobs and [`Engine::resume`], as often as
//!    it does;
//! 3. commit the batch of a [`Step::Done`] before its reply leaves, and commit batches in the order in which they came;
//! 4. when a commit fails, drop the engine and open a new one: memory is ahead of storage.

pub mod catalog;
mod names;
mod resident;
mod rows;

use crate::collection::maintain::{Asked, Reason};
use crate::collection::{Collection, load::Loader};
use crate::column::vector::PAGE_BYTES;
use crate::command::{Command, Reply};
use crate::error::{Error, Result};
use crate::index::Thresholds;
use crate::sorted::{SortedMap, SortedSet};
use crate::store::{Batch, BlobKey, Bytes};
use crate::timestamp::Context;
use catalog::{Catalog, CollectionRecord};

/// What an engine may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Heap that collections may hold; a command that needs more is refused before anything grows.
    pub memory_limit_bytes: u64,
    /// When structures to search by are made.
    pub thresholds: Thresholds,
    /// Whether vectors that opening leaves in storage are read in afterwards, as far as there is room.
    pub reads_in: bool,
    /// The bytes that a page of vectors aims at.
    pub page_bytes: usize,
}

impl Options {
    /// A limit on memory, and everything else as usual.
    pub fn with_limit(memory_limit_bytes: u64) -> Options {
        Options { memory_limit_bytes, thresholds: Thresholds::DEFAULT, reads_in: true, page_bytes: PAGE_BYTES }
    }
}

/// Collections and their names, in memory.
#[derive(Debug)]
pub struct Engine {
    options: Options,
    catalog: Catalog,
    /// The blob of [`BlobKey::Access`], which means nothing here.
    access: Option<Bytes>,
    /// Every blob that the store has once all batches are committed.
    keys: SortedSet<BlobKey>,
    /// The collections that are in memory, by id. Others are read when a command needs them.
    collections: SortedMap<u64, Collection>,
    /// Collections on their way into memory.
    loaders: SortedMap<u64, Loader>,
    /// What was asked of collections that have left memory since, by id.
    asked: SortedMap<u64, Asked>,
    /// Blobs that nothing refers to, left by work that was cut short.
    orphans: Vec<BlobKey>,
    /// Commands and steps of background work that have begun. What a command that waits knows already holds as long as
    /// no other came between.
    turn: u64,
    /// Whether a collection was read in, which may leave work: vectors in storage, rows without codes.
    has_news: bool,
    /// The collection whose background work was done last; the next one's turn is next.
    maintained: u64,
}

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
    turn: u64,
}

/// What a step of background work came to.
#[derive(Debug)]
pub struct Maintained {
    /// To be committed; may be empty though work was done.
    pub batch: Batch,
    /// Blobs to be loaded and handed in ([`Engine::supply`]) before the next step.
    pub need: Vec<BlobKey>,
    /// Whether work is left.
    pub has_more: bool,
    /// What is being done, with how much of it is done, when something is.
    pub progress: Option<Progress>,
}

/// How far a piece of background work is.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// `seal`, `compact`, `index` or `read`.
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
    /// [`Error::Corrupt`] when the catalog cannot be read, or is absent though a collection's manifest is there;
    /// [`Error::VersionTooNew`].
    pub fn open(options: Options, keys: Vec<BlobKey>, catalog: Option<Bytes>) -> Result<Engine> {
        let catalog = match catalog {
            Some(blob) => Catalog::decode(blob.as_slice())?,
            None if keys.iter().any(|key| matches!(key, BlobKey::Manifest { .. })) => {
                return Err(Error::corrupt(BlobKey::Catalog, "it is absent, and the store has collections"));
            }
            None => Catalog::new(),
        };
        let is_known = |key: &BlobKey| key.collection().is_none_or(|id| catalog.collection(id).is_some());
        let orphans = keys.iter().copied().filter(|key| !is_known(key)).collect();
        Ok(Engine {
            options,
            catalog,
            access: None,
            keys: keys.into_iter().collect(),
            collections: SortedMap::new(),
            loaders: SortedMap::new(),
            asked: SortedMap::new(),
            orphans,
            turn: 0,
            has_news: false,
            maintained: 0,
        })
    }

    /// Takes in the blob of [`BlobKey::Access`], if the store has one.
    pub fn with_access(self, access: Option<Bytes>) -> Engine {
        Engine { access, ..self }
    }

    /// Runs a command, or says what it needs first. An error means that nothing changed.
    pub fn execute(&mut self, command: Command, context: Context) -> Result<Step> {
        self.next_turn();
        self.begin(&command)?;
        self.attempt(command, context)
    }

    fn attempt(&mut self, command: Command, context: Context) -> Result<Step> {
        let needed = self.needed(&command)?;
        if !needed.is_empty() {
            return Ok(Step::Need(needed, Continuation { command, turn: self.turn }));
        }
        self.expire(&command, context.now_ms)?;
        let makes_room = command.makes_room();
        let writes_rows = matches!(command, Command::Insert { .. } | Command::Upsert { .. } | Command::Delete { .. });
        let written = if writes_rows { self.collection_of(&command)? } else { None };
        let (reply, mut batch) = match self.late_reader(&command)? {
            None => self.run(command, context)?,
            Some(id) => {
                let again = command.clone();
                let result = self.run(command, context);
                let wanted = self.wanted(id)?;
                if !wanted.is_empty() {
                    return Ok(Step::Need(wanted, Continuation { command: again, turn: self.turn }));
                }
                result?
            }
        };
        if let Some(collection) = written.and_then(|id| self.collections.get_mut(&id)) {
            batch.merge(collection.log_expired());
        }
        batch.makes_room = makes_room;
        self.note(&batch);
        Ok(Step::Done(reply, batch))
    }

    /// Goes on with a command whose blobs were loaded; `None` for one that the store does not have.
    pub fn resume(
        &mut self,
        waiting: Continuation,
        blobs: Vec<(BlobKey, Option<Bytes>)>,
        context: Context,
    ) -> Result<Step> {
        if waiting.turn != self.turn {
            self.next_turn();
        }
        self.supply(blobs)?;
        self.attempt(waiting.command, context)
    }

    fn next_turn(&mut self) {
        self.turn += 1;
        self.collections.iter_mut().for_each(|(_, collection)| collection.forget_answers());
    }

    /// Whether a command that only reads has left background work to do since the last call.
    pub fn take_news(&mut self) -> bool {
        std::mem::take(&mut self.has_news)
    }

    /// One bounded step of background work: removal of what nothing refers to, sealing, compaction.
    ///
    /// `budget` is in kilobytes read or written, about; a step takes at least one row or part.
    pub fn maintain(&mut self, budget: u32, reason: Reason) -> Result<Maintained> {
        self.next_turn();
        let mut batch = Batch::default();
        if !self.orphans.is_empty() {
            batch.makes_room = true;
            for key in self.orphans.drain(..) {
                batch.remove(key);
            }
            self.note(&batch);
            return Ok(Maintained { batch, need: Vec::new(), has_more: true, progress: None });
        }
        self.make_room(0);
        let mut turns: Vec<u64> = self.collections.keys().copied().collect();
        let served = turns.partition_point(|id| *id <= self.maintained);
        turns.rotate_left(served);
        let memory = self.memory();
        for id in turns {
            let wanted = self.catalog.collection(id).map(CollectionRecord::wanted_structures).unwrap_or_default();
            let left = self.catalog.collection(id).map(CollectionRecord::left_columns).unwrap_or_default();
            let mut collection = self.collections.get_mut(&id);
            if let Some(collection) = &mut collection {
                collection.leave_columns(left, self.options.reads_in, memory);
            }
            let Some(mut step) = collection.and_then(|collection| collection.maintain(budget, reason, &wanted, memory))
            else {
                continue;
            };
            self.maintained = id;
            // Steps that only write may lead nowhere; the last of a job removes what it has replaced.
            step.batch.makes_room = step.batch.writes.values().any(Option::is_none);
            self.note(&step.batch);
            let collection = self.catalog.collection(id).map(|record| record.name.clone()).unwrap_or_default();
            let progress = Progress { stage: step.stage, collection, done: step.done, total: step.total };
            return Ok(Maintained { batch: step.batch, need: step.need, has_more: true, progress: Some(progress) });
        }
        Ok(Maintained { batch, need: Vec::new(), has_more: false, progress: None })
    }

    /// Keeps the list of blobs as the store will be.
    fn note(&mut self, batch: &Batch) {
        if batch.writes.values().any(Option::is_none) {
            self.keys.retain(|key| !matches!(batch.writes.get(key), Some(None)));
        }
        let stored = batch.writes.iter().filter(|(_, blob)| blob.is_some());
        self.keys.extend(stored.map(|(key, _)| (*key, ())));
    }
}
