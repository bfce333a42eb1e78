//! What needs a browser: the conformance suite on IndexedDB, and the driver with an engine on it.
#![cfg(target_arch = "wasm32")]

#[path = "hosts/suite.rs"]
mod suite;

use std::cell::Cell;
use std::future::{Future, ready};
use std::pin::Pin;
use std::rc::Rc;

use elanus::collection::query::Query;
use elanus::collection::search::{FilterText, QueryVectors, Search};
use elanus::collection::write::Insert;
use elanus::column::rows::{NamedValues, Rows, Values};
use elanus::command::{Command, Reply, Target};
use elanus::engine::Options;
use elanus::error::{Error, Result};
use elanus::host::driver::Driver;
use elanus::host::executor::Executor;
use elanus::host::indexeddb::{Durability, IndexedDbHost};
use elanus::host::{Clock, Host};
use elanus::schema::Value;
use elanus::schema::check::{CollectionSpec, QuickSpec};
use elanus::store::{Batch, BlobKey, Bytes};
use futures_channel::oneshot;
use js_sys::Promise;
use suite::Stores;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{console_log, wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen(inline_js = r#"
export const nextTask = () => new Promise(resolve => setTimeout(resolve))
const done = request => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result)
  request.onerror = () => reject(request.error)
})
export const deleteDatabase = name => done(indexedDB.deleteDatabase(name))
export async function exists(name) { return (await indexedDB.databases()).some(database => database.name === name) }
export async function putText(name, key, text) {
  const database = await done(indexedDB.open(name))
  await done(database.transaction('blobs', 'readwrite').objectStore('blobs').put(text, key))
  database.close()
}
export async function makeNewer(name) { (await done(indexedDB.open(name, 9))).close() }
"#)]
extern "C" {
    #[wasm_bindgen(js_name = nextTask)]
    fn next_task() -> Promise;

    #[wasm_bindgen(js_name = deleteDatabase)]
    fn delete_database(name: &str) -> Promise;

    fn exists(name: &str) -> Promise;

    #[wasm_bindgen(js_name = putText)]
    fn put_text(name: &str, key: &[u8], text: &str) -> Promise;

    #[wasm_bindgen(js_name = makeNewer)]
    fn make_newer(name: &str) -> Promise;
}

/// A name that no other run has had.
fn fresh(name: &str) -> String {
    format!("{name}-{}-{}", js_sys::Date::now(), js_sys::Math::random())
}

async fn done(promise: Promise) -> JsValue {
    JsFuture::from(promise).await.expect("the browser does as it is asked")
}

struct Databases {
    run: String,
    durability: Durability,
}

impl Stores for Databases {
    fn open(&self, store: &str) -> Pin<Box<dyn Future<Output = Rc<dyn Host>>>> {
        let host = IndexedDbHost::new(&format!("{store}-{}", self.run), self.durability);
        Box::pin(ready(Rc::new(host) as Rc<dyn Host>))
    }
}

#[wasm_bindgen_test]
async fn indexeddb_keeps_the_promises_of_a_host() {
    let databases = Databases { run: fresh("relaxed"), durability: Durability::Relaxed };
    console_log!("{}", suite::run("indexeddb", &databases).await);
}

#[wasm_bindgen_test]
async fn indexeddb_that_waits_for_the_disk_keeps_the_promises_of_a_host() {
    let databases = Databases { run: fresh("strict"), durability: Durability::Strict };
    console_log!("{}", suite::run("indexeddb (strict)", &databases).await);
}

fn small_batch() -> Batch {
    let mut batch = Batch::default();
    batch.put(BlobKey::Catalog, Bytes::from(&b"a blob"[..]));
    batch
}

#[wasm_bindgen_test]
async fn a_database_deleted_by_another_page_is_evicted_and_not_made_anew() {
    let name = fresh("deleted");
    let host = IndexedDbHost::new(&name, Durability::Relaxed);
    assert_eq!(host.commit(small_batch()).await, Ok(()));
    // The connection gives way, so the deletion is not blocked.
    done(delete_database(&name)).await;
    assert!(host.connection().is_none());
    for _ in 0..2 {
        assert!(matches!(host.list(&[]).await, Err(Error::Evicted { .. })));
        assert!(matches!(host.load(&[BlobKey::Catalog]).await, Err(Error::Evicted { .. })));
        assert!(matches!(host.commit(small_batch()).await, Err(Error::Evicted { .. })));
    }
    assert_eq!(done(exists(&name)).await, JsValue::FALSE);
    // Whoever opens it anew begins with an empty one.
    assert_eq!(IndexedDbHost::new(&name, Durability::Relaxed).list(&[]).await, Ok(vec![]));
}

