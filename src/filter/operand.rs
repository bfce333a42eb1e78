//! Names, paths and parameters of an expression, found in the schema and among the values that came with it.

use super::datum::{Key, Place, Reading, Step};
use super::token::accessors;
use super::{Fault, Span, literal};
use crate::schema::{DataType, Field, Schema, Value};

/// What a row holds at some place, typed.
#[derive(Debug, Clone, PartialEq)]
pub struct Operand {
    /// How to come to it.
    pub reading: Reading,
    /// Its type there: of a scalar field, of an array's element, JSON for a path, Int64 for a length.
    pub data_type: DataType,
    /// The type of the elements, where `data_type` is Array.
    pub element_type: Option<DataType>,
}

impl Operand {
    /// The operand that a name or path means.
    ///
    /// # Errors
    /// When there is no such field (nor a dynamic one), or its type has no accessors.
    pub fn find(text: &str, schema: &Schema) -> Result<Operand, String> {
        let (name, has_path) = match text.find('[') {
            Some(at) => (&text[..at], true),
            None => (text, false),
        };
        let name = literal::name(name);
        let (column, prefix) = match schema.column(&name) {
            Some(column) => (column, None),
            None if name.eq_ignore_ascii_case("null") => {
                return Err("NULL literal is not supported in expressions; use '<field> is null' or \
                            '<field> is not null' instead"
                    .to_string());
            }
            None => match schema.dynamic_column() {
                Some(column) => (column, Some(Key::named(name.clone()))),
                None => return Err(format!("field {name} not exist")),
            },
        };
        let field = &schema.fields[column];
        if !has_path && prefix.is_none() {
            return Ok(Operand::whole(column, field));
        }
        match field.data_type {
            DataType::Json => {
                let mut keys: Vec<Key> = prefix.into_iter().collect();
                for accessor in accessors(text) {
                    keys.push(key(accessor, text)?);
                }
                Ok(Operand::at(column, Place::Path(keys), DataType::Json))
            }
            DataType::Array => {
                let mut indexes = accessors(text);
                let first = indexes.next().unwrap_or_default();
                if !first.starts_with(|c: char| c.is_ascii_digit()) {
                    return Err("can only access array field with integer index".to_string());
                }
                if indexes.next().is_some() {
                    return Err(format!("field {name} is an array of scalars and has no deeper elements"));
                }
                let element = field.element_type.ok_or_else(|| format!("field {name} has no element type"))?;
                // An index beyond 64 bits is past the end like any other.
                Ok(Operand::at(column, Place::Element(first.parse().unwrap_or(u64::MAX)), element))
            }
            other => Err(format!("{} data type not supported accessed with []", other.name())),
        }
    }

    fn whole(column: usize, field: &Field) -> Operand {
        Operand { element_type: field.element_type, ..Operand::at(column, Place::Whole, field.data_type) }
    }

    fn at(column: usize, place: Place, data_type: DataType) -> Operand {
        Operand { reading: Reading { column, place, step: Step::Nothing }, data_type, element_type: None }
    }

    /// Whether it is a whole field rather than something in or of it.
    pub fn is_field(&self) -> bool {
        self.reading.place == Place::Whole && self.reading.step == Step::Nothing
    }

    /// Whether it is a field or a place in one, nothing having been done with it.
    pub fn is_plain(&self) -> bool {
        self.reading.step == Step::Nothing
    }

    /// The keys that lead to it in a document; none for a whole one.
    pub fn keys(self) -> Vec<Key> {
        match self.reading.place {
            Place::Path(keys) => keys,
            Place::Whole | Place::Element(_) => Vec::new(),
        }
    }

    /// Whether it is a document as a whole, which no constant can be compared with.
    pub fn is_whole_json(&self) -> bool {
        self.data_type == DataType::Json && self.reading.place == Place::Whole
    }

    /// The type in words.
    pub fn type_name(&self) -> String {
        match (self.data_type, self.element_type) {
            (DataType::Array, Some(element)) => format!("Array[{}]", element.name()),
            (data_type, _) => data_type.name().to_string(),
        }
    }
}

fn key(accessor: &str, path: &str) -> Result<Key, String> {
    if accessor.starts_with(|c: char| c.is_ascii_digit()) {
        return Ok(Key::named(accessor.to_string()));
    }
    let name = literal::unquote(accessor, false)?;
    if name.is_empty() { Err(format!("invalid identifier: {path}")) } else { Ok(Key::named(name)) }
}

/// Checks a template parameter's value, or an element of one.
///
/// # Errors
/// For null, objects and numbers that are not finite.
pub fn check_parameter(value: &Value, name: &str) -> Result<(), String> {
    match value {
        Value::Bool(_) | Value::Int(_) | Value::Text(_) => Ok(()),
        Value::Double(number) if number.is_finite() => Ok(()),
        Value::Double(_) => Err(format!("the value of expression template variable name {{{name}}} is not finite")),
        Value::List(items) => items.iter().try_for_each(|item| check_parameter(item, name)),
        Value::Null => Err(format!(
            "the value of expression template variable name {{{name}}} is null: NULL literal is not supported in \
             expressions"
        )),
        Value::Object(_) => {
            Err(format!("the value of expression template variable name {{{name}}} is an object, expected a constant"))
        }
    }
}

/// The type of a constant, in Milvus's words.
pub fn constant_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "None",
        Value::Bool(_) => DataType::Bool.name(),
        Value::Int(_) => DataType::Int64.name(),
        Value::Double(_) => DataType::Double.name(),
        Value::Text(_) => DataType::VarChar.name(),
        Value::List(_) => DataType::Array.name(),
        Value::Object(_) => DataType::Json.name(),
    }
}

/// A constant as an expression would write it, shortened.
pub fn shown(value: &Value) -> String {
    match value {
        Value::Null => "null".to_string(),
        Value::Bool(truth) => truth.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Double(number) => format!("{number:?}"),
        Value::Text(text) => format!("{:?}", text.chars().take(64).collect::<String>()),
        Value::List(items) => format!("a list of {}", items.len()),
        Value::Object(_) => "an object".to_string(),
    }
}

/// The fault of looking at `field[sub]`: a key without quotes when the field can exist, else an array of structs,
/// which this engine does not have.
pub fn struct_path(span: Span, text: &str, schema: &Schema) -> Fault {
    let path = span.shown(text);
    let (name, rest) = path.split_once('[').unwrap_or((path, ""));
    if schema.is_dynamic || schema.column(name).is_some() {
        let key = rest.rsplit('[').next().unwrap_or(rest).trim_end_matches(']');
        let reason = format!("json key must be enclosed in double quotes or single quotes: \"{key}\"");
        return Fault::filter(span.start, reason);
    }
    Fault::Unsupported { what: format!("{path} (arrays of structs) in a filter") }
}
