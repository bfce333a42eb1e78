//! A predicate over columns to the rows for which it is true.
//!
//! Nodes are walked with a stack of their own. Each hands down the rows that its children can still decide, so that
//! what is dear (documents, arithmetic) is asked only where what is cheap has left the answer open, and nothing is
//! asked once every row is decided.

use super::datum::{Datum, exists, follow};
use super::predicate::{Branch, Edge, Ints, Leaf, Nodes, Reals, Relation, Texts, Wanted};
use crate::bitmap::Bitmap;
use crate::column::{Column, ColumnData, TextColumn};

/// The rows below `row_count` for which the node at `root` is true.
///
/// # Panics
/// If the columns are not those of the schema that the predicate was bound to, or have other numbers of rows.
pub fn evaluate(nodes: &Nodes, root: Edge, columns: &[Column], row_count: u32) -> Bitmap {
    let mut frames: Vec<Frame<'_>> = Vec::new();
    let mut edge = root;
    let mut open = Bitmap::full(row_count);
    loop {
        let mut result = match nodes.get(edge) {
            Branch::Leaf(leaf) => {
                let mut rows = leaf_rows(leaf, edge.negated, columns, &open);
                rows.and(&open);
                Some(rows)
            }
            Branch::All(edges) | Branch::Any(edges) => {
                let is_all = matches!(nodes.get(edge), Branch::All(_)) != edge.negated;
                frames.push(Frame {
                    edges: edges.iter(),
                    negated: edge.negated,
                    is_all,
                    open,
                    rows: Bitmap::new(row_count),
                });
                None
            }
        };
        loop {
            let Some(frame) = frames.last_mut() else {
                return result.expect("without a frame the root is a leaf, which has a result");
            };
            if let Some(rows) = result.take() {
                frame.take(&rows);
            }
            let next = if frame.open.is_clear() { None } else { frame.edges.next() };
            match next {
                Some(child) => {
                    edge = Edge { node: child.node, negated: child.negated != frame.negated };
                    open = frame.open.clone();
                    break;
                }
                None => result = frames.pop().map(Frame::into_rows),
            }
        }
        if frames.is_empty() {
            return result.expect("the last frame leaves its rows");
        }
    }
}

/// A node whose children are being asked.
struct Frame<'a> {
    edges: std::slice::Iter<'a, Edge>,
    negated: bool,
    is_all: bool,
    /// The rows that are not decided: of *all* those that passed so far, of *any* those that did not.
    open: Bitmap,
    /// Of *any*: the rows that passed.
    rows: Bitmap,
}

impl Frame<'_> {
    fn take(&mut self, rows: &Bitmap) {
        if self.is_all {
            self.open.and(rows);
        } else {
            self.rows.or(rows);
            self.open.and_not(rows);
        }
    }

    fn into_rows(self) -> Bitmap {
        if self.is_all { self.open } else { self.rows }
    }
}

