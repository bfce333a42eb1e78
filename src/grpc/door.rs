//! What a method may know of its call, and the driver that it asks.

use crate::access::Access;
use crate::command::{CollectionDescription, Command, DEFAULT_DATABASE, IndexDescription, Reply, Target};
use crate::error::{Error, Result};
use crate::gate::{Caller, Need};
use crate::host::driver::Driver;

/// Bits of a timestamp below the milliseconds.
const LOGICAL_BITS: u32 = 18;

/// One call's surroundings.
pub struct Door<'a> {
    driver: &'a Driver,
    /// The name of the method.
    pub method: &'static str,
    /// Users and what they may do.
    pub access: &'a Access,
    /// Whoever calls.
    pub caller: Caller,
    /// The database of messages that name none.
    database: String,
    now_ms: u64,
}

/// The timestamp of a moment: Milvus's are milliseconds with 18 bits of counter below.
pub fn timestamp(ms: u64) -> u64 {
    ms << LOGICAL_BITS
}

/// The timestamp of a collection's fields. Fields are only ever added, so their number tells which schema is the newer.
pub fn schema_timestamp(collection: &CollectionDescription) -> u64 {
    timestamp(collection.created_ms) + collection.schema.user_fields().len() as u64
}

impl<'a> Door<'a> {
    /// The surroundings of a call; an empty `database` means the default one.
    pub fn new(driver: &'a Driver, access: &'a Access, caller: Caller, database: String, now_ms: u64) -> Door<'a> {
        let database = if database.is_empty() { DEFAULT_DATABASE.to_string() } else { database };
        Door { driver, method: "", access, caller, database, now_ms }
    }

    /// Asks whether the caller has a privilege, in a database and on a collection if it is about one.
    ///
    /// # Errors
    /// [`Error::Denied`].
    pub async fn check(&self, privilege: &'static str, database: &str, collection: Option<&str>) -> Result<()> {
        let database = self.database(database);
        let need = match collection {
            Some(collection) => Need::Collection { privilege, database, collection: collection.to_string() },
            None => Need::Database { privilege, database },
        };
        self.access.check(&self.caller, &need).await
    }

    /// The timestamp of now. Every write that was answered is older.
    pub fn timestamp(&self) -> u64 {
        timestamp(self.now_ms)
    }

    /// The database that a message means.
    pub fn database(&self, named: &str) -> String {
        if named.is_empty() { self.database.clone() } else { named.to_string() }
    }

    /// The collection that a message means.
    pub fn target(&self, database: &str, collection: &str) -> Target {
        Target { database: self.database(database), collection: collection.to_string() }
    }

    /// The collection that a message means by name, or failing that by number.
    pub async fn named(&self, database: &str, collection: &str, id: i64) -> Result<Target> {
        let target = self.target(database, collection);
        let Some(id) = u64::try_from(id).ok().filter(|id| *id > 0 && collection.is_empty()) else {
            return Ok(target);
        };
        for database in self.names(Command::ListDatabases).await? {
            for collection in self.names(Command::ListCollections { database: database.clone() }).await? {
                let target = Target { database: database.clone(), collection };
                if self.describe(&target).await?.id == id {
                    return Ok(target);
                }
            }
        }
        Err(Error::CollectionNotFound { database: target.database, collection: id.to_string() })
    }

    /// Runs a command.
    pub async fn run(&self, command: Command) -> Result<Reply> {
        self.driver.run(command).await
    }

    /// What is known of a collection.
    pub async fn describe(&self, target: &Target) -> Result<CollectionDescription> {
        match self.run(Command::DescribeCollection { target: target.clone() }).await? {
            Reply::Collection(description) => Ok(*description),
            other => unreachable!("DescribeCollection was answered with {other:?}"),
        }
    }

    /// The answer to a command that lists names.
    pub async fn names(&self, command: Command) -> Result<Vec<String>> {
        match self.run(command).await? {
            Reply::Names(names) => Ok(names),
            other => unreachable!("a list was answered with {other:?}"),
        }
    }

    /// The answer to a command that asks whether something is there.
    pub async fn has(&self, command: Command) -> Result<bool> {
        match self.run(command).await? {
            Reply::Has(has) => Ok(has),
            other => unreachable!("a yes or no was answered with {other:?}"),
        }
    }

    /// The answer to a command that counts rows.
    pub async fn row_count(&self, command: Command) -> Result<i64> {
        match self.run(command).await? {
            Reply::RowCount(count) => Ok(i64::try_from(count).unwrap_or(i64::MAX)),
            other => unreachable!("a count was answered with {other:?}"),
        }
    }

    /// The indexes of a collection: that of a name or field, or all where both are empty.
    pub async fn indexes(&self, target: &Target, name: &str, field: &str) -> Result<Vec<IndexDescription>> {
        let command = Command::DescribeIndex { target: target.clone(), index: name.to_string() };
        let mut indexes = match self.run(command).await? {
            Reply::Indexes(indexes) => indexes,
            other => unreachable!("DescribeIndex was answered with {other:?}"),
        };
        indexes.retain(|index| field.is_empty() || index.field == field);
        if indexes.is_empty() {
            return Err(Error::IndexNotFound { collection: target.collection.clone(), index: name.to_string() });
        }
        Ok(indexes)
    }
}
