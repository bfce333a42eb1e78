//! A host written in JavaScript: a folder under Node, a map, the storage of a Durable Object.
//!
//! Errors that it throws say their meaning in `kind`: `QUOTA`, `LOCKED`, `EVICTED`, `CORRUPT`, `STORAGE` or
//! `UNKNOWN_COMMIT`. One without a kind is taken for a failure of storage, and of a commit nothing is known then.

use js_sys::{Array, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::{Host, Pending};
use crate::error::Error;
use crate::store::{Batch, BlobKey, Bytes};

#[wasm_bindgen]
extern "C" {
    /// A host in JavaScript, as the package's types describe it.
    #[wasm_bindgen(typescript_type = "ForeignHost")]
    pub type ForeignHost;

    #[wasm_bindgen(method, catch)]
    fn list(this: &ForeignHost, prefix: Uint8Array) -> std::result::Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn load(this: &ForeignHost, keys: Array) -> std::result::Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn commit(this: &ForeignHost, batch: Object) -> std::result::Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn close(this: &ForeignHost) -> std::result::Result<Promise, JsValue>;
}

impl Host for ForeignHost {
    fn list(&self, prefix: &[u8]) -> Pending<Vec<BlobKey>> {
        let asked = listen(self.list(Uint8Array::new_from_slice(prefix)));
        Box::pin(async {
            let found = answer(asked).await.map_err(|error| meaning(&error, storage))?;
            let keys = Array::from(&found);
            Ok(keys.iter().filter_map(|key| BlobKey::from_bytes(&Uint8Array::new(&key).to_vec())).collect())
        })
    }

    fn load(&self, keys: &[BlobKey]) -> Pending<Vec<Option<Bytes>>> {
        let count = keys.len();
        let asked = listen(self.load(keys.iter().map(|key| js_bytes(&key.to_bytes())).collect()));
        Box::pin(async move {
            let found = answer(asked).await.map_err(|error| meaning(&error, storage))?;
            let blobs: Vec<Option<Bytes>> = Array::from(&found).iter().map(|value| blob(&value)).collect();
            if blobs.len() != count {
                return Err(storage(format!("the host was asked for {count} blobs and brought {}", blobs.len())));
            }
            Ok(blobs)
        })
    }

    fn commit(&self, batch: Batch) -> Pending<()> {
        let asked = listen(self.commit(js_batch(&batch)));
        Box::pin(async {
            answer(asked).await.map_err(|error| meaning(&error, |reason| Error::UnknownCommit { reason }))?;
            Ok(())
        })
    }

    fn close(&self) -> Pending<()> {
        let asked = listen(self.close());
        Box::pin(async {
            answer(asked).await.map_err(|error| meaning(&error, storage))?;
            Ok(())
        })
    }
}

/// Listens to a promise from the moment it is there: one that is rejected before anybody listens ends a Node process.
fn listen(asked: std::result::Result<Promise, JsValue>) -> std::result::Result<JsFuture, JsValue> {
    asked.map(JsFuture::from)
}

async fn answer(asked: std::result::Result<JsFuture, JsValue>) -> std::result::Result<JsValue, JsValue> {
    asked?.await
}

fn js_batch(batch: &Batch) -> Object {
    let writes = Array::new();
    for (key, blob) in &batch.writes {
        writes.push(&Array::of2(&js_bytes(&key.to_bytes()), &js_blob(blob.as_ref())));
    }
    let object = Object::new();
    set(&object, "writes", &writes);
    set(&object, "makesRoom", &batch.makes_room.into());
    if let Some(guard) = &batch.guard {
        let held = Object::new();
        set(&held, "key", &js_bytes(&guard.key.to_bytes()));
        set(&held, "expected", &js_blob(guard.expected.as_ref()));
        set(&object, "guard", &held);
    }
    object
}

fn set(object: &Object, name: &str, value: &JsValue) {
    Reflect::set(object, &name.into(), value).expect("a plain object takes any property");
}

/// Bytes that JavaScript may keep: a copy, never a view of this instance's memory.
fn js_bytes(bytes: &[u8]) -> JsValue {
    Uint8Array::new_from_slice(bytes).into()
}

fn js_blob(blob: Option<&Bytes>) -> JsValue {
    blob.map_or(JsValue::NULL, |blob| js_bytes(blob.as_slice()))
}

fn blob(value: &JsValue) -> Option<Bytes> {
    let bytes: &Uint8Array = value.dyn_ref()?;
    let mut blob = Bytes::zeroed(bytes.length() as usize);
    bytes.copy_to(blob.as_mut_slice());
    Some(blob)
}

fn storage(reason: String) -> Error {
    Error::Storage { reason }
}

fn meaning(error: &JsValue, otherwise: impl FnOnce(String) -> Error) -> Error {
    let text = |name: &str| Reflect::get(error, &name.into()).ok().and_then(|value| value.as_string());
    let reason = text("message").unwrap_or_else(|| format!("{error:?}"));
    match text("kind").as_deref() {
        Some("QUOTA") => Error::Quota { reason },
        Some("LOCKED") => Error::Locked { name: reason },
        Some("EVICTED") => Error::Evicted { reason },
        Some("CORRUPT") => Error::Corrupt { blob: "the store".to_string(), reason },
        Some("STORAGE") => Error::Storage { reason },
        Some("UNKNOWN_COMMIT") => Error::UnknownCommit { reason },
        Some(_) | None => otherwise(reason),
    }
}
