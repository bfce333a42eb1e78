//! Calls of a host that fail: the driver opens the engine again within the same call, says what is known of the
//! command, and loses nothing that came later.

use std::cell::{Cell, RefCell};
use std::future::ready;
use std::rc::Rc;

use elanus::command::{Command, Reply};
use elanus::error::{Error, Result};
use elanus::host::executor::give_way;
use elanus::host::memory::MemoryHost;
use elanus::host::{Host, Pending};
use elanus::schema::Value;
use elanus::store::{Batch, BlobKey, Bytes, codec};

use crate::driven::{Driven, Row, create, delete, flush, insert, query_all, search_all, upsert};
use crate::world::{records, target};

/// What becomes of a call.
#[derive(Debug, Clone, Copy)]
enum Fate {
    /// It fails and nothing was done.
    Refused(fn() -> Error),
    /// It fails though it was done.
    Lost(fn() -> Error),
}

/// A host whose calls fail as planned: the first fate is that of the next call, and so on; then all is well.
#[derive(Clone, Default)]
struct FailingHost {
    host: MemoryHost,
    commits: Rc<RefCell<Vec<Option<Fate>>>>,
    reads: Rc<RefCell<Vec<Option<Error>>>>,
    commit_count: Rc<Cell<usize>>,
    is_lost: Rc<Cell<bool>>,
}

impl FailingHost {
    fn next_commits(&self, fates: &[Option<Fate>]) {
        *self.commits.borrow_mut() = fates.to_vec();
    }

    fn next_reads(&self, errors: &[Option<Error>]) {
        *self.reads.borrow_mut() = errors.to_vec();
    }

    fn read_error(&self) -> Option<Error> {
        let mut reads = self.reads.borrow_mut();
        if reads.is_empty() { None } else { reads.remove(0) }
    }

    fn blob(&self, key: BlobKey) -> Option<Bytes> {
        let mut load = self.host.load(&[key]);
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        match load.as_mut().poll(&mut context) {
            std::task::Poll::Ready(Ok(mut blobs)) => blobs.pop().flatten(),
            other => panic!("memory answers at once, and came to {other:?}"),
        }
    }
}

impl Host for FailingHost {
    fn list(&self, prefix: &[u8]) -> Pending<Vec<BlobKey>> {
        match self.read_error() {
            Some(error) => Box::pin(ready(Err(error))),
            None => self.host.list(prefix),
        }
    }

    fn load(&self, keys: &[BlobKey]) -> Pending<Vec<Option<Bytes>>> {
        match self.read_error() {
            Some(error) => Box::pin(ready(Err(error))),
            None => self.host.load(keys),
        }
    }

    fn commit(&self, batch: Batch) -> Pending<()> {
        self.commit_count.set(self.commit_count.get() + 1);
        let mut commits = self.commits.borrow_mut();
        let fate = if commits.is_empty() { None } else { commits.remove(0) };
        let outcome = match fate {
            Some(Fate::Refused(error)) => Box::pin(ready(Err(error()))),
            Some(Fate::Lost(error)) => {
                drop(self.host.commit(batch));
                Box::pin(ready(Err(error())))
            }
            None => self.host.commit(batch),
        };
        // A few turns later, so that commands are executed while a commit is under way.
        Box::pin(async {
            for _ in 0..3 {
                give_way().await;
            }
            outcome.await
        })
    }

    fn is_lost(&self) -> bool {
        self.is_lost.take()
    }

    fn close(&self) -> Pending<()> {
        self.host.close()
    }
}

fn quota() -> Error {
    Error::Quota { reason: "full".to_string() }
}

fn storage() -> Error {
    Error::Storage { reason: "refused".to_string() }
}

fn unknown() -> Error {
    Error::UnknownCommit { reason: "gone".to_string() }
}

fn closed_by_surprise() -> Error {
    Error::Aborted { reason: "no idea".to_string() }
}

fn row(id: i64) -> Vec<(i64, Row)> {
    vec![(id, Row::new(id, 0))]
}

fn ids(driven: &Driven) -> Vec<i64> {
    let found = match driven.run(query_all("a")) {
        Ok(Reply::Rows(found)) => found,
        other => panic!("the query gave {other:?}"),
    };
    let id = |record: &std::collections::BTreeMap<String, Value>| match record["id"] {
        Value::Int(id) => id,
        _ => panic!("an id is a number"),
    };
    records(&found).iter().map(id).collect()
}

