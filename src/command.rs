//! Every operation: what is asked, what is answered. Names and meanings are those of Milvus's RESTful v2 API.
//!
//! Arguments of operations on rows are defined where they run (`collection/`); the rest are here.

use crate::collection::delete::Delete;
use crate::collection::hybrid::HybridSearch;
use crate::collection::query::Query;
use crate::collection::search::{Hits, Search};
use crate::collection::write::{Insert, Upsert, Written};
use crate::column::rows::Rows;
use crate::index::Structure;
use crate::schema::check::{CollectionSpec, FieldSpec};
use crate::schema::index_params::IndexSpec;
use crate::schema::{Metric, Schema};
use crate::sorted::SortedMap;
use crate::store::Bytes;

/// The database that a command means when it names none.
pub const DEFAULT_DATABASE: &str = "default";

/// The partition that every collection has.
pub const DEFAULT_PARTITION: &str = "_default";

/// Where a command acts: a database and a collection (or an alias of one).
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// The database's name.
    pub database: String,
    /// The collection's name or alias.
    pub collection: String,
}

/// Parameters as users wrote them: index and collection properties, kept and echoed.
pub type Properties = SortedMap<String, String>;

/// Properties to set (`Some`) and to remove (`None`), by name.
pub type Changes = Vec<(String, Option<String>)>;

/// An operation.
#[expect(missing_docs, reason = "fields carry the names that Milvus documents")]
#[derive(Debug, Clone)]
pub enum Command {
    /// Makes a database.
    CreateDatabase { database: String, properties: Properties },
    /// Removes an empty database.
    DropDatabase { database: String },
    /// Names the databases.
    ListDatabases,
    /// Tells a database's id and properties.
    DescribeDatabase { database: String },
    /// Sets (`Some`) and removes (`None`) properties of a database.
    AlterDatabase { database: String, changes: Changes },

    /// Makes a collection, with indexes and loaded when the spec says so.
    CreateCollection { database: String, spec: Box<CollectionSpec> },
    /// Removes a collection with its rows; no error when there is none.
    DropCollection { target: Target },
    /// Removes all rows of a collection.
    TruncateCollection { target: Target },
    /// Asks whether a collection or alias exists.
    HasCollection { target: Target },
    /// Tells a collection's schema and state.
    DescribeCollection { target: Target },
    /// Names the collections of a database.
    ListCollections { database: String },
    /// Gives a collection another name, possibly in another database.
    RenameCollection { target: Target, new_database: String, new_name: String },
    /// Makes a collection (or some partitions of it) readable.
    LoadCollection { target: Target },
    /// Gives a collection's memory back; it cannot be read until loaded.
    ReleaseCollection { target: Target },
    /// Tells whether a collection, or partitions of it, can be read.
    GetLoadState { target: Target, partitions: Vec<String> },
    /// Counts rows.
    GetCollectionStats { target: Target },
    /// Sets (`Some`) and removes (`None`) properties of a collection.
    AlterCollection { target: Target, changes: Changes },
    /// Adds fields to a collection; rows that are there have their defaults, or null.
    AddFields { target: Target, fields: Vec<FieldSpec> },
    /// Sets (`Some`) and removes (`None`) parameters of a field.
    AlterField { target: Target, field: String, changes: Changes },
    /// Asks that growing rows be sealed in the background.
    Flush { target: Target },
    /// Asks that segments be rewritten without their dead rows, in the background.
    Compact { target: Target },
    /// Tells how far a compaction is.
    GetCompactionState { id: u64 },

    /// Makes a partition; no error when it exists.
    CreatePartition { target: Target, partition: String },
    /// Removes a partition with its rows.
    DropPartition { target: Target, partition: String },
    /// Asks whether a partition exists.
    HasPartition { target: Target, partition: String },
    /// Names a collection's partitions.
    ListPartitions { target: Target },
    /// Makes partitions readable.
    LoadPartitions { target: Target, partitions: Vec<String> },
    /// Makes partitions unreadable.
    ReleasePartitions { target: Target, partitions: Vec<String> },
    /// Counts a partition's rows.
    GetPartitionStats { target: Target, partition: String },

