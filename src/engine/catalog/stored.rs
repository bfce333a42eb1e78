//! The catalog's blob. What comes back is checked like what users ask for: a record that no catalog could have written
//! is corrupt, even when its checksum is right.

use serde::{Deserialize, Serialize};

use super::collection::key_partition;
use super::{CAPACITY_MAX, COLLECTIONS_MAX, Catalog, CollectionRecord, DATABASES_MAX, Database, ID_END, Name};
use crate::command::{DEFAULT_DATABASE, DEFAULT_PARTITION, Properties};
use crate::error::{Error, Result};
use crate::schema::name;
use crate::schema::rules::{self, PARTITIONS_MAX};
use crate::sorted::SortedMap;
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
        let database = |database: &Database| DatabaseRecord {
            id: database.id,
            name: database.name.clone(),
            properties: database.properties.clone(),
        };
        let record = CatalogRecord {
            next_id: self.next_id,
            databases: self.databases.iter().map(database).collect(),
            collections: self.collections.clone(),
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
    let mut ids = Ids { next: record.next_id, seen: Vec::new() };
    let mut catalog = Catalog { next_id: record.next_id, databases: Vec::new(), collections: Vec::new() };
    for DatabaseRecord { id, name, properties } in record.databases {
        ids.take(id)?;
        name::check_database(&name)?;
        if catalog.databases.last().is_some_and(|last| last.name >= name) {
            return Err(corrupt("databases are out of order"));
        }
        catalog.databases.push(Database { id, name, properties, names: SortedMap::new() });
    }
    catalog.database(DEFAULT_DATABASE)?;
    for collection in record.collections {
        ids.take(collection.id)?;
        if catalog.collections.last().is_some_and(|last| last.id >= collection.id) {
            return Err(corrupt("collections are out of order"));
        }
        check_collection(&collection, &mut ids)?;
        catalog.database(&collection.database)?;
        let names = catalog.names(&collection.database);
        let aliases = collection.aliases.iter().map(|alias| (alias, Name::Alias(collection.id)));
        for (name, stands_for) in std::iter::once((&collection.name, Name::Collection(collection.id))).chain(aliases) {
            if names.insert(name.clone(), stands_for).is_some() {
                return Err(corrupt(format!("the name {name} stands for two things")));
            }
        }
        catalog.collections.push(collection);
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
    for (at, partition) in record.partitions.iter().enumerate() {
        ids.take(partition.id)?;
        let is_sound = name::check_partition(&partition.name)? == partition.name;
        if !is_sound || record.partitions[..at].iter().any(|other| other.name == partition.name) {
            return Err(corrupt(format!("the partition name '{}' has blanks or is given twice", partition.name)));
        }
    }
    let is_keyed = record.schema.partition_key_column().is_some();
    let first = if is_keyed { key_partition(0) } else { DEFAULT_PARTITION.to_string() };
    if record.partition(&first).is_none() {
        return Err(corrupt(format!("the partition {first} is absent")));
    }
    Ok(())
}

/// Ids seen so far, ascending: each once, none from the future, no more than there can be.
struct Ids {
    next: u64,
    seen: Vec<u64>,
}

impl Ids {
    fn take(&mut self, id: u64) -> Result<()> {
        const IDS_MAX: u64 = DATABASES_MAX as u64 + COLLECTIONS_MAX as u64 + CAPACITY_MAX;
        let place = self.seen.binary_search(&id);
        let is_possible = id > 0 && id < self.next && self.next < ID_END && (self.seen.len() as u64) < IDS_MAX;
        match place {
            Err(place) if is_possible => {
                self.seen.insert(place, id);
                Ok(())
            }
            _ => Err(corrupt(format!("the id {id} is used twice or was never given"))),
        }
    }
}

fn corrupt(reason: impl Into<String>) -> Error {
    Error::corrupt(BlobKey::Catalog, reason)
}
