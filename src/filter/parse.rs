//! Tokens to an expression tree, by operator precedence with a stack of its own.

use super::token::{Kind, Lexer, Token};
use super::tree::{Binary, Chain, EXISTS, Node, RANGE, Tree, UNARY, Unary};
use super::{Fault, NESTING_MAX, Span, literal};
use crate::schema::Value;
use crate::schema::value::VALUE_DEPTH_MAX;

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