/// The rows for which a leaf is true, or known to be false when `negated`; rows outside of `open` may be among them.
fn leaf_rows(leaf: &Leaf, negated: bool, columns: &[Column], open: &Bitmap) -> Bitmap {
    let count = open.len() as usize;
    let each = |holds: &dyn Fn(u32) -> Option<bool>| {
        let mut rows = Bitmap::new(open.len());
        for row in open.iter().filter(|row| holds(*row) == Some(!negated)) {
            rows.insert(row);
        }
        rows
    };
    let flat = |words: Vec<u64>, validity: [Option<&Bitmap>; 2]| {
        let mut rows = Bitmap::from_words(words, open.len()).expect("a scan sets bits of rows only");
        if negated {
            rows.not();
        }
        validity.into_iter().flatten().for_each(|valid| rows.and(valid));
        rows
    };
    match leaf {
        Leaf::Null { column } => {
            let mut rows = columns[*column].validity().cloned().unwrap_or_else(|| Bitmap::full(open.len()));
            if !negated {
                rows.not();
            }
            rows
        }
        Leaf::Bools { column, matching } => {
            let ColumnData::Bool(values) = columns[*column].data() else { wrong("Bool") };
            flat(scan(&values[..count], |truth| matching[usize::from(truth)]), [columns[*column].validity(), None])
        }
        Leaf::Ints { column, test } => {
            let words = match columns[*column].data() {
                ColumnData::Int8(values) => ints(&values[..count], test, i8::MIN.into(), i8::MAX.into()),
                ColumnData::Int16(values) => ints(&values[..count], test, i16::MIN.into(), i16::MAX.into()),
                ColumnData::Int32(values) => ints(&values[..count], test, i32::MIN.into(), i32::MAX.into()),
                ColumnData::Int64(values) => ints(&values[..count], test, i64::MIN, i64::MAX),
                _ => wrong("integers"),
            };
            flat(words, [columns[*column].validity(), None])
        }
        Leaf::Floats { column, test } => {
            let ColumnData::Float(values) = columns[*column].data() else { wrong("Float") };
            let values = &values[..count];
            let words = match test {
                Reals::Within { low, high } => scan(values, |value| *low <= value && value <= *high),
                Reals::Set(set) => scan(values, |value| set.binary_search_by(|e| e.total_cmp(&(value + 0.0))).is_ok()),
            };
            flat(words, [columns[*column].validity(), None])
        }
        Leaf::Doubles { column, test } => {
            let ColumnData::Double(values) = columns[*column].data() else { wrong("Double") };
            let values = &values[..count];
            let words = match test {
                Reals::Within { low, high } => scan(values, |value| *low <= value && value <= *high),
                Reals::Set(set) => scan(values, |value| set.binary_search_by(|e| e.total_cmp(&(value + 0.0))).is_ok()),
            };
            flat(words, [columns[*column].validity(), None])
        }
        Leaf::Texts { column, test } => {
            let ColumnData::VarChar(texts) = columns[*column].data() else { wrong("VarChar") };
            flat(text_words(texts, test, count), [columns[*column].validity(), None])
        }
        Leaf::Pair { left, right, relation } => {
            let (left, right) = (&columns[*left], &columns[*right]);
            flat(pair_words(left.data(), right.data(), *relation, count), [left.validity(), right.validity()])
        }
        Leaf::Read { reading, test } => each(&|row| test.check(reading.datum(columns, row))),
        Leaf::Exists { column, keys } => {
            let column = &columns[*column];
            let ColumnData::Json(documents) = column.data() else { wrong("JSON") };
            each(&|row| Some(column.is_valid(row) && follow(documents.document(row), keys).is_some_and(exists)))
        }
        Leaf::Contains { column, keys, wanted } => {
            let column = &columns[*column];
            match column.data() {
                ColumnData::Json(documents) => each(&|row| {
                    column.is_valid(row).then(|| match follow(documents.document(row), keys).map(Datum::of) {
                        Some(Datum::List(list)) => wanted.are_among(|| list.elements().map(Datum::of)),
                        _ => false,
                    })
                }),
                ColumnData::Array(array) => each(&|row| {
                    let element = |at| Datum::of_column(array.elements(), at);
                    column.is_valid(row).then(|| wanted.are_among(|| array.range(row).map(element)))
                }),
                _ => wrong("lists"),
            }
        }
    }
}

fn wrong(expected: &str) -> ! {
    unreachable!("a predicate was evaluated over the columns of another schema: {expected} expected")
}

impl Wanted {
    fn are_among<'a, I: Iterator<Item = Datum<'a>>>(&self, elements: impl Fn() -> I) -> bool {
        match self {
            Wanted::Any(set) => elements().any(|element| set.contains(element)),
            Wanted::All(items) => items.iter().all(|item| elements().any(|element| element.equals(item))),
        }
    }
}

