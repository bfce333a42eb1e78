//! An object of a request, taken apart key by key. Every error tells the operation and the path of the key.

use super::natural::text_of;
use crate::command::{DEFAULT_DATABASE, Properties, Target};
use crate::error::{Error, Result};
use crate::schema::Value;
use crate::sorted::SortedMap;

/// The members of an object that were not taken yet.
#[derive(Debug)]
pub struct Head {
    operation: &'static str,
    /// Where the object is, with a dot behind; empty for the head itself.
    path: String,
    members: Vec<(String, Value)>,
}

impl Head {
    /// The head of an operation; null stands for an empty one.
    pub fn new(operation: &'static str, value: Value) -> Result<Head> {
        match value {
            Value::Null => Ok(Head { operation, path: String::new(), members: Vec::new() }),
            Value::Object(members) => Ok(Head { operation, path: String::new(), members }),
            other => Err(wrong(operation, "an object", &other)),
        }
    }

    /// The operation that it is of.
    pub fn operation(&self) -> &'static str {
        self.operation
    }

    /// The value of a key, which stays. Null counts as absent; case as in [`Head::value`].
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.place(key).map(|at| &self.members[at].1).filter(|value| **value != Value::Null)
    }

    /// Adds a member.
    pub fn put(&mut self, key: &str, value: Value) {
        self.members.push((key.to_string(), value));
    }

    /// The members as an object again.
    pub fn into_object(self) -> Value {
        Value::Object(self.members)
    }

    /// The path of a key, for messages.
    pub fn path(&self, key: &str) -> String {
        format!("{}: {}{key}", self.operation, self.path)
    }

    /// The error of a key whose value is of the wrong kind.
    pub fn wrong(&self, key: &str, expected: &str, got: &Value) -> Error {
        wrong(&self.path(key), expected, got)
    }

    /// The error of a key that is required and absent.
    pub fn missing(&self, key: &str) -> Error {
        Error::Missing { operation: self.operation.to_string(), parameter: format!("{}{key}", self.path) }
    }

    /// Any value. Null counts as absent. When the very key is absent, one that differs in case alone will do, as it does
    /// in Milvus.
    pub fn value(&mut self, key: &str) -> Option<Value> {
        let at = self.place(key)?;
        let (_, value) = self.members.swap_remove(at);
        (value != Value::Null).then_some(value)
    }

    fn place(&self, key: &str) -> Option<usize> {
        let exact = self.members.iter().position(|(name, _)| name == key);
        exact.or_else(|| self.members.iter().position(|(name, _)| name.eq_ignore_ascii_case(key)))
    }

    /// Puts a value in place of a text that `read` understands; other texts and values stay as they are.
    pub fn unquote(&mut self, key: &str, read: impl Fn(&str) -> Option<Value>) {
        if let Some(at) = self.place(key)
            && let Value::Text(text) = &self.members[at].1
            && let Some(value) = read(text)
        {
            self.members[at].1 = value;
        }
    }

    /// Text.
    pub fn text(&mut self, key: &str) -> Result<Option<String>> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(other) => Err(self.wrong(key, "a string", &other)),
        }
    }

    /// Text, empty when absent.
    pub fn text_or_empty(&mut self, key: &str) -> Result<String> {
        self.text(key).map(Option::unwrap_or_default)
    }

    /// Text that must be there and not be empty.
    pub fn required_text(&mut self, key: &str) -> Result<String> {
        let text = self.text(key)?;
        text.filter(|text| !text.is_empty()).ok_or_else(|| self.missing(key))
    }

    /// A list of texts, empty when absent.
    pub fn texts(&mut self, key: &str) -> Result<Vec<String>> {
        let mut texts = Vec::new();
        for (at, element) in self.list(key)?.unwrap_or_default().into_iter().enumerate() {
            match element {
                Value::Text(text) => texts.push(text),
                other => return Err(wrong(&format!("{}[{at}]", self.path(key)), "a string", &other)),
            }
        }
        Ok(texts)
    }

    /// A list of any values.
    pub fn list(&mut self, key: &str) -> Result<Option<Vec<Value>>> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::List(elements)) => Ok(Some(elements)),
            Some(other) => Err(self.wrong(key, "a list", &other)),
        }
    }

    /// A truth value.
    pub fn flag(&mut self, key: &str) -> Result<Option<bool>> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::Bool(truth)) => Ok(Some(truth)),
            Some(other) => Err(self.wrong(key, "true or false", &other)),
        }
    }

    /// A whole number.
    pub fn integer(&mut self, key: &str) -> Result<Option<i64>> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::Int(whole)) => Ok(Some(whole)),
            Some(other) => Err(self.wrong(key, "a whole number", &other)),
        }
    }

    /// A whole number that is not negative and fits into 32 bits.
    pub fn count(&mut self, key: &str) -> Result<Option<u32>> {
        let Some(whole) = self.integer(key)? else {
            return Ok(None);
        };
        match u32::try_from(whole) {
            Ok(count) => Ok(Some(count)),
            Err(_) => Err(Error::invalid(format!("{}: expected 0 to {}, got {whole}", self.path(key), u32::MAX))),
        }
    }

    /// A [`Head::count`] that must be there.
    pub fn required_count(&mut self, key: &str) -> Result<u32> {
        self.count(key)?.ok_or_else(|| self.missing(key))
    }

    /// Any number.
    pub fn number(&mut self, key: &str) -> Result<Option<f64>> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::Int(whole)) => Ok(Some(whole as f64)),
            Some(Value::Double(number)) => Ok(Some(number)),
            Some(other) => Err(self.wrong(key, "a number", &other)),
        }
    }

    /// An object.
    pub fn object(&mut self, key: &str) -> Result<Option<Head>> {
        match self.value(key) {
            None => Ok(None),
            Some(value) => object(self.operation, format!("{}{key}", self.path), value).map(Some),
        }
    }

    /// A list of objects, empty when absent.
    pub fn objects(&mut self, key: &str) -> Result<Vec<Head>> {
        let elements = self.list(key)?.unwrap_or_default();
        let path = |at: usize| format!("{}{key}[{at}]", self.path);
        elements.into_iter().enumerate().map(|(at, value)| object(self.operation, path(at), value)).collect()
    }

    /// An object whose values are kept as text, empty when absent.
    pub fn properties(&mut self, key: &str) -> Result<Properties> {
        let object = self.object(key)?;
        Ok(object.map(Head::into_properties).unwrap_or_default())
    }

    /// An object of any values by name, empty when absent.
    pub fn values(&mut self, key: &str) -> Result<SortedMap<String, Value>> {
        let object = self.object(key)?;
        Ok(object.map(Head::into_values).unwrap_or_default())
    }

    /// What was not taken yet, as text by name.
    pub fn into_properties(self) -> Properties {
        self.members.into_iter().map(|(key, value)| (key, text_of(&value))).collect()
    }

    /// What was not taken yet, by name.
    pub fn into_values(self) -> SortedMap<String, Value> {
        self.members.into_iter().collect()
    }

    /// `dbName`, or the default database.
    pub fn database(&mut self) -> Result<String> {
        let named = self.text_or_empty("dbName")?;
        Ok(if named.is_empty() { DEFAULT_DATABASE.to_string() } else { named })
    }

    /// `dbName` and `collectionName`.
    pub fn target(&mut self) -> Result<Target> {
        Ok(Target { database: self.database()?, collection: self.required_text("collectionName")? })
    }

    /// Refuses a key that Milvus knows and this engine does not, unless it asks for nothing.
    pub fn refuse(&mut self, key: &str) -> Result<()> {
        match self.value(key) {
            None | Some(Value::Bool(false)) => Ok(()),
            Some(Value::Text(text)) if text.is_empty() => Ok(()),
            Some(Value::List(elements)) if elements.is_empty() => Ok(()),
            Some(Value::Object(members)) if members.is_empty() => Ok(()),
            Some(_) => Err(Error::Unsupported { what: format!("{} of {}", key, self.operation) }),
        }
    }
}

fn object(operation: &'static str, path: String, value: Value) -> Result<Head> {
    match value {
        Value::Object(members) => Ok(Head { operation, path: path + ".", members }),
        other => Err(wrong(&format!("{operation}: {path}"), "an object", &other)),
    }
}

fn wrong(path: &str, expected: &str, got: &Value) -> Error {
    Error::WrongType { reason: format!("{path}: expected {expected}, got {}", got.kind()) }
}
