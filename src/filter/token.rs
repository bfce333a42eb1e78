//! Expression text to tokens, one at a time, so that a list of a million keys needs no list of tokens.
//!
//! The rules are those of Milvus 3.0's grammar: the longest token wins, keywords are all lower or all upper case,
//! and a field with its `[…]` accessors is one token. Function names are plain names here.

use super::{Fault, Span};

/// A token and where it stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of tokens; what they say is read from their span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The end of the text.
    End,
    /// An identifier, or `$meta`.
    Name,
    /// An identifier or `$meta` with accessors: `j["a"][0]`.
    Path,
    /// `$`, `$[sub]`, `field[sub]` or `field[0][sub]`: a look into an array of structs.
    StructPath,
    /// A whole number without sign.
    Integer,
    /// A number with a fraction or an exponent.
    Float,
    /// A quoted text, raw or not.
    Text,
    /// `true`.
    True,
    /// `false`.
    False,
    /// `and`, `&&`.
    And,
    /// `or`, `||`.
    Or,
    /// `not`, `!`.
    Not,
    /// `in`.
    In,
    /// `like`.
    Like,
    /// `exists`.
    Exists,
    /// `is null`, with just one space.
    IsNull,
    /// `is not null`, with just one space between the words.
    IsNotNull,
    /// `=~`.
    Matches,
    /// `!~`.
    MatchesNot,
    /// `==`.
    Equal,
    /// `!=`.
    NotEqual,
    /// `<`.
    Less,
    /// `<=`.
    LessEqual,
    /// `>`.
    Greater,
    /// `>=`.
    GreaterEqual,
    /// `=`, which occurs in options of functions only.
    Assign,
    /// `+`.
    Plus,
    /// `-`.
    Minus,
    /// `*`.
    Star,
    /// `**`.
    Power,
    /// `/`.
    Slash,
    /// `%`.
    Percent,
    /// `<<`.
    ShiftLeft,
    /// `>>`.
    ShiftRight,
    /// `&`.
    Ampersand,
    /// `|`.
    Bar,
    /// `^`.
    Caret,
    /// `~`.
    Tilde,
    /// `(`.
    ParenOpen,
    /// `)`.
    ParenClose,
    /// `[`.
    BracketOpen,
    /// `]`.
    BracketClose,
    /// `{`.
    BraceOpen,
    /// `}`.
    BraceClose,
    /// `,`.
    Comma,
}

const WORDS: [(&str, Kind); 6] = [
    ("and", Kind::And),
    ("or", Kind::Or),
    ("not", Kind::Not),
    ("in", Kind::In),
    ("like", Kind::Like),
    ("exists", Kind::Exists),
];

/// Longer ones first, because the longest token wins.
const SIGNS: [(&str, Kind); 30] = [
    ("&&", Kind::And),
    ("||", Kind::Or),
    ("==", Kind::Equal),
    ("=~", Kind::Matches),
    ("!=", Kind::NotEqual),
    ("!~", Kind::MatchesNot),
    ("<=", Kind::LessEqual),
    (">=", Kind::GreaterEqual),
    ("<<", Kind::ShiftLeft),
    (">>", Kind::ShiftRight),
    ("**", Kind::Power),
    ("<", Kind::Less),
    (">", Kind::Greater),
    ("=", Kind::Assign),
    ("!", Kind::Not),
    ("+", Kind::Plus),
    ("-", Kind::Minus),
    ("*", Kind::Star),
    ("/", Kind::Slash),
    ("%", Kind::Percent),
    ("&", Kind::Ampersand),
    ("|", Kind::Bar),
    ("^", Kind::Caret),
    ("~", Kind::Tilde),
    ("(", Kind::ParenOpen),
    (")", Kind::ParenClose),
    ("[", Kind::BracketOpen),
    ("]", Kind::BracketClose),
    ("{", Kind::BraceOpen),
    ("}", Kind::BraceClose),
];

