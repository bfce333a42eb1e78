//! Tests of operands against constants: types checked, constants cast, the fastest test chosen.

use regex_lite::Regex;

use super::datum::Step;
use super::like::Like;
use super::number::Number;
pub use super::operand::constant_type as constant_kind;
use super::operand::{Operand, shown};
use super::predicate::{Bounds, Ints, Leaf, Reals, Relation, Test, Texts, Wanted};
use super::set;
use super::tree::{Binary, Chain};
use crate::schema::{DataType, Value};
use crate::sorted::{SortedSet, sort_by};

/// A test, and whether its negation is meant.
pub type Tested = Result<(Leaf, bool), String>;

/// `operand == constant` and the like; the constant stands to the right.
pub fn compare(operand: Operand, binary: Binary, constant: &Value) -> Tested {
    let negated = binary == Binary::NotEqual;
    let binary = if negated { Binary::Equal } else { binary };
    let incomparable = || {
        Err(format!("comparisons between {} and {} are not supported", operand.type_name(), constant_kind(constant)))
    };
    if operand.is_whole_json() || operand.data_type.is_vector() {
        return incomparable();
    }
    let reckons = matches!(operand.reading.step, Step::Arithmetic { .. });
    let leaf = match (operand.data_type, constant) {
        (DataType::Array, _) => return Err("can not comparisons array fields directly".to_string()),
        (DataType::Bool, Value::Bool(truth)) => bools(operand, matching(binary, *truth)),
        (DataType::Json, Value::Bool(truth)) if !reckons => bools(operand, matching(binary, *truth)),
        (DataType::VarChar, Value::Text(text)) => texts(operand, text_test(binary, text)),
        (DataType::Json, Value::Text(text)) if !reckons => texts(operand, text_test(binary, text)),
        (DataType::Json, Value::List(items)) if !reckons => {
            if binary != Binary::Equal {
                return Err("a list can only be compared with == and !=".to_string());
            }
            Leaf::Read { reading: operand.reading, test: Test::List(items.clone()) }
        }
        (data_type, Value::Int(number)) if data_type.is_number() || data_type == DataType::Json => {
            numbers(operand, bounds(binary, Number::Int(*number)))
        }
        (data_type, Value::Double(_)) if data_type.is_integer() => return Err(uncastable(data_type, constant)),
        (data_type, Value::Double(number)) if data_type.is_number() || data_type == DataType::Json => {
            numbers(operand, bounds(binary, Number::Double(*number)))
        }
        _ => return incomparable(),
    };
    Ok((leaf, negated))
}

/// `left < operand <= right` and the like.
pub fn range(operand: Operand, chain: Chain, left: &Value, right: &Value) -> Tested {
    let (low, high) = if chain.ascends { (left, right) } else { (right, left) };
    let (low_included, high_included) = if chain.ascends {
        (chain.left_inclusive, chain.right_inclusive)
    } else {
        (chain.right_inclusive, chain.left_inclusive)
    };
    let invalid = |words: &str| Err(format!("invalid range operations{words}"));
    if operand.data_type == DataType::Array {
        return Err("can not comparisons array fields directly".to_string());
    }
    if operand.data_type == DataType::Bool {
        return invalid(" on boolean expr");
    }
    if operand.is_whole_json() || operand.data_type.is_vector() {
        return invalid(&format!(" on {}", operand.type_name()));
    }
    let accepts = |value: &Value| match value {
        Value::Int(_) => operand.data_type.is_number() || operand.data_type == DataType::Json,
        Value::Double(_) => {
            matches!(operand.data_type, DataType::Float | DataType::Double | DataType::Json)
        }
        Value::Text(_) => matches!(operand.data_type, DataType::VarChar | DataType::Json),
        Value::Null | Value::Bool(_) | Value::List(_) | Value::Object(_) => false,
    };
    for bound in [low, high] {
        if !accepts(bound) {
            return invalid(&format!(": {} cannot be a bound of {}", shown(bound), operand.type_name()));
        }
    }
    let (order, leaf) = match (low, high) {
        (Value::Text(low), Value::Text(high)) => {
            let bounds = Bounds { low: Some((low.clone(), low_included)), high: Some((high.clone(), high_included)) };
            (low.cmp(high), texts(operand, Texts::Within(bounds)))
        }
        (low, high) => {
            let (Some(low), Some(high)) = (number(low), number(high)) else {
                return invalid(": the bounds are of different types");
            };
            let bounds = Bounds { low: Some((low, low_included)), high: Some((high, high_included)) };
            (low.order(high), numbers(operand, bounds))
        }
    };
    if order.is_gt() || (order.is_eq() && !(low_included && high_included)) {
        return Err("invalid range: lowerbound is greater than upperbound".to_string());
    }
    Ok((leaf, false))
}

