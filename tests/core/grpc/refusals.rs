//! What is wrong with a call, and what is wrong inside one.

use elanus::grpc::methods::methods;
use elanus::grpc::proto::collection::{
    CreateCollectionRequest, DescribeCollectionRequest, DescribeCollectionResponse, GetLoadStateRequest,
    GetLoadStateResponse,
};
use elanus::grpc::proto::common::{PlaceholderGroup, PlaceholderValue, Status};
use elanus::grpc::proto::data::{FloatArray, ScalarFieldData};
use elanus::grpc::proto::index::{DescribeIndexRequest, DescribeIndexResponse};
use elanus::grpc::proto::rows::{
    InsertRequest, MutationResult, SearchRequest, SearchRequestSearchInput, SearchResults,
};
use elanus::grpc::proto::schema::CollectionSchema;
use elanus::grpc::{INVALID_ARGUMENT, UNIMPLEMENTED};
use prost::Message;

use super::{Server, field, longs, pairs, placeholders, plain_fields, primary, scalars, texts, vectors};

fn check(status: Option<Status>, code: i32, error_code: i32, fragment: &str) {
    let status = status.expect("a status is always there");
    assert_eq!((status.code, status.error_code), (code, error_code), "{}", status.reason);
    assert!(status.reason.contains(fragment), "{} lacks {fragment}", status.reason);
}

#[test]
fn calls_that_are_none_are_refused() {
    let server = Server::new();
    for method in ["", "Nothing", "insert", "ClientHeartbeat", "DumpMessages"] {
        assert_eq!(server.answer(method, Vec::new()).map_err(|refusal| refusal.code), Err(UNIMPLEMENTED), "{method}");
    }
    // A length that goes past the end; a field of the wrong wire type; a group that never ends.
    for message in [vec![0x1a, 0x7f], vec![0x18, 0x01], vec![0x0b], vec![0xff]] {
        let refused = server.answer("DropCollection", message.clone()).map_err(|refusal| refusal.code);
        assert_eq!(refused, Err(INVALID_ARGUMENT), "{message:?}");
    }
}

#[test]
fn every_method_answers_an_empty_message_with_a_status() {
    let server = Server::new();
    for method in methods().iter().filter(|method| !["DumpMessages", "GetReplicateInfo"].contains(&method.name)) {
        let bytes =
            server.answer(method.name, Vec::new()).unwrap_or_else(|refusal| panic!("{}: {refusal:?}", method.name));
        if !method.is_supported {
            // Alike, as a response whose first field is its status, or as a status whose third is its code.
            let told = String::from_utf8_lossy(&bytes).contains(&format!("{} is not supported", method.name));
            assert!(told, "{}: {bytes:02x?}", method.name);
        }
        // The status is the response itself, or its field 1; there it is two bytes even when all is well.
        let is_status = Status::decode(bytes.as_slice()).is_ok();
        assert!(is_status || bytes.starts_with(&[0x0a]), "{}: {bytes:02x?}", method.name);
    }
}

#[test]
fn a_missing_collection_is_told_as_all_clients_expect() {
    let server = Server::new();
    let request = DescribeCollectionRequest { collection_name: "x".into(), ..Default::default() };
    let told: DescribeCollectionResponse = server.call("DescribeCollection", request);
    let status = told.status.expect("a status is always there");
    assert_eq!((status.error_code, status.code), (1, 100));
    let name = "[database=default][collection=x]";
    assert_eq!(status.reason, format!("can't find collection{name}: collection not found{name}"));
    let request = GetLoadStateRequest { collection_name: "x".into(), ..Default::default() };
    let state: GetLoadStateResponse = server.call("GetLoadState", request);
    assert_eq!((state.status, state.state), (Some(Status::default()), 0));
    let request = DescribeIndexRequest { collection_name: "x".into(), ..Default::default() };
    check(server.call::<DescribeIndexResponse>("DescribeIndex", request).status, 100, 4, "can't find collection");
}

#[test]
fn schemas_that_cannot_be_are_told() {
    let server = Server::new();
    let check = |schema: Vec<u8>, code: i32, fragment: &str| {
        let request = CreateCollectionRequest { collection_name: "c".into(), schema, ..Default::default() };
        check(Some(server.call("CreateCollection", request)), code, if code == 1100 { 5 } else { 1 }, fragment);
    };
    let of = |fields| CollectionSchema { name: "c".into(), fields, ..Default::default() }.encode_to_vec();
    check(vec![0xff], 1100, "expected a CollectionSchema");
    check(of(Vec::new()), 1100, "primary key is not specified");
    for (number, name) in [(100, "BinaryVector"), (104, "SparseFloatVector"), (105, "Int8Vector"), (24, "Geometry")] {
        check(of(vec![primary("id", 5, &[]), field("v", number, &[("dim", "8")])]), 3000, name);
    }
    check(of(vec![primary("id", 5, &[]), field("v", 77, &[])]), 3000, "77");
    check(of(vec![primary("id", 5, &[]), field("v", 101, &[("dim", "1")])]), 1100, "invalid dimension: 1");
}

