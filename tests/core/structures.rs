//! The structures that vectors are searched by, as they come and go with indexes, rows and partitions: what answers, how
//! little is done at a time, and what is left in storage.

use std::rc::Rc;

use elanus::command::{Command, Reply};
use elanus::error::Error;
use elanus::host::Host;
use elanus::host::memory::MemoryHost;
#[cfg(feature = "instant-distance")]
use elanus::schema::Value;
use elanus::schema::index_params::IndexSpec;
use elanus::store::BlobKey;

use crate::driven::{Driven, Row, answered_by, create_graph, delete, flush, insert, search_all};
use crate::world::target;

/// A store whose collection `a` has this many sealed rows, without background work on indexes yet.
fn sealed(host: &MemoryHost, count: i64) -> Driven {
    let (driven, _) = Driven::open(Rc::new(host.clone()), 0).expect("an empty store opens");
    driven.run(create_graph("a")).expect("a collection is made");
    let rows: Vec<(i64, Row)> = (0..count).map(|id| (id, Row::new(id, 0))).collect();
    driven.run(insert("a", &rows)).expect("the rows fit");
    driven.run(flush("a")).expect("a flush");
    driven
}

/// Puts another index in the place of the one that there is.
fn index_anew(driven: &Driven, index_type: &str, params: &[(&str, &str)]) {
    let spec = IndexSpec {
        field: "v".to_string(),
        metric: "L2".to_string(),
        index_type: index_type.to_string(),
        params: params.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect(),
        ..IndexSpec::default()
    };
    let run = |command: Command| driven.run(command).expect("indexes change");
    let Reply::Names(names) = run(Command::ListIndexes { target: target("a"), field: String::new() }) else {
        panic!("indexes cannot be listed")
    };
    run(Command::ReleaseCollection { target: target("a") });
    run(Command::DropIndex { target: target("a"), index: names[0].clone() });
    run(Command::CreateIndex { target: target("a"), indexes: vec![spec] });
    run(Command::LoadCollection { target: target("a") });
}

/// The bytes of all pages of structures.
fn page_bytes(driven: &Driven, host: &MemoryHost) -> usize {
    let keys = driven.wait(host.list(&[])).expect("memory lists");
    let keys: Vec<BlobKey> = keys.into_iter().filter(|key| matches!(key, BlobKey::Index { .. })).collect();
    let blobs = driven.wait(host.load(&keys)).expect("memory loads");
    blobs.into_iter().flatten().map(|blob| blob.len()).sum()
}

#[test]
fn an_index_of_another_kind_or_other_parameters_has_its_own_structure() {
    let host = MemoryHost::default();
    let driven = sealed(&host, 40);
    driven.settle();
    assert_eq!(answered_by(&driven, "a"), "graph");
    let narrow = page_bytes(&driven, &host);
    // Six times as many edges, though fewer rows with levels above.
    index_anew(&driven, "HNSW_SQ", &[("M", "12"), ("efConstruction", "8")]);
    driven.settle();
    assert_eq!(answered_by(&driven, "a"), "graph");
    let wide = page_bytes(&driven, &host);
    assert!(wide > 2 * narrow, "{wide} bytes after {narrow}");
    index_anew(&driven, "HNSW", &[("M", "2"), ("efConstruction", "8")]);
    driven.settle();
    assert_eq!(page_bytes(&driven, &host), narrow, "the same rows give the same graph");
    for (index_type, params, name) in [
        ("IVF_FLAT", &[("nlist", "4")][..], "inverted file"),
        ("DISKANN", &[], "code scan"),
        ("HNSW_PQ", &[("m", "2")], "graph"),
        ("FLAT", &[], "exact scan"),
    ] {
        index_anew(&driven, index_type, params);
        driven.settle();
        assert_eq!(answered_by(&driven, "a"), name, "{index_type}");
    }
    assert_eq!(page_bytes(&driven, &host), 0, "an exact scan needs no structure");
}

#[test]
fn a_graph_grows_by_few_rows_at_a_time() {
    let host = MemoryHost::default();
    let driven = sealed(&host, 60);
    let mut seen = Vec::new();
    loop {
        let step = driven.wait(driven.driver.maintain(1)).expect("background work goes well");
        seen.extend(step.progress.filter(|step| step.stage == "index" && step.total == 60).map(|step| step.done));
        // Whoever asks in between is answered.
        driven.run(search_all("a", 10)).expect("a search");
        if !step.has_more {
            break;
        }
    }
    // First all rows are coded, and codes are stored; then the graph begins at no row.
    let begin = seen.windows(2).position(|pair| pair[0] > pair[1]).expect("a graph is begun") + 1;
    let graph = &seen[begin..];
    assert!(graph.len() >= 60 / 5, "60 rows in {} steps: {graph:?}", graph.len());
    assert!(graph.windows(2).all(|pair| pair[1] <= pair[0] + 4), "{graph:?}");
    assert_eq!(answered_by(&driven, "a"), "graph");
}