fn with_collection() -> (FailingHost, Driven) {
    let host = FailingHost::default();
    let (driven, opened) = Driven::open(Rc::new(host.clone()), 0).expect("an empty store opens");
    assert!(opened.is_new && opened.epoch == 1);
    driven.run(create("a")).expect("a collection is made");
    driven.run(insert("a", &row(1))).expect("a row is stored");
    (host, driven)
}

/// Asks for all commands at once; returns their answers in the order in which they came.
fn all(driven: &Driven, commands: Vec<Command>) -> Vec<(usize, Result<Reply>)> {
    let answers = Rc::new(RefCell::new(Vec::new()));
    let count = commands.len();
    for (at, command) in commands.into_iter().enumerate() {
        let answers = answers.clone();
        driven.listen(driven.driver.run(command), move |answer| answers.borrow_mut().push((at, answer)));
    }
    for _ in 0..10_000 {
        if answers.borrow().len() == count {
            return answers.take();
        }
        driven.turn();
    }
    panic!("of {count} answers {} came", answers.borrow().len());
}

#[test]
fn a_refused_commit_is_answered_with_the_refusal_and_nothing_of_it_is_stored() {
    for error in [quota, storage] {
        let (host, driven) = with_collection();
        host.next_commits(&[Some(Fate::Refused(error))]);
        assert_eq!(driven.run(insert("a", &row(2))).err(), Some(error()));
        assert_eq!(ids(&driven), [1]);
        driven.run(insert("a", &row(3))).expect("the next command finds an engine");
        assert_eq!(ids(&driven), [1, 3]);
    }
}

#[test]
fn a_commit_that_is_lost_is_unknown_and_the_engine_agrees_with_the_store() {
    for (fate, expected) in [
        (Fate::Lost(unknown), vec![1, 2]),
        (Fate::Refused(unknown), vec![1]),
        (Fate::Lost(closed_by_surprise), vec![1, 2]),
        (Fate::Refused(closed_by_surprise), vec![1]),
    ] {
        let (host, driven) = with_collection();
        host.next_commits(&[Some(fate)]);
        let answer = driven.run(insert("a", &row(2)));
        assert!(matches!(answer, Err(Error::UnknownCommit { .. })), "{answer:?}");
        assert_eq!(ids(&driven), expected);
        driven.run(upsert("a", &row(2))).expect("it can be repeated as an upsert");
        assert_eq!(ids(&driven), [1, 2]);
    }
}

#[test]
fn commands_on_top_of_a_failed_commit_fail_with_it_and_later_ones_run() {
    for (error, is_lost) in [(quota as fn() -> Error, false), (unknown, false), (unknown, true)] {
        let (host, driven) = with_collection();
        let fate = if is_lost { Fate::Lost(error) } else { Fate::Refused(error) };
        // While the first commit is under way the next commands are executed, and theirs is the one that fails.
        host.next_commits(&[None, Some(fate)]);
        let commands = vec![insert("a", &row(2)), insert("a", &row(3)), insert("a", &row(4)), query_all("a")];
        let answers = all(&driven, commands);
        let failed: Vec<usize> = answers.iter().filter(|(_, answer)| answer.is_err()).map(|(at, _)| *at).collect();
        assert!(!failed.is_empty() && !failed.contains(&0) && !failed.contains(&3), "{failed:?} failed");
        for (_, answer) in answers.iter().filter(|(_, answer)| answer.is_err()) {
            assert_eq!(answer.as_ref().err(), Some(&error()));
        }
        let stored = ids(&driven);
        for (at, id) in [(0, 2), (1, 3), (2, 4)] {
            let is_answered = !failed.contains(&at);
            assert!(!is_answered || stored.contains(&id), "row {id} was answered and is absent");
            assert!(is_answered || is_lost || !stored.contains(&id), "row {id} was refused and is there");
        }
        driven.run(insert("a", &row(9))).expect("nothing later is lost");
        assert!(ids(&driven).contains(&9));
    }
}

#[test]
fn answers_come_in_the_order_of_the_commands_and_after_the_commits_that_they_saw() {
    let (host, driven) = with_collection();
    let before = host.commit_count.get();
    let commands = (2..40).flat_map(|id| [insert("a", &row(id)), query_all("a")]).collect();
    let answers = all(&driven, commands);
    assert!(answers.iter().map(|(at, _)| *at).eq(0..76), "{:?}", answers.iter().map(|(at, _)| at).collect::<Vec<_>>());
    assert!(answers.iter().all(|(_, answer)| answer.is_ok()));
    let commits = host.commit_count.get() - before;
    assert!((1..38).contains(&commits), "38 inserts asked for at once took {commits} commits");
}

