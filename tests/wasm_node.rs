//! What runs as WebAssembly under Node: the conformance suite on memory and on a folder.
#![cfg(target_arch = "wasm32")]

#[path = "hosts/suite.rs"]
mod suite;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::{Future, ready};
use std::pin::Pin;
use std::rc::Rc;

use elanus::host::Host;
use elanus::host::foreign::ForeignHost;
use elanus::host::memory::MemoryHost;
use js_sys::Promise;
use suite::Stores;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen]
extern "C" {
    /// Opens a host on the folder of that name; `tests/hosts/folder.mjs` puts it into the global object, and without
    /// it the test fails.
    #[wasm_bindgen(js_name = elanusFolderHost)]
    fn folder_host(store: &str) -> Promise;

    /// Writes past the test runner, which keeps the words of passing tests to itself.
    #[wasm_bindgen(js_namespace = ["process", "stdout"], js_name = write)]
    fn write(text: &str);
}

#[derive(Default)]
struct Memories {
    stores: RefCell<BTreeMap<String, MemoryHost>>,
}

impl Stores for Memories {
    fn open(&self, store: &str) -> Pin<Box<dyn Future<Output = Rc<dyn Host>>>> {
        let host = self.stores.borrow_mut().entry(store.to_string()).or_default().clone();
        Box::pin(ready(Rc::new(host) as Rc<dyn Host>))
    }
}

struct Folders;

impl Stores for Folders {
    fn open(&self, store: &str) -> Pin<Box<dyn Future<Output = Rc<dyn Host>>>> {
        let host = JsFuture::from(folder_host(store));
        Box::pin(async {
            let host: ForeignHost = host.await.expect("the folder opens").unchecked_into();
            Rc::new(host) as Rc<dyn Host>
        })
    }
}

#[wasm_bindgen_test]
async fn memory_keeps_the_promises_of_a_host() {
    let line = suite::run("memory (wasm)", &Memories::default()).await;
    write(&format!("{line}\n"));
}

#[wasm_bindgen_test]
async fn a_folder_keeps_the_promises_of_a_host() {
    let line = suite::run("folder", &Folders).await;
    write(&format!("{line}\n"));
}
