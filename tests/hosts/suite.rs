//! What every host promises, as one source. A host's own test binary makes empty stores and runs [`run`] on them.
//!
//! Expectations come from a plain map that the suite keeps beside the host.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use elanus::error::{Error, Result};
use elanus::host::Host;
use elanus::store::{Batch, BlobKey, Bytes, Guard};

/// Makes stores, and opens each as often as a test likes.
pub trait Stores {
    /// A host on the store of that name; the store is empty the first time and keeps its blobs from then on.
    fn open(&self, store: &str) -> Pin<Box<dyn Future<Output = Rc<dyn Host>>>>;
}

/// Runs every test, each on a store of its own, and returns the line that says so.
///
/// # Panics
/// At the first promise that is not kept.
pub async fn run(host: &str, stores: &dyn Stores) -> String {
    let mut passed = 0;
    macro_rules! tests {
        ($($test:ident),* $(,)?) => { $(
            $test(&Store { stores, name: stringify!($test) }).await;
            passed += 1;
        )* };
    }
    tests!(
        an_empty_store_lists_nothing_and_has_no_blobs,
        keys_are_listed_in_order_whatever_the_order_of_writing,
        a_prefix_lists_its_keys_alone,
        prefixes_of_full_bytes_reach_to_the_last_key,
        blobs_come_back_in_the_order_of_the_request,
        a_key_may_be_asked_for_twice,
        nothing_asked_for_is_nothing_brought,
        empty_blobs_are_not_absent_ones,
        a_later_blob_replaces_an_earlier_one,
        a_batch_overwrites_and_removes_at_once,
        removing_what_is_absent_is_no_error,
        a_batch_without_writes_changes_nothing,
        a_large_blob_comes_back_whole,
        a_thousand_small_blobs_come_back,
        blobs_keep_every_byte_value,
        loaded_blobs_are_the_callers_own,
        a_guard_that_holds_lets_the_batch_through,
        a_guard_for_absence_holds_only_in_absence,
        a_guard_that_fails_applies_nothing,
        a_guard_without_writes_is_checked,
        a_guard_sees_the_blob_before_its_own_batch,
        commits_take_effect_in_the_order_they_are_begun,
        commits_begun_together_all_land,
        a_load_during_a_commit_brings_old_or_new_blobs,
        what_is_stored_is_there_after_reopening,
        a_second_writer_fences_the_first,
        closing_waits_for_what_is_under_way,
    );
    format!("host suite: {host}: {passed} passed")
}

struct Store<'a> {
    stores: &'a dyn Stores,
    name: &'static str,
}

impl Store<'_> {
    async fn open(&self) -> Rc<dyn Host> {
        self.stores.open(self.name).await
    }
}

fn log(seq: u64) -> BlobKey {
    BlobKey::Log { collection: 1, seq }
}

fn blob(text: &str) -> Bytes {
    Bytes::from(text.as_bytes())
}

/// Bytes that no compression or repetition could make up.
fn noise(len: usize, seed: u64) -> Bytes {
    let mut bytes = Bytes::zeroed(len);
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    for byte in bytes.as_mut_slice() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        *byte = state as u8;
    }
    bytes
}

fn batch(writes: &[(BlobKey, Option<&str>)]) -> Batch {
    let mut batch = Batch::default();
    for (key, text) in writes {
        batch.writes.insert(*key, text.map(blob));
    }
    batch
}

fn guarded(writes: &[(BlobKey, Option<&str>)], expected: Option<&str>) -> Batch {
    Batch { guard: Some(Guard { key: BlobKey::Epoch, expected: expected.map(blob) }), ..batch(writes) }
}

async fn put(host: &dyn Host, writes: &[(BlobKey, Option<&str>)]) {
    host.commit(batch(writes)).await.expect("a batch without a guard is stored");
}

