//! A value of any type: what rows, defaults, parameters and JSON documents are made of before they are columns.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error, SeqAccess, VariantAccess, Visitor};
use serde::{Deserialize, Serialize};

/// How deep lists and objects may nest. Decoders refuse deeper ones, so values can be walked and dropped by recursion.
pub const VALUE_DEPTH_MAX: usize = 64;

/// A value of any type.
///
/// The serde form is for storage (it tags variants by number); wires have decoders of their own.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum Value {
    /// JSON's null, or a scalar that is absent.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction, or too large for [`Value::Int`].
    Double(f64),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Value>),
    /// An object; keys are unique, in the order in which they came.
    Object(Vec<(String, Value)>),
}

impl Value {
    /// The value's kind in words for error messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "a bool",
            Value::Int(_) => "an integer",
            Value::Double(_) => "a float",
            Value::Text(_) => "a string",
            Value::List(_) => "a list",
            Value::Object(_) => "an object",
        }
    }

    /// The member of an object.
    pub fn get(&self, key: &str) -> Option<&Value> {
        match self {
            Value::Object(members) => members.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Double(_) | Value::Text(_) | Value::List(_) => None,
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
        Stored { depth: VALUE_DEPTH_MAX }.deserialize(deserializer)
    }
}

const VARIANTS: [&str; 7] = ["Null", "Bool", "Int", "Double", "Text", "List", "Object"];

/// Reads a stored value that may nest `depth` levels more. A derived reader would follow a hostile record as deep as it
/// likes and overflow the stack.
#[derive(Clone, Copy)]
struct Stored {
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Stored {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_enum("Value", &VARIANTS, self)
    }
}

impl<'de> Visitor<'de> for Stored {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a stored value")
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<Value, A::Error> {
        let (variant, content) = data.variant::<u32>()?;
        match variant {
            0 => content.unit_variant().map(|()| Value::Null),
            1 => content.newtype_variant().map(Value::Bool),
            2 => content.newtype_variant().map(Value::Int),
            3 => content.newtype_variant().map(Value::Double),
            4 => content.newtype_variant().map(Value::Text),
            5 => content.newtype_variant_seed(Elements(self.deeper()?)).map(Value::List),
            6 => content.newtype_variant_seed(Members(self.deeper()?)).map(Value::Object),
            other => Err(A::Error::custom(format_args!("no value has variant {other}"))),
        }
    }
}

impl Stored {
    fn deeper<E: Error>(self) -> Result<Stored, E> {
        let depth = self.depth.checked_sub(1);
        let depth = depth.ok_or_else(|| E::custom(format_args!("values nest deeper than {VALUE_DEPTH_MAX} levels")))?;
        Ok(Stored { depth })
    }
}

/// The elements of a list.
struct Elements(Stored);

impl<'de> DeserializeSeed<'de> for Elements {
    type Value = Vec<Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<Value>, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Elements {
    type Value = Vec<Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a stored list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<Value>, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = seq.next_element_seed(self.0)? {
            elements.push(element);
        }
        Ok(elements)
    }
}

/// The members of an object.
struct Members(Stored);

impl<'de> DeserializeSeed<'de> for Members {
    type Value = Vec<(String, Value)>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(String, Value)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a stored object")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = seq.next_element_seed(Member(self.0))? {
            members.push(member);
        }
        Ok(members)
    }
}

/// One member of an object.
struct Member(Stored);

impl<'de> DeserializeSeed<'de> for Member {
    type Value = (String, Value);

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_tuple(2, self)
    }
}

impl<'de> Visitor<'de> for Member {
    type Value = (String, Value);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a stored member: a key and a value")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let key = seq.next_element()?.ok_or_else(|| A::Error::invalid_length(0, &self))?;
        let value = seq.next_element_seed(self.0)?.ok_or_else(|| A::Error::custom("a member without a value"))?;
        Ok((key, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(levels: usize) -> Value {
        (0..levels).fold(Value::Null, |inner, level| match level % 2 {
            0 => Value::List(vec![inner]),
            _ => Value::Object(vec![("k".to_string(), inner)]),
        })
    }

    #[test]
    fn stored_values_come_back() {
        for value in [
            Value::Null,
            Value::Bool(true),
            Value::Int(i64::MIN),
            Value::Double(-0.5),
            Value::Text("\u{1f600}".to_string()),
            Value::List(vec![Value::Int(1), Value::List(vec![])]),
            Value::Object(vec![("a".to_string(), Value::Null), ("b".to_string(), Value::Object(vec![]))]),
            nested(VALUE_DEPTH_MAX),
        ] {
            let bytes = postcard::to_allocvec(&value).unwrap();
            assert_eq!(postcard::from_bytes::<Value>(&bytes), Ok(value));
        }
    }

    #[test]
    fn a_hostile_record_cannot_nest_deeper_than_the_limit() {
        let bytes = postcard::to_allocvec(&nested(VALUE_DEPTH_MAX + 1)).unwrap();
        assert!(postcard::from_bytes::<Value>(&bytes).is_err());
        // A million lists of one list: five is the variant, one the length.
        let bytes = [5u8, 1].repeat(1_000_000);
        assert!(postcard::from_bytes::<Value>(&bytes).is_err());
    }

    #[test]
    fn variants_that_do_not_exist_are_refused() {
        assert!(postcard::from_bytes::<Value>(&[7]).is_err());
    }
}
