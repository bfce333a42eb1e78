//! Power cuts: at every operation of the disk, in every way in which unsynced work may survive, and again inside the
//! recovery. What was answered is there, nothing is half there, and recovering twice gives the same state.
//!
//! A scenario runs once on the simulated disk; the states after a cut are made from the disk's record of it. What
//! the rows should be is kept by plain maps beside the commands.

use std::cell::RefCell;
use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::{Hash, Hasher};
use std::rc::Rc;

use elanus::command::{Command, Reply};
use elanus::error::Result;
use elanus::host::{Host, Pending};
use elanus::schema::Value;
use elanus::store::{Batch, BlobKey, Bytes};

use crate::driven::{
    ADDED, DIM, Driven, Row, add_field, create, create_graph, delete, delete_where, insert, query_all, search_all,
    upsert,
};
use crate::hosts::report;
use crate::simulated::SimulatedHost;
use crate::simulated::disk::{Disk, Image, SURVIVALS};
use crate::world::{records, target};

/// What a store should hold: rows by key, by collection.
type Rows = BTreeMap<String, BTreeMap<i64, Row>>;

/// Something done, and what the store should hold afterwards.
struct Step {
    action: Action,
    after: Rows,
}

#[derive(Clone)]
enum Action {
    Run(Box<Command>),
    Maintain,
}

/// Steps in the making.
#[derive(Default)]
struct Script {
    steps: Vec<Step>,
    rows: Rows,
    /// Whether collections have the field `added`.
    has_added: bool,
}

impl Script {
    fn run(&mut self, command: Command) {
        self.steps.push(Step { action: Action::Run(Box::new(command)), after: self.rows.clone() });
    }

    fn rows_of(&mut self, name: &str) -> &mut BTreeMap<i64, Row> {
        self.rows.get_mut(name).expect("the script made the collection")
    }

    fn maintain(&mut self, count: usize) {
        for _ in 0..count {
            self.steps.push(Step { action: Action::Maintain, after: self.rows.clone() });
        }
    }

    fn create(&mut self, name: &str) {
        self.rows.insert(name.to_string(), BTreeMap::new());
        self.run(create(name));
    }

    fn create_graph(&mut self, name: &str) {
        self.rows.insert(name.to_string(), BTreeMap::new());
        self.run(create_graph(name));
    }

    fn drop(&mut self, name: &str) {
        self.rows.remove(name);
        self.run(Command::DropCollection { target: target(name) });
    }

    fn add_field(&mut self, name: &str) {
        self.has_added = true;
        self.rows_of(name).values_mut().for_each(|row| row.added = Some(Value::Int(ADDED)));
        self.run(add_field(name));
    }

    fn new_rows(&self, ids: impl Iterator<Item = i64>, version: i64) -> Vec<(i64, Row)> {
        let added = |id: i64| self.has_added.then_some(Value::Int(id + 100));
        ids.map(|id| (id, Row { added: added(id), ..Row::new(id, version) })).collect()
    }

    fn insert(&mut self, name: &str, ids: impl Iterator<Item = i64>) {
        let new = self.new_rows(ids, 0);
        self.rows_of(name).extend(new.clone());
        self.run(insert(name, &new));
    }

    fn upsert(&mut self, name: &str, ids: impl Iterator<Item = i64>, version: i64) {
        let new = self.new_rows(ids, version);
        self.rows_of(name).extend(new.clone());
        self.run(upsert(name, &new));
    }

    fn delete(&mut self, name: &str, ids: &[i64]) {
        self.rows_of(name).retain(|id, _| !ids.contains(id));
        self.run(delete(name, ids));
    }

    fn delete_below(&mut self, name: &str, bound: i64) {
        self.rows_of(name).retain(|_, row| row.n >= bound);
        self.run(delete_where(name, &format!("n < {bound}")));
    }

    fn flush(&mut self, name: &str) {
        self.run(Command::Flush { target: target(name) });
    }

    fn compact(&mut self, name: &str) {
        self.run(Command::Compact { target: target(name) });
    }
}

fn inserts() -> Script {
    let mut script = Script::default();
    script.create("a");
    for at in 0..10 {
        script.insert("a", at * 5..at * 5 + 1 + at % 4);
    }
    script
}

fn upserts() -> Script {
    let mut script = Script::default();
    script.create("a");
    script.insert("a", 0..6);
    for version in 1..8 {
        script.upsert("a", version..version + 4, version);
    }
    script
}