async fn texts(host: &dyn Host, keys: &[BlobKey]) -> Vec<Option<String>> {
    let blobs = host.load(keys).await.expect("loading works");
    let text = |blob: Bytes| String::from_utf8(blob.as_slice().to_vec()).expect("these tests store text");
    blobs.into_iter().map(|blob| blob.map(text)).collect()
}

async fn assert_texts(host: &dyn Host, expected: &[(BlobKey, Option<&str>)]) {
    let keys: Vec<BlobKey> = expected.iter().map(|(key, _)| *key).collect();
    let expected: Vec<Option<String>> = expected.iter().map(|(_, text)| text.map(str::to_string)).collect();
    assert_eq!(texts(host, &keys).await, expected);
}

async fn list(host: &dyn Host, prefix: &[u8]) -> Vec<BlobKey> {
    host.list(prefix).await.expect("listing works")
}

fn assert_locked(result: &Result<()>) {
    assert!(matches!(result, Err(Error::Locked { .. })), "expected Locked, got {result:?}");
}

async fn an_empty_store_lists_nothing_and_has_no_blobs(store: &Store<'_>) {
    let host = store.open().await;
    assert_eq!(list(&*host, &[]).await, vec![]);
    assert_texts(&*host, &[(BlobKey::Catalog, None), (log(7), None)]).await;
}

async fn keys_are_listed_in_order_whatever_the_order_of_writing(store: &Store<'_>) {
    let host = store.open().await;
    let mut keys = vec![
        BlobKey::Deletes { collection: 1, segment: 9, seq: 1 },
        log(256),
        BlobKey::Segment { collection: 1, segment: 1, part: 0 },
        log(255),
        BlobKey::Epoch,
        BlobKey::Manifest { collection: u64::MAX },
        log(1 << 40),
        BlobKey::Catalog,
        BlobKey::Manifest { collection: 0 },
    ];
    for key in &keys {
        put(&*host, &[(*key, Some("x"))]).await;
    }
    keys.sort();
    assert_eq!(list(&*host, &[]).await, keys);
}

async fn a_prefix_lists_its_keys_alone(store: &Store<'_>) {
    let host = store.open().await;
    let other = |seq| BlobKey::Log { collection: 2, seq };
    let writes = [log(1), log(2), other(1), BlobKey::Catalog, BlobKey::Segment { collection: 1, segment: 0, part: 0 }];
    put(&*host, &writes.map(|key| (key, Some("x")))).await;
    assert_eq!(list(&*host, &BlobKey::log_prefix(1)).await, vec![log(1), log(2)]);
    assert_eq!(list(&*host, &BlobKey::log_prefix(2)).await, vec![other(1)]);
    assert_eq!(list(&*host, &BlobKey::log_prefix(3)).await, vec![]);
    assert_eq!(list(&*host, &log(2).to_bytes()).await, vec![log(2)]);
}

async fn prefixes_of_full_bytes_reach_to_the_last_key(store: &Store<'_>) {
    let host = store.open().await;
    let last = BlobKey::Log { collection: u64::MAX, seq: u64::MAX };
    let before = BlobKey::Log { collection: u64::MAX - 1, seq: u64::MAX };
    let after = BlobKey::Segment { collection: 0, segment: 0, part: 0 };
    put(&*host, &[last, before, after].map(|key| (key, Some("x")))).await;
    assert_eq!(list(&*host, &BlobKey::log_prefix(u64::MAX)).await, vec![last]);
    assert_eq!(list(&*host, &last.to_bytes()).await, vec![last]);
    assert_eq!(list(&*host, &[255]).await, vec![]);
    assert_eq!(list(&*host, &[255, 255]).await, vec![]);
}

async fn blobs_come_back_in_the_order_of_the_request(store: &Store<'_>) {
    let host = store.open().await;
    put(&*host, &[(log(1), Some("one")), (log(2), Some("two")), (log(3), Some("three"))]).await;
    assert_texts(&*host, &[(log(3), Some("three")), (log(9), None), (log(1), Some("one")), (log(2), Some("two"))])
        .await;
}