/// `operand in [constants]`.
pub fn contained(operand: Operand, mut items: Vec<Value>) -> Tested {
    if !operand.is_plain() {
        return Err("'term' can only be used on single field".to_string());
    }
    if operand.is_whole_json() || operand.data_type.is_vector() || operand.data_type == DataType::Array {
        return Err(format!("'in' cannot be used on a whole {} field", operand.type_name()));
    }
    for item in &mut items {
        cast(operand.data_type, item).map_err(|()| {
            format!("value '{}' in list cannot be casted to {}", shown(item), operand.data_type.name())
        })?;
    }
    let column = operand.reading.column;
    let numbers = |items: &[Value]| items.iter().filter_map(number).map(Number::as_double).collect::<Vec<f64>>();
    let leaf = match operand.data_type {
        _ if !operand.is_field() => {
            Leaf::Read { reading: operand.reading, test: Test::Set(Box::new(set::Mixed::new(items))) }
        }
        DataType::Bool => Leaf::Bools { column, matching: [false, true].map(|b| items.contains(&Value::Bool(b))) },
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => {
            let whole =
                items.iter().filter_map(|item| if let Value::Int(number) = item { Some(*number) } else { None });
            Leaf::Ints { column, test: Ints::Set(set::Ints::new(whole.collect())) }
        }
        DataType::Float => {
            let mut items: Vec<f32> = numbers(&items).into_iter().map(|number| number as f32 + 0.0).collect();
            sort_by(&mut items, f32::total_cmp);
            Leaf::Floats { column, test: Reals::Set(items) }
        }
        DataType::Double => {
            let mut items: Vec<f64> = numbers(&items).into_iter().map(|number| number + 0.0).collect();
            sort_by(&mut items, f64::total_cmp);
            Leaf::Doubles { column, test: Reals::Set(items) }
        }
        _ => {
            let texts: SortedSet<Box<str>> = items
                .into_iter()
                .filter_map(|item| if let Value::Text(text) = item { Some(text.into_boxed_str()) } else { None })
                .collect();
            Leaf::Texts { column, test: Texts::Set(texts) }
        }
    };
    Ok((leaf, false))
}

/// `operand like pattern`.
pub fn like(operand: Operand, pattern: &str) -> Tested {
    let operand = text_operand(operand, "like")?;
    let test = match Like::new(pattern) {
        Like::Equal(text) => Texts::Equal(text),
        other => Texts::Like(other),
    };
    Ok((texts(operand, test), false))
}

/// `operand =~ pattern`, or `!~`.
pub fn matches(operand: Operand, pattern: &str, negated: bool) -> Tested {
    let operand = text_operand(operand, "regex")?;
    let regex = Regex::new(pattern).map_err(|error| format!("invalid regex pattern: {error}"))?;
    let regex = Box::new(regex);
    if negated && operand.data_type == DataType::Json {
        return Ok((Leaf::Read { reading: operand.reading, test: Test::NoMatch(regex) }, false));
    }
    Ok((texts(operand, Texts::Regex(regex)), negated))
}

fn text_operand(operand: Operand, what: &str) -> Result<Operand, String> {
    if !operand.is_plain() {
        return Err(format!("{what} operation on complicated expr is unsupported"));
    }
    if operand.data_type == DataType::Array {
        return Err("can not comparisons array fields directly".to_string());
    }
    if operand.is_whole_json() || !matches!(operand.data_type, DataType::VarChar | DataType::Json) {
        return Err(format!("{what} operation on non-string or no-json field is unsupported"));
    }
    Ok(operand)
}

