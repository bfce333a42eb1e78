//! A transaction under way: what it asked for, and how one hears what became of it.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;

use futures_channel::oneshot;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{IdbObjectStore, IdbRequest, IdbTransaction};

use super::Durability;
use super::connection::{Loss, failure};
use crate::error::{Error, Result};

/// What a transaction may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Only read.
    Read,
    /// Write too.
    Write(Durability),
}

/// A transaction whose requests were issued; it ends by itself. Its outcome is that of [`Transaction::done`].
pub(super) struct Transaction<T> {
    transaction: IdbTransaction,
    store: IdbObjectStore,
    mode: Mode,
    name: String,
    loss: Rc<Loss>,
    is_complete: oneshot::Receiver<bool>,
    is_refused: Rc<Cell<bool>>,
    handlers: Vec<Closure<dyn FnMut()>>,
    outcome: Box<dyn FnOnce() -> Result<T>>,
}

impl Transaction<()> {
    /// Listens to a transaction that was just begun.
    pub fn watch(
        transaction: IdbTransaction,
        store: IdbObjectStore,
        mode: Mode,
        name: &str,
        loss: Rc<Loss>,
    ) -> Transaction<()> {
        let (sender, is_complete) = oneshot::channel();
        let sender = Rc::new(RefCell::new(Some(sender)));
        let tell = |complete: bool| {
            let sender = sender.clone();
            Closure::<dyn FnMut()>::new(move || {
                if let Some(sender) = sender.borrow_mut().take() {
                    let _ = sender.send(complete);
                }
            })
        };
        let (on_complete, on_abort) = (tell(true), tell(false));
        transaction.set_oncomplete(Some(on_complete.as_ref().unchecked_ref()));
        transaction.set_onabort(Some(on_abort.as_ref().unchecked_ref()));
        Transaction {
            transaction,
            store,
            mode,
            name: name.to_string(),
            loss,
            is_complete,
            is_refused: Rc::default(),
            handlers: vec![on_complete, on_abort],
            outcome: Box::new(|| Ok(())),
        }
    }

    /// Says what it comes to when it is complete; requests keep their results until then.
    pub fn with<T>(self, outcome: impl FnOnce() -> Result<T> + 'static) -> Transaction<T> {
        let Transaction { transaction, store, mode, name, loss, is_complete, is_refused, handlers, .. } = self;
        let outcome = Box::new(outcome);
        Transaction { transaction, store, mode, name, loss, is_complete, is_refused, handlers, outcome }
    }

    /// Undoes the transaction when `request` does not bring what `is_held` accepts.
    pub fn abort_unless(&mut self, request: &IdbRequest, is_held: impl Fn(&JsValue) -> bool + 'static) {
        let (transaction, asked, is_refused) = (self.transaction.clone(), request.clone(), self.is_refused.clone());
        let check = Closure::<dyn FnMut()>::new(move || {
            if !asked.result().is_ok_and(|found| is_held(&found)) {
                is_refused.set(true);
                // It cannot be over while one of its requests is being answered.
                let _ = transaction.abort();
            }
        });
        request.set_onsuccess(Some(check.as_ref().unchecked_ref()));
        self.handlers.push(check);
    }

    /// Undoes the transaction.
    pub fn abort(&self) {
        // One that is over already has undone itself.
        let _ = self.transaction.abort();
    }
}

impl<T> Transaction<T> {
    /// The object store.
    pub fn store(&self) -> &IdbObjectStore {
        &self.store
    }

    /// Waits for the end.
    ///
    /// # Errors
    /// An aborted transaction has changed nothing: `Locked`, `Quota`, `Storage`. When the connection goes and the
    /// browser says nothing of the transaction, a writing one is `UnknownCommit`.
    pub async fn done(mut self) -> Result<T> {
        let is_complete = poll_fn(|context| {
            if let Poll::Ready(told) = Pin::new(&mut self.is_complete).poll(context) {
                return Poll::Ready(told.map_err(|_| "the transaction was forgotten"));
            }
            self.loss.poll(context.waker()).map_or(Poll::Pending, |reason| Poll::Ready(Err(reason)))
        });
        let is_complete = is_complete.await;
        self.transaction.set_oncomplete(None);
        self.transaction.set_onabort(None);
        match is_complete {
            Ok(true) => (self.outcome)(),
            Ok(false) if self.is_refused.get() => Err(Error::Locked { name: self.name }),
            Ok(false) => Err(match self.transaction.error() {
                Some(error) => failure(&error),
                None => Error::Storage { reason: "the browser undid the transaction".to_string() },
            }),
            Err(reason) if self.mode == Mode::Read => Err(Error::Storage { reason: reason.to_string() }),
            Err(reason) => Err(Error::UnknownCommit { reason: reason.to_string() }),
        }
    }
}