#[test]
fn a_read_does_not_show_what_is_then_not_stored() {
    let (host, driven) = with_collection();
    host.next_commits(&[Some(Fate::Refused(quota))]);
    let answers = all(&driven, vec![delete("a", &[1]), query_all("a")]);
    assert_eq!(answers[0].1.as_ref().err(), Some(&quota()));
    match &answers[1].1 {
        Ok(Reply::Rows(found)) => assert_eq!(found.row_count, 1, "the refused delete is seen"),
        other => panic!("the query gave {other:?}"),
    }
    assert_eq!(ids(&driven), [1]);
}

#[test]
fn work_in_the_background_that_fails_fails_no_command() {
    for fate in [Fate::Refused(quota), Fate::Refused(unknown), Fate::Lost(unknown)] {
        let (host, driven) = with_collection();
        driven.run(flush("a")).expect("a flush is noted");
        let commits = host.commit_count.get();
        host.next_commits(&[Some(fate)]);
        let maintained = Rc::new(RefCell::new(None));
        let told = maintained.clone();
        driven.listen(driven.driver.maintain(1 << 20), move |result| *told.borrow_mut() = Some(result));
        let commands =
            vec![query_all("a"), insert("a", &row(2)), upsert("a", &row(1)), query_all("a"), insert("a", &row(3))];
        let answers = all(&driven, commands);
        assert!(host.commit_count.get() > commits);
        assert!(matches!(maintained.take(), Some(Err(_))), "the one who asked for it is told");
        assert!(answers.iter().all(|(_, answer)| answer.is_ok()), "{answers:?}");
        assert!(answers.iter().map(|(at, _)| *at).eq(0..5));
        assert_eq!(ids(&driven), [1, 2, 3]);
        driven.settle();
        assert_eq!(ids(&driven), [1, 2, 3]);
    }
}

#[test]
fn reopening_is_tried_again_and_a_failure_of_it_ends_with_the_next_success() {
    let (host, driven) = with_collection();
    host.next_commits(&[Some(Fate::Lost(unknown))]);
    host.next_reads(&[Some(storage()), Some(storage())]);
    assert_eq!(driven.run(insert("a", &row(2))).err(), Some(unknown()));
    assert_eq!(ids(&driven), [1, 2]);

    host.next_commits(&[Some(Fate::Lost(unknown))]);
    // All attempts of the failing call, all of the next one, and one of the call after that.
    host.next_reads(&vec![Some(storage()); 7]);
    assert_eq!(driven.run(insert("a", &row(3))).err(), Some(unknown()));
    assert_eq!(driven.run(query_all("a")).err(), Some(storage()));
    assert_eq!(ids(&driven), [1, 2, 3]);
}

#[test]
fn a_read_that_fails_fails_one_command_only() {
    let (host, driven) = with_collection();
    driven.wait(driven.driver.close()).expect("it closes");
    let (driven, opened) = Driven::open(Rc::new(host.clone()), 50).expect("it opens again");
    assert!(!opened.is_new);
    host.next_reads(&[Some(storage())]);
    assert_eq!(driven.run(search_all("a", 5)).err(), Some(storage()));
    assert_eq!(ids(&driven), [1]);
}

#[test]
fn a_database_that_vanished_is_evicted_and_not_made_anew() {
    let (host, driven) = with_collection();
    let mut nothing = Batch::default();
    for key in driven.wait(host.host.list(&[])).expect("memory lists") {
        nothing.remove(key);
    }
    driven.wait(host.host.commit(nothing)).expect("memory forgets");
    let answer = driven.run(insert("a", &row(2)));
    assert!(matches!(answer, Err(Error::Evicted { .. })), "{answer:?}");
    assert!(matches!(driven.run(query_all("a")), Err(Error::Evicted { .. })));
    assert_eq!(driven.wait(host.host.list(&[])), Ok(vec![]));
}

