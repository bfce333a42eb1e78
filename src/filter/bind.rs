//! An expression tree to a predicate: names found, parameters filled in, constants folded, types checked.
//!
//! The tree comes in postfix order, so binding it is one loop with a stack of terms. Every operand is checked, also
//! where a constant decides the result.

use super::compare::{self, Containing, Tested};
use super::datum::Step;
use super::operand::{Operand, check_parameter, struct_path};
use crate::sorted::{SortedMap, SortedSet};

use super::predicate::{Branch, Edge, Leaf, Nodes};
use super::tree::{Binary, Chain, Node, Tree, Unary};
use super::{Fault, Span, arithmetic, literal};
use crate::schema::{DataType, Schema, Value};

/// A predicate and what it was made of.
#[derive(Debug)]
pub struct Bound<'a> {
    /// The nodes.
    pub nodes: Nodes,
    /// Where they begin.
    pub root: Edge,
    /// The template parameters that occur.
    pub parameters: SortedSet<&'a str>,
}

/// What a part of an expression is.
#[derive(Debug)]
enum Term<'a> {
    Constant(Value),
    /// A template parameter; it has its place in a comparison only.
    Parameter(&'a Value),
    Operand(Operand),
    Predicate(Edge),
}

/// Types a tree against a schema.
///
/// # Errors
/// [`Fault::Filter`] for what the schema or the rules of Milvus refuse, [`Fault::Unsupported`] for what of Milvus's
/// language does not exist here.
pub fn bind<'a>(
    mut tree: Tree,
    text: &'a str,
    parameters: &'a SortedMap<String, Value>,
    schema: &'a Schema,
) -> Result<Bound<'a>, Fault> {
    if let Some(what) = tree.unsupported.take() {
        return Err(Fault::Unsupported { what });
    }
    let bound = Bound { nodes: Nodes::default(), root: Edge { node: 0, negated: false }, parameters: SortedSet::new() };
    let mut binder = Binder { text, schema, values: parameters, stack: Vec::new(), bound };
    let mut nodes = tree.nodes.iter().peekable();
    while let Some((node, span)) = nodes.next() {
        let is_negated = matches!(nodes.peek(), Some((Node::Unary(Unary::Minus), _)));
        let term = match node {
            Node::Int(magnitude) if is_negated && *magnitude == 1 << 63 => {
                nodes.next();
                Ok(Term::Constant(Value::Int(i64::MIN)))
            }
            Node::List { start, operands } => binder.list(std::mem::take(&mut tree.lists[*start as usize]), *operands),
            node => binder.term(*node, *span),
        };
        let term = term.map_err(|problem| problem.at(*span))?;
        binder.stack.push((term, *span));
    }
    binder.finish()
}

/// What is wrong, and where when that is not at the node in hand.
enum Problem {
    Here(String),
    Fault(Fault),
}

impl Problem {
    fn at(self, span: Span) -> Fault {
        match self {
            Problem::Here(reason) => Fault::filter(span.start, reason),
            Problem::Fault(fault) => fault,
        }
    }
}

impl From<String> for Problem {
    fn from(reason: String) -> Problem {
        Problem::Here(reason)
    }
}

struct Binder<'a> {
    text: &'a str,
    schema: &'a Schema,
    values: &'a SortedMap<String, Value>,
    stack: Vec<(Term<'a>, Span)>,
    bound: Bound<'a>,
}

