//! Filter expressions: text to a set of rows.
//!
//! [`compile`] reads an expression of Milvus 3.0's language against a schema; the [`Predicate`] that comes of it
//! answers for any columns of that schema, as often as it is asked. The stages are tokens ([`token`]), a tree
//! ([`parse`], [`tree`]), a typed predicate ([`bind`]) and rows ([`eval`]).
//!
//! Logic is three-valued: a comparison with what is null, missing or of another type is neither true nor false, and
//! a row is chosen only where the whole is true. No stage recurses into an expression, whatever its depth.
//!
//! Knows nothing of segments and deleted rows. Text match, geometry, timestamps, arrays of structs and random
//! sampling are recognised and refused as unsupported.

mod arithmetic;
mod bind;
mod compare;
mod datum;
mod eval;
mod like;
mod literal;
mod number;
mod operand;
mod parse;
mod predicate;
mod set;
#[cfg(test)]
mod tests;
mod token;
mod tree;

use std::fmt::Write;

use crate::bitmap::Bitmap;
use crate::column::Column;
use crate::error::{Error, Result};
use crate::schema::{Schema, Value};
use crate::sorted::SortedMap;
use predicate::{Branch, Edge, Nodes};

/// The longest expression, in bytes: a list of a million 64-bit keys fits, and while it is compiled it takes some
/// six times its length in memory. Milvus's own bound is its message size, 64 MB. Longer lists fit in a template
/// parameter.
pub const EXPRESSION_BYTES_MAX: usize = 24 * 1024 * 1024;

/// How deep parentheses, lists, calls and prefix operators may nest together; far above what people and query
/// builders write. Nothing recurses, so the bound is for whoever debugs such an expression.
pub const NESTING_MAX: usize = 1_000;

/// How much of an expression an error repeats, in characters.
const SHOWN_MAX: usize = 256;

/// Compiles an expression.
///
/// `params` are the values of the template variables `{name}`; those that the expression does not name are ignored.
/// A blank expression is true for every row.
///
/// # Errors
/// [`Error::Filter`] for an expression that Milvus would refuse, with the offset of what is wrong;
/// [`Error::Unsupported`] for what exists only in Milvus.
pub fn compile(expression: &str, params: &SortedMap<String, Value>, schema: &Schema) -> Result<Predicate> {
    if expression.len() > EXPRESSION_BYTES_MAX {
        let reason = format!("it has {} bytes, more than the limit of {EXPRESSION_BYTES_MAX}", expression.len());
        return Err(Fault::filter(0, reason).into_error(expression));
    }
    if expression.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')) {
        let mut nodes = Nodes::default();
        let root = nodes.push(Branch::All(Vec::new()));
        return Ok(Predicate { nodes, root, primary_keys: None, key: String::new() });
    }
    let tree = parse::parse(expression).map_err(|fault| fault.into_error(expression))?;
    let bound = bind::bind(tree, expression, params, schema).map_err(|fault| fault.into_error(expression))?;
    let mut key = format!("{};", bound.parameters.len());
    for name in bound.parameters.keys() {
        // Debug quotes texts and tells numbers apart, so that no two sets of values read the same.
        write!(key, "{name}={:?};", params.get(*name)).expect("writing to a string cannot fail");
    }
    key.push_str(expression.trim());
    let primary_keys = match bound.nodes.only_leaf(bound.root) {
        Some((leaf, false)) => leaf.keys(schema.primary_column()),
        Some((_, true)) | None => None,
    };
    Ok(Predicate { nodes: bound.nodes, root: bound.root, primary_keys, key })
}

/// A compiled expression.
#[derive(Debug)]
pub struct Predicate {
    nodes: Nodes,
    root: Edge,
    primary_keys: Option<Vec<Value>>,
    key: String,
}

impl Predicate {
    /// The rows for which it is true.
    ///
    /// `columns[i]` is the column of the schema's field `i`; each has `row_count` rows.
    ///
    /// # Panics
    /// If the columns are not those of the schema that the expression was compiled for, or have another length.
    pub fn evaluate(&self, columns: &[Column], row_count: u32) -> Bitmap {
        eval::evaluate(&self.nodes, self.root, columns, row_count)
    }

    /// Whether it is true for every row, as the blank expression is.
    pub fn is_always_true(&self) -> bool {
        match self.nodes.get(self.root) {
            Branch::All(edges) => edges.is_empty() && !self.root.negated,
            Branch::Any(edges) => edges.is_empty() && self.root.negated,
            Branch::Leaf(_) => false,
        }
    }

    /// The primary keys that it asks for, ascending, each once, when it asks for nothing else: `pk == x`,
    /// `pk in [x, y]`, or such joined by `or`.
    pub fn primary_keys(&self) -> Option<&[Value]> {
        self.primary_keys.as_deref()
    }

    /// A text that two predicates of one schema share only if they were compiled of the same expression and the same
    /// values of its parameters.
    pub fn key(&self) -> &str {
        &self.key
    }
}

/// A stretch of the expression, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Span {
    start: u32,
    end: u32,
}

impl Span {
    fn of(self, text: &str) -> &str {
        &text[self.start as usize..self.end as usize]
    }

    fn to(self, end: Span) -> Span {
        Span { start: self.start, end: end.end }
    }

    /// The text, cut off when it is too long for a message.
    fn shown(self, text: &str) -> &str {
        let whole = self.of(text);
        whole.char_indices().nth(SHOWN_MAX).map_or(whole, |(end, _)| &whole[..end])
    }
}

/// What is wrong with an expression, before the expression itself is part of the message.
#[derive(Debug, PartialEq)]
enum Fault {
    Filter { at: u32, reason: String },
    Unsupported { what: String },
}

impl Fault {
    fn filter(at: u32, reason: impl Into<String>) -> Fault {
        Fault::Filter { at, reason: reason.into() }
    }

    fn into_error(self, expression: &str) -> Error {
        match self {
            Fault::Unsupported { what } => Error::Unsupported { what },
            Fault::Filter { at, reason } => {
                let end = expression.char_indices().nth(SHOWN_MAX).map(|(end, _)| end);
                let expression = match end {
                    Some(end) => format!("{}…", &expression[..end]),
                    None => expression.to_string(),
                };
                Error::Filter { expression, at, reason }
            }
        }
    }
}
