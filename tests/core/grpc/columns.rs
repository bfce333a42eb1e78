//! Columns of every type, in and out.

use elanus::grpc::proto::common::Status;
use elanus::grpc::proto::data::{
    ArrayArray, BoolArray, DoubleArray, FieldData, FloatArray, IntArray, JSONArray, LongArray, ScalarField,
    ScalarFieldData, StringArray,
};
use elanus::grpc::proto::rows::{FieldPartialUpdateOp, MutationResult, QueryRequest, QueryResults, UpsertRequest};
use elanus::grpc::proto::schema::FieldSchema;

use super::{Server, column, field, longs, pairs, plain_fields, primary, scalars, texts, vectors};

fn nullable(field: FieldSchema) -> FieldSchema {
    FieldSchema { nullable: true, ..field }
}

fn array(name: &str, element_type: i32) -> FieldSchema {
    let params = [("max_capacity", "4"), ("max_length", "9")];
    FieldSchema { element_type, ..field(name, 22, &params[..if element_type == 21 { 2 } else { 1 }]) }
}

/// A column with that validity.
fn valid(column: FieldData, valid_data: &[bool]) -> FieldData {
    FieldData { valid_data: valid_data.to_vec(), ..column }
}

fn dynamic(rows: &[&str]) -> FieldData {
    let data = rows.iter().map(|row| row.as_bytes().to_vec()).collect();
    FieldData { is_dynamic: true, ..scalars("$meta", 23, ScalarFieldData::JsonData(JSONArray { data })) }
}

fn list(data: ScalarFieldData) -> ScalarField {
    ScalarField { data: Some(data) }
}

fn int_list(data: &[i64]) -> ScalarField {
    list(ScalarFieldData::LongData(LongArray { data: data.to_vec() }))
}

