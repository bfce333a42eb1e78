//! Typed values, one column a field.
//!
//! A [`Column`] holds the values of one field for a run of rows. Rows without a value hold a neutral one (zero, the
//! empty text, JSON's null) and are told apart by the validity. [`build`] makes columns of what users send,
//! [`encode`] turns them into stored bytes and back; [`rows`] is the untyped form at the rim.

pub mod array;
pub mod build;
pub mod encode;
pub mod gather;
pub mod json;
pub mod rows;
pub mod text;
pub mod vector;

use crate::bitmap::Bitmap;
use crate::schema::{DataType, Field, Value};
pub use array::ArrayColumn;
pub use json::JsonColumn;
pub use text::TextColumn;
pub use vector::VectorColumn;

/// The values of one field.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    data: ColumnData,
    /// The rows that have a value; `None` when all have.
    validity: Option<Bitmap>,
}

/// Values by type; each has one entry a row.
#[derive(Debug, Clone, PartialEq)]
pub enum ColumnData {
    /// Truth values.
    Bool(Vec<bool>),
    /// 8-bit integers.
    Int8(Vec<i8>),
    /// 16-bit integers.
    Int16(Vec<i16>),
    /// 32-bit integers.
    Int32(Vec<i32>),
    /// 64-bit integers.
    Int64(Vec<i64>),
    /// 32-bit floats.
    Float(Vec<f32>),
    /// 64-bit floats.
    Double(Vec<f64>),
    /// Texts.
    VarChar(TextColumn),
    /// JSON documents.
    Json(JsonColumn),
    /// Lists of scalars.
    Array(ArrayColumn),
    /// Dense vectors.
    FloatVector(VectorColumn),
}

impl Column {
    /// The column of `field` without rows.
    pub fn new(field: &Field) -> Column {
        let data = match field.data_type {
            DataType::Array => {
                let element = field.element_type.expect("a checked array field has an element type");
                ColumnData::Array(ArrayColumn::new(ColumnData::new(element, 0)))
            }
            scalar => ColumnData::new(scalar, field.dim),
        };
        Column { data, validity: None }
    }

    /// The column of those values; `validity` must range over as many rows.
    pub fn from_data(data: ColumnData, validity: Option<Bitmap>) -> Column {
        debug_assert!(validity.as_ref().is_none_or(|valid| valid.len() == data.len()));
        let validity = validity.filter(|valid| valid.count() < valid.len());
        Column { data, validity }
    }

    /// The values.
    pub fn data(&self) -> &ColumnData {
        &self.data
    }

    /// The values, to be changed in ways that keep their number.
    pub fn data_mut(&mut self) -> &mut ColumnData {
        &mut self.data
    }

    /// The rows that have a value; `None` when all have.
    pub fn validity(&self) -> Option<&Bitmap> {
        self.validity.as_ref()
    }

    /// Whether `row` has a value.
    pub fn is_valid(&self, row: u32) -> bool {
        self.validity.as_ref().is_none_or(|valid| valid.contains(row))
    }

    /// How many rows there are.
    pub fn len(&self) -> u32 {
        self.data.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of `row`, copied; `Value::Null` where there is none.
    pub fn value(&self, row: u32) -> Value {
        if self.is_valid(row) { self.data.value(row) } else { Value::Null }
    }

    /// Appends `rows` of a column of the same field.
    ///
    /// # Panics
    /// If the columns are of different types.
    pub fn append(&mut self, other: &Column, rows: impl Iterator<Item = u32> + Clone) {
        let before = self.len();
        self.data.append(&other.data, rows.clone());
        if self.validity.is_none() && other.validity.is_none() {
            return;
        }
        let validity = self.validity.get_or_insert_with(|| Bitmap::full(before));
        for row in rows {
            validity.push(other.is_valid(row));
        }
    }

    /// Bytes of all values, wherever they are.
    pub fn value_bytes(&self) -> u64 {
        match &self.data {
            ColumnData::FloatVector(column) => column.value_bytes(),
            _ => self.size_bytes(),
        }
    }

    /// The heap that the column holds, in bytes.
    pub fn size_bytes(&self) -> u64 {
        self.data.size_bytes() + self.validity.as_ref().map_or(0, Bitmap::size_bytes)
    }
}

impl ColumnData {
    /// No values of that type; `dim` is for vectors.
    ///
    /// # Panics
    /// For [`DataType::Array`], whose element type it does not know.
    fn new(data_type: DataType, dim: u32) -> ColumnData {
        match data_type {
            DataType::Bool => ColumnData::Bool(Vec::new()),
            DataType::Int8 => ColumnData::Int8(Vec::new()),
            DataType::Int16 => ColumnData::Int16(Vec::new()),
            DataType::Int32 => ColumnData::Int32(Vec::new()),
            DataType::Int64 => ColumnData::Int64(Vec::new()),
            DataType::Float => ColumnData::Float(Vec::new()),
            DataType::Double => ColumnData::Double(Vec::new()),
            DataType::VarChar => ColumnData::VarChar(TextColumn::default()),
            DataType::Json => ColumnData::Json(JsonColumn::default()),
            DataType::FloatVector => ColumnData::FloatVector(VectorColumn::new(dim)),
            DataType::Array => unreachable!("arrays do not nest"),
        }
    }

