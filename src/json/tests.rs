//! Values as another library reads them, and texts that are refused as it refuses them.

use super::*;

fn printed(value: &Value) -> String {
    let mut json = String::new();
    print(value, &mut json);
    json
}

/// The same value as another library reads it.
fn by_oracle(text: &str) -> Option<Value> {
    fn value(json: serde_json::Value) -> Value {
        match json {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Bool(truth) => Value::Bool(truth),
            serde_json::Value::Number(number) => {
                number.as_i64().map_or_else(|| Value::Double(number.as_f64().unwrap()), Value::Int)
            }
            serde_json::Value::String(text) => Value::Text(text),
            serde_json::Value::Array(elements) => Value::List(elements.into_iter().map(value).collect()),
            serde_json::Value::Object(members) => {
                Value::Object(members.into_iter().map(|(key, member)| (key, value(member))).collect())
            }
        }
    }
    serde_json::from_str(text).ok().map(value)
}

fn sorted(value: Value) -> Value {
    match value {
        Value::List(elements) => Value::List(elements.into_iter().map(sorted).collect()),
        Value::Object(members) => {
            let mut members: Vec<_> = members.into_iter().map(|(key, member)| (key, sorted(member))).collect();
            members.sort_by(|(one, _), (other, _)| one.cmp(other));
            Value::Object(members)
        }
        scalar => scalar,
    }
}

const TEXTS: [&str; 46] = [
    "null",
    " true ",
    "false",
    "0",
    "-0",
    "7",
    "-12",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "0.5",
    "-1.25e-3",
    "1E5",
    "1e400",
    "01",
    "-",
    "1.",
    ".5",
    "+1",
    "1e",
    "0x1",
    "tru",
    "nulll",
    "\"\"",
    "\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\"",
    "\"é😀\"",
    "\"\\x\"",
    "\"\\u12\"",
    "\"a",
    "\"a\nb\"",
    "[]",
    "[ ]",
    "[1,2 , [3,[]]]",
    "[1,]",
    "[,1]",
    "[1 2]",
    "[1",
    "]",
    "{}",
    "{\"a\":1,\"b\":{\"c\":[true,null]}}",
    "{\"a\":1,\"a\":2}",
    "{\"a\"}",
    "{\"a\":}",
    "{a:1}",
    "{\"a\":1,}",
    "",
];

#[test]
fn reads_what_another_library_reads_and_refuses_what_it_refuses() {
    for text in TEXTS {
        let (ours, theirs) = (parse(text.as_bytes()).ok(), by_oracle(text));
        // Zero has no sign here, as it has none in a column of integers.
        let theirs = if text == "-0" { Some(Value::Int(0)) } else { theirs };
        assert_eq!(ours.map(sorted), theirs.map(sorted), "{text}");
    }
}

#[test]
fn every_cut_and_every_changed_byte_is_read_as_by_another_library() {
    let text = r#"{"a":[1,-2.5e3,"x\u00e9\n",{"b":null}],"c":true,"d":"ü"}"#;
    for at in 0..text.len() {
        for with in [b' ', b'"', b'\\', b',', b'}', b']', b'0', b'e', 0xff] {
            let mut bytes = text.as_bytes().to_vec();
            bytes[at] = with;
            let theirs = std::str::from_utf8(&bytes).ok().and_then(by_oracle);
            assert_eq!(parse(&bytes).ok().map(sorted), theirs.map(sorted), "{with} at {at}");
        }
        assert!(parse(&text.as_bytes()[..at]).is_err(), "cut at {at}");
    }
}

#[test]
fn numbers_are_the_doubles_nearest_to_their_decimals() {
    let mut state = 1u64;
    let mut below = |end: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % end
    };
    let mut texts: Vec<String> = (0..20_000)
        .map(|_| {
            let mut digits = |count: u64| (0..count).map(|_| char::from(b'0' + below(10) as u8)).collect::<String>();
            let (whole, fraction) = (digits(3), digits(20));
            let whole = whole.trim_start_matches('0');
            let whole = if whole.is_empty() { "0" } else { whole };
            let sign = if below(2) == 0 { "" } else { "-" };
            let exponent = if below(8) == 0 { format!("e{}", below(40) as i64 - 20) } else { String::new() };
            format!("{sign}{whole}.{}{exponent}", &fraction[..1 + below(20) as usize])
        })
        .collect();
    texts.extend(["0.0", "-0.0", "999999999999999.0", "0.999999999999999", "9007199254740993.0"].map(String::from));
    let list = parse(format!("{{\"a\":{{\"b\":[{}]}}}}", texts.join(",")).as_bytes()).unwrap();
    let Value::Object(outer) = list else { panic!("an object") };
    let Value::Object(inner) = &outer[0].1 else { panic!("an object") };
    let Value::List(read) = &inner[0].1 else { panic!("a list") };
    assert_eq!(read.len(), texts.len());
    for (text, value) in texts.iter().zip(read) {
        let nearest: f64 = text.parse().unwrap();
        assert!(matches!(value, Value::Double(double) if double.to_bits() == nearest.to_bits()), "{text}: {value:?}");
        assert_eq!(parse(text.as_bytes()).as_ref(), Ok(value), "{text} alone");
    }
}