    /// Makes indexes.
    CreateIndex { target: Target, indexes: Vec<IndexSpec> },
    /// Sets (`Some`) and removes (`None`) parameters of an index.
    AlterIndex { target: Target, index: String, changes: Changes },
    /// Removes an index; no error when there is none.
    DropIndex { target: Target, index: String },
    /// Tells what an index is and which structure answers for it. An empty name means all.
    DescribeIndex { target: Target, index: String },
    /// Names the indexes; those of one field when `field` is not empty.
    ListIndexes { target: Target, field: String },

    /// Gives a collection a second name.
    CreateAlias { target: Target, alias: String },
    /// Points an alias at another collection.
    AlterAlias { target: Target, alias: String },
    /// Removes an alias.
    DropAlias { database: String, alias: String },
    /// Tells what an alias stands for.
    DescribeAlias { database: String, alias: String },
    /// Names the aliases, of one collection when `collection` is given.
    ListAliases { database: String, collection: Option<String> },

    /// Adds rows.
    Insert { target: Target, insert: Insert },
    /// Adds rows in place of those with the same primary keys.
    Upsert { target: Target, upsert: Upsert },
    /// Removes rows.
    Delete { target: Target, delete: Delete },
    /// Finds rows by filter or primary key.
    Query { target: Target, query: Query },
    /// Finds rows by nearness to vectors.
    Search { target: Target, search: Search },
    /// Finds rows by several searches whose results are fused.
    HybridSearch { target: Target, hybrid: HybridSearch },

    /// Tells what the engine holds.
    Stats,
    /// Gives the record of users, roles and grants, which a server keeps in its database.
    ReadAccess,
    /// Replaces that record.
    WriteAccess { blob: Bytes },
}

impl Command {
    /// Whether it removes what takes up room in storage, at once or by work in the background.
    pub fn makes_room(&self) -> bool {
        matches!(
            self,
            Command::Delete { .. }
                | Command::DropCollection { .. }
                | Command::TruncateCollection { .. }
                | Command::DropDatabase { .. }
                | Command::DropPartition { .. }
                | Command::DropIndex { .. }
                | Command::DropAlias { .. }
        )
    }

    /// Whether it changes nothing, so that it can be run again at will.
    pub fn only_reads(&self) -> bool {
        match self {
            Command::ListDatabases
            | Command::DescribeDatabase { .. }
            | Command::HasCollection { .. }
            | Command::DescribeCollection { .. }
            | Command::ListCollections { .. }
            | Command::GetLoadState { .. }
            | Command::GetCollectionStats { .. }
            | Command::GetCompactionState { .. }
            | Command::HasPartition { .. }
            | Command::ListPartitions { .. }
            | Command::GetPartitionStats { .. }
            | Command::DescribeIndex { .. }
            | Command::ListIndexes { .. }
            | Command::DescribeAlias { .. }
            | Command::ListAliases { .. }
            | Command::Query { .. }
            | Command::Search { .. }
            | Command::HybridSearch { .. }
            | Command::Stats
            | Command::ReadAccess => true,
            Command::CreateDatabase { .. }
            | Command::DropDatabase { .. }
            | Command::AlterDatabase { .. }
            | Command::CreateCollection { .. }
            | Command::DropCollection { .. }
            | Command::TruncateCollection { .. }
            | Command::RenameCollection { .. }
            | Command::LoadCollection { .. }
            | Command::ReleaseCollection { .. }
            | Command::AlterCollection { .. }
            | Command::AddFields { .. }
            | Command::AlterField { .. }
            | Command::AlterIndex { .. }
            | Command::Flush { .. }
            | Command::Compact { .. }
            | Command::CreatePartition { .. }
            | Command::DropPartition { .. }
            | Command::LoadPartitions { .. }
            | Command::ReleasePartitions { .. }
            | Command::CreateIndex { .. }
            | Command::DropIndex { .. }
            | Command::CreateAlias { .. }
            | Command::AlterAlias { .. }
            | Command::DropAlias { .. }
            | Command::Insert { .. }
            | Command::Upsert { .. }
            | Command::Delete { .. }
            | Command::WriteAccess { .. } => false,
        }
    }
}

