//! JSON documents in a form that can be looked into without parsing: tagged, sized, little-endian.
//!
//! | tag | what follows |
//! | --- | --- |
//! | 0, 1, 2 | nothing: null, false, true |
//! | 3, 4 | eight bytes: an i64, an f64 |
//! | 5 | length (u32), UTF-8 text |
//! | 6 | length of what follows (u32), number of elements (u32), elements |
//! | 7 | length of what follows (u32), number of members (u32), members: key length (u32), key, value |
//!
//! Since every value tells its size, looking up a member skips over the others, and nesting costs no recursion.

use crate::schema::Value;
use crate::schema::value::VALUE_DEPTH_MAX;

const NULL: u8 = 0;
const FALSE: u8 = 1;
const TRUE: u8 = 2;
const INT: u8 = 3;
const DOUBLE: u8 = 4;
const TEXT: u8 = 5;
const LIST: u8 = 6;
const OBJECT: u8 = 7;

/// One document a row.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct JsonColumn {
    ends: Vec<u32>,
    bytes: Vec<u8>,
}

impl JsonColumn {
    /// Appends a document.
    pub fn push(&mut self, value: &Value) {
        write(value, &mut self.bytes);
        self.ends.push(self.bytes.len() as u32);
    }

    /// Appends the document of `row` of another column.
    pub fn push_from(&mut self, other: &JsonColumn, row: u32) {
        self.bytes.extend_from_slice(other.document_bytes(row));
        self.ends.push(self.bytes.len() as u32);
    }

    /// The document of `row`.
    pub fn document(&self, row: u32) -> Node<'_> {
        Node { bytes: self.document_bytes(row) }
    }

    /// How many documents there are.
    pub fn len(&self) -> u32 {
        self.ends.len() as u32
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Where each document ends in [`JsonColumn::bytes`].
    pub fn ends(&self) -> &[u32] {
        &self.ends
    }

    /// The documents, end to end.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The column of documents laid end to end; `None` when they are not what this module writes.
    pub fn from_parts(ends: Vec<u32>, bytes: Vec<u8>) -> Option<JsonColumn> {
        let mut start = 0;
        for &end in &ends {
            let document = bytes.get(start..end as usize)?;
            if valid_size(document, 0)? != document.len() {
                return None;
            }
            start = end as usize;
        }
        (start == bytes.len()).then_some(JsonColumn { ends, bytes })
    }

    fn document_bytes(&self, row: u32) -> &[u8] {
        let start = if row == 0 { 0 } else { self.ends[row as usize - 1] as usize };
        &self.bytes[start..self.ends[row as usize] as usize]
    }
}

/// A value inside a document.
#[derive(Debug, Clone, Copy)]
pub struct Node<'a> {
    /// Starts with the value's tag; may go on beyond the value.
    bytes: &'a [u8],
}

/// What a [`Node`] is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind<'a> {
    /// JSON's null.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction, or a large one.
    Double(f64),
    /// Text.
    Text(&'a str),
    /// A list; see [`Node::elements`].
    List,
    /// An object; see [`Node::members`].
    Object,
}