async fn a_key_may_be_asked_for_twice(store: &Store<'_>) {
    let host = store.open().await;
    put(&*host, &[(log(1), Some("one"))]).await;
    assert_texts(&*host, &[(log(1), Some("one")), (log(1), Some("one"))]).await;
}

async fn nothing_asked_for_is_nothing_brought(store: &Store<'_>) {
    let host = store.open().await;
    assert_texts(&*host, &[]).await;
}

async fn empty_blobs_are_not_absent_ones(store: &Store<'_>) {
    let host = store.open().await;
    put(&*host, &[(log(1), Some(""))]).await;
    assert_texts(&*host, &[(log(1), Some("")), (log(2), None)]).await;
    assert_eq!(list(&*host, &[]).await, vec![log(1)]);
}

async fn a_later_blob_replaces_an_earlier_one(store: &Store<'_>) {
    let host = store.open().await;
    for text in ["first, and rather long", "", "third"] {
        put(&*host, &[(BlobKey::Catalog, Some(text))]).await;
        assert_texts(&*host, &[(BlobKey::Catalog, Some(text))]).await;
    }
}

async fn a_batch_overwrites_and_removes_at_once(store: &Store<'_>) {
    let host = store.open().await;
    put(&*host, &[(log(1), Some("one")), (log(2), Some("two")), (log(3), Some("three"))]).await;
    put(&*host, &[(log(1), Some("new")), (log(2), None), (log(4), Some("four"))]).await;
    assert_texts(&*host, &[(log(1), Some("new")), (log(2), None), (log(3), Some("three")), (log(4), Some("four"))])
        .await;
    assert_eq!(list(&*host, &[]).await, vec![log(1), log(3), log(4)]);
}

async fn removing_what_is_absent_is_no_error(store: &Store<'_>) {
    let host = store.open().await;
    put(&*host, &[(log(1), None)]).await;
    assert_eq!(list(&*host, &[]).await, vec![]);
}

async fn a_batch_without_writes_changes_nothing(store: &Store<'_>) {
    let host = store.open().await;
    put(&*host, &[(log(1), Some("one"))]).await;
    put(&*host, &[]).await;
    assert_texts(&*host, &[(log(1), Some("one"))]).await;
}

async fn a_large_blob_comes_back_whole(store: &Store<'_>) {
    let host = store.open().await;
    let large = noise(4 << 20, 1);
    let mut batch = Batch::default();
    batch.put(log(1), large.clone());
    batch.put(log(2), noise((1 << 20) + 1, 2));
    host.commit(batch).await.expect("there is room");
    let found = host.load(&[log(1), log(2)]).await.expect("loading works");
    assert!(found == [Some(large), Some(noise((1 << 20) + 1, 2))]);
}

async fn a_thousand_small_blobs_come_back(store: &Store<'_>) {
    let host = store.open().await;
    let mut batch = Batch::default();
    for seq in 0..1000 {
        batch.put(log(seq), noise(seq as usize % 97, seq));
    }
    host.commit(batch).await.expect("there is room");
    let keys: Vec<BlobKey> = (0..1000).rev().map(log).collect();
    let found = host.load(&keys).await.expect("loading works");
    let expected: Vec<_> = (0..1000).rev().map(|seq| Some(noise(seq as usize % 97, seq))).collect();
    assert!(found == expected);
    assert_eq!(list(&*host, &[]).await, (0..1000).map(log).collect::<Vec<_>>());
}

async fn blobs_keep_every_byte_value(store: &Store<'_>) {
    let host = store.open().await;
    let all: Vec<u8> = (0..=255).chain((0..=255).rev()).collect();
    let mut batch = Batch::default();
    batch.put(log(1), Bytes::from(all.as_slice()));
    host.commit(batch).await.expect("there is room");
    assert_eq!(host.load(&[log(1)]).await, Ok(vec![Some(Bytes::from(all.as_slice()))]));
}

