//! A value of any type: what rows, defaults, parameters and JSON documents are made of before they are columns.

use serde::{Deserialize, Serialize};

/// How deep lists and objects may nest. Decoders refuse deeper ones, so values can be walked and dropped by recursion.
pub const VALUE_DEPTH_MAX: usize = 64;

/// A value of any type.
///
/// The derived serde form is for storage (it tags variants); wires have decoders of their own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