#[test]
fn rows_that_do_not_fit_are_told_and_change_nothing() {
    let server = Server::new();
    server.create("c", plain_fields(), false);
    let id = |ids: &[i64]| longs("id", ids);
    let refused = |num_rows: u32, columns, code: i32, fragment: &str| {
        let error_code = if code == 1100 { 5 } else { 1 };
        check(server.insert("c", num_rows, columns).status, code, error_code, fragment);
    };
    refused(2, vec![id(&[1]), vectors("v", 2, &[1.0; 4])], 1100, "is not equal to passed num_rows (2)");
    refused(1, vec![id(&[1]), vectors("v", 2, &[1.0; 3])], 1100, "should divide the dim(2)");
    refused(1, vec![id(&[1]), vectors("v", 0, &[1.0; 2])], 1100, "dim of field v");
    refused(1, vec![id(&[1]), vectors("v", -2, &[1.0; 2])], 1100, "dim of field v");
    refused(1, vec![id(&[1]), vectors("v", 3, &[1.0; 3])], 1100, "dim");
    refused(1, vec![texts("id", &["1"]), vectors("v", 2, &[1.0; 2])], 1100, "data type Int64");
    refused(1, vec![id(&[1]), vectors("v", 2, &[1.0; 2]), id(&[1])], 1100, "duplicated field: id");
    refused(1, vec![id(&[1]), vectors("v", 2, &[1.0; 2]), longs("z", &[1])], 1100, "field z does not exist");
    refused(1, vec![id(&[1])], 1804, "missing vector field");
    refused(0, vec![], 1100, "the rows are empty");
    let floats = scalars("v", 10, ScalarFieldData::FloatData(FloatArray { data: vec![1.0] }));
    refused(1, vec![id(&[1]), floats], 1100, "data type FloatVector");
    let mut short = id(&[1]);
    short.valid_data = vec![true, false];
    refused(1, vec![short, vectors("v", 2, &[1.0; 2])], 1100, "is not equal");
    let older = InsertRequest { collection_name: "c".into(), schema_timestamp: 1, ..Default::default() };
    check(server.call::<MutationResult>("Insert", older).status, 109, 62, "schema mismatch");
    assert_eq!(server.query("c", "id >= 0", &["id"]).fields_data.len(), 1);
}

#[test]
fn searches_that_cannot_be_are_told() {
    let server = Server::new();
    server.create("c", plain_fields(), false);
    let search = |group: Vec<u8>, params: &[(&str, &str)]| SearchRequest {
        collection_name: "c".into(),
        search_input: Some(SearchRequestSearchInput::PlaceholderGroup(group)),
        search_params: pairs(params),
        ..SearchRequest::default()
    };
    let refused = |request: SearchRequest, code: i32, fragment: &str| {
        let error_code = if code == 1100 { 5 } else { 1 };
        check(server.call::<SearchResults>("Search", request).status, code, error_code, fragment);
    };
    let one = || placeholders(&[&[1.0, 2.0]]);
    refused(search(one(), &[]), 1100, "topk not found");
    refused(search(one(), &[("topk", "0")]), 1100, "topk [0] is invalid");
    refused(search(one(), &[("topk", "x")]), 1100, "topk [x] is invalid");
    refused(search(one(), &[("topk", "1"), ("params", "{")]), 1100, "params");
    refused(search(one(), &[("topk", "1"), ("round_decimal", "9")]), 1100, "round_decimal [9]");
    refused(search(one(), &[("topk", "1"), ("metric_type", "IP")]), 1100, "metric type not match");
    refused(search(one(), &[("topk", "1"), ("collection_id", "999")]), 1100, "recreated");
    refused(search(one(), &[("topk", "1"), ("order_by_fields", "id")]), 3000, "order_by_fields");
    refused(search(one(), &[("topk", "1"), ("group_by_fields", "id,v")]), 3000, "group_by_fields");
    refused(search(one(), &[("topk", "1"), ("group_by_field", "z")]), 1700, "z");
    refused(search(one(), &[("topk", "1"), ("group_by_field", "v")]), 1100, "unsupported data type FloatVector");
    let group = |more: (&'static str, &'static str)| search(one(), &[("topk", "1"), ("group_by_field", "id"), more]);
    refused(group(("group_size", "x")), 1100, "failed to parse input group size:x");
    refused(group(("group_size", "99")), 1100, "exceeds configured max group size:10");
    refused(group(("params", r#"{"radius": 4.0}"#)), 1100, "Not allowed to do range-search");
    refused(group(("search_iter_v2", "True")), 1100, "Not allowed to do groupBy when doing iteration");
    refused(search(placeholders(&[&[1.0]]), &[("topk", "1")]), 1100, "dim");
    refused(search(placeholders(&[&[1.0, 1.0], &[1.0]]), &[("topk", "1")]), 1100, "query vector 1 has 4 bytes");
    refused(search(placeholders(&[]), &[("topk", "1")]), 1100, "nq");
    refused(search(Vec::new(), &[("topk", "1")]), 1100, "expected one placeholder");
    refused(search(vec![0xff], &[("topk", "1")]), 1100, "expected a PlaceholderGroup");
    for (kind, name) in
        [(100, "BinaryVector"), (21, "VarChar"), (104, "SparseFloatVector"), (301, "EmbListFloatVector")]
    {
        let value = PlaceholderValue { tag: "$0".into(), kind, values: vec![vec![0; 8]], ..Default::default() };
        let group = PlaceholderGroup { placeholders: vec![value] }.encode_to_vec();
        refused(search(group, &[("topk", "1")]), 1100, name);
    }
    refused(SearchRequest { collection_name: "c".into(), ..Default::default() }, 1100, "no query vectors");
}