#[wasm_bindgen_test]
async fn a_connection_that_was_taken_away_is_opened_again() {
    let host = IndexedDbHost::new(&fresh("closed"), Durability::Relaxed);
    assert_eq!(host.commit(small_batch()).await, Ok(()));
    host.connection().expect("it is open").close();
    let refused = host.commit(small_batch()).await;
    assert!(matches!(refused, Err(Error::Storage { .. })), "{refused:?}");
    assert_eq!(host.list(&[]).await, Ok(vec![BlobKey::Catalog]));
    host.connection().expect("it is open").close();
    assert_eq!(host.load(&[BlobKey::Catalog]).await, Ok(vec![Some(Bytes::from(&b"a blob"[..]))]));
    assert_eq!(host.commit(small_batch()).await, Ok(()));
}

#[wasm_bindgen_test]
async fn a_value_that_is_no_blob_is_corrupt() {
    let name = fresh("foreign");
    let host = IndexedDbHost::new(&name, Durability::Relaxed);
    assert_eq!(host.commit(Batch::default()).await, Ok(()));
    done(put_text(&name, &BlobKey::Catalog.to_bytes(), "text")).await;
    assert!(matches!(host.load(&[BlobKey::Catalog]).await, Err(Error::Corrupt { .. })));
}

#[wasm_bindgen_test]
async fn a_database_of_a_later_layout_is_refused() {
    let name = fresh("newer");
    done(make_newer(&name)).await;
    let host = IndexedDbHost::new(&name, Durability::Relaxed);
    let refused = host.list(&[]).await;
    assert!(matches!(&refused, Err(Error::Storage { reason }) if reason.contains("VersionError")), "{refused:?}");
}

struct Ticks(Cell<u64>);

impl Clock for Ticks {
    fn now_ms(&self) -> u64 {
        js_sys::Date::now() as u64
    }

    fn random(&self) -> u64 {
        self.0.set(self.0.get() + 1);
        self.0.get()
    }
}

/// A driver with an engine on a database.
struct Driven {
    driver: Driver,
    executor: Executor,
}

impl Driven {
    async fn open(name: &str, seed: u64) -> (Driven, bool) {
        let host = Rc::new(IndexedDbHost::new(name, Durability::Relaxed));
        let options = Options::with_limit(1 << 28);
        let (driver, work) = Driver::new(host, options, Rc::new(Ticks(Cell::new(seed))));
        let executor = Executor::new(|| {});
        executor.spawn(work);
        let driven = Driven { driver, executor };
        let opened = driven.wait(driven.driver.open()).await.expect("the database opens");
        (driven, opened.is_new)
    }

    async fn wait<T: 'static>(&self, asked: impl Future<Output = T> + 'static) -> T {
        let (sender, mut answer) = oneshot::channel();
        self.executor.spawn(async move { drop(sender.send(asked.await)) });
        loop {
            self.executor.turn();
            match answer.try_recv() {
                Ok(Some(answer)) => return answer,
                Ok(None) => done(next_task()).await,
                Err(_) => panic!("nobody answers"),
            };
        }
    }

    async fn run(&self, command: Command) -> Result<Reply> {
        self.wait(self.driver.run(command)).await
    }

    /// Does background work until none is left.
    async fn settle(&self) {
        while self.wait(self.driver.maintain(256)).await.expect("background work goes well").has_more {}
    }
}

const DIM: u32 = 8;

fn target() -> Target {
    Target { database: "default".to_string(), collection: "c".to_string() }
}

fn create() -> Command {
    let quick = QuickSpec { dimension: Some(i64::from(DIM)), metric: "L2".to_string(), ..QuickSpec::default() };
    let spec = CollectionSpec { name: "c".to_string(), quick, ..CollectionSpec::default() };
    Command::CreateCollection { database: "default".to_string(), spec: Box::new(spec) }
}