async fn loaded_blobs_are_the_callers_own(store: &Store<'_>) {
    let host = store.open().await;
    put(&*host, &[(log(1), Some("one"))]).await;
    let mut found = host.load(&[log(1)]).await.expect("loading works").pop().flatten().expect("it is there");
    found.as_mut_slice().fill(b'!');
    assert_texts(&*host, &[(log(1), Some("one"))]).await;
}

async fn a_guard_that_holds_lets_the_batch_through(store: &Store<'_>) {
    let host = store.open().await;
    put(&*host, &[(BlobKey::Epoch, Some("1"))]).await;
    assert_eq!(host.commit(guarded(&[(log(1), Some("one"))], Some("1"))).await, Ok(()));
    assert_texts(&*host, &[(log(1), Some("one")), (BlobKey::Epoch, Some("1"))]).await;
}

async fn a_guard_for_absence_holds_only_in_absence(store: &Store<'_>) {
    let host = store.open().await;
    assert_eq!(host.commit(guarded(&[(BlobKey::Epoch, Some("1"))], None)).await, Ok(()));
    assert_locked(&host.commit(guarded(&[(BlobKey::Epoch, Some("2"))], None)).await);
    assert_texts(&*host, &[(BlobKey::Epoch, Some("1"))]).await;
}

async fn a_guard_that_fails_applies_nothing(store: &Store<'_>) {
    let host = store.open().await;
    put(&*host, &[(BlobKey::Epoch, Some("1")), (log(1), Some("one"))]).await;
    let writes = [(log(1), None), (log(2), Some("two")), (BlobKey::Epoch, Some("9"))];
    for expected in [None, Some("2"), Some(""), Some("1 and more")] {
        assert_locked(&host.commit(guarded(&writes, expected)).await);
    }
    assert_texts(&*host, &[(BlobKey::Epoch, Some("1")), (log(1), Some("one")), (log(2), None)]).await;
    // A refusal is no failure: the same host goes on.
    assert_eq!(host.commit(guarded(&writes, Some("1"))).await, Ok(()));
    assert_texts(&*host, &[(BlobKey::Epoch, Some("9")), (log(1), None), (log(2), Some("two"))]).await;
}

async fn a_guard_without_writes_is_checked(store: &Store<'_>) {
    let host = store.open().await;
    assert_eq!(host.commit(guarded(&[], None)).await, Ok(()));
    assert_locked(&host.commit(guarded(&[], Some("1"))).await);
}

async fn a_guard_sees_the_blob_before_its_own_batch(store: &Store<'_>) {
    let host = store.open().await;
    put(&*host, &[(BlobKey::Epoch, Some("1"))]).await;
    assert_eq!(host.commit(guarded(&[(BlobKey::Epoch, Some("2"))], Some("1"))).await, Ok(()));
    assert_locked(&host.commit(guarded(&[(BlobKey::Epoch, Some("3"))], Some("3"))).await);
    assert_texts(&*host, &[(BlobKey::Epoch, Some("2"))]).await;
}

async fn commits_take_effect_in_the_order_they_are_begun(store: &Store<'_>) {
    let host = store.open().await;
    put(&*host, &[]).await;
    let first = host.commit(guarded(&[(BlobKey::Epoch, Some("1")), (log(1), Some("one"))], None));
    let second = host.commit(guarded(&[(BlobKey::Epoch, Some("2")), (log(1), Some("two")), (log(2), None)], Some("1")));
    let late = host.commit(guarded(&[(log(2), Some("late"))], Some("1")));
    let third = host.commit(guarded(&[(log(1), None), (log(3), Some("three"))], Some("2")));
    // They are waited for in another order than that in which they were begun.
    assert_eq!(third.await, Ok(()));
    assert_locked(&late.await);
    assert_eq!((second.await, first.await), (Ok(()), Ok(())));
    assert_texts(&*host, &[(BlobKey::Epoch, Some("2")), (log(1), None), (log(2), None), (log(3), Some("three"))]).await;
}