impl<'a> Node<'a> {
    /// What the value is.
    pub fn kind(self) -> Kind<'a> {
        match self.bytes[0] {
            FALSE => Kind::Bool(false),
            TRUE => Kind::Bool(true),
            INT => Kind::Int(i64::from_le_bytes(self.eight())),
            DOUBLE => Kind::Double(f64::from_le_bytes(self.eight())),
            TEXT => Kind::Text(text(&self.bytes[1..])),
            LIST => Kind::List,
            OBJECT => Kind::Object,
            _ => Kind::Null,
        }
    }

    /// The member of an object.
    pub fn member(self, key: &str) -> Option<Node<'a>> {
        self.members().find(|(name, _)| *name == key).map(|(_, value)| value)
    }

    /// The element of a list.
    pub fn element(self, at: u32) -> Option<Node<'a>> {
        self.elements().nth(at as usize)
    }

    /// How many elements or members a list or object has; 0 for others.
    pub fn count(self) -> u32 {
        match self.bytes[0] {
            LIST | OBJECT => u32_at(self.bytes, 5),
            _ => 0,
        }
    }

    /// The elements of a list; none for others.
    pub fn elements(self) -> impl Iterator<Item = Node<'a>> {
        let count = if self.bytes[0] == LIST { self.count() } else { 0 };
        let mut rest = if count == 0 { self.bytes } else { &self.bytes[9..] };
        (0..count).map(move |_| {
            let element = Node { bytes: rest };
            rest = &rest[element.size()..];
            element
        })
    }

    /// The members of an object, in the order in which they came; none for others.
    pub fn members(self) -> impl Iterator<Item = (&'a str, Node<'a>)> {
        let count = if self.bytes[0] == OBJECT { self.count() } else { 0 };
        let mut rest = if count == 0 { self.bytes } else { &self.bytes[9..] };
        (0..count).map(move |_| {
            let key = text(rest);
            let value = Node { bytes: &rest[4 + key.len()..] };
            rest = &value.bytes[value.size()..];
            (key, value)
        })
    }

    /// The value, copied. Documents nest at most [`VALUE_DEPTH_MAX`] deep, which bounds the recursion.
    pub fn to_value(self) -> Value {
        match self.kind() {
            Kind::Null => Value::Null,
            Kind::Bool(truth) => Value::Bool(truth),
            Kind::Int(number) => Value::Int(number),
            Kind::Double(number) => Value::Double(number),
            Kind::Text(text) => Value::Text(text.to_string()),
            Kind::List => Value::List(self.elements().map(Node::to_value).collect()),
            Kind::Object => {
                Value::Object(self.members().map(|(key, node)| (key.to_string(), node.to_value())).collect())
            }
        }
    }

    fn size(self) -> usize {
        match self.bytes[0] {
            INT | DOUBLE => 9,
            TEXT | LIST | OBJECT => 5 + u32_at(self.bytes, 1) as usize,
            _ => 1,
        }
    }

    fn eight(self) -> [u8; 8] {
        self.bytes[1..9].try_into().expect("a checked document has eight bytes after the tag of a number")
    }
}

/// How many lists and objects stand inside each other in `value`; 0 for a scalar.
pub fn depth(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Double(_) | Value::Text(_) => 0,
        Value::List(elements) => 1 + elements.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.iter().map(|(_, value)| depth(value)).max().unwrap_or(0),
    }
}

/// The bytes that `value` takes as a document.
pub fn size(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 1,
        Value::Int(_) | Value::Double(_) => 9,
        Value::Text(text) => 5 + text.len(),
        Value::List(elements) => 9 + elements.iter().map(size).sum::<usize>(),
        Value::Object(members) => 9 + members.iter().map(|(key, value)| 4 + key.len() + size(value)).sum::<usize>(),
    }
}

fn write(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.push(NULL),
        Value::Bool(false) => out.push(FALSE),
        Value::Bool(true) => out.push(TRUE),
        Value::Int(number) => {
            out.push(INT);
            out.extend_from_slice(&number.to_le_bytes());
        }
        Value::Double(number) => {
            out.push(DOUBLE);
            out.extend_from_slice(&number.to_le_bytes());
        }
        Value::Text(text) => {
            out.push(TEXT);
            write_text(text, out);
        }
        Value::List(elements) => write_container(LIST, elements.len(), out, |out| {
            for element in elements {
                write(element, out);
            }
        }),
        Value::Object(members) => write_container(OBJECT, members.len(), out, |out| {
            for (key, value) in members {
                write_text(key, out);
                write(value, out);
            }
        }),
    }
}

