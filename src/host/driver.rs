//! Runs one engine against one host: the door to the [runner](super::runner), which does the work.
//!
//! Commands run one at a time, in the order in which they were asked. While their commits are under way, later
//! commands run already; what they write is committed together. Every reply leaves after the commits that it could
//! have seen. A commit that fails ends the engine: a new one is opened from the host before anybody is answered, and
//! whoever was not yet answered gets the error.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use futures_channel::oneshot;

use super::runner::{Inbox, Request, Runner};
use super::{Clock, Host};
use crate::collection::maintain::Reason;
use crate::command::{Command, Reply};
use crate::engine::{Options, Progress};
use crate::error::{Error, Result};

/// A handle to a running engine; clones are handles to the same one.
///
/// Each method asks at once, in the order of the calls, and returns the answer to come; an answer that nobody waits
/// for changes nothing. [`Driver::open`] comes first, or an import.
#[derive(Clone)]
pub struct Driver {
    inbox: Rc<Inbox>,
}

/// What opening a store came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    /// Whether there was nothing in it.
    pub is_new: bool,
    /// How many times it has been opened, repairs included.
    pub epoch: u64,
}

/// What a step of background work came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Maintenance {
    /// Whether work is left.
    pub has_more: bool,
    /// What is being done, when something is.
    pub progress: Option<Progress>,
}

impl Driver {
    /// A driver, and its work: whoever calls polls that to its end.
    pub fn new(
        host: Rc<dyn Host>,
        options: Options,
        clock: Rc<dyn Clock>,
    ) -> (Driver, Pin<Box<dyn Future<Output = ()>>>) {
        let inbox = Rc::new(Inbox::default());
        let runner = Runner::new(host, options, clock, inbox.clone());
        (Driver { inbox }, Box::pin(runner.run()))
    }

    /// Opens the engine from the host, taking the store over from whoever had it.
    ///
    /// # Errors
    /// `Corrupt`, `VersionTooNew`, and what the host answers. Another attempt may be made.
    pub fn open(&self) -> impl Future<Output = Result<Opened>> + use<> {
        self.ask(Request::Open)
    }

    /// Runs a command.
    ///
    /// # Errors
    /// Those of the command; `UnknownCommit` when it is not known whether it was stored; `Quota` and `Storage`
    /// when it was not; `Locked` for good once another writer has taken the store over.
    pub fn run(&self, command: Command) -> impl Future<Output = Result<Reply>> + use<> {
        self.ask(move |answer| Request::Run(Box::new(command), answer))
    }

    /// Whether a command may have left background work since the last call though it only reads, because it brought a
    /// collection into memory.
    pub fn take_news(&self) -> bool {
        self.inbox.take_news()
    }

    /// Does a step of background work; see [`Engine::maintain`](crate::engine::Engine::maintain). While an export
    /// is under way it does nothing and says that work is left.
    pub fn maintain(&self, budget: u32) -> impl Future<Output = Result<Maintenance>> + use<> {
        self.ask(move |answer| Request::Maintain(budget, Reason::Idle, answer))
    }

    /// As [`Driver::maintain`], of what gives memory back: a write waits for it.
    pub fn relieve(&self, budget: u32) -> impl Future<Output = Result<Maintenance>> + use<> {
        self.ask(move |answer| Request::Maintain(budget, Reason::Relief, answer))
    }

    /// Begins an export of all that was answered so far; returns its number. See [`snapshot`](super::snapshot).
    pub fn export_start(&self) -> impl Future<Output = Result<u64>> + use<> {
        self.ask(Request::ExportStart)
    }

    /// The next bytes of an export, about a megabyte; `None` after the last.
    ///
    /// # Errors
    /// `Aborted` when a blob was removed meanwhile, `Corrupt` for a damaged one. The export is over then.
    pub fn export_next(&self, export: u64) -> impl Future<Output = Result<Option<Vec<u8>>>> + use<> {
        self.ask(move |answer| Request::ExportNext(export, answer))
    }

    /// Gives an export up, or takes note of its end.
    pub fn export_end(&self, export: u64) -> impl Future<Output = Result<()>> + use<> {
        self.ask(move |answer| Request::ExportEnd(export, answer))
    }

    /// Takes in the next bytes of an exported file, as many as one likes. Only before [`Driver::open`].
    ///
    /// # Errors
    /// `Corrupt` for bytes that are no such file, `Invalid` when the store is not empty. The import is over then,
    /// and the store empty.
    pub fn import_chunk(&self, bytes: Vec<u8>) -> impl Future<Output = Result<()>> + use<> {
        self.ask(move |answer| Request::ImportChunk(bytes, answer))
    }

    /// Ends an import: only now the store has what the file has.
    ///
    /// # Errors
    /// `Corrupt` when the file has not come to its end.
    pub fn import_end(&self) -> impl Future<Output = Result<()>> + use<> {
        self.ask(Request::ImportEnd)
    }

    /// Waits for all commits and lets the host go. Every later call is answered with `Closed`.
    pub fn close(&self) -> impl Future<Output = Result<()>> + use<> {
        self.ask(Request::Close)
    }

    fn ask<T, A>(&self, request: A) -> impl Future<Output = Result<T>> + use<T, A>
    where
        A: FnOnce(oneshot::Sender<Result<T>>) -> Request,
    {
        let (answer, answered) = oneshot::channel();
        self.inbox.push(request(answer));
        async { answered.await.unwrap_or(Err(Error::Closed)) }
    }
}
