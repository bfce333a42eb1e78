//! `schema.proto`: what a collection is.

use prost::{Message, Oneof};

use super::common::KeyValuePair;

#[derive(Clone, PartialEq, Message)]
pub struct CollectionSchema {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(string, tag = "2")]
    pub description: String,
    #[prost(bool, tag = "3")]
    pub auto_id: bool,
    #[prost(message, repeated, tag = "4")]
    pub fields: Vec<FieldSchema>,
    #[prost(bool, tag = "5")]
    pub enable_dynamic_field: bool,
    #[prost(message, repeated, tag = "6")]
    pub properties: Vec<KeyValuePair>,
    #[prost(message, repeated, tag = "7")]
    pub functions: Vec<FunctionSchema>,
    #[prost(message, repeated, tag = "9")]
    pub struct_array_fields: Vec<StructArrayFieldSchema>,
}

#[derive(Clone, PartialEq, Message)]
pub struct FieldSchema {
    #[prost(int64, tag = "1")]
    pub field_id: i64,
    #[prost(string, tag = "2")]
    pub name: String,
    #[prost(bool, tag = "3")]
    pub is_primary_key: bool,
    #[prost(string, tag = "4")]
    pub description: String,
    #[prost(int32, tag = "5")]
    pub data_type: i32,
    #[prost(message, repeated, tag = "6")]
    pub type_params: Vec<KeyValuePair>,
    #[prost(message, repeated, tag = "7")]
    pub index_params: Vec<KeyValuePair>,
    #[prost(bool, tag = "8")]
    pub auto_id: bool,
    #[prost(int32, tag = "10")]
    pub element_type: i32,
    #[prost(message, optional, tag = "11")]
    pub default_value: Option<ValueField>,
    #[prost(bool, tag = "12")]
    pub is_dynamic: bool,
    #[prost(bool, tag = "13")]
    pub is_partition_key: bool,
    #[prost(bool, tag = "14")]
    pub is_clustering_key: bool,
    #[prost(bool, tag = "15")]
    pub nullable: bool,
}

#[derive(Clone, PartialEq, Message)]
pub struct ValueField {
    #[prost(oneof = "ValueFieldData", tags = "1, 2, 3, 4, 5, 6, 7")]
    pub data: Option<ValueFieldData>,
}

#[derive(Clone, PartialEq, Oneof)]
pub enum ValueFieldData {
    #[prost(bool, tag = "1")]
    BoolData(bool),
    #[prost(int32, tag = "2")]
    IntData(i32),
    #[prost(int64, tag = "3")]
    LongData(i64),
    #[prost(float, tag = "4")]
    FloatData(f32),
    #[prost(double, tag = "5")]
    DoubleData(f64),
    #[prost(string, tag = "6")]
    StringData(String),
    #[prost(bytes = "vec", tag = "7")]
    BytesData(Vec<u8>),
}

#[derive(Clone, PartialEq, Message)]
pub struct FunctionSchema {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(string, tag = "3")]
    pub description: String,
    #[prost(int32, tag = "4")]
    pub kind: i32,
    #[prost(string, repeated, tag = "5")]
    pub input_field_names: Vec<String>,
    #[prost(string, repeated, tag = "7")]
    pub output_field_names: Vec<String>,
    #[prost(message, repeated, tag = "9")]
    pub params: Vec<KeyValuePair>,
}

#[derive(Clone, PartialEq, Message)]
pub struct StructArrayFieldSchema {
    #[prost(string, tag = "2")]
    pub name: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct FunctionScore {
    #[prost(message, repeated, tag = "1")]
    pub functions: Vec<FunctionSchema>,
    #[prost(message, repeated, tag = "2")]
    pub params: Vec<KeyValuePair>,
}
