//! What is stored of users, roles and grants.

use serde::{Deserialize, Serialize};

use super::password::Hash;
use super::{ADMIN, ANY, PUBLIC, privilege};
use crate::sorted::SortedMap;

/// The body of [`BlobKey::Access`](crate::store::BlobKey::Access).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub users: SortedMap<String, User>,
    pub roles: SortedMap<String, Role>,
    /// Groups of privileges, by name; those that are always there are not among them.
    pub groups: SortedMap<String, Vec<String>>,
}

/// A user.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct User {
    pub hash: Hash,
    pub description: String,
    /// The roles beside [`PUBLIC`], ascending.
    pub roles: Vec<String>,
}

/// A role that was made by somebody.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Role {
    pub description: String,
    pub grants: Vec<Grant>,
}

/// A privilege, or a group of them, that a role has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Grant {
    /// `Collection`, `Global`, `User` or `Database`.
    pub object_type: String,
    /// A collection, or `*` for all.
    pub object_name: String,
    /// The privilege or group, or `*` for all.
    pub privilege: String,
    /// A database, or `*` for all.
    pub database: String,
    /// Who granted it.
    pub grantor: String,
}

/// A group of privileges.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// The privileges.
    pub privileges: Vec<String>,
}

impl Record {
    /// Whether a user has a privilege in a database (`*`: whatever the database) on a collection (`*`: on none in particular).
    pub fn allows(&self, user: &str, needed: &str, database: &str, collection: &str) -> bool {
        let roles = self.users.get(user).map(|user| user.roles.as_slice()).unwrap_or_default();
        let is_covered = |grant: &Grant| {
            let is_here = database == ANY || grant.database == ANY || grant.database == database;
            // Who may do something to one collection may not do it to a database.
            let is_on = grant.object_name == ANY || grant.object_name == collection;
            is_here && is_on && self.includes(&grant.privilege, needed)
        };
        let grants = |role: &str| self.roles.get(role).is_some_and(|role| role.grants.iter().any(is_covered));
        privilege::is_public(needed) || grants(PUBLIC) || roles.iter().any(|role| role == ADMIN || grants(role))
    }

    fn includes(&self, granted: &str, needed: &str) -> bool {
        granted == ANY
            || granted == "All"
            || granted == needed
            || privilege::built_in(granted).is_some_and(|mut privileges| privileges.any(|name| name == needed))
            || self.groups.get(granted).is_some_and(|group| {
                let has = |name: &String| {
                    name == needed || privilege::built_in(name).is_some_and(|mut inner| inner.any(|one| one == needed))
                };
                group.iter().any(has)
            })
    }
}
