//! Databases: namespaces of collections.

use std::collections::BTreeMap;

use super::{Catalog, DATABASES_MAX, Database, ID_END};
use crate::command::{DEFAULT_DATABASE, Properties};
use crate::error::{Error, Result};
use crate::schema::{name, properties};

const FIRST_ID: u64 = 1;

impl Catalog {
    /// A catalog with the default database and nothing in it.
    pub fn new() -> Catalog {
        let default = Database { id: FIRST_ID, ..Database::default() };
        Catalog {
            next_id: FIRST_ID + 1,
            databases: BTreeMap::from([(DEFAULT_DATABASE.to_string(), default)]),
            collections: BTreeMap::new(),
        }
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
        if self.databases.contains_key(database) {
            return Err(Error::NameTaken { reason: format!("database already exist: {database}") });
        }
        if self.databases.len() >= DATABASES_MAX as usize || self.next_id + 1 >= ID_END {
            return Err(Error::DatabaseLimit { limit: DATABASES_MAX });
        }
        let made = Database { id: self.next_id, properties: given.clone(), names: BTreeMap::new() };
        self.next_id += 1;
        self.databases.insert(database.to_string(), made);
        Ok(())
    }

    /// Removes a database that has no collections.
    pub fn drop_database(&mut self, database: &str) -> Result<()> {
        if database == DEFAULT_DATABASE {
            return Err(Error::invalid("can not drop default database"));
        }
        if !self.database(database)?.names.is_empty() {
            return Err(Error::invalid(format!(
                "database:{database} not empty, must drop all collections before drop database"
            )));
        }
        self.databases.remove(database);
        Ok(())
    }

    /// The names of the databases, ascending.
    pub fn list_databases(&self) -> Vec<String> {
        self.databases.keys().cloned().collect()
    }

    /// A database's id and properties.
    pub fn describe_database(&self, database: &str) -> Result<(u64, &Properties)> {
        self.database(database).map(|found| (found.id, &found.properties))
    }

    /// Sets (`Some`) and removes (`None`) properties of a database. Returns whether anything changed.
    pub fn alter_database(&mut self, database: &str, changes: &BTreeMap<String, Option<String>>) -> Result<bool> {
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
        let found = self.databases.get_mut(database).expect("the database was found");
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