#[test]
fn lists_of_numbers_are_read_wherever_they_are() {
    for numbers in
        ["", "1", "1,2", "1 , -2.5e3,9223372036854775808", "1,null", "1,[2,3],4", "1,", "1,,2", "1 2", "1,-", "01"]
    {
        for (before, behind) in [("", ""), ("[", "]"), ("{\"a\":", "}"), ("{\"a\":[{\"b\":", "}]}")] {
            let text = format!("{before}[{numbers}]{behind}");
            assert_eq!(parse(text.as_bytes()).ok().map(sorted), by_oracle(&text).map(sorted), "{text}");
        }
    }
}

#[test]
fn what_is_printed_reads_back() {
    for text in TEXTS {
        let Ok(value) = parse(text.as_bytes()) else { continue };
        // A double without a fraction comes back as a whole number, and prints the same.
        assert_eq!(printed(&parse(printed(&value).as_bytes()).unwrap()), printed(&value), "{text}");
        assert!(by_oracle(&printed(&value)).is_some(), "{text}");
        let mut document = String::new();
        print_document(&value, &mut document);
        assert_eq!(parse(document.as_bytes()), Ok(value.clone()), "{document}");
        assert_eq!(by_oracle(&document).map(sorted), Some(sorted(value)), "{document}");
    }
    assert_eq!(printed(&Value::Double(3.0)), "3");
    let mut document = String::new();
    let doubles = [3.0, -0.5, 1e21, f64::INFINITY].map(Value::Double);
    print_document(&Value::List([doubles.as_slice(), &[Value::Int(3)]].concat()), &mut document);
    assert_eq!(document, "[3.0,-0.5,1e21,null,3]");
    assert_eq!(printed(&Value::Double(1e21)), "1e21");
    assert_eq!(printed(&Value::Double(f64::NAN)), "null");
    let mut short = String::new();
    print_f32(0.1, &mut short);
    assert_eq!(short, "0.1");
}

#[test]
fn the_elements_of_one_list_are_handed_out() {
    let mut taken = Vec::new();
    let text = br#"{"a":[1],"data":[{"data":[2]},3,[4]],"b":{"data":[5]}}"#;
    let rest = parse_apart(text, "data", &mut |value| {
        taken.push(printed(&value));
        Ok(())
    });
    assert_eq!(taken, [r#"{"data":[2]}"#, "3", "[4]"]);
    assert_eq!(printed(&rest.unwrap()), r#"{"a":[1],"data":[],"b":{"data":[5]}}"#);
    let twice = br#"{"data":[1],"b":{"data":2,"data":3},"data":[4]}"#;
    let refused = parse_apart(twice, "data", &mut |_| Ok(())).unwrap_err().to_string();
    assert!(refused.contains("'data' comes twice, at byte 43"), "{refused}");
    assert!(parse_apart(&twice[..36], "data", &mut |_| Ok(())).is_err(), "it is cut");
    assert!(parse_apart(twice, "b", &mut |_| Ok(())).is_ok());
    let refused = parse_apart(text, "a", &mut |_| Err(Error::Closed));
    assert_eq!(refused, Err(Error::Closed));
    assert!(parse_apart(b"{\"a\":[1,2}", "a", &mut |_| Ok(())).is_err());
}

#[test]
fn half_a_pair_is_replaced() {
    assert_eq!(parse(br#""a\ud83d-\ude00\ud83d\u0041""#), Ok(Value::Text("a\u{fffd}-\u{fffd}\u{fffd}A".to_string())));
}

#[test]
fn nesting_is_bounded() {
    let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    assert!(parse(nested(DEPTH_MAX).as_bytes()).is_ok());
    assert!(parse(nested(DEPTH_MAX + 2).as_bytes()).is_err());
    assert!(parse("[".repeat(1_000_000).as_bytes()).is_err());
}

#[test]
fn errors_say_where() {
    let error = parse(b"{\"a\": [1, x]}").unwrap_err().to_string();
    assert!(error.contains("expected a value at byte 10, got 'x'"), "{error}");
}
