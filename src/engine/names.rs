//! Every command, dispatched: what changes a name writes the catalog into its batch.

use super::Engine;
use crate::collection::Collection;
use crate::command::{Command, Reply, Target};
use crate::error::{Error, Result};
use crate::store::{Batch, BlobKey};
use crate::timestamp::Context;

impl Engine {
    /// Runs a command whose rows are in memory.
    pub(super) fn run(&mut self, command: Command, context: Context) -> Result<(Reply, Batch)> {
        match command {
            Command::CreateDatabase { database, properties } => {
                self.catalog.create_database(&database, &properties)?;
                self.changed(true, Batch::default())
            }
            Command::DropDatabase { database } => {
                let has_changed = self.catalog.drop_database(&database)?;
                self.changed(has_changed, Batch::default())
            }
            Command::ListDatabases => read(Reply::Names(self.catalog.list_databases())),
            Command::DescribeDatabase { database } => {
                let (id, properties) = self.catalog.describe_database(&database)?;
                let properties = properties.clone();
                read(Reply::Database { name: database, id, properties })
            }
            Command::AlterDatabase { database, changes } => {
                let has_changed = self.catalog.alter_database(&database, &changes)?;
                self.changed(has_changed, Batch::default())
            }

            Command::CreateCollection { database, spec } => {
                let Some(id) = self.catalog.create_collection(&database, &spec, context.now_ms)? else {
                    return read(Reply::Done);
                };
                let schema = self.catalog.collection(id).expect("it was just made").schema.clone();
                let (collection, made) =
                    Collection::create(id, schema, self.options.thresholds, self.options.page_bytes);
                // Only a damaged store has blobs of a collection that was never made; the new one must not find them.
                let mut batch = Batch::default();
                self.keys.keys().filter(|key| key.collection() == Some(id)).for_each(|key| batch.remove(*key));
                self.orphans.retain(|key| key.collection() != Some(id));
                batch.merge(made);
                self.collections.insert(id, collection);
                self.changed(true, batch)
            }
            Command::DropCollection { target } => {
                let Some(id) = self.catalog.drop_collection(&target)? else {
                    return read(Reply::Done);
                };
                self.collections.remove(&id);
                self.loaders.remove(&id);
                self.asked.remove(&id);
                self.orphans.retain(|key| key.collection() != Some(id));
                let mut batch = Batch::default();
                self.keys.keys().filter(|key| key.collection() == Some(id)).for_each(|key| batch.remove(*key));
                self.changed(true, batch)
            }
            Command::TruncateCollection { target } => {
                let batch = self.rows(&target)?.clear(None);
                Ok((Reply::Done, batch))
            }
            Command::HasCollection { target } => read(Reply::Has(self.catalog.has_collection(&target)?)),
            Command::DescribeCollection { target } => {
                let record = self.catalog.resolve(&target)?;
                let rows = self.collections.get(&record.id).map_or(0, |collection| collection.live_count(None));
                read(Reply::Collection(Box::new(record.describe(rows))))
            }
            Command::ListCollections { database } => read(Reply::Names(self.catalog.list_collections(&database)?)),
            Command::RenameCollection { target, new_database, new_name } => {
                self.catalog.rename_collection(&target, &new_database, &new_name)?;
                self.changed(true, Batch::default())
            }
            Command::LoadCollection { target } => {
                let has_changed = self.catalog.load_collection(&target)?;
                self.changed(has_changed, Batch::default())
            }
            Command::ReleaseCollection { target } => {
                let has_changed = self.catalog.release_collection(&target)?;
                let id = self.catalog.resolve(&target)?.id;
                // What the log and the segments hold is all in storage.
                self.collections.remove(&id);
                self.asked.remove(&id);
                self.changed(has_changed, Batch::default())
            }
            Command::GetLoadState { target, partitions } => {
                let record = self.catalog.resolve(&target);
                read(Reply::LoadState(record?.load_state(&partitions)?))
            }
            Command::GetCollectionStats { target } => read(Reply::RowCount(self.rows(&target)?.live_count(None))),
            Command::AlterCollection { target, changes } => {
                let had_times = self.catalog.resolve(&target)?.schema.time_column().is_some();
                let has_changed = self.catalog.alter_collection(&target, &changes, context.now_ms)?;
                match self.catalog.resolve(&target)?.schema.time_column() {
                    Some(_) if !had_times => self.changed_schema(&target, has_changed),
                    _ => self.changed(has_changed, Batch::default()),
                }
            }
            Command::AddFields { target, fields } => {
                let has_changed = self.catalog.add_fields(&target, &fields)?;
                self.changed_schema(&target, has_changed)
            }
            Command::AlterField { target, field, changes } => {
                let has_changed = self.catalog.alter_field(&target, &field, &changes)?;
                self.changed_schema(&target, has_changed)
            }
            Command::AlterIndex { target, index, changes } => {
                let has_changed = self.catalog.alter_index(&target, &index, &changes)?;
                self.changed(has_changed, Batch::default())
            }
            Command::Flush { target } => {
                self.rows(&target)?.ask_flush();
                read(Reply::Done)
            }
            Command::Compact { target } => {
                self.rows(&target)?.ask_compaction();
                read(Reply::CompactionId(self.catalog.resolve(&target)?.id))
            }
            Command::GetCompactionState { id } => {
                self.catalog.collection(id).ok_or_else(|| {
                    Error::invalid(format!("compaction {id} is unknown, expected an id that compact returned"))
                })?;
                let is_asked = self.asked.get(&id).is_some_and(|asked| asked.compaction);
                let is_completed = !is_asked && !self.collections.get(&id).is_some_and(Collection::is_compacting);
                read(Reply::CompactionState { id, is_completed })
            }

            Command::ReadAccess => read(Reply::Access(self.access.clone())),
            Command::WriteAccess { blob } => {
                let mut batch = Batch::default();
                batch.put(BlobKey::Access, blob.clone());
                self.access = Some(blob);
                Ok((Reply::Done, batch))
            }

            Command::CreatePartition { target, partition } => {
                let has_changed = self.catalog.create_partition(&target, &partition)?.is_some();
                self.changed(has_changed, Batch::default())
            }
            Command::DropPartition { target, partition } => match self.catalog.drop_partition(&target, &partition)? {
                Some(id) => {
                    let batch = self.rows(&target)?.clear(Some(id));
                    self.changed(true, batch)
                }
                None => read(Reply::Done),
            },
            Command::HasPartition { target, partition } => {
                read(Reply::Has(self.catalog.resolve(&target)?.partition(&partition).is_some()))
            }
            Command::ListPartitions { target } => {
                let record = self.catalog.resolve(&target)?;
                read(Reply::Names(record.partitions.iter().map(|partition| partition.name.clone()).collect()))
            }
            Command::LoadPartitions { target, partitions } => {
                let has_changed = self.catalog.load_partitions(&target, &partitions)?;
                self.changed(has_changed, Batch::default())
            }
            Command::ReleasePartitions { target, partitions } => {
                let has_changed = self.catalog.release_partitions(&target, &partitions)?;
                self.changed(has_changed, Batch::default())
            }
            Command::GetPartitionStats { target, partition } => {
                let id = self.catalog.resolve(&target)?.existing(&partition)?.id;
                read(Reply::RowCount(self.rows(&target)?.live_count(Some(&[id]))))
            }

            Command::CreateIndex { target, indexes } => {
                let has_changed = self.catalog.create_index(&target, &indexes)?;
                self.changed(has_changed, Batch::default())
            }
            Command::DropIndex { target, index } => {
                let has_changed = self.catalog.drop_index(&target, &index)?;
                self.changed(has_changed, Batch::default())
            }
            Command::DescribeIndex { target, index } => {
                let rows = self.rows(&target)?.live_count(None);
                let mut indexes = self.catalog.resolve(&target)?.describe_index(&index, rows)?;
                let collection = self.rows(&target)?;
                for index in indexes.iter_mut().filter(|index| index.metric.is_some() && index.index_type != "FLAT") {
                    index.structure = collection.structure(&index.field);
                    index.indexed_rows = rows.saturating_sub(index.structure.pending_rows);
                }
                read(Reply::Indexes(indexes))
            }
            Command::ListIndexes { target, field } => {
                read(Reply::Names(self.catalog.resolve(&target)?.list_indexes(&field)))
            }

            Command::CreateAlias { target, alias } => {
                let has_changed = self.catalog.create_alias(&target, &alias)?;
                self.changed(has_changed, Batch::default())
            }
            Command::AlterAlias { target, alias } => {
                let has_changed = self.catalog.alter_alias(&target, &alias)?;
                self.changed(has_changed, Batch::default())
            }
            Command::DropAlias { database, alias } => {
                let has_changed = self.catalog.drop_alias(&database, &alias)?;
                self.changed(has_changed, Batch::default())
            }
            Command::DescribeAlias { database, alias } => {
                let collection = self.catalog.describe_alias(&database, &alias)?.to_string();
                read(Reply::Alias { database, collection, alias })
            }
            Command::ListAliases { database, collection } => {
                read(Reply::Names(self.catalog.list_aliases(&database, collection.as_deref())?))
            }

            Command::Insert { target, insert } => self.insert(&target, insert, context),
            Command::Upsert { target, upsert } => self.upsert(&target, upsert, context),
            Command::Delete { target, delete } => self.delete(&target, delete),
            Command::Query { target, query } => read(self.query(&target, &query)?),
            Command::Search { target, search } => read(self.search(&target, search)?),
            Command::HybridSearch { target, hybrid } => read(self.hybrid_search(&target, hybrid)?),
            Command::Stats => read(Reply::Stats(Box::new(self.stats()))),
        }
    }

    /// The reply of a command that changed the fields of a collection. What is in memory has them as they were.
    fn changed_schema(&mut self, target: &Target, has_changed: bool) -> Result<(Reply, Batch)> {
        if has_changed {
            let id = self.catalog.resolve(target)?.id;
            self.let_go(id);
            self.loaders.remove(&id);
        }
        self.changed(has_changed, Batch::default())
    }

    /// The reply of a command that changed the catalog, unless it found all as asked.
    fn changed(&self, has_changed: bool, mut batch: Batch) -> Result<(Reply, Batch)> {
        if has_changed {
            batch.put(BlobKey::Catalog, self.catalog.encode());
        }
        Ok((Reply::Done, batch))
    }
}

fn read(reply: Reply) -> Result<(Reply, Batch)> {
    Ok((reply, Batch::default()))
}