#[test]
fn a_reader_hears_that_the_store_was_taken_away_and_reads_on_when_it_is_there_after_all() {
    let (host, driven) = with_collection();
    host.is_lost.set(true);
    assert_eq!(ids(&driven), [1]);
    host.is_lost.set(true);
    host.next_reads(&[Some(storage())]);
    assert_eq!(driven.run(query_all("a")).err(), Some(storage()));
    assert_eq!(ids(&driven), [1]);

    host.is_lost.set(true);
    let gone = Error::Evicted { reason: "it is gone".to_string() };
    host.next_reads(&[Some(gone.clone())]);
    assert_eq!(driven.run(query_all("a")).err(), Some(gone));

    let (_other, _) = Driven::open(Rc::new(host.clone()), 500).expect("another writer opens");
    host.is_lost.set(true);
    assert!(matches!(driven.run(query_all("a")), Err(Error::Locked { .. })));
}

#[test]
fn a_writer_whose_store_was_taken_over_is_locked_for_good() {
    let (host, first) = with_collection();
    let (second, opened) = Driven::open(Rc::new(host.clone()), 500).expect("another writer opens");
    assert_eq!((opened.is_new, opened.epoch), (false, 2));
    for _ in 0..2 {
        let answer = first.run(insert("a", &row(2)));
        assert!(matches!(answer, Err(Error::Locked { .. })), "{answer:?}");
        assert!(matches!(first.run(query_all("a")), Err(Error::Locked { .. })));
    }
    second.run(insert("a", &row(3))).expect("the second writer writes");
    assert_eq!(ids(&second), [1, 3]);
}

#[test]
fn a_store_without_room_opens_and_can_be_read() {
    let (host, driven) = with_collection();
    driven.wait(driven.driver.close()).expect("it closes");
    host.next_commits(&[Some(Fate::Refused(quota)), Some(Fate::Refused(quota)), Some(Fate::Refused(quota))]);
    let (driven, _) = Driven::open(Rc::new(host.clone()), 70).expect("it opens without room");
    assert_eq!(ids(&driven), [1]);
    assert_eq!(driven.run(insert("a", &row(2))).err(), Some(quota()));
    assert_eq!(ids(&driven), [1]);
    driven.run(insert("a", &row(3))).expect("there is room again");
    let (later, opened) = Driven::open(Rc::new(host), 90).expect("another writer opens");
    assert_eq!((ids(&later), opened.epoch), (vec![1, 3], 3));
}

#[test]
fn after_closing_everything_is_closed_and_what_was_under_way_is_stored() {
    let (host, driven) = with_collection();
    let answers = Rc::new(RefCell::new(Vec::new()));
    for id in 2..5 {
        let answers = answers.clone();
        driven.listen(driven.driver.run(insert("a", &row(id))), move |answer| {
            answers.borrow_mut().push(answer.is_ok());
        });
    }
    let close = driven.driver.close();
    let late = driven.driver.run(query_all("a"));
    assert_eq!(driven.wait(close), Ok(()));
    assert_eq!(answers.take(), [true; 3]);
    assert_eq!(driven.wait(late).err(), Some(Error::Closed));
    assert_eq!(driven.wait(driven.driver.open()).err(), Some(Error::Closed));
    let (driven, _) = Driven::open(Rc::new(host), 60).expect("it opens again");
    assert_eq!(ids(&driven), [1, 2, 3, 4]);
}

#[test]
fn commands_before_opening_are_refused() {
    let driven = Driven::new(Rc::new(MemoryHost::default()), 0);
    assert_eq!(driven.run(Command::Stats).err(), Some(Error::Closed));
}

#[test]
fn a_damaged_epoch_or_catalog_is_an_error_of_opening() {
    let (host, driven) = with_collection();
    driven.wait(driven.driver.close()).expect("it closes");
    for key in [BlobKey::Epoch, BlobKey::Catalog] {
        let intact = host.blob(key).expect("it is stored");
        let mut damaged = intact.clone();
        damaged.as_mut_slice()[codec::HEADER_BYTES] ^= 1;
        for (blob, is_intact) in [(damaged, false), (intact, true)] {
            let mut batch = Batch::default();
            batch.put(key, blob);
            driven.wait(host.host.commit(batch)).expect("memory stores");
            let opened = Driven::open(Rc::new(host.clone()), 800).map(|(_, opened)| opened.is_new);
            match opened {
                Ok(is_new) => assert!(is_intact && !is_new, "a damaged {key} is not noticed"),
                Err(error) => assert!(!is_intact && matches!(error, Error::Corrupt { .. }), "{key}: {error}"),
            }
        }
    }
    let collections = Command::HasCollection { target: target("a") };
    let (driven, _) = Driven::open(Rc::new(host), 900).expect("it opens once it is repaired");
    assert!(matches!(driven.run(collections), Ok(Reply::Has(true))));
}
