//! Databases: namespaces of collections.

use super::{Catalog, DATABASES_MAX, Database, ID_END};
use crate::command::{Changes, DEFAULT_DATABASE, Properties};
use crate::error::{Error, Result};
use crate::schema::{name, properties};
use crate::sorted::SortedMap;

const FIRST_ID: u64 = 1;

impl Catalog {
    /// A catalog with the default database and nothing in it.
    pub fn new() -> Catalog {
        let default = Database {
            id: FIRST_ID,
            name: DEFAULT_DATABASE.to_string(),
            properties: Properties::new(),
            names: SortedMap::new(),
        };
        Catalog { next_id: FIRST_ID + 1, databases: vec![default], collections: Vec::new() }
    }

    /// Makes a database.
    ///
    /// # Errors
    /// [`Error::DatabaseName`], [`Error::NameTaken`], [`Error::DatabaseLimit`], and those of bad properties.
    pub fn create_database(&mut self, database: &str, given: &Properties) -> Result<()> {
        name::check_database(database)?;
        for (key, value) in given {
            properties::check_database(key, value)?;
        }
        if self.database(database).is_ok() {
            return Err(Error::NameTaken { reason: format!("database already exist: {database}") });
        }
        if self.databases.len() >= DATABASES_MAX as usize || self.next_id + 1 >= ID_END {
            return Err(Error::DatabaseLimit { limit: DATABASES_MAX });
        }
        let made = Database {
            id: self.next_id,
            name: database.to_string(),
            properties: given.clone(),
            names: SortedMap::new(),
        };
        let place = self.databases.partition_point(|other| other.name < made.name);
        self.next_id += 1;
        self.databases.insert(place, made);
        Ok(())
    }

    /// Removes a database that has no collections; one that there is not is removed already. Returns whether anything
    /// changed.
    ///
    /// # Errors
    /// [`Error::Invalid`] for the default database and one with collections, [`Error::DatabaseName`] for what is no name.
    pub fn drop_database(&mut self, database: &str) -> Result<bool> {
        if database == DEFAULT_DATABASE {
            return Err(Error::invalid("can not drop default database"));
        }
        let Ok(found) = self.database(database) else {
            return name::check_database(database).map(|()| false);
        };
        if !found.names.is_empty() {
            return Err(Error::invalid(format!(
                "database:{database} not empty, must drop all collections before drop database"
            )));
        }
        self.databases.retain(|other| other.name != database);
        Ok(true)
    }

    /// The names of the databases, ascending.
    pub fn list_databases(&self) -> Vec<String> {
        self.databases.iter().map(|database| database.name.clone()).collect()
    }

    /// A database's id and properties.
    pub fn describe_database(&self, database: &str) -> Result<(u64, &Properties)> {
        self.database(database).map(|found| (found.id, &found.properties))
    }

    /// Sets (`Some`) and removes (`None`) properties of a database. Returns whether anything changed.
    pub fn alter_database(&mut self, database: &str, changes: &Changes) -> Result<bool> {
        let mut altered = self.database(database)?.properties.clone();
        for (key, value) in changes {
            match value {
                Some(value) => {
                    properties::check_database(key, value)?;
                    altered.insert(key.clone(), value.clone());
                }
                None => {
                    altered.remove(key);
                }
            }
        }
        let found = self.database_mut(database);
        let has_changed = found.properties != altered;
        found.properties = altered;
        Ok(has_changed)
    }
}

impl Default for Catalog {
    fn default() -> Catalog {
        Catalog::new()
    }
}
