//! The connection to a database of IndexedDB, which the browser may take away at any time.

use std::cell::RefCell;
use std::rc::Rc;
use std::task::Waker;

use futures_channel::oneshot;
use js_sys::{Function, Reflect};
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{IdbDatabase, IdbFactory, IdbOpenDbRequest, IdbTransaction, IdbVersionChangeEvent};

use super::Durability;
use super::transaction::{Mode, Transaction};
use crate::error::{Error, Result};

/// The version of the database that has the one object store.
const VERSION: u32 = 1;

/// The object store.
pub(super) const STORE: &str = "blobs";

/// How long the browser may take to open a database. Some never answer when their storage hangs.
const OPEN_TIMEOUT_MS: u32 = 10_000;

#[wasm_bindgen]
extern "C" {
    /// A database whose `transaction` takes options, which web-sys has behind an unstable flag.
    type DatabaseWithOptions;

    #[wasm_bindgen(method, catch, js_name = transaction)]
    fn transaction(
        this: &DatabaseWithOptions,
        store: &str,
        mode: &str,
        options: &JsValue,
    ) -> std::result::Result<IdbTransaction, JsValue>;

    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &Function, delay_ms: u32) -> JsValue;

    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(timeout: &JsValue);
}

/// An open database.
pub(super) struct Connection {
    database: IdbDatabase,
    name: String,
    loss: Rc<Loss>,
    _handlers: [Closure<dyn FnMut()>; 2],
}

/// Whether a connection was taken away, and who waits to hear of it.
#[derive(Default)]
pub(super) struct Loss {
    reason: RefCell<Option<&'static str>>,
    waiting: RefCell<Vec<Waker>>,
}

impl Loss {
    /// Why the connection is gone, if it is; otherwise `waker` is woken when it goes.
    pub fn poll(&self, waker: &Waker) -> Option<&'static str> {
        let reason = *self.reason.borrow();
        let mut waiting = self.waiting.borrow_mut();
        if reason.is_none() && !waiting.iter().any(|other| other.will_wake(waker)) {
            waiting.push(waker.clone());
        }
        reason
    }

    fn happen(&self, reason: &'static str) {
        self.reason.borrow_mut().get_or_insert(reason);
        for waker in self.waiting.take() {
            waker.wake();
        }
    }
}

/// What an attempt to open came to.
enum Outcome {
    Success,
    Error,
    Blocked,
    Timeout,
}

impl Connection {
    /// Opens the database of that name.
    ///
    /// # Errors
    /// `Unsupported` where there is no IndexedDB, `Evicted` when `must_exist` and there is none, `Locked` when
    /// another page keeps an older version open, `Quota`, `Storage`.
    pub async fn open(name: &str, must_exist: bool) -> Result<Connection> {
        let request = factory()?.open_with_u32(name, VERSION).map_err(|error| failure(&error))?;
        let upgrade = on_upgrade(&request, must_exist);
        let outcome = outcome_of(&request).await;
        drop(upgrade);
        match outcome {
            Outcome::Success => {
                let database = request.result().map_err(|error| failure(&error))?.unchecked_into();
                Ok(Connection::watch(database, name))
            }
            Outcome::Error => Err(match request.error() {
                Ok(Some(error)) if must_exist && error.name() == "AbortError" => {
                    Error::Evicted { reason: format!("the browser has no database '{name}' any more") }
                }
                Ok(Some(error)) => failure(&error),
                Ok(None) | Err(_) => Error::Storage { reason: "the database could not be opened".to_string() },
            }),
            Outcome::Blocked => Err(Error::Locked { name: name.to_string() }),
            Outcome::Timeout => Err(Error::Storage {
                reason: format!("the browser did not open the database within {} s", OPEN_TIMEOUT_MS / 1000),
            }),
        }
    }

    fn watch(database: IdbDatabase, name: &str) -> Connection {
        let loss = Rc::new(Loss::default());
        let (closed, wanted, wanted_from) = (loss.clone(), loss.clone(), database.clone());
        let on_close = Closure::<dyn FnMut()>::new(move || closed.happen("the browser closed the connection"));
        let on_version_change = Closure::<dyn FnMut()>::new(move || {
            wanted_from.close();
            wanted.happen("another page deletes or upgrades the database");
        });
        database.set_onclose(Some(on_close.as_ref().unchecked_ref()));
        database.set_onversionchange(Some(on_version_change.as_ref().unchecked_ref()));
        Connection { database, name: name.to_string(), loss, _handlers: [on_close, on_version_change] }
    }

    /// The database.
    pub fn database(&self) -> &IdbDatabase {
        &self.database
    }

    /// Whether it can no longer be used.
    pub fn is_lost(&self) -> bool {
        self.loss.reason.borrow().is_some()
    }

