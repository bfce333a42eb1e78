//! The catalog of names: databases, collections, aliases, and what the catalog knows of each collection.
//!
//! A plain value without rows and without storage. Every method checks first and changes after: **an error means that
//! nothing changed**. Whoever changed it writes [`Catalog::encode`] into the same batch as the rest of the command.
//! Methods that may find nothing to do say whether they did something, so that no batch is written in vain.

mod alias;
mod collection;
mod database;
mod partition;
mod stored;
#[cfg(test)]
mod tests;

use crate::command::{Changes, Properties, Target};
use crate::error::{Error, Result};
use crate::schema::check::{self, CollectionSpec, FieldSpec};
use crate::schema::index_params::IndexSpec;
use crate::schema::name;
use crate::schema::properties::MAX_COLLECTIONS;
use crate::sorted::SortedMap;

pub use collection::{CollectionRecord, Partition};

/// Databases (`rootCoord.maxDatabaseNum`).
pub const DATABASES_MAX: u32 = 64;
/// Collections of a database (`quotaAndLimits.limits.maxCollectionNum`).
pub const COLLECTIONS_MAX: u32 = 65_536;
/// Partitions times shards, over all collections (`rootCoord.maxGeneralCapacity`).
pub const CAPACITY_MAX: u64 = 65_536;

/// Ids stay below 2^53, where a JavaScript number is exact.
const ID_END: u64 = 1 << 53;

/// Databases and collections by name.
///
/// There is always a database [`DEFAULT_DATABASE`](crate::command::DEFAULT_DATABASE).
#[derive(Debug, Clone, PartialEq)]
pub struct Catalog {
    /// The id that the next database, collection or partition gets. Ids are never given twice.
    next_id: u64,
    /// By ascending name.
    databases: Vec<Database>,
    /// By ascending id.
    collections: Vec<CollectionRecord>,
}

/// A namespace of collections.
#[derive(Debug, Clone, PartialEq)]
struct Database {
    id: u64,
    name: String,
    properties: Properties,
    /// Collections and aliases share one space of names.
    names: SortedMap<String, Name>,
}

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Name {
    Collection(u64),
    Alias(u64),
}

impl Catalog {
    /// The collection of that name or alias.
    ///
    /// # Errors
    /// [`Error::DatabaseNotFound`], [`Error::CollectionNotFound`].
    pub fn resolve(&self, target: &Target) -> Result<&CollectionRecord> {
        match self.database(&target.database)?.names.get(&target.collection) {
            Some(Name::Collection(id) | Name::Alias(id)) => Ok(self.record(*id)),
            None => Err(not_found(target)),
        }
    }

    /// The collection of that id.
    pub fn collection(&self, id: u64) -> Option<&CollectionRecord> {
        self.place(id).ok().map(|at| &self.collections[at])
    }

    /// All collections of all databases, by id.
    pub fn collections(&self) -> impl Iterator<Item = &CollectionRecord> {
        self.collections.iter()
    }

    /// Makes a collection, with its indexes and loaded when there are any. Returns its id; `None` when there is one just
    /// like it already.
    ///
    /// # Errors
    /// Those of [`check::check`], and when the name is taken or a limit is reached.
    pub fn create_collection(&mut self, database: &str, spec: &CollectionSpec, now_ms: u64) -> Result<Option<u64>> {
        let names = &self.database(database)?.names;
        let checked = check::check(spec)?;
        match names.get(&spec.name) {
            Some(Name::Alias(_)) => return Err(Error::CollectionCollision { collection: spec.name.clone() }),
            Some(Name::Collection(id)) if self.record(*id).is_as_asked(spec, &checked) => return Ok(None),
            Some(Name::Collection(_)) => return Err(Error::CollectionExists { collection: spec.name.clone() }),
            None => {}
        }
        self.check_room(database)?;
        let id = self.next_id;
        let record = CollectionRecord::new(id, database, spec, checked, now_ms);
        let used = id + 1 + record.partitions.len() as u64;
        self.check_capacity(record.partitions.len() as u64 * u64::from(record.shards), used)?;
        self.next_id = used;
        self.names(database).insert(record.name.clone(), Name::Collection(id));
        // The greatest id so far.
        self.collections.push(record);
        Ok(Some(id))
    }