    /// How many values there are.
    pub fn len(&self) -> u32 {
        match self {
            ColumnData::Bool(values) => values.len() as u32,
            ColumnData::Int8(values) => values.len() as u32,
            ColumnData::Int16(values) => values.len() as u32,
            ColumnData::Int32(values) => values.len() as u32,
            ColumnData::Int64(values) => values.len() as u32,
            ColumnData::Float(values) => values.len() as u32,
            ColumnData::Double(values) => values.len() as u32,
            ColumnData::VarChar(column) => column.len(),
            ColumnData::Json(column) => column.len(),
            ColumnData::Array(column) => column.len(),
            ColumnData::FloatVector(column) => column.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value at `row`, copied.
    pub fn value(&self, row: u32) -> Value {
        let at = row as usize;
        match self {
            ColumnData::Bool(values) => Value::Bool(values[at]),
            ColumnData::Int8(values) => Value::Int(values[at].into()),
            ColumnData::Int16(values) => Value::Int(values[at].into()),
            ColumnData::Int32(values) => Value::Int(values[at].into()),
            ColumnData::Int64(values) => Value::Int(values[at]),
            ColumnData::Float(values) => Value::Double(values[at].into()),
            ColumnData::Double(values) => Value::Double(values[at]),
            ColumnData::VarChar(column) => Value::Text(column.text(row).to_string()),
            ColumnData::Json(column) => column.document(row).to_value(),
            ColumnData::Array(column) => {
                Value::List(column.range(row).map(|at| column.elements().value(at as u32)).collect())
            }
            ColumnData::FloatVector(column) => {
                let vector = column.row_if_here(row).unwrap_or_default();
                Value::List(vector.iter().map(|element| Value::Double(f64::from(*element))).collect())
            }
        }
    }

    fn append(&mut self, other: &ColumnData, rows: impl Iterator<Item = u32>) {
        match (self, other) {
            (ColumnData::Bool(to), ColumnData::Bool(from)) => to.extend(rows.map(|row| from[row as usize])),
            (ColumnData::Int8(to), ColumnData::Int8(from)) => to.extend(rows.map(|row| from[row as usize])),
            (ColumnData::Int16(to), ColumnData::Int16(from)) => to.extend(rows.map(|row| from[row as usize])),
            (ColumnData::Int32(to), ColumnData::Int32(from)) => to.extend(rows.map(|row| from[row as usize])),
            (ColumnData::Int64(to), ColumnData::Int64(from)) => to.extend(rows.map(|row| from[row as usize])),
            (ColumnData::Float(to), ColumnData::Float(from)) => to.extend(rows.map(|row| from[row as usize])),
            (ColumnData::Double(to), ColumnData::Double(from)) => to.extend(rows.map(|row| from[row as usize])),
            (ColumnData::VarChar(to), ColumnData::VarChar(from)) => rows.for_each(|row| to.push(from.text(row))),
            (ColumnData::Json(to), ColumnData::Json(from)) => rows.for_each(|row| to.push_from(from, row)),
            (ColumnData::FloatVector(to), ColumnData::FloatVector(from)) => {
                rows.for_each(|row| to.extend(from.row(row)));
            }
            (ColumnData::Array(to), ColumnData::Array(from)) => rows.for_each(|row| {
                let range = from.range(row);
                to.push(|elements| elements.append_elements(from.elements(), range));
            }),
            (to, from) => unreachable!("a column of {} was appended to one of {}", from.kind(), to.kind()),
        }
    }

    /// As `append`, for the elements of arrays, which are no arrays: this ends the recursion of types.
    fn append_elements(&mut self, other: &ColumnData, range: std::ops::Range<usize>) {
        match (self, other) {
            (ColumnData::Bool(to), ColumnData::Bool(from)) => to.extend_from_slice(&from[range]),
            (ColumnData::Int8(to), ColumnData::Int8(from)) => to.extend_from_slice(&from[range]),
            (ColumnData::Int16(to), ColumnData::Int16(from)) => to.extend_from_slice(&from[range]),
            (ColumnData::Int32(to), ColumnData::Int32(from)) => to.extend_from_slice(&from[range]),
            (ColumnData::Int64(to), ColumnData::Int64(from)) => to.extend_from_slice(&from[range]),
            (ColumnData::Float(to), ColumnData::Float(from)) => to.extend_from_slice(&from[range]),
            (ColumnData::Double(to), ColumnData::Double(from)) => to.extend_from_slice(&from[range]),
            (ColumnData::VarChar(to), ColumnData::VarChar(from)) => {
                range.for_each(|at| to.push(from.text(at as u32)));
            }
            (to, from) => unreachable!("elements of {} were appended to {}", from.kind(), to.kind()),
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            ColumnData::Bool(_) => "Bool",
            ColumnData::Int8(_) => "Int8",
            ColumnData::Int16(_) => "Int16",
            ColumnData::Int32(_) => "Int32",
            ColumnData::Int64(_) => "Int64",
            ColumnData::Float(_) => "Float",
            ColumnData::Double(_) => "Double",
            ColumnData::VarChar(_) => "VarChar",
            ColumnData::Json(_) => "JSON",
            ColumnData::Array(_) => "Array",
            ColumnData::FloatVector(_) => "FloatVector",
        }
    }

    fn size_bytes(&self) -> u64 {
        match self {
            ColumnData::Bool(values) => values.len() as u64,
            ColumnData::Int8(values) => values.len() as u64,
            ColumnData::Int16(values) => values.len() as u64 * 2,
            ColumnData::Int32(values) => values.len() as u64 * 4,
            ColumnData::Int64(values) => values.len() as u64 * 8,
            ColumnData::Float(values) => values.len() as u64 * 4,
            ColumnData::Double(values) => values.len() as u64 * 8,
            ColumnData::VarChar(column) => column.size_bytes(),
            ColumnData::Json(column) => column.bytes().len() as u64 + u64::from(column.len()) * 4,
            ColumnData::Array(column) => u64::from(column.len()) * 4 + column.elements().size_bytes(),
            ColumnData::FloatVector(column) => column.size_bytes(),
        }
    }
}
