//! Partitions: parts of a collection with names, or parts that a partition key spreads rows over.

use super::{Catalog, CollectionRecord, Partition};
use crate::command::{DEFAULT_PARTITION, LoadState, Target};
use crate::error::{Error, Result};
use crate::schema::name;
use crate::schema::rules::PARTITIONS_MAX;

impl Catalog {
    /// Makes a partition. Returns its id; `None` when it exists.
    pub fn create_partition(&mut self, target: &Target, partition: &str) -> Result<Option<u64>> {
        let record = self.resolve(target)?;
        record.check_manual("create partition")?;
        let partition = name::check_partition(partition)?;
        if record.partition(partition).is_some() {
            return Ok(None);
        }
        if record.partitions.len() >= PARTITIONS_MAX as usize {
            return Err(Error::invalid(format!(
                "partition number ({}) exceeds max configuration ({PARTITIONS_MAX}), collection: {}",
                record.partitions.len() + 1,
                record.name
            )));
        }
        let id = self.next_id;
        self.check_capacity(u64::from(record.shards), id + 1)?;
        let made = Partition { id, name: partition.to_string(), is_loaded: record.loads_new_partitions };
        self.change(target, |record| {
            record.partitions.push(made);
            Ok(())
        })?;
        self.next_id = id + 1;
        Ok(Some(id))
    }

    /// Removes a partition. Returns its id, so that its rows can be removed; `None` when there was none.
    ///
    /// # Errors
    /// [`Error::Invalid`] for the default partition and for a loaded one.
    pub fn drop_partition(&mut self, target: &Target, partition: &str) -> Result<Option<u64>> {
        let record = self.resolve(target)?;
        record.check_manual("drop partition")?;
        if partition == DEFAULT_PARTITION {
            return Err(Error::invalid("default partition cannot be deleted"));
        }
        let Some(found) = record.partition(partition) else {
            return name::check_partition(partition).map(|_| None);
        };
        if found.is_loaded {
            return Err(Error::invalid(format!(
                "partition cannot be dropped, partition is loaded, please release it first: {partition}"
            )));
        }
        let id = found.id;
        self.change(target, |record| {
            record.partitions.retain(|partition| partition.id != id);
            Ok(())
        })?;
        Ok(Some(id))
    }

    /// Makes partitions readable. Returns whether anything changed.
    ///
    /// # Errors
    /// [`Error::VectorIndexMissing`], [`Error::PartitionNotFound`].
    pub fn load_partitions(&mut self, target: &Target, partitions: &[String]) -> Result<bool> {
        self.change(target, |record| {
            record.check_manual("load partitions")?;
            record.check_loadable()?;
            record.set_loaded(partitions, true)
        })
    }

    /// Makes partitions unreadable; their rows stay. Returns whether anything changed.
    pub fn release_partitions(&mut self, target: &Target, partitions: &[String]) -> Result<bool> {
        self.change(target, |record| {
            record.check_manual("release partitions")?;
            record.set_loaded(partitions, false)?;
            record.loads_new_partitions &= record.is_loaded();
            Ok(())
        })
    }
}

impl CollectionRecord {
    /// Whether rows can be read: all of them, or those of some partitions.
    pub fn is_loaded(&self) -> bool {
        self.partitions.iter().any(|partition| partition.is_loaded)
    }

    /// Whether the collection, or all of the named partitions, can be read.
    pub fn load_state(&self, partitions: &[String]) -> Result<LoadState> {
        let mut is_loaded = self.is_loaded();
        for partition in partitions {
            is_loaded &= self.existing(partition)?.is_loaded;
        }
        Ok(if is_loaded { LoadState::Loaded } else { LoadState::NotLoad })
    }

    /// The partition of that name.
    pub fn partition(&self, name: &str) -> Option<&Partition> {
        self.partitions.iter().find(|partition| partition.name == name)
    }

    /// The ids of the partitions that a read looks into: the named ones, or all that are loaded.
    ///
    /// # Errors
    /// [`Error::CollectionNotLoaded`], [`Error::PartitionNotFound`], [`Error::PartitionNotLoaded`], and
    /// [`Error::Invalid`] when partitions are named though a partition key spreads the rows.
    pub fn readable_partitions(&self, names: &[String]) -> Result<Vec<u64>> {
        if !self.is_loaded() {
            return Err(Error::CollectionNotLoaded { collection: self.name.clone() });
        }
        if names.is_empty() {
            return Ok(self.partitions.iter().filter(|partition| partition.is_loaded).map(|found| found.id).collect());
        }
        self.check_unnamed()?;
        let mut ids = Vec::new();
        for name in names {
            let found = self.existing(name)?;
            if !found.is_loaded {
                return Err(Error::PartitionNotLoaded { partition: name.clone() });
            }
            if !ids.contains(&found.id) {
                ids.push(found.id);
            }
        }
        Ok(ids)
    }

    /// The id of the partition that rows are written to; `None` when the partition key decides row by row, by its place
    /// in `partitions`. An empty name means the default partition.
    pub fn writable_partition(&self, name: &str) -> Result<Option<u64>> {
        if self.schema.partition_key_column().is_some() {
            if !name.is_empty() {
                self.check_unnamed()?;
            }
            return Ok(None);
        }
        let name = if name.is_empty() { DEFAULT_PARTITION } else { name };
        self.existing(name).map(|partition| Some(partition.id))
    }

    /// The partition of that name, which must be there.
    pub fn existing(&self, name: &str) -> Result<&Partition> {
        let absent = || Error::PartitionNotFound { partition: name.to_string() };
        self.partition(name).ok_or_else(|| name::check_partition(name).err().unwrap_or_else(absent))
    }

    fn check_unnamed(&self) -> Result<()> {
        if self.schema.partition_key_column().is_none() {
            return Ok(());
        }
        Err(Error::invalid("not support manually specifying the partition names if partition key mode is used"))
    }

    /// Checks that users, not a partition key, say what partitions there are.
    fn check_manual(&self, what: &str) -> Result<()> {
        if self.schema.partition_key_column().is_none() {
            return Ok(());
        }
        Err(Error::invalid(format!("disable {what} if partition key mode is used")))
    }

    fn set_loaded(&mut self, names: &[String], is_loaded: bool) -> Result<()> {
        if names.is_empty() {
            return Err(Error::invalid("due to no partition specified"));
        }
        for name in names {
            self.existing(name)?;
        }
        for partition in &mut self.partitions {
            if names.contains(&partition.name) {
                partition.is_loaded = is_loaded;
            }
        }
        Ok(())
    }
}
