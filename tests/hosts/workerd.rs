//! The conformance suite as a module for workerd, where no test runner of Rust's goes: `tests/hosts/workerd.test.mjs` loads
//! it in a Durable Object and gives it hosts on the object's storage.
#![cfg(target_arch = "wasm32")]

#[path = "suite.rs"]
mod suite;

use std::future::Future;
use std::panic;
use std::pin::Pin;
use std::rc::Rc;

use elanus::host::Host;
use elanus::host::foreign::ForeignHost;
use js_sys::{Function, Promise};
use suite::Stores;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// Opens stores by a function of JavaScript's.
struct Objects {
    open: Function,
}

impl Stores for Objects {
    fn open(&self, store: &str) -> Pin<Box<dyn Future<Output = Rc<dyn Host>>>> {
        let asked = self.open.call1(&JsValue::NULL, &store.into()).expect("the store opens");
        let host = JsFuture::from(asked.unchecked_into::<Promise>());
        Box::pin(async {
            let host: ForeignHost = host.await.expect("the store opens").unchecked_into();
            Rc::new(host) as Rc<dyn Host>
        })
    }
}

/// Runs the suite on the stores that `open` opens by name; answers with its line. `failed` is told of a panic, after which
/// the answer never comes.
#[wasm_bindgen]
pub async fn run(open: Function, failed: Function) -> String {
    panic::set_hook(Box::new(move |info| {
        // Nothing can be done about a listener that fails, too.
        let _ = failed.call1(&JsValue::NULL, &info.to_string().into());
    }));
    suite::run("durable-object", &Objects { open }).await
}
