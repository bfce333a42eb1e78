//! An engine and its store, driven as a host would drive them, without a host.

use std::collections::BTreeMap;

use elanus::collection::maintain::Reason;
use elanus::column::rows::{NamedValues, Rows, Values};
use elanus::command::{Command, Reply, Target};
use elanus::engine::{Engine, Options, Step};
use elanus::error::Result;
use elanus::schema::Value;
use elanus::store::{Batch, BlobKey, Bytes};
use elanus::timestamp::Context;

/// One engine, one store, one clock.
pub struct World {
    pub blobs: BTreeMap<BlobKey, Bytes>,
    pub engine: Engine,
    pub now_ms: u64,
    options: Options,
    /// Blobs that were loaded.
    pub loaded: usize,
}

impl World {
    pub fn new() -> World {
        World::with_limit(1 << 30)
    }

    pub fn with_limit(memory_limit_bytes: u64) -> World {
        World::with_options(Options::with_limit(memory_limit_bytes))
    }

    pub fn with_options(options: Options) -> World {
        let engine = Engine::open(options, Vec::new(), None).expect("an empty store opens");
        World { blobs: BTreeMap::new(), engine, now_ms: 1_700_000_000_000, options, loaded: 0 }
    }

    /// As in a Durable Object: vectors that opening leaves in storage stay there.
    pub fn with_limit_in_storage(memory_limit_bytes: u64) -> World {
        let mut world = World::with_limit(memory_limit_bytes);
        world.options.reads_in = false;
        world.reopen().expect("an empty store opens");
        world
    }

    /// Runs a command to its end and commits what it wrote.
    pub fn run(&mut self, command: Command) -> Result<Reply> {
        self.now_ms += 1;
        let context = Context { now_ms: self.now_ms, seed: self.now_ms };
        let mut step = self.engine.execute(command, context)?;
        loop {
            match step {
                Step::Done(reply, batch) => {
                    self.commit(batch);
                    return Ok(reply);
                }
                Step::Need(keys, waiting) => {
                    self.loaded += keys.len();
                    let blobs = keys.iter().map(|key| (*key, self.blobs.get(key).cloned())).collect();
                    step = self.engine.resume(waiting, blobs, context)?;
                }
            }
        }
    }

    /// Does one step of background work; says whether there is more.
    pub fn maintain(&mut self, budget: u32) -> bool {
        self.work(budget, Reason::Idle)
    }

    fn work(&mut self, budget: u32, reason: Reason) -> bool {
        let step = self.engine.maintain(budget, reason).expect("background work goes well");
        if !step.need.is_empty() {
            self.loaded += step.need.len();
            let blobs = step.need.into_iter().map(|key| (key, self.blobs.get(&key).cloned())).collect();
            self.engine.supply(blobs).expect("what was stored is read");
        }
        self.commit(step.batch);
        step.has_more
    }

    /// What is done when a write finds no room: everything that brings memory back.
    pub fn relieve(&mut self) {
        while self.work(4096, Reason::Relief) {}
    }

    pub fn settle(&mut self) {
        while self.maintain(4096) {}
    }

    /// Lets time go by.
    pub fn wait(&mut self, ms: u64) {
        self.now_ms += ms;
    }

    /// Forgets the engine and opens another one on the same store.
    pub fn reopen(&mut self) -> Result<()> {
        let catalog = self.blobs.get(&BlobKey::Catalog).cloned();
        self.engine = Engine::open(self.options, self.blobs.keys().copied().collect(), catalog)?;
        Ok(())
    }

    /// As `reopen`, with another memory limit.
    pub fn reopen_with_limit(&mut self, memory_limit_bytes: u64) -> Result<()> {
        self.options = Options::with_limit(memory_limit_bytes);
        self.reopen()
    }

    fn commit(&mut self, batch: Batch) {
        for (key, blob) in batch.writes {
            match blob {
                Some(blob) => self.blobs.insert(key, blob),
                None => self.blobs.remove(&key),
            };
        }
    }
}

pub fn target(collection: &str) -> Target {
    Target { database: "default".to_string(), collection: collection.to_string() }
}

pub fn text(text: &str) -> Value {
    Value::Text(text.to_string())
}

/// Rows of columns that every row has.
pub fn rows(row_count: usize, columns: Vec<(&str, Values)>) -> Rows {
    let columns = columns
        .into_iter()
        .map(|(name, values)| NamedValues { name: name.to_string(), present: None, values })
        .collect();
    Rows { row_count: row_count as u32, columns }
}

/// A reply's rows as maps, in their order.
pub fn records(rows: &Rows) -> Vec<BTreeMap<String, Value>> {
    let mut records = vec![BTreeMap::new(); rows.row_count as usize];
    for column in &rows.columns {
        for at in 0..column.values.len() {
            let row = column.present.as_ref().map_or(at, |present| present[at] as usize);
            records[row].insert(column.name.clone(), column.values.value(at));
        }
    }
    records
}

/// A small generator of numbers, the same for the same seed.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) % end
    }
}