/// What the three `contains` functions ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Containing {
    /// One constant.
    One,
    /// Each of a list.
    All,
    /// Any of a list.
    Any,
}

/// `json_contains(operand, constant)` and the like.
pub fn contains(operand: Operand, containing: Containing, constant: Value) -> Tested {
    let (name, long) = match containing {
        Containing::One => ("contains", "Contains"),
        Containing::All => ("contains_all", "ContainsAll"),
        Containing::Any => ("contains_any", "ContainsAny"),
    };
    let is_array = operand.data_type == DataType::Array;
    if !operand.is_plain() || !(is_array || operand.data_type == DataType::Json) {
        let got = operand.type_name();
        return Err(format!("{name} operation are only supported on json or array fields now, got: {got}"));
    }
    let mut items = match (containing, constant) {
        (Containing::One, one) => vec![one],
        (_, Value::List(items)) => items,
        _ => return Err(format!("{long} operation element must be an array")),
    };
    if let Some(element) = operand.element_type {
        for item in &mut items {
            // A float may stand for an element of whole numbers here: it is compared, not cast.
            let is_pair = element.is_number() && number(item).is_some();
            if cast(element, item).is_err() && !is_pair {
                return Err(format!(
                    "{long} operation can't compare between array element type: {} and {}",
                    element.name(),
                    constant_kind(item)
                ));
            }
        }
    }
    let wanted = match containing {
        Containing::All => Wanted::All(items),
        Containing::One | Containing::Any => Wanted::Any(Box::new(set::Mixed::new(items))),
    };
    let column = operand.reading.column;
    Ok((Leaf::Contains { column, keys: operand.keys(), wanted }, false))
}

/// `left == right` of two fields, and the like.
pub fn fields(left: &Operand, binary: Binary, right: &Operand) -> Tested {
    let is_array = |operand: &Operand| operand.data_type == DataType::Array || !operand.reading_is_scalar();
    if left.data_type == DataType::Json || right.data_type == DataType::Json {
        return Err("two column comparison with JSON type is not supported".to_string());
    }
    if is_array(left) || is_array(right) {
        return Err("not supported: field-to-field comparison involving ARRAY fields".to_string());
    }
    if !left.is_plain() || !right.is_plain() {
        return Err("not supported to combine multiple fields".to_string());
    }
    let is_pair = match (left.data_type, right.data_type) {
        (DataType::Bool, DataType::Bool) | (DataType::VarChar, DataType::VarChar) => true,
        (a, b) => a.is_number() && b.is_number(),
    };
    if !is_pair {
        let (left, right) = (left.type_name(), right.type_name());
        return Err(format!("comparisons between {left} and {right} are not supported"));
    }
    let (left, right) = (left.reading.column, right.reading.column);
    let (left, right, relation, negated) = match binary {
        Binary::Less => (left, right, Relation::Less, false),
        Binary::LessEqual => (left, right, Relation::LessEqual, false),
        Binary::Greater => (right, left, Relation::Less, false),
        Binary::GreaterEqual => (right, left, Relation::LessEqual, false),
        _ => (left, right, Relation::Equal, binary == Binary::NotEqual),
    };
    Ok((Leaf::Pair { left, right, relation }, negated))
}

impl Operand {
    /// Whether its value is not an element of an array.
    fn reading_is_scalar(&self) -> bool {
        !matches!(self.reading.place, super::datum::Place::Element(_))
    }
}

/// The number that a constant is.
pub fn number(value: &Value) -> Option<Number> {
    match value {
        Value::Int(number) => Some(Number::Int(*number)),
        Value::Double(number) => Some(Number::Double(*number)),
        Value::Null | Value::Bool(_) | Value::Text(_) | Value::List(_) | Value::Object(_) => None,
    }
}

/// Why a constant cannot be compared with a type.
pub fn uncastable(data_type: DataType, constant: &Value) -> String {
    format!("cannot cast value to {}, value: {}", data_type.name(), shown(constant))
}

