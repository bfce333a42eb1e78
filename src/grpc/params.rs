//! Lists of keys and values, as Milvus sends parameters: all values are text, some of it JSON.

use super::proto::common::KeyValuePair;
use crate::command::{Changes, Properties};
use crate::error::{Error, Result};
use crate::json;
use crate::schema::Value;
use crate::schema::index_params::IndexSpec;
use crate::sorted::SortedMap;

/// Parameters by key; of keys that come twice the last counts.
#[derive(Debug, Default)]
pub struct Params(SortedMap<String, String>);

impl Params {
    /// The parameters of a message.
    pub fn new(pairs: Vec<KeyValuePair>) -> Params {
        Params(properties(pairs))
    }

    /// Takes a text, empty when absent.
    pub fn text(&mut self, key: &str) -> String {
        self.0.remove(key).unwrap_or_default()
    }

    /// Takes a whole number; an empty text counts as absent.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what is none.
    pub fn whole(&mut self, key: &str) -> Result<Option<i64>> {
        let text = self.text(key);
        if text.is_empty() {
            return Ok(None);
        }
        match text.trim().parse() {
            Ok(whole) => Ok(Some(whole)),
            Err(_) => Err(Error::invalid(format!("{key} [{text}] is invalid, it should be an integer"))),
        }
    }

    /// Takes a number.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what is none.
    pub fn number(&mut self, key: &str) -> Result<Option<f64>> {
        let text = self.text(key);
        if text.is_empty() {
            return Ok(None);
        }
        match text.trim().parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(Error::invalid(format!("{key} [{text}] is invalid, it should be a number"))),
        }
    }

    /// Takes a truth value, as Python and JavaScript write it; false when absent.
    pub fn flag(&mut self, key: &str) -> bool {
        is_true(&self.text(key))
    }

    /// Takes the object that is JSON under `params`; empty when absent.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what is no JSON object.
    pub fn nested(&mut self) -> Result<SortedMap<String, Value>> {
        let text = self.text("params");
        if text.is_empty() {
            return Ok(SortedMap::new());
        }
        match json::parse(text.as_bytes()) {
            Ok(Value::Object(members)) => Ok(members.into_iter().collect()),
            Ok(Value::Null) => Ok(SortedMap::new()),
            Ok(other) => Err(Error::invalid(format!("params: expected a JSON object, got {}", other.kind()))),
            Err(error) => Err(Error::invalid(format!("params: {error}"))),
        }
    }

    /// Refuses a parameter that asks for what there is not.
    ///
    /// # Errors
    /// [`Error::Unsupported`] when it is there and not empty.
    pub fn refuse(&mut self, key: &str) -> Result<()> {
        match self.text(key).as_str() {
            "" => Ok(()),
            _ => Err(Error::Unsupported { what: key.to_string() }),
        }
    }

    /// What was not taken yet.
    pub fn rest(self) -> SortedMap<String, String> {
        self.0
    }
}

impl From<SortedMap<String, String>> for Params {
    fn from(params: SortedMap<String, String>) -> Params {
        Params(params)
    }
}

/// Whether a text says yes.
pub fn is_true(text: &str) -> bool {
    text == "1" || text.eq_ignore_ascii_case("true")
}

/// Pairs as a map.
pub fn properties(pairs: Vec<KeyValuePair>) -> Properties {
    pairs.into_iter().map(|pair| (pair.key, pair.value)).collect()
}

/// A map as pairs.
pub fn pairs(properties: Properties) -> Vec<KeyValuePair> {
    properties.into_iter().map(|(key, value)| KeyValuePair { key, value }).collect()
}

/// One pair.
pub fn pair(key: &str, value: impl Into<String>) -> KeyValuePair {
    KeyValuePair { key: key.to_string(), value: value.into() }
}

/// Properties to set and keys to remove, of which a message may have one kind.
///
/// # Errors
/// [`Error::Invalid`] when there are both, or none.
pub fn changes(set: Vec<KeyValuePair>, removed: Vec<String>) -> Result<Changes> {
    match (set.is_empty(), removed.is_empty()) {
        (false, false) => Err(Error::invalid("can not provide properties and deletekeys at the same time")),
        (true, true) => Err(Error::invalid("no properties or delete keys provided")),
        _ => {
            let set = set.into_iter().map(|pair| (pair.key, Some(pair.value)));
            Ok(set.chain(removed.into_iter().map(|key| (key, None))).collect())
        }
    }
}