    /// Removes a collection. Returns its id, so that its rows can be removed; `None` when there was none.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it still has aliases, or is named by one.
    pub fn drop_collection(&mut self, target: &Target) -> Result<Option<u64>> {
        let id = match self.database(&target.database)?.names.get(&target.collection) {
            None => return name::check_collection(&target.collection).map(|()| None),
            Some(Name::Alias(_)) => {
                return Err(Error::invalid(format!("cannot drop the collection via alias = {}", target.collection)));
            }
            Some(Name::Collection(id)) => *id,
        };
        let aliases = &self.record(id).aliases;
        if !aliases.is_empty() {
            return Err(Error::invalid(format!(
                "unable to drop the collection [{}] because it has associated aliases [{}], \
                 please remove all aliases before dropping the collection",
                target.collection,
                aliases.join(" ")
            )));
        }
        self.names(&target.database).remove(&target.collection);
        self.collections.retain(|record| record.id != id);
        Ok(Some(id))
    }

    /// Whether there is a collection or alias of that name.
    pub fn has_collection(&self, target: &Target) -> Result<bool> {
        Ok(self.database(&target.database)?.names.contains_key(&target.collection))
    }

    /// The names of a database's collections, ascending.
    pub fn list_collections(&self, database: &str) -> Result<Vec<String>> {
        let names = &self.database(database)?.names;
        let is_collection = |name: &Name| matches!(name, Name::Collection(_));
        Ok(names.iter().filter(|(_, name)| is_collection(name)).map(|(name, _)| name.clone()).collect())
    }

    /// Gives a collection another name, possibly in another database. Its aliases stay.
    ///
    /// # Errors
    /// When the new name is taken, the old one is an alias, or a collection with aliases would change its database.
    pub fn rename_collection(&mut self, target: &Target, new_database: &str, new_name: &str) -> Result<()> {
        name::check_collection(new_name)?;
        let id = match self.database(&target.database)?.names.get(&target.collection) {
            None => return Err(not_found(target)),
            Some(Name::Alias(_)) => {
                let reason = format!("unsupported use an alias to rename collection, alias:{}", target.collection);
                return Err(Error::invalid(reason));
            }
            Some(Name::Collection(id)) => *id,
        };
        if self.database(new_database)?.names.contains_key(new_name) {
            return Err(Error::NameTaken {
                reason: format!(
                    "duplicated new collection name {new_database}:{new_name} with other collection name or alias"
                ),
            });
        }
        if new_database != target.database {
            if !self.record(id).aliases.is_empty() {
                let reason = "fail to rename db name, must drop all aliases of this collection before rename";
                return Err(Error::invalid(reason));
            }
            self.check_room(new_database)?;
        }
        self.names(&target.database).remove(&target.collection);
        self.names(new_database).insert(new_name.to_string(), Name::Collection(id));
        let record = self.record_mut(id);
        record.database = new_database.to_string();
        record.name = new_name.to_string();
        Ok(())
    }

    /// Sets (`Some`) and removes (`None`) properties of a collection. Returns whether anything changed.
    pub fn alter_collection(&mut self, target: &Target, changes: &Changes, now_ms: u64) -> Result<bool> {
        self.change(target, |record| record.alter(changes, now_ms))
    }

    /// Adds fields to a collection, all or none. Returns whether anything changed.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::Schema`] and [`Error::FieldName`] for fields that cannot be added.
    pub fn add_fields(&mut self, target: &Target, fields: &[FieldSpec]) -> Result<bool> {
        self.change(target, |record| record.add_fields(fields))
    }

    /// Sets (`Some`) and removes (`None`) parameters of a field. Returns whether anything changed.
    pub fn alter_field(&mut self, target: &Target, field: &str, changes: &Changes) -> Result<bool> {
        self.change(target, |record| record.alter_field(field, changes))
    }

    /// Sets (`Some`) and removes (`None`) parameters of an index. Returns whether anything changed.
    pub fn alter_index(&mut self, target: &Target, index: &str, changes: &Changes) -> Result<bool> {
        self.change(target, |record| record.alter_index(index, changes))
    }

