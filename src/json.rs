//! JSON text to values and values to JSON text (RFC 8259), without recursion on what is read.
//!
//! The doors for text need it, and in a browser every byte of it is downloaded: `serde_json` would add 37 KB under gzip.
//! Tests compare it with that one.

use crate::error::{Error, Result};
use crate::schema::Value;
use crate::schema::value::VALUE_DEPTH_MAX;
use crate::sorted::order;

/// Levels of a request above a row's value: head, rows, columns, column, values.
pub const HEAD_DEPTH: usize = 5;

const DEPTH_MAX: usize = HEAD_DEPTH + VALUE_DEPTH_MAX;

/// Digits of numbers that doubles hold exactly, as they do these powers of ten: a quotient of two such is rounded once, and
/// so is the double nearest to the decimal (Clinger 1990).
const SHORT_DIGITS: usize = 15;
const SHORT_POWERS: [f64; SHORT_DIGITS + 1] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// The value of a text.
///
/// Numbers without fraction and exponent that fit become [`Value::Int`], others [`Value::Double`]. Of members with one
/// key the last counts. Half a surrogate pair becomes U+FFFD, as in Milvus.
///
/// # Errors
/// [`Error::Invalid`] with the byte where the text is no JSON, is no UTF-8, or nests too deep.
pub fn parse(text: &[u8]) -> Result<Value> {
    document(text, None)
}

/// As [`parse`], but the elements of the list under `key` of the outermost object are handed out one by one, and the list
/// stays empty: rows take several times the memory of their text, and they need not be there all at once. What was handed
/// out cannot be taken back, so that key may come only once.
///
/// # Errors
/// As those of [`parse`], and what `take` answers.
pub fn parse_apart(text: &[u8], key: &str, take: &mut dyn FnMut(Value) -> Result<()>) -> Result<Value> {
    document(text, Some(Apart { key, take }))
}

/// A list whose elements are handed out.
struct Apart<'a> {
    key: &'a str,
    take: &'a mut dyn FnMut(Value) -> Result<()>,
}

fn document(text: &[u8], apart: Option<Apart<'_>>) -> Result<Value> {
    let text = std::str::from_utf8(text)
        .map_err(|error| Error::invalid(format!("JSON is UTF-8, but byte {} is not", error.valid_up_to())))?;
    Reader { text, at: 0 }.document(apart)
}

/// Appends a value as JSON; numbers that are not finite, which JSON does not have, as null.
///
/// Values nest no deeper than decoders allow, so that this may recurse.
pub fn print(value: &Value, json: &mut String) {
    print_with(value, json, print_f64);
}

/// As [`print`], but doubles without a fraction keep a `.0`, so that they are doubles too for whoever reads the text: what
/// users wrote into documents comes back as it was.
pub fn print_document(value: &Value, json: &mut String) {
    print_with(value, json, |number, json| match number.is_finite() {
        true => json.push_str(&format!("{number:?}")),
        false => json.push_str("null"),
    });
}

fn print_with(value: &Value, json: &mut String, double: fn(f64, &mut String)) {
    match value {
        Value::Null => json.push_str("null"),
        Value::Bool(truth) => json.push_str(if *truth { "true" } else { "false" }),
        Value::Int(whole) => json.push_str(&whole.to_string()),
        Value::Double(number) => double(*number, json),
        Value::Text(text) => print_text(text, json),
        Value::List(elements) => {
            json.push('[');
            for (at, element) in elements.iter().enumerate() {
                json.push_str(if at == 0 { "" } else { "," });
                print_with(element, json, double);
            }
            json.push(']');
        }
        Value::Object(members) => {
            json.push('{');
            for (at, (key, member)) in members.iter().enumerate() {
                json.push_str(if at == 0 { "" } else { "," });
                print_text(key, json);
                json.push(':');
                print_with(member, json, double);
            }
            json.push('}');
        }
    }
}

/// Appends a double in the fewest digits that read back as the same.
pub fn print_f64(number: f64, json: &mut String) {
    print_digits(number.is_finite().then(|| format!("{number:?}")), json);
}

/// Appends a 32-bit float in the fewest digits that read back as the same.
pub fn print_f32(number: f32, json: &mut String) {
    print_digits(number.is_finite().then(|| format!("{number:?}")), json);
}

fn print_digits(digits: Option<String>, json: &mut String) {
    let digits = digits.as_deref().unwrap_or("null");
    json.push_str(digits.strip_suffix(".0").unwrap_or(digits));
}

/// Appends a text with its quotes.
pub fn print_text(text: &str, json: &mut String) {
    json.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => json.extend(['\\', character]),
            '\n' => json.push_str("\\n"),
            '\t' => json.push_str("\\t"),
            '\r' => json.push_str("\\r"),
            control if control < ' ' => json.push_str(&format!("\\u{:04x}", u32::from(control))),
            plain => json.push(plain),
        }
    }
    json.push('"');
}

