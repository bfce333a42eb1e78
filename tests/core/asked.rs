//! What was asked of a collection is done, though a change of its fields takes it out of memory first.

use std::rc::Rc;

use elanus::command::{Command, Reply, Stats};
use elanus::host::memory::MemoryHost;

use crate::driven::{Driven, Row, add_field, create, delete, flush, insert, query_all};
use crate::world::target;

fn library(batches: i64) -> Driven {
    let driven = Driven::open(Rc::new(MemoryHost::default()), 1).unwrap().0;
    driven.run(create("c")).unwrap();
    for batch in 0..batches {
        let rows: Vec<(i64, Row)> = (0..10).map(|id| (batch * 10 + id, Row::new(batch * 10 + id, 0))).collect();
        driven.run(insert("c", &rows)).unwrap();
        if batch + 1 < batches {
            driven.run(flush("c")).unwrap();
            driven.settle();
        }
    }
    driven
}

/// The numbers of the collection when it is in memory.
fn stats(driven: &Driven) -> Stats {
    driven.run(query_all("c")).unwrap();
    match driven.run(Command::Stats) {
        Ok(Reply::Stats(stats)) => *stats,
        other => panic!("{other:?}"),
    }
}

fn is_completed(driven: &Driven, id: u64) -> bool {
    match driven.run(Command::GetCompactionState { id }) {
        Ok(Reply::CompactionState { is_completed, .. }) => is_completed,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_flush_outlives_a_change_of_fields() {
    for is_asked in [true, false] {
        let driven = library(1);
        if is_asked {
            driven.run(flush("c")).unwrap();
        }
        driven.run(add_field("c")).unwrap();
        driven.settle();
        let stats = stats(&driven);
        let expected = if is_asked { (0, 1) } else { (1, 0) };
        assert_eq!((stats.growing_segments, stats.sealed_segments, stats.row_count), (expected.0, expected.1, 10));
    }
}

#[test]
fn a_compaction_outlives_a_change_of_fields() {
    let driven = library(3);
    driven.run(delete("c", &[3])).unwrap();
    driven.run(flush("c")).unwrap();
    driven.settle();
    let Ok(Reply::CompactionId(id)) = driven.run(Command::Compact { target: target("c") }) else {
        panic!("no compaction")
    };
    driven.run(add_field("c")).unwrap();
    assert!(!is_completed(&driven, id), "it was not done yet");
    driven.run(Command::ReleaseCollection { target: target("c") }).unwrap();
    assert!(is_completed(&driven, id), "nothing is done to what is released");

    driven.run(Command::LoadCollection { target: target("c") }).unwrap();
    driven.run(Command::Compact { target: target("c") }).unwrap();
    driven.run(Command::AlterField { target: target("c"), field: "tag".to_string(), changes: changes() }).unwrap();
    driven.settle();
    assert!(is_completed(&driven, id));
    let stats = stats(&driven);
    assert_eq!((stats.sealed_segments, stats.deleted_count, stats.row_count), (1, 0, 29));
}

/// Another length of texts.
fn changes() -> elanus::command::Changes {
    [("max_length".to_string(), Some("99".to_string()))].into_iter().collect()
}
