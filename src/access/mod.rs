//! Who may do what: users, roles, grants and groups of privileges, kept in the database and asked by both doors.
//!
//! The record is in memory while a server runs, and every change is stored before it is answered. Changes are made to
//! the record in memory at once and stored in that order, so that none is lost to another.

mod password;
pub mod privilege;
mod record;
mod request;
mod role;
#[cfg(test)]
mod tests;
mod user;

use std::cell::RefCell;
use std::rc::Rc;

use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{Engine as _, alphabet};

use self::password::Seen;
use self::record::Record;
pub use self::record::{Grant, Group};
pub use self::role::RoleDescription;
pub use self::user::UserDescription;
use crate::command::{Command, DEFAULT_DATABASE, Reply};
use crate::error::{Error, Result};
use crate::gate::{Caller, Need};
use crate::host::Clock;
use crate::host::driver::Driver;
use crate::store::{BlobKey, codec};

/// The user that is always there and may do everything.
pub const ROOT: &str = "root";

/// The role that may do everything.
pub const ADMIN: &str = "admin";

/// The role that everybody has.
pub const PUBLIC: &str = "public";

/// Any collection, database or privilege.
const ANY: &str = "*";

/// Texts whose filling at the end may be absent.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The text in a text of base64; `None` for what is none. Credentials come so.
pub fn decode_text(encoded: &str) -> Option<String> {
    String::from_utf8(BASE64.decode(encoded).ok()?).ok()
}

/// The user that a server was started with.
#[derive(Debug, Clone)]
pub struct Owner {
    /// Its name.
    pub name: String,
    /// Its password.
    pub password: String,
}

/// Users and what they may do.
pub struct Access {
    driver: Driver,
    clock: Rc<dyn Clock>,
    owner: Option<Owner>,
    record: RefCell<Option<Rc<Record>>>,
    seen: RefCell<Seen>,
}

impl Access {
    /// The access to a database. Without an owner nobody has to say who they are, and everybody may do everything.
    pub fn new(driver: Driver, clock: Rc<dyn Clock>, owner: Option<Owner>) -> Access {
        let seen = RefCell::new(Seen::new(clock.random()));
        Access { driver, clock, owner, record: RefCell::default(), seen }
    }

    /// Finds out who calls. `credentials` are `user:password`; `None` when the call brought none.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`], and what reading the record answers.
    pub async fn authenticate(&self, credentials: Option<&str>) -> Result<Caller> {
        let Some(owner) = &self.owner else { return Ok(Caller { user: None }) };
        let refusal = |reason: &str| Error::Unauthenticated { reason: reason.to_string() };
        let credentials = credentials.ok_or_else(|| refusal("missing authorization in header"))?;
        let Some((name, password)) = credentials.split_once(':') else {
            return Err(refusal("auth check failure, please check api key is correct"));
        };
        let record = self.record().await?;
        let is_owner = name == owner.name && password::equal(password, &owner.password);
        let is_user =
            || record.users.get(name).is_some_and(|user| self.seen.borrow_mut().check(name, password, &user.hash));
        if is_owner || is_user() {
            return Ok(Caller { user: Some(name.to_string()) });
        }
        Err(refusal("auth check failure, please check username and password are correct"))
    }

    /// Asks whether a caller may do something. A collection called by an alias counts under its own name: grants on it
    /// hold, and one on the alias, which may stand for another tomorrow, does not.
    ///
    /// # Errors
    /// [`Error::Denied`], and what reading the record answers.
    pub async fn check(&self, caller: &Caller, need: &Need) -> Result<()> {
        let Some(user) = &caller.user else { return Ok(()) };
        let is_owner = self.owner.as_ref().is_some_and(|owner| owner.name == *user);
        if is_owner || user == ROOT {
            return Ok(());
        }
        let (privilege, database, collection) = match need {
            Need::Nothing => return Ok(()),
            Need::Collection { privilege, database, .. } if privilege::is_of_database(privilege) => {
                (privilege, database.as_str(), ANY)
            }
            Need::Collection { privilege, database, collection } => (privilege, database.as_str(), collection.as_str()),
            Need::Database { privilege, database } => (privilege, database.as_str(), ANY),
            Need::Cluster { privilege } => (privilege, ANY, ANY),
        };
        let database = if database.is_empty() { DEFAULT_DATABASE } else { database };
        let collection = self.own_name(database, collection).await?;
        if self.record().await?.allows(user, privilege, database, &collection) {
            return Ok(());
        }
        Err(Error::Denied { privilege: (*privilege).to_string(), user: user.clone(), database: database.to_string() })
    }

    /// Asks whether a caller may do something to a user; to themselves everybody may.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub async fn check_user(&self, caller: &Caller, name: &str, privilege: &'static str) -> Result<()> {
        if caller.user.as_deref() == Some(name) {
            return Ok(());
        }
        self.check(caller, &Need::Cluster { privilege }).await
    }

    /// Asks whether a caller may see what a role may do; of their own roles everybody may.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub async fn check_role(&self, caller: &Caller, role: &str) -> Result<()> {
        let record = self.record().await?;
        let user = caller.user.as_ref().and_then(|name| record.users.get(name));
        if role == PUBLIC || user.is_some_and(|user| user.roles.iter().any(|own| own == role)) {
            return Ok(());
        }
        self.check(caller, &Need::Cluster { privilege: "SelectOwnership" }).await
    }

    /// The name of the collection that a name or alias stands for; a name that nothing has is its own.
    async fn own_name(&self, database: &str, name: &str) -> Result<String> {
        if name.is_empty() || name == ANY {
            return Ok(name.to_string());
        }
        let asked = Command::DescribeAlias { database: database.to_string(), alias: name.to_string() };
        match self.driver.run(asked).await {
            Ok(Reply::Alias { collection, .. }) => Ok(collection),
            Ok(_)
            | Err(Error::AliasNotFound { .. } | Error::AliasCollision { .. } | Error::DatabaseNotFound { .. }) => {
                Ok(name.to_string())
            }
            Err(other) => Err(other),
        }
    }

    /// The record as it is in memory, read first if need be.
    async fn record(&self) -> Result<Rc<Record>> {
        if let Some(record) = self.record.borrow().clone() {
            return Ok(record);
        }
        let record = match self.driver.run(Command::ReadAccess).await? {
            Reply::Access(Some(blob)) => codec::decode(BlobKey::Access, blob.as_slice())?,
            _ => Record::default(),
        };
        // Another caller may have read it meanwhile, and changed it.
        Ok(self.record.borrow_mut().get_or_insert_with(|| Rc::new(record)).clone())
    }

    /// Changes the record; resolves when it is stored.
    async fn change(&self, work: impl FnOnce(&mut Record) -> Result<()>) -> Result<()> {
        self.record().await?;
        let stored = {
            let mut held = self.record.borrow_mut();
            let Some(record) = &mut *held else { return Err(Error::Closed) };
            let mut changed = Record::clone(record);
            work(&mut changed)?;
            let blob = codec::encode(BlobKey::Access, &changed);
            *record = Rc::new(changed);
            self.driver.run(Command::WriteAccess { blob })
        };
        let result = stored.await;
        if result.is_err() {
            // What is stored is read anew by the next caller.
            self.record.borrow_mut().take();
        }
        result.map(|_| ())
    }
}
