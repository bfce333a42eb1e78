//! Exporting and importing: the same bytes from every host, all or nothing on the way in.

use std::collections::HashSet;
use std::rc::Rc;

use elanus::command::{Command, Reply};
use elanus::error::{Error, Result};
use elanus::host::Host;
use elanus::host::memory::MemoryHost;
use elanus::store::{Batch, BlobKey, codec};

use crate::crash;
use crate::driven::{Driven, Row, add_field, create, delete, insert, query_all};
use crate::simulated::SimulatedHost;
use crate::simulated::disk::{Disk, SURVIVALS};
use crate::world::target;

fn some(ids: std::ops::Range<i64>) -> Vec<(i64, Row)> {
    ids.map(|id| (id, Row::new(id, 0))).collect()
}

/// Fills a store with rows that lie in a sealed segment, in its deletes and in the log.
fn fill(host: Rc<dyn Host>) -> Driven {
    let (driven, _) = Driven::open(host, 0).expect("an empty store opens");
    let run = |command: Command| driven.run(command).expect("the store is made");
    run(create("a"));
    run(insert("a", &some(0..20)));
    run(Command::Flush { target: target("a") });
    driven.settle();
    run(delete("a", &[3, 4]));
    run(insert("a", &some(30..33)));
    run(add_field("a"));
    run(insert("a", &some(40..42)));
    driven
}

fn rows(driven: &Driven) -> String {
    match driven.run(query_all("a")) {
        Ok(Reply::Rows(found)) => format!("{found:?}"),
        other => panic!("the query gave {other:?}"),
    }
}

/// Imports a file in pieces of some size into a store that is not open yet.
fn import(driven: &Driven, file: &[u8], piece_bytes: usize) -> Result<()> {
    for piece in file.chunks(piece_bytes) {
        driven.wait(driven.driver.import_chunk(piece.to_vec()))?;
    }
    driven.wait(driven.driver.import_end())
}

#[test]
fn all_hosts_export_the_same_bytes_and_import_them() {
    let source = fill(Rc::new(MemoryHost::default()));
    let file = source.export().expect("it can be exported");
    assert_eq!(source.export(), Ok(file.clone()), "a second export differs");
    let disk = Disk::default();
    assert_eq!(fill(Rc::new(SimulatedHost::open(&disk, 500))).export(), Ok(file.clone()), "another host's differs");
    for piece_bytes in [1, 100, 1 << 20] {
        let disk = Disk::default();
        let copy = Driven::new(Rc::new(SimulatedHost::open(&disk, 500)), 7);
        import(&copy, &file, piece_bytes).expect("it can be imported");
        let opened = copy.wait(copy.driver.open()).expect("the copy opens");
        assert!(!opened.is_new);
        assert_eq!(rows(&copy), rows(&source));
        assert_eq!(copy.export(), Ok(file.clone()));
    }
}

#[test]
fn an_empty_database_goes_out_and_in() {
    let (source, _) = Driven::open(Rc::new(MemoryHost::default()), 0).expect("an empty store opens");
    let file = source.export().expect("it can be exported");
    let copy = Driven::new(Rc::new(MemoryHost::default()), 7);
    import(&copy, &file, 10).expect("it can be imported");
    assert!(copy.wait(copy.driver.open()).expect("the copy opens").is_new);
}

#[test]
fn an_export_shows_one_moment_and_holds_background_work_back() {
    let source = fill(Rc::new(MemoryHost::default()));
    let file = source.export().expect("it can be exported");
    let export = source.wait(source.driver.export_start()).expect("an export begins");
    source.run(insert("a", &some(50..60))).expect("writing goes on");
    source.run(Command::Flush { target: target("a") }).expect("a flush is asked for");
    for _ in 0..3 {
        let step = source.wait(source.driver.maintain(1000)).expect("it is only held back");
        assert!(step.has_more && step.progress.is_none());
    }
    let mut seen = Vec::new();
    while let Some(piece) = source.wait(source.driver.export_next(export)).expect("the export goes on") {
        seen.extend_from_slice(&piece);
    }
    assert!(seen == file, "what was written meanwhile is seen");
    let step = source.wait(source.driver.maintain(1000)).expect("background work goes well");
    assert_eq!(step.progress.expect("work is done again").stage, "seal");
    assert!(matches!(source.wait(source.driver.export_next(export)), Err(Error::Aborted { .. })));
}

#[test]
fn an_export_that_is_given_up_lets_background_work_go_on() {
    let source = fill(Rc::new(MemoryHost::default()));
    let export = source.wait(source.driver.export_start()).expect("an export begins");
    source.run(Command::Flush { target: target("a") }).expect("a flush is asked for");
    source.wait(source.driver.export_end(export)).expect("it is given up");
    source.settle();
    assert!(matches!(source.wait(source.driver.export_next(export)), Err(Error::Aborted { .. })));
}

#[test]
fn an_export_is_not_continued_with_pieces_of_one_of_a_later_engine() {
    let host: Rc<dyn Host> = Rc::new(MemoryHost::default());
    let first = fill(host.clone());
    let old = first.wait(first.driver.export_start()).expect("an export begins");
    assert!(old < 1 << 53, "JavaScript could not say {old}");
    let (second, _) = Driven::open(host, 500).expect("the store is taken over");
    let new = second.wait(second.driver.export_start()).expect("an export begins");
    assert!(new < 1 << 53, "JavaScript could not say {new}");
    assert!(matches!(second.wait(second.driver.export_next(old)), Err(Error::Aborted { .. })));
    assert!(matches!(second.wait(second.driver.export_next(new)), Ok(Some(_))));
}