#[test]
fn a_segment_that_vanishes_while_a_graph_is_made_ends_that_work() {
    let host = MemoryHost::default();
    let driven = sealed(&host, 60);
    let mut steps = 0;
    loop {
        let step = driven.wait(driven.driver.maintain(1)).expect("background work goes well");
        assert!(step.has_more, "the graph was made before anybody interfered");
        steps += 1;
        assert!(steps < 1_000, "no graph is begun");
        let progress = step.progress.filter(|step| step.stage == "index" && step.total == 60);
        if steps > 20 && progress.is_some_and(|step| (8..40).contains(&step.done)) {
            break;
        }
    }
    let ids: Vec<i64> = (0..60).filter(|id| id % 2 == 0).collect();
    driven.run(delete("a", &ids)).expect("a delete");
    driven.run(Command::Compact { target: target("a") }).expect("a compaction");
    driven.settle();
    assert_eq!(answered_by(&driven, "a"), "graph");
    let stored = page_bytes(&driven, &host);
    // The same rows, given at once.
    let other_host = MemoryHost::default();
    let (other, _) = Driven::open(Rc::new(other_host.clone()), 0).expect("an empty store opens");
    other.run(create_graph("a")).expect("a collection is made");
    let left: Vec<(i64, Row)> = (0..60).filter(|id| id % 2 == 1).map(|id| (id, Row::new(id, 0))).collect();
    other.run(insert("a", &left)).expect("the rows fit");
    other.run(flush("a")).expect("a flush");
    other.settle();
    assert_eq!(stored, page_bytes(&other, &other_host), "nothing of the other graph is left");
    let hits = |driven: &Driven| match driven.run(search_all("a", 5)) {
        Ok(Reply::Hits(hits)) => (0..5).map(|at| hits.primary_keys.value(at)).collect::<Vec<_>>(),
        other => panic!("a search gave {other:?}"),
    };
    assert_eq!(hits(&driven), hits(&other));
}

/// Makes an index over the crate's graph, in a collection of 300 rows; the answer to its creation.
fn index_by_crate(driven: &Driven) -> Result<Reply, Error> {
    index_anew(driven, "FLAT", &[]);
    let params = [("graph", "instant-distance"), ("efConstruction", "100")];
    let spec = IndexSpec {
        field: "v".to_string(),
        metric: "L2".to_string(),
        index_type: "HNSW".to_string(),
        params: params.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect(),
        ..IndexSpec::default()
    };
    driven.run(Command::ReleaseCollection { target: target("a") })?;
    driven.run(Command::DropIndex { target: target("a"), index: "v".to_string() })?;
    driven.run(Command::CreateIndex { target: target("a"), indexes: vec![spec] })
}

#[cfg(not(feature = "instant-distance"))]
#[test]
fn the_crates_graph_is_refused_where_the_build_has_it_not() {
    let driven = sealed(&MemoryHost::default(), 300);
    let error = index_by_crate(&driven).expect_err("no such graph");
    assert_eq!(error.code(), 3000);
    assert!(error.to_string().contains("graph 'instant-distance' of an HNSW index"), "{error}");
}

#[cfg(feature = "instant-distance")]
#[test]
fn the_crates_graph_answers_and_is_made_anew_after_an_opening() {
    let host = MemoryHost::default();
    let driven = sealed(&host, 300);
    driven.settle();
    index_anew(&driven, "FLAT", &[]);
    let hits = |driven: &Driven| match driven.run(search_all("a", 5)) {
        Ok(Reply::Hits(hits)) => (0..5).map(|at| hits.primary_keys.value(at)).collect::<Vec<_>>(),
        other => panic!("a search gave {other:?}"),
    };
    let expected = hits(&driven);
    index_by_crate(&driven).expect("the build has it");
    driven.run(Command::LoadCollection { target: target("a") }).expect("an index there is");
    driven.settle();
    assert_eq!(answered_by(&driven, "a"), "graph of instant-distance");
    assert_eq!(hits(&driven), expected);
    let stored = page_bytes(&driven, &host);
    drop(driven);
    let (driven, _) = Driven::open(Rc::new(host.clone()), 1).expect("the store opens");
    assert_eq!(hits(&driven), expected, "as long as there is no graph, codes are scanned");
    driven.settle();
    assert_eq!(answered_by(&driven, "a"), "graph of instant-distance");
    assert_eq!(page_bytes(&driven, &host), stored, "codes alone");
    // What is deleted is not found, however little the graph knows of it.
    driven.run(delete("a", &(0..300).filter(|id| id % 2 == 0).collect::<Vec<i64>>())).expect("a delete");
    let rest = hits(&driven);
    assert!(rest.iter().all(|key| matches!(key, Value::Int(id) if id % 2 == 1)), "{rest:?}");
}
