//! Messages as clients and Milvus put them on the wire: what they mean here, and that what is written means the same.

use elanus::grpc::proto::collection::{CreateCollectionRequest, GetLoadingProgressResponse};
use elanus::grpc::proto::common::{ClientInfo, KeyValuePair, PlaceholderGroup, PlaceholderValue, ServerInfo, Status};
use elanus::grpc::proto::data::{
    ArrayArray, FieldData, FieldDataField, IDs, IDsIdField, JSONArray, LongArray, ScalarField, ScalarFieldData,
    SparseFloatArray, TemplateValue, TemplateValueVal, VectorField, VectorFieldData,
};
use elanus::grpc::proto::index::CreateIndexRequest;
use elanus::grpc::proto::rows::{
    HybridSearchRequest, InsertRequest, MutationResult, QueryRequest, QueryResults, SearchRequest,
    SearchRequestSearchInput, SearchResultData, SearchResults,
};
use elanus::grpc::proto::schema::{CollectionSchema, FieldSchema};
use elanus::grpc::proto::session::{ConnectRequest, ConnectResponse};
use prost::Message;

use super::{longs, pairs, scalars, texts, vectors};

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(|digit| !digit.is_ascii_whitespace()).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}

fn check<M: Message + Default + PartialEq + std::fmt::Debug>(hex: &str, meaning: M) {
    assert_eq!(M::decode(bytes(hex).as_slice()).unwrap(), meaning);
    assert_eq!(M::decode(meaning.encode_to_vec().as_slice()).unwrap(), meaning);
}

fn pair(key: &str, value: &str) -> KeyValuePair {
    KeyValuePair { key: key.into(), value: value.into() }
}

fn ids(ids: &[i64]) -> Option<IDs> {
    Some(IDs { id_field: Some(IDsIdField::IntId(LongArray { data: ids.to_vec() })) })
}

fn meta(rows: &[&str]) -> FieldData {
    let data = rows.iter().map(|row| row.as_bytes().to_vec()).collect();
    FieldData { is_dynamic: true, ..scalars("$meta", 23, ScalarFieldData::JsonData(JSONArray { data })) }
}

fn group(kind: i32, value: &[u8]) -> PlaceholderGroup {
    let value = PlaceholderValue { tag: "$0".into(), kind, values: vec![value.to_vec()], ..Default::default() };
    PlaceholderGroup { placeholders: vec![value] }
}

fn quick_schema() -> CollectionSchema {
    let id = FieldSchema { name: "id".into(), is_primary_key: true, data_type: 5, ..FieldSchema::default() };
    let type_params = vec![pair("dim", "4")];
    let vector = FieldSchema { name: "vector".into(), data_type: 101, type_params, ..FieldSchema::default() };
    CollectionSchema {
        name: "q".into(),
        fields: vec![id, vector],
        enable_dynamic_field: true,
        ..CollectionSchema::default()
    }
}

const FLOATS: [f32; 4] = [1.0, 1.0, 2.0, 3.5];

#[test]
fn connecting() {
    let client_info = ClientInfo {
        sdk_type: "Python".into(),
        sdk_version: "3.0.2".into(),
        local_time: "2026-01-01 00:00:00".into(),
        user: "root".into(),
        host: "h".into(),
        ..ClientInfo::default()
    };
    check(
        "122d0a06507974686f6e1205332e302e321a13323032362d30312d30312030303a30303a30302204726f6f742a0168",
        ConnectRequest { client_info: Some(client_info) },
    );
    let server_info =
        ServerInfo { build_tags: "v3.0.0".into(), deploy_mode: "STANDALONE".into(), ..ServerInfo::default() };
    check(
        "0a0012140a0676332e302e302a0a5354414e44414c4f4e4518c103",
        ConnectResponse { status: Some(Status::default()), server_info: Some(server_info), identifier: 449 },
    );
    let reason = "can't find collection[database=default][collection=x]";
    check(
        "0804123563616e27742066696e6420636f6c6c656374696f6e5b64617461626173653d64656661756c745d5b636f6c6c656374696f6e\
         3d785d1864",
        Status { error_code: 4, reason: reason.into(), code: 100, ..Status::default() },
    );
}

