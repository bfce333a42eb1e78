//! Damage to what is stored: every byte flipped, every truncation, every blob absent or in another's place. There is a
//! typed error or the right answer, never a wrong row and never a panic.

use std::rc::Rc;

use elanus::command::{Command, Reply};
use elanus::error::{Error, Result};
use elanus::host::Host;
use elanus::host::memory::MemoryHost;
use elanus::store::{Batch, BlobKey, Bytes};

use crate::driven::{Driven, Row, add_field, answered_by, create, create_graph, delete, insert, query_all, search_all};
use crate::world::target;

/// Every answer about a store, as text.
type Answers = Vec<String>;

/// A small store that has blobs of every kind.
fn stored() -> Vec<(BlobKey, Bytes)> {
    let host = MemoryHost::default();
    let (driven, _) = Driven::open(Rc::new(host.clone()), 0).expect("an empty store opens");
    let some = |ids: std::ops::Range<i64>| ids.map(|id| (id, Row::new(id, 0))).collect::<Vec<_>>();
    let run = |command: Command| driven.run(command).expect("the store is made");
    run(create("a"));
    run(insert("a", &some(0..9)));
    run(Command::Flush { target: target("a") });
    driven.settle();
    run(delete("a", &[4]));
    run(Command::Flush { target: target("a") });
    driven.settle();
    run(insert("a", &some(9..12)));
    run(delete("a", &[2, 10]));
    run(add_field("a"));
    run(insert("a", &some(20..21)));
    run(create_graph("g"));
    run(insert("g", &some(0..8)));
    run(Command::Flush { target: target("g") });
    driven.settle();
    assert_eq!(answered_by(&driven, "g"), "graph");
    let keys = driven.wait(host.list(&[])).expect("memory lists");
    let blobs = driven.wait(host.load(&keys)).expect("memory loads");
    let blobs: Vec<(BlobKey, Bytes)> =
        keys.into_iter().zip(blobs).map(|(key, blob)| (key, blob.expect("it was listed"))).collect();
    let kinds: Vec<u8> = blobs.iter().map(|(key, _)| key.to_bytes()[0]).collect();
    assert!([1, 2, 3, 4, 5, 6, 8, 9].iter().all(|kind| kinds.contains(kind)), "kinds {kinds:?} are stored");
    blobs
}

fn answers(blobs: &[(BlobKey, Bytes)]) -> Result<Answers> {
    let host = MemoryHost::default();
    let mut batch = Batch::default();
    for (key, blob) in blobs {
        batch.put(*key, blob.clone());
    }
    let driven = Driven::new(Rc::new(host.clone()), 100);
    driven.wait(host.commit(batch))?;
    driven.wait(driven.driver.open())?;
    let ask = |command: Command| driven.run(command).map(|reply| format!("{reply:?}"));
    let mut answers = vec![
        ask(Command::ListCollections { database: "default".to_string() })?,
        ask(Command::DescribeCollection { target: target("a") })?,
        ask(Command::GetCollectionStats { target: target("a") })?,
        ask(query_all("a"))?,
        ask(search_all("a", 100))?,
        ask(search_all("g", 100))?,
    ];
    // Background work must not spread damage either.
    driven.run(Command::Compact { target: target("a") })?;
    while driven.wait(driven.driver.maintain(64))?.has_more {}
    answers.push(ask(query_all("a"))?);
    Ok(answers)
}

fn check(right: &Answers, damaged: &[(BlobKey, Bytes)], what: &str) -> bool {
    match answers(damaged) {
        Ok(answers) => {
            assert_eq!(answers, *right, "{what}: a wrong answer");
            false
        }
        Err(Error::Corrupt { .. } | Error::VersionTooNew { .. } | Error::Unsupported { .. }) => true,
        Err(error) => panic!("{what}: {error:?} does not say that the store is damaged"),
    }
}

#[test]
fn every_flipped_byte_is_reported() {
    let blobs = stored();
    let right = answers(&blobs).expect("an intact store answers");
    for (at, (key, blob)) in blobs.iter().enumerate() {
        for byte in 0..blob.len() {
            let mut damaged = blobs.clone();
            damaged[at].1.as_mut_slice()[byte] ^= 1 << (byte % 8);
            assert!(check(&right, &damaged, &format!("{key}, byte {byte}")), "{key}: byte {byte} is not noticed");
        }
    }
}

#[test]
fn every_truncation_and_every_addition_is_reported() {
    let blobs = stored();
    let right = answers(&blobs).expect("an intact store answers");
    for (at, (key, blob)) in blobs.iter().enumerate() {
        for len in 0..blob.len() {
            let mut damaged = blobs.clone();
            damaged[at].1.truncate(len);
            assert!(check(&right, &damaged, &format!("{key}, {len} bytes")), "{key}: a cut at {len} is not noticed");
        }
        let mut damaged = blobs.clone();
        damaged[at].1 = Bytes::from([blob.as_slice(), &[0]].concat().as_slice());
        assert!(check(&right, &damaged, &format!("{key} and a byte")), "{key}: a byte more is not noticed");
    }
}

#[test]
fn every_blob_in_the_place_of_another_is_reported() {
    let blobs = stored();
    let right = answers(&blobs).expect("an intact store answers");
    for (at, (key, _)) in blobs.iter().enumerate() {
        for (other, (from, stray)) in blobs.iter().enumerate().filter(|(other, _)| *other != at) {
            let mut damaged = blobs.clone();
            damaged[at].1 = stray.clone();
            assert!(check(&right, &damaged, &format!("{from} at {key}")), "blob {other} passes for blob {at}");
        }
    }
}

#[test]
fn every_absent_blob_is_reported_or_not_needed() {
    let blobs = stored();
    let right = answers(&blobs).expect("an intact store answers");
    let newest = blobs.iter().rposition(|(key, _)| matches!(key, BlobKey::Log { .. })).expect("there is a log");
    for (at, (key, _)) in blobs.iter().enumerate() {
        let mut damaged = blobs.clone();
        damaged.remove(at);
        match key {
            // Another one is made; it only tells writers apart.
            BlobKey::Epoch => assert!(!check(&right, &damaged, "no epoch")),
            // What vectors are searched by is made anew.
            BlobKey::Indexes { .. } => assert!(!check(&right, &damaged, "no indexes")),
            // Nothing refers to the newest entry, since a commit costs what it changes: without it the store is the
            // one before the last command.
            BlobKey::Log { .. } if at == newest => {
                let before = answers(&damaged).expect("an earlier state answers");
                assert_ne!(before, right);
            }
            key => assert!(check(&right, &damaged, &format!("no {key}")), "that {key} is absent is not noticed"),
        }
    }
}

#[test]
fn the_undamaged_store_has_the_rows_that_were_written() {
    let blobs = stored();
    let host = MemoryHost::default();
    let mut batch = Batch::default();
    for (key, blob) in blobs {
        batch.put(key, blob);
    }
    let driven = Driven::new(Rc::new(host.clone()), 100);
    driven.wait(host.commit(batch)).expect("memory stores");
    driven.wait(driven.driver.open()).expect("it opens");
    match driven.run(query_all("a")) {
        Ok(Reply::Rows(found)) => assert_eq!(found.row_count, 10),
        other => panic!("the query gave {other:?}"),
    }
}
