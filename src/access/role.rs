//! Roles, their grants, and groups of privileges.

use super::record::{Grant, Group, Record, Role};
use super::{ADMIN, ANY, Access, PUBLIC, privilege};
use crate::error::{Error, Result};
use crate::schema::name;
use crate::sorted::sort_by;

const ROLES_MAX: usize = 10;

/// What is told of a role.
#[derive(Debug, Clone, PartialEq)]
pub struct RoleDescription {
    /// Its name.
    pub name: String,
    /// What was said of it.
    pub description: String,
    /// The users that have it, ascending.
    pub users: Vec<String>,
}

impl Access {
    /// Makes a role.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a name that breaks the rules or is taken, or one role too many.
    pub async fn create_role(&self, name: &str, description: &str) -> Result<()> {
        name::check_collection(name)?;
        self.change(|record| {
            if is_built_in(name) || record.roles.contains_key(name) {
                return Err(Error::invalid(format!("role [name:\"{name}\"] already exists")));
            }
            if record.roles.len() >= ROLES_MAX {
                return Err(Error::invalid(format!(
                    "unable to create role because the number of roles has reached {ROLES_MAX}"
                )));
            }
            record.roles.insert(name.to_string(), Role { description: description.to_string(), grants: Vec::new() });
            Ok(())
        })
        .await
    }

    /// Says something else of a role.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a role that there is not.
    pub async fn alter_role(&self, name: &str, description: &str) -> Result<()> {
        self.change(|record| {
            role(record, name)?.description = description.to_string();
            Ok(())
        })
        .await
    }

    /// Removes a role, also from its users.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a role that there is not or that is always there, and without `force` for one with grants.
    pub async fn drop_role(&self, name: &str, force: bool) -> Result<()> {
        if is_built_in(name) {
            return Err(Error::invalid(format!("the role[{name}] is a default role, which can't be dropped")));
        }
        self.change(|record| {
            if !role(record, name)?.grants.is_empty() && !force {
                return Err(Error::invalid(
                    "fail to drop the role that it has privileges. Use REVOKE API to revoke privileges",
                ));
            }
            record.roles.remove(name);
            for (_, user) in record.users.iter_mut() {
                user.roles.retain(|other| other != name);
            }
            Ok(())
        })
        .await
    }

    /// All roles, ascending by name.
    pub async fn list_roles(&self) -> Result<Vec<RoleDescription>> {
        let record = self.record().await?;
        let described = |name: &str, description: &str| {
            let users = record.users.iter().filter(|(_, user)| user.roles.iter().any(|role| role == name));
            let users = users.map(|(user, _)| user.clone()).collect();
            RoleDescription { name: name.to_string(), description: description.to_string(), users }
        };
        let stored = record.roles.iter().filter(|(name, _)| !is_built_in(name));
        let mut roles: Vec<RoleDescription> = stored.map(|(name, role)| described(name, &role.description)).collect();
        roles.extend([ADMIN, PUBLIC].map(|name| described(name, "")));
        roles.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(roles)
    }

    /// What a role may do, ascending by object and privilege, as Milvus keeps it.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a role that there is not.
    pub async fn list_grants(&self, name: &str) -> Result<Vec<Grant>> {
        let record = self.record().await?;
        match record.roles.get(name) {
            Some(role) => {
                let mut grants = role.grants.clone();
                sort_by(&mut grants, |one, other| place(one).cmp(&place(other)));
                Ok(grants)
            }
            None if is_built_in(name) => Ok(Vec::new()),
            None => Err(absent(name)),
        }
    }

    /// Lets a role do something; no error when it may already.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a role, privilege or group that there is not.
    pub async fn grant(&self, name: &str, grant: Grant) -> Result<()> {
        self.change(|record| {
            check_privilege(record, &grant.privilege)?;
            let grants = &mut role(record, name)?.grants;
            if !grants.iter().any(|other| is_same(other, &grant)) {
                grants.push(grant);
            }
            Ok(())
        })
        .await
    }

    /// Takes back what a role may do; no error when it may not.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a role, privilege or group that there is not.
    pub async fn revoke(&self, name: &str, grant: Grant) -> Result<()> {
        self.change(|record| {
            check_privilege(record, &grant.privilege)?;
            role(record, name)?.grants.retain(|other| !is_same(other, &grant));
            Ok(())
        })
        .await
    }

