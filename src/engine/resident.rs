//! Which collections are in memory, and reading in those that a command needs.

use super::{Engine, Options};
use crate::collection::load::Loader;
use crate::collection::maintain::Asked;
use crate::collection::{Collection, Memory};
use crate::command::{Command, Target};
use crate::error::{Error, Result};
use crate::sorted::SortedMap;
use crate::store::{BlobKey, Bytes};

impl Engine {
    /// The blobs that must be loaded before the command can run; none when all it needs is in memory.
    pub(super) fn needed(&mut self, command: &Command) -> Result<Vec<BlobKey>> {
        let id = match (needs_rows(command), command) {
            (Some(target), _) => self.catalog.resolve(target)?.id,
            // What was asked for is done to what is in memory.
            (None, Command::GetCompactionState { id }) if self.asked.contains_key(id) => *id,
            (None, _) => return Ok(Vec::new()),
        };
        if !self.collections.contains_key(&id) {
            let needed = self.needed_to_load(id)?;
            if !needed.is_empty() {
                return Ok(needed);
            }
            self.admit(id);
        }
        let Some(collection) = self.collections.get_mut(&id) else { return Ok(Vec::new()) };
        collection.begin_attempt();
        if !collection.is_partly_absent() {
            return Ok(Vec::new());
        }
        self.read_ahead(command)?;
        self.wanted(id)
    }

    /// The blobs that a collection is read from next; none when all of it is read.
    fn needed_to_load(&mut self, id: u64) -> Result<Vec<BlobKey>> {
        if !self.loaders.contains_key(&id) {
            let Some(record) = self.catalog.collection(id) else { return Ok(Vec::new()) };
            let has_indexes = self.keys.contains_key(&BlobKey::Indexes { collection: id });
            let Options { thresholds, page_bytes, .. } = self.options;
            let schema = record.schema.clone();
            let loader = Loader::new(id, schema, self.stored_log(id), has_indexes, thresholds, page_bytes);
            self.loaders.insert(id, loader);
        }
        let loader = &self.loaders[&id];
        let needed = loader.need();
        let memory = self.memory();
        let needed_bytes = memory.used_bytes + loader.expected_bytes();
        if needed_bytes > memory.limit_bytes {
            self.loaders.remove(&id);
            return Err(Error::MemoryLimit { limit_bytes: memory.limit_bytes, needed_bytes });
        }
        Ok(needed)
    }

    /// Takes in what was loaded. A collection that cannot be read is given up, and read anew by the next command.
    pub fn supply(&mut self, blobs: Vec<(BlobKey, Option<Bytes>)>) -> Result<()> {
        let mut by_collection: SortedMap<u64, Vec<(BlobKey, Option<Bytes>)>> = SortedMap::new();
        for (key, blob) in blobs {
            if let Some(id) = key.collection() {
                by_collection.or_default(id).push((key, blob));
            }
        }
        for (id, blobs) in by_collection {
            if let Some(mut loader) = self.loaders.remove(&id) {
                loader.supply(blobs.into_iter().filter_map(|(key, blob)| Some((key, blob?))).collect())?;
                self.loaders.insert(id, loader);
            } else if let Some(collection) = self.collections.get_mut(&id) {
                collection.supply(blobs)?;
            }
        }
        Ok(())
    }

    /// Lets what was read long ago make room for what a command is about to read or write.
    pub(super) fn begin(&mut self, command: &Command) -> Result<()> {
        let Some(target) = needs_rows(command) else { return Ok(()) };
        let id = self.catalog.resolve(target)?.id;
        if matches!(command, Command::Insert { .. } | Command::Upsert { .. }) {
            self.make_room(0);
        }
        if self.collections.get(&id).is_some_and(Collection::is_partly_absent) {
            let memory = self.memory();
            self.collections.get_mut(&id).expect("it was just found").begin_reading(memory);
        }
        Ok(())
    }

    /// Gives stored vectors back until collections have room within their share for so many bytes more.
    pub(super) fn make_room(&mut self, bytes: u64) {
        let memory = self.memory();
        let mut excess = (memory.used_bytes + bytes).saturating_sub(memory.share_bytes());
        for (_, collection) in self.collections.iter_mut() {
            if excess > 0 {
                let before = collection.size_bytes();
                collection.give_back(excess);
                excess = excess.saturating_sub(before - collection.size_bytes());
            }
        }
    }

    /// The collection of a command that only reads, if some of its vectors are in storage only.
    pub(super) fn late_reader(&self, command: &Command) -> Result<Option<u64>> {
        let (Command::Query { target, .. } | Command::Search { target, .. } | Command::HybridSearch { target, .. }) =
            command
        else {
            return Ok(None);
        };
        let id = self.catalog.resolve(target)?.id;
        Ok(self.collections.get(&id).filter(|collection| collection.is_partly_absent()).map(|_| id))
    }

    /// The blobs of vectors that a command asked for and that are not here.
    ///
    /// # Errors
    /// [`Error::MemoryLimit`] when there is no room for them.
    pub(super) fn wanted(&mut self, id: u64) -> Result<Vec<BlobKey>> {
        let Some(collection) = self.collections.get(&id) else { return Ok(Vec::new()) };
        let memory = self.memory();
        let (wanted, bytes) = collection.wanted(memory);
        if memory.used_bytes + bytes > memory.limit_bytes {
            self.make_room(bytes);
            let Memory { limit_bytes, used_bytes, .. } = self.memory();
            let needed_bytes = used_bytes + bytes;
            if needed_bytes > limit_bytes {
                return Err(Error::MemoryLimit { limit_bytes, needed_bytes });
            }
        }
        Ok(wanted)
    }

