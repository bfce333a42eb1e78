//! The door to JavaScript: one class, whose methods never wait. It translates and nothing else.
//!
//! A call is put into a queue; its answer comes by the callback `settle`. All work is done inside `turn`, which
//! JavaScript calls when `wake` asked for it, so that whoever guards that one call sees every trap.

use std::future::{Future, ready};
use std::panic;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Once;

use js_sys::{
    Array, BigInt64Array, Float32Array, Float64Array, Int32Array, Object, Reflect, Uint8Array, Uint32Array, WebAssembly,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::IdbDatabase;

#[cfg(feature = "grpc")]
use crate::access::{Access, Owner};
use crate::column::vector::PAGE_BYTES;
use crate::engine::Options;
use crate::error::{Error, Fact, Result};
#[cfg(not(feature = "grpc"))]
use crate::gate::OpenGate;
#[cfg(feature = "grpc")]
use crate::grpc;
use crate::host::driver::{Driver, Maintenance};
use crate::host::executor::Executor;
use crate::host::foreign::ForeignHost;
use crate::host::indexeddb::{self, Durability, IndexedDbHost};
use crate::host::memory::MemoryHost;
use crate::host::{Clock, Host};
use crate::rest;
use crate::schema::Value;
use crate::wire::{self, Natural, Plane, Planes};

/// 2^53: below it JavaScript's numbers hold every whole number.
const SAFE_END: u64 = 1 << 53;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** A host in JavaScript; what it throws says its meaning in `kind`. */
export interface ForeignHost {
  list(prefix: Uint8Array): Promise<Uint8Array[]>;
  load(keys: Uint8Array[]): Promise<(Uint8Array | undefined)[]>;
  commit(batch: {
    writes: [key: Uint8Array, value: Uint8Array | null][];
    makesRoom: boolean;
    guard?: { key: Uint8Array; expected: Uint8Array | null } | undefined;
  }): Promise<void>;
  close(): Promise<void>;
}
/** Who keeps the blobs. */
export type HostSpec =
  | { kind: 'memory' }
  | { kind: 'indexeddb'; name: string; durability: 'relaxed' | 'strict' }
  | { kind: 'foreign'; host: ForeignHost };
/** What the engine may use. */
export interface DatabaseOptions {
  memoryLimitBytes: number;
  /** Whether vectors that opening leaves in storage are read in afterwards. */
  readsIn: boolean;
  /** The user that a server was started with; with one, callers have to say who they are. The build for servers reads it. */
  owner?: { name: string; password: string };
}
/** A failure, as plain data. */
export interface ErrorShape { code: number; kind: string; message: string; details: object }
/** A typed array of a call or an answer. */
export type Plane = Uint8Array | Int32Array | Uint32Array | BigInt64Array | Float32Array | Float64Array;
/** What the engine asks of its surroundings. */
export interface Callbacks {
  /** A turn is due. */
  wake(): void;
  /** A call was answered. */
  settle(id: number, error: ErrorShape | null, head: unknown, planes: Plane[]): void;
  /** 64 bits of chance. */
  random(): bigint;
  /** Milliseconds since 1970. */
  now(): number;
}
"#;

#[wasm_bindgen]
extern "C" {
    /// Who keeps the blobs.
    #[wasm_bindgen(typescript_type = "HostSpec")]
    pub type HostSpec;

    #[wasm_bindgen(method, getter)]
    fn kind(this: &HostSpec) -> String;

    #[wasm_bindgen(method, getter)]
    fn name(this: &HostSpec) -> String;

    #[wasm_bindgen(method, getter)]
    fn durability(this: &HostSpec) -> String;

    #[wasm_bindgen(method, getter)]
    fn host(this: &HostSpec) -> ForeignHost;

    /// What the engine may use.
    #[wasm_bindgen(typescript_type = "DatabaseOptions")]
    pub type DatabaseOptions;

    #[wasm_bindgen(method, getter, js_name = memoryLimitBytes)]
    fn memory_limit_bytes(this: &DatabaseOptions) -> f64;

    #[wasm_bindgen(method, getter, js_name = readsIn)]
    fn reads_in(this: &DatabaseOptions) -> bool;

    #[cfg(feature = "grpc")]
    #[wasm_bindgen(method, getter)]
    fn owner(this: &DatabaseOptions) -> Option<JsOwner>;

    /// The user that a server was started with.
    #[cfg(feature = "grpc")]
    pub type JsOwner;

    #[cfg(feature = "grpc")]
    #[wasm_bindgen(method, getter)]
    fn name(this: &JsOwner) -> String;

    #[cfg(feature = "grpc")]
    #[wasm_bindgen(method, getter)]
    fn password(this: &JsOwner) -> String;

    /// What the engine asks of its surroundings.
    #[wasm_bindgen(typescript_type = "Callbacks")]
    pub type Callbacks;

    #[wasm_bindgen(method)]
    fn wake(this: &Callbacks);

    #[wasm_bindgen(method)]
    fn settle(this: &Callbacks, id: u32, error: JsValue, head: JsValue, planes: Array);

    #[wasm_bindgen(method)]
    fn random(this: &Callbacks) -> u64;

    #[wasm_bindgen(method)]
    fn now(this: &Callbacks) -> f64;

    /// Typed arrays of a call.
    #[wasm_bindgen(typescript_type = "readonly Plane[]")]
    pub type JsPlanes;
}

impl Clock for Callbacks {
    fn now_ms(&self) -> u64 {
        self.now() as u64
    }

    fn random(&self) -> u64 {
        Callbacks::random(self)
    }
}

/// One engine on one host.
#[wasm_bindgen]
pub struct Database {
    driver: Driver,
    executor: Executor,
    callbacks: Rc<Callbacks>,
    indexed_db: Option<IndexedDbHost>,
    access: Rc<Users>,
}

/// Who may do what: in a server its users, elsewhere everybody everything.
#[cfg(feature = "grpc")]
type Users = Access;
#[cfg(not(feature = "grpc"))]
type Users = OpenGate;

#[wasm_bindgen]
impl Database {
    /// An engine on that host; the call `open` opens it.
    #[wasm_bindgen(constructor)]
    pub fn new(spec: &HostSpec, options: &DatabaseOptions, callbacks: Callbacks) -> Database {
        throw_panics();
        let callbacks = Rc::new(callbacks);
        let indexed_db = (spec.kind() == "indexeddb").then(|| {
            let is_strict = spec.durability() == "strict";
            IndexedDbHost::new(&spec.name(), if is_strict { Durability::Strict } else { Durability::Relaxed })
        });
        let host: Rc<dyn Host> = match &indexed_db {
            Some(host) => Rc::new(host.clone()),
            None if spec.kind() == "foreign" => Rc::new(spec.host()),
            None => Rc::new(MemoryHost::default()),
        };
        #[cfg(feature = "grpc")]
        let owner = options.owner().map(|owner| Owner { name: owner.name(), password: owner.password() });
        let reads_in = options.reads_in();
        let page_bytes = indexed_db.as_ref().map_or(PAGE_BYTES, |_| indexeddb::PAGE_BYTES);
        let options = Options { reads_in, page_bytes, ..Options::with_limit(options.memory_limit_bytes() as u64) };
        let (driver, work) = Driver::new(host, options, callbacks.clone());
        let woken = callbacks.clone();
        let executor = Executor::new(move || woken.wake());
        executor.spawn(work);
        #[cfg(feature = "grpc")]
        let access = Rc::new(Access::new(driver.clone(), callbacks.clone(), owner));
        #[cfg(not(feature = "grpc"))]
        let access = Rc::new(OpenGate);
        Database { driver, executor, callbacks, indexed_db, access }
    }

    /// Asks for an operation; its answer comes by `settle` with the same id.
    pub fn call(&self, id: u32, operation: &str, head: JsValue, planes: JsPlanes) {
        let answer = match (operation, &self.indexed_db) {
            ("rest", Some(host)) => rest(host.clone()),
            #[cfg(feature = "grpc")]
            ("grpc", _) => {
                remote(&self.driver, &self.access, Clock::now_ms(&*self.callbacks), head, planes.unchecked_ref())
            }
            ("http", _) => http(&self.driver, &self.access, head, planes.unchecked_ref()),
            _ => answer(&self.driver, operation, head, planes.unchecked_ref()),
        };
        let callbacks = self.callbacks.clone();
        self.executor.spawn(async move {
            match answer.await {
                Ok((head, planes)) => callbacks.settle(id, JsValue::NULL, head, planes),
                Err(error) => callbacks.settle(id, shape(&error), JsValue::UNDEFINED, Array::new()),
            }
        });
    }

    /// Whether calls that only read have left background work since this was asked last.
    #[wasm_bindgen(js_name = takeNews)]
    pub fn take_news(&self) -> bool {
        self.driver.take_news()
    }

    /// Does the work that is due.
    pub fn turn(&self) {
        self.executor.turn();
    }

    /// Traps on purpose, so that its survival can be tested.
    pub fn trap(&self) {
        core::arch::wasm32::unreachable()
    }

    /// Size of this instance's memory.
    #[wasm_bindgen(js_name = memoryBytes)]
    pub fn memory_bytes(&self) -> f64 {
        let memory: WebAssembly::Memory = wasm_bindgen::memory().unchecked_into();
        let buffer: js_sys::ArrayBuffer = memory.buffer().unchecked_into();
        f64::from(buffer.byte_length())
    }

    /// The connection to IndexedDB, so that it can be closed after a trap.
    pub fn connection(&self) -> Option<IdbDatabase> {
        self.indexed_db.as_ref().and_then(IndexedDbHost::connection)
    }
}

/// A panic ends the instance; thrown as an error, it at least says why.
fn throw_panics() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| panic::set_hook(Box::new(|info| wasm_bindgen::throw_str(&info.to_string()))));
}