    /// Makes a group of privileges, empty at first.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a name that breaks the rules or is taken.
    pub async fn create_group(&self, name: &str) -> Result<()> {
        name::check_collection(name)?;
        self.change(|record| {
            if privilege::built_in(name).is_some() || privilege::exists(name) || record.groups.contains_key(name) {
                return Err(Error::invalid(format!("privilege group name [{name}] is defined by others")));
            }
            record.groups.insert(name.to_string(), Vec::new());
            Ok(())
        })
        .await
    }

    /// Removes a group of privileges; no error when there is none.
    ///
    /// # Errors
    /// [`Error::Invalid`] for one that is always there or that a role has.
    pub async fn drop_group(&self, name: &str) -> Result<()> {
        self.change(|record| {
            check_own_group(name)?;
            let has = |role: &Role| role.grants.iter().any(|grant| grant.privilege == name);
            if let Some((role, _)) = record.roles.iter().find(|(_, role)| has(role)) {
                return Err(Error::invalid(format!(
                    "privilege group [{name}] is used by role [{role}]; revoke it first"
                )));
            }
            record.groups.remove(name);
            Ok(())
        })
        .await
    }

    /// All groups of privileges, those that are always there too.
    pub async fn list_groups(&self) -> Result<Vec<Group>> {
        let record = self.record().await?;
        let own =
            record.groups.iter().map(|(name, privileges)| Group { name: name.clone(), privileges: privileges.clone() });
        let built_in = privilege::built_in_names().map(|name| Group {
            name: name.to_string(),
            privileges: privilege::built_in(name).into_iter().flatten().map(str::to_string).collect(),
        });
        Ok(own.chain(built_in).collect())
    }

    /// Puts privileges into a group, or with `is_removal` takes them out.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a group or privilege that there is not, and a group that is always there.
    pub async fn change_group(&self, name: &str, privileges: &[String], is_removal: bool) -> Result<()> {
        self.change(|record| {
            check_own_group(name)?;
            privileges.iter().try_for_each(|privilege| check_privilege(record, privilege))?;
            let group = record.groups.get_mut(name);
            let group = group.ok_or_else(|| {
                Error::invalid(format!("there is no privilege group name [{name}] defined in system"))
            })?;
            group.retain(|held| !privileges.contains(held));
            if !is_removal {
                group.extend_from_slice(privileges);
                crate::sorted::sort_and_dedup(group);
            }
            Ok(())
        })
        .await
    }
}

impl Grant {
    /// A grant as the newer calls make it: by privilege, database and collection.
    pub fn on(privilege: &str, database: &str, collection: &str, grantor: &str) -> Grant {
        let or_any = |name: &str| if name.is_empty() { ANY.to_string() } else { name.to_string() };
        Grant {
            object_type: privilege::object_type(privilege).to_string(),
            object_name: or_any(collection),
            privilege: privilege.to_string(),
            database: or_any(database),
            grantor: grantor.to_string(),
        }
    }
}

/// What grants are ordered by.
fn place(grant: &Grant) -> (&str, &str, &str, &str) {
    (&grant.object_type, &grant.database, &grant.object_name, &grant.privilege)
}

fn is_built_in(role: &str) -> bool {
    role == ADMIN || role == PUBLIC
}

/// Whoever granted it, it is the same.
fn is_same(one: &Grant, other: &Grant) -> bool {
    one.object_name == other.object_name && one.privilege == other.privilege && one.database == other.database
}

/// A role whose grants may change. `public` gets a record when it is first changed.
fn role<'a>(record: &'a mut Record, name: &str) -> Result<&'a mut Role> {
    if name == PUBLIC && !record.roles.contains_key(PUBLIC) {
        record.roles.insert(PUBLIC.to_string(), Role::default());
    }
    record.roles.get_mut(name).ok_or_else(|| absent(name))
}

fn check_privilege(record: &Record, name: &str) -> Result<()> {
    let is_known = name == ANY
        || name == "All"
        || privilege::exists(name)
        || privilege::built_in(name).is_some()
        || record.groups.contains_key(name);
    if is_known {
        return Ok(());
    }
    Err(Error::invalid(format!("not found the privilege name[{name}]")))
}

fn check_own_group(name: &str) -> Result<()> {
    match privilege::built_in(name) {
        Some(_) => Err(Error::invalid(format!("privilege group [{name}] is built in and cannot be changed"))),
        None => Ok(()),
    }
}

fn absent(role: &str) -> Error {
    Error::invalid(format!("not found the role, maybe the role isn't existed or internal system error: {role}"))
}
