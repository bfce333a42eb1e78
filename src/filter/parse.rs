//! Tokens to an expression tree, by operator precedence with a stack of its own.
//!
//! The tree is kept in postfix order: each node stands behind its operands, the root last. So building, walking and
//! dropping it are loops, however deep an expression nests or however long a chain of `or` is.

use super::token::{Kind, Lexer, Token};
use super::{Fault, NESTING_MAX, Span, literal};
use crate::schema::Value;
use crate::schema::value::VALUE_DEPTH_MAX;

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
    fn tightness(self) -> u8 {
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

    fn of(kind: Kind) -> Option<Binary> {
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
const RANGE: u8 = 8;
/// Tightness of `not`, `-`, `+` and `~`.
const UNARY: u8 = 13;
/// Tightness of `exists`.
const EXISTS: u8 = 16;

/// Functions of Milvus that do not exist here; all of them take their options as `name=number`.
const UNSUPPORTED: [&str; 19] = [
    "text_match",
    "text_match_fuzzy",
    "phrase_match",
    "random_sample",
    "element_filter",
    "match_all",
    "match_any",
    "match_least",
    "match_most",
    "match_exact",
    "st_equals",
    "st_touches",
    "st_overlaps",
    "st_crosses",
    "st_contains",
    "st_intersects",
    "st_within",
    "st_dwithin",
    "st_isvalid",
];

/// What is begun and waits for operands.
#[derive(Debug)]
enum Pending {
    Unary(Unary, Span),
    Binary(Binary),
    Range(Chain),
    Paren(Span),
    List { at: Span, start: u32, operands: u32 },
    Call { at: Span, operands: u32 },
}

/// Parses a whole expression.
///
/// # Errors
/// [`Fault::Filter`] where the text leaves the grammar or nests deeper than [`NESTING_MAX`].
pub fn parse(text: &str) -> Result<Tree, Fault> {
    let mut lexer = Lexer::new(text);
    let token = lexer.next()?;
    let tree = Tree { nodes: Vec::new(), lists: Vec::new(), unsupported: None };
    let mut parser = Parser { lexer, token, tree, spans: Vec::new(), pending: Vec::new(), nesting: 0, list_depth: 0 };
    loop {
        parser.operand()?;
        if parser.operators()? {
            return Ok(parser.tree);
        }
    }
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    /// The next token.
    token: Token,
    tree: Tree,
    /// Where each complete operand stands.
    spans: Vec<Span>,
    pending: Vec<Pending>,
    /// How many of `pending` nest: all but binary operators and ranges.
    nesting: usize,
    list_depth: usize,
}

impl<'a> Parser<'a> {
    fn text(&self) -> &'a str {
        self.lexer.text()
    }

    fn advance(&mut self) -> Result<Token, Fault> {
        Ok(std::mem::replace(&mut self.token, self.lexer.next()?))
    }

    /// The token behind the next one, or the end where there is none.
    fn peek(&self) -> Token {
        let mut lexer = self.lexer;
        lexer.next().unwrap_or(Token { kind: Kind::End, span: self.token.span })
    }

    fn expect(&mut self, kind: Kind, words: &str) -> Result<Token, Fault> {
        if self.token.kind == kind { self.advance() } else { Err(self.mismatch(words)) }
    }

    fn mismatch(&self, expected: &str) -> Fault {
        let at = self.token.span.start;
        let before = &self.text()[..at as usize];
        let line = 1 + before.bytes().filter(|byte| *byte == b'\n').count();
        let column = before.chars().rev().take_while(|c| *c != '\n').count();
        let token = match self.token.kind {
            Kind::End => "<EOF>",
            _ => self.token.span.shown(self.text()),
        };
        Fault::filter(at, format!("line {line}:{column} mismatched input '{token}' expecting {expected}"))
    }

    /// Takes tokens up to and including one complete operand.
    fn operand(&mut self) -> Result<(), Fault> {
        loop {
            match self.token.kind {
                Kind::Not => self.prefix(Unary::Not)?,
                Kind::Minus => self.prefix(Unary::Minus)?,
                Kind::Plus => self.prefix(Unary::Plus)?,
                Kind::Tilde => self.prefix(Unary::Complement)?,
                Kind::Exists => self.prefix(Unary::Exists)?,
                Kind::ParenOpen => {
                    let at = self.advance()?.span;
                    self.nest(Pending::Paren(at))?;
                }
                Kind::BracketOpen => {
                    if self.list()? {
                        return Ok(());
                    }
                }
                Kind::BraceOpen => {
                    let start = self.advance()?.span;
                    self.expect(Kind::Name, "the name of a template parameter")?;
                    let end = self.expect(Kind::BraceClose, "'}'")?.span;
                    self.emit(Node::Parameter, start.to(end));
                    return Ok(());
                }
                Kind::Name => {
                    if self.name()? {
                        return Ok(());
                    }
                }
                Kind::Path => {
                    let span = self.advance()?.span;
                    self.field(Node::Path, span)?;
                    return Ok(());
                }
                Kind::StructPath => {
                    let span = self.advance()?.span;
                    if span.of(self.text()).starts_with('$') {
                        self.tree.unsupported.get_or_insert("arrays of structs in a filter".to_string());
                    }
                    self.emit(Node::StructPath, span);
                    return Ok(());
                }
                Kind::Integer | Kind::Float | Kind::Text | Kind::True | Kind::False => {
                    let token = self.advance()?;
                    let node = self.literal(token)?;
                    self.emit(node, token.span);
                    return Ok(());
                }
                _ => return Err(self.mismatch("a field, a constant, a function or '('")),
            }
        }
    }

    fn prefix(&mut self, unary: Unary) -> Result<(), Fault> {
        let at = self.advance()?.span;
        self.nest(Pending::Unary(unary, at))
    }

    fn nest(&mut self, pending: Pending) -> Result<(), Fault> {
        let (Pending::Paren(at) | Pending::Unary(_, at) | Pending::List { at, .. } | Pending::Call { at, .. }) =
            pending
        else {
            unreachable!("binary operators and ranges do not nest");
        };
        if self.nesting == NESTING_MAX {
            return Err(Fault::filter(at.start, format!("nesting depth exceeds the limit of {NESTING_MAX}")));
        }
        self.nesting += 1;
        self.pending.push(pending);
        Ok(())
    }

    /// A name: a call when a parenthesis follows, else a field. Says whether an operand is complete.
    fn name(&mut self) -> Result<bool, Fault> {
        let span = self.advance()?.span;
        let word = span.of(self.text()).to_ascii_lowercase();
        if self.token.kind == Kind::ParenOpen {
            self.advance()?;
            if UNSUPPORTED.contains(&word.as_str()) {
                self.tree.unsupported.get_or_insert(format!("{word} in a filter"));
            }
            if self.token.kind == Kind::ParenClose {
                let end = self.advance()?.span;
                self.emit(Node::Call { operands: 0 }, span.to(end));
                return Ok(true);
            }
            self.nest(Pending::Call { at: span, operands: 1 })?;
            return Ok(false);
        }
        if self.token.kind == Kind::Assign && self.tree.unsupported.is_some() {
            // An option of a function that does not exist here; its value is read as one more operand.
            self.advance()?;
            return Ok(false);
        }
        if self.token.kind == Kind::Text && (word == "iso" || word == "interval") {
            self.tree.unsupported.get_or_insert(format!("{word} (timestamptz) in a filter"));
            let end = self.advance()?.span;
            self.emit(Node::Text { is_pattern: false }, end);
            return Ok(true);
        }
        self.field(Node::Name, span)?;
        Ok(true)
    }

    /// A field, and whether it is null when that is asked: nothing binds tighter.
    fn field(&mut self, node: Node, span: Span) -> Result<(), Fault> {
        self.emit(node, span);
        let unary = match self.token.kind {
            Kind::IsNull => Unary::IsNull,
            Kind::IsNotNull => Unary::IsNotNull,
            _ => return Ok(()),
        };
        let end = self.advance()?.span;
        self.replace(1, Node::Unary(unary), span.to(end));
        Ok(())
    }

    fn literal(&self, token: Token) -> Result<Node, Fault> {
        let text = token.span.of(self.text());
        let fault = |reason: String| Fault::filter(token.span.start, reason);
        Ok(match token.kind {
            Kind::True => Node::Bool(true),
            Kind::False => Node::Bool(false),
            Kind::Integer => {
                let magnitude = literal::integer(text);
                Node::Int(magnitude.ok_or_else(|| fault(format!("integer {text} is out of int64 range")))?)
            }
            Kind::Float => {
                let value = literal::float(text);
                Node::Double(value.ok_or_else(|| fault(format!("float {text} is out of the range of doubles")))?)
            }
            _ => Node::Text { is_pattern: false },
        })
    }

    /// After `[`: takes the plain constants that the list begins with, and the list when that is all of it.
    fn list(&mut self) -> Result<bool, Fault> {
        let at = self.advance()?.span;
        if self.list_depth == VALUE_DEPTH_MAX {
            return Err(Fault::filter(at.start, format!("lists nest deeper than {VALUE_DEPTH_MAX}")));
        }
        let mut values = Vec::new();
        while self.token.kind != Kind::BracketClose {
            let begin = (self.lexer, self.token);
            match self.constant()? {
                Some(value) if self.token.kind == Kind::Comma => {
                    self.advance()?;
                    values.push(value);
                }
                Some(value) if self.token.kind == Kind::BracketClose => values.push(value),
                _ => {
                    (self.lexer, self.token) = begin;
                    break;
                }
            }
        }
        let start = self.tree.lists.len() as u32;
        self.tree.lists.push(values);
        if self.token.kind == Kind::BracketClose {
            let end = self.advance()?.span;
            self.emit(Node::List { start, operands: 0 }, at.to(end));
            return Ok(true);
        }
        self.list_depth += 1;
        self.nest(Pending::List { at, start, operands: 1 })?;
        Ok(false)
    }

    /// A literal, with its minus if it has one; `None` when there is none.
    fn constant(&mut self) -> Result<Option<Value>, Fault> {
        let is_negative = self.token.kind == Kind::Minus;
        if is_negative {
            self.advance()?;
        }
        let token = self.token;
        let value = match token.kind {
            Kind::Integer | Kind::Float | Kind::Text | Kind::True | Kind::False => match self.literal(token)? {
                Node::Int(magnitude) if is_negative => 0i64.checked_sub_unsigned(magnitude).map(Value::Int),
                Node::Int(magnitude) => i64::try_from(magnitude).ok().map(Value::Int),
                Node::Double(value) => Some(Value::Double(if is_negative { -value } else { value })),
                Node::Bool(value) if !is_negative => Some(Value::Bool(value)),
                Node::Text { .. } if !is_negative => {
                    let text = literal::unquote(token.span.of(self.text()), false);
                    Some(Value::Text(text.map_err(|reason| Fault::filter(token.span.start, reason))?))
                }
                _ => None,
            },
            _ => None,
        };
        if value.is_some() {
            self.advance()?;
        }
        Ok(value)
    }

    /// After an operand: takes operators, commas and closers up to where an operand must follow. Says whether the
    /// expression is complete.
    fn operators(&mut self) -> Result<bool, Fault> {
        loop {
            match self.token.kind {
                Kind::End => {
                    self.reduce(0);
                    return match self.pending.last() {
                        None => Ok(true),
                        Some(Pending::List { .. }) => Err(self.mismatch("',' or ']'")),
                        Some(Pending::Call { .. }) => Err(self.mismatch("',' or ')'")),
                        Some(_) => Err(self.mismatch("')'")),
                    };
                }
                Kind::ParenClose => {
                    self.reduce(0);
                    match self.pending.last() {
                        Some(Pending::Paren(at)) => {
                            let span = at.to(self.token.span);
                            if let Some(last) = self.spans.last_mut() {
                                *last = span;
                            }
                        }
                        Some(Pending::Call { at, operands }) => {
                            let (span, operands) = (at.to(self.token.span), *operands);
                            self.replace(operands, Node::Call { operands }, span);
                        }
                        _ => return Err(self.mismatch("an operator or the end")),
                    }
                    self.advance()?;
                    self.pop();
                }
                Kind::BracketClose => {
                    self.reduce(0);
                    self.close_list()?;
                }
                Kind::Comma => {
                    self.reduce(0);
                    let ends_list = self.peek().kind == Kind::BracketClose;
                    match self.pending.last_mut() {
                        Some(Pending::List { .. }) if ends_list => {
                            self.advance()?;
                            self.close_list()?;
                            continue;
                        }
                        Some(Pending::List { operands, .. } | Pending::Call { operands, .. }) => *operands += 1,
                        _ => return Err(self.mismatch("an operator or the end")),
                    }
                    self.advance()?;
                    return Ok(false);
                }
                kind => {
                    self.operator(kind)?;
                    return Ok(false);
                }
            }
        }
    }

    fn close_list(&mut self) -> Result<(), Fault> {
        let Some(Pending::List { at, start, operands }) = self.pending.last() else {
            return Err(self.mismatch("an operator or the end"));
        };
        let (span, node) = (at.to(self.token.span), Node::List { start: *start, operands: *operands });
        self.replace(*operands, node, span);
        self.list_depth -= 1;
        self.advance()?;
        self.pop();
        Ok(())
    }

    fn pop(&mut self) {
        self.pending.pop();
        self.nesting -= 1;
    }

    fn operator(&mut self, kind: Kind) -> Result<(), Fault> {
        if kind == Kind::Not {
            if self.peek().kind != Kind::In {
                return Err(self.mismatch("an operator or the end"));
            }
            self.advance()?;
            self.advance()?;
            self.reduce(Binary::NotIn.tightness());
            self.pending.push(Pending::Binary(Binary::NotIn));
            return Ok(());
        }
        let Some(binary) = Binary::of(kind) else {
            return Err(self.mismatch("an operator or the end"));
        };
        if let Some(chain) = self.chain(binary)? {
            self.reduce(RANGE);
            self.pending.push(Pending::Range(chain));
            return Ok(());
        }
        self.advance()?;
        self.reduce(binary.tightness());
        self.pending.push(Pending::Binary(binary));
        Ok(())
    }

    /// At a comparison: takes it, the middle and the second comparison of a chain, when it is one.
    fn chain(&mut self, first: Binary) -> Result<Option<Chain>, Fault> {
        let pointing = |binary: Option<Binary>| match binary {
            Some(Binary::Less) => Some((true, false)),
            Some(Binary::LessEqual) => Some((true, true)),
            Some(Binary::Greater) => Some((false, false)),
            Some(Binary::GreaterEqual) => Some((false, true)),
            _ => None,
        };
        let Some((ascends, left_inclusive)) = pointing(Some(first)) else {
            return Ok(None);
        };
        let mut ahead = self.lexer;
        let (Ok(middle), Ok(second)) = (ahead.next(), ahead.next()) else {
            return Ok(None);
        };
        let right_inclusive = match pointing(Binary::of(second.kind)) {
            Some((same, inclusive)) if same == ascends => inclusive,
            _ => return Ok(None),
        };
        let node = match middle.kind {
            Kind::Name => Node::Name,
            Kind::Path => Node::Path,
            _ => return Ok(None),
        };
        // Whatever binds tighter than a chain belongs to its left bound and must stand before the middle.
        self.reduce(RANGE);
        self.emit(node, middle.span);
        self.lexer = ahead;
        self.advance()?;
        Ok(Some(Chain { ascends, left_inclusive, right_inclusive }))
    }

    /// Completes what is pending and binds at least as tight.
    fn reduce(&mut self, tightness: u8) {
        while let Some(pending) = self.pending.last() {
            let (node, operands, its) = match pending {
                Pending::Unary(Unary::Exists, _) => (Node::Unary(Unary::Exists), 1, EXISTS),
                Pending::Unary(unary, _) => (Node::Unary(*unary), 1, UNARY),
                Pending::Binary(binary) => (Node::Binary(*binary), 2, binary.tightness()),
                Pending::Range(chain) => (Node::Range(*chain), 3, RANGE),
                Pending::Paren(_) | Pending::List { .. } | Pending::Call { .. } => return,
            };
            if its < tightness {
                return;
            }
            let last = self.spans.last().copied().unwrap_or_default();
            let first = match pending {
                Pending::Unary(_, at) => *at,
                _ => self.spans[self.spans.len() - operands as usize],
            };
            if matches!(pending, Pending::Unary(..)) {
                self.nesting -= 1;
            }
            if let Node::Binary(Binary::Like | Binary::Matches | Binary::MatchesNot) = node
                && let Some((Node::Text { is_pattern }, _)) = self.tree.nodes.last_mut()
            {
                *is_pattern = true;
            }
            self.pending.pop();
            self.replace(operands, node, first.to(last));
        }
    }

    fn emit(&mut self, node: Node, span: Span) {
        self.tree.nodes.push((node, span));
        self.spans.push(span);
    }

    /// Lets `node` take the last operands.
    fn replace(&mut self, operands: u32, node: Node, span: Span) {
        self.spans.truncate(self.spans.len() - operands as usize);
        self.emit(node, span);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tree as nested lists, operator first.
    fn shown(text: &str) -> Result<String, String> {
        let tree = parse(text).map_err(|fault| match fault {
            Fault::Filter { at, reason } => format!("{at}: {reason}"),
            Fault::Unsupported { what } => what,
        })?;
        let mut stack: Vec<String> = Vec::new();
        for (node, span) in &tree.nodes {
            let mut take = |count: u32| stack.split_off(stack.len() - count as usize);
            let text = match node {
                Node::Bool(value) => value.to_string(),
                Node::Int(value) => value.to_string(),
                Node::Double(value) => format!("{value:?}"),
                Node::Text { .. } | Node::Name | Node::Path | Node::StructPath | Node::Parameter => {
                    span.of(text).to_string()
                }
                Node::List { start, operands } => {
                    let mut items: Vec<String> = tree.lists[*start as usize].iter().map(|v| format!("{v:?}")).collect();
                    for item in &mut items {
                        *item = item.trim_start_matches("Int(").trim_end_matches(')').to_string();
                    }
                    items.extend(take(*operands));
                    format!("[{}]", items.join(" "))
                }
                Node::Unary(unary) => format!("({unary:?} {})", take(1)[0]),
                Node::Binary(binary) => format!("({binary:?} {})", take(2).join(" ")),
                Node::Range(chain) => {
                    let (first, second) = (chain.left_inclusive, chain.right_inclusive);
                    format!("(Range {} {first} {second} {})", chain.ascends, take(3).join(" "))
                }
                Node::Call { operands } => {
                    let name = span.of(text).split('(').next().unwrap_or_default();
                    format!("({name} {})", take(*operands).join(" "))
                }
            };
            stack.push(text);
        }
        assert_eq!(stack.len(), 1, "{text} leaves one tree");
        Ok(stack.remove(0))
    }

    fn check(text: &str, expected: &str) {
        assert_eq!(shown(text).as_deref(), Ok(expected), "{text}");
    }

    fn refused(text: &str, expected: &str) {
        assert_eq!(shown(text).err().as_deref(), Some(expected), "{text}");
    }

    #[test]
    fn not_binds_tighter_than_comparison_as_in_milvus() {
        check("a == 1 or b > 2 and not (c in [3])", "(Or (Equal a 1) (And (Greater b 2) (Not (In c [3]))))");
        check("not a == 1", "(Equal (Not a) 1)");
        check("not a in [1]", "(In (Not a) [1])");
        check("a not in [1]", "(NotIn a [1])");
    }

    #[test]
    fn exists_like_and_is_null_bind_tighter_than_not() {
        check("not exists a", "(Not (Exists a))");
        check(r#"not s like "a%""#, r#"(Not (Like s "a%"))"#);
        check(r#"!s =~ "a" || b"#, r#"(Or (Not (Matches s "a")) b)"#);
        check("not a is null and b is not null", "(And (Not (IsNull a)) (IsNotNull b))");
    }

    #[test]
    fn operators_bind_to_the_left_by_level() {
        check("1 + 2 * 3 - 4", "(Subtract (Add 1 (Multiply 2 3)) 4)");
        check("2 ** 3 ** 2", "(Power (Power 2 3) 2)");
        check("-2 ** 2", "(Minus (Power 2 2))");
        check("2 ** -2 * 3", "(Multiply (Power 2 (Minus 2)) 3)");
        check("a & 1 == 1", "(BitAnd a (Equal 1 1))");
        check("a | b ^ c & d", "(BitOr a (BitXor b (BitAnd c d)))");
        check("a << 1 + 1 >> 2", "(ShiftRight (ShiftLeft a (Add 1 1)) 2)");
        check("a < b == c < d", "(Equal (Less a b) (Less c d))");
        check("a or b or c and d", "(Or (Or a b) (And c d))");
    }

    #[test]
    fn chains_need_a_field_in_the_middle_and_one_direction() {
        check("1 < a <= 4", "(Range true false true 1 a 4)");
        check("1 + 2 >= j[\"a\"] > 4 - 1", "(Range false true false (Add 1 2) j[\"a\"] (Subtract 4 1))");
        check("1 < a > 0", "(Greater (Less 1 a) 0)");
        check("1 < a + 1 < 3", "(Less (Less 1 (Add a 1)) 3)");
        check("x and 1 < a < 2 or y", "(Or (And x (Range true false false 1 a 2)) y)");
    }

    #[test]
    fn lists_take_constants_expressions_and_a_trailing_comma() {
        check("a in []", "(In a [])");
        check("a in [ 1, -2, 3, ]", "(In a [1 -2 3])");
        check("a in [1, 1 + 1, [3], b]", "(In a [1 (Add 1 1) [3] b])");
        check("a in [1 + 1,]", "(In a [(Add 1 1)])");
        check("a in [-1 + 2]", "(In a [(Add (Minus 1) 2)])");
        refused("a in [,]", "6: line 1:6 mismatched input ',' expecting a field, a constant, a function or '('");
        refused("a in [1", "7: line 1:7 mismatched input '<EOF>' expecting ',' or ']'");
        refused("a in [1)", "7: line 1:7 mismatched input ')' expecting an operator or the end");
    }

    #[test]
    fn calls_and_parameters_are_operands() {
        check("json_contains(j[\"a\"], [1]) and f({x})", "(And (json_contains j[\"a\"] [1]) (f {x}))");
        check("f()", "(f )");
        check("iso == 1 and interval > 2", "(And (Equal iso 1) (Greater interval 2))");
        refused("f(1", "3: line 1:3 mismatched input '<EOF>' expecting ',' or ')'");
        refused("{1}", "1: line 1:1 mismatched input '1' expecting the name of a template parameter");
    }

    #[test]
    fn what_leaves_the_grammar_is_refused_at_the_token() {
        refused("a ==", "4: line 1:4 mismatched input '<EOF>' expecting a field, a constant, a function or '('");
        refused("a = 1", "2: line 1:2 mismatched input '=' expecting an operator or the end");
        refused("(a", "2: line 1:2 mismatched input '<EOF>' expecting ')'");
        refused("a)", "1: line 1:1 mismatched input ')' expecting an operator or the end");
        refused("a,\nb", "1: line 1:1 mismatched input ',' expecting an operator or the end");
        refused("a or\n b c", "8: line 2:3 mismatched input 'c' expecting an operator or the end");
        refused("a not like \"x\"", "2: line 1:2 mismatched input 'not' expecting an operator or the end");
        refused("a b is null", "2: line 1:2 mismatched input 'b' expecting an operator or the end");
    }

    #[test]
    fn functions_that_do_not_exist_here_are_recognised() {
        for (text, what) in [
            (r#"TEXT_MATCH(t, "a b", minimum_should_match=2) and id > 1"#, "text_match in a filter"),
            ("element_filter(s, $[a] > 1 && $[b] == 2)", "element_filter in a filter"),
            ("match_least(s, $[a] > 1, threshold=2)", "match_least in a filter"),
            (r#"ts + interval "P1D" > iso "2025-01-01""#, "interval (timestamptz) in a filter"),
            ("$[sub] == 1", "arrays of structs in a filter"),
        ] {
            assert_eq!(parse(text).expect("it parses").unsupported.as_deref(), Some(what), "{text}");
        }
    }

    #[test]
    fn nesting_is_bounded_and_chains_are_not() {
        let nested = |depth| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
        assert!(parse(&nested(NESTING_MAX)).is_ok());
        for text in
            [nested(NESTING_MAX + 1), nested(100_000), format!("{}a", "not ".repeat(100_000)), "-".repeat(100_000)]
        {
            assert!(matches!(parse(&text), Err(Fault::Filter { reason, .. }) if reason.contains("nesting depth")));
        }
        let lists = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(matches!(parse(&lists), Err(Fault::Filter { .. })));
        assert!(parse(&vec!["a == 1"; 100_000].join(" or ")).is_ok());
        assert!(parse(&format!("a == {}", vec!["1"; 100_000].join("+"))).is_ok());
    }
}