async fn commits_begun_together_all_land(store: &Store<'_>) {
    let host = store.open().await;
    put(&*host, &[(BlobKey::Epoch, Some("1"))]).await;
    let commits: Vec<_> = (0..50)
        .map(|seq| {
            let mut batch = guarded(&[(BlobKey::Catalog, Some("shared"))], Some("1"));
            batch.put(log(seq), noise(1000, seq));
            host.commit(batch)
        })
        .collect();
    for commit in commits {
        assert_eq!(commit.await, Ok(()));
    }
    let found = host.load(&(0..50).map(log).collect::<Vec<_>>()).await.expect("loading works");
    assert!(found == (0..50).map(|seq| Some(noise(1000, seq))).collect::<Vec<_>>());
}

async fn a_load_during_a_commit_brings_old_or_new_blobs(store: &Store<'_>) {
    let host = store.open().await;
    put(&*host, &[(log(1), Some("round 0")), (log(2), Some("round 0"))]).await;
    for round in 1..20 {
        let (old, new) = (format!("round {}", round - 1), format!("round {round}"));
        let before = host.load(&[log(1), log(2)]);
        let commit = host.commit(batch(&[(log(1), Some(&new)), (log(2), Some(&new))]));
        let after = host.load(&[log(2), log(1)]);
        let found = [before.await.expect("loading works"), after.await.expect("loading works")].concat();
        assert!(found.iter().flatten().all(|found| *found == blob(&old) || *found == blob(&new)), "{found:?}");
        assert_eq!(commit.await, Ok(()));
        assert_texts(&*host, &[(log(1), Some(&new)), (log(2), Some(&new))]).await;
    }
}

async fn what_is_stored_is_there_after_reopening(store: &Store<'_>) {
    let host = store.open().await;
    put(&*host, &[(BlobKey::Catalog, Some("catalog")), (log(1), Some("one")), (log(2), Some("two"))]).await;
    put(&*host, &[(log(1), None), (log(3), Some(""))]).await;
    assert_eq!(host.close().await, Ok(()));
    drop(host);
    let host = store.open().await;
    assert_eq!(list(&*host, &[]).await, vec![BlobKey::Catalog, log(2), log(3)]);
    assert_texts(
        &*host,
        &[(BlobKey::Catalog, Some("catalog")), (log(1), None), (log(2), Some("two")), (log(3), Some(""))],
    )
    .await;
}

async fn a_second_writer_fences_the_first(store: &Store<'_>) {
    let first = store.open().await;
    assert_eq!(first.commit(guarded(&[(BlobKey::Epoch, Some("first"))], None)).await, Ok(()));
    assert_eq!(first.close().await, Ok(()));
    let second = store.open().await;
    assert_eq!(second.commit(guarded(&[(BlobKey::Epoch, Some("second"))], Some("first"))).await, Ok(()));
    // The first writer's commits, whichever handle they come by, are refused from now on.
    assert_locked(&second.commit(guarded(&[(log(1), Some("late"))], Some("first"))).await);
    assert_eq!(second.commit(guarded(&[(log(1), Some("mine"))], Some("second"))).await, Ok(()));
    assert_texts(&*second, &[(log(1), Some("mine"))]).await;
}

async fn closing_waits_for_what_is_under_way(store: &Store<'_>) {
    let host = store.open().await;
    put(&*host, &[]).await;
    let commit = host.commit(batch(&[(log(1), Some("last words"))]));
    let close = host.close();
    assert_eq!((commit.await, close.await), (Ok(()), Ok(())));
    drop(host);
    let host = store.open().await;
    assert_texts(&*host, &[(log(1), Some("last words"))]).await;
}
