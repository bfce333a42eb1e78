//! Users: made, changed, listed, removed, given roles.

use super::password::Hash;
use super::record::{Record, User};
use super::{ADMIN, Access, PUBLIC, ROOT};
use crate::error::{Error, Result};

const USERS_MAX: usize = 100;
const NAME_BYTES_MAX: usize = 32;

/// What is told of a user.
#[derive(Debug, Clone, PartialEq)]
pub struct UserDescription {
    /// Its name.
    pub name: String,
    /// What was said of it.
    pub description: String,
    /// Its roles beside `public`, ascending.
    pub roles: Vec<String>,
}

impl Access {
    /// Makes a user.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a name or password that breaks the rules, one that is taken, or one user too many.
    pub async fn create_user(&self, name: &str, password: &str, description: &str) -> Result<()> {
        check_name(name)?;
        let hash = Hash::new(password, [self.clock.random(), self.clock.random()])?;
        self.change(|record| {
            if name == ROOT || record.users.contains_key(name) {
                return Err(Error::invalid(format!("user already exists: {name}")));
            }
            if record.users.len() >= USERS_MAX {
                return Err(Error::invalid(format!(
                    "unable to add user because the number of users has reached {USERS_MAX}"
                )));
            }
            let description = description.to_string();
            record.users.insert(name.to_string(), User { hash, description, roles: Vec::new() });
            Ok(())
        })
        .await
    }

    /// Gives a user another password and, if one is given, another description. The old password has to be right; an
    /// administrator need not know it.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a user that there is not, a wrong old password, or a new one that breaks the rules.
    pub async fn update_password(
        &self,
        name: &str,
        old: Option<&str>,
        new: &str,
        description: Option<&str>,
    ) -> Result<()> {
        let hash = Hash::new(new, [self.clock.random(), self.clock.random()])?;
        let record = self.record().await?;
        let owner = self.owner.as_ref().filter(|owner| owner.name == name);
        let is_owners = |password: &str| owner.is_some_and(|owner| super::password::equal(password, &owner.password));
        let is_right = |password: &str| {
            is_owners(password) || record.users.get(name).is_some_and(|user| user.hash.is_of(password))
        };
        let is_known = record.users.contains_key(name) || name == ROOT || owner.is_some();
        if !is_known {
            return Err(absent(name));
        }
        // Root has Milvus's password until it gets another.
        let has_own = record.users.get(ROOT).is_some_and(|root| !root.hash.is_none());
        let is_default = name == ROOT && !has_own && owner.is_none() && old == Some("Milvus");
        if old.is_some_and(|old| !is_right(old)) && !is_default {
            return Err(Error::invalid(format!("old password not correct for {name}")));
        }
        self.change(|record| {
            let user = record.users.get(name);
            let roles = user.map(|user| user.roles.clone()).unwrap_or_default();
            let kept = user.map(|user| user.description.clone()).unwrap_or_default();
            let description = description.map_or(kept, str::to_string);
            record.users.insert(name.to_string(), User { hash, description, roles });
            Ok(())
        })
        .await
    }

    /// Removes a user; no error when there is none.
    ///
    /// # Errors
    /// [`Error::Invalid`] for root.
    pub async fn drop_user(&self, name: &str) -> Result<()> {
        if name == ROOT {
            return Err(Error::invalid("root user cannot be deleted"));
        }
        self.change(|record| {
            record.users.remove(name);
            Ok(())
        })
        .await
    }

    /// The names of all users, ascending.
    pub async fn list_users(&self) -> Result<Vec<String>> {
        let record = self.record().await?;
        let owner = self.owner.as_ref().map(|owner| owner.name.clone());
        let mut names: Vec<String> = record.users.keys().cloned().chain(owner).chain([ROOT.to_string()]).collect();
        crate::sorted::sort_and_dedup(&mut names);
        Ok(names)
    }

    /// Tells of a user; `None` when there is none.
    pub async fn describe_user(&self, name: &str) -> Result<Option<UserDescription>> {
        let record = self.record().await?;
        let is_owner = self.owner.as_ref().is_some_and(|owner| owner.name == name) || name == ROOT;
        let user = record.users.get(name);
        if user.is_none() && !is_owner {
            return Ok(None);
        }
        let mut roles = user.map(|user| user.roles.clone()).unwrap_or_default();
        if is_owner && !roles.iter().any(|role| role == ADMIN) {
            roles.insert(0, ADMIN.to_string());
        }
        let description = user.map(|user| user.description.clone()).unwrap_or_default();
        Ok(Some(UserDescription { name: name.to_string(), description, roles }))
    }

    /// Gives a user a role.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a user or role that there is not.
    pub async fn add_role(&self, user: &str, role: &str) -> Result<()> {
        let is_always_there = self.is_always_there(user);
        self.change(|record| {
            check_role(record, role)?;
            let roles = roles_of(record, user, is_always_there)?;
            if let Err(at) = roles.binary_search_by(|other| other.as_str().cmp(role)) {
                roles.insert(at, role.to_string());
            }
            Ok(())
        })
        .await
    }

    /// Takes a role from a user.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a user or role that there is not.
    pub async fn remove_role(&self, user: &str, role: &str) -> Result<()> {
        let is_always_there = self.is_always_there(user);
        self.change(|record| {
            check_role(record, role)?;
            roles_of(record, user, is_always_there)?.retain(|other| other != role);
            Ok(())
        })
        .await
    }

    /// Root and the owner are users without a record.
    fn is_always_there(&self, user: &str) -> bool {
        user == ROOT || self.owner.as_ref().is_some_and(|owner| owner.name == user)
    }
}

/// The roles of a user. Who is always there has all rights without one, and gets a record, without a password, for them.
fn roles_of<'a>(record: &'a mut Record, user: &str, is_always_there: bool) -> Result<&'a mut Vec<String>> {
    if is_always_there && !record.users.contains_key(user) {
        let made = User { hash: Hash::none(), description: String::new(), roles: Vec::new() };
        record.users.insert(user.to_string(), made);
    }
    record.users.get_mut(user).map(|user| &mut user.roles).ok_or_else(|| absent(user))
}

fn check_role(record: &Record, role: &str) -> Result<()> {
    if role == ADMIN || role == PUBLIC || record.roles.contains_key(role) {
        return Ok(());
    }
    Err(Error::invalid(format!("not found the role, maybe the role isn't existed or internal system error: {role}")))
}

fn absent(user: &str) -> Error {
    Error::invalid(format!("not found the user, maybe the user isn't existed or internal system error: {user}"))
}

fn check_name(name: &str) -> Result<()> {
    let is_right = name.len() <= NAME_BYTES_MAX
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.chars().all(|one| one.is_ascii_alphanumeric() || matches!(one, '_' | '-' | '.'));
    if is_right {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "username must start with a letter, hold letters, digits, '_', '-' and '.' only, and be at most {NAME_BYTES_MAX} \
         long, got '{name}'"
    )))
}