#[test]
fn values_of_every_type_come_back() {
    let server = Server::new();
    let fields = vec![
        primary("id", 5, &[]),
        field("b", 1, &[]),
        field("i8", 2, &[]),
        field("i16", 3, &[]),
        field("i32", 4, &[]),
        field("f", 10, &[]),
        field("d", 11, &[]),
        field("s", 21, &[("max_length", "9")]),
        field("j", 23, &[]),
        array("ai", 5),
        array("at", 21),
        field("v", 101, &[("dim", "2")]),
    ];
    server.create("c", fields, false);
    let arrays = |element_type, data| ScalarFieldData::ArrayData(ArrayArray { data, element_type });
    let texts_of = |data: &[&str]| StringArray { data: data.iter().map(|text| text.to_string()).collect() };
    let documents = [r#"{"a":[1,0.5,null],"é":"x"}"#, "7"].map(|text| text.as_bytes().to_vec()).to_vec();
    let given = vec![
        longs("id", &[1, i64::MAX]),
        scalars("b", 1, ScalarFieldData::BoolData(BoolArray { data: vec![true, false] })),
        scalars("i8", 2, ScalarFieldData::IntData(IntArray { data: vec![-128, 127] })),
        scalars("i16", 3, ScalarFieldData::IntData(IntArray { data: vec![-32768, 32767] })),
        scalars("i32", 4, ScalarFieldData::IntData(IntArray { data: vec![i32::MIN, i32::MAX] })),
        scalars("f", 10, ScalarFieldData::FloatData(FloatArray { data: vec![0.1, -3.0] })),
        scalars("d", 11, ScalarFieldData::DoubleData(DoubleArray { data: vec![0.1, 1e300] })),
        texts("s", &["", "é"]),
        scalars("j", 23, ScalarFieldData::JsonData(JSONArray { data: documents })),
        scalars("ai", 22, arrays(5, vec![int_list(&[1, i64::MIN]), int_list(&[])])),
        scalars(
            "at",
            22,
            arrays(
                21,
                vec![
                    list(ScalarFieldData::StringData(texts_of(&["x", ""]))),
                    list(ScalarFieldData::StringData(texts_of(&[]))),
                ],
            ),
        ),
        vectors("v", 2, &[1.0, 2.0, 3.0, 4.0]),
    ];
    assert_eq!(server.insert("c", 2, given.clone()).status, Some(Status::default()));
    let rows = server.query("c", "id > 0", &["*"]);
    assert_eq!(rows.fields_data.len(), given.len());
    for (got, given) in rows.fields_data.iter().zip(&given) {
        assert_eq!((&got.field_name, got.kind, &got.field), (&given.field_name, given.kind, &given.field));
    }
    assert_eq!(rows.fields_data[0].field_id, 100);
}

#[test]
fn nulls_come_compact_or_at_full_length_and_leave_at_full_length() {
    let server = Server::new();
    let fields = vec![
        primary("id", 5, &[]),
        nullable(field("s", 21, &[("max_length", "9")])),
        nullable(field("n", 5, &[])),
        nullable(array("a", 5)),
        nullable(field("j", 23, &[])),
        field("v", 101, &[("dim", "2")]),
    ];
    server.create("c", fields, false);
    let arrays = ScalarFieldData::ArrayData(ArrayArray { data: vec![int_list(&[5])], element_type: 5 });
    let documents = ScalarFieldData::JsonData(JSONArray { data: vec![b"[1]".to_vec()] });
    let columns = vec![
        longs("id", &[0, 1, 2]),
        valid(texts("s", &["a", "b"]), &[false, true, true]),
        valid(longs("n", &[9, 0, 7]), &[true, false, true]),
        valid(scalars("a", 22, arrays), &[false, false, true]),
        valid(scalars("j", 23, documents), &[true, false, false]),
        vectors("v", 2, &[0.0; 6]),
    ];
    assert_eq!(server.insert("c", 3, columns).status, Some(Status::default()));
    // All null, with the data left out.
    let none = FieldData { kind: 21, field_name: "s".into(), valid_data: vec![false], ..FieldData::default() };
    assert_eq!(server.insert("c", 1, vec![longs("id", &[3]), none, vectors("v", 2, &[0.0; 2])]).insert_cnt, 1);

    let rows = server.query("c", "id >= 0", &["*"]).fields_data;
    let validity = |name: &str| rows.iter().find(|column| column.field_name == name).unwrap().valid_data.clone();
    let strings = ["", "a", "b", ""].map(String::from).to_vec();
    assert_eq!(*column(&rows, "s"), ScalarFieldData::StringData(StringArray { data: strings }));
    assert_eq!(validity("s"), [false, true, true, false]);
    assert_eq!(*column(&rows, "n"), ScalarFieldData::LongData(LongArray { data: vec![9, 0, 7, 0] }));
    assert_eq!(validity("n"), [true, false, true, false]);
    let lists = vec![int_list(&[]), int_list(&[]), int_list(&[5]), int_list(&[])];
    assert_eq!(*column(&rows, "a"), ScalarFieldData::ArrayData(ArrayArray { data: lists, element_type: 5 }));
    let documents = ["[1]", "", "", ""].map(|text| text.as_bytes().to_vec()).to_vec();
    assert_eq!(*column(&rows, "j"), ScalarFieldData::JsonData(JSONArray { data: documents }));
    assert_eq!(validity("id"), [false; 0]);

    // Too few values, and more than there are rows.
    for data in [&["a"][..], &["a", "b", "c", "d"]] {
        let columns =
            vec![longs("id", &[7, 8, 9]), valid(texts("s", data), &[true, false, true]), vectors("v", 2, &[0.0; 6])];
        assert_eq!(server.insert("c", 3, columns).status.map(|status| status.code), Some(1100), "{data:?}");
    }
}

#[test]
fn dynamic_keys_come_and_go_as_one_column() {
    let server = Server::new();
    server.create("c", super::plain_fields(), true);
    let rows = [r#"{"color":"red","n":1}"#, "{}", r#"{"color":null,"deep":{"a":[1]}}"#];
    let columns = |meta: FieldData| vec![longs("id", &[0, 1, 2]), vectors("v", 2, &[0.0; 6]), meta];
    assert_eq!(server.insert("c", 3, columns(dynamic(&rows))).status, Some(Status::default()));
    let meta = |names: &[&str]| {
        let rows = server.query("c", "id >= 0", names);
        let found = rows.fields_data.iter().find(|column| column.field_name == "$meta");
        assert!(found.is_none_or(|column| column.is_dynamic && column.kind == 23));
        let texts = found.map(|_| match column(&rows.fields_data, "$meta") {
            ScalarFieldData::JsonData(texts) => {
                texts.data.iter().map(|text| String::from_utf8(text.clone()).unwrap()).collect::<Vec<_>>()
            }
            other => panic!("{other:?}"),
        });
        (texts, rows.output_fields)
    };
    let names = |list: &[&str]| list.iter().map(|name| name.to_string()).collect::<Vec<_>>();
    let texts = |list: &[&str]| Some(names(list));
    let all = [r#"{"color":"red","n":1}"#, "{}", r#"{"deep":{"a":[1]}}"#];
    assert_eq!(meta(&["*"]), (texts(&all), names(&["id", "v", "$meta"])));
    assert_eq!(meta(&["$meta"]), (texts(&all), names(&["id", "$meta"])));
    assert_eq!(meta(&["color"]), (texts(&[r#"{"color":"red"}"#, "{}", "{}"]), names(&["id", "color"])));
    assert_eq!(meta(&["none"]), (texts(&["{}", "{}", "{}"]), names(&["id", "none"])));
    assert_eq!(meta(&["v"]), (None, names(&["id", "v"])));
    for (bad, fragment) in [
        ([r#"{"id":1}"#, "{}", "{}"], "same as the static field: id"),
        (["[]", "{}", "{}"], "expected an object"),
        (["{", "{}", "{}"], "JSON"),
    ] {
        let status = server.insert("c", 3, columns(dynamic(&bad))).status.unwrap_or_default();
        assert_eq!(status.code, 1804, "{bad:?}: {}", status.reason);
        assert!(status.reason.contains(fragment), "{}", status.reason);
    }
    assert_eq!(server.insert("c", 3, columns(dynamic(&["{}"]))).status.map(|status| status.code), Some(1100));
}

#[test]
fn a_partial_upsert_keeps_what_it_does_not_name_and_nulls_what_it_does() {
    let server = Server::new();
    let fields = vec![
        primary("id", 5, &[]),
        nullable(field("s", 21, &[("max_length", "9")])),
        nullable(field("n", 5, &[])),
        field("v", 101, &[("dim", "2")]),
    ];
    server.create("c", fields, false);
    let first = vec![longs("id", &[1]), texts("s", &["a"]), longs("n", &[5]), vectors("v", 2, &[1.0, 2.0])];
    assert_eq!(server.insert("c", 1, first).insert_cnt, 1);
    let request = UpsertRequest {
        collection_name: "c".into(),
        num_rows: 1,
        partial_update: true,
        fields_data: vec![longs("id", &[1]), valid(texts("s", &[]), &[false])],
        ..UpsertRequest::default()
    };
    let written: MutationResult = server.call("Upsert", request);
    assert_eq!((written.status, written.upsert_cnt), (Some(Status::default()), 1));
    let request = QueryRequest {
        collection_name: "c".into(),
        output_fields: vec!["s".into(), "n".into()],
        query_params: pairs(&[("limit", "1")]),
        ..QueryRequest::default()
    };
    let rows: QueryResults = server.call("Query", request);
    assert_eq!(rows.fields_data[1].valid_data, [false], "s is null now");
    assert_eq!(*column(&rows.fields_data, "n"), ScalarFieldData::LongData(LongArray { data: vec![5] }));
}

#[test]
fn whole_doubles_stay_doubles_in_documents() {
    let server = Server::new();
    let documents = vec![field("j", 23, &[])];
    server.create("c", [plain_fields(), documents].concat(), true);
    let text = br#"{"a":3.0,"b":3,"c":[-1.0,2]}"#.to_vec();
    let json = |name: &str| scalars(name, 23, ScalarFieldData::JsonData(JSONArray { data: vec![text.clone()] }));
    let meta = FieldData { is_dynamic: true, ..json("$meta") };
    let written = server.insert("c", 1, vec![longs("id", &[1]), vectors("v", 2, &[0.0; 2]), json("j"), meta]);
    assert_eq!(written.status, Some(Status::default()));
    let rows = server.query("c", "id == 1", &["j", "a", "b", "c"]);
    for name in ["j", "$meta"] {
        assert_eq!(*column(&rows.fields_data, name), ScalarFieldData::JsonData(JSONArray { data: vec![text.clone()] }));
    }
}

#[test]
fn an_upsert_adds_to_arrays_and_removes_from_them() {
    let server = Server::new();
    server.create("c", [plain_fields(), vec![array("n", 5)]].concat(), false);
    let lists = |data: &[i64]| {
        let list = ScalarField { data: Some(ScalarFieldData::LongData(LongArray { data: data.to_vec() })) };
        scalars("n", 22, ScalarFieldData::ArrayData(ArrayArray { data: vec![list], element_type: 5 }))
    };
    server.insert("c", 1, vec![longs("id", &[1]), vectors("v", 2, &[0.0; 2]), lists(&[1, 2])]);
    let upsert = |op: i32, data: &[i64]| -> MutationResult {
        let request = UpsertRequest {
            collection_name: "c".into(),
            num_rows: 1,
            fields_data: vec![longs("id", &[1]), lists(data)],
            partial_update: true,
            field_ops: vec![FieldPartialUpdateOp { field_name: "n".into(), op }],
            ..Default::default()
        };
        server.call("Upsert", request)
    };
    for (op, given, expected) in [(1, [1, 3], vec![1, 2, 1, 3]), (2, [1, 9], vec![2, 3]), (0, [7, 8], vec![7, 8])] {
        assert_eq!(upsert(op, &given).status, Some(Status::default()));
        let rows = server.query("c", "id == 1", &["n"]);
        let ScalarFieldData::ArrayData(found) = column(&rows.fields_data, "n") else { panic!("no arrays") };
        assert_eq!(found.data[0].data, Some(ScalarFieldData::LongData(LongArray { data: expected })), "op {op}");
    }
    assert_eq!(upsert(3, &[1]).status.map(|status| status.code), Some(1100));
}