/// Reads tokens from a text. A copy is a place to come back to.
#[derive(Debug, Clone, Copy)]
pub struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    /// Starts at the beginning of `text`, which is at most [`super::EXPRESSION_BYTES_MAX`] long.
    pub fn new(text: &'a str) -> Lexer<'a> {
        Lexer { text, at: 0 }
    }

    /// The text.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// The next token; [`Kind::End`] again and again at the end.
    ///
    /// # Errors
    /// [`Fault::Filter`] where no token can start.
    pub fn next(&mut self) -> Result<Token, Fault> {
        while matches!(self.byte(), b' ' | b'\t' | b'\r' | b'\n') {
            self.at += 1;
        }
        let start = self.at;
        let kind = self.kind()?;
        Ok(Token { kind, span: Span { start: start as u32, end: self.at as u32 } })
    }

    fn kind(&mut self) -> Result<Kind, Fault> {
        if self.at == self.text.len() {
            return Ok(Kind::End);
        }
        let rest = &self.text[self.at..];
        // By the first byte, because long lists make this the hot loop of compiling.
        match self.byte() {
            b'0'..=b'9' | b'.' => {
                if let Some((length, kind)) = number_length(rest.as_bytes()) {
                    self.at += length;
                    return Ok(kind);
                }
            }
            b',' => {
                self.at += 1;
                return Ok(Kind::Comma);
            }
            b'$' => return Ok(self.dollar(rest)),
            _ => {
                if let Some(length) = text_length(rest) {
                    self.at += length;
                    return Ok(Kind::Text);
                }
                if let Some(length) = name_length(rest) {
                    return Ok(self.word(rest, length));
                }
            }
        }
        match SIGNS.iter().find(|(sign, _)| rest.starts_with(sign)) {
            Some((sign, kind)) => {
                self.at += sign.len();
                Ok(*kind)
            }
            None => {
                let shown: String = rest.chars().take(16).collect();
                Err(Fault::filter(self.at as u32, format!("token recognition error at: '{shown}'")))
            }
        }
    }

    fn dollar(&mut self, rest: &str) -> Kind {
        if rest.starts_with("$meta") {
            self.at += 5;
            return self.accessors();
        }
        self.at += 1;
        if let Some(length) = accessor_length(&rest[1..], true) {
            self.at += length;
        }
        Kind::StructPath
    }

    fn word(&mut self, rest: &str, length: usize) -> Kind {
        let word = &rest[..length];
        self.at += length;
        match word {
            "true" | "True" | "TRUE" => return Kind::True,
            "false" | "False" | "FALSE" => return Kind::False,
            "is" | "IS" => {
                let null = [("is not null", Kind::IsNotNull), ("is null", Kind::IsNull)].into_iter();
                let upper = [("IS NOT NULL", Kind::IsNotNull), ("IS NULL", Kind::IsNull)];
                for (phrase, kind) in null.chain(upper) {
                    if rest.starts_with(phrase) && name_part_length(&rest[phrase.len()..]).is_none() {
                        self.at += phrase.len() - length;
                        return kind;
                    }
                }
            }
            _ => {}
        }
        for (keyword, kind) in WORDS {
            if keyword.eq_ignore_ascii_case(word) && is_one_case(word) {
                return kind;
            }
        }
        self.accessors()
    }

    /// After a name: takes the accessors that follow without a space.
    fn accessors(&mut self) -> Kind {
        let start = self.at;
        while let Some(length) = accessor_length(&self.text[self.at..], false) {
            self.at += length;
        }
        if let Some(length) = accessor_length(&self.text[self.at..], true) {
            self.at += length;
            return Kind::StructPath;
        }
        if self.at == start { Kind::Name } else { Kind::Path }
    }

    /// The next byte; zero at the end.
    fn byte(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }
}

/// The accessors of a [`Kind::Path`] token, without their brackets: quoted keys and decimal numbers.
pub fn accessors(path: &str) -> impl Iterator<Item = &str> {
    let mut rest = &path[path.find('[').unwrap_or(path.len())..];
    std::iter::from_fn(move || {
        let length = accessor_length(rest, false)?;
        let inner = &rest[1..length - 1];
        rest = &rest[length..];
        Some(inner)
    })
}

fn is_one_case(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_lowercase()) || word.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// The length of `["key"]` or `[0]`, or of `[name]` when that is asked for.
fn accessor_length(text: &str, named: bool) -> Option<usize> {
    let inner = text.strip_prefix('[')?;
    let length = if named {
        name_length(inner)?
    } else {
        let digits = inner.bytes().take_while(u8::is_ascii_digit).count();
        match text_length(inner) {
            Some(length) => length,
            None if digits == 1 || (digits > 1 && !inner.starts_with('0')) => digits,
            None => return None,
        }
    };
    inner[length..].starts_with(']').then_some(length + 2)
}

