use super::super::rows::put_rows;
use super::*;
use crate::collection::field_op::FieldOp;
use crate::column::rows::{NamedValues, Rows, Texts, Values};
use crate::schema::Value;

fn insert(frame: &str, planes: Vec<Plane>) -> Result<Rows> {
    let head = format!(r#"{{"collectionName":"c","rows":{frame}}}"#);
    decode_json("insert", &head, planes).map(|command| match command {
        Command::Insert { insert, .. } => insert.rows,
        other => panic!("{other:?}"),
    })
}

fn texts(list: &[&str]) -> Texts {
    let mut texts = Texts::default();
    list.iter().for_each(|text| texts.push(text));
    texts
}

fn column(name: &str, values: Values) -> NamedValues {
    NamedValues { name: name.to_string(), present: None, values }
}

#[test]
fn columns_of_every_kind_arrive() {
    let check = |rest: &str, planes: Vec<Plane>, expected: Values| {
        let rows = insert(&format!(r#"{{"count":2,"columns":[{{"name":"x",{rest}}}]}}"#), planes).unwrap();
        assert_eq!(rows, Rows { row_count: 2, columns: vec![column("x", expected)] });
    };
    check(r#""kind":"bool","plane":0"#, vec![Plane::U8(vec![0, 1])], Values::Bools(vec![false, true]));
    check(r#""kind":"i32","plane":0"#, vec![Plane::I32(vec![-1, 2])], Values::Ints(vec![-1, 2]));
    check(r#""kind":"i64","plane":0"#, vec![Plane::I64(vec![i64::MIN, 2])], Values::Ints(vec![i64::MIN, 2]));
    check(r#""kind":"f32","plane":0"#, vec![Plane::F32(vec![0.5, 1.0])], Values::Floats(vec![0.5, 1.0]));
    check(r#""kind":"f64","plane":0"#, vec![Plane::F64(vec![0.5, 1.0])], Values::Doubles(vec![0.5, 1.0]));
    let elements = vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    check(
        r#""kind":"f32","plane":0,"dim":3"#,
        vec![Plane::F32(elements.clone())],
        Values::FloatLists { dim: 3, elements },
    );
    check(
        r#""kind":"f64","plane":0,"dim":1"#,
        vec![Plane::F64(vec![1.0, 2.0])],
        Values::DoubleLists { dim: 1, elements: vec![1.0, 2.0] },
    );
    check(
        r#""kind":"text","plane":1,"offsets":0"#,
        vec![Plane::U32(vec![0, 2, 5]), Plane::U8("é€".into())],
        Values::Texts(texts(&["é", "€"])),
    );
    let object = Value::Object(vec![("a".to_string(), Value::List(vec![Value::Double(0.5)]))]);
    check(r#""kind":"value","values":[null,{"a":[0.5]}]"#, vec![], Values::Any(vec![Value::Null, object]));
}

#[test]
fn columns_may_be_present_in_some_rows_only() {
    let frame = r#"{"count":9,"columns":[{"name":"","kind":"i32","plane":0,"present":1}]}"#;
    let rows = insert(frame, vec![Plane::I32(vec![7, 8]), Plane::U32(vec![0, 8])]).unwrap();
    let expected = NamedValues { name: String::new(), present: Some(vec![0, 8]), values: Values::Ints(vec![7, 8]) };
    assert_eq!(rows, Rows { row_count: 9, columns: vec![expected] });
    assert_eq!(insert(r#"{"count":3}"#, vec![]), Ok(Rows { row_count: 3, columns: vec![] }));
}

#[test]
fn upserts_carry_rows_too() {
    let head = r#"{"collectionName":"c","partitionName":"p","partialUpdate":true,"rows":{"count":0,"columns":[]}}"#;
    let Ok(Command::Upsert { upsert, .. }) = decode_json("upsert", head, vec![]) else { panic!("no upsert") };
    assert!(upsert.is_partial && upsert.partition == "p" && upsert.rows == Rows::default());
    let with_ops = head.replace(r#""partialUpdate":true"#, r#""fieldOps":[{"fieldName":"a","op":"ARRAY_APPEND"}]"#);
    let Ok(Command::Upsert { upsert, .. }) = decode_json("upsert", &with_ops, vec![]) else { panic!("no upsert") };
    assert_eq!(upsert.field_ops, [("a".to_string(), FieldOp::Append)]);
    refused("upsert", &with_ops.replace("APPEND", "PREPEND"), vec![], 1100, "field op ARRAY_PREPEND is invalid");
}

#[test]
fn nonsense_is_refused_with_its_place() {
    let u32s = |list: &[u32]| Plane::U32(list.to_vec());
    let bytes = |text: &str| Plane::U8(text.into());
    let one = |rest: &str| format!(r#"{{"count":2,"columns":[{{"name":"x",{rest}}}]}}"#);
    let text = r#""kind":"text","plane":0,"offsets":1"#;
    for (frame, planes, fragment) in [
        ("[]".to_string(), vec![], "insert: rows: expected an object, got a list"),
        (r#"{"count":-1}"#.to_string(), vec![], "insert: rows.count: expected 0 to 4294967295, got -1"),
        (r#"{"count":4294967296}"#.to_string(), vec![], "expected 0 to 4294967295"),
        (one(r#""kind":"f16","plane":0"#), vec![Plane::F32(vec![])], "rows.columns[0].kind: expected f32, f64"),
        (one(r#""kind":"f32","plane":0"#), vec![Plane::F64(vec![])], "expected a plane of type Float32Array, got Float64Array"),
        (one(r#""kind":"f64","plane":0"#), vec![Plane::F32(vec![])], "expected a plane of type Float64Array"),
        (one(r#""kind":"i32","plane":0"#), vec![Plane::I64(vec![])], "expected a plane of type Int32Array"),
        (one(r#""kind":"i64","plane":0"#), vec![Plane::I32(vec![])], "expected a plane of type BigInt64Array"),
        (one(r#""kind":"bool","plane":0"#), vec![Plane::I32(vec![])], "expected a plane of type Uint8Array"),
        (one(r#""kind":"i32","plane":3"#), vec![], "rows.columns[0].plane: there is no plane 3, 0 came"),
        (one(r#""kind":"i32","plane":0"#), vec![Plane::I32(vec![1])], "expected 2 values in column x, got 1"),
        (one(r#""kind":"i32","plane":0"#), vec![Plane::I32(vec![1; 3])], "expected 2 values in column x, got 3"),
        (one(r#""kind":"i32","plane":0,"dim":2"#), vec![Plane::I32(vec![1; 4])], "rows.columns[0].dim: no column"),
        (one(r#""kind":"f32","plane":0,"dim":0"#), vec![Plane::F32(vec![])], "rows.columns[0].dim: no column"),
        (one(r#""kind":"f32","plane":0,"dim":2"#), vec![Plane::F32(vec![0.0; 5])], "got 5 elements for lists of 2"),
        (one(r#""kind":"f32","plane":0,"dim":4294967295"#), vec![Plane::F32(vec![0.0; 2])], "got 2 elements"),
        (one(r#""kind":"value","values":[1]"#), vec![], "expected 2 values in column x, got 1"),
        (one(r#""kind":"value","values":{}"#), vec![], "rows.columns[0].values: expected a list, got an object"),
        (one(r#""kind":"i32","plane":0,"nulls":1"#), vec![], "only replies have it"),
        (one(text), vec![Plane::U8(vec![0xff, 0xfe]), u32s(&[0, 1, 2])], "expected UTF-8, but byte 0 is not"),
        (one(text), vec![bytes("ab"), u32s(&[0, 1])], "expected ascending offsets from 0 to 2"),
        (one(text), vec![bytes("ab"), u32s(&[0, 2])], "expected 2 values in column x, got 1"),
        (one(text), vec![bytes("ab"), u32s(&[1, 1, 2])], "expected ascending offsets from 0 to 2"),
        (one(text), vec![bytes("abc"), u32s(&[0, 3, 2, 3])], "expected ascending offsets from 0 to 3"),
        (one(text), vec![bytes("ab"), u32s(&[0, 4294967295, 2])], "expected ascending offsets from 0 to 2"),
        (one(text), vec![bytes("ab"), u32s(&[])], "expected ascending offsets from 0 to 2"),
        (one(text), vec![bytes("é"), u32s(&[0, 1, 2])], "offset 1 lies inside a character"),
        (one(text), vec![Plane::F32(vec![]), u32s(&[0])], "expected a plane of type Uint8Array, got Float32Array"),
        (one(text), vec![bytes(""), bytes("")], "expected a plane of type Uint32Array, got Uint8Array"),
        (one(r#""kind":"text","plane":0,"offsets":0"#), vec![bytes("")], "plane 0 is used twice"),
        (one(r#""kind":"i32","plane":0,"present":1"#), vec![Plane::I32(vec![1; 2]), u32s(&[1, 0])], "ascending row numbers below 2"),
        (one(r#""kind":"i32","plane":0,"present":1"#), vec![Plane::I32(vec![1; 2]), u32s(&[0, 0])], "ascending row numbers below 2"),
        (one(r#""kind":"i32","plane":0,"present":1"#), vec![Plane::I32(vec![1]), u32s(&[2])], "ascending row numbers below 2"),
        (one(r#""kind":"i32","plane":0,"present":1"#), vec![Plane::I32(vec![1; 2]), u32s(&[1])], "expected 1 values in column x, got 2"),
        (one(r#""kind":"i32","plane":0,"present":1"#), vec![Plane::I32(vec![1]), bytes("")], "expected a plane of type Uint32Array"),
        (
            r#"{"count":0,"columns":[{"name":"x","kind":"value","values":[]},{"name":"x","kind":"value","values":[]}]}"#.to_string(),
            vec![],
            "rows.columns[1].name: there are two columns x",
        ),
        (
            r#"{"count":0,"columns":[{"name":"x","kind":"value","values":[]},{"name":"a","kind":"value","values":[]},{"name":"x","kind":"value","values":[]}]}"#.to_string(),
            vec![],
            "rows.columns[2].name: there are two columns x",
        ),
    ] {
        let error = insert(&frame, planes).expect_err(fragment);
        assert_eq!(error.code(), 1100, "{error}");
        assert!(error.to_string().contains(fragment), "{frame}: {error} lacks {fragment}");
    }
    for key in ["name", "kind"] {
        let frame = r#"{"count":0,"columns":[{"name":"x","kind":"i32","plane":0}]}"#.replace(key, "other");
        assert_eq!(insert(&frame, vec![Plane::I32(vec![])]).unwrap_err().code(), 1802);
    }
}

#[test]
fn what_leaves_can_arrive_again() {
    let rows = Rows {
        row_count: 2,
        columns: vec![
            column("bools", Values::Bools(vec![true, false])),
            column("ints", Values::Ints(vec![1, i64::MAX])),
            column("floats", Values::Floats(vec![0.5, -1.0])),
            column("doubles", Values::Doubles(vec![0.1, 2.0])),
            column("texts", Values::Texts(texts(&["", "é"]))),
            column("vectors", Values::FloatLists { dim: 2, elements: vec![1.0, 2.0, 3.0, 4.0] }),
            column("lists", Values::DoubleLists { dim: 1, elements: vec![1.0, 2.0] }),
            column("any", Values::Any(vec![Value::Null, Value::Text("x".to_string())])),
            NamedValues { name: "few".to_string(), present: Some(vec![1]), values: Values::Ints(vec![3]) },
        ],
    };
    let mut planes = Vec::new();
    let frame = serde_json::to_string(&Natural(put_rows(rows.clone(), &mut planes))).unwrap();
    assert_eq!(insert(&frame, planes), Ok(rows));
}

#[test]
fn integers_of_int64_fields_are_told_from_those_of_documents() {
    let values = vec![Value::Int(1), Value::Null];
    let frame = |values| {
        serde_json::to_string(&Natural(put_rows(
            Rows { row_count: 2, columns: vec![column("n", values)] },
            &mut Vec::new(),
        )))
    };
    assert_eq!(
        frame(Values::Int64s(values.clone())).unwrap(),
        r#"{"count":2,"columns":[{"name":"n","kind":"value","int64":true,"values":[1,null]}]}"#
    );
    assert_eq!(
        frame(Values::Any(values)).unwrap(),
        r#"{"count":2,"columns":[{"name":"n","kind":"value","values":[1,null]}]}"#
    );
}
