//! One value of one row, wherever it lies: in a scalar column, an array or a document.

use super::number::{self, Number};
use super::tree::Binary;
use crate::column::json::{Kind, Node};
use crate::column::{Column, ColumnData};
use crate::schema::Value;

/// A value, borrowed.
#[derive(Debug, Clone, Copy)]
pub enum Datum<'a> {
    /// No value: the field is null, the path leads nowhere, or to JSON's null.
    Null,
    /// A truth value.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A text.
    Text(&'a str),
    /// A JSON list.
    List(Node<'a>),
    /// A JSON object.
    Object,
}

/// How to come from a row to a datum.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The column.
    pub column: usize,
    /// Where in the row's value.
    pub place: Place,
    /// What is done with what is there.
    pub step: Step,
}

/// A place inside a row's value.
#[derive(Debug, Clone, PartialEq)]
pub enum Place {
    /// The whole value.
    Whole,
    /// An element of an array.
    Element(u64),
    /// Inside a document, key by key.
    Path(Vec<Key>),
}

/// One accessor of a path. As in a JSON pointer, a number is a place in a list and a name in an object, and so is a
/// name that reads as a number.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    /// As a member's name.
    pub name: String,
    /// As a place in a list.
    pub index: Option<u32>,
}

/// What is done with a value before it is tested.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Step {
    /// Nothing.
    Nothing,
    /// The number of elements of an array or JSON list.
    Length,
    /// Arithmetic with a constant to the right.
    Arithmetic {
        /// The operator.
        binary: Binary,
        /// The constant.
        by: Number,
        /// Whether it is reckoned in 32-bit floats.
        is_single: bool,
    },
}

impl Key {
    /// The key of that name.
    pub fn named(name: String) -> Key {
        let is_canonical = name == "0" || !name.starts_with(['0', '+']);
        let index = if is_canonical { name.parse().ok() } else { None };
        Key { name, index }
    }
}

impl Reading {
    /// The datum of `row`; `Datum::Null` also for arithmetic with what is no number, or without a result.
    ///
    /// # Panics
    /// If the columns are not those of the schema that the reading was bound to.
    pub fn datum<'a>(&self, columns: &'a [Column], row: u32) -> Datum<'a> {
        let column = &columns[self.column];
        if !column.is_valid(row) {
            return Datum::Null;
        }
        if let (Step::Length, ColumnData::Array(array)) = (self.step, column.data()) {
            return Datum::Number(Number::Int(array.range(row).len() as i64));
        }
        let datum = match (&self.place, column.data()) {
            (Place::Whole, data) => Datum::of_column(data, row as usize),
            (Place::Element(index), ColumnData::Array(array)) => {
                let range = array.range(row);
                match usize::try_from(*index) {
                    Ok(index) if index < range.len() => Datum::of_column(array.elements(), range.start + index),
                    _ => Datum::Null,
                }
            }
            (Place::Path(keys), ColumnData::Json(documents)) => {
                follow(documents.document(row), keys).map_or(Datum::Null, Datum::of)
            }
            _ => unreachable!("a place was bound to another column"),
        };
        match (self.step, datum) {
            (Step::Nothing, datum) => datum,
            (Step::Length, Datum::List(list)) => Datum::Number(Number::Int(list.count().into())),
            (Step::Arithmetic { binary, by, is_single }, Datum::Number(number)) => {
                let result = if is_single {
                    number::arithmetic_single(binary, number.as_double() as f32, by.as_double() as f32)
                        .map(|value| Number::Double(value.into()))
                } else {
                    number::arithmetic(binary, number, by)
                };
                result.map_or(Datum::Null, Datum::Number)
            }
            _ => Datum::Null,
        }
    }
}

/// The node that a path leads to.
pub fn follow<'a>(document: Node<'a>, keys: &[Key]) -> Option<Node<'a>> {
    keys.iter().try_fold(document, |node, key| match node.kind() {
        Kind::Object => node.member(&key.name),
        Kind::List => node.element(key.index?),
        Kind::Null | Kind::Bool(_) | Kind::Int(_) | Kind::Double(_) | Kind::Text(_) => None,
    })
}

/// Whether there is anything: a list or object is nothing when all that it holds is nothing.
///
/// Documents nest at most [`VALUE_DEPTH_MAX`](crate::schema::value::VALUE_DEPTH_MAX) deep, which bounds the recursion.
pub fn exists(node: Node<'_>) -> bool {
    match node.kind() {
        Kind::Null => false,
        Kind::Bool(_) | Kind::Int(_) | Kind::Double(_) | Kind::Text(_) => true,
        Kind::List => node.elements().any(exists),
        Kind::Object => node.members().any(|(_, value)| exists(value)),
    }
}

impl<'a> Datum<'a> {
    /// The value of a node.
    pub fn of(node: Node<'a>) -> Datum<'a> {
        match node.kind() {
            Kind::Null => Datum::Null,
            Kind::Bool(truth) => Datum::Bool(truth),
            Kind::Int(number) => Datum::Number(Number::Int(number)),
            Kind::Double(number) => Datum::Number(Number::Double(number)),
            Kind::Text(text) => Datum::Text(text),
            Kind::List => Datum::List(node),
            Kind::Object => Datum::Object,
        }
    }

    /// The value at a place of a scalar column, or a whole document.
    pub fn of_column(data: &'a ColumnData, at: usize) -> Datum<'a> {
        let int = |value: i64| Datum::Number(Number::Int(value));
        match data {
            ColumnData::Bool(values) => Datum::Bool(values[at]),
            ColumnData::Int8(values) => int(values[at].into()),
            ColumnData::Int16(values) => int(values[at].into()),
            ColumnData::Int32(values) => int(values[at].into()),
            ColumnData::Int64(values) => int(values[at]),
            ColumnData::Float(values) => Datum::Number(Number::Double(values[at].into())),
            ColumnData::Double(values) => Datum::Number(Number::Double(values[at])),
            ColumnData::VarChar(texts) => Datum::Text(texts.text(at as u32)),
            ColumnData::Json(documents) => Datum::of(documents.document(at as u32)),
            ColumnData::Array(_) | ColumnData::FloatVector(_) => Datum::Null,
        }
    }

    /// Whether this is equal to a constant: of the same type, numbers by value, lists element by element.
    ///
    /// Values nest at most [`VALUE_DEPTH_MAX`](crate::schema::value::VALUE_DEPTH_MAX) deep, which bounds the recursion.
    pub fn equals(self, constant: &Value) -> bool {
        match (self, constant) {
            (Datum::Bool(a), Value::Bool(b)) => a == *b,
            (Datum::Number(a), Value::Int(b)) => a.order(Number::Int(*b)).is_eq(),
            (Datum::Number(a), Value::Double(b)) => a.order(Number::Double(*b)).is_eq(),
            (Datum::Text(a), Value::Text(b)) => a == b,
            (Datum::List(_), Value::List(items)) => self.equals_list(items),
            (_, Value::Null | Value::Bool(_) | Value::Int(_) | Value::Double(_)) => false,
            (_, Value::Text(_) | Value::List(_) | Value::Object(_)) => false,
        }
    }

    /// Whether this is a list with just those elements, in that order.
    pub fn equals_list(self, items: &[Value]) -> bool {
        let Datum::List(list) = self else {
            return false;
        };
        list.count() as usize == items.len()
            && list.elements().zip(items).all(|(element, item)| Datum::of(element).equals(item))
    }
}
