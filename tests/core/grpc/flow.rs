//! From the first call to the last, as the tutorial has it, and what searches can do.

use elanus::grpc::proto::collection::{
    Action, ActionOp, AddCollectionFieldRequest, AddRequest, AlterCollectionSchemaRequest,
    AlterCollectionSchemaResponse, DescribeCollectionRequest, DescribeCollectionResponse, DropCollectionRequest,
    DropRequest, FieldInfo, GetCollectionStatisticsRequest, GetCollectionStatisticsResponse, GetLoadingProgressRequest,
    GetLoadingProgressResponse, ReleaseCollectionRequest,
};
use elanus::grpc::proto::common::Status;
use elanus::grpc::proto::data::{
    FieldDataField, IDs, IDsIdField, LongArray, ScalarFieldData, StringArray, TemplateArrayValue,
    TemplateArrayValueData, TemplateValue, TemplateValueVal, VectorFieldData,
};
use elanus::grpc::proto::index::{DescribeIndexRequest, DescribeIndexResponse};
use elanus::grpc::proto::rows::{
    DeleteRequest, HybridSearchRequest, InsertRequest, MutationResult, QueryRequest, QueryResults, SearchRequest,
    SearchRequestSearchInput, SearchResultData, SearchResults,
};
use elanus::grpc::proto::schema::FieldSchema;
use elanus::grpc::proto::segment::{FlushRequest, FlushResponse, GetFlushStateRequest, GetFlushStateResponse};
use elanus::grpc::proto::session::{GetMetricsRequest, GetMetricsResponse};

use prost::Message;

use super::{Server, column, field, longs, pairs, placeholders, plain_fields, primary, texts, vectors};

fn ints(results: &SearchResultData) -> Vec<i64> {
    match results.ids.as_ref().and_then(|ids| ids.id_field.as_ref()) {
        Some(IDsIdField::IntId(ids)) => ids.data.clone(),
        other => panic!("the keys are {other:?}"),
    }
}

fn search(collection: &str, query: &[f32], params: &[(&str, &str)]) -> SearchRequest {
    SearchRequest {
        collection_name: collection.into(),
        search_input: Some(SearchRequestSearchInput::PlaceholderGroup(placeholders(&[query]))),
        search_params: pairs(params),
        nq: 1,
        ..SearchRequest::default()
    }
}

fn found(server: &Server, request: SearchRequest) -> SearchResultData {
    let results: SearchResults = server.call("Search", request);
    assert_eq!(results.status, Some(Status::default()));
    results.results.expect("results are always there")
}

/// Five rows on a line: row n lies at (n, 0).
fn line(server: &Server) {
    server.create("line", plain_fields(), true);
    let elements: Vec<f32> = (0..5).flat_map(|n| [n as f32, 0.0]).collect();
    let written = server.insert("line", 5, vec![longs("id", &[0, 1, 2, 3, 4]), vectors("v", 2, &elements)]);
    assert_eq!((written.status, written.insert_cnt), (Some(Status::default()), 5));
}

