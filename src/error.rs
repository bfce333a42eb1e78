//! The one error of the crate: facts in variants, Milvus's code and words computed beside each other.
//!
//! Facts are plain names, numbers and text, because the ground floor knows no type of the floors above.
//! Codes are those of Milvus 3.0 (`merr`); texts keep the fragments that Milvus's clients match.

use std::fmt;

/// The result of everything in this crate that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a command was refused, or what the world did to us.
///
/// An error means that nothing changed, with one exception: [`Error::UnknownCommit`].
#[derive(Debug, Clone, PartialEq)]
pub enum Error {
    /// No collection or alias of that name in the database.
    CollectionNotFound {
        /// The database that was searched.
        database: String,
        /// The name that was asked for.
        collection: String,
    },
    /// The collection exists but is not loaded, so it cannot be read.
    CollectionNotLoaded {
        /// The collection's name.
        collection: String,
    },
    /// A collection of that name exists already, with another schema.
    CollectionExists {
        /// The collection's name.
        collection: String,
    },
    /// The collection is loaded, and what was asked needs it released.
    CollectionLoaded {
        /// The collection's name.
        collection: String,
        /// What cannot be done.
        reason: String,
    },
    /// A name that should be new is taken.
    NameTaken {
        /// Which name, and by what.
        reason: String,
    },
    /// No more collections fit into the database.
    CollectionLimit {
        /// The greatest number allowed.
        limit: u32,
    },
    /// No partition of that name in the collection.
    PartitionNotFound {
        /// The partition's name.
        partition: String,
    },
    /// The partition exists but is not loaded.
    PartitionNotLoaded {
        /// The partition's name.
        partition: String,
    },
    /// The index, or an index on the field, does not exist. `index` names what was asked for.
    IndexNotFound {
        /// The collection's name.
        collection: String,
        /// The index that was asked for; empty when any would have done.
        index: String,
    },
    /// A vector field has no index, which loading needs.
    VectorIndexMissing {
        /// The collection's name.
        collection: String,
        /// The fields without an index.
        fields: Vec<String>,
    },
    /// No database of that name.
    DatabaseNotFound {
        /// The database's name.
        database: String,
    },
    /// No more databases fit.
    DatabaseLimit {
        /// The greatest number allowed.
        limit: u32,
    },
    /// A database's name breaks the rules for names.
    DatabaseName {
        /// The name.
        name: String,
        /// The rule that it breaks.
        reason: String,
    },
    /// No alias of that name.
    AliasNotFound {
        /// The database that was searched.
        database: String,
        /// The alias.
        alias: String,
    },
    /// The alias is taken by another collection, or the name by an alias.
    AliasExists {
        /// The database.
        database: String,
        /// The alias.
        alias: String,
        /// The collection that it stands for.
        collection: String,
    },
    /// An alias may not have the name of a collection, nor a collection that of an alias.
    AliasCollision {
        /// The database.
        database: String,
        /// The name.
        alias: String,
    },
    /// A collection may not get the name of an alias.
    CollectionCollision {
        /// The name.
        collection: String,
    },
    /// No field of that name in the schema.
    FieldNotFound {
        /// The field's name.
        field: String,
    },
    /// A field's name breaks the rules for names.
    FieldName {
        /// The name.
        name: String,
        /// The rule that it breaks.
        reason: String,
    },
    /// A schema that no collection can have.
    Schema {
        /// Which rule, where, expected and got.
        reason: String,
    },
    /// A parameter out of range or of the wrong kind.
    Invalid {
        /// Which parameter, expected and got.
        reason: String,
    },
    /// A parameter whose value is of another type of JSON.
    WrongType {
        /// Which parameter, expected and got.
        reason: String,
    },
    /// A required parameter is absent.
    Missing {
        /// The operation that needs it.
        operation: String,
        /// The parameter's name.
        parameter: String,
    },
    /// A vector's length differs from its field's `dim`.
    DimensionMismatch {
        /// The vector field.
        field: String,
        /// The field's `dim`.
        expected: u32,
        /// The length of the vector that came.
        got: u32,
        /// The row (of an insert) or the query (of a search), from 0.
        row: u32,
    },
    /// A row that does not fit its schema.
    Row {
        /// The field or key.
        field: String,
        /// The row, from 0.
        row: u32,
        /// Expected and got.
        reason: String,
    },
    /// The filter text could not be understood.
    Filter {
        /// The text as it came, shortened when it is very long.
        expression: String,
        /// A byte offset into the text.
        at: u32,
        /// What is wrong there.
        reason: String,
    },
    /// The command would need more memory than the limit allows; nothing was allocated.
    MemoryLimit {
        /// The limit in bytes.
        limit_bytes: u64,
        /// What the engine would hold afterwards.
        needed_bytes: u64,
    },
    /// A part of Milvus that does not exist here (yet).
    Unauthenticated {
        /// What was wrong with the credentials, in Milvus's words.
        reason: String,
    },
    /// The user may not do that.
    Denied {
        /// The privilege that the operation needs, such as `Insert`.
        privilege: String,
        /// The user.
        user: String,
        /// The database.
        database: String,
    },
    /// Something that Milvus has and we do not.
    Unsupported {
        /// What was asked for.
        what: String,
    },
    /// Stored bytes fail their checksum, cannot be decoded, or are absent.
    Corrupt {
        /// The blob, readable.
        blob: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The store was written by a newer, incompatible version.
    VersionTooNew {
        /// The major format version found.
        found: u16,
        /// The newest that this build reads.
        supported: u16,
    },
    /// The host refused or failed to read or write; nothing is known to be lost.
    Storage {
        /// What the host said.
        reason: String,
    },
    /// The host has no room left; the command was not stored.
    Quota {
        /// What the host said.
        reason: String,
    },
    /// Another writer holds the database, or has taken it over.
    Locked {
        /// The database's name or path.
        name: String,
    },
    /// The database was closed.
    Closed,
    /// The stored database vanished under the open handle.
    Evicted {
        /// What the host said.
        reason: String,
    },
    /// A commit failed in a way that leaves open whether the command was stored.
    UnknownCommit {
        /// What the host said.
        reason: String,
    },
    /// The caller gave up waiting.
    Aborted {
        /// Why.
        reason: String,
    },
}

/// A fact of an error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fact<'a> {
    /// A name or words.
    Text(&'a str),
    /// A count, a limit, a position.
    Number(u64),
    /// Several names.
    Texts(&'a [String]),
}

impl Error {
    /// Milvus's error code.
    pub fn code(&self) -> u16 {
        match self {
            Error::MemoryLimit { .. } => 3,
            Error::Quota { .. } => 7,
            Error::Closed => 1,
            Error::Locked { .. } | Error::Evicted { .. } => 2,
            Error::CollectionNotFound { .. } => 100,
            Error::CollectionNotLoaded { .. } => 101,
            Error::CollectionLimit { .. } => 102,
            Error::CollectionLoaded { .. } => 104,
            Error::PartitionNotFound { .. } => 200,
            Error::PartitionNotLoaded { .. } => 201,
            Error::IndexNotFound { .. } | Error::VectorIndexMissing { .. } => 700,
            Error::DatabaseNotFound { .. } => 800,
            Error::DatabaseLimit { .. } => 801,
            Error::DatabaseName { .. } => 802,
            Error::Storage { .. } | Error::UnknownCommit { .. } => 1008,
            Error::Corrupt { .. } | Error::VersionTooNew { .. } => 1009,
            Error::Schema { .. }
            | Error::Invalid { .. }
            | Error::WrongType { .. }
            | Error::CollectionExists { .. }
            | Error::NameTaken { .. }
            | Error::DimensionMismatch { .. }
            | Error::Filter { .. } => 1100,
            Error::AliasNotFound { .. } => 1600,
            Error::AliasCollision { .. } | Error::CollectionCollision { .. } => 1601,
            Error::AliasExists { .. } => 1602,
            Error::FieldNotFound { .. } => 1700,
            Error::FieldName { .. } => 1701,
            Error::Missing { .. } => 1802,
            Error::Row { .. } => 1804,
            Error::Unauthenticated { .. } => 1800,
            Error::Denied { .. } => 1401,
            Error::Unsupported { .. } => 3000,
            Error::Aborted { .. } => 10000,
        }
    }

    /// The class of the error, as `ElanusError.kind` has it.
    pub fn kind(&self) -> &'static str {
        match self {
            Error::CollectionNotFound { .. }
            | Error::PartitionNotFound { .. }
            | Error::IndexNotFound { .. }
            | Error::DatabaseNotFound { .. }
            | Error::AliasNotFound { .. }
            | Error::FieldNotFound { .. } => "NOT_FOUND",
            Error::CollectionExists { .. }
            | Error::NameTaken { .. }
            | Error::AliasExists { .. }
            | Error::AliasCollision { .. }
            | Error::CollectionCollision { .. } => "EXISTS",
            Error::Schema { .. } | Error::FieldName { .. } | Error::Row { .. } => "SCHEMA",
            Error::CollectionNotLoaded { .. }
            | Error::CollectionLoaded { .. }
            | Error::PartitionNotLoaded { .. }
            | Error::CollectionLimit { .. }
            | Error::VectorIndexMissing { .. }
            | Error::DatabaseLimit { .. }
            | Error::DatabaseName { .. }
            | Error::Invalid { .. }
            | Error::WrongType { .. }
            | Error::Missing { .. } => "INVALID",
            Error::DimensionMismatch { .. } => "DIMENSION",
            Error::Filter { .. } => "FILTER",
            Error::MemoryLimit { .. } => "MEMORY",
            Error::Unsupported { .. } => "UNSUPPORTED",
            Error::Unauthenticated { .. } | Error::Denied { .. } => "DENIED",
            Error::Corrupt { .. } => "CORRUPT",
            Error::Storage { .. } => "STORAGE",
            Error::VersionTooNew { .. } => "VERSION_TOO_NEW",
            Error::Quota { .. } => "QUOTA",
            Error::Locked { .. } => "LOCKED",
            Error::Closed => "CLOSED",
            Error::Evicted { .. } => "EVICTED",
            Error::UnknownCommit { .. } => "UNKNOWN_COMMIT",
            Error::Aborted { .. } => "ABORTED",
        }
    }

    /// The facts, under the names that `ElanusError.details` gives them.
    pub fn facts(&self) -> Vec<(&'static str, Fact<'_>)> {
        use Fact::{Number, Text, Texts};
        match self {
            Error::CollectionNotFound { database, collection } => {
                vec![("database", Text(database)), ("collection", Text(collection))]
            }
            Error::CollectionNotLoaded { collection } | Error::CollectionExists { collection } => {
                vec![("collection", Text(collection))]
            }
            Error::CollectionLoaded { collection, reason } => {
                vec![("collection", Text(collection)), ("reason", Text(reason))]
            }
            Error::CollectionLimit { limit } | Error::DatabaseLimit { limit } => {
                vec![("limit", Number(u64::from(*limit)))]
            }
            Error::PartitionNotFound { partition } | Error::PartitionNotLoaded { partition } => {
                vec![("partition", Text(partition))]
            }
            Error::IndexNotFound { collection, index } => {
                vec![("collection", Text(collection)), ("index", Text(index))]
            }
            Error::VectorIndexMissing { collection, fields } => {
                vec![("collection", Text(collection)), ("fields", Texts(fields))]
            }
            Error::DatabaseNotFound { database } => vec![("database", Text(database))],
            Error::DatabaseName { name, reason } | Error::FieldName { name, reason } => {
                vec![("name", Text(name)), ("reason", Text(reason))]
            }
            Error::AliasNotFound { database, alias } => vec![("database", Text(database)), ("alias", Text(alias))],
            Error::AliasExists { database, alias, collection } => {
                vec![("database", Text(database)), ("alias", Text(alias)), ("collection", Text(collection))]
            }
            Error::AliasCollision { database, alias } => vec![("database", Text(database)), ("alias", Text(alias))],
            Error::CollectionCollision { collection } => vec![("collection", Text(collection))],
            Error::FieldNotFound { field } => vec![("field", Text(field))],
            Error::Missing { operation, parameter } => {
                vec![("operation", Text(operation)), ("parameter", Text(parameter))]
            }
            Error::DimensionMismatch { field, expected, got, row } => vec![
                ("field", Text(field)),
                ("expected", Number(u64::from(*expected))),
                ("got", Number(u64::from(*got))),
                ("row", Number(u64::from(*row))),
            ],
            Error::Row { field, row, reason } => {
                vec![("field", Text(field)), ("row", Number(u64::from(*row))), ("reason", Text(reason))]
            }
            Error::Filter { expression, at, reason } => {
                vec![("expression", Text(expression)), ("at", Number(u64::from(*at))), ("reason", Text(reason))]
            }
            Error::MemoryLimit { limit_bytes, needed_bytes } => {
                vec![("limitBytes", Number(*limit_bytes)), ("neededBytes", Number(*needed_bytes))]
            }
            Error::Unsupported { what } => vec![("what", Text(what))],
            Error::Corrupt { blob, reason } => vec![("blob", Text(blob)), ("reason", Text(reason))],
            Error::VersionTooNew { found, supported } => {
                vec![("found", Number(u64::from(*found))), ("supported", Number(u64::from(*supported)))]
            }
            Error::Locked { name } => vec![("name", Text(name))],
            Error::Denied { privilege, user, database } => {
                vec![("privilege", Text(privilege)), ("user", Text(user)), ("database", Text(database))]
            }
            Error::Closed => vec![],
            Error::Schema { reason }
            | Error::Invalid { reason }
            | Error::WrongType { reason }
            | Error::NameTaken { reason }
            | Error::Unauthenticated { reason }
            | Error::Storage { reason }
            | Error::Quota { reason }
            | Error::Evicted { reason }
            | Error::UnknownCommit { reason }
            | Error::Aborted { reason } => vec![("reason", Text(reason))],
        }
    }

    /// Shorthand for [`Error::Invalid`].
    pub fn invalid(reason: impl Into<String>) -> Error {
        Error::Invalid { reason: reason.into() }
    }

    /// Shorthand for [`Error::Schema`].
    pub fn schema(reason: impl Into<String>) -> Error {
        Error::Schema { reason: reason.into() }
    }

    /// Shorthand for [`Error::Corrupt`].
    pub fn corrupt(blob: impl fmt::Display, reason: impl Into<String>) -> Error {
        Error::Corrupt { blob: blob.to_string(), reason: reason.into() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::CollectionNotFound { database, collection } => {
                let name = format!("[database={database}][collection={collection}]");
                write!(f, "can't find collection{name}: collection not found{name}")
            }
            Error::CollectionNotLoaded { collection } => write!(f, "collection not loaded[collection={collection}]"),
            Error::CollectionExists { collection } => {
                write!(f, "create duplicate collection with different parameters, collection: {collection}")
            }
            Error::CollectionLoaded { collection, reason } => {
                write!(f, "{reason}: collection already loaded[collection={collection}]")
            }
            Error::NameTaken { reason } => write!(f, "{reason}: invalid parameter"),
            Error::CollectionLimit { limit } => {
                write!(f, "exceeded the limit number of collections[limit={limit}]")
            }
            Error::PartitionNotFound { partition } => write!(f, "partition not found[partition={partition}]"),
            Error::PartitionNotLoaded { partition } => write!(f, "partition not loaded[partition={partition}]"),
            Error::IndexNotFound { collection, index } if index.is_empty() => {
                write!(f, "index not found[collection={collection}]")
            }
            Error::IndexNotFound { collection, index } => {
                write!(f, "index not found[collection={collection}][indexName={index}]")
            }
            Error::VectorIndexMissing { collection, fields } => write!(
                f,
                "there is no vector index on field: [{}], please create index firstly: index not found[collection={collection}]",
                fields.join(" ")
            ),
            Error::DatabaseNotFound { database } => write!(f, "database not found[database={database}]"),
            Error::DatabaseLimit { limit } => write!(f, "exceeded the limit number of database[limit={limit}]"),
            Error::DatabaseName { name, reason } => {
                write!(f, "Invalid database name: {name}. {reason}: invalid database name[database={name}]")
            }
            Error::AliasNotFound { database, alias } => {
                write!(f, "alias not found[database={database}][alias={alias}]")
            }
            Error::AliasExists { database, alias, collection } => write!(
                f,
                "{alias} is alias to another collection: {collection}: \
                 alias already exist[database={database}][alias={alias}]"
            ),
            Error::AliasCollision { database, alias } => {
                write!(f, "alias and collection name conflict[database={database}][alias={alias}]")
            }
            Error::CollectionCollision { collection } => write!(
                f,
                "collection name [{collection}] conflicts with an existing alias, please choose a unique name"
            ),
            Error::FieldNotFound { field } => write!(f, "field {field} not exist: field not found[field={field}]"),
            Error::FieldName { name, reason } => write!(f, "Invalid field name: {name}. {reason}"),
            Error::Schema { reason } | Error::Invalid { reason } | Error::WrongType { reason } => {
                write!(f, "{reason}: invalid parameter")
            }
            Error::Missing { operation, parameter } => {
                write!(f, "missing required parameters, error: {operation} needs '{parameter}', and it is absent")
            }
            Error::DimensionMismatch { field, expected, got, row } => write!(
                f,
                "the dim ({got}) of vector {row} is not equal to the dim ({expected}) of field {field}: \
                 invalid parameter[expected={expected}][actual={got}]"
            ),
            Error::Row { field, row, reason } => {
                write!(f, "fail to deal the insert data, error: field {field}, row {row}: {reason}")
            }
            Error::Filter { expression, at, reason } => write!(
                f,
                "failed to create query plan: cannot parse expression: {expression}, error: {reason} \
                 (at byte {at}): invalid parameter"
            ),
            Error::MemoryLimit { limit_bytes, needed_bytes } => write!(
                f,
                "memory limit exceeded[limit={limit_bytes} bytes][needed={needed_bytes} bytes]: nothing was written; \
                 raise memoryLimitBytes or release a collection"
            ),
            Error::Unauthenticated { reason } => write!(f, "{reason}"),
            Error::Denied { privilege, user, database } => {
                write!(f, "Privilege{privilege}: permission deny to {user} in the `{database}` database")
            }
            Error::Unsupported { what } => write!(f, "{what} is not supported by Elanus: unsupported operation"),
            Error::Corrupt { blob, reason } => write!(f, "data integrity check failed: {blob}: {reason}"),
            Error::VersionTooNew { found, supported } => write!(
                f,
                "the store has format version {found} and this build reads versions up to {supported}; \
                 update Elanus to open it"
            ),
            Error::Storage { reason } => write!(f, "storage failed: {reason}"),
            Error::Quota { reason } => write!(f, "no room left in storage, nothing was written: {reason}"),
            Error::Locked { name } => {
                write!(f, "database '{name}' is open elsewhere; close it there or open it read-only")
            }
            Error::Closed => write!(f, "the database is closed"),
            Error::Evicted { reason } => write!(f, "the stored database is gone: {reason}"),
            Error::UnknownCommit { reason } => write!(
                f,
                "it is not known whether the command was stored: {reason}; the database was reopened, read before you repeat"
            ),
            Error::Aborted { reason } => write!(f, "aborted: {reason}"),
        }
    }
}

impl std::error::Error for Error {}
