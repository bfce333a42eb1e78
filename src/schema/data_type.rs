//! The types that a field can have: Milvus's names and numbers, in one table.

use serde::{Deserialize, Serialize};

/// The type of a field, or of an array's elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum DataType {
    /// True or false.
    Bool,
    /// −128 … 127.
    Int8,
    /// −32,768 … 32,767.
    Int16,
    /// 32-bit signed.
    Int32,
    /// 64-bit signed.
    Int64,
    /// 32-bit IEEE, finite.
    Float,
    /// 64-bit IEEE, finite.
    Double,
    /// UTF-8 text of at most `max_length` bytes.
    VarChar,
    /// A JSON value of any shape.
    Json,
    /// A list of one scalar type, at most `max_capacity` long.
    Array,
    /// `dim` 32-bit floats, finite.
    FloatVector,
}

/// Every supported type with its name in the API and its number in Milvus's protobuf schema.
const TABLE: [(DataType, &str, i32); 11] = [
    (DataType::Bool, "Bool", 1),
    (DataType::Int8, "Int8", 2),
    (DataType::Int16, "Int16", 3),
    (DataType::Int32, "Int32", 4),
    (DataType::Int64, "Int64", 5),
    (DataType::Float, "Float", 10),
    (DataType::Double, "Double", 11),
    (DataType::VarChar, "VarChar", 21),
    (DataType::Array, "Array", 22),
    (DataType::Json, "JSON", 23),
    (DataType::FloatVector, "FloatVector", 101),
];

/// Types that Milvus has and this engine does not (yet).
const UNSUPPORTED: [&str; 9] = [
    "BinaryVector",
    "Float16Vector",
    "BFloat16Vector",
    "SparseFloatVector",
    "Int8Vector",
    "Geometry",
    "Timestamptz",
    "Text",
    "ArrayOfStruct",
];

impl DataType {
    /// The type's name, as requests and replies write it.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// The type's number in Milvus's `schema.DataType`.
    pub fn number(self) -> i32 {
        self.row().2
    }

    /// The type of that number.
    pub fn from_number(number: i32) -> Option<DataType> {
        TABLE.iter().find(|row| row.2 == number).map(|row| row.0)
    }

    /// The type of that name; case-sensitive, as in Milvus, but for `Varchar`, which its quick form accepts.
    pub fn from_name(name: &str) -> Option<DataType> {
        let name = if name == "Varchar" { "VarChar" } else { name };
        TABLE.iter().find(|row| row.1 == name).map(|row| row.0)
    }

    /// Whether Milvus has a type of that name that this engine lacks.
    pub fn is_unsupported_name(name: &str) -> bool {
        UNSUPPORTED.contains(&name)
    }

    /// Whether values are whole numbers.
    pub fn is_integer(self) -> bool {
        matches!(self, DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64)
    }

    /// Whether values are numbers.
    pub fn is_number(self) -> bool {
        self.is_integer() || matches!(self, DataType::Float | DataType::Double)
    }

    /// Whether values are vectors, which are searched by nearness.
    pub fn is_vector(self) -> bool {
        matches!(self, DataType::FloatVector)
    }

    /// Whether the type may be an array's element.
    pub fn is_element(self) -> bool {
        self.is_number() || matches!(self, DataType::Bool | DataType::VarChar)
    }

    /// The least and greatest value of an integer type.
    pub fn integer_range(self) -> Option<(i64, i64)> {
        match self {
            DataType::Int8 => Some((i8::MIN.into(), i8::MAX.into())),
            DataType::Int16 => Some((i16::MIN.into(), i16::MAX.into())),
            DataType::Int32 => Some((i32::MIN.into(), i32::MAX.into())),
            DataType::Int64 => Some((i64::MIN, i64::MAX)),
            DataType::Bool
            | DataType::Float
            | DataType::Double
            | DataType::VarChar
            | DataType::Json
            | DataType::Array
            | DataType::FloatVector => None,
        }
    }

    fn row(self) -> &'static (DataType, &'static str, i32) {
        TABLE.iter().find(|row| row.0 == self).expect("the table lists every type")
    }
}