fn deletes() -> Script {
    let mut script = Script::default();
    script.create("a");
    script.insert("a", 0..12);
    for id in 0..4 {
        script.delete("a", &[id, id + 2, 100]);
    }
    script.delete_below("a", 70);
    script.insert("a", 3..5);
    script.delete_below("a", 45);
    script
}

fn seals() -> Script {
    let mut script = Script::default();
    script.create("a");
    for at in 0..3 {
        script.insert("a", at * 4..at * 4 + 4);
    }
    script.flush("a");
    script.maintain(4);
    script.insert("a", 12..15);
    script.delete("a", &[1, 13]);
    script.flush("a");
    script.maintain(4);
    script.upsert("a", 2..4, 5);
    script
}

fn compactions() -> Script {
    let mut script = Script::default();
    script.create("a");
    for at in 0..3 {
        script.insert("a", at * 8..at * 8 + 8);
        script.flush("a");
        script.maintain(3);
        script.delete("a", &[at * 8, at * 8 + 1, at * 8 + 3]);
    }
    script.compact("a");
    script.maintain(8);
    script.upsert("a", 0..2, 3);
    script.delete_below("a", 60);
    script.compact("a");
    script.maintain(6);
    script
}

fn fields() -> Script {
    let mut script = Script::default();
    script.create("a");
    script.insert("a", 0..4);
    script.flush("a");
    script.maintain(3);
    script.insert("a", 4..7);
    script.add_field("a");
    script.insert("a", 7..9);
    script.upsert("a", 1..3, 1);
    script.flush("a");
    script.maintain(3);
    script.delete("a", &[0, 5]);
    script.compact("a");
    script.maintain(5);
    script.insert("a", 20..22);
    script
}

fn indexes() -> Script {
    indexed(Script::create)
}

fn graphs() -> Script {
    indexed(Script::create_graph)
}

fn indexed(create: fn(&mut Script, &str)) -> Script {
    let mut script = Script::default();
    create(&mut script, "a");
    script.insert("a", 0..9);
    script.flush("a");
    script.maintain(24);
    script.delete("a", &[1, 2, 5]);
    script.insert("a", 20..24);
    script.flush("a");
    script.maintain(20);
    script.compact("a");
    script.maintain(30);
    script.drop("a");
    script.maintain(2);
    script
}

fn everything() -> Script {
    let mut script = Script::default();
    script.create("a");
    script.insert("a", 0..6);
    script.create("b");
    script.insert("b", 0..3);
    script.flush("a");
    script.maintain(3);
    script.upsert("a", 4..8, 1);
    script.drop("b");
    script.delete("a", &[0, 5]);
    script.create("b");
    script.maintain(3);
    script.insert("b", 7..9);
    script.compact("a");
    script.maintain(4);
    script.drop("a");
    script.maintain(3);
    script.insert("b", 20..22);
    script
}

/// What a run left behind: the disk's record, and when each step was asked and answered, in operations of the disk.
struct Run {
    disk: Disk,
    asked: Vec<usize>,
    answered: Vec<usize>,
    /// The kinds of background work that were done.
    stages: BTreeSet<&'static str>,
}

/// Runs a script with `together` steps under way at a time.
fn perform(script: &Script, together: usize, disk: Disk, host: Rc<dyn Host>) -> Run {
    let (driven, _) = Driven::open(host, 0).expect("an empty store opens");
    let answered = Rc::new(RefCell::new(vec![usize::MAX; script.steps.len()]));
    let stages = Rc::new(RefCell::new(BTreeSet::new()));
    let mut asked = Vec::new();
    for (chunk, steps) in script.steps.chunks(together).enumerate() {
        for (at, step) in steps.iter().enumerate() {
            asked.push(disk.operation_count());
            let (number, answered, disk) = (chunk * together + at, answered.clone(), disk.clone());
            let note = move |result: Result<()>| {
                result.expect("no step fails");
                answered.borrow_mut()[number] = disk.operation_count();
            };
            match step.action.clone() {
                Action::Run(command) => {
                    driven.listen(driven.driver.run(*command), move |result| note(result.map(drop)))
                }
                // A small budget makes many steps, each with its own batch.
                Action::Maintain => {
                    let stages = stages.clone();
                    driven.listen(driven.driver.maintain(1), move |result| {
                        let progress = result.as_ref().ok().and_then(|done| done.progress.as_ref());
                        stages.borrow_mut().extend(progress.map(|progress| progress.stage));
                        note(result.map(drop));
                    });
                }
            }
        }
        while answered.borrow()[..asked.len()].contains(&usize::MAX) {
            driven.turn();
        }
    }
    let answered = answered.borrow().clone();
    let stages = stages.borrow().clone();
    Run { disk, asked, answered, stages }
}

