//! What an expression has become: tests of rows, joined by *all* and *any*.
//!
//! Everything here is typed against a schema. *Not* is a mark on an edge rather than a node: below it, what a test
//! knows to be false is wanted, and *all* and *any* change places (De Morgan's laws hold in three-valued logic too).
//! So a single set of rows answers each node, and what is neither true nor false never appears in it.

use regex_lite::Regex;

use super::datum::{Datum, Key, Reading};
use super::like::Like;
use super::number::Number;
use super::set;
use crate::schema::Value;
use crate::sorted::{SortedMap, SortedSet, sort_by};

/// All nodes of a predicate, which is a tree.
#[derive(Debug, Default)]
pub struct Nodes {
    nodes: Vec<Branch>,
}

/// The way to a node.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Edge {
    /// The node's place.
    pub node: u32,
    /// Whether the rows that make it false are wanted.
    pub negated: bool,
}

/// A node.
#[derive(Debug)]
pub enum Branch {
    /// True when all are; nothing is always true.
    All(Vec<Edge>),
    /// True when any is; nothing is always false.
    Any(Vec<Edge>),
    /// A test of each row.
    Leaf(Leaf),
}

/// A test of each row.
#[derive(Debug)]
pub enum Leaf {
    /// The field has no value. Never unknown.
    Null {
        /// The column.
        column: usize,
    },
    /// Whether false matches, and whether true does.
    Bools {
        /// The column.
        column: usize,
        /// By value.
        matching: [bool; 2],
    },
    /// A field of whole numbers.
    Ints {
        /// The column.
        column: usize,
        /// The test.
        test: Ints,
    },
    /// A FLOAT field, in its own precision.
    Floats {
        /// The column.
        column: usize,
        /// The test.
        test: Reals<f32>,
    },
    /// A DOUBLE field.
    Doubles {
        /// The column.
        column: usize,
        /// The test.
        test: Reals<f64>,
    },
    /// A VARCHAR field.
    Texts {
        /// The column.
        column: usize,
        /// The test.
        test: Texts,
    },
    /// Two fields of one row.
    Pair {
        /// The left column.
        left: usize,
        /// The right column.
        right: usize,
        /// How left stands to right.
        relation: Relation,
    },
    /// Anything that has to be found or reckoned row by row.
    Read {
        /// How to come to the datum.
        reading: Reading,
        /// The test.
        test: Test,
    },
    /// Something is there. Never unknown.
    Exists {
        /// The JSON column.
        column: usize,
        /// Where.
        keys: Vec<Key>,
    },
    /// An array, or a JSON list, has elements. What is no list has none; unknown only where the field is null.
    Contains {
        /// The column.
        column: usize,
        /// Where, in a JSON column.
        keys: Vec<Key>,
        /// Which elements.
        wanted: Wanted,
    },
}

/// How one value may stand to another; the rest are their negations and mirrors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// The same.
    Equal,
    /// Smaller.
    Less,
    /// Smaller or the same.
    LessEqual,
}

/// A test of a whole number.
#[derive(Debug)]
pub enum Ints {
    /// Between both, themselves included; nothing when `low` is greater.
    Within {
        /// The least.
        low: i64,
        /// The greatest.
        high: i64,
    },
    /// One of those.
    Set(set::Ints),
}

/// A test of a finite float.
#[derive(Debug)]
pub enum Reals<T> {
    /// Between both, themselves included; nothing when `low` is greater.
    Within {
        /// The least.
        low: T,
        /// The greatest.
        high: T,
    },
    /// One of those, ascending.
    Set(Vec<T>),
}

/// A test of a text.
#[derive(Debug)]
pub enum Texts {
    /// Just that.
    Equal(String),
    /// Between bounds, byte by byte.
    Within(Bounds<String>),
    /// One of those.
    Set(SortedSet<Box<str>>),
    /// A pattern of `like`.
    Like(Like),
    /// A regular expression that occurs somewhere.
    Regex(Box<Regex>),
}

/// Two ends, each absent, excluded (`false`) or included (`true`).
#[derive(Debug, Clone, PartialEq)]
pub struct Bounds<T> {
    /// The lower end.
    pub low: Option<(T, bool)>,
    /// The upper end.
    pub high: Option<(T, bool)>,
}

/// A test of a datum: true, false, or unknown where the datum is of another type.
#[derive(Debug)]
pub enum Test {
    /// A number between bounds.
    Number(Bounds<Number>),
    /// Whether false matches, and whether true does.
    Bool([bool; 2]),
    /// A text.
    Text(Texts),
    /// A list, element by element.
    List(Vec<Value>),
    /// One of those.
    Set(Box<set::Mixed>),
    /// The regular expression occurs nowhere, which also holds of what is no text or not there: `!~` on a JSON path
    /// is the one comparison of Milvus that a missing value makes true.
    NoMatch(Box<Regex>),
}