impl<'a> Binder<'a> {
    fn finish(mut self) -> Result<Bound<'a>, Fault> {
        let (term, span) = self.pop();
        self.bound.root = match term {
            Term::Predicate(edge) => edge,
            Term::Constant(Value::Bool(truth)) => self.constant(truth),
            Term::Constant(_) | Term::Parameter(_) | Term::Operand(_) => {
                let kind = match &term {
                    Term::Operand(operand) => operand.type_name(),
                    Term::Constant(value) => compare::constant_kind(value).to_string(),
                    Term::Parameter(value) => compare::constant_kind(value).to_string(),
                    Term::Predicate(_) => DataType::Bool.name().to_string(),
                };
                let reason =
                    format!("predicate is not a boolean expression: {}, data type: {kind}", span.shown(self.text));
                return Err(Fault::filter(span.start, reason));
            }
        };
        self.bound.nodes.settle();
        Ok(self.bound)
    }

    fn pop(&mut self) -> (Term<'a>, Span) {
        self.stack.pop().expect("a parsed tree has an operand for each place of an operator")
    }

    fn constant(&mut self, truth: bool) -> Edge {
        self.bound.nodes.push(if truth { Branch::All(Vec::new()) } else { Branch::Any(Vec::new()) })
    }

    fn tested(&mut self, tested: Tested) -> Result<Term<'a>, Problem> {
        let (leaf, negated) = tested?;
        let edge = self.bound.nodes.push(Branch::Leaf(leaf));
        Ok(Term::Predicate(Edge { negated, ..edge }))
    }

    fn term(&mut self, node: Node, span: Span) -> Result<Term<'a>, Problem> {
        let text = span.of(self.text);
        match node {
            Node::Bool(truth) => Ok(Term::Constant(Value::Bool(truth))),
            Node::Int(magnitude) => match i64::try_from(magnitude) {
                Ok(number) => Ok(Term::Constant(Value::Int(number))),
                Err(_) => Err(format!("integer {text} is out of int64 range").into()),
            },
            Node::Double(number) => Ok(Term::Constant(Value::Double(number))),
            Node::Text { is_pattern } => Ok(Term::Constant(Value::Text(literal::unquote(text, is_pattern)?))),
            Node::Name | Node::Path => Ok(Term::Operand(Operand::find(text, self.schema)?)),
            Node::StructPath => Err(Problem::Fault(struct_path(span, self.text, self.schema))),
            Node::Parameter => self.parameter(text),
            Node::List { .. } => unreachable!("lists are bound where the tree is at hand"),
            Node::Unary(unary) => self.unary(unary),
            Node::Binary(Binary::And) => self.logic("and", Some(false), Nodes::all),
            Node::Binary(Binary::Or) => self.logic("or", Some(true), Nodes::any),
            Node::Binary(Binary::In) => self.contained(false),
            Node::Binary(Binary::NotIn) => self.contained(true),
            Node::Binary(binary @ (Binary::Like | Binary::Matches | Binary::MatchesNot)) => self.pattern(binary),
            Node::Binary(
                binary @ (Binary::Equal
                | Binary::NotEqual
                | Binary::Less
                | Binary::LessEqual
                | Binary::Greater
                | Binary::GreaterEqual),
            ) => self.comparison(binary, span),
            Node::Binary(Binary::ShiftLeft | Binary::ShiftRight) => {
                Err(format!("shift is not supported: {}", span.shown(self.text)).into())
            }
            Node::Binary(binary) => self.arithmetic(binary),
            Node::Range(chain) => self.range(chain),
            Node::Call { operands } => self.call(text, operands),
        }
    }

    fn parameter(&mut self, text: &'a str) -> Result<Term<'a>, Problem> {
        let name = text.trim_matches(|c: char| matches!(c, '{' | '}') || c.is_ascii_whitespace());
        let Some(value) = self.values.get(name) else {
            return Err(format!("the value of expression template variable name {{{name}}} is not found").into());
        };
        check_parameter(value, name)?;
        self.bound.parameters.insert(name, ());
        Ok(Term::Parameter(value))
    }

    fn list(&mut self, mut items: Vec<Value>, operands: u32) -> Result<Term<'a>, Problem> {
        let at = self.stack.len() - operands as usize;
        items.reserve(operands as usize);
        for (term, span) in self.stack.drain(at..) {
            match term {
                Term::Constant(value) => items.push(value),
                Term::Parameter(_) | Term::Operand(_) | Term::Predicate(_) => {
                    let got = span.shown(self.text);
                    let reason = format!("array element type must be generic value, but got: {got}");
                    return Err(Problem::Fault(Fault::filter(span.start, reason)));
                }
            }
        }
        Ok(Term::Constant(Value::List(items)))
    }

    fn unary(&mut self, unary: Unary) -> Result<Term<'a>, Problem> {
        let (term, span) = self.pop();
        match (unary, term) {
            (Unary::Not, Term::Constant(Value::Bool(truth))) => Ok(Term::Constant(Value::Bool(!truth))),
            (Unary::Not, Term::Predicate(edge)) => Ok(Term::Predicate(Edge { negated: !edge.negated, ..edge })),
            (Unary::Not, _) => Err("not op can only be applied on boolean expression".to_string().into()),
            (Unary::Minus, Term::Constant(Value::Int(number))) => match number.checked_neg() {
                Some(number) => Ok(Term::Constant(Value::Int(number))),
                None => Err(format!("integer -({number}) is out of int64 range").into()),
            },
            (Unary::Minus, Term::Constant(Value::Double(number))) => Ok(Term::Constant(Value::Double(-number))),
            (Unary::Plus, term @ (Term::Constant(Value::Int(_) | Value::Double(_)) | Term::Operand(_))) => Ok(term),
            (Unary::Exists, Term::Operand(operand)) => {
                if operand.data_type != DataType::Json {
                    let got = operand.type_name();
                    return Err(format!("exists operations are only supportted on json field, got:{got}").into());
                }
                if operand.is_whole_json() {
                    return Err("exists operations are only supportted on json key".to_string().into());
                }
                let column = operand.reading.column;
                self.tested(Ok((Leaf::Exists { column, keys: operand.keys() }, false)))
            }
            (Unary::Exists, _) => {
                let got = span.shown(self.text);
                Err(format!("exists operations are only supported on single fields now, got: {got}").into())
            }
            (Unary::IsNull | Unary::IsNotNull, Term::Operand(operand)) => {
                let column = operand.reading.column;
                let leaf = if operand.is_field() && !operand.data_type.is_vector() {
                    (Leaf::Null { column }, unary == Unary::IsNotNull)
                } else if operand.data_type == DataType::Json {
                    (Leaf::Exists { column, keys: operand.keys() }, unary == Unary::IsNull)
                } else {
                    let what = if operand.data_type.is_vector() { "vector fields" } else { "elements of array fields" };
                    return Err(format!("null checks are not supported on {what}").into());
                };
                self.tested(Ok(leaf))
            }
            (Unary::Minus | Unary::Plus | Unary::Complement | Unary::IsNull | Unary::IsNotNull, _) => {
                let sign = match unary {
                    Unary::Minus => "-",
                    Unary::Plus => "+",
                    _ => "~",
                };
                Err(format!("unexpected op: {sign} on {}", span.shown(self.text)).into())
            }
        }
    }

    /// Joins two predicates. `decides` is the constant that alone decides the result; its negation changes nothing.
    fn logic(
        &mut self,
        name: &str,
        decides: Option<bool>,
        join: fn(&mut Nodes, Edge, Edge) -> Edge,
    ) -> Result<Term<'a>, Problem> {
        let (right, _) = self.pop();
        let (left, _) = self.pop();
        match (left, right) {
            (Term::Predicate(left), Term::Predicate(right)) => {
                Ok(Term::Predicate(join(&mut self.bound.nodes, left, right)))
            }
            (Term::Constant(Value::Bool(truth)), other @ (Term::Predicate(_) | Term::Constant(Value::Bool(_))))
            | (other @ Term::Predicate(_), Term::Constant(Value::Bool(truth))) => {
                Ok(if Some(truth) == decides { Term::Constant(Value::Bool(truth)) } else { other })
            }
            _ => Err(format!("'{name}' can only be used between boolean expressions").into()),
        }
    }

    fn comparison(&mut self, binary: Binary, span: Span) -> Result<Term<'a>, Problem> {
        let (right, _) = self.pop();
        let (left, _) = self.pop();
        match (left, right) {
            (Term::Operand(operand), Term::Constant(value)) => self.tested(compare::compare(operand, binary, &value)),
            (Term::Operand(operand), Term::Parameter(value)) => self.tested(compare::compare(operand, binary, value)),
            (Term::Constant(value), Term::Operand(operand)) => {
                self.tested(compare::compare(operand, mirrored(binary), &value))
            }
            (Term::Parameter(value), Term::Operand(operand)) => {
                self.tested(compare::compare(operand, mirrored(binary), value))
            }
            (Term::Operand(left), Term::Operand(right)) => self.tested(compare::fields(&left, binary, &right)),
            (Term::Constant(left), Term::Constant(right)) => match constants(binary, &left, &right) {
                Some(truth) => Ok(Term::Constant(Value::Bool(truth))),
                None => {
                    let got = span.shown(self.text);
                    let words = "comparison operations cannot be applied to two incompatible operands";
                    Err(format!("{words}: {got}").into())
                }
            },
            (Term::Predicate(_), _) | (_, Term::Predicate(_)) => {
                let got = span.shown(self.text);
                Err(format!("comparisons between a predicate and a value are not supported: {got}").into())
            }
            (Term::Parameter(_), _) | (_, Term::Parameter(_)) => Err(placeholder(binary)),
        }
    }

    fn range(&mut self, chain: Chain) -> Result<Term<'a>, Problem> {
        let (right, right_span) = self.pop();
        let (middle, middle_span) = self.pop();
        let (left, left_span) = self.pop();
        let bound = |term: Term<'a>, span: Span, is_low: bool| match term {
            Term::Constant(value) => Ok(std::borrow::Cow::Owned(value)),
            Term::Parameter(value) => Ok(std::borrow::Cow::Borrowed(value)),
            Term::Operand(_) | Term::Predicate(_) => {
                let which = if is_low { "lowerbound" } else { "upperbound" };
                let reason = format!("{which} cannot be a non-const expression: {}", span.shown(self.text));
                Err(Problem::Fault(Fault::filter(span.start, reason)))
            }
        };
        let left = bound(left, left_span, chain.ascends)?;
        let right = bound(right, right_span, !chain.ascends)?;
        match middle {
            Term::Operand(operand) => self.tested(compare::range(operand, chain, &left, &right)),
            Term::Constant(_) | Term::Parameter(_) | Term::Predicate(_) => {
                let got = middle_span.shown(self.text);
                Err(format!("range operations are only supported on single fields now, got: {got}").into())
            }
        }
    }

    fn contained(&mut self, negated: bool) -> Result<Term<'a>, Problem> {
        let (list, list_span) = self.pop();
        let (operand, span) = self.pop();
        let (got, list_text) = (span.shown(self.text), list_span.shown(self.text));
        let operand = match operand {
            Term::Operand(operand) => operand,
            Term::Constant(_) => {
                return Err(format!("'term' can only be used on non-const expression, but got: {got}").into());
            }
            Term::Parameter(_) | Term::Predicate(_) => {
                return Err(format!("'term' can only be used on single field, but got: {got}").into());
            }
        };
        let items = match list {
            Term::Constant(Value::List(items)) => items,
            Term::Parameter(Value::List(items)) => items.clone(),
            Term::Parameter(_) => {
                return Err(format!("the value of expression template variable name {list_text} is not array").into());
            }
            Term::Constant(_) => {
                return Err(format!("the right-hand side of 'in' must be a list, but got: {list_text}").into());
            }
            Term::Operand(_) | Term::Predicate(_) => {
                return Err(format!("value '{list_text}' in list cannot be a non-const expression").into());
            }
        };
        let (leaf, _) = compare::contained(operand, items)?;
        self.tested(Ok((leaf, negated)))
    }

    fn pattern(&mut self, binary: Binary) -> Result<Term<'a>, Problem> {
        let (pattern, pattern_span) = self.pop();
        let (operand, span) = self.pop();
        let what = if binary == Binary::Like { "like" } else { "regex" };
        let Term::Operand(operand) = operand else {
            return Err(format!("the left operand of {what} is invalid: {}", span.shown(self.text)).into());
        };
        let pattern = match &pattern {
            Term::Constant(Value::Text(pattern)) | Term::Parameter(Value::Text(pattern)) => pattern,
            Term::Constant(_) | Term::Parameter(_) | Term::Operand(_) | Term::Predicate(_) => {
                let got = pattern_span.shown(self.text);
                return Err(format!("the right operand of {what} must be a string, but got: {got}").into());
            }
        };
        self.tested(match binary {
            Binary::Like => compare::like(operand, pattern),
            _ => compare::matches(operand, pattern, binary == Binary::MatchesNot),
        })
    }

    fn call(&mut self, text: &'a str, operands: u32) -> Result<Term<'a>, Problem> {
        let name = &text[..text.find('(').unwrap_or(text.len())];
        let name = name.trim_end();
        let function = name.to_ascii_lowercase();
        let is_one_case = name == function || name == name.to_ascii_uppercase();
        let containing = match function.as_str() {
            "json_contains" | "array_contains" => Some(Containing::One),
            "json_contains_all" | "array_contains_all" => Some(Containing::All),
            "json_contains_any" | "array_contains_any" => Some(Containing::Any),
            _ => None,
        };
        let count = |wanted: u32| {
            if operands == wanted { Ok(()) } else { Err(format!("{name} takes {wanted} arguments, got {operands}")) }
        };
        match containing {
            Some(containing) if is_one_case => {
                count(2)?;
                self.contains(containing)
            }
            None if is_one_case && function == "array_length" => {
                count(1)?;
                self.length()
            }
            _ => Err(format!("function {name} is not found").into()),
        }
    }

    fn contains(&mut self, containing: Containing) -> Result<Term<'a>, Problem> {
        let (constant, constant_span) = self.pop();
        let (operand, span) = self.pop();
        let Term::Operand(operand) = operand else {
            let got = span.shown(self.text);
            return Err(format!("contains operation are only supported on json or array fields now, got: {got}").into());
        };
        let constant = match constant {
            Term::Constant(value) => value,
            Term::Parameter(value) => value.clone(),
            Term::Operand(_) | Term::Predicate(_) => {
                let got = constant_span.shown(self.text);
                let words = "contains operation are only supported explicitly specified element";
                return Err(format!("{words}, got: {got}").into());
            }
        };
        self.tested(compare::contains(operand, containing, constant))
    }

    fn length(&mut self) -> Result<Term<'a>, Problem> {
        let (term, span) = self.pop();
        match term {
            Term::Operand(mut operand)
                if operand.is_plain() && matches!(operand.data_type, DataType::Array | DataType::Json) =>
            {
                operand.reading.step = Step::Length;
                operand.data_type = DataType::Int64;
                operand.element_type = None;
                Ok(Term::Operand(operand))
            }
            _ => {
                let got = span.shown(self.text);
                Err(format!("array_length operation are only supported on json or array fields now, got: {got}").into())
            }
        }
    }

    fn arithmetic(&mut self, binary: Binary) -> Result<Term<'a>, Problem> {
        let (right, _) = self.pop();
        let (left, _) = self.pop();
        let name = arithmetic::name(binary);
        if binary == Binary::Power && !matches!((&left, &right), (Term::Constant(_), Term::Constant(_))) {
            return Err("power can only apply on constants".to_string().into());
        }
        match (left, right) {
            (Term::Constant(left), Term::Constant(right)) => {
                Ok(Term::Constant(arithmetic::fold(binary, &left, &right)?))
            }
            (Term::Parameter(_) | Term::Constant(_), Term::Parameter(_) | Term::Constant(_)) => {
                Err(placeholder(binary))
            }
            (Term::Operand(operand), Term::Constant(by)) => {
                Ok(Term::Operand(arithmetic::reckon(operand, binary, &by)?))
            }
            (Term::Operand(operand), Term::Parameter(by)) => {
                Ok(Term::Operand(arithmetic::reckon(operand, binary, by)?))
            }
            (Term::Constant(by), Term::Operand(operand)) => {
                Ok(Term::Operand(arithmetic::commute(operand, binary, &by)?))
            }
            (Term::Parameter(by), Term::Operand(operand)) => {
                Ok(Term::Operand(arithmetic::commute(operand, binary, by)?))
            }
            (Term::Operand(_), Term::Operand(_)) => {
                Err("not supported to do arithmetic operations between multiple fields".to_string().into())
            }
            (Term::Predicate(_), _) | (_, Term::Predicate(_)) => {
                Err(format!("{name} cannot apply on bool field").into())
            }
        }
    }
}