/// What an opened store holds, read by queries; a search has to agree.
fn observe(driven: &Driven) -> Rows {
    let Ok(Reply::Names(names)) = driven.run(Command::ListCollections { database: "default".to_string() }) else {
        panic!("collections cannot be listed");
    };
    names.into_iter().map(|name| (name.clone(), observe_collection(driven, &name))).collect()
}

fn observe_collection(driven: &Driven, name: &str) -> BTreeMap<i64, Row> {
    let found = match driven.run(query_all(name)) {
        Ok(Reply::Rows(found)) => found,
        other => panic!("a query of {name} gave {other:?}"),
    };
    let rows: Vec<(i64, Row)> = records(&found).iter().map(row).collect();
    let hits = match driven.run(search_all(name, 1000)) {
        Ok(Reply::Hits(hits)) => hits,
        other => panic!("a search of {name} gave {other:?}"),
    };
    let mut nearest: Vec<(f32, i64)> =
        rows.iter().map(|(id, row)| (row.vector.iter().map(|x| x * x).sum(), *id)).collect();
    nearest.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let hit = |at: usize| (hits.scores[at], hits.primary_keys.value(at));
    let got: Vec<(f32, Value)> = (0..hits.scores.len()).map(hit).collect();
    let expected: Vec<(f32, Value)> = nearest.into_iter().map(|(score, id)| (score, Value::Int(id))).collect();
    assert_eq!(got, expected, "a search and a query of {name} disagree");
    let count = rows.len();
    let rows: BTreeMap<i64, Row> = rows.into_iter().collect();
    assert_eq!(rows.len(), count, "a key of {name} is there twice");
    rows
}

fn row(record: &BTreeMap<String, Value>) -> (i64, Row) {
    let int = |name: &str| match &record[name] {
        Value::Int(value) => *value,
        other => panic!("{name} is {other:?}"),
    };
    let Value::Text(tag) = &record["tag"] else { panic!("tag is {:?}", record["tag"]) };
    let Value::List(elements) = &record["v"] else { panic!("v is {:?}", record["v"]) };
    let element = |value: &Value| match value {
        Value::Double(value) => *value as f32,
        Value::Int(value) => *value as f32,
        other => panic!("an element is {other:?}"),
    };
    let vector: Vec<f32> = elements.iter().map(element).collect();
    assert_eq!(vector.len(), DIM as usize);
    (int("id"), Row { n: int("n"), tag: tag.clone(), vector, added: record.get("added").cloned() })
}

/// Counts power cuts and looks at the state after each.
#[derive(Default)]
struct Cuts {
    examined: usize,
    distinct: HashSet<(u64, usize)>,
}

impl Cuts {
    /// Cuts a run everywhere.
    ///
    /// # Errors
    /// The first broken promise, in words.
    fn examine(&mut self, script: &Script, run: &Run, fold_bytes: usize) -> std::result::Result<(), String> {
        for cut in 0..=run.disk.operation_count() {
            // The steps are answered in their order, so what was answered is a beginning of the script.
            let answered = run.answered.iter().filter(|at| **at <= cut).count();
            let asked = run.asked.iter().filter(|at| **at <= cut).count();
            for survival in SURVIVALS {
                let image = run.disk.after_power_cut(cut, survival);
                self.examined += 1;
                if !self.distinct.insert((hash(&image), answered)) {
                    continue;
                }
                self.recover(script, image, answered..=asked, fold_bytes)
                    .map_err(|reason| format!("cut {cut}, {survival:?}: {reason}"))?;
            }
        }
        Ok(())
    }

    fn recover(
        &mut self,
        script: &Script,
        image: Image,
        allowed: std::ops::RangeInclusive<usize>,
        fold_bytes: usize,
    ) -> std::result::Result<(), String> {
        let answered = *allowed.start();
        let disk = Disk::new(image.clone());
        let driven = open(&disk, fold_bytes)?;
        let file = driven.export().map_err(|error| format!("the recovered store cannot be exported: {error}"))?;
        let recovery_operations = disk.operation_count();
        let found = observe(&driven);
        let nothing = Rows::new();
        let after = |steps: usize| if steps == 0 { &nothing } else { &script.steps[steps - 1].after };
        if !allowed.clone().any(|steps| *after(steps) == found) {
            return Err(format!("{allowed:?} steps should have survived, and there is {found:?}"));
        }
        for cut in 0..recovery_operations {
            for survival in SURVIVALS {
                let again = disk.after_power_cut(cut, survival);
                self.examined += 1;
                if !self.distinct.insert((hash(&again), answered)) {
                    continue;
                }
                let second = open(&Disk::new(again), fold_bytes)?.export();
                if second.as_ref() != Ok(&file) {
                    return Err(format!("a cut of the recovery at {cut}, {survival:?}, changes what is recovered"));
                }
            }
        }
        Ok(())
    }
}

