//! The filter language against the 304 examples of Milvus's reference, and against what nobody should send.

use elanus::error::Error;
use elanus::filter::{self, EXPRESSION_BYTES_MAX, NESTING_MAX, Predicate};
use elanus::schema::{DYNAMIC_FIELD, DataType, Value};
use elanus::sorted::SortedMap;
use serde_json::Value as Json;

use crate::table::{Table, field, value};

fn scenario() -> Json {
    serde_json::from_str(include_str!("../scenarios/expressions.json")).unwrap()
}

/// The table of the scenario, with the dynamic field last.
fn table(scenario: &Json) -> Table {
    let mut fields = Vec::new();
    for (at, json) in scenario["fields"].as_array().unwrap().iter().enumerate() {
        let name = json["name"].as_str().unwrap();
        let mut field = field(at, name, DataType::from_name(json["data_type"].as_str().unwrap()).unwrap());
        field.element_type = json["element_type"].as_str().and_then(DataType::from_name);
        field.is_nullable = json["is_nullable"] == true;
        field.dim = json["dim"].as_u64().unwrap_or(0) as u32;
        fields.push(field);
    }
    let names: Vec<String> = fields.iter().map(|field| field.name.clone()).collect();
    fields.push(field(fields.len(), DYNAMIC_FIELD, DataType::Json));
    let row = |json: &Json| {
        let mut row: Vec<Value> = names.iter().map(|name| value(&json[name])).collect();
        let dynamic = json.as_object().unwrap().iter().filter(|(key, _)| !names.contains(key));
        row.push(Value::Object(dynamic.map(|(key, member)| (key.clone(), value(member))).collect()));
        row
    };
    let rows = scenario["rows"].as_array().unwrap().iter().map(row).collect();
    Table { schema: elanus::schema::Schema { fields, is_dynamic: true }, rows }
}

fn parameters(json: &Json) -> SortedMap<String, Value> {
    let members = json.as_object().into_iter().flatten();
    members.map(|(name, member)| (name.clone(), value(member))).collect()
}

fn compile(text: &str) -> Result<Predicate, Error> {
    filter::compile(text, &SortedMap::new(), &table(&scenario()).schema)
}

/// The primary keys for which the expression is true.
fn chosen(text: &str) -> Result<Vec<u32>, Error> {
    let table = table(&scenario());
    let predicate = filter::compile(text, &SortedMap::new(), &table.schema)?;
    Ok(predicate.evaluate(&table.columns(), 8).iter().map(|row| row + 1).collect())
}