/// The operator that says the same with its sides exchanged.
fn mirrored(binary: Binary) -> Binary {
    match binary {
        Binary::Less => Binary::Greater,
        Binary::LessEqual => Binary::GreaterEqual,
        Binary::Greater => Binary::Less,
        Binary::GreaterEqual => Binary::LessEqual,
        same => same,
    }
}

fn placeholder(binary: Binary) -> Problem {
    let sign = arithmetic::sign(binary);
    Problem::Here(format!("placeholder was not supported between two constants with operator: {sign}"))
}

/// Compares two constants; `None` when their types cannot be.
fn constants(binary: Binary, left: &Value, right: &Value) -> Option<bool> {
    let order = match (left, right) {
        (Value::Text(left), Value::Text(right)) => left.cmp(right),
        (Value::Bool(left), Value::Bool(right)) if matches!(binary, Binary::Equal | Binary::NotEqual) => {
            left.cmp(right)
        }
        (left, right) => compare::number(left)?.order(compare::number(right)?),
    };
    Some(match binary {
        Binary::Equal => order.is_eq(),
        Binary::NotEqual => order.is_ne(),
        Binary::Less => order.is_lt(),
        Binary::LessEqual => order.is_le(),
        Binary::Greater => order.is_gt(),
        Binary::GreaterEqual => order.is_ge(),
        _ => return None,
    })
}