#[test]
fn an_export_whose_blobs_vanish_is_aborted() {
    let host = MemoryHost::default();
    let source = fill(Rc::new(host.clone()));
    let export = source.wait(source.driver.export_start()).expect("an export begins");
    let keys = source.wait(host.list(&BlobKey::segment_prefix(0)[..1])).expect("memory lists");
    let mut batch = Batch::default();
    batch.remove(*keys.last().expect("a segment is sealed"));
    source.wait(host.commit(batch)).expect("memory forgets");
    assert!(matches!(source.wait(source.driver.export_next(export)), Err(Error::Aborted { .. })));
}

#[test]
fn a_damaged_blob_is_not_exported() {
    let host = MemoryHost::default();
    let source = fill(Rc::new(host.clone()));
    let key = source.wait(host.list(&[])).expect("memory lists").pop().expect("there are blobs");
    let mut blob = source.wait(host.load(&[key])).expect("memory loads").pop().flatten().expect("it was listed");
    let last = blob.len() - 1;
    blob.as_mut_slice()[last] ^= 1;
    let mut batch = Batch::default();
    batch.put(key, blob);
    source.wait(host.commit(batch)).expect("memory stores");
    assert!(matches!(source.export(), Err(Error::Corrupt { .. })));
}

#[test]
fn a_file_that_is_damaged_or_cut_leaves_an_empty_database() {
    let file = fill(Rc::new(MemoryHost::default())).export().expect("it can be exported");
    let host = MemoryHost::default();
    for at in (0..file.len()).step_by(7) {
        let mut damaged = file.clone();
        damaged[at] ^= 0x10;
        for broken in [damaged.as_slice(), &file[..at]] {
            let copy = Driven::new(Rc::new(host.clone()), at as u64);
            let result = import(&copy, broken, 1000);
            let is_told = match &result {
                Err(Error::Corrupt { .. } | Error::VersionTooNew { .. } | Error::Unsupported { .. }) => true,
                // Without a byte no import begins, so there is none to end.
                Err(Error::Invalid { .. }) => broken.is_empty(),
                _ => false,
            };
            assert!(is_told, "byte {at}: {result:?}");
        }
    }
    let copy = Driven::new(Rc::new(host.clone()), 1 << 40);
    copy.wait(copy.driver.open()).expect("it opens");
    assert!(matches!(copy.run(query_all("a")), Err(Error::CollectionNotFound { .. })));
    assert_eq!(copy.wait(host.list(&[])), Ok(vec![BlobKey::Epoch]), "the failed imports left blobs behind");
}

#[test]
fn an_import_needs_an_empty_database_that_is_not_open() {
    let source = fill(Rc::new(MemoryHost::default()));
    let file = source.export().expect("it can be exported");
    assert!(matches!(import(&source, &file, 1000), Err(Error::Invalid { .. })));
    let host = MemoryHost::default();
    let before = fill(Rc::new(host.clone()));
    before.wait(before.driver.close()).expect("it closes");
    let copy = Driven::new(Rc::new(host), 9);
    assert!(matches!(import(&copy, &file, 1000), Err(Error::Invalid { .. })));
    copy.wait(copy.driver.open()).expect("it opens all the same");
    assert_eq!(rows(&copy), rows(&source));
    let again = Driven::new(Rc::new(MemoryHost::default()), 9);
    assert!(matches!(again.wait(again.driver.import_end()), Err(Error::Invalid { .. })));
}

/// A file whose import takes several batches: one blob of it fills a batch. It belongs to no collection, which an
/// import does not ask.
fn large_file() -> Vec<u8> {
    let host = MemoryHost::default();
    let source = fill(Rc::new(host.clone()));
    let key = BlobKey::Log { collection: 0, seq: 0 };
    let mut batch = Batch::default();
    batch.put(key, codec::encode_body(key, &vec![7; 4 << 20]));
    source.wait(host.commit(batch)).expect("memory stores");
    source.export().expect("it can be exported")
}

#[test]
fn a_power_cut_during_an_import_leaves_all_or_nothing() {
    let file = large_file();
    let disk = Disk::default();
    let copy = Driven::new(Rc::new(SimulatedHost::open(&disk, 1 << 30)), 7);
    import(&copy, &file, 1 << 20).expect("it can be imported");
    let (mut images, mut whole, mut empty) = (HashSet::new(), 0, 0);
    for cut in 0..=disk.operation_count() {
        for survival in SURVIVALS {
            let image = disk.after_power_cut(cut, survival);
            if !images.insert(crash::hash(&image)) {
                continue;
            }
            let host = Rc::new(SimulatedHost::open(&Disk::new(image), 1 << 30));
            let (found, opened) = Driven::open(host.clone(), 1 << 32).expect("it opens after any cut");
            if opened.is_new {
                empty += 1;
                assert_eq!(found.wait(host.list(&[])), Ok(vec![BlobKey::Epoch]), "an unfinished import is left");
            } else {
                whole += 1;
                assert!(found.export().as_ref() == Ok(&file), "cut {cut}, {survival:?}: part of it is there");
            }
        }
    }
    assert!(whole > 0 && empty > 20, "{whole} whole and {empty} empty");
}
