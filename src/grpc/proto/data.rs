//! `schema.proto`: columns, keys, and the values of template variables.

use prost::{Message, Oneof};

#[derive(Clone, PartialEq, Message)]
pub struct FieldData {
    #[prost(int32, tag = "1")]
    pub kind: i32,
    #[prost(string, tag = "2")]
    pub field_name: String,
    #[prost(oneof = "FieldDataField", tags = "3, 4")]
    pub field: Option<FieldDataField>,
    #[prost(int64, tag = "5")]
    pub field_id: i64,
    #[prost(bool, tag = "6")]
    pub is_dynamic: bool,
    #[prost(bool, repeated, tag = "7")]
    pub valid_data: Vec<bool>,
}

#[derive(Clone, PartialEq, Oneof)]
pub enum FieldDataField {
    #[prost(message, tag = "3")]
    Scalars(ScalarField),
    #[prost(message, tag = "4")]
    Vectors(VectorField),
}

#[derive(Clone, PartialEq, Message)]
pub struct ScalarField {
    #[prost(oneof = "ScalarFieldData", tags = "1, 2, 3, 4, 5, 6, 8, 9")]
    pub data: Option<ScalarFieldData>,
}

#[derive(Clone, PartialEq, Oneof)]
pub enum ScalarFieldData {
    #[prost(message, tag = "1")]
    BoolData(BoolArray),
    #[prost(message, tag = "2")]
    IntData(IntArray),
    #[prost(message, tag = "3")]
    LongData(LongArray),
    #[prost(message, tag = "4")]
    FloatData(FloatArray),
    #[prost(message, tag = "5")]
    DoubleData(DoubleArray),
    #[prost(message, tag = "6")]
    StringData(StringArray),
    #[prost(message, tag = "8")]
    ArrayData(ArrayArray),
    #[prost(message, tag = "9")]
    JsonData(JSONArray),
}

#[derive(Clone, PartialEq, Message)]
pub struct BoolArray {
    #[prost(bool, repeated, tag = "1")]
    pub data: Vec<bool>,
}

#[derive(Clone, PartialEq, Message)]
pub struct IntArray {
    #[prost(int32, repeated, tag = "1")]
    pub data: Vec<i32>,
}

#[derive(Clone, PartialEq, Message)]
pub struct LongArray {
    #[prost(int64, repeated, tag = "1")]
    pub data: Vec<i64>,
}

#[derive(Clone, PartialEq, Message)]
pub struct FloatArray {
    #[prost(float, repeated, tag = "1")]
    pub data: Vec<f32>,
}

#[derive(Clone, PartialEq, Message)]
pub struct DoubleArray {
    #[prost(double, repeated, tag = "1")]
    pub data: Vec<f64>,
}

#[derive(Clone, PartialEq, Message)]
pub struct StringArray {
    #[prost(string, repeated, tag = "1")]
    pub data: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
pub struct ArrayArray {
    #[prost(message, repeated, tag = "1")]
    pub data: Vec<ScalarField>,
    #[prost(int32, tag = "2")]
    pub element_type: i32,
}

#[derive(Clone, PartialEq, Message)]
pub struct JSONArray {
    #[prost(bytes = "vec", repeated, tag = "1")]
    pub data: Vec<Vec<u8>>,
}

#[derive(Clone, PartialEq, Message)]
pub struct VectorField {
    #[prost(int64, tag = "1")]
    pub dim: i64,
    #[prost(oneof = "VectorFieldData", tags = "2, 3, 4, 5, 6, 7")]
    pub data: Option<VectorFieldData>,
}

#[derive(Clone, PartialEq, Oneof)]
pub enum VectorFieldData {
    #[prost(message, tag = "2")]
    FloatVector(FloatArray),
    #[prost(bytes = "vec", tag = "3")]
    BinaryVector(Vec<u8>),
    #[prost(bytes = "vec", tag = "4")]
    Float16Vector(Vec<u8>),
    #[prost(bytes = "vec", tag = "5")]
    Bfloat16Vector(Vec<u8>),
    #[prost(message, tag = "6")]
    SparseFloatVector(SparseFloatArray),
    #[prost(bytes = "vec", tag = "7")]
    Int8Vector(Vec<u8>),
}

#[derive(Clone, PartialEq, Message)]
pub struct SparseFloatArray {
    #[prost(bytes = "vec", repeated, tag = "1")]
    pub contents: Vec<Vec<u8>>,
    #[prost(int64, tag = "2")]
    pub dim: i64,
}

#[derive(Clone, PartialEq, Message)]
pub struct IDs {
    #[prost(oneof = "IDsIdField", tags = "1, 2")]
    pub id_field: Option<IDsIdField>,
}

#[derive(Clone, PartialEq, Oneof)]
pub enum IDsIdField {
    #[prost(message, tag = "1")]
    IntId(LongArray),
    #[prost(message, tag = "2")]
    StrId(StringArray),
}

#[derive(Clone, PartialEq, Message)]
pub struct TemplateValue {
    #[prost(oneof = "TemplateValueVal", tags = "1, 2, 3, 4, 5, 6")]
    pub val: Option<TemplateValueVal>,
}

#[derive(Clone, PartialEq, Oneof)]
pub enum TemplateValueVal {
    #[prost(bool, tag = "1")]
    BoolVal(bool),
    #[prost(int64, tag = "2")]
    Int64Val(i64),
    #[prost(double, tag = "3")]
    FloatVal(f64),
    #[prost(string, tag = "4")]
    StringVal(String),
    #[prost(message, tag = "5")]
    ArrayVal(TemplateArrayValue),
    #[prost(bytes = "vec", tag = "6")]
    BytesVal(Vec<u8>),
}

#[derive(Clone, PartialEq, Message)]
pub struct TemplateArrayValue {
    #[prost(oneof = "TemplateArrayValueData", tags = "1, 2, 3, 4, 5, 6")]
    pub data: Option<TemplateArrayValueData>,
}

#[derive(Clone, PartialEq, Oneof)]
pub enum TemplateArrayValueData {
    #[prost(message, tag = "1")]
    BoolData(BoolArray),
    #[prost(message, tag = "2")]
    LongData(LongArray),
    #[prost(message, tag = "3")]
    DoubleData(DoubleArray),
    #[prost(message, tag = "4")]
    StringData(StringArray),
    #[prost(message, tag = "5")]
    ArrayData(TemplateArrayValueArray),
    #[prost(message, tag = "6")]
    JsonData(JSONArray),
}

#[derive(Clone, PartialEq, Message)]
pub struct TemplateArrayValueArray {
    #[prost(message, repeated, tag = "1")]
    pub data: Vec<TemplateArrayValue>,
}