    /// Makes a collection readable. Returns whether anything changed.
    ///
    /// # Errors
    /// [`Error::VectorIndexMissing`].
    pub fn load_collection(&mut self, target: &Target) -> Result<bool> {
        self.change(target, CollectionRecord::load)
    }

    /// Makes a collection unreadable; its rows stay. Returns whether anything changed.
    pub fn release_collection(&mut self, target: &Target) -> Result<bool> {
        self.change(target, |record| {
            record.release();
            Ok(())
        })
    }

    /// Makes indexes, all or none. Returns whether anything changed.
    pub fn create_index(&mut self, target: &Target, indexes: &[IndexSpec]) -> Result<bool> {
        self.change(target, |record| indexes.iter().try_for_each(|index| record.create_index(index)))
    }

    /// Removes an index. Returns whether there was one.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a vector index of a loaded collection.
    pub fn drop_index(&mut self, target: &Target, index: &str) -> Result<bool> {
        self.change(target, |record| record.drop_index(index))
    }

    /// Edits a copy of a collection's record and puts it in place when all went well.
    fn change(&mut self, target: &Target, edit: impl FnOnce(&mut CollectionRecord) -> Result<()>) -> Result<bool> {
        let record = self.resolve(target)?;
        let mut edited = record.clone();
        edit(&mut edited)?;
        let has_changed = edited != *record;
        if has_changed {
            let id = edited.id;
            *self.record_mut(id) = edited;
        }
        Ok(has_changed)
    }

    fn record(&self, id: u64) -> &CollectionRecord {
        self.collection(id).expect("every name stands for a collection")
    }

    fn record_mut(&mut self, id: u64) -> &mut CollectionRecord {
        let at = self.place(id).expect("every name stands for a collection");
        &mut self.collections[at]
    }

    /// Where the collection of that id is, or would be.
    fn place(&self, id: u64) -> std::result::Result<usize, usize> {
        self.collections.binary_search_by_key(&id, |record| record.id)
    }

    fn database(&self, name: &str) -> Result<&Database> {
        let found = self.databases.iter().find(|database| database.name == name);
        found.ok_or_else(|| Error::DatabaseNotFound { database: name.to_string() })
    }

    /// A database that was found before.
    fn database_mut(&mut self, name: &str) -> &mut Database {
        self.databases.iter_mut().find(|database| database.name == name).expect("the database was found")
    }

    /// The names of a database that was found before.
    fn names(&mut self, database: &str) -> &mut SortedMap<String, Name> {
        &mut self.database_mut(database).names
    }

    /// Checks that one more collection fits into a database.
    fn check_room(&self, database: &str) -> Result<()> {
        let database = self.database(database)?;
        let own = database.properties.get(MAX_COLLECTIONS).and_then(|limit| limit.parse::<u32>().ok());
        let limit = own.unwrap_or(COLLECTIONS_MAX).min(COLLECTIONS_MAX);
        let count = database.names.values().filter(|name| matches!(name, Name::Collection(_))).count();
        if count >= limit as usize || self.collections.len() >= COLLECTIONS_MAX as usize {
            return Err(Error::CollectionLimit { limit });
        }
        Ok(())
    }

    /// Checks that so much more capacity is left, and that ids are left up to `ids_used`.
    fn check_capacity(&self, more: u64, ids_used: u64) -> Result<()> {
        let held: u64 =
            self.collections.iter().map(|record| record.partitions.len() as u64 * u64::from(record.shards)).sum();
        if held + more > CAPACITY_MAX || ids_used >= ID_END {
            return Err(Error::invalid(format!(
                "general capacity exceeded: partitions times shards of all collections may be {CAPACITY_MAX}, \
                 and would be {}",
                held + more
            )));
        }
        Ok(())
    }
}

/// The error of a name that no collection has, and perhaps none can have.
fn not_found(target: &Target) -> Error {
    let absent =
        || Error::CollectionNotFound { database: target.database.clone(), collection: target.collection.clone() };
    if target.collection.is_empty() {
        return absent();
    }
    name::check_collection(&target.collection).err().unwrap_or_else(absent)
}
