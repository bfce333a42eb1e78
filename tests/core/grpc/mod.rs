//! The gRPC door without a transport: real messages in, real messages out, an engine behind.

mod access;
mod columns;
mod compat;
mod flow;
mod refusals;
mod vectors;

use std::cell::Cell;
use std::rc::Rc;

use elanus::access::{Access, Owner};
use elanus::grpc::proto::collection::CreateCollectionRequest;
use elanus::grpc::proto::common::{KeyValuePair, PlaceholderGroup, PlaceholderValue, Status};
use elanus::grpc::proto::data::{
    FieldData, FieldDataField, FloatArray, LongArray, ScalarField, ScalarFieldData, StringArray, VectorField,
    VectorFieldData,
};
use elanus::grpc::proto::index::CreateIndexRequest;
use elanus::grpc::proto::rows::{InsertRequest, MutationResult, QueryRequest, QueryResults};
use elanus::grpc::proto::schema::{CollectionSchema, FieldSchema};
use elanus::grpc::{self, Call, Metadata, Refusal};
use elanus::host::Clock;
use elanus::host::memory::MemoryHost;
use prost::Message;

use crate::driven::Driven;

/// Milliseconds since 1970, in these tests.
const NOW_MS: u64 = 1_800_000_000_000;

struct Chance(Cell<u64>);

impl Clock for Chance {
    fn now_ms(&self) -> u64 {
        NOW_MS
    }

    fn random(&self) -> u64 {
        self.0.set(self.0.get().wrapping_mul(0x5851_f42d_4c95_7f2d) + 1);
        self.0.get()
    }
}

/// A server without a network.
struct Server {
    driven: Driven,
    access: Rc<Access>,
    /// What each call's `authorization` is.
    authorization: Option<String>,
}

impl Server {
    fn new() -> Server {
        Server::owned(None)
    }

    /// A server that asks who calls when it has an owner.
    fn owned(owner: Option<Owner>) -> Server {
        let (driven, _) = Driven::open(Rc::new(MemoryHost::default()), 1).expect("memory opens");
        let access = Rc::new(Access::new(driven.driver.clone(), Rc::new(Chance(Cell::new(7))), owner));
        Server { driven, access, authorization: None }
    }

    /// The bytes of a response.
    fn answer(&self, method: &str, message: Vec<u8>) -> Result<Vec<u8>, Refusal> {
        let metadata = Metadata { authorization: self.authorization.clone(), dbname: None };
        let call = Call { method: method.to_string(), metadata, message, now_ms: NOW_MS };
        let (driver, access) = (self.driven.driver.clone(), self.access.clone());
        self.driven.wait(async move { grpc::call(&driver, &access, call).await })
    }

    /// The response to a request, whatever its status.
    fn call<A: Message + Default>(&self, method: &str, request: impl Message) -> A {
        let bytes =
            self.answer(method, request.encode_to_vec()).unwrap_or_else(|refusal| panic!("{method}: {refusal:?}"));
        A::decode(bytes.as_slice()).unwrap()
    }

    /// Calls a method whose response is a status, which says that all is well.
    fn done(&self, method: &str, request: impl Message) {
        assert_eq!(self.call::<Status>(method, request), Status::default(), "{method}");
    }

    /// Makes a collection of those fields, with an index on `v` by L2, and loads it.
    fn create(&self, name: &str, fields: Vec<FieldSchema>, is_dynamic: bool) {
        let schema =
            CollectionSchema { name: name.into(), fields, enable_dynamic_field: is_dynamic, ..Default::default() };
        let request = CreateCollectionRequest {
            collection_name: name.into(),
            schema: schema.encode_to_vec(),
            ..CreateCollectionRequest::default()
        };
        self.done("CreateCollection", request);
        let extra_params = pairs(&[("index_type", "IVF_FLAT"), ("metric_type", "L2"), ("params", r#"{"nlist":128}"#)]);
        let index = CreateIndexRequest {
            collection_name: name.into(),
            field_name: "v".into(),
            extra_params,
            ..Default::default()
        };
        self.done("CreateIndex", index);
        let load = elanus::grpc::proto::collection::LoadCollectionRequest {
            collection_name: name.into(),
            ..Default::default()
        };
        self.done("LoadCollection", load);
    }

    fn insert(&self, collection: &str, num_rows: u32, fields_data: Vec<FieldData>) -> MutationResult {
        let request =
            InsertRequest { collection_name: collection.into(), num_rows, fields_data, ..InsertRequest::default() };
        self.call("Insert", request)
    }

    fn query(&self, collection: &str, expr: &str, output_fields: &[&str]) -> QueryResults {
        let output_fields = output_fields.iter().map(|name| name.to_string()).collect();
        let request = QueryRequest {
            collection_name: collection.into(),
            expr: expr.into(),
            output_fields,
            ..QueryRequest::default()
        };
        self.call("Query", request)
    }
}

fn pairs(list: &[(&str, &str)]) -> Vec<KeyValuePair> {
    list.iter().map(|(key, value)| KeyValuePair { key: key.to_string(), value: value.to_string() }).collect()
}

/// A field of a schema, by the number of its type.
fn field(name: &str, data_type: i32, type_params: &[(&str, &str)]) -> FieldSchema {
    FieldSchema { name: name.into(), data_type, type_params: pairs(type_params), ..FieldSchema::default() }
}

fn primary(name: &str, data_type: i32, type_params: &[(&str, &str)]) -> FieldSchema {
    FieldSchema { is_primary_key: true, ..field(name, data_type, type_params) }
}

/// `id` Int64, the primary key, and `v`, a vector of two.
fn plain_fields() -> Vec<FieldSchema> {
    vec![primary("id", 5, &[]), field("v", 101, &[("dim", "2")])]
}

fn scalars(name: &str, kind: i32, data: ScalarFieldData) -> FieldData {
    let field = Some(FieldDataField::Scalars(ScalarField { data: Some(data) }));
    FieldData { kind, field_name: name.into(), field, ..FieldData::default() }
}

fn longs(name: &str, data: &[i64]) -> FieldData {
    scalars(name, 5, ScalarFieldData::LongData(LongArray { data: data.to_vec() }))
}

fn texts(name: &str, data: &[&str]) -> FieldData {
    let data = data.iter().map(|text| text.to_string()).collect();
    scalars(name, 21, ScalarFieldData::StringData(StringArray { data }))
}

fn vectors(name: &str, dim: i64, data: &[f32]) -> FieldData {
    let data = VectorFieldData::FloatVector(FloatArray { data: data.to_vec() });
    let field = Some(FieldDataField::Vectors(VectorField { dim, data: Some(data) }));
    FieldData { kind: 101, field_name: name.into(), field, ..FieldData::default() }
}

fn placeholders(queries: &[&[f32]]) -> Vec<u8> {
    let values = queries.iter().map(|query| query.iter().flat_map(|element| element.to_le_bytes()).collect());
    let value = PlaceholderValue { tag: "$0".into(), kind: 101, values: values.collect(), ..Default::default() };
    PlaceholderGroup { placeholders: vec![value] }.encode_to_vec()
}

/// The column of that name.
fn column<'a>(columns: &'a [FieldData], name: &str) -> &'a ScalarFieldData {
    let found = columns.iter().find(|column| column.field_name == name).unwrap_or_else(|| panic!("no column {name}"));
    match &found.field {
        Some(FieldDataField::Scalars(ScalarField { data: Some(data) })) => data,
        other => panic!("{name} has {other:?}"),
    }
}