/// An answer; each variant says which operations it belongs to.
#[expect(missing_docs, reason = "fields carry the names that Milvus documents")]
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// Done, nothing to say.
    Done,
    /// `Has…`.
    Has(bool),
    /// `List…`.
    Names(Vec<String>),
    /// `GetCollectionStats`, `GetPartitionStats`.
    RowCount(u64),
    /// `DescribeDatabase`.
    Database { name: String, id: u64, properties: Properties },
    /// `DescribeCollection`.
    Collection(Box<CollectionDescription>),
    /// `GetLoadState`.
    LoadState(LoadState),
    /// `Compact`.
    CompactionId(u64),
    /// `GetCompactionState`.
    CompactionState { id: u64, is_completed: bool },
    /// `DescribeIndex`.
    Indexes(Vec<IndexDescription>),
    /// `DescribeAlias`.
    Alias { database: String, collection: String, alias: String },
    /// `Insert`, `Upsert`.
    Written(Written),
    /// `Delete`.
    Deleted { count: u64 },
    /// `Query`.
    Rows(Rows),
    /// `Search`, `HybridSearch`.
    Hits(Hits),
    /// `Stats`.
    Stats(Box<Stats>),
    /// `ReadAccess`: the blob as it was written, if there is one.
    Access(Option<Bytes>),
}

/// Whether a collection can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoadState {
    /// It cannot.
    NotLoad,
    /// It can.
    Loaded,
}

/// What `DescribeCollection` tells.
#[expect(missing_docs, reason = "fields carry the names that Milvus documents")]
#[derive(Debug, Clone, PartialEq)]
pub struct CollectionDescription {
    pub name: String,
    pub id: u64,
    pub database: String,
    pub description: String,
    pub schema: Schema,
    pub aliases: Vec<String>,
    pub indexes: Vec<IndexDescription>,
    pub load_state: LoadState,
    pub shards: u32,
    pub partition_count: u32,
    pub consistency_level: String,
    pub properties: Properties,
    pub created_ms: u64,
}

/// What `DescribeIndex` tells.
#[expect(missing_docs, reason = "fields carry the names that Milvus documents")]
#[derive(Debug, Clone, PartialEq)]
pub struct IndexDescription {
    pub name: String,
    pub field: String,
    /// The type as the user named it, such as `HNSW`; `AUTOINDEX` when none was named.
    pub index_type: String,
    pub metric: Option<Metric>,
    /// The parameters as given.
    pub params: Properties,
    /// The structure that really answers.
    pub structure: Structure,
    pub total_rows: u64,
    pub indexed_rows: u64,
}

/// What `Stats` tells.
#[expect(missing_docs, reason = "fields carry the names that Milvus documents")]
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Stats {
    /// Rows that reads can see, over all resident collections.
    pub row_count: u64,
    /// Rows deleted and not yet compacted away.
    pub deleted_count: u64,
    /// Heap held by resident collections.
    pub memory_bytes: u64,
    /// The limit on it.
    pub memory_limit_bytes: u64,
    /// Bytes of all blobs stored, as far as manifests and logs of resident collections tell.
    pub storage_bytes: u64,
    /// The share of indexes in `memory_bytes`.
    pub index_memory_bytes: u64,
    /// The share of indexes in `storage_bytes`.
    pub index_storage_bytes: u64,
    pub growing_segments: u32,
    pub sealed_segments: u32,
    pub collections: u32,
}