type Answer = Pin<Box<dyn Future<Output = Result<(JsValue, Array)>>>>;

#[derive(Deserialize)]
struct MaintainHead {
    budget: u32,
}

#[derive(Deserialize)]
struct ExportHead {
    id: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OpenReply {
    is_new: bool,
    epoch: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MaintainReply {
    has_more: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    progress: Option<ProgressReply>,
}

#[derive(Serialize)]
struct ProgressReply {
    stage: &'static str,
    collection: String,
    done: f64,
    total: f64,
}

#[derive(Serialize)]
struct ExportReply {
    id: f64,
}

#[derive(Serialize)]
struct PieceReply {
    done: bool,
}

#[derive(Serialize)]
struct Empty {}

#[cfg(feature = "grpc")]
#[derive(Deserialize)]
struct CallHead {
    method: String,
    #[serde(default)]
    metadata: CallMetadata,
}

#[cfg(feature = "grpc")]
#[derive(Deserialize, Default)]
struct CallMetadata {
    authorization: Option<String>,
    dbname: Option<String>,
}

#[cfg(feature = "grpc")]
#[derive(Serialize)]
struct CallReply {
    code: u32,
    message: String,
}

/// Asks the driver at once, so that calls keep their order.
fn answer(driver: &Driver, operation: &str, head: JsValue, planes: &Array) -> Answer {
    let asked = match operation {
        "open" => Ok(reply(driver.open(), |opened| OpenReply { is_new: opened.is_new, epoch: opened.epoch as f64 })),
        "maintain" => read(head).map(|MaintainHead { budget }| reply(driver.maintain(budget), maintained)),
        "relieve" => read(head).map(|MaintainHead { budget }| reply(driver.relieve(budget), maintained)),
        "exportStart" => Ok(reply(driver.export_start(), |id| ExportReply { id: id as f64 })),
        "exportNext" => read(head).map(|ExportHead { id }| piece(driver.export_next(id as u64))),
        "exportEnd" => read(head).map(|ExportHead { id }| reply(driver.export_end(id as u64), |()| Empty {})),
        "importChunk" => chunk(planes).map(|bytes| reply(driver.import_chunk(bytes), |()| Empty {})),
        "importEnd" => Ok(reply(driver.import_end(), |()| Empty {})),
        "close" => Ok(reply(driver.close(), |()| Empty {})),
        _ => command(driver, operation, head, planes),
    };
    asked.unwrap_or_else(|error| Box::pin(ready(Err(error))))
}

/// A call of Milvus's gRPC service: the name and the headers in the head, the message in plane 0. Answered with the gRPC
/// status, and the response message in plane 0 when that is 0.
#[cfg(feature = "grpc")]
fn remote(driver: &Driver, access: &Rc<Access>, now_ms: u64, head: JsValue, planes: &Array) -> Answer {
    let call = read::<CallHead>(head).and_then(|head| {
        let metadata = grpc::Metadata { authorization: head.metadata.authorization, dbname: head.metadata.dbname };
        Ok(grpc::Call { method: head.method, metadata, message: chunk(planes)?, now_ms })
    });
    let (driver, access) = (driver.clone(), access.clone());
    Box::pin(async move {
        let (status, planes) = match grpc::call(&driver, &access, call?).await {
            Ok(response) => {
                let message = Uint8Array::from(response.as_slice());
                (CallReply { code: 0, message: String::new() }, Array::of1(&message))
            }
            Err(refusal) => (CallReply { code: refusal.code, message: refusal.message }, Array::new()),
        };
        Ok((write(&status)?, planes))
    })
}

/// An operation of Milvus's.
fn command(driver: &Driver, operation: &str, head: JsValue, planes: &Array) -> Result<Answer> {
    let mut planes = Planes::new(planes.iter().enumerate().map(read_plane).collect::<Result<_>>()?);
    let command = wire::decode(operation, serde_wasm_bindgen::Deserializer::from(head), &mut planes)?;
    let asked = driver.run(command);
    let operation = operation.to_string();
    Ok(Box::pin(async move {
        let answer = wire::encode(&operation, asked.await?);
        Ok((natural(&answer.head.0), answer.planes.iter().map(write_plane).collect()))
    }))
}

/// A request of the RESTful API: its head, and its body as plane 0 if it has one.
fn http(driver: &Driver, access: &Rc<Users>, head: JsValue, planes: &Array) -> Answer {
    let body = if planes.length() == 0 { Ok(Vec::new()) } else { chunk(planes) };
    let request = read::<Natural>(head).and_then(|head| rest::Request::new(head.0, body?));
    let (driver, access) = (driver.clone(), access.clone());
    Box::pin(async move {
        let response = rest::handle(&driver, &*access, request?).await;
        Ok((natural(&response.head()), Array::of1(&Uint8Array::new_from_slice(&response.body))))
    })
}

fn read_plane((number, plane): (usize, JsValue)) -> Result<Plane> {
    if let Some(floats) = plane.dyn_ref::<Float32Array>() {
        Ok(Plane::F32(floats.to_vec()))
    } else if let Some(bytes) = plane.dyn_ref::<Uint8Array>() {
        Ok(Plane::U8(bytes.to_vec()))
    } else if let Some(offsets) = plane.dyn_ref::<Uint32Array>() {
        Ok(Plane::U32(offsets.to_vec()))
    } else if let Some(doubles) = plane.dyn_ref::<Float64Array>() {
        Ok(Plane::F64(doubles.to_vec()))
    } else if let Some(integers) = plane.dyn_ref::<Int32Array>() {
        Ok(Plane::I32(integers.to_vec()))
    } else if let Some(longs) = plane.dyn_ref::<BigInt64Array>() {
        Ok(Plane::I64(longs.to_vec()))
    } else {
        Err(Error::invalid(format!("planes[{number}] is no typed array that a plane can be")))
    }
}

fn write_plane(plane: &Plane) -> JsValue {
    match plane {
        Plane::F32(values) => Float32Array::from(values.as_slice()).into(),
        Plane::F64(values) => Float64Array::from(values.as_slice()).into(),
        Plane::I32(values) => Int32Array::from(values.as_slice()).into(),
        Plane::I64(values) => BigInt64Array::from(values.as_slice()).into(),
        Plane::U32(values) => Uint32Array::from(values.as_slice()).into(),
        Plane::U8(values) => Uint8Array::from(values.as_slice()).into(),
    }
}

fn reply<T, H: Serialize>(
    asked: impl Future<Output = Result<T>> + 'static,
    head: impl FnOnce(T) -> H + 'static,
) -> Answer {
    Box::pin(async { Ok((write(&head(asked.await?))?, Array::new())) })
}

fn rest(host: IndexedDbHost) -> Answer {
    Box::pin(async move {
        host.rest().await;
        Ok((write(&Empty {})?, Array::new()))
    })
}

fn piece(asked: impl Future<Output = Result<Option<Vec<u8>>>> + 'static) -> Answer {
    Box::pin(async {
        let piece = asked.await?;
        let head = write(&PieceReply { done: piece.is_none() })?;
        Ok((head, piece.iter().map(|bytes| Uint8Array::new_from_slice(bytes)).collect()))
    })
}

fn maintained(maintenance: Maintenance) -> MaintainReply {
    let progress = maintenance.progress.map(|progress| ProgressReply {
        stage: progress.stage,
        collection: progress.collection,
        done: progress.done as f64,
        total: progress.total as f64,
    });
    MaintainReply { has_more: maintenance.has_more, progress }
}

fn chunk(planes: &Array) -> Result<Vec<u8>> {
    let plane = planes.get(0).dyn_into::<Uint8Array>();
    plane.map(|bytes| bytes.to_vec()).map_err(|_| Error::invalid("planes[0] has to be a Uint8Array"))
}

fn read<H: DeserializeOwned>(head: JsValue) -> Result<H> {
    serde_wasm_bindgen::from_value(head).map_err(|error| Error::invalid(error.to_string()))
}

fn write(head: &impl Serialize) -> Result<JsValue> {
    let written = head.serialize(&Serializer::json_compatible().serialize_large_number_types_as_bigints(true));
    written.map_err(|error| Error::Unsupported { what: format!("an answer that JavaScript cannot hold ({error})") })
}

/// A value as JavaScript has it. Whole numbers that a double does not hold exactly become bigints. The general
/// serializer assigns the members of objects, and assigning `__proto__` makes no member.
fn natural(value: &Value) -> JsValue {
    match value {
        Value::Null => JsValue::NULL,
        Value::Bool(truth) => JsValue::from_bool(*truth),
        Value::Int(whole) if whole.unsigned_abs() < SAFE_END => JsValue::from_f64(*whole as f64),
        Value::Int(whole) => JsValue::from(*whole),
        Value::Double(number) => JsValue::from_f64(*number),
        Value::Text(text) => JsValue::from_str(text),
        Value::List(elements) => elements.iter().map(natural).collect::<Array>().into(),
        Value::Object(members) if members.iter().any(|(key, _)| key == "__proto__") => {
            let entries = members.iter().map(|(key, value)| Array::of2(&key.into(), &natural(value)));
            let object = Object::from_entries(&entries.collect::<Array>());
            object.expect("a list of keys and values makes an object").into()
        }
        Value::Object(members) => {
            let object = Object::new();
            for (key, value) in members {
                set(&object, key, &natural(value));
            }
            object.into()
        }
    }
}

fn shape(error: &Error) -> JsValue {
    let details = Object::new();
    for (name, fact) in error.facts() {
        let value = match fact {
            Fact::Text(text) => text.into(),
            Fact::Number(number) => JsValue::from_f64(number as f64),
            Fact::Texts(texts) => texts.iter().map(|text| JsValue::from_str(text)).collect::<Array>().into(),
        };
        set(&details, name, &value);
    }
    let shape = Object::new();
    set(&shape, "code", &error.code().into());
    set(&shape, "kind", &error.kind().into());
    set(&shape, "message", &error.to_string().into());
    set(&shape, "details", &details);
    shape.into()
}

fn set(object: &Object, name: &str, value: &JsValue) {
    Reflect::set(object, &name.into(), value).expect("a plain object takes any property");
}
