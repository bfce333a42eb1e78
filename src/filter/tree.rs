//! The expression tree: what an expression says, before a schema says what it means.
//!
//! The tree is kept in postfix order: each node stands behind its operands, the root last. So building, walking and
//! dropping it are loops, however deep an expression nests or however long a chain of `or` is.

use super::Span;
use super::token::Kind;
use crate::schema::Value;

/// A parsed expression.
#[derive(Debug)]
pub struct Tree {
    /// The nodes, operands before operators.
    pub nodes: Vec<(Node, Span)>,
    /// What the lists begin with, as [`Node::List`] numbers them.
    pub lists: Vec<Vec<Value>>,
    /// What of Milvus's language occurs that does not exist here.
    pub unsupported: Option<String>,
}

/// One step of the postfix order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Node {
    /// A truth value.
    Bool(bool),
    /// A magnitude; a minus is an operator.
    Int(u64),
    /// A double.
    Double(f64),
    /// A quoted text; its span has the quotes.
    Text {
        /// Whether it is the pattern of `like` or of a regular expression.
        is_pattern: bool,
    },
    /// A field or dynamic key.
    Name,
    /// A field with accessors.
    Path,
    /// A look into an array of structs.
    StructPath,
    /// A template parameter; its span has the braces.
    Parameter,
    /// A list: the values `lists[start]`, then as many operands.
    List {
        /// Which of the tree's lists it begins with.
        start: u32,
        /// How many operands follow those.
        operands: u32,
    },
    /// One operand.
    Unary(Unary),
    /// Two operands.
    Binary(Binary),
    /// Three operands: left bound, middle, right bound.
    Range(Chain),
    /// A call with as many operands; the name starts the span.
    Call {
        /// How many operands it has.
        operands: u32,
    },
}

/// Operators with one operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unary {
    /// `not x`.
    Not,
    /// `-x`.
    Minus,
    /// `+x`.
    Plus,
    /// `~x`.
    Complement,
    /// `exists x`.
    Exists,
    /// `x is null`.
    IsNull,
    /// `x is not null`.
    IsNotNull,
}

/// Operators with two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of the operators")]
pub enum Binary {
    And,
    Or,
    In,
    NotIn,
    Like,
    Matches,
    MatchesNot,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Power,
    ShiftLeft,
    ShiftRight,
    BitAnd,
    BitOr,
    BitXor,
}

/// A chain such as `1 < x <= 4`: which way it points and which bounds belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chain {
    /// `<` or `<=`: the left bound is the lower one.
    pub ascends: bool,
    /// Whether the left bound itself matches.
    pub left_inclusive: bool,
    /// Whether the right bound itself matches.
    pub right_inclusive: bool,
}

impl Binary {
    /// How tight it binds, from 1 for `or`; all operators bind to the left.
    pub fn tightness(self) -> u8 {
        match self {
            Binary::Or => 1,
            Binary::And => 2,
            Binary::BitOr => 3,
            Binary::BitXor => 4,
            Binary::BitAnd => 5,
            Binary::Equal | Binary::NotEqual => 6,
            Binary::Less | Binary::LessEqual | Binary::Greater | Binary::GreaterEqual => 7,
            Binary::In | Binary::NotIn => RANGE + 1,
            Binary::ShiftLeft | Binary::ShiftRight => 10,
            Binary::Add | Binary::Subtract => 11,
            Binary::Multiply | Binary::Divide | Binary::Modulo => 12,
            Binary::Power => UNARY + 1,
            Binary::Like | Binary::Matches | Binary::MatchesNot => 15,
        }
    }

    /// The operator that a token is.
    pub fn of(kind: Kind) -> Option<Binary> {
        Some(match kind {
            Kind::And => Binary::And,
            Kind::Or => Binary::Or,
            Kind::In => Binary::In,
            Kind::Like => Binary::Like,
            Kind::Matches => Binary::Matches,
            Kind::MatchesNot => Binary::MatchesNot,
            Kind::Equal => Binary::Equal,
            Kind::NotEqual => Binary::NotEqual,
            Kind::Less => Binary::Less,
            Kind::LessEqual => Binary::LessEqual,
            Kind::Greater => Binary::Greater,
            Kind::GreaterEqual => Binary::GreaterEqual,
            Kind::Plus => Binary::Add,
            Kind::Minus => Binary::Subtract,
            Kind::Star => Binary::Multiply,
            Kind::Slash => Binary::Divide,
            Kind::Percent => Binary::Modulo,
            Kind::Power => Binary::Power,
            Kind::ShiftLeft => Binary::ShiftLeft,
            Kind::ShiftRight => Binary::ShiftRight,
            Kind::Ampersand => Binary::BitAnd,
            Kind::Bar => Binary::BitOr,
            Kind::Caret => Binary::BitXor,
            _ => return None,
        })
    }
}

/// Tightness of a chain of comparisons.
pub const RANGE: u8 = 8;
/// Tightness of `not`, `-`, `+` and `~`.
pub const UNARY: u8 = 13;
/// Tightness of `exists`.
pub const EXISTS: u8 = 16;
