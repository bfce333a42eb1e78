//! Random predicates, answered by the engine and by the plainest reading of the rules: row by row, value by value,
//! by recursion. The model shares no code with the engine; it makes its own text and does its own three-valued logic.

use std::cmp::Ordering;

use elanus::filter;
use elanus::schema::{DYNAMIC_FIELD, DataType, Schema, Value};
use elanus::sorted::SortedMap;

use crate::expressions::Random;
use crate::table::{Table, field};

/// Rows of a table: more than a word of a bitmap, and no multiple of one.
const ROWS: usize = 135;
const PREDICATES: usize = 12_000;

#[derive(Debug, Clone)]
enum Place {
    /// A column.
    Field(usize),
    /// Keys inside of a JSON column.
    Path(usize, Vec<&'static str>),
    /// An element of an array column.
    Element(usize, usize),
}

#[derive(Debug, Clone)]
enum Predicate {
    Constant(bool),
    All(Vec<Predicate>),
    Any(Vec<Predicate>),
    Not(Box<Predicate>),
    Compare(Place, &'static str, Value),
    Range(Value, bool, Place, bool, Value),
    In(Place, bool, Vec<Value>),
    Like(Place, String),
    IsNull(Place, bool),
    Exists(Place),
    Contains(Place, &'static str, Vec<Value>),
    Length(Place, &'static str, i64),
    Arithmetic(Place, &'static str, Value, &'static str, Value),
    Fields(usize, &'static str, usize),
}

const NAMES: [&str; 13] = ["id", "b", "i8", "i16", "i32", "f", "d", "s", "ni", "ns", "ai", "sa", "j"];
const ID: usize = 0;
const B: usize = 1;
const I8: usize = 2;
const F: usize = 5;
const D: usize = 6;
const S: usize = 7;
const NI: usize = 8;
const NS: usize = 9;
const AI: usize = 10;
const SA: usize = 11;
const J: usize = 12;
const META: usize = 13;
const KEYS: [&str; 3] = ["a", "b", "0"];
const COMPARISONS: [&str; 6] = ["==", "!=", "<", "<=", ">", ">="];
const TEXTS: [&str; 8] = ["", "a", "ab", "b", "é", "a%", "日本", "aab"];
const PATTERNS: [&str; 9] = ["%", "a%", "%b", "_", "%a_", "a\\%", "", "%é%", "a_%"];

fn schema() -> Schema {
    let types = [
        DataType::Int64,
        DataType::Bool,
        DataType::Int8,
        DataType::Int16,
        DataType::Int32,
        DataType::Float,
        DataType::Double,
        DataType::VarChar,
        DataType::Int64,
        DataType::VarChar,
        DataType::Array,
        DataType::Array,
        DataType::Json,
    ];
    let mut fields: Vec<_> =
        NAMES.iter().zip(types).enumerate().map(|(at, (name, data_type))| field(at, name, data_type)).collect();
    fields[AI].element_type = Some(DataType::Int32);
    fields[SA].element_type = Some(DataType::VarChar);
    for nullable in [NI, NS, AI, J] {
        fields[nullable].is_nullable = true;
    }
    fields.push(field(META, DYNAMIC_FIELD, DataType::Json));
    Schema { fields, is_dynamic: true }
}

fn text(random: &mut Random) -> Value {
    Value::Text(random.pick(&TEXTS).to_string())
}

fn int(random: &mut Random) -> Value {
    Value::Int(random.below(9) as i64 - 4)
}

fn double(random: &mut Random) -> Value {
    Value::Double((random.below(17) as f64 - 8.0) / 4.0)
}

/// A JSON value; objects and lists become rarer as they nest.
fn json(random: &mut Random, depth: usize) -> Value {
    match random.below(if depth > 2 { 6 } else { 9 }) {
        0 => Value::Null,
        1 => Value::Bool(random.below(2) == 0),
        2 | 3 => int(random),
        4 => double(random),
        5 => text(random),
        6 | 7 => {
            let keys: Vec<&str> = KEYS.into_iter().filter(|_| random.below(3) > 0).collect();
            Value::Object(keys.into_iter().map(|key| (key.to_string(), json(random, depth + 1))).collect())
        }
        _ => {
            let length = random.below(4);
            Value::List((0..length).map(|_| json(random, depth + 1)).collect())
        }
    }
}

fn row(random: &mut Random, id: usize) -> Vec<Value> {
    let sometimes = |random: &mut Random, value: Value| if random.below(3) == 0 { Value::Null } else { value };
    let list = |random: &mut Random, item: fn(&mut Random) -> Value| {
        let length = random.below(4);
        Value::List((0..length).map(|_| item(random)).collect())
    };
    let (ni, ns, ai, document) = (int(random), text(random), list(random, int), json(random, 0));
    vec![
        Value::Int(id as i64),
        Value::Bool(random.below(2) == 0),
        int(random),
        int(random),
        int(random),
        Value::Double(random.below(21) as f64 / 10.0 - 1.0),
        double(random),
        text(random),
        sometimes(random, ni),
        sometimes(random, ns),
        sometimes(random, ai),
        list(random, text),
        sometimes(random, document),
        Value::Object(KEYS.iter().map(|key| (key.to_string(), json(random, 1))).collect()),
    ]
}

fn path(random: &mut Random) -> Place {
    let length = 1 + random.below(2);
    let keys = (0..length).map(|_| random.pick(&KEYS)).collect();
    Place::Path([J, META][random.below(2)], keys)
}

/// A place that constants may be compared with.
fn comparable(random: &mut Random) -> Place {
    match random.below(9) {
        0 => Place::Field(ID),
        1 => Place::Field(B),
        2 => Place::Field([I8, I8 + 1, I8 + 2, NI][random.below(4)]),
        3 => Place::Field(F),
        4 => Place::Field(D),
        5 => Place::Field([S, NS][random.below(2)]),
        6 => Place::Element([AI, SA][random.below(2)], random.below(4)),
        _ => path(random),
    }
}

/// A constant that may be compared with the place.
fn constant_for(random: &mut Random, place: &Place) -> Value {
    match place {
        Place::Field(ID) => Value::Int(random.below(ROWS) as i64),
        Place::Field(B) => Value::Bool(random.below(2) == 0),
        Place::Field(F) => Value::Double(random.below(21) as f64 / 10.0 - 1.0),
        Place::Field(D) if random.below(2) == 0 => double(random),
        Place::Field(S | NS) | Place::Element(SA, _) => text(random),
        Place::Field(_) | Place::Element(..) if random.below(9) == 0 => Value::Int(1 << 40),
        Place::Field(_) | Place::Element(..) => int(random),
        Place::Path(..) => constant(random),
    }
}

fn constant(random: &mut Random) -> Value {
    match random.below(5) {
        0 => Value::Bool(random.below(2) == 0),
        1 | 2 => int(random),
        3 => double(random),
        _ => text(random),
    }
}

fn predicate(random: &mut Random, depth: usize) -> Predicate {
    let some = |random: &mut Random| (0..2 + random.below(3)).map(|_| predicate(random, depth + 1)).collect();
    if depth < 4 && random.below(2) == 0 {
        return match random.below(3) {
            0 => Predicate::All(some(random)),
            1 => Predicate::Any(some(random)),
            _ => Predicate::Not(Box::new(predicate(random, depth + 1))),
        };
    }
    let comparison = random.pick(&COMPARISONS);
    match random.below(13) {
        0 => Predicate::Constant(random.below(2) == 0),
        1..=3 => {
            let place = comparable(random);
            let constant = constant_for(random, &place);
            Predicate::Compare(place, comparison, constant)
        }
        4 => {
            let place = match random.below(3) {
                0 => Place::Field(D),
                1 => Place::Field(NI),
                _ => path(random),
            };
            let low = random.below(6) as i64 - 3;
            let high = low + 1 + random.below(4) as i64;
            Predicate::Range(Value::Int(low), random.below(2) == 0, place, random.below(2) == 0, Value::Int(high))
        }
        5 => {
            let place = comparable(random);
            let items = (0..random.below(5)).map(|_| constant_for(random, &place)).collect();
            Predicate::In(place, random.below(2) == 0, items)
        }
        6 => {
            let place =
                [Place::Field(S), Place::Field(NS), Place::Element(SA, 0), path(random)][random.below(4)].clone();
            Predicate::Like(place, random.pick(&PATTERNS).to_string())
        }
        7 => {
            let place =
                [Place::Field(NI), Place::Field(NS), Place::Field(J), Place::Field(AI), Place::Field(ID), path(random)];
            Predicate::IsNull(place[random.below(6)].clone(), random.below(2) == 0)
        }
        8 => Predicate::Exists(path(random)),
        9 => {
            let name = random.pick(&["json_contains", "array_contains_all", "json_contains_any"]);
            let place = [Place::Field(AI), Place::Field(SA), path(random), path(random)][random.below(4)].clone();
            let count = if name == "json_contains" { 1 } else { random.below(4) };
            let items = (0..count).map(|_| match place {
                Place::Field(AI) if random.below(4) == 0 => double(random),
                Place::Field(AI) => int(random),
                Place::Field(_) => text(random),
                _ if random.below(6) == 0 => Value::List(vec![int(random), text(random)]),
                _ => constant(random),
            });
            Predicate::Contains(place.clone(), name, items.collect())
        }
        10 => {
            let place = [Place::Field(AI), Place::Field(SA), path(random)][random.below(3)].clone();
            Predicate::Length(place, comparison, random.below(4) as i64)
        }
        11 => {
            let place = [Place::Field(I8), Place::Field(NI), Place::Element(AI, 1), Place::Field(D), path(random)]
                [random.below(5)]
            .clone();
            let whole = !matches!(place, Place::Field(D) | Place::Path(..));
            let sign =
                random.pick(if whole { &["+", "-", "*", "/", "%", "&", "|", "^"] } else { &["+", "-", "*", "/"] });
            let by = Value::Int([-3, -2, -1, 1, 2, 3][random.below(6)]);
            let result = if whole || random.below(2) == 0 { int(random) } else { double(random) };
            Predicate::Arithmetic(place, sign, by, comparison, result)
        }
        _ => {
            let numbers = [ID, I8, I8 + 1, I8 + 2, F, D, NI];
            match random.below(4) {
                0 => Predicate::Fields(S, comparison, NS),
                _ => Predicate::Fields(numbers[random.below(7)], comparison, numbers[random.below(7)]),
            }
        }
    }
}

// --- as text ---------------------------------------------------------------------------------------------------

fn place_text(place: &Place) -> String {
    match place {
        Place::Field(at) => NAMES[*at].to_string(),
        Place::Element(at, index) => format!("{}[{index}]", NAMES[*at]),
        Place::Path(J, keys) => format!("j{}", keys.iter().map(|key| format!("[{key:?}]")).collect::<String>()),
        // A key that is a name may stand alone.
        Place::Path(_, keys) if keys[0] != "0" && keys[0] != "b" => {
            format!("{}{}", keys[0], keys[1..].iter().map(|key| format!("['{key}']")).collect::<String>())
        }
        Place::Path(_, keys) => format!("$meta{}", keys.iter().map(|key| format!("[\"{key}\"]")).collect::<String>()),
    }
}

fn constant_text(value: &Value) -> String {
    match value {
        Value::Bool(truth) => truth.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Double(number) => format!("{number:?}"),
        Value::Text(text) => format!("\"{}\"", text.replace('\\', "\\\\")),
        Value::List(items) => list_text(items),
        Value::Null | Value::Object(_) => unreachable!("no constant is {value:?}"),
    }
}

fn list_text(items: &[Value]) -> String {
    format!("[{}]", items.iter().map(constant_text).collect::<Vec<_>>().join(", "))
}

fn predicate_text(predicate: &Predicate) -> String {
    let joined = |parts: &[Predicate], joint: &str| {
        parts.iter().map(|part| format!("({})", predicate_text(part))).collect::<Vec<_>>().join(joint)
    };
    match predicate {
        Predicate::Constant(truth) => truth.to_string(),
        Predicate::All(parts) => joined(parts, " and "),
        Predicate::Any(parts) => joined(parts, " || "),
        Predicate::Not(part) => format!("not ({})", predicate_text(part)),
        Predicate::Compare(place, sign, value) => format!("{} {sign} {}", place_text(place), constant_text(value)),
        Predicate::Range(low, with_low, place, with_high, high) => {
            let sign = |with: bool| if with { "<=" } else { "<" };
            let (low, high) = (constant_text(low), constant_text(high));
            format!("{low} {} {} {} {high}", sign(*with_low), place_text(place), sign(*with_high))
        }
        Predicate::In(place, negated, items) => {
            format!("{} {}in {}", place_text(place), if *negated { "not " } else { "" }, list_text(items))
        }
        Predicate::Like(place, pattern) => {
            format!("{} like {}", place_text(place), constant_text(&Value::Text(pattern.clone())))
        }
        Predicate::IsNull(place, negated) => {
            format!("{} is {}null", place_text(place), if *negated { "not " } else { "" })
        }
        Predicate::Exists(place) => format!("exists {}", place_text(place)),
        Predicate::Contains(place, name, items) => {
            let items = if *name == "json_contains" { constant_text(&items[0]) } else { list_text(items) };
            format!("{name}({}, {items})", place_text(place))
        }
        Predicate::Length(place, sign, length) => format!("array_length({}) {sign} {length}", place_text(place)),
        Predicate::Arithmetic(place, op, by, sign, value) => {
            format!("({} {op} {}) {sign} {}", place_text(place), constant_text(by), constant_text(value))
        }
        Predicate::Fields(left, sign, right) => format!("{} {sign} {}", NAMES[*left], NAMES[*right]),
    }
}

// --- the plain reading -----------------------------------------------------------------------------------------

/// What a row has at a place; null and missing alike are `None`.
fn at<'a>(row: &'a [Value], place: &Place) -> Option<&'a Value> {
    let found = match place {
        Place::Field(at) => Some(&row[*at]),
        Place::Element(at, index) => match &row[*at] {
            Value::List(items) => items.get(*index),
            _ => None,
        },
        Place::Path(at, keys) => keys.iter().try_fold(&row[*at], |value, key| match value {
            Value::Object(_) => value.get(key),
            Value::List(items) => key.parse::<usize>().ok().and_then(|index| items.get(index)),
            _ => None,
        }),
    };
    found.filter(|value| **value != Value::Null)
}

/// How a value stands to a constant, when they are of one type.
fn order(value: &Value, constant: &Value) -> Option<Ordering> {
    match (value, constant) {
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::Int(a), Value::Double(b)) => (*a as f64).partial_cmp(b),
        (Value::Double(a), Value::Int(b)) => a.partial_cmp(&(*b as f64)),
        (Value::Double(a), Value::Double(b)) => a.partial_cmp(b),
        (Value::Text(a), Value::Text(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
        _ => None,
    }
}

fn passes(sign: &str, order: Ordering) -> bool {
    match sign {
        "==" => order == Ordering::Equal,
        "!=" => order != Ordering::Equal,
        "<" => order == Ordering::Less,
        "<=" => order != Ordering::Greater,
        ">" => order == Ordering::Greater,
        _ => order != Ordering::Less,
    }
}

/// A FLOAT field holds 32 bits, and a constant that is compared with it loses the others too.
fn narrowed(place: &Place, value: &Value) -> Value {
    match (place, value) {
        (Place::Field(F), Value::Double(number)) => Value::Double(f64::from(*number as f32)),
        (_, value) => value.clone(),
    }
}

fn compare(row: &[Value], place: &Place, sign: &str, constant: &Value) -> Option<bool> {
    let value = narrowed(place, at(row, place)?);
    order(&value, &narrowed(place, constant)).map(|order| passes(sign, order))
}

fn all(parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let parts: Vec<Option<bool>> = parts.collect();
    if parts.contains(&Some(false)) {
        Some(false)
    } else if parts.contains(&None) {
        None
    } else {
        Some(true)
    }
}

fn any(parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    all(parts.map(|part| part.map(|truth| !truth))).map(|truth| !truth)
}

fn like(pattern: &[char], text: &[char]) -> bool {
    match pattern {
        [] => text.is_empty(),
        ['%', rest @ ..] => (0..=text.len()).any(|from| like(rest, &text[from..])),
        ['_', rest @ ..] => !text.is_empty() && like(rest, &text[1..]),
        ['\\', wanted, rest @ ..] | [wanted, rest @ ..] => text.first() == Some(wanted) && like(rest, &text[1..]),
    }
}

fn is_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::List(items) => items.iter().any(is_something),
        Value::Object(members) => members.iter().any(|(_, member)| is_something(member)),
        _ => true,
    }
}

fn equal(value: &Value, constant: &Value) -> bool {
    match (value, constant) {
        (Value::List(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        _ => order(value, constant) == Some(Ordering::Equal),
    }
}

fn reckoned(value: &Value, op: &str, by: i64) -> Option<Value> {
    match value {
        Value::Int(number) => Some(Value::Int(match op {
            "+" => number + by,
            "-" => number - by,
            "*" => number * by,
            "/" => number / by,
            "%" => number % by,
            "&" => number & by,
            "|" => number | by,
            _ => number ^ by,
        })),
        Value::Double(number) => Some(Value::Double(match op {
            "+" => number + by as f64,
            "-" => number - by as f64,
            "*" => number * by as f64,
            _ => number / by as f64,
        })),
        _ => None,
    }
}

fn holds(predicate: &Predicate, row: &[Value]) -> Option<bool> {
    match predicate {
        Predicate::Constant(truth) => Some(*truth),
        Predicate::All(parts) => all(parts.iter().map(|part| holds(part, row))),
        Predicate::Any(parts) => any(parts.iter().map(|part| holds(part, row))),
        Predicate::Not(part) => holds(part, row).map(|truth| !truth),
        Predicate::Compare(place, sign, constant) => compare(row, place, sign, constant),
        Predicate::Range(low, with_low, place, with_high, high) => all([
            compare(row, place, if *with_low { ">=" } else { ">" }, low),
            compare(row, place, if *with_high { "<=" } else { "<" }, high),
        ]
        .into_iter()),
        Predicate::In(place, negated, items) => {
            at(row, place)?;
            let found = any(items.iter().map(|item| compare(row, place, "==", item)));
            found.map(|truth| truth != *negated)
        }
        Predicate::Like(place, pattern) => match at(row, place)? {
            Value::Text(text) => Some(like(&pattern.chars().collect::<Vec<_>>(), &text.chars().collect::<Vec<_>>())),
            _ => None,
        },
        Predicate::IsNull(place @ Place::Path(..), negated) => {
            Some(at(row, place).is_some_and(is_something) == *negated)
        }
        Predicate::IsNull(place, negated) => Some(at(row, place).is_none() != *negated),
        Predicate::Exists(place) => Some(at(row, place).is_some_and(is_something)),
        Predicate::Contains(place, name, items) => {
            if let Place::Field(column) | Place::Path(column, _) = place
                && row[*column] == Value::Null
            {
                return None;
            }
            let Some(Value::List(elements)) = at(row, place) else { return Some(false) };
            let mut has = items.iter().map(|item| elements.iter().any(|element| equal(element, item)));
            Some(if name.ends_with("all") { has.all(|has| has) } else { has.any(|has| has) })
        }
        Predicate::Length(place, sign, length) => match at(row, place)? {
            Value::List(items) => Some(passes(sign, (items.len() as i64).cmp(length))),
            _ => None,
        },
        Predicate::Arithmetic(place, op, by, sign, constant) => {
            let Value::Int(by) = by else { unreachable!("arithmetic is tried with whole numbers") };
            // A double field takes its constants as doubles.
            let value = at(row, place)?;
            order(&reckoned(value, op, *by)?, constant).map(|order| passes(sign, order))
        }
        Predicate::Fields(left, sign, right) => {
            let (left, right) = (Place::Field(*left), Place::Field(*right));
            let (a, b) = (narrowed(&left, at(row, &left)?), narrowed(&right, at(row, &right)?));
            order(&a, &b).map(|order| passes(sign, order))
        }
    }
}

#[test]
fn random_predicates_are_answered_as_the_rules_read() {
    let mut random = Random(0x1234_5678_9ABC_DEF1);
    let schema = schema();
    let parameters = SortedMap::new();
    let mut counts = [0usize; 3];
    for _ in 0..4 {
        let rows: Vec<Vec<Value>> = (0..ROWS).map(|id| row(&mut random, id)).collect();
        let table = Table { schema: schema.clone(), rows };
        let columns = table.columns();
        for round in 0..PREDICATES / 4 {
            let predicate = predicate(&mut random, 0);
            let text = predicate_text(&predicate);
            let compiled =
                filter::compile(&text, &parameters, &schema).unwrap_or_else(|error| panic!("{round}: {error}"));
            let found = compiled.evaluate(&columns, ROWS as u32);
            for (at, row) in table.rows.iter().enumerate() {
                let expected = holds(&predicate, row);
                counts[expected.map_or(2, usize::from)] += 1;
                assert_eq!(found.contains(at as u32), expected == Some(true), "round {round}, {text}\n{row:?}");
            }
        }
    }
    // The rows must exercise all three answers.
    assert!(counts.iter().all(|count| *count > ROWS * PREDICATES / 20), "false, true and unknown: {counts:?}");
}
