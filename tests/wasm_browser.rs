//! What needs a browser: the conformance suite on IndexedDB.
#![cfg(target_arch = "wasm32")]

#[path = "hosts/suite.rs"]
mod suite;

use std::future::{Future, ready};
use std::pin::Pin;
use std::rc::Rc;

use elanus::host::Host;
use elanus::host::indexeddb::{Durability, IndexedDbHost};
use suite::Stores;
use wasm_bindgen_test::{console_log, wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// Databases whose names no other run has had.
struct Databases {
    run: String,
    durability: Durability,
}

impl Databases {
    fn new(durability: Durability) -> Databases {
        Databases { run: format!("{:?}-{}-{}", durability, js_sys::Date::now(), js_sys::Math::random()), durability }
    }
}

impl Stores for Databases {
    fn open(&self, store: &str) -> Pin<Box<dyn Future<Output = Rc<dyn Host>>>> {
        let host = IndexedDbHost::new(&format!("{store}-{}", self.run), self.durability);
        Box::pin(ready(Rc::new(host) as Rc<dyn Host>))
    }
}

#[wasm_bindgen_test]
async fn indexeddb_keeps_the_promises_of_a_host() {
    console_log!("{}", suite::run("indexeddb", &Databases::new(Durability::Relaxed)).await);
}

#[wasm_bindgen_test]
async fn indexeddb_that_waits_for_the_disk_keeps_the_promises_of_a_host() {
    console_log!("{}", suite::run("indexeddb (strict)", &Databases::new(Durability::Strict)).await);
}