/// The elements that a list must have.
#[derive(Debug)]
pub enum Wanted {
    /// Any of those.
    Any(Box<set::Mixed>),
    /// Each of those.
    All(Vec<Value>),
}

impl<T> Bounds<T> {
    /// Whether both bounds agree with how `order` compares the value with a bound.
    pub fn hold(&self, order: impl Fn(&T) -> std::cmp::Ordering) -> bool {
        self.low.as_ref().is_none_or(|(low, included)| {
            let order = order(low);
            order.is_gt() || (*included && order.is_eq())
        }) && self.high.as_ref().is_none_or(|(high, included)| {
            let order = order(high);
            order.is_lt() || (*included && order.is_eq())
        })
    }
}

impl Texts {
    /// Whether the text passes.
    pub fn matches(&self, text: &str) -> bool {
        match self {
            Texts::Equal(wanted) => text == wanted,
            Texts::Within(bounds) => bounds.hold(|bound| text.cmp(bound.as_str())),
            Texts::Set(texts) => texts.contains_key(text),
            Texts::Like(like) => like.matches(text),
            Texts::Regex(regex) => regex.is_match(text),
        }
    }
}

impl Test {
    /// Whether the datum passes; `None` when that is unknown.
    pub fn check(&self, datum: Datum<'_>) -> Option<bool> {
        match (self, datum) {
            (Test::NoMatch(regex), Datum::Text(text)) => Some(!regex.is_match(text)),
            (Test::NoMatch(_), _) => Some(true),
            (Test::Set(set), datum) => set.check(datum),
            (Test::Number(bounds), Datum::Number(number)) => Some(bounds.hold(|bound| number.order(*bound))),
            (Test::Bool(matching), Datum::Bool(truth)) => Some(matching[usize::from(truth)]),
            (Test::Text(test), Datum::Text(text)) => Some(test.matches(text)),
            (Test::List(items), Datum::List(_)) => Some(datum.equals_list(items)),
            (Test::Number(_) | Test::Bool(_) | Test::Text(_) | Test::List(_), _) => None,
        }
    }
}

impl Nodes {
    /// Adds a node.
    pub fn push(&mut self, branch: Branch) -> Edge {
        self.nodes.push(branch);
        Edge { node: self.nodes.len() as u32 - 1, negated: false }
    }

    /// The node that an edge leads to.
    pub fn get(&self, edge: Edge) -> &Branch {
        &self.nodes[edge.node as usize]
    }

    /// The leaf that an edge leads to, through nodes with a single child; and whether it is negated.
    pub fn only_leaf(&self, mut edge: Edge) -> Option<(&Leaf, bool)> {
        loop {
            match self.get(edge) {
                Branch::Leaf(leaf) => return Some((leaf, edge.negated)),
                Branch::All(edges) | Branch::Any(edges) => match edges.as_slice() {
                    [child] => edge = Edge { node: child.node, negated: child.negated != edge.negated },
                    _ => return None,
                },
            }
        }
    }

    /// Both must be true.
    pub fn all(&mut self, left: Edge, right: Edge) -> Edge {
        self.join(left, right, |branch| if let Branch::All(edges) = branch { Some(edges) } else { None }, Branch::All)
    }

    /// One must be true.
    pub fn any(&mut self, left: Edge, right: Edge) -> Edge {
        self.join(left, right, |branch| if let Branch::Any(edges) = branch { Some(edges) } else { None }, Branch::Any)
    }

    /// Joins two edges, into a node of the same kind where there is one: a long chain becomes one wide node.
    fn join(
        &mut self,
        left: Edge,
        right: Edge,
        same: fn(&mut Branch) -> Option<&mut Vec<Edge>>,
        new: fn(Vec<Edge>) -> Branch,
    ) -> Edge {
        let mut open =
            |edge: Edge| same(&mut self.nodes[edge.node as usize]).filter(|_| !edge.negated).map(std::mem::take);
        let (of_left, of_right) = (open(left), open(right));
        let at = if of_left.is_some() { Some(left) } else { of_right.is_some().then_some(right) };
        let mut edges = of_left.unwrap_or_else(|| vec![left]);
        match of_right {
            Some(more) => edges.extend(more),
            None => edges.push(right),
        }
        match at {
            Some(edge) => {
                self.nodes[edge.node as usize] = new(edges);
                edge
            }
            None => self.push(new(edges)),
        }
    }