    /// Begins a transaction on the object store.
    pub fn begin(&self, mode: Mode) -> Result<Transaction<()>> {
        let options = js_sys::Object::new();
        let (mode_name, durability) = match mode {
            Mode::Read => ("readonly", None),
            Mode::Write(Durability::Relaxed) => ("readwrite", Some("relaxed")),
            Mode::Write(Durability::Strict) => ("readwrite", Some("strict")),
        };
        if let Some(durability) = durability {
            let _ = Reflect::set(&options, &"durability".into(), &durability.into());
        }
        let database: &DatabaseWithOptions = self.database.unchecked_ref();
        let begun = database.transaction(STORE, mode_name, &options).map_err(|error| self.refusal(&error))?;
        let store = begun.object_store(STORE).map_err(|error| self.refusal(&error))?;
        Ok(Transaction::watch(begun, store, mode, &self.name, self.loss.clone()))
    }

    /// What an operation that could not be begun means: nothing was done.
    pub fn refusal(&self, error: &JsValue) -> Error {
        if text(error, "name") == "InvalidStateError" {
            self.loss.happen("the connection is closing");
        }
        failure(error)
    }

    /// Ends the connection after the transactions under way.
    pub fn close(&self) {
        self.database.set_onclose(None);
        self.database.set_onversionchange(None);
        self.database.close();
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.close();
    }
}

/// What an error of the browser means.
pub(super) fn failure(error: &JsValue) -> Error {
    let name = text(error, "name");
    let message = text(error, "message");
    let reason = if message.is_empty() { name.clone() } else { format!("{name}: {message}") };
    if name == "QuotaExceededError" { Error::Quota { reason } } else { Error::Storage { reason } }
}

fn text(error: &JsValue, property: &str) -> String {
    Reflect::get(error, &property.into()).ok().and_then(|value| value.as_string()).unwrap_or_default()
}

fn factory() -> Result<IdbFactory> {
    let absent = || Error::Unsupported { what: "a browser without IndexedDB".to_string() };
    let factory = Reflect::get(&js_sys::global(), &"indexedDB".into()).map_err(|error| failure(&error))?;
    if factory.is_object() { Ok(factory.unchecked_into()) } else { Err(absent()) }
}

/// Makes the object store in a new database, or refuses to make a database where one must be.
fn on_upgrade(request: &IdbOpenDbRequest, must_exist: bool) -> Closure<dyn FnMut(IdbVersionChangeEvent)> {
    let opened = request.clone();
    let handler = Closure::new(move |event: IdbVersionChangeEvent| {
        let is_absent = event.old_version() == 0.0;
        let made = match (is_absent && must_exist, opened.transaction(), opened.result()) {
            (false, _, Ok(database)) => database.unchecked_into::<IdbDatabase>().create_object_store(STORE).map(|_| ()),
            (true, Some(transaction), _) => transaction.abort(),
            (true, None, _) | (false, _, Err(_)) => Ok(()),
        };
        // Failing here fails the request, which is heard below.
        let _ = made;
    });
    request.set_onupgradeneeded(Some(handler.as_ref().unchecked_ref()));
    handler
}

/// Waits for some time.
pub(super) async fn wait(delay_ms: u32) {
    let (sender, over) = oneshot::channel::<()>();
    // Dropping the sender is the message.
    let end = Closure::once(move || drop(sender));
    set_timeout(end.as_ref().unchecked_ref(), delay_ms);
    let _ = over.await;
}

async fn outcome_of(request: &IdbOpenDbRequest) -> Outcome {
    let (sender, told) = oneshot::channel();
    let sender = Rc::new(RefCell::new(Some(sender)));
    let tell = |outcome: fn() -> Outcome| {
        let sender = sender.clone();
        Closure::<dyn FnMut()>::new(move || {
            if let Some(sender) = sender.borrow_mut().take() {
                let _ = sender.send(outcome());
            }
        })
    };
    let (success, error) = (tell(|| Outcome::Success), tell(|| Outcome::Error));
    let (blocked, timeout) = (tell(|| Outcome::Blocked), tell(|| Outcome::Timeout));
    request.set_onsuccess(Some(success.as_ref().unchecked_ref()));
    request.set_onerror(Some(error.as_ref().unchecked_ref()));
    request.set_onblocked(Some(blocked.as_ref().unchecked_ref()));
    let timer = set_timeout(timeout.as_ref().unchecked_ref(), OPEN_TIMEOUT_MS);
    let outcome = told.await.unwrap_or(Outcome::Timeout);
    clear_timeout(&timer);
    request.set_onupgradeneeded(None);
    request.set_onerror(None);
    request.set_onblocked(None);
    // An answer that comes after all would keep the database open with nobody to close it.
    let late = matches!(outcome, Outcome::Blocked | Outcome::Timeout).then(|| {
        let request = request.clone();
        Closure::once_into_js(move || {
            if let Ok(database) = request.result() {
                database.unchecked_into::<IdbDatabase>().close();
            }
        })
    });
    request.set_onsuccess(late.as_ref().map(JsCast::unchecked_ref));
    outcome
}
