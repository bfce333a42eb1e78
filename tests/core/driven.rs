//! A driver on a host, run by hand: a turn happens when a test says so.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::rc::Rc;

use elanus::collection::delete::Delete;
use elanus::collection::query::Query;
use elanus::collection::search::{FilterText, QueryVectors, Search};
use elanus::collection::write::{Insert, Upsert};
use elanus::column::rows::Values;
use elanus::command::{Command, Reply};
use elanus::engine::Options;
use elanus::error::Result;
use elanus::host::driver::{Driver, Opened};
use elanus::host::executor::Executor;
use elanus::host::{Clock, Host};
use elanus::index::Thresholds;
use elanus::schema::Value;
use elanus::schema::check::{CollectionSpec, FieldSpec};
use elanus::schema::index_params::IndexSpec;

use crate::world::{rows, target};

/// More turns than any test takes: beyond, it waits for what will not come.
const TURNS_MAX: u32 = 100_000;

/// A clock that goes on by itself.
pub struct Ticks(Cell<u64>);

impl From<u64> for Ticks {
    fn from(start: u64) -> Ticks {
        Ticks(Cell::new(start))
    }
}

impl Clock for Ticks {
    fn now_ms(&self) -> u64 {
        1_700_000_000_000 + self.random()
    }

    fn random(&self) -> u64 {
        self.0.set(self.0.get() + 1);
        self.0.get()
    }
}

/// A driver and what runs it.
pub struct Driven {
    pub driver: Driver,
    executor: Executor,
}

impl Driven {
    /// A driver that has opened nothing yet. Writers with different seeds are different writers.
    pub fn new(host: Rc<dyn Host>, seed: u64) -> Driven {
        // Small stores have all structures too.
        let thresholds = Thresholds { coded_elements: 8, clustered_rows: 8, named_rows: 8 };
        let options = Options { thresholds, ..Options::with_limit(1 << 30) };
        let (driver, work) = Driver::new(host, options, Rc::new(Ticks(Cell::new(seed))));
        let executor = Executor::new(|| {});
        executor.spawn(work);
        Driven { driver, executor }
    }

    /// A driver on an opened store.
    pub fn open(host: Rc<dyn Host>, seed: u64) -> Result<(Driven, Opened)> {
        let driven = Driven::new(host, seed);
        let opened = driven.wait(driven.driver.open())?;
        Ok((driven, opened))
    }

    /// Begins to wait for an answer without turning; `heard` is called with it in the turn in which it comes.
    pub fn listen<T: 'static>(&self, asked: impl Future<Output = T> + 'static, heard: impl FnOnce(T) + 'static) {
        self.executor.spawn(async move { heard(asked.await) });
    }

    /// One turn.
    pub fn turn(&self) {
        self.executor.turn();
    }

    /// Turns until the answer is there.
    pub fn wait<T: 'static>(&self, asked: impl Future<Output = T> + 'static) -> T {
        let slot = Rc::new(RefCell::new(None));
        let heard = slot.clone();
        self.listen(asked, move |answer| *heard.borrow_mut() = Some(answer));
        for _ in 0..TURNS_MAX {
            if let Some(answer) = slot.borrow_mut().take() {
                return answer;
            }
            self.turn();
        }
        panic!("nobody answers");
    }

    /// Runs a command to its answer.
    pub fn run(&self, command: Command) -> Result<Reply> {
        self.wait(self.driver.run(command))
    }

    /// Does background work until none is left.
    pub fn settle(&self) {
        while self.wait(self.driver.maintain(64)).expect("background work goes well").has_more {}
    }

    /// The whole database as a file.
    pub fn export(&self) -> Result<Vec<u8>> {
        let export = self.wait(self.driver.export_start())?;
        let mut file = Vec::new();
        while let Some(piece) = self.wait(self.driver.export_next(export))? {
            file.extend_from_slice(&piece);
        }
        Ok(file)
    }
}

/// Elements of a vector in these tests.
pub const DIM: u32 = 4;

/// The row of a number: all its values follow from `id` and `version`.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub n: i64,
    pub tag: String,
    pub vector: Vec<f32>,
    /// The value of the field `added`, in a collection that has it.
    pub added: Option<Value>,
}

impl Row {
    pub fn new(id: i64, version: i64) -> Row {
        let vector = (0..i64::from(DIM)).map(|at| (id * 7 + version * 3 + at) as f32).collect();
        Row { n: id * 10 + version, tag: format!("t{}", (id + version) % 3), vector, added: None }
    }
}

/// Makes a collection of rows like [`Row`], which clusters answer once some are sealed.
pub fn create(name: &str) -> Command {
    create_indexed(name, IndexSpec::default())
}

