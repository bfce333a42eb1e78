//! The question that a door asks before it runs a command: may whoever sent this do that? Who answers is not known here.

use std::future::{Future, ready};
use std::pin::Pin;

use crate::error::{Error, Result};
use crate::schema::Value;
use crate::sorted::SortedMap;

/// An answer to come.
pub type Asked<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + 'a>>;

/// Whoever sent a request.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Caller {
    /// The user; `None` where nobody has to say who they are.
    pub user: Option<String>,
}

/// What a request needs, by Milvus's names of privileges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Need {
    /// Only to be known.
    Nothing,
    /// A privilege on a collection.
    Collection {
        /// Such as `Insert`.
        privilege: &'static str,
        /// The database's name.
        database: String,
        /// The collection's name or alias.
        collection: String,
    },
    /// A privilege on a database.
    Database {
        /// Such as `CreateCollection`.
        privilege: &'static str,
        /// The database's name.
        database: String,
    },
    /// A privilege on the whole.
    Cluster {
        /// Such as `CreateDatabase`.
        privilege: &'static str,
    },
}

/// Who answers.
pub trait Gate {
    /// Lets a request pass, or says why not. `authorization` is the header of that name, as it came.
    ///
    /// # Errors
    /// Code 1800 for who is not known, 1401 for who lacks the privilege.
    fn admit<'a>(&'a self, authorization: Option<&'a str>, need: &'a Need) -> Asked<'a, Caller>;

    /// Answers an operation on users, roles and privileges with the members of the answer: `data`, and others beside it.
    /// `request` is what the caller says, by name.
    ///
    /// # Errors
    /// [`Error::Unsupported`] where there are none.
    fn administer<'a>(
        &'a self,
        caller: &'a Caller,
        operation: &'a str,
        request: SortedMap<String, Value>,
    ) -> Asked<'a, Vec<(String, Value)>> {
        let _ = (caller, request);
        Box::pin(ready(Err(Error::Unsupported { what: format!("the operation '{operation}'") })))
    }
}

/// A gate that stands open, as Milvus's does unless authorization is switched on.
#[derive(Debug, Clone, Copy)]
pub struct OpenGate;

impl Gate for OpenGate {
    fn admit<'a>(&'a self, _: Option<&'a str>, _: &'a Need) -> Asked<'a, Caller> {
        Box::pin(ready(Ok(Caller::default())))
    }
}