#[test]
fn every_example_of_the_reference_is_answered_as_milvus_does() {
    let scenario = scenario();
    let table = table(&scenario);
    let columns = table.columns();
    let examples = scenario["examples"].as_array().unwrap();
    assert_eq!(examples.len(), 304);
    let mut wrong = Vec::new();
    for example in examples {
        let text = example["expression"].as_str().unwrap();
        let compiled = filter::compile(text, &parameters(&example["params"]), &table.schema);
        let rows = compiled.map(|predicate| {
            let rows = predicate.evaluate(&columns, 8);
            rows.iter().map(|row| value(&scenario["rows"][row as usize]["id"])).collect::<Vec<Value>>()
        });
        let is_right = match &rows {
            Err(Error::Unsupported { what }) => match example["needs"].as_str() {
                Some(needs) => what.contains(needs),
                None => example["valid"] == false,
            },
            Err(Error::Filter { .. }) => example["valid"] == false,
            Err(_) => false,
            // An example whose need is met here must lose its mark, and its rows are compared from then on.
            Ok(_) if example["needs"].is_string() => false,
            Ok(rows) => {
                example["valid"] == true
                    && *rows == example["pks"].as_array().unwrap().iter().map(value).collect::<Vec<_>>()
            }
        };
        if !is_right {
            wrong.push(format!("{example}\n    gave {rows:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} are wrong:\n{}", wrong.len(), examples.len(), wrong.join("\n"));
}

#[test]
fn errors_say_where_and_keep_the_words_that_clients_match() {
    for (text, at, fragment) in [
        ("id == null", 6, "NULL literal is not supported in expressions"),
        ("b", 0, "predicate is not a boolean expression: b, data type: Bool"),
        ("id > 1 and b", 0, "'and' can only be used between boolean expressions"),
        ("id > 1 and not b", 11, "not op can only be applied on boolean expression"),
        ("id == \"x\"", 0, "comparisons between Int64 and VarChar are not supported"),
        ("i32 == 2e1", 0, "cannot cast value to Int32, value: 20.0"),
        ("j[\"a\"] == id", 0, "two column comparison with JSON type is not supported"),
        ("ai == [7]", 0, "can not comparisons array fields directly"),
        ("ai[0] == id", 0, "field-to-field comparison involving ARRAY fields"),
        ("ai[\"0\"] == 1", 0, "can only access array field with integer index"),
        ("id in [1.5]", 0, "value '1.5' in list cannot be casted to Int64"),
        ("id in 1", 0, "the right-hand side of 'in' must be a list, but got: 1"),
        ("5 < id < 2", 0, "invalid range: lowerbound is greater than upperbound"),
        ("id == 1 << 1", 6, "shift is not supported"),
        ("id / 0 == 1", 0, "division or modulus by zero"),
        ("d % 2 == 0", 0, "modulo can only apply on integer types"),
        ("id == \"a\" + 1", 6, "add cannot apply on string field"),
        ("id + i8 == 2", 0, "not supported to do arithmetic operations between multiple fields"),
        ("exists j", 0, "exists operations are only supportted on json key"),
        ("exists id", 0, "exists operations are only supportted on json field"),
        ("json_contains_any(j[\"l\"], 1)", 0, "operation element must be an array"),
        ("id == {x}", 6, "the value of expression template variable name {x} is not found"),
        ("s =~ \"(\"", 0, "invalid regex pattern"),
        ("id == 9223372036854775808", 6, "out of int64 range"),
        ("j[a] == 1", 0, "json key must be enclosed in double quotes or single quotes: \"a\""),
        ("id ==", 5, "line 1:5 mismatched input '<EOF>' expecting"),
        ("s == \"\\q\"", 5, "invalid escape"),
    ] {
        let error = compile(text).unwrap_err();
        assert!(error.to_string().contains("cannot parse expression: "), "{text}: {error}");
        let Error::Filter { expression, at: found, reason } = error else { panic!("{text}: {error}") };
        assert_eq!((expression.as_str(), found), (text, at), "{reason}");
        assert!(reason.contains(fragment), "{text}: {reason}");
    }
    let mut plain = table(&scenario()).schema;
    plain.fields.pop();
    plain.is_dynamic = false;
    let error = filter::compile("nosuch > 1", &SortedMap::new(), &plain).unwrap_err();
    assert!(error.to_string().contains("field nosuch not exist"), "{error}");
}

#[test]
fn what_is_unknown_stays_unknown_under_not() {
    for (text, keys) in [
        ("not (ni == 5 or ni == 0)", &[4, 5, 6][..]),
        ("not (ni == 5 and id > 0)", &[3, 4, 5, 6]),
        ("not (ni == 5 and id > 1)", &[1, 3, 4, 5, 6]),
        ("not (not (ni == 5))", &[1]),
        ("not (ni > 0 or ni is null)", &[3, 4]),
        ("j[\"a\"] not in [\"4\", 1]", &[]),
        ("not json_contains(j[\"l\"], 1)", &[2, 3, 4, 6, 7, 8]),
        ("not (array_length(j[\"l\"]) == 2)", &[1]),
        ("not (ai[2] == 3)", &[5, 6]),
        ("j[\"s\"] !~ \"e\"", &[4, 5, 6, 7, 8]),
        ("not (j[\"s\"] !~ \"e\")", &[1, 2, 3]),
        ("ns !~ \"x\"", &[3, 4, 5]),
        ("not (ns =~ \"x|y\")", &[3, 5]),
    ] {
        assert_eq!(chosen(text).as_deref(), Ok(keys), "{text}");
    }
}

#[test]
fn only_equalities_that_may_be_merged_are_merged() {
    for (text, keys) in [
        ("id == 1 or id == 2 or id in [7, 8]", &[1, 2, 7, 8][..]),
        ("id == 1 and id == 2", &[]),
        ("id in [1, 2] and id in [2, 3]", &[2]),
        ("id != 1 and id not in [2, 3]", &[4, 5, 6, 7, 8]),
        ("id != 1 or id != 2", &[1, 2, 3, 4, 5, 6, 7, 8]),
        ("not (id == 1 or id == 2)", &[3, 4, 5, 6, 7, 8]),
        ("s == \"apple\" or s in [\"\"] or s == \"apple\"", &[1, 7]),
        ("s in [] or s in []", &[]),
        ("id == 1 or i8 == 2 or id == 3 or i8 == 4", &[1, 3, 4]),
        ("ni != 5 and ni != 0", &[4, 5, 6]),
    ] {
        assert_eq!(chosen(text).as_deref(), Ok(keys), "{text}");
    }
}

#[test]
fn constants_fold_and_decide_without_hiding_a_mistake() {
    for (text, keys) in [
        ("true and id == 1", Some(&[1][..])),
        ("false or id == 1", Some(&[1])),
        ("id == 1 and 2 > 1", Some(&[1])),
        ("false and ni == 1", Some(&[])),
        ("not (true or id == 1)", Some(&[])),
        ("d == 2 ** 2", Some(&[4])),
        ("id == -9223372036854775808 or id == 2", Some(&[2])),
        ("false and b", None),
        ("true or id", None),
        ("true or id == {x}", None),
        ("id == 9223372036854775807 + 1", None),
        ("id == -(-9223372036854775808)", None),
        ("id == 1 / 0", None),
    ] {
        match keys {
            Some(keys) => assert_eq!(chosen(text).as_deref(), Ok(keys), "{text}"),
            None => assert!(chosen(text).is_err(), "{text}"),
        }
    }
    assert!(compile(" \n").unwrap().is_always_true());
    assert!(compile("not false").unwrap().is_always_true());
    assert!(compile("1 < 2 and true").unwrap().is_always_true());
    assert!(!compile("false").unwrap().is_always_true());
    assert!(!compile("id > 0").unwrap().is_always_true());
}

#[test]
fn patterns_keep_the_escapes_that_texts_refuse() {
    for (text, keys) in [
        (r#"s like "50\%%""#, &[4][..]),
        (r#"s like r"50\%%""#, &[4]),
        (r#"s =~ "^\w+_pie$""#, &[3]),
        (r#"s =~ "(?i)^apple""#, &[1, 5]),
        (r#"j["s"] =~ r"^.{3}$""#, &[1]),
        (r#"sa[0] =~ "a b""#, &[8]),
        (r#"s like "a_b" or s like 'it\'s'"#, &[6]),
    ] {
        assert_eq!(chosen(text).as_deref().map_err(|_| ()), Ok(keys), "{text}");
    }
}

#[test]
fn primary_keys_are_told_when_nothing_else_is_asked() {
    let keys = |text: &str| compile(text).unwrap().primary_keys().map(<[Value]>::to_vec);
    let ints = |keys: &[i64]| Some(keys.iter().map(|key| Value::Int(*key)).collect::<Vec<_>>());
    assert_eq!(keys("id == 7"), ints(&[7]));
    assert_eq!(keys("7 == id"), ints(&[7]));
    assert_eq!(keys("(id in [3, 1, 3])"), ints(&[1, 3]));
    assert_eq!(keys("id == 3 or id in [9, 1] or id == 1"), ints(&[1, 3, 9]));
    assert_eq!(keys("id in []"), ints(&[]));
    for text in
        ["id != 7", "id not in [1]", "not (id == 1)", "id == 1 and id == 2", "i8 == 1", "id > 1", "id + 1 == 2", "true"]
    {
        assert_eq!(keys(text), None, "{text}");
    }
}

#[test]
fn the_key_tells_expressions_and_parameters_apart() {
    let schema = table(&scenario()).schema;
    let key = |text: &str, x: Value| {
        let parameters = SortedMap::from([("x".to_string(), x), ("unused".to_string(), Value::Int(0))]);
        filter::compile(text, &parameters, &schema).unwrap().key().to_string()
    };
    assert_eq!(key(" d == {x} ", Value::Int(1)), key("d == {x}", Value::Int(1)));
    assert_ne!(key("d == {x}", Value::Int(1)), key("d == {x}", Value::Double(1.0)));
    assert_ne!(key("d == {x}", Value::Int(1)), key("d != {x}", Value::Int(1)));
    assert_eq!(key("id == 1", Value::Int(1)), key("id == 1", Value::Int(2)));
}

#[test]
fn parameters_that_are_no_constants_are_refused() {
    let schema = table(&scenario()).schema;
    for value in [Value::Null, Value::Object(Vec::new()), Value::Double(f64::NAN), Value::List(vec![Value::Null])] {
        let parameters = SortedMap::from([("x".to_string(), value.clone())]);
        for text in ["j[\"a\"] == {x}", "id in {x}", "json_contains(j[\"a\"], {x})"] {
            let result = filter::compile(text, &parameters, &schema);
            assert!(matches!(result, Err(Error::Filter { .. })), "{text} with {value:?}");
        }
    }
}

#[test]
fn depth_is_refused_and_length_is_not() {
    let refused = |text: String| match compile(&text) {
        Err(Error::Filter { expression, reason, .. }) => {
            assert!(expression.chars().count() <= 257, "the error repeats too much");
            reason
        }
        other => panic!("{other:?}"),
    };
    let deep = |open: &str, close: &str, depth: usize| format!("{}id == 1{}", open.repeat(depth), close.repeat(depth));
    assert!(refused(deep("(", ")", 100_000)).contains("nesting depth"));
    assert!(refused(format!("{}(id == 1)", "not ".repeat(100_000))).contains("nesting depth"));
    assert!(refused(deep("json_contains(", ", 1)", 100_000)).contains("nesting depth"));
    assert!(refused(format!("id in {}1{}", "[".repeat(100_000), "]".repeat(100_000))).contains("lists nest deeper"));
    assert!(refused(format!("s =~ \"{}\"", "(".repeat(100_000))).contains("invalid regex pattern"));
    assert!(refused(format!("s =~ \"{}\"", "(a{99}){99}".repeat(99))).contains("invalid regex pattern"));
    assert_eq!(chosen(&deep("(", ")", NESTING_MAX)).as_deref(), Ok(&[1][..]));
    let nots = NESTING_MAX / 2;
    assert_eq!(chosen(&deep("not (", ")", nots)).as_deref(), Ok(&[1][..]));
    // Parentheses that alternate keep `and` and `or` from becoming one wide node.
    let mut nested = "id == 1".to_string();
    for depth in 0..NESTING_MAX - 1 {
        nested =
            format!("({nested}) {} {}", if depth % 2 == 0 { "and" } else { "or" }, ["id > 0", "id == 2"][depth % 2]);
    }
    assert_eq!(chosen(&nested).as_deref(), Ok(&[1, 2][..]));

    let too_long = format!("id == {}1", " ".repeat(EXPRESSION_BYTES_MAX));
    assert!(refused(too_long).contains("more than the limit"));
}

#[test]
fn chains_of_a_hundred_thousand_terms_and_lists_of_a_million_items_work() {
    let chain = |joint: &str, term: &dyn Fn(usize) -> String| (0..100_000).map(term).collect::<Vec<_>>().join(joint);
    assert_eq!(chosen(&chain(" or ", &|at| format!("id == {}", at * 3))).as_deref(), Ok(&[3, 6][..]));
    assert_eq!(chosen(&chain(" and ", &|at| format!("id != {}", at * 3))).as_deref(), Ok(&[1, 2, 4, 5, 7, 8][..]));
    assert_eq!(chosen(&chain(" or ", &|at| format!("id > {}", 6 + at))).as_deref(), Ok(&[7, 8][..]));
    assert_eq!(chosen(&chain(" or ", &|at| format!("j[\"a\"] == {}", at + 2))).as_deref(), Ok(&[2][..]));
    assert_eq!(chosen(&format!("d == {}", vec!["0"; 100_000].join("+"))).as_deref(), Ok(&[7][..]));

    let list = |item: &dyn Fn(usize) -> String| (0..1_000_000).map(item).collect::<Vec<_>>().join(",");
    assert_eq!(chosen(&format!("id in [{}]", list(&|at| (at * 4).to_string()))).as_deref(), Ok(&[4, 8][..]));
    assert_eq!(chosen(&format!("id not in [{}]", list(&|at| format!("-{at}")))).as_deref().map(<[u32]>::len), Ok(8));
    assert_eq!(chosen(&format!("s in [{}, 'apple']", list(&|at| format!("'{at}'")))).as_deref(), Ok(&[1][..]));
    assert_eq!(chosen(&format!("j[\"a\"] in [{}]", list(&|at| (at + 1).to_string()))).as_deref(), Ok(&[1, 2][..]));
}

/// A small generator of pseudo-random numbers (Marsaglia 2003), so that a failing run can be repeated.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % limit
    }

    pub fn pick<'a, T: ?Sized>(&mut self, items: &[&'a T]) -> &'a T {
        items[self.below(items.len())]
    }
}

#[test]
fn no_soup_of_tokens_or_bytes_panics() {
    const OPERANDS: [&str; 28] = [
        "id",
        "b",
        "i8",
        "f",
        "d",
        "s",
        "ns",
        "ni",
        "j",
        "ai",
        "sa",
        "v",
        "tag",
        "$meta",
        "$",
        "nosuch",
        "NULL",
        "j[\"a\"]",
        "j[\"l\"][0]",
        "ai[0]",
        "sa[1]",
        "$meta[\"n\"]",
        "tag[\"x\"]",
        "j[a]",
        "(",
        "not",
        "exists",
        "-",
    ];
    const OPERATORS: [&str; 31] = [
        "==",
        "!=",
        "<",
        "<=",
        ">",
        ">=",
        "=~",
        "!~",
        "=",
        "+",
        "-",
        "*",
        "/",
        "%",
        "**",
        "&",
        "|",
        "^",
        "~",
        "<<",
        "in",
        "not in",
        "like",
        "is null",
        "is not null",
        ")",
        "]",
        "}",
        ",",
        "and",
        "or",
    ];
    const CONSTANTS: [&str; 22] = [
        "1",
        "0",
        "-1",
        "2.5",
        "0x1F",
        "017",
        "9223372036854775808",
        "\"a%\"",
        "'x'",
        "r\"\\d\"",
        "\"\\\\\"",
        "true",
        "FALSE",
        "[",
        "[1, 2]",
        "[[1], 'x']",
        "[]",
        "{",
        "{x}",
        "{list}",
        "\"\"",
        "1e3",
    ];
    const CALLS: [&str; 8] = [
        "json_contains(",
        "array_contains_all(",
        "json_contains_any(",
        "array_length(",
        "text_match(",
        "f(",
        "iso",
        "is not null",
    ];
    let table = table(&scenario());
    let columns = table.columns();
    let list = Value::List(vec![Value::Int(1), Value::Text("x".into())]);
    let parameters = SortedMap::from([("x".to_string(), Value::Int(3)), ("list".to_string(), list)]);
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut valid = 0;
    for round in 0..200_000 {
        let mut text = String::new();
        for at in 0..1 + random.below(12) {
            // Mostly in the order of an expression, or hardly any would be one.
            match if random.below(4) == 0 { random.below(7) } else { at % 4 } {
                0 => text.push_str(random.pick(&OPERANDS)),
                1 => text.push_str(random.pick(&OPERATORS)),
                2 => text.push_str(random.pick(&CONSTANTS)),
                3 => text.push_str(random.pick(&["and", "or", "&&", ")", "== 1"])),
                4 => text.push_str(random.pick(&CALLS)),
                5 => text.push(char::from_u32(random.below(0x3000) as u32).unwrap_or('?')),
                _ => continue,
            }
            if random.below(8) > 0 {
                text.push(' ');
            }
        }
        if let Ok(predicate) = filter::compile(&text, &parameters, &table.schema) {
            assert!(predicate.evaluate(&columns, 8).len() == 8, "round {round}: {text}");
            valid += 1;
        }
    }
    assert!(valid > 1_000, "only {valid} of the soups were expressions");
}