    /// Makes the nodes ready for work: equalities of one field that are joined by *any* (or whose negations are
    /// joined by *all*) become one set, and what is cheap to test stands first.
    pub fn settle(&mut self) {
        for at in 0..self.nodes.len() {
            let (Branch::All(edges) | Branch::Any(edges)) = &mut self.nodes[at] else {
                continue;
            };
            let mut edges = std::mem::take(edges);
            let is_all = matches!(self.nodes[at], Branch::All(_));
            self.merge(&mut edges, is_all);
            sort_by(&mut edges, |a, b| self.cost(*a).cmp(&self.cost(*b)));
            self.nodes[at] = if is_all { Branch::All(edges) } else { Branch::Any(edges) };
        }
    }

    fn merge(&mut self, edges: &mut Vec<Edge>, negated: bool) {
        let mut by_column: SortedMap<usize, Vec<usize>> = SortedMap::new();
        for (at, edge) in edges.iter().enumerate().filter(|(_, edge)| edge.negated == negated) {
            if let Branch::Leaf(leaf) = self.get(*edge)
                && let Some(column) = leaf.equality()
            {
                by_column.or_default(column).push(at);
            }
        }
        let mut is_kept = vec![true; edges.len()];
        for places in by_column.into_values().filter(|places| places.len() > 1) {
            let (mut ints, mut texts) = (Vec::new(), Vec::new());
            let mut merged = None::<(usize, bool)>;
            for at in &places {
                is_kept[*at] = *at == places[0];
                let node = &mut self.nodes[edges[*at].node as usize];
                match std::mem::replace(node, Branch::Any(Vec::new())) {
                    Branch::Leaf(Leaf::Ints { column, test: Ints::Within { low, .. } }) => {
                        ints.push(low);
                        merged = Some((column, false));
                    }
                    Branch::Leaf(Leaf::Ints { column, test: Ints::Set(set) }) => {
                        ints.extend_from_slice(set.sorted());
                        merged = Some((column, false));
                    }
                    Branch::Leaf(Leaf::Texts { column, test: Texts::Equal(text) }) => {
                        texts.push(text.into_boxed_str());
                        merged = Some((column, true));
                    }
                    Branch::Leaf(Leaf::Texts { column, test: Texts::Set(set) }) => {
                        texts.extend(set.into_keys());
                        merged = Some((column, true));
                    }
                    Branch::Leaf(_) | Branch::All(_) | Branch::Any(_) => unreachable!("only equalities are merged"),
                }
            }
            let leaf = match merged.expect("more than one equality was merged") {
                (column, false) => Leaf::Ints { column, test: Ints::Set(set::Ints::new(ints)) },
                (column, true) => Leaf::Texts { column, test: Texts::Set(texts.into_iter().collect()) },
            };
            self.nodes[edges[places[0]].node as usize] = Branch::Leaf(leaf);
        }
        let mut at = 0;
        edges.retain(|_| {
            at += 1;
            is_kept[at - 1]
        });
    }

    /// Flat columns first, then texts by dictionary, then what must be looked up row by row.
    fn cost(&self, edge: Edge) -> u32 {
        match self.get(edge) {
            Branch::Leaf(
                Leaf::Null { .. } | Leaf::Bools { .. } | Leaf::Ints { .. } | Leaf::Floats { .. } | Leaf::Doubles { .. },
            ) => 0,
            Branch::Leaf(Leaf::Texts { .. } | Leaf::Pair { .. }) => 1,
            Branch::All(_) | Branch::Any(_) => 2,
            Branch::Leaf(Leaf::Read { .. } | Leaf::Exists { .. } | Leaf::Contains { .. }) => 3,
        }
    }
}

impl Leaf {
    /// The column, when the test is whether it equals some constants.
    fn equality(&self) -> Option<usize> {
        match self {
            Leaf::Ints { column, test: Ints::Within { low, high } } if low == high => Some(*column),
            Leaf::Ints { column, test: Ints::Set(_) } => Some(*column),
            Leaf::Texts { column, test: Texts::Equal(_) | Texts::Set(_) } => Some(*column),
            _ => None,
        }
    }

    /// The constants that `column` must equal one of, ascending, when that is the test.
    pub fn keys(&self, column: usize) -> Option<Vec<Value>> {
        if self.equality() != Some(column) {
            return None;
        }
        match self {
            Leaf::Ints { test: Ints::Within { low, .. }, .. } => Some(vec![Value::Int(*low)]),
            Leaf::Ints { test: Ints::Set(set), .. } => Some(set.sorted().iter().map(|key| Value::Int(*key)).collect()),
            Leaf::Texts { test: Texts::Equal(text), .. } => Some(vec![Value::Text(text.clone())]),
            Leaf::Texts { test: Texts::Set(set), .. } => {
                Some(set.keys().map(|text| Value::Text(text.to_string())).collect())
            }
            _ => None,
        }
    }
}