/// Turns a constant into what a column of that type holds, where Milvus does: a FLOAT's constant loses its precision.
fn cast(data_type: DataType, constant: &mut Value) -> Result<(), ()> {
    match (data_type, &*constant) {
        (DataType::Float, value) => {
            let narrow = number(value).ok_or(())?.as_double() as f32;
            *constant = Value::Double(narrow.into());
        }
        (DataType::Json, Value::Null | Value::Object(_)) => return Err(()),
        (DataType::Json, _) | (DataType::Bool, Value::Bool(_)) | (DataType::VarChar, Value::Text(_)) => {}
        (DataType::Double, Value::Int(_) | Value::Double(_)) => {}
        (data_type, Value::Int(_)) if data_type.is_integer() => {}
        _ => return Err(()),
    }
    Ok(())
}

fn bounds<T: Clone>(binary: Binary, constant: T) -> Bounds<T> {
    match binary {
        Binary::Less => Bounds { low: None, high: Some((constant, false)) },
        Binary::LessEqual => Bounds { low: None, high: Some((constant, true)) },
        Binary::Greater => Bounds { low: Some((constant, false)), high: None },
        Binary::GreaterEqual => Bounds { low: Some((constant, true)), high: None },
        _ => Bounds { low: Some((constant.clone(), true)), high: Some((constant, true)) },
    }
}

fn matching(binary: Binary, constant: bool) -> [bool; 2] {
    let bounds = bounds(binary, constant);
    [false, true].map(|value| bounds.hold(|bound| value.cmp(bound)))
}

fn text_test(binary: Binary, constant: &str) -> Texts {
    match binary {
        Binary::Equal => Texts::Equal(constant.to_string()),
        _ => Texts::Within(bounds(binary, constant.to_string())),
    }
}

fn bools(operand: Operand, matching: [bool; 2]) -> Leaf {
    if operand.is_field() {
        return Leaf::Bools { column: operand.reading.column, matching };
    }
    Leaf::Read { reading: operand.reading, test: Test::Bool(matching) }
}

fn texts(operand: Operand, test: Texts) -> Leaf {
    if operand.is_field() {
        return Leaf::Texts { column: operand.reading.column, test };
    }
    Leaf::Read { reading: operand.reading, test: Test::Text(test) }
}

fn numbers(operand: Operand, bounds: Bounds<Number>) -> Leaf {
    let column = operand.reading.column;
    match operand.data_type {
        DataType::Float => {
            let narrow = |(bound, included): (Number, bool)| (bound.as_double() as f32, included);
            let bounds = Bounds { low: bounds.low.map(narrow), high: bounds.high.map(narrow) };
            if operand.is_field() {
                let low =
                    bounds.low.map_or(f32::NEG_INFINITY, |(low, included)| if included { low } else { low.next_up() });
                let high = bounds
                    .high
                    .map_or(f32::INFINITY, |(high, included)| if included { high } else { high.next_down() });
                return Leaf::Floats { column, test: Reals::Within { low, high } };
            }
            let wide = |(bound, included): (f32, bool)| (Number::Double(bound.into()), included);
            let bounds = Bounds { low: bounds.low.map(wide), high: bounds.high.map(wide) };
            Leaf::Read { reading: operand.reading, test: Test::Number(bounds) }
        }
        DataType::Double if operand.is_field() => {
            let low = bounds.low.map_or(f64::NEG_INFINITY, |(low, included)| {
                if included { low.as_double() } else { low.as_double().next_up() }
            });
            let high = bounds.high.map_or(f64::INFINITY, |(high, included)| {
                if included { high.as_double() } else { high.as_double().next_down() }
            });
            Leaf::Doubles { column, test: Reals::Within { low, high } }
        }
        data_type if operand.is_field() && data_type.is_integer() => {
            let low = bounds.low.map_or(Some(i64::MIN), |(low, included)| {
                low.whole().and_then(|low| if included { Some(low) } else { low.checked_add(1) })
            });
            let high = bounds.high.map_or(Some(i64::MAX), |(high, included)| {
                high.whole().and_then(|high| if included { Some(high) } else { high.checked_sub(1) })
            });
            let (low, high) = low.zip(high).unwrap_or((1, 0));
            Leaf::Ints { column, test: Ints::Within { low, high } }
        }
        _ => Leaf::Read { reading: operand.reading, test: Test::Number(bounds) },
    }
}