fn name_length(text: &str) -> Option<usize> {
    if text.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let mut length = 0;
    while let Some(part) = name_part_length(&text[length..]) {
        length += part;
    }
    (length > 0).then_some(length)
}

/// The length of the letter, digit, Han character or `\uXXXX` that `text` starts with.
fn name_part_length(text: &str) -> Option<usize> {
    let first = text.chars().next()?;
    if first.is_ascii_alphanumeric() || first == '_' || is_han(first) {
        return Some(first.len_utf8());
    }
    let escaped = text.strip_prefix("\\u")?.as_bytes().get(..4)?;
    escaped.iter().all(u8::is_ascii_hexdigit).then_some(6)
}

/// Whether the character is of Unicode's Han script, which Milvus accepts in names.
fn is_han(c: char) -> bool {
    matches!(c,
        '\u{2E80}'..='\u{2FD5}' | '\u{3005}' | '\u{3007}' | '\u{3021}'..='\u{3029}' | '\u{3038}'..='\u{303B}'
        | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAD9}' | '\u{16FF0}'..='\u{16FF1}'
        | '\u{20000}'..='\u{323AF}')
}

/// The length of the quoted text, with prefix and quotes, that `text` starts with.
fn text_length(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let prefix = match bytes {
        [b'"' | b'\'', ..] => 0,
        [b'u' | b'U' | b'L' | b'r' | b'R', b'"' | b'\'', ..] => 1,
        [b'u', b'8', b'"' | b'\'', ..] => 2,
        _ => return None,
    };
    let quote = bytes[prefix];
    let mut at = prefix + 1;
    loop {
        match bytes.get(at)? {
            b'\\' if matches!(bytes.get(at + 1)?, b'\r' | b'\n') => return None,
            b'\\' => at += 2,
            b'\r' | b'\n' => return None,
            byte if *byte == quote => return Some(at + 1),
            _ => at += 1,
        }
    }
}