fn write_container(tag: u8, count: usize, out: &mut Vec<u8>, fill: impl FnOnce(&mut Vec<u8>)) {
    out.push(tag);
    let length_at = out.len();
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&(count as u32).to_le_bytes());
    fill(out);
    let length = (out.len() - length_at - 4) as u32;
    out[length_at..length_at + 4].copy_from_slice(&length.to_le_bytes());
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(&(text.len() as u32).to_le_bytes());
    out.extend_from_slice(text.as_bytes());
}

fn text(bytes: &[u8]) -> &str {
    let length = u32_at(bytes, 0) as usize;
    std::str::from_utf8(&bytes[4..4 + length]).expect("a checked document has UTF-8 texts")
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("a checked document has whole lengths"))
}

/// The size of the value at the start of `bytes`, with all that it holds; `None` when it is malformed.
fn valid_size(bytes: &[u8], depth: usize) -> Option<usize> {
    let (&tag, rest) = bytes.split_first()?;
    match tag {
        NULL | FALSE | TRUE => Some(1),
        INT | DOUBLE => rest.get(..8).map(|_| 9),
        TEXT => Some(1 + valid_text(rest)?),
        LIST | OBJECT if depth < VALUE_DEPTH_MAX => {
            let length = u32::from_le_bytes(*rest.first_chunk()?) as usize;
            let body = rest.get(4..4 + length)?;
            let count = u32::from_le_bytes(*body.first_chunk()?);
            let mut at = 4;
            for _ in 0..count {
                if tag == OBJECT {
                    at += valid_text(body.get(at..)?)?;
                }
                at += valid_size(body.get(at..)?, depth + 1)?;
            }
            (at == length).then_some(5 + length)
        }
        _ => None,
    }
}

fn valid_text(bytes: &[u8]) -> Option<usize> {
    let length = u32::from_le_bytes(*bytes.first_chunk()?) as usize;
    std::str::from_utf8(bytes.get(4..4 + length)?).ok()?;
    Some(4 + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Value {
        Value::Object(vec![
            ("a".into(), Value::Int(-7)),
            (
                "b".into(),
                Value::List(vec![Value::Double(2.5), Value::Text("é".into()), Value::Null, Value::List(vec![])]),
            ),
            ("c".into(), Value::Object(vec![("d".into(), Value::Bool(true))])),
        ])
    }

    #[test]
    fn documents_are_looked_into_and_come_back_whole() {
        let mut column = JsonColumn::default();
        column.push(&Value::Null);
        column.push(&sample());
        let root = column.document(1);
        assert_eq!(root.to_value(), sample());
        assert_eq!(root.member("a").map(Node::kind), Some(Kind::Int(-7)));
        let list = root.member("b").expect("b");
        assert_eq!((list.count(), list.element(1).map(Node::kind)), (4, Some(Kind::Text("é"))));
        assert!(list.element(4).is_none() && root.member("z").is_none() && list.member("a").is_none());
        assert_eq!(column.bytes().len(), size(&Value::Null) + size(&sample()));
    }

    #[test]
    fn damaged_documents_are_refused_or_can_be_walked() {
        let mut column = JsonColumn::default();
        column.push(&sample());
        for at in 0..column.bytes.len() {
            for bit in 0..8 {
                let mut bytes = column.bytes.clone();
                bytes[at] ^= 1 << bit;
                if let Some(damaged) = JsonColumn::from_parts(column.ends.clone(), bytes) {
                    damaged.document(0).to_value();
                }
            }
            assert_eq!(JsonColumn::from_parts(vec![at as u32], column.bytes[..at].to_vec()), None);
        }
    }

    #[test]
    fn nesting_beyond_the_limit_is_refused() {
        let nested = |depth| (0..depth).fold(Value::Null, |inner, _| Value::List(vec![inner]));
        let stored = |value: &Value| {
            let mut column = JsonColumn::default();
            column.push(value);
            JsonColumn::from_parts(column.ends, column.bytes).is_some()
        };
        assert!(stored(&nested(VALUE_DEPTH_MAX)));
        assert!(!stored(&nested(VALUE_DEPTH_MAX + 1)));
    }
}