/// The same, which a graph of few edges answers.
pub fn create_graph(name: &str) -> Command {
    let params = [("M", "2"), ("efConstruction", "8")];
    let params = params.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
    create_indexed(name, IndexSpec { index_type: "HNSW".into(), params, ..IndexSpec::default() })
}

fn create_indexed(name: &str, index: IndexSpec) -> Command {
    let field = |name: &str, data_type: &str, params: &[(&str, &str)]| FieldSpec {
        name: name.to_string(),
        data_type: data_type.to_string(),
        is_primary: name == "id",
        type_params: params.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect(),
        ..FieldSpec::default()
    };
    let spec = CollectionSpec {
        name: name.to_string(),
        fields: Some(vec![
            field("id", "Int64", &[]),
            field("n", "Int64", &[]),
            field("tag", "VarChar", &[("max_length", "16")]),
            field("v", "FloatVector", &[("dim", &DIM.to_string())]),
        ]),
        indexes: vec![IndexSpec { field: "v".into(), metric: "L2".into(), ..index }],
        ..CollectionSpec::default()
    };
    Command::CreateCollection { database: "default".to_string(), spec: Box::new(spec) }
}

/// The default of the field `added`.
pub const ADDED: i64 = 7;

/// Adds the field `added` to a collection of rows like [`Row`].
pub fn add_field(collection: &str) -> Command {
    let field = FieldSpec {
        name: "added".to_string(),
        data_type: "Int64".to_string(),
        default_value: Some(Value::Int(ADDED)),
        ..FieldSpec::default()
    };
    Command::AddFields { target: target(collection), fields: vec![field] }
}

fn given(new: &[(i64, Row)]) -> elanus::column::rows::Rows {
    let elements = new.iter().flat_map(|(_, row)| row.vector.clone()).collect();
    let tags = new.iter().map(|(_, row)| Value::Text(row.tag.clone())).collect();
    let mut given = rows(
        new.len(),
        vec![
            ("id", Values::Ints(new.iter().map(|(id, _)| *id).collect())),
            ("n", Values::Ints(new.iter().map(|(_, row)| row.n).collect())),
            ("tag", Values::Any(tags)),
            ("v", Values::FloatLists { dim: DIM, elements }),
        ],
    );
    if new.iter().any(|(_, row)| row.added.is_some()) {
        let added = new.iter().map(|(_, row)| row.added.clone().unwrap_or(Value::Null)).collect();
        given.columns.extend(rows(new.len(), vec![("added", Values::Any(added))]).columns);
    }
    given
}

pub fn insert(collection: &str, new: &[(i64, Row)]) -> Command {
    Command::Insert { target: target(collection), insert: Insert { partition: String::new(), rows: given(new) } }
}

pub fn upsert(collection: &str, new: &[(i64, Row)]) -> Command {
    let upsert = Upsert { rows: given(new), ..Upsert::default() };
    Command::Upsert { target: target(collection), upsert }
}

pub fn delete(collection: &str, ids: &[i64]) -> Command {
    let ids = Some(ids.iter().map(|id| Value::Int(*id)).collect());
    Command::Delete { target: target(collection), delete: Delete { ids, ..Delete::default() } }
}

pub fn delete_where(collection: &str, expression: &str) -> Command {
    let filter = FilterText { expression: expression.to_string(), ..FilterText::default() };
    Command::Delete { target: target(collection), delete: Delete { filter, ..Delete::default() } }
}

pub fn flush(collection: &str) -> Command {
    Command::Flush { target: target(collection) }
}

/// Every row, with every field.
pub fn query_all(collection: &str) -> Command {
    let filter = FilterText { expression: "id >= 0".to_string(), ..FilterText::default() };
    let query = Query { filter, output_fields: vec!["*".to_string()], ..Query::default() };
    Command::Query { target: target(collection), query }
}

/// The rows nearest to the origin.
pub fn search_all(collection: &str, limit: u32) -> Command {
    let queries = QueryVectors { count: 1, dim: DIM, elements: vec![0.0; DIM as usize] };
    let search = Search { queries, limit, round_decimal: -1, ..Search::default() };
    Command::Search { target: target(collection), search }
}

/// What `describeIndex` says that answers.
pub fn answered_by(driven: &Driven, collection: &str) -> &'static str {
    match driven.run(Command::DescribeIndex { target: target(collection), index: String::new() }) {
        Ok(Reply::Indexes(indexes)) => indexes[0].structure.name,
        other => panic!("the index is described as {other:?}"),
    }
}