/// The length and kind of the number that starts `text`. A sign is not part of a number.
fn number_length(text: &[u8]) -> Option<(usize, Kind)> {
    let run = |from: usize, is_digit: fn(&u8) -> bool| text[from..].iter().take_while(|byte| is_digit(byte)).count();
    let exponent = |from: usize, letter: u8| {
        if text.get(from).is_none_or(|byte| byte.to_ascii_lowercase() != letter) {
            return 0;
        }
        let sign = usize::from(matches!(text.get(from + 1), Some(b'+' | b'-')));
        match run(from + 1 + sign, u8::is_ascii_digit) {
            0 => 0,
            digits => 1 + sign + digits,
        }
    };
    let first = *text.first()?;
    let second = text.get(1).map_or(0, u8::to_ascii_lowercase);
    if first == b'0' && second == b'x' {
        let whole = run(2, u8::is_ascii_hexdigit);
        let mut end = 2 + whole;
        let mut fraction = 0;
        if text.get(end) == Some(&b'.') {
            fraction = run(end + 1, u8::is_ascii_hexdigit);
            end += 1 + fraction;
        }
        let power = exponent(end, b'p');
        return match (whole + fraction, power) {
            (0, _) => Some((1, Kind::Integer)),
            (_, 0) if whole == 0 => Some((1, Kind::Integer)),
            (_, 0) => Some((2 + whole, Kind::Integer)),
            (_, power) => Some((end + power, Kind::Float)),
        };
    }
    if first == b'0' && second == b'b' {
        let digits = run(2, |byte| matches!(byte, b'0' | b'1'));
        return Some((if digits == 0 { 1 } else { 2 + digits }, Kind::Integer));
    }
    let whole = run(0, u8::is_ascii_digit);
    let mut end = whole;
    if text.get(end) == Some(&b'.') {
        let fraction = run(end + 1, u8::is_ascii_digit);
        if whole + fraction == 0 {
            return None;
        }
        end += 1 + fraction;
    }
    if whole == 0 && end == 0 {
        return None;
    }
    let power = exponent(end, b'e');
    if end > whole || power > 0 {
        return Some((end + power, Kind::Float));
    }
    if first == b'0' {
        return Some((run(0, |byte| matches!(byte, b'0'..=b'7')), Kind::Integer));
    }
    Some((whole, Kind::Integer))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(Kind, &str)]) {
        let mut lexer = Lexer::new(text);
        let mut got = Vec::new();
        loop {
            let token = lexer.next().expect("the text has tokens only");
            if token.kind == Kind::End {
                break;
            }
            got.push((token.kind, token.span.of(text)));
        }
        assert_eq!(got, expected, "{text}");
    }

    #[test]
    fn the_longest_number_wins() {
        check(
            "0x14 024 0b10 08",
            &[
                (Kind::Integer, "0x14"),
                (Kind::Integer, "024"),
                (Kind::Integer, "0b10"),
                (Kind::Integer, "0"),
                (Kind::Integer, "8"),
            ],
        );
        check(
            "1.5 .5 1. 1e3 1.5E-2 0x1.8p3 08.5 1e 0x",
            &[
                (Kind::Float, "1.5"),
                (Kind::Float, ".5"),
                (Kind::Float, "1."),
                (Kind::Float, "1e3"),
                (Kind::Float, "1.5E-2"),
                (Kind::Float, "0x1.8p3"),
                (Kind::Float, "08.5"),
                (Kind::Integer, "1"),
                (Kind::Name, "e"),
                (Kind::Integer, "0"),
                (Kind::Name, "x"),
            ],
        );
    }

    #[test]
    fn keywords_have_one_case_and_is_null_one_space() {
        check("and AND And", &[(Kind::And, "and"), (Kind::And, "AND"), (Kind::Name, "And")]);
        check("x is null", &[(Kind::Name, "x"), (Kind::IsNull, "is null")]);
        check("x IS NOT NULL", &[(Kind::Name, "x"), (Kind::IsNotNull, "IS NOT NULL")]);
        check("x is  null", &[(Kind::Name, "x"), (Kind::Name, "is"), (Kind::Name, "null")]);
        check("is nullable", &[(Kind::Name, "is"), (Kind::Name, "nullable")]);
    }

    #[test]
    fn a_path_has_no_spaces_inside() {
        check(r#"j["a"][0]['b'] $meta[r"k"]"#, &[(Kind::Path, r#"j["a"][0]['b']"#), (Kind::Path, r#"$meta[r"k"]"#)]);
        check("j [0]", &[(Kind::Name, "j"), (Kind::BracketOpen, "["), (Kind::Integer, "0"), (Kind::BracketClose, "]")]);
        check(
            "id in[1]",
            &[
                (Kind::Name, "id"),
                (Kind::In, "in"),
                (Kind::BracketOpen, "["),
                (Kind::Integer, "1"),
                (Kind::BracketClose, "]"),
            ],
        );
        check(
            "$[sub] s[0][sub] s[sub]",
            &[(Kind::StructPath, "$[sub]"), (Kind::StructPath, "s[0][sub]"), (Kind::StructPath, "s[sub]")],
        );
        assert_eq!(accessors(r#"j["a]["][0][r'b']"#).collect::<Vec<_>>(), [r#""a][""#, "0", "r'b'"]);
    }

    #[test]
    fn texts_have_prefixes_and_backslashes_guard_quotes() {
        check(r#"u8"a" L'b' 'it\'s'"#, &[(Kind::Text, r#"u8"a""#), (Kind::Text, "L'b'"), (Kind::Text, r"'it\'s'")]);
        check(r#"r"a\"b" R'c'"#, &[(Kind::Text, r#"r"a\"b""#), (Kind::Text, "R'c'")]);
    }

    #[test]
    fn han_and_escaped_names_are_names() {
        check("标签 == 1", &[(Kind::Name, "标签"), (Kind::Equal, "=="), (Kind::Integer, "1")]);
        check(r"\u6807x", &[(Kind::Name, r"\u6807x")]);
    }

    #[test]
    fn what_starts_no_token_is_refused_where_it_stands() {
        for (text, at) in [("a ; b", 2), ("\"open", 0), ("'a\nb'", 0), ("j.a", 1), ("é", 0), ("a\u{0}", 1)] {
            let mut lexer = Lexer::new(text);
            let fault = loop {
                match lexer.next() {
                    Ok(token) => assert_ne!(token.kind, Kind::End, "{text}"),
                    Err(fault) => break fault,
                }
            };
            assert!(matches!(fault, Fault::Filter { at: found, .. } if found == at), "{text}: {fault:?}");
        }
    }
}