fn insert(ids: std::ops::Range<i64>) -> Command {
    let elements = ids.clone().flat_map(|id| (0..DIM).map(move |at| id as f32 + at as f32)).collect();
    let column = |name: &str, values| NamedValues { name: name.to_string(), present: None, values };
    let rows = Rows {
        row_count: ids.clone().count() as u32,
        columns: vec![
            column("id", Values::Ints(ids.collect())),
            column("vector", Values::FloatLists { dim: DIM, elements }),
        ],
    };
    Command::Insert { target: target(), insert: Insert { partition: String::new(), rows } }
}

/// The keys and scores of the three rows nearest to that of `id`.
async fn nearest(driven: &Driven, id: i64) -> (Values, Vec<f32>) {
    let elements = (0..DIM).map(|at| id as f32 + at as f32).collect();
    let queries = QueryVectors { count: 1, dim: DIM, elements };
    let search = Search { queries, limit: 3, round_decimal: -1, ..Search::default() };
    match driven.run(Command::Search { target: target(), search }).await {
        Ok(Reply::Hits(hits)) => (hits.primary_keys, hits.scores),
        other => panic!("the search gave {other:?}"),
    }
}

async fn count(driven: &Driven) -> Value {
    let filter = FilterText { expression: "id >= 0".to_string(), ..FilterText::default() };
    let query = Query { filter, output_fields: vec!["count(*)".to_string()], ..Query::default() };
    match driven.run(Command::Query { target: target(), query }).await {
        Ok(Reply::Rows(found)) => found.columns[0].values.value(0),
        other => panic!("the query gave {other:?}"),
    }
}

#[wasm_bindgen_test]
async fn rows_are_inserted_sealed_reopened_and_found() {
    let name = fresh("driver");
    let (driven, is_new) = Driven::open(&name, 0).await;
    assert!(is_new);
    driven.run(create()).await.expect("a collection is made");
    for start in (0..1000).step_by(100) {
        driven.run(insert(start..start + 100)).await.expect("rows are stored");
    }
    driven.run(Command::Flush { target: target() }).await.expect("a flush is asked for");
    driven.settle().await;
    driven.run(insert(1000..1010)).await.expect("rows are stored");
    driven.wait(driven.driver.close()).await.expect("it closes");

    let (driven, is_new) = Driven::open(&name, 5000).await;
    assert!(!is_new);
    assert_eq!(count(&driven).await, Value::Int(1010));
    // Neighbours differ by one in each of eight elements.
    assert_eq!(nearest(&driven, 1009).await, (Values::Ints(vec![1009, 1008, 1007]), vec![0.0, 8.0, 32.0]));
    assert_eq!(nearest(&driven, 0).await, (Values::Ints(vec![0, 1, 2]), vec![0.0, 8.0, 32.0]));
}

#[wasm_bindgen_test]
async fn concurrent_inserts_are_all_there_after_a_second_writer_took_over() {
    let name = fresh("writers");
    let (first, _) = Driven::open(&name, 0).await;
    first.run(create()).await.expect("a collection is made");
    let inserts: Vec<_> = (0..50).map(|id| first.driver.run(insert(id..id + 1))).collect();
    for asked in inserts {
        first.wait(asked).await.expect("rows are stored");
    }
    let (second, _) = Driven::open(&name, 5000).await;
    assert_eq!(count(&second).await, Value::Int(50));
    let late = first.run(insert(100..101)).await;
    assert!(matches!(late, Err(Error::Locked { .. })), "{late:?}");
    second.run(insert(50..51)).await.expect("the second writer writes");
    assert_eq!(count(&second).await, Value::Int(51));
}

#[wasm_bindgen_test]
async fn a_database_deleted_under_an_engine_is_evicted() {
    let name = fresh("evicted");
    let (driven, _) = Driven::open(&name, 0).await;
    driven.run(create()).await.expect("a collection is made");
    done(delete_database(&name)).await;
    for _ in 0..2 {
        let answer = driven.run(insert(0..1)).await;
        assert!(matches!(answer, Err(Error::Evicted { .. })), "{answer:?}");
    }
    driven.wait(driven.driver.close()).await.expect("it closes");
    let (_, is_new) = Driven::open(&name, 5000).await;
    assert!(is_new);
}
