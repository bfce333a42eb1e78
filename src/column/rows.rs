//! A batch of rows, by column, untyped: as it comes from a user and as it goes back.

use crate::schema::Value;

/// Rows, by column. In an insert the columns are what the user's rows have; in a reply, the output fields.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rows {
    /// How many rows there are.
    pub row_count: u32,
    /// The columns, each name at most once.
    pub columns: Vec<NamedValues>,
}

/// One column of [`Rows`].
#[derive(Debug, Clone, PartialEq)]
pub struct NamedValues {
    /// The field or dynamic key.
    pub name: String,
    /// Which rows have the key at all, ascending; `None` when all do. `values` holds just these rows' values.
    pub present: Option<Vec<u32>>,
    /// The values.
    pub values: Values,
}

/// The values of a column, flat where their kind is one.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Truth values.
    Bools(Vec<bool>),
    /// Whole numbers.
    Ints(Vec<i64>),
    /// 32-bit floats; in replies, of a `Float` field.
    Floats(Vec<f32>),
    /// Doubles; in inserts also whole numbers, as JavaScript has them.
    Doubles(Vec<f64>),
    /// UTF-8 texts.
    Texts(Texts),
    /// One list of `dim` 32-bit floats a row, row-major.
    FloatLists {
        /// Elements of each list.
        dim: u32,
        /// `row_count × dim` elements.
        elements: Vec<f32>,
    },
    /// One list of `dim` doubles a row, row-major.
    DoubleLists {
        /// Elements of each list.
        dim: u32,
        /// `row_count × dim` elements.
        elements: Vec<f64>,
    },
    /// As [`Values::Any`], but every integer is of an `Int64` field: alone beside nulls, or in lists. In replies, where
    /// they have to be told from the integers of documents.
    Int64s(Vec<Value>),
    /// Anything, value by value; `Value::Null` where there is none.
    Any(Vec<Value>),
}

/// Texts laid end to end.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Texts {
    /// Where each text ends in `bytes`.
    pub ends: Vec<u32>,
    /// The texts.
    pub bytes: String,
}

impl Texts {
    /// Appends a text.
    pub fn push(&mut self, text: &str) {
        self.bytes.push_str(text);
        self.ends.push(self.bytes.len() as u32);
    }

    /// How many texts there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The text at `at`.
    pub fn get(&self, at: usize) -> &str {
        let start = if at == 0 { 0 } else { self.ends[at - 1] as usize };
        &self.bytes[start..self.ends[at] as usize]
    }
}

impl Values {
    /// How many values there are.
    pub fn len(&self) -> usize {
        match self {
            Values::Bools(values) => values.len(),
            Values::Ints(values) => values.len(),
            Values::Floats(values) => values.len(),
            Values::Doubles(values) => values.len(),
            Values::Texts(texts) => texts.len(),
            Values::FloatLists { dim, elements } => elements.len() / (*dim).max(1) as usize,
            Values::DoubleLists { dim, elements } => elements.len() / (*dim).max(1) as usize,
            Values::Int64s(values) | Values::Any(values) => values.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value at `at`, copied.
    pub fn value(&self, at: usize) -> Value {
        match self {
            Values::Bools(values) => Value::Bool(values[at]),
            Values::Ints(values) => Value::Int(values[at]),
            Values::Floats(values) => Value::Double(f64::from(values[at])),
            Values::Doubles(values) => number(values[at]),
            Values::Texts(texts) => Value::Text(texts.get(at).to_string()),
            Values::FloatLists { dim, elements } => {
                let dim = *dim as usize;
                Value::List(elements[at * dim..][..dim].iter().map(|e| Value::Double(f64::from(*e))).collect())
            }
            Values::DoubleLists { dim, elements } => {
                let dim = *dim as usize;
                Value::List(elements[at * dim..][..dim].iter().map(|e| number(*e)).collect())
            }
            Values::Int64s(values) | Values::Any(values) => values[at].clone(),
        }
    }
}

/// A JavaScript number as a value: whole numbers that a double holds exactly become integers.
fn number(double: f64) -> Value {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if double.fract() == 0.0 && double.abs() < EXACT { Value::Int(double as i64) } else { Value::Double(double) }
}
