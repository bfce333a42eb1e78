//! Aliases: second names of collections.

use super::{Catalog, Name, not_found};
use crate::command::Target;
use crate::error::{Error, Result};
use crate::schema::name;

impl Catalog {
    /// Gives a collection a second name. Returns whether it is new: doing it twice is no error.
    ///
    /// # Errors
    /// [`Error::AliasCollision`] with a collection's name, [`Error::AliasExists`] when it stands for another collection.
    pub fn create_alias(&mut self, target: &Target, alias: &str) -> Result<bool> {
        name::check_alias(alias)?;
        let id = self.named_collection(target)?;
        match self.database(&target.database)?.names.get(alias) {
            Some(Name::Collection(_)) => Err(collision(&target.database, alias)),
            Some(Name::Alias(other)) if *other == id => Ok(false),
            Some(Name::Alias(other)) => Err(Error::AliasExists {
                database: target.database.clone(),
                alias: alias.to_string(),
                collection: self.record(*other).name.clone(),
            }),
            None => {
                self.point(&target.database, alias, Some(id));
                Ok(true)
            }
        }
    }

    /// Points an alias at another collection. Returns whether anything changed.
    ///
    /// # Errors
    /// [`Error::AliasNotFound`].
    pub fn alter_alias(&mut self, target: &Target, alias: &str) -> Result<bool> {
        let id = self.named_collection(target)?;
        if self.alias(&target.database, alias)? == id {
            return Ok(false);
        }
        self.point(&target.database, alias, Some(id));
        Ok(true)
    }

    /// Removes an alias; one that there is not is removed already. Returns whether anything changed.
    ///
    /// # Errors
    /// [`Error::AliasCollision`] with a collection's name.
    pub fn drop_alias(&mut self, database: &str, alias: &str) -> Result<bool> {
        match self.alias(database, alias) {
            Err(Error::AliasNotFound { .. }) => return Ok(false),
            found => found?,
        };
        self.point(database, alias, None);
        Ok(true)
    }

    /// The name of the collection that an alias stands for.
    ///
    /// # Errors
    /// [`Error::AliasNotFound`].
    pub fn describe_alias(&self, database: &str, alias: &str) -> Result<&str> {
        self.alias(database, alias).map(|id| self.record(id).name.as_str())
    }

    /// The aliases of a database, or of one of its collections, ascending.
    pub fn list_aliases(&self, database: &str, collection: Option<&str>) -> Result<Vec<String>> {
        if let Some(collection) = collection {
            let target = Target { database: database.to_string(), collection: collection.to_string() };
            return self.resolve(&target).map(|record| record.aliases.clone());
        }
        let names = &self.database(database)?.names;
        let is_alias = |name: &Name| matches!(name, Name::Alias(_));
        Ok(names.iter().filter(|(_, name)| is_alias(name)).map(|(name, _)| name.clone()).collect())
    }

    /// The id of the collection of that very name: an alias of an alias would be no one's.
    fn named_collection(&self, target: &Target) -> Result<u64> {
        match self.database(&target.database)?.names.get(&target.collection) {
            Some(Name::Collection(id)) => Ok(*id),
            Some(Name::Alias(_)) | None => Err(not_found(target)),
        }
    }

    fn alias(&self, database: &str, alias: &str) -> Result<u64> {
        match self.database(database)?.names.get(alias) {
            Some(Name::Alias(id)) => Ok(*id),
            Some(Name::Collection(_)) => Err(collision(database, alias)),
            None => {
                name::check_alias(alias)?;
                Err(Error::AliasNotFound { database: database.to_string(), alias: alias.to_string() })
            }
        }
    }

    /// Points a name at a collection, or at nothing, in both places that know of it.
    fn point(&mut self, database: &str, alias: &str, to: Option<u64>) {
        if let Some(Name::Alias(old)) = self.names(database).remove(alias) {
            self.record_mut(old).aliases.retain(|name| name != alias);
        }
        if let Some(id) = to {
            self.names(database).insert(alias.to_string(), Name::Alias(id));
            let record = self.record_mut(id);
            let place = record.aliases.partition_point(|name| name.as_str() < alias);
            record.aliases.insert(place, alias.to_string());
        }
    }
}

fn collision(database: &str, alias: &str) -> Error {
    Error::AliasCollision { database: database.to_string(), alias: alias.to_string() }
}