#[test]
fn collections_and_indexes() {
    let schema = "0a01712208120269641801280522141206766563746f72286532080a0364696d1201342801";
    check(schema, quick_schema());
    let request = CreateCollectionRequest {
        collection_name: "q".into(),
        schema: bytes(schema),
        consistency_level: 2,
        ..CreateCollectionRequest::default()
    };
    check("1a017122250a01712208120269641801280522141206766563746f72286532080a0364696d12013428013002", request);
    let hnsw = CreateIndexRequest {
        collection_name: "q".into(),
        field_name: "vector".into(),
        extra_params: pairs(&[("M", "8"), ("efConstruction", "64"), ("metric_type", "L2"), ("index_type", "HNSW")]),
        index_name: "vector".into(),
        ..CreateIndexRequest::default()
    };
    check(
        "1a01712206766563746f722a060a014d1201382a140a0e6566436f6e737472756374696f6e120236342a110a0b6d65747269635f747970\
         6512024c322a120a0a696e6465785f747970651204484e53573206766563746f72",
        hnsw,
    );
    let ivf = CreateIndexRequest {
        collection_name: "q".into(),
        field_name: "v".into(),
        extra_params: pairs(&[("index_type", "IVF_FLAT"), ("metric_type", "L2"), ("params", r#"{"nlist":128}"#)]),
        ..CreateIndexRequest::default()
    };
    check(
        "1a01712201762a160a0a696e6465785f7479706512084956465f464c41542a110a0b6d65747269635f7479706512024c322a180a06706\
         172616d73120e7b226e6c697374223a203132387d",
        CreateIndexRequest {
            extra_params: pairs(&[("index_type", "IVF_FLAT"), ("metric_type", "L2"), ("params", r#"{"nlist": 128}"#)]),
            ..ivf
        },
    );
    check(
        "0a0010641864",
        GetLoadingProgressResponse { status: Some(Status::default()), progress: 100, refresh_progress: 100 },
    );
}

#[test]
fn rows_written() {
    let elements = [0.5, 1.0, 2.0, 3.5, -1.0, 0.0, 0.0, 1.0];
    let columns = vec![longs("id", &[1, 2]), vectors("vector", 4, &elements), meta(&[r#"{"color":"red"}"#, "{}"])];
    check(
        "1a01712a0e0805120269641a061a040a0201022a3208651206766563746f722226080412220a200000003f0000803f0000004000006040\
         000080bf00000000000000000000803f2a2408171205246d6574611a174a150a0f7b22636f6c6f72223a22726564227d0a027b7d300138\
         02",
        InsertRequest { collection_name: "q".into(), fields_data: columns, num_rows: 2, ..InsertRequest::default() },
    );
    check(
        "0a0012060a040a0201021a02000130024880809a81f0e3ca9d06",
        MutationResult {
            status: Some(Status::default()),
            ids: ids(&[1, 2]),
            succ_index: vec![0, 1],
            insert_cnt: 2,
            timestamp: 449_000_000_000_000_000,
            ..MutationResult::default()
        },
    );
}

#[test]
fn columns() {
    let nullable = FieldData { valid_data: vec![false, true, true], ..texts("s", &["a", "b"]) };
    check("08151201731a0832060a01610a01623a03000101", nullable);
    let list = |data: &[i64]| ScalarField { data: Some(ScalarFieldData::LongData(LongArray { data: data.to_vec() })) };
    let lists = ArrayArray { data: vec![list(&[1, 2]), list(&[3])], element_type: 5 };
    check(
        "081612036172721a1342110a061a040a0201020a051a030a01031005",
        scalars("arr", 22, ScalarFieldData::ArrayData(lists)),
    );
    let contents = vec![bytes("010000000000003f"), Vec::new()];
    let sparse = VectorFieldData::SparseFloatVector(SparseFloatArray { contents, dim: 8 });
    let field = FieldDataField::Vectors(VectorField { dim: 8, data: Some(sparse) });
    check(
        "08681202737622120808320e0a08010000000000003f0a001008",
        FieldData { kind: 104, field_name: "sv".into(), field: Some(field), ..FieldData::default() },
    );
}

#[test]
fn queries_by_vector() {
    let floats: Vec<u8> = FLOATS.iter().flat_map(|element| element.to_le_bytes()).collect();
    check("0a180a02243010651a100000803f0000803f0000004000006040", group(101, &floats));
    check(
        "0a180a02243010681a10010000000000003f070000000000803f",
        group(104, &bytes("010000000000003f070000000000803f")),
    );
    check("0a0d0a02243010151a0568656c6c6f", group(21, b"hello"));
    check("0a0c0a02243010661a04003c00c0", group(102, &[0x00, 0x3c, 0x00, 0xc0]));
    check("0a0c0a02243010671a04803f00c0", group(103, &[0x80, 0x3f, 0x00, 0xc0]));
    check("0a0a0a02243010641a028103", group(100, &[0x81, 0x03]));
    check("0a0b0a02243010691a0301fe7f", group(105, &[1, 0xfe, 127]));
}

#[test]
fn searches() {
    let search_params = pairs(&[
        ("topk", "3"),
        ("round_decimal", "-1"),
        ("ignore_growing", "False"),
        ("metric_type", "COSINE"),
        ("params", r#"{"metric_type":"COSINE","radius":0.1}"#),
    ]);
    let input = |group: PlaceholderGroup| Some(SearchRequestSearchInput::PlaceholderGroup(group.encode_to_vec()));
    let floats: Vec<u8> = FLOATS.iter().flat_map(|element| element.to_le_bytes()).collect();
    let two = TemplateValue { val: Some(TemplateValueVal::Int64Val(2)) };
    check(
        "1a01712a076e203e207b6b7d321a0a180a02243010651a100000803f0000803f000000400000604038014205636f6c6f724a090a04746f\
         706b1201334a130a0d726f756e645f646563696d616c12022d314a170a0e69676e6f72655f67726f77696e67120546616c73654a150a0b\
         6d65747269635f747970651206434f53494e454a2f0a06706172616d7312257b226d65747269635f74797065223a22434f53494e45222c\
         22726164697573223a302e317d5801600178019201070a016b12021002",
        SearchRequest {
            collection_name: "q".into(),
            dsl: "n > {k}".into(),
            search_input: input(group(101, &floats)),
            output_fields: vec!["color".into()],
            search_params,
            guarantee_timestamp: 1,
            nq: 1,
            use_default_consistency: true,
            expr_template_values: [("k".to_string(), two)].into(),
            ..SearchRequest::default()
        },
    );
    let results = SearchResultData {
        num_queries: 1,
        top_k: 2,
        fields_data: vec![meta(&[r#"{"color":"red"}"#, r#"{"color":"blue"}"#])],
        scores: vec![0.9, 0.5],
        ids: ids(&[3, 8]),
        topks: vec![2],
        output_fields: vec!["color".into()],
        primary_field_name: "id".into(),
        ..SearchResultData::default()
    };
    check(
        "0a001258080110021a3208171205246d6574611a254a230a0f7b22636f6c6f72223a22726564227d0a107b22636f6c6f72223a22626c75\
         65227d300122086666663f0000003f2a060a040a0203083201023a05636f6c6f726a0269641a0171",
        SearchResults {
            status: Some(Status::default()),
            results: Some(results),
            collection_name: "q".into(),
            ..SearchResults::default()
        },
    );
    let one = SearchRequest {
        collection_name: "q".into(),
        search_input: input(group(101, &floats)),
        search_params: pairs(&[("topk", "3"), ("anns_field", "vector")]),
        nq: 1,
        ..SearchRequest::default()
    };
    let rank = [("strategy", "rrf"), ("params", r#"{"k":60}"#), ("limit", "3"), ("round_decimal", "-1")];
    check(
        "1a01712a441a0171321a0a180a02243010651a100000803f0000803f000000400000604038014a090a04746f706b1201334a140a0a616e\
         6e735f6669656c641206766563746f726001320f0a087374726174656779120372726632120a06706172616d7312087b226b223a36307d\
         320a0a056c696d697412013332130a0d726f756e645f646563696d616c12022d31",
        HybridSearchRequest {
            collection_name: "q".into(),
            requests: vec![one],
            rank_params: pairs(&rank),
            ..HybridSearchRequest::default()
        },
    );
}

#[test]
fn queries_by_filter() {
    check(
        "1a0171220b696420696e205b312c325d2a012a40014a0a0a056c696d69741201354a0b0a066f66667365741201314a170a0e69676e6f72\
         655f67726f77696e67120546616c73654a1d0a147265647563655f73746f705f666f725f62657374120546616c73656001",
        QueryRequest {
            collection_name: "q".into(),
            expr: "id in [1,2]".into(),
            output_fields: vec!["*".into()],
            guarantee_timestamp: 1,
            query_params: pairs(&[
                ("limit", "5"),
                ("offset", "1"),
                ("ignore_growing", "False"),
                ("reduce_stop_for_best", "False"),
            ]),
            use_default_consistency: true,
            ..QueryRequest::default()
        },
    );
    check(
        "0a00121308051208636f756e74282a291a051a030a010a1a01712208636f756e74282a29",
        QueryResults {
            status: Some(Status::default()),
            fields_data: vec![longs("count(*)", &[10])],
            collection_name: "q".into(),
            output_fields: vec!["count(*)".into()],
            ..QueryResults::default()
        },
    );
}
