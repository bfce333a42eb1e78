//! Values as JavaScript has them, from any deserializer and to any serializer.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, SerializeSeq, Serializer};
use serde::{Deserialize, Serialize};

use crate::json::{HEAD_DEPTH, keep_last, print};
use crate::schema::Value;
use crate::schema::value::VALUE_DEPTH_MAX;

/// 2^53: below it a double holds every whole number, and JavaScript calls them safe.
const SAFE_END: f64 = 9_007_199_254_740_992.0;

/// A value in its natural form.
///
/// Read: a whole number below 2^53 is an integer however it comes, other integers too when they fit into 64 bits. Lists
/// and objects may nest so deep that a row's value has [`VALUE_DEPTH_MAX`] levels for itself; deeper ones are an error.
/// Of members with one key the last counts. Numbers that are not finite are read; whoever stores them refuses them.
///
/// Written: integers below 2^53 leave as a 32-bit integer or a double, so that JavaScript sees a number; others as a
/// 64-bit integer, which becomes a bigint there.
#[derive(Debug, Clone, PartialEq)]
pub struct Natural(pub Value);

impl<'de> Deserialize<'de> for Natural {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Natural, D::Error> {
        Reader { depth: HEAD_DEPTH + VALUE_DEPTH_MAX }.deserialize(deserializer).map(Natural)
    }
}

impl Serialize for Natural {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Writer(&self.0).serialize(serializer)
    }
}

/// Reads a value that may nest `depth` levels more.
#[derive(Clone, Copy)]
struct Reader {
    depth: usize,
}

impl Reader {
    fn deeper<E: serde::de::Error>(self) -> Result<Reader, E> {
        match self.depth.checked_sub(1) {
            Some(depth) => Ok(Reader { depth }),
            None => Err(E::custom(format_args!("lists and objects nest deeper than {VALUE_DEPTH_MAX} levels"))),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Reader {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("null, a boolean, a number, a string, a list or an object")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(i64::try_from(value).map_or(Value::Double(value as f64), Value::Int))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Value, E> {
        Ok(i64::try_from(value).map_or(Value::Double(value as f64), Value::Int))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Value, E> {
        Ok(i64::try_from(value).map_or(Value::Double(value as f64), Value::Int))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        let is_safe = value.fract() == 0.0 && value.abs() < SAFE_END;
        Ok(if is_safe { Value::Int(value as i64) } else { Value::Double(value) })
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.to_string()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut elements = Vec::new();
        while let Some(element) = seq.next_element_seed(inner)? {
            elements.push(element);
        }
        Ok(Value::List(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut members: Vec<(String, Value)> = Vec::new();
        while let Some(key) = map.next_key()? {
            members.push((key, map.next_value_seed(inner)?));
        }
        keep_last(&mut members);
        Ok(Value::Object(members))
    }
}

struct Writer<'a>(&'a Value);

impl Serialize for Writer<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Int(value) => match i32::try_from(*value) {
                Ok(small) => serializer.serialize_i32(small),
                Err(_) if (*value as f64).abs() < SAFE_END => serializer.serialize_f64(*value as f64),
                Err(_) => serializer.serialize_i64(*value),
            },
            Value::Double(value) => serializer.serialize_f64(*value),
            Value::Text(value) => serializer.serialize_str(value),
            Value::List(elements) => {
                let mut seq = serializer.serialize_seq(Some(elements.len()))?;
                for element in elements {
                    seq.serialize_element(&Writer(element))?;
                }
                seq.end()
            }
            Value::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (key, value) in members {
                    map.serialize_entry(key, &Writer(value))?;
                }
                map.end()
            }
        }
    }
}

/// A value as text, where Milvus keeps parameters as text: strings as they are, all else as JSON.
pub fn text_of(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Null => String::new(),
        Value::Bool(_) | Value::Int(_) | Value::Double(_) | Value::List(_) | Value::Object(_) => {
            let mut json = String::new();
            print(value, &mut json);
            json
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Value {
        serde_json::from_str::<Natural>(json).unwrap().0
    }

    #[test]
    fn numbers_are_whole_where_they_can_be() {
        let check = |json: &str, expected: Value| assert_eq!(read(json), expected, "{json}");
        check("5", Value::Int(5));
        check("5.0", Value::Int(5));
        check("-0.5", Value::Double(-0.5));
        check("1e3", Value::Int(1_000));
        check("9007199254740993", Value::Int(9_007_199_254_740_993));
        check("9007199254740992.0", Value::Double(9_007_199_254_740_992.0));
        check("9223372036854775807", Value::Int(i64::MAX));
        check("-9223372036854775808", Value::Int(i64::MIN));
        check("9223372036854775808", Value::Double(9_223_372_036_854_775_808.0));
        check("1e300", Value::Double(1e300));
    }

    #[test]
    fn every_kind_comes_and_goes() {
        let json = r#"{"a":[null,true,-3,0.5,"\"é\\"],"b":{"c":{}},"":[]}"#;
        assert_eq!(serde_json::to_string(&Natural(read(json))).unwrap(), json);
        assert_eq!(text_of(&read(json)), json);
    }

    #[test]
    fn of_members_with_one_key_the_last_counts() {
        assert_eq!(
            serde_json::to_string(&Natural(read(r#"{"a":1,"b":2,"a":3,"c":4,"a":5}"#))).unwrap(),
            r#"{"b":2,"c":4,"a":5}"#
        );
    }

    #[test]
    fn nesting_is_bounded() {
        let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        let limit = HEAD_DEPTH + VALUE_DEPTH_MAX;
        assert!(serde_json::from_str::<Natural>(&nested(limit)).is_ok());
        let error = serde_json::from_str::<Natural>(&nested(limit + 1)).unwrap_err();
        assert!(error.to_string().contains("nest deeper than 64 levels"), "{error}");
        // A deserializer without a limit of its own, as that of JavaScript's values is.
        let mut deserializer = serde_json::Deserializer::from_str("[]");
        assert!(Reader { depth: 0 }.deserialize(&mut deserializer).is_err());
    }

    #[test]
    fn integers_that_javascript_cannot_hold_leave_as_64_bits() {
        let check = |value: i64, json: &str| {
            assert_eq!(serde_json::to_string(&Natural(Value::Int(value))).unwrap(), json);
        };
        check(-7, "-7");
        check(1 << 40, "1099511627776.0");
        check((1 << 53) - 1, "9007199254740991.0");
        check(1 << 53, "9007199254740992");
        check(i64::MIN, "-9223372036854775808");
    }

    #[test]
    fn parameters_are_kept_as_text() {
        let check = |json: &str, text: &str| assert_eq!(text_of(&read(json)), text);
        check("4", "4");
        check("0.5", "0.5");
        check("true", "true");
        check("null", "");
        check(r#""a b""#, "a b");
        check(r#"{"type":"standard","stop":["a","\u0001\n"]}"#, r#"{"type":"standard","stop":["a","\u0001\n"]}"#);
    }
}