/// Removes members whose key comes again later. JavaScript's objects have none; JSON may.
pub fn keep_last(members: &mut Vec<(String, Value)>) {
    let by_key = order(members.len(), &mut |a, b| members[a].0.cmp(&members[b].0));
    let mut is_last = vec![true; members.len()];
    for pair in by_key.windows(2) {
        is_last[pair[0]] = members[pair[0]].0 != members[pair[1]].0;
    }
    let mut is_last = is_last.into_iter();
    members.retain(|_| is_last.next().expect("there is one a member"));
}

/// A list or object whose end was not read yet.
enum Open {
    List(Vec<Value>),
    /// The members, and the key of the value that comes next.
    Object(Vec<(String, Value)>, String),
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn document(mut self, mut apart: Option<Apart<'_>>) -> Result<Value> {
        let mut open: Vec<Open> = Vec::new();
        loop {
            let mut value = match self.peek() {
                Some(b'[') => {
                    self.at += 1;
                    let first = self.peek();
                    if first != Some(b']') {
                        let mut elements = Vec::new();
                        // Those of the outermost object may have to be handed out.
                        if open.len() > 1 && matches!(first, Some(b'-' | b'0'..=b'9')) {
                            self.numbers(&mut elements)?;
                        }
                        self.deepen(&mut open, Open::List(elements))?;
                        continue;
                    }
                    self.at += 1;
                    Value::List(Vec::new())
                }
                Some(b'{') => {
                    self.at += 1;
                    if self.peek() != Some(b'}') {
                        let key = self.key()?;
                        self.deepen(&mut open, Open::Object(Vec::new(), key))?;
                        continue;
                    }
                    self.at += 1;
                    Value::Object(Vec::new())
                }
                _ => self.scalar()?,
            };
            // The value may end the list or object that it is in, and that one the next.
            loop {
                let Some(mut container) = open.pop() else {
                    return if self.peek().is_none() { Ok(value) } else { Err(self.wrong("the end")) };
                };
                let end = match &mut container {
                    Open::List(elements) => {
                        match (&mut apart, open.as_slice()) {
                            (Some(apart), [Open::Object(_, key)]) if key == apart.key => (apart.take)(value)?,
                            _ => elements.push(value),
                        }
                        b']'
                    }
                    Open::Object(members, key) => {
                        members.push((std::mem::take(key), value));
                        b'}'
                    }
                };
                let next = self.peek();
                if next != Some(b',') && next != Some(end) {
                    return Err(self.wrong(if end == b']' { "',' or ']'" } else { "',' or '}'" }));
                }
                self.at += 1;
                if next == Some(b',') {
                    if let Open::Object(members, key) = &mut container {
                        *key = self.key()?;
                        let handed_out = apart.as_ref().filter(|apart| open.is_empty() && *key == apart.key);
                        if handed_out.is_some_and(|apart| members.iter().any(|(known, _)| known == apart.key)) {
                            return Err(Error::invalid(format!("JSON: '{key}' comes twice, at byte {}", self.at)));
                        }
                    }
                    open.push(container);
                    break;
                }
                value = match container {
                    Open::List(elements) => Value::List(elements),
                    Open::Object(mut members, _) => {
                        keep_last(&mut members);
                        Value::Object(members)
                    }
                };
            }
        }
    }

    fn deepen(&self, open: &mut Vec<Open>, container: Open) -> Result<()> {
        if open.len() >= DEPTH_MAX {
            return Err(Error::invalid(format!("JSON nests deeper than {DEPTH_MAX} levels at byte {}", self.at)));
        }
        open.push(container);
        Ok(())
    }

    /// The next byte that is no white space.
    fn peek(&mut self) -> Option<u8> {
        let rest = &self.text.as_bytes()[self.at..];
        self.at += rest.iter().position(|byte| !b" \t\r\n".contains(byte)).unwrap_or(rest.len());
        self.text.as_bytes().get(self.at).copied()
    }

    fn wrong(&self, expected: &str) -> Error {
        let got =
            self.text[self.at..].chars().next().map_or("the end".to_string(), |character| format!("{character:?}"));
        Error::invalid(format!("JSON: expected {expected} at byte {}, got {got}", self.at))
    }

    fn key(&mut self) -> Result<String> {
        if self.peek() != Some(b'"') {
            return Err(self.wrong("a key in quotes"));
        }
        let key = self.quoted()?;
        if self.peek() != Some(b':') {
            return Err(self.wrong("':'"));
        }
        self.at += 1;
        Ok(key)
    }