    /// What collections hold of the heap, and what they may.
    pub(super) fn memory(&self) -> Memory {
        let used_bytes = self.collections.values().map(Collection::size_bytes).sum();
        let leavable_bytes = self.collections.values().map(Collection::leavable_bytes).sum();
        Memory { limit_bytes: self.options.memory_limit_bytes, used_bytes, leavable_bytes }
    }

    /// The collection of a command that [`Engine::needed`] found ready.
    pub(super) fn rows(&mut self, target: &Target) -> Result<&mut Collection> {
        let id = self.catalog.resolve(target)?.id;
        Ok(self.collections.get_mut(&id).expect("the command's collection was read in before"))
    }

    /// Lets rows die that are too old when a command comes to their collection.
    pub(super) fn expire(&mut self, command: &Command, now_ms: u64) -> Result<()> {
        let Some(target) = needs_rows(command) else { return Ok(()) };
        let Some(age) = self.catalog.resolve(target)?.max_age_ms() else { return Ok(()) };
        let before = i64::try_from(now_ms.saturating_sub(age)).unwrap_or(i64::MAX);
        self.has_news |= self.rows(target)?.expire(before);
        Ok(())
    }

    /// The collection whose rows a command is about.
    pub(super) fn collection_of(&self, command: &Command) -> Result<Option<u64>> {
        needs_rows(command).map(|target| Ok(self.catalog.resolve(target)?.id)).transpose()
    }

    /// Takes a collection out of memory, all of which is in storage, but for what was asked of it.
    pub(super) fn let_go(&mut self, id: u64) {
        let asked = self.collections.remove(&id).map(|collection| collection.asked()).unwrap_or_default();
        if asked != Asked::default() {
            self.asked.insert(id, asked);
        }
    }

    /// A collection that has left memory with something asked of it: [`Command::GetCompactionState`] brings it back.
    pub fn next_asked(&self) -> Option<u64> {
        self.asked.keys().next().copied()
    }

    /// Gives up what was asked of a collection that has left memory.
    pub fn forget_asked(&mut self, id: u64) {
        self.asked.remove(&id);
    }

    /// Moves a collection that is read to those in memory, and notes the blobs that it does not refer to.
    fn admit(&mut self, id: u64) {
        if let Some(loader) = self.loaders.remove(&id) {
            let mut collection = loader.finish();
            collection.ask(self.asked.remove(&id).unwrap_or_default());
            let is_orphan = |key: &BlobKey| key.collection() == Some(id) && !collection.refers_to(*key);
            self.has_news |= self.options.reads_in;
            self.orphans.extend(self.keys.keys().copied().filter(is_orphan));
            self.collections.insert(id, collection);
        }
    }

    fn stored_log(&self, id: u64) -> Vec<u64> {
        let from = self.keys.from_key(&BlobKey::Log { collection: id, seq: 0 });
        from.iter()
            .map_while(|(key, ())| match key {
                BlobKey::Log { collection, seq } if *collection == id => Some(*seq),
                _ => None,
            })
            .collect()
    }
}

/// The collection whose rows must be in memory for a command.
fn needs_rows(command: &Command) -> Option<&Target> {
    match command {
        Command::LoadCollection { target }
        | Command::GetCollectionStats { target }
        | Command::Flush { target }
        | Command::Compact { target }
        | Command::TruncateCollection { target }
        | Command::DropPartition { target, .. }
        | Command::LoadPartitions { target, .. }
        | Command::GetPartitionStats { target, .. }
        | Command::DescribeIndex { target, .. }
        | Command::Insert { target, .. }
        | Command::Upsert { target, .. }
        | Command::Delete { target, .. }
        | Command::Query { target, .. }
        | Command::Search { target, .. }
        | Command::HybridSearch { target, .. } => Some(target),
        Command::CreateDatabase { .. }
        | Command::DropDatabase { .. }
        | Command::ListDatabases
        | Command::DescribeDatabase { .. }
        | Command::AlterDatabase { .. }
        | Command::CreateCollection { .. }
        | Command::DropCollection { .. }
        | Command::HasCollection { .. }
        | Command::DescribeCollection { .. }
        | Command::ListCollections { .. }
        | Command::RenameCollection { .. }
        | Command::ReleaseCollection { .. }
        | Command::GetLoadState { .. }
        | Command::AlterCollection { .. }
        | Command::AddFields { .. }
        | Command::AlterField { .. }
        | Command::AlterIndex { .. }
        | Command::GetCompactionState { .. }
        | Command::CreatePartition { .. }
        | Command::HasPartition { .. }
        | Command::ListPartitions { .. }
        | Command::ReleasePartitions { .. }
        | Command::CreateIndex { .. }
        | Command::DropIndex { .. }
        | Command::ListIndexes { .. }
        | Command::CreateAlias { .. }
        | Command::AlterAlias { .. }
        | Command::DropAlias { .. }
        | Command::DescribeAlias { .. }
        | Command::ListAliases { .. }
        | Command::ReadAccess
        | Command::WriteAccess { .. }
        | Command::Stats => None,
    }
}