fn open(disk: &Disk, fold_bytes: usize) -> std::result::Result<Driven, String> {
    let host = Rc::new(SimulatedHost::open(disk, fold_bytes));
    Driven::open(host, 1 << 32).map(|(driven, _)| driven).map_err(|error| format!("the store does not open: {error}"))
}

/// A number that differs where images do.
pub fn hash(image: &Image) -> u64 {
    let mut hasher = DefaultHasher::new();
    image.hash(&mut hasher);
    hasher.finish()
}

/// A host that answers before it has stored anything: each batch goes to the disk when the next one comes.
struct EarlyHost {
    host: SimulatedHost,
    owed: RefCell<Option<Batch>>,
}

impl EarlyHost {
    fn pay(&self) {
        if let Some(batch) = self.owed.borrow_mut().take() {
            drop(self.host.commit(batch));
        }
    }
}

impl Host for EarlyHost {
    fn list(&self, prefix: &[u8]) -> Pending<Vec<BlobKey>> {
        self.pay();
        self.host.list(prefix)
    }

    fn load(&self, keys: &[BlobKey]) -> Pending<Vec<Option<Bytes>>> {
        self.pay();
        self.host.load(keys)
    }

    fn commit(&self, batch: Batch) -> Pending<()> {
        self.pay();
        *self.owed.borrow_mut() = Some(batch);
        Box::pin(std::future::ready(Ok(())))
    }

    fn close(&self) -> Pending<()> {
        self.pay();
        self.host.close()
    }
}

/// A name, a script, and the background work that it must come to.
type Scenario = (&'static str, fn() -> Script, &'static [&'static str]);

const SCENARIOS: [Scenario; 9] = [
    ("insert", inserts, &[]),
    ("upsert", upserts, &[]),
    ("delete", deletes, &[]),
    ("seal", seals, &["seal"]),
    ("compact", compactions, &["compact", "seal"]),
    ("index", indexes, &["compact", "index", "seal"]),
    ("graph", graphs, &["compact", "index", "seal"]),
    ("a field added", fields, &["compact", "seal"]),
    ("mixed, with collections dropped", everything, &["compact", "seal"]),
];

#[test]
fn what_was_answered_survives_a_power_cut_at_any_moment() {
    let mut distinct = 0;
    for (name, scenario, stages) in SCENARIOS {
        let script = scenario();
        let mut cuts = Cuts::default();
        // A journal that is folded all the time, and one that never is; steps alone, and several in one transaction.
        for (fold_bytes, together) in [(1200, 1), (1200, 3), (1 << 20, 1), (1 << 20, 3)] {
            let disk = Disk::default();
            let host = Rc::new(SimulatedHost::open(&disk, fold_bytes));
            let run = perform(&script, together, disk, host);
            let missing = stages.iter().find(|stage| !run.stages.contains(*stage));
            assert_eq!(missing, None, "scenario {name} came to {:?} only", run.stages);
            if let Err(reason) = cuts.examine(&script, &run, fold_bytes) {
                panic!("scenario {name}, {together} steps at a time, folded at {fold_bytes} bytes: {reason}");
            }
        }
        report(&format!("power cuts: {name}: {} distinct of {}", cuts.distinct.len(), cuts.examined));
        distinct += cuts.distinct.len();
    }
    report(&format!("power cuts: {distinct} distinct in all"));
    assert!(distinct >= 5000, "only {distinct} distinct power cuts were looked at");
}

#[test]
fn a_host_that_answers_early_is_found_out() {
    for (name, scenario, _) in SCENARIOS {
        let script = scenario();
        let disk = Disk::default();
        let host = EarlyHost { host: SimulatedHost::open(&disk, 1200), owed: RefCell::default() };
        let run = perform(&script, 1, disk, Rc::new(host));
        let verdict = Cuts::default().examine(&script, &run, 1200);
        let reason = verdict.expect_err(&format!("scenario {name} does not notice an early answer"));
        assert!(reason.contains("should have survived"), "scenario {name} fails for another reason: {reason}");
    }
}