#[test]
fn the_tutorial_goes_through() {
    let server = Server::new();
    let fields =
        vec![primary("pk", 21, &[("max_length", "100")]), field("random", 11, &[]), field("v", 101, &[("dim", "2")])];
    server.create("hello", fields, false);
    let random = ScalarFieldData::DoubleData(elanus::grpc::proto::data::DoubleArray { data: vec![0.25, 0.5, 0.75] });
    let columns = vec![
        texts("pk", &["a", "b", "c"]),
        super::scalars("random", 11, random),
        vectors("v", 2, &[0.0, 0.0, 1.0, 0.0, 3.0, 4.0]),
    ];
    let written = server.insert("hello", 3, columns);
    let ids = StringArray { data: vec!["a".into(), "b".into(), "c".into()] };
    assert_eq!(written.ids, Some(IDs { id_field: Some(IDsIdField::StrId(ids)) }));
    assert_eq!((written.succ_index, written.insert_cnt), (vec![0, 1, 2], 3));
    assert_eq!(written.timestamp, super::NOW_MS << 18);

    let flush = FlushRequest { collection_names: vec!["hello".into()], ..Default::default() };
    let flushed: FlushResponse = server.call("Flush", flush);
    assert_eq!(flushed.status, Some(Status::default()));
    assert_eq!(flushed.coll_seg_ids.keys().collect::<Vec<_>>(), ["hello"]);
    let state: GetFlushStateResponse = server.call("GetFlushState", GetFlushStateRequest::default());
    assert!(state.flushed);
    let request = GetCollectionStatisticsRequest { collection_name: "hello".into(), ..Default::default() };
    let stats: GetCollectionStatisticsResponse = server.call("GetCollectionStatistics", request);
    assert_eq!(stats.stats, pairs(&[("row_count", "3")]));

    let request = DescribeIndexRequest { collection_name: "hello".into(), ..Default::default() };
    let indexes: DescribeIndexResponse = server.call("DescribeIndex", request);
    let index = &indexes.index_descriptions[0];
    assert_eq!((index.index_name.as_str(), index.field_name.as_str(), index.state), ("v", "v", 3));
    let given = [("index_type", "IVF_FLAT"), ("metric_type", "L2"), ("params", r#"{"nlist":128}"#)];
    assert_eq!(index.params, pairs(&given));
    let request = GetLoadingProgressRequest { collection_name: "hello".into(), ..Default::default() };
    let progress: GetLoadingProgressResponse = server.call("GetLoadingProgress", request);
    assert_eq!((progress.progress, progress.refresh_progress), (100, 100));

    let params = [("topk", "2"), ("metric_type", "L2"), ("params", r#"{"nprobe":10}"#), ("anns_field", "v")];
    let mut request = search("hello", &[0.0, 0.0], &params);
    request.dsl = "random > 0.3".into();
    request.output_fields = vec!["random".into()];
    let results = found(&server, request);
    let ids = StringArray { data: vec!["b".into(), "c".into()] };
    assert_eq!(results.ids, Some(IDs { id_field: Some(IDsIdField::StrId(ids)) }));
    assert_eq!((results.scores, results.topks), (vec![1.0, 25.0], vec![2]));
    assert_eq!((results.num_queries, results.top_k), (1, 2));
    assert_eq!(results.primary_field_name, "pk");
    assert_eq!(results.fields_data.len(), 1);
    match column(&results.fields_data, "random") {
        ScalarFieldData::DoubleData(numbers) => assert_eq!(numbers.data, [0.5, 0.75]),
        other => panic!("{other:?}"),
    }

    let rows = server.query("hello", "random < 0.6", &["v"]);
    assert_eq!(rows.output_fields, ["pk", "v"]);
    assert_eq!(rows.fields_data.iter().map(|column| column.field_name.as_str()).collect::<Vec<_>>(), ["pk", "v"]);
    let Some(FieldDataField::Vectors(found)) = &rows.fields_data[1].field else { panic!("v is a vector") };
    assert_eq!(found.dim, 2);
    let Some(VectorFieldData::FloatVector(floats)) = &found.data else { panic!("of floats") };
    assert_eq!(floats.data, [0.0, 0.0, 1.0, 0.0]);

    let delete =
        |expr: &str| DeleteRequest { collection_name: "hello".into(), expr: expr.into(), ..Default::default() };
    let deleted: MutationResult = server.call("Delete", delete(r#"pk in ["a" , "b"]"#));
    assert_eq!((deleted.delete_cnt, deleted.ids), (2, None));
    let left = server.query("hello", r#"pk in ["a" , "b"]"#, &["random"]);
    assert_eq!(left.fields_data.len(), 2, "columns are there without rows too");
    assert_eq!(*column(&left.fields_data, "pk"), ScalarFieldData::StringData(StringArray::default()));
    let count = server.query("hello", "", &["count(*)"]);
    assert_eq!(*column(&count.fields_data, "count(*)"), ScalarFieldData::LongData(LongArray { data: vec![1] }));

    let drop = || DropCollectionRequest { collection_name: "hello".into(), ..Default::default() };
    server.done("DropCollection", drop());
    server.done("DropCollection", drop());
}

#[test]
fn a_schema_comes_back_as_it_was_given() {
    let server = Server::new();
    server.create("c", plain_fields(), true);
    let request = DescribeCollectionRequest { collection_name: "c".into(), ..Default::default() };
    let told: DescribeCollectionResponse = server.call("DescribeCollection", request);
    let schema = told.schema.expect("a schema");
    assert!(schema.enable_dynamic_field);
    let mut given = plain_fields();
    given[0].field_id = 100;
    given[1].field_id = 101;
    assert_eq!(schema.fields, given, "without the hidden field");
    assert_eq!((told.shards_num, told.consistency_level), (1, 0));
    let by_id = DescribeCollectionRequest { collection_id: told.collection_id, ..Default::default() };
    let again: DescribeCollectionResponse = server.call("DescribeCollection", by_id);
    assert_eq!(again.collection_name, "c");
}

#[test]
fn a_released_collection_cannot_be_read() {
    let server = Server::new();
    line(&server);
    let release = ReleaseCollectionRequest { collection_name: "line".into(), ..Default::default() };
    server.done("ReleaseCollection", release);
    let results: SearchResults = server.call("Search", search("line", &[0.0, 0.0], &[("topk", "1")]));
    assert_eq!(results.status.map(|status| status.code), Some(101));
    let rows = server.query("line", "id >= 0", &[]);
    assert_eq!(rows.status.map(|status| status.code), Some(101));
    let request = GetLoadingProgressRequest { collection_name: "line".into(), ..Default::default() };
    let progress: GetLoadingProgressResponse = server.call("GetLoadingProgress", request);
    assert_eq!(progress.status.map(|status| status.code), Some(101));
}

#[test]
fn ranges_offsets_and_roundings_count() {
    let server = Server::new();
    line(&server);
    let ids = |params: &[(&str, &str)]| ints(&found(&server, search("line", &[0.0, 0.0], params)));
    assert_eq!(ids(&[("topk", "2"), ("metric_type", "")]), [0, 1]);
    assert_eq!(ids(&[("topk", "2"), ("offset", "2")]), [2, 3]);
    // The range is of squared distances: from 4, up to but not 16. Both places of the parameters count.
    assert_eq!(ids(&[("topk", "9"), ("params", r#"{"radius":16,"range_filter":4}"#)]), [2, 3]);
    assert_eq!(ids(&[("topk", "9"), ("radius", "16"), ("range_filter", "4"), ("params", "{}")]), [2, 3]);
    let results = found(&server, search("line", &[0.126, 0.0], &[("topk", "1"), ("round_decimal", "2")]));
    assert_eq!(results.scores, [0.02]);
    let nothing = found(&server, search("line", &[0.0, 0.0], &[("topk", "9"), ("params", r#"{"radius":0}"#)]));
    assert_eq!((nothing.topks, nothing.scores), (vec![0], vec![]));
}

#[test]
fn template_variables_are_filled_in() {
    let server = Server::new();
    line(&server);
    let list = TemplateArrayValueData::LongData(LongArray { data: vec![1, 3, 9] });
    let list = TemplateValueVal::ArrayVal(TemplateArrayValue { data: Some(list) });
    let mut request = search("line", &[0.0, 0.0], &[("topk", "9")]);
    request.dsl = "id in {ids} and id > {least}".into();
    let value = |val| TemplateValue { val: Some(val) };
    request.expr_template_values =
        [("ids".to_string(), value(list)), ("least".to_string(), value(TemplateValueVal::Int64Val(1)))].into();
    assert_eq!(ints(&found(&server, request)), [3]);
}

#[test]
fn searches_are_fused_by_rank_and_by_weight() {
    let server = Server::new();
    line(&server);
    let fused = |rank_params: &[(&str, &str)]| {
        let one = search("line", &[0.0, 0.0], &[("topk", "3"), ("anns_field", "v")]);
        let mut two = search("line", &[2.0, 0.0], &[("topk", "3"), ("anns_field", "v")]);
        two.dsl = "id > 0".into();
        let request = HybridSearchRequest {
            collection_name: "line".into(),
            requests: vec![one, two],
            rank_params: pairs(rank_params),
            ..HybridSearchRequest::default()
        };
        let results: SearchResults = server.call("HybridSearch", request);
        assert_eq!(results.status, Some(Status::default()));
        results.results.expect("results are always there")
    };
    let rrf = fused(&[("strategy", "rrf"), ("params", r#"{"k":60}"#), ("limit", "2")]);
    // By the first search 0, 1, 2; by the second 2, 1, 3.
    let score = |ranks: &[f64]| ranks.iter().map(|rank| 1.0 / (60.0 + rank)).sum::<f64>() as f32;
    assert_eq!((ints(&rrf), rrf.scores), (vec![2, 1], vec![score(&[3.0, 1.0]), score(&[2.0, 2.0])]));
    let weighted = fused(&[
        ("strategy", "weighted"),
        ("params", r#"{"weights":[1,0],"norm_score":false}"#),
        ("limit", "3"),
        ("offset", "1"),
    ]);
    assert_eq!(ints(&weighted)[..1], [3], "raw distances ascend, and 0 weighs nothing");
}

#[test]
fn a_search_of_a_hybrid_one_has_the_wholes_window_and_no_offset() {
    let server = Server::new();
    line(&server);
    for params in [vec![("anns_field", "v")], vec![("anns_field", "v"), ("offset", "16000")]] {
        let one = search("line", &[0.0, 0.0], &params);
        let mut two = search("line", &[2.0, 0.0], &params);
        two.dsl = "id > 0".into();
        let request = HybridSearchRequest {
            collection_name: "line".into(),
            requests: vec![one, two],
            rank_params: pairs(&[("limit", "1"), ("offset", "1")]),
            ..HybridSearchRequest::default()
        };
        let results: SearchResults = server.call("HybridSearch", request);
        assert_eq!(results.status, Some(Status::default()), "{params:?}");
        // By the first search 0, 1; by the second 2, 1: so 1 is before 0. One hit more of each, and 2 were before 1; one less,
        // and 1 were not there.
        assert_eq!(ints(&results.results.expect("results are always there")), [0], "{params:?}");
    }
}

#[test]
fn iterators_go_from_batch_to_batch() {
    let server = Server::new();
    line(&server);
    let batch = |token: &str, bound: Option<f32>| {
        let bound = bound.map(|bound| bound.to_string()).unwrap_or_default();
        let params = [
            ("topk", "2"),
            ("search_iter_v2", "True"),
            ("search_iter_batch_size", "2"),
            ("search_iter_id", token),
            ("search_iter_last_bound", &bound),
        ];
        let results = found(&server, search("line", &[0.0, 0.0], &params));
        (ints(&results), results.search_iterator_v2_results.expect("an iterator's next step"))
    };
    let (first, next) = batch("", None);
    assert_eq!((first, next.last_bound), (vec![0, 1], 1.0));
    assert!(!next.token.is_empty());
    let (second, after) = batch(&next.token, Some(next.last_bound));
    assert_eq!((second, &after.token), (vec![2, 3], &next.token));
    let (third, last) = batch(&next.token, Some(after.last_bound));
    assert_eq!((third, last.last_bound), (vec![4], 16.0));
    assert_eq!(batch(&next.token, Some(last.last_bound)).0, [0i64; 0]);

    let page = |params: &[(&str, &str)], expr: &str| -> QueryResults {
        let request = QueryRequest {
            collection_name: "line".into(),
            expr: expr.into(),
            query_params: pairs(params),
            ..QueryRequest::default()
        };
        server.call("Query", request)
    };
    let rows = page(&[("limit", "2"), ("offset", "0"), ("iterator", "True")], "id > 1");
    assert_eq!(*column(&rows.fields_data, "id"), ScalarFieldData::LongData(LongArray { data: vec![2, 3] }));
    assert_ne!(rows.session_ts, 0);
    let rows = page(&[("offset", "3")], "id >= 0");
    assert_eq!(*column(&rows.fields_data, "id"), ScalarFieldData::LongData(LongArray { data: vec![0, 1, 2, 3, 4] }));
    let other = page(&[("limit", "2"), ("collection_id", "12345")], "id > 1");
    assert!(other.status.is_some_and(|status| status.reason.contains("recreated")));
}

#[test]
fn fields_are_added_and_older_clients_told() {
    let server = Server::new();
    line(&server);
    let described = || -> DescribeCollectionResponse {
        server.call(
            "DescribeCollection",
            DescribeCollectionRequest { collection_name: "line".into(), ..Default::default() },
        )
    };
    let before = described().update_timestamp;
    let nullable = |name: &str, kind: i32| FieldSchema { nullable: true, ..field(name, kind, &[]) };
    let request = AddCollectionFieldRequest {
        collection_name: "line".into(),
        schema: nullable("year", 5).encode_to_vec(),
        ..Default::default()
    };
    server.done("AddCollectionField", request);
    let info = |schema: FieldSchema| FieldInfo { field_schema: Some(schema), ..FieldInfo::default() };
    let alter = |op: ActionOp| -> Status {
        let request = AlterCollectionSchemaRequest {
            collection_name: "line".into(),
            action: Some(Action { op: Some(op) }),
            ..Default::default()
        };
        let response: AlterCollectionSchemaResponse = server.call("AlterCollectionSchema", request);
        response.alter_status.expect("clients look at it")
    };
    let add = |field_infos: Vec<FieldInfo>| ActionOp::AddRequest(AddRequest { field_infos, ..AddRequest::default() });
    assert_eq!(alter(add(vec![info(nullable("a", 1)), info(nullable("b", 11))])), Status::default());
    // All or none.
    assert_eq!(alter(add(vec![info(nullable("c", 1)), info(nullable("a", 1))])).code, 1100);
    assert_eq!(alter(add(vec![info(field("c", 1, &[]))])).code, 1100);
    assert_eq!(alter(add(Vec::new())).code, 1100);
    let index = FieldInfo { index_name: "i".into(), ..info(nullable("c", 1)) };
    assert_eq!(alter(add(vec![index])).code, 3000);
    assert_eq!(alter(ActionOp::DropRequest(DropRequest::default())).code, 3000);

    let schema = described().schema.expect("a schema");
    let ids: Vec<(&str, i64)> = schema.fields.iter().map(|field| (field.name.as_str(), field.field_id)).collect();
    assert_eq!(ids, [("id", 100), ("v", 101), ("year", 103), ("a", 104), ("b", 105)]);
    let stale = InsertRequest { collection_name: "line".into(), schema_timestamp: before, ..Default::default() };
    let status = server.call::<MutationResult>("Insert", stale).status.expect("a status");
    assert_eq!((status.code, status.error_code), (109, 62));
    let fresh = InsertRequest {
        collection_name: "line".into(),
        num_rows: 1,
        fields_data: vec![longs("id", &[9]), vectors("v", 2, &[9.0, 0.0]), longs("year", &[1999])],
        schema_timestamp: described().update_timestamp,
        ..Default::default()
    };
    assert_eq!(server.call::<MutationResult>("Insert", fresh).status, Some(Status::default()));
    let rows = server.query("line", "id in [0, 9]", &["year"]);
    assert_eq!(*column(&rows.fields_data, "year"), ScalarFieldData::LongData(LongArray { data: vec![0, 1999] }));
    let year = rows.fields_data.iter().find(|column| column.field_name == "year").expect("the column");
    assert_eq!(year.valid_data, [false, true]);
}

#[test]
fn rows_are_searched_for_by_their_keys() {
    let server = Server::new();
    line(&server);
    let by_keys = |keys: &[i64]| SearchRequest {
        search_input: Some(SearchRequestSearchInput::Ids(IDs {
            id_field: Some(IDsIdField::IntId(LongArray { data: keys.to_vec() })),
        })),
        ..search("line", &[0.0, 0.0], &[("topk", "2")])
    };
    let results = found(&server, by_keys(&[4, 0]));
    assert_eq!((ints(&results), results.topks, results.num_queries), (vec![4, 3, 0, 1], vec![2, 2], 2));
    for (keys, says) in [(vec![4, 99], "primary key IDs do not exist"), (vec![], "nq (number of search vector")] {
        let status = server.call::<SearchResults>("Search", by_keys(&keys)).status.expect("a status");
        assert_eq!(status.code, 1100);
        assert!(status.reason.contains(says), "{}", status.reason);
    }
}

#[test]
fn hits_are_grouped_and_tell_their_group() {
    let server = Server::new();
    let parity = FieldSchema { nullable: true, ..field("parity", 21, &[("max_length", "4")]) };
    server.create("groups", [plain_fields(), vec![parity]].concat(), false);
    let elements: Vec<f32> = (0..6).flat_map(|n| [n as f32, 0.0]).collect();
    let mut parities = texts("parity", &["even", "odd", "even", "odd", "even", ""]);
    parities.valid_data = vec![true, true, true, true, true, false];
    server.insert("groups", 6, vec![longs("id", &[0, 1, 2, 3, 4, 5]), vectors("v", 2, &elements), parities]);
    let params = [("topk", "5"), ("group_by_field", "parity"), ("group_size", "2"), ("strict_group_size", "True")];
    let results = found(&server, search("groups", &[0.0, 0.0], &params));
    assert_eq!((ints(&results), &results.topks), (vec![0, 2, 1, 3, 5], &vec![5]));
    assert_eq!(results.scores, [0.0, 4.0, 1.0, 9.0, 25.0]);
    let groups = results.group_by_field_value.expect("the groups are told");
    assert_eq!(
        (groups.field_name.as_str(), groups.kind, &groups.valid_data),
        ("parity", 21, &vec![true, true, true, true, false])
    );
    let data = ["even", "even", "odd", "odd", ""].map(str::to_string).to_vec();
    assert_eq!(*column(&[groups], "parity"), ScalarFieldData::StringData(StringArray { data }));
    let plural = [("topk", "1"), ("offset", "1"), ("params", r#"{"group_by_fields": "parity"}"#)];
    assert_eq!(ints(&found(&server, search("groups", &[0.0, 0.0], &plural))), [1]);
}

#[test]
fn queries_are_ordered_by_fields() {
    let server = Server::new();
    server.create("c", [plain_fields(), vec![field("n", 5, &[])]].concat(), false);
    let columns = vec![longs("id", &[1, 2, 3]), vectors("v", 2, &[0.0; 6]), longs("n", &[7, 9, 7])];
    server.insert("c", 3, columns);
    let ordered = |params: &[(&str, &str)]| -> QueryResults {
        let query_params = pairs(params);
        server.call(
            "Query",
            QueryRequest { collection_name: "c".into(), expr: "id > 0".into(), query_params, ..Default::default() },
        )
    };
    let rows = ordered(&[("order_by_fields", "n:desc, id:desc"), ("limit", "2")]);
    assert_eq!(*column(&rows.fields_data, "id"), ScalarFieldData::LongData(LongArray { data: vec![2, 3] }));
    let refused = ordered(&[("order_by_fields", "n"), ("iterator", "True"), ("limit", "2")]);
    assert_eq!(refused.status.map(|status| status.code), Some(1100));
    let refused = ordered(&[("order_by_fields", "z")]);
    assert_eq!(refused.status.map(|status| status.code), Some(1700));
}

/// What looks for a node by what it does finds one.
#[test]
fn the_one_node_is_listed_as_all_that_it_does() {
    let server = Server::new();
    let request = GetMetricsRequest { request: r#"{"metric_type":"system_info"}"#.into() };
    let metrics: GetMetricsResponse = server.call("GetMetrics", request);
    assert_eq!(metrics.status, Some(Status::default()));
    let told: serde_json::Value = serde_json::from_str(&metrics.response).expect("it is JSON");
    let nodes = told["nodes_info"].as_array().expect("a list of nodes");
    let types: Vec<&str> = nodes.iter().map(|node| node["infos"]["type"].as_str().expect("a type")).collect();
    assert_eq!(types, ["mixcoord", "proxy", "querynode", "datanode"]);
    for (at, node) in nodes.iter().enumerate() {
        assert_eq!(node["identifier"], at + 1);
        assert_eq!(node["infos"]["has_error"], false);
        assert!(node["infos"]["hardware_infos"]["memory"].as_u64().is_some_and(|bytes| bytes > 0));
        assert_eq!(node["infos"]["system_info"]["deploy_mode"], "STANDALONE");
    }
}