    fn scalar(&mut self) -> Result<Value> {
        let rest = &self.text.as_bytes()[self.at..];
        let (word, value) = match rest.first() {
            Some(b'-' | b'0'..=b'9') => return self.number(),
            Some(b'"') => return Ok(Value::Text(self.quoted()?)),
            Some(b't') => ("true", Value::Bool(true)),
            Some(b'f') => ("false", Value::Bool(false)),
            _ => ("null", Value::Null),
        };
        if !rest.starts_with(word.as_bytes()) {
            return Err(self.wrong("a value"));
        }
        self.at += word.len();
        Ok(value)
    }

    /// Reads the numbers of a list, of which the first is next, up to the one that no other follows; that one is left to
    /// the caller. Vectors are such lists, and most of what is read.
    fn numbers(&mut self, elements: &mut Vec<Value>) -> Result<()> {
        loop {
            let start = self.at;
            let number = self.number()?;
            let is_last = self.peek() != Some(b',') || {
                self.at += 1;
                !matches!(self.peek(), Some(b'-' | b'0'..=b'9'))
            };
            if is_last {
                self.at = start;
                return Ok(());
            }
            elements.push(number);
        }
    }

    fn number(&mut self) -> Result<Value> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        let is_negative = bytes[start] == b'-';
        let mut at = start + usize::from(is_negative);
        // All digits as one number, which is right as long as there are few.
        let mut mantissa = 0u64;
        let mut digits = |at: &mut usize| {
            let first = *at;
            while let Some(digit @ b'0'..=b'9') = bytes.get(*at) {
                mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
                *at += 1;
            }
            *at - first
        };
        let has_leading_zero = bytes.get(at) == Some(&b'0');
        let whole_digits = digits(&mut at);
        let mut is_right = whole_digits == 1 || whole_digits > 1 && !has_leading_zero;
        let mut fraction_digits = 0;
        let is_fraction = bytes.get(at) == Some(&b'.');
        if is_fraction {
            at += 1;
            fraction_digits = digits(&mut at);
            is_right &= fraction_digits > 0;
        }
        let is_short = whole_digits + fraction_digits <= SHORT_DIGITS;
        let has_exponent = matches!(bytes.get(at), Some(b'e' | b'E'));
        if has_exponent {
            at += 1;
            at += usize::from(matches!(bytes.get(at), Some(b'+' | b'-')));
            is_right &= digits(&mut at) > 0;
        }
        let number = &self.text[start..at];
        if !is_right {
            return Err(Error::invalid(format!("JSON: expected a number at byte {start}, got {number}")));
        }
        self.at = at;
        if is_short && !has_exponent {
            let (whole, double) = (mantissa as i64, mantissa as f64 / SHORT_POWERS[fraction_digits]);
            return Ok(match (is_fraction, is_negative) {
                (false, false) => Value::Int(whole),
                (false, true) => Value::Int(-whole),
                (true, false) => Value::Double(double),
                (true, true) => Value::Double(-double),
            });
        }
        if !is_fraction
            && !has_exponent
            && let Ok(whole) = number.parse()
        {
            return Ok(Value::Int(whole));
        }
        match number.parse::<f64>() {
            Ok(double) if double.is_finite() => Ok(Value::Double(double)),
            _ => Err(Error::invalid(format!("JSON: the number at byte {start} is too large for a double"))),
        }
    }

    /// A text in quotes, of which the first is next.
    fn quoted(&mut self) -> Result<String> {
        self.at += 1;
        let mut text = String::new();
        loop {
            let rest = &self.text.as_bytes()[self.at..];
            let plain = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..b' ')).unwrap_or(rest.len());
            text.push_str(&self.text[self.at..self.at + plain]);
            self.at += plain;
            match rest.get(plain) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => text.push(self.escaped()?),
                _ => return Err(self.wrong("the rest of a string")),
            }
        }
    }

    /// The character of an escape, of which the backslash is next.
    fn escaped(&mut self) -> Result<char> {
        let letter = self.text.as_bytes().get(self.at + 1).copied().unwrap_or_default();
        let plain = match letter {
            b'"' | b'\\' | b'/' => char::from(letter),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode(),
            _ => return Err(self.wrong("an escape")),
        };
        self.at += 2;
        Ok(plain)
    }

    /// One `\uXXXX`, or two that are a surrogate pair.
    fn unicode(&mut self) -> Result<char> {
        let first = self.code_unit(self.at).ok_or_else(|| self.wrong("four hexadecimal digits behind \\u"))?;
        self.at += 6;
        if !(0xd800..0xdc00).contains(&first) {
            return Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        match self.code_unit(self.at) {
            Some(second @ 0xdc00..0xe000) => {
                self.at += 6;
                let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
            }
            _ => Ok(char::REPLACEMENT_CHARACTER),
        }
    }

    fn code_unit(&self, at: usize) -> Option<u32> {
        let digits = self.text.get(at..at + 6)?.strip_prefix("\\u")?;
        let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        is_hex.then(|| u32::from_str_radix(digits, 16).ok()).flatten()
    }
}

#[cfg(test)]
mod tests;