/// One bit a value, 64 to a word: the loop inside has no branches, so that it can be vectorised.
fn scan<T: Copy>(values: &[T], holds: impl Fn(T) -> bool) -> Vec<u64> {
    let word =
        |chunk: &[T]| chunk.iter().enumerate().fold(0u64, |word, (bit, value)| word | u64::from(holds(*value)) << bit);
    values.chunks(64).map(word).collect()
}

fn ints<T: Copy + Ord + Into<i64> + TryFrom<i64>>(values: &[T], test: &Ints, least: i64, greatest: i64) -> Vec<u64> {
    match test {
        // Bounds beyond the type's range fail to convert, and then nothing lies within.
        Ints::Within { low, high } => match (T::try_from((*low).max(least)), T::try_from((*high).min(greatest))) {
            (Ok(low), Ok(high)) => scan(values, |value| low <= value && value <= high),
            _ => scan(values, |_| false),
        },
        Ints::Set(set) => scan(values, |value| set.contains(value.into())),
    }
}

/// Asks once a distinct text.
fn text_words(texts: &TextColumn, test: &Texts, count: usize) -> Vec<u64> {
    let codes = &texts.codes()[..count];
    if let Texts::Equal(wanted) = test {
        let code = (0..texts.entry_count()).find(|code| texts.entry(*code) == wanted);
        return scan(codes, |found| Some(found) == code);
    }
    let passes: Vec<bool> = (0..texts.entry_count()).map(|code| test.matches(texts.entry(code))).collect();
    scan(codes, |code| passes[code as usize])
}

fn pair_words(left: &ColumnData, right: &ColumnData, relation: Relation, count: usize) -> Vec<u64> {
    match (left, right) {
        (ColumnData::Bool(left), ColumnData::Bool(right)) => compare(&left[..count], &right[..count], relation),
        (ColumnData::VarChar(left), ColumnData::VarChar(right)) => {
            let rows: Vec<u32> = (0..count as u32).collect();
            scan(&rows, |row| {
                let order = left.text(row).cmp(right.text(row));
                match relation {
                    Relation::Equal => order.is_eq(),
                    Relation::Less => order.is_lt(),
                    Relation::LessEqual => order.is_le(),
                }
            })
        }
        (left, right) => match (whole_numbers(left), whole_numbers(right)) {
            (Some(left), Some(right)) => compare(&left[..count], &right[..count], relation),
            _ => compare(&doubles(left)[..count], &doubles(right)[..count], relation),
        },
    }
}

fn compare<T: Copy + PartialOrd>(left: &[T], right: &[T], relation: Relation) -> Vec<u64> {
    let pairs: Vec<(T, T)> = left.iter().copied().zip(right.iter().copied()).collect();
    match relation {
        Relation::Equal => scan(&pairs, |(left, right)| left == right),
        Relation::Less => scan(&pairs, |(left, right)| left < right),
        Relation::LessEqual => scan(&pairs, |(left, right)| left <= right),
    }
}

fn whole_numbers(data: &ColumnData) -> Option<Vec<i64>> {
    match data {
        ColumnData::Int8(values) => Some(values.iter().map(|value| i64::from(*value)).collect()),
        ColumnData::Int16(values) => Some(values.iter().map(|value| i64::from(*value)).collect()),
        ColumnData::Int32(values) => Some(values.iter().map(|value| i64::from(*value)).collect()),
        ColumnData::Int64(values) => Some(values.clone()),
        _ => None,
    }
}

/// Numbers as doubles, as Milvus compares fields of different types.
fn doubles(data: &ColumnData) -> Vec<f64> {
    match data {
        ColumnData::Float(values) => values.iter().map(|value| f64::from(*value)).collect(),
        ColumnData::Double(values) => values.clone(),
        data => whole_numbers(data).unwrap_or_else(|| wrong("numbers")).into_iter().map(|value| value as f64).collect(),
    }
}
