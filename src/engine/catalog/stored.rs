//! The catalog's blob. What comes back is checked like what users ask for: a record that no catalog could have written
//! is corrupt, even when its checksum is right.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::collection::key_partition;
use super::{Catalog, CollectionRecord, Database, ID_END, Name};
use crate::command::{DEFAULT_DATABASE, DEFAULT_PARTITION, Properties};
use crate::error::{Error, Result};
use crate::schema::name;
use crate::schema::rules::{self, PARTITIONS_MAX};
use crate::store::{BlobKey, Bytes, codec};

/// The record of [`BlobKey::Catalog`].
#[derive(Debug, Serialize, Deserialize)]
struct CatalogRecord {
    next_id: u64,
    databases: Vec<DatabaseRecord>,
    collections: Vec<CollectionRecord>,
}

#[derive(Debug, Serialize, Deserialize)]
struct DatabaseRecord {
    id: u64,
    name: String,
    properties: Properties,
}

impl Catalog {
    /// The blob of [`BlobKey::Catalog`].
    pub fn encode(&self) -> Bytes {
        let database = |(name, database): (&String, &Database)| DatabaseRecord {
            id: database.id,
            name: name.clone(),
            properties: database.properties.clone(),
        };
        let record = CatalogRecord {
            next_id: self.next_id,
            databases: self.databases.iter().map(database).collect(),
            collections: self.collections.values().cloned().collect(),
        };
        codec::encode(BlobKey::Catalog, &record)
    }

    /// The catalog of a blob of [`BlobKey::Catalog`].
    ///
    /// # Errors
    /// [`Error::Corrupt`], [`Error::VersionTooNew`], [`Error::Unsupported`].
    pub fn decode(blob: &[u8]) -> Result<Catalog> {
        let record: CatalogRecord = codec::decode(BlobKey::Catalog, blob)?;
        build(record).map_err(|error| match error {
            Error::Corrupt { .. } | Error::Unsupported { .. } => error,
            other => corrupt(other.to_string()),
        })
    }
}

fn build(record: CatalogRecord) -> Result<Catalog> {
    let mut ids = Ids { next: record.next_id, seen: BTreeSet::new() };
    let mut catalog = Catalog { next_id: record.next_id, databases: BTreeMap::new(), collections: BTreeMap::new() };
    for database in record.databases {
        ids.take(database.id)?;
        name::check_database(&database.name)?;
        let entry = Database { id: database.id, properties: database.properties, names: BTreeMap::new() };
        if catalog.databases.insert(database.name, entry).is_some() {
            return Err(corrupt("two databases have one name"));
        }
    }
    catalog.database(DEFAULT_DATABASE)?;
    for collection in record.collections {
        ids.take(collection.id)?;
        check_collection(&collection, &mut ids)?;
        catalog.database(&collection.database)?;
        let names = catalog.names(&collection.database);
        let aliases = collection.aliases.iter().map(|alias| (alias, Name::Alias(collection.id)));
        for (name, stands_for) in std::iter::once((&collection.name, Name::Collection(collection.id))).chain(aliases) {
            if names.insert(name.clone(), stands_for).is_some() {
                return Err(corrupt(format!("the name {name} stands for two things")));
            }
        }
        catalog.collections.insert(collection.id, collection);
    }
    Ok(catalog)
}

/// Checks what a record says of itself.
fn check_collection(record: &CollectionRecord, ids: &mut Ids) -> Result<()> {
    name::check_collection(&record.name)?;
    if !record.aliases.is_sorted() {
        return Err(corrupt("aliases are out of order"));
    }
    for alias in &record.aliases {
        name::check_alias(alias)?;
    }
    rules::check_schema(&record.schema)?;
    let shards = rules::shards(Some(i64::from(record.shards)))?;
    let level = rules::consistency_level(&record.consistency_level)?;
    if shards != record.shards || level != record.consistency_level {
        return Err(corrupt("shards or consistency level are absent"));
    }
    check_partitions(record, ids)?;
    for (at, index) in record.indexes.iter().enumerate() {
        index.check(&record.schema)?;
        if record.indexes[..at].iter().any(|other| other.name == index.name) {
            return Err(corrupt(format!("two indexes have the name {}", index.name)));
        }
    }
    match (record.is_loaded(), record.loads_new_partitions) {
        (false, false) => Ok(()),
        (true, _) => record.check_loadable(),
        (false, true) => Err(corrupt("it is loaded as a whole, and none of its partitions is")),
    }
}

fn check_partitions(record: &CollectionRecord, ids: &mut Ids) -> Result<()> {
    if record.partitions.len() > PARTITIONS_MAX as usize {
        return Err(corrupt(format!("{} partitions are too many", record.partitions.len())));
    }
    let mut names = BTreeSet::new();
    for partition in &record.partitions {
        ids.take(partition.id)?;
        if name::check_partition(&partition.name)? != partition.name {
            return Err(corrupt("a partition's name has blanks around it"));
        }
        names.insert(partition.name.as_str());
    }
    let is_keyed = record.schema.partition_key_column().is_some();
    let first = if is_keyed { key_partition(0) } else { DEFAULT_PARTITION.to_string() };
    let has_first = names.contains(first.as_str());
    if names.len() != record.partitions.len() || !has_first {
        return Err(corrupt("partitions are absent or have one name"));
    }
    Ok(())
}

/// Ids seen so far: each once, none from the future.
struct Ids {
    next: u64,
    seen: BTreeSet<u64>,
}

impl Ids {
    fn take(&mut self, id: u64) -> Result<()> {
        if id == 0 || id >= self.next || self.next >= ID_END || !self.seen.insert(id) {
            return Err(corrupt(format!("the id {id} is used twice or was never given")));
        }
        Ok(())
    }
}

fn corrupt(reason: impl Into<String>) -> Error {
    Error::corrupt(BlobKey::Catalog, reason)
}
