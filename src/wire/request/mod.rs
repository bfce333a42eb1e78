//! Requests: the one table of operations, and their heads by concept.

mod collection;
mod database;
mod index;
mod read;
mod search;
mod write;

use serde::{Deserialize, Deserializer};

use super::head::Head;
use super::natural::Natural;
use super::planes::Planes;
use crate::command::Command;
use crate::error::{Error, Result};

type Decoder = fn(&mut Head, &mut Planes) -> Result<Command>;

/// Every operation of Milvus's that there is, by the name of its method in TypeScript.
const OPERATIONS: [(&str, Decoder); 50] = [
    ("createDatabase", database::create),
    ("dropDatabase", database::drop),
    ("listDatabases", database::list),
    ("describeDatabase", database::describe),
    ("alterDatabaseProperties", database::alter_properties),
    ("dropDatabaseProperties", database::drop_properties),
    ("createCollection", collection::create),
    ("dropCollection", collection::drop),
    ("truncateCollection", collection::truncate),
    ("hasCollection", collection::has),
    ("describeCollection", collection::describe),
    ("listCollections", collection::list),
    ("renameCollection", collection::rename),
    ("loadCollection", collection::load),
    ("releaseCollection", collection::release),
    ("getLoadState", collection::load_state),
    ("getCollectionStats", collection::stats),
    ("alterCollectionProperties", collection::alter_properties),
    ("dropCollectionProperties", collection::drop_properties),
    ("addCollectionField", collection::add_field),
    ("alterFieldProperties", collection::alter_field),
    ("flush", collection::flush),
    ("compact", collection::compact),
    ("getCompactionState", collection::compaction_state),
    ("createPartition", collection::create_partition),
    ("dropPartition", collection::drop_partition),
    ("hasPartition", collection::has_partition),
    ("listPartitions", collection::list_partitions),
    ("loadPartitions", collection::load_partitions),
    ("releasePartitions", collection::release_partitions),
    ("getPartitionStats", collection::partition_stats),
    ("createIndex", index::create),
    ("dropIndex", index::drop),
    ("alterIndexProperties", index::alter_properties),
    ("dropIndexProperties", index::drop_properties),
    ("describeIndex", index::describe),
    ("listIndexes", index::list),
    ("createAlias", database::create_alias),
    ("alterAlias", database::alter_alias),
    ("dropAlias", database::drop_alias),
    ("describeAlias", database::describe_alias),
    ("listAliases", database::list_aliases),
    ("insert", write::insert),
    ("upsert", write::upsert),
    ("delete", write::delete),
    ("get", read::get),
    ("query", read::query),
    ("search", search::search),
    ("hybridSearch", search::hybrid),
    ("stats", |_, _| Ok(Command::Stats)),
];

/// Whether there is an operation of that name.
pub fn knows(operation: &str) -> bool {
    OPERATIONS.iter().any(|(name, _)| *name == operation)
}

/// The command of a request.
///
/// # Errors
/// [`Error::Unsupported`] for an operation that there is not, [`Error::Missing`] and [`Error::Invalid`] with the path of
/// the key for a head that is not the operation's.
pub fn decode<'de, D: Deserializer<'de>>(operation: &str, head: D, planes: &mut Planes) -> Result<Command> {
    let read = Natural::deserialize(head).map_err(|error| Error::invalid(format!("{operation}: {error}")))?;
    let (name, decoder) = find(operation)?;
    decoder(&mut Head::new(name, read.0)?, planes)
}

/// The command of a head that was read already.
///
/// # Errors
/// As those of [`decode`].
pub fn command(head: &mut Head, planes: &mut Planes) -> Result<Command> {
    find(head.operation()).and_then(|(_, decoder)| decoder(head, planes))
}

fn find(operation: &str) -> Result<(&'static str, Decoder)> {
    let found = OPERATIONS.iter().find(|(name, _)| *name == operation);
    found.copied().ok_or_else(|| Error::Unsupported { what: format!("the operation '{operation}'") })
}