/// A text as the value that it writes: numbers, truth values and JSON; anything else is a text.
pub fn value(text: &str) -> Value {
    json::parse(text.as_bytes()).unwrap_or_else(|_| Value::Text(text.to_string()))
}

/// An index as asked for: keys beside each other, or a JSON object of them under `params`, or both.
///
/// # Errors
/// [`Error::Invalid`] when `params` is no JSON object.
pub fn index_spec(field: String, name: String, pairs: Vec<KeyValuePair>) -> Result<IndexSpec> {
    let mut given = Params::new(pairs);
    let (index_type, metric) = (given.text("index_type"), given.text("metric_type"));
    let raw = given.0.get("params").cloned();
    let nested = given.nested()?;
    let mut params = given.rest();
    // Kept, so that the index is told of in the style in which it was made.
    params.extend(raw.filter(|_| !nested.is_empty()).map(|raw| ("params".to_string(), raw)));
    for (key, value) in nested {
        if !params.contains_key(&key) && value != Value::Null {
            params.insert(key, text_of(value));
        }
    }
    Ok(IndexSpec { field, name, index_type, metric, params })
}

/// The parameters of an index as they were given: what came as JSON leaves as JSON.
pub fn index_pairs(mut params: Properties) -> Vec<KeyValuePair> {
    if let Some(Value::Object(members)) = params.get("params").map(|raw| value(raw)) {
        params.retain(|key| !members.iter().any(|(member, _)| member == key));
    }
    pairs(params)
}

/// A value as the text that a parameter keeps: strings as they are, all else as JSON.
pub fn text_of(value: Value) -> String {
    match value {
        Value::Text(text) => text,
        other => {
            let mut text = String::new();
            json::print(&other, &mut text);
            text
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read_by_kind() {
        let given = [("topk", " 3 "), ("offset", ""), ("bad", "x"), ("yes", "True"), ("params", r#"{"ef":8}"#)];
        let mut params = Params::new(given.iter().map(|(key, value)| pair(key, *value)).collect());
        assert_eq!(params.whole("topk"), Ok(Some(3)));
        assert_eq!(params.whole("topk"), Ok(None), "it was taken");
        assert_eq!(params.whole("offset"), Ok(None));
        assert!(params.whole("bad").is_err());
        assert!(params.flag("yes") && !params.flag("no"));
        assert_eq!(params.nested().unwrap().get("ef"), Some(&Value::Int(8)));
        assert!(Params::new(vec![pair("params", "[1]")]).nested().is_err());
        assert!(Params::new(vec![pair("params", "{")]).nested().is_err());
        assert_eq!(Params::new(vec![pair("group_by_field", "")]).refuse("group_by_field"), Ok(()));
        assert!(Params::new(vec![pair("group_by_field", "a")]).refuse("group_by_field").is_err());
    }

    #[test]
    fn both_styles_of_index_parameters_merge() {
        let old = vec![pair("index_type", "IVF_FLAT"), pair("metric_type", "L2"), pair("params", r#"{"nlist":128}"#)];
        let spec = index_spec("v".into(), String::new(), old).unwrap();
        assert_eq!((spec.index_type.as_str(), spec.metric.as_str()), ("IVF_FLAT", "L2"));
        assert_eq!(spec.params.get("nlist").map(String::as_str), Some("128"));
        let told = index_pairs(spec.params);
        assert_eq!(told, [pair("params", r#"{"nlist":128}"#)]);
        let new = vec![pair("M", "8"), pair("params", r#"{"M":16,"efConstruction":64}"#)];
        let spec = index_spec("v".into(), String::new(), new).unwrap();
        assert_eq!(spec.params.get("M").map(String::as_str), Some("8"));
        assert_eq!(spec.params.get("efConstruction").map(String::as_str), Some("64"));
    }
}
