//! Columns to stored bytes and back.
//!
//! A stored column is a run of sections, raw and little-endian, one after the other; a [`ColumnRecord`] beside it says
//! how long each is. The sections, in order:
//!
//! | type | sections |
//! | --- | --- |
//! | any, when a row lacks a value | validity: a bitmap in 64-bit words |
//! | Bool | one byte a row |
//! | Int8 … Int64, Float, Double | one number a row |
//! | VarChar | entry of each row (u32); where each entry ends (u32); the entries' UTF-8 |
//! | JSON | where each document ends (u32); the documents (see [`super::json`]) |
//! | Array | where each row's elements end (u32); then the sections of the elements |
//! | FloatVector | `rows × dim` floats |
//!
//! Memory is written as it lies, which is right on little-endian machines, the only ones that wasm and Node run on.

use serde::{Deserialize, Serialize};

use super::{ArrayColumn, Column, ColumnData, JsonColumn, TextColumn, VectorColumn};
use crate::bitmap::Bitmap;
use crate::schema::{DataType, Field, FieldId};

#[cfg(target_endian = "big")]
compile_error!("stored numbers are little-endian and are used where they lie");

/// The shape of a stored column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnRecord {
    /// The column's field.
    pub field: FieldId,
    /// Whether the first section is the validity.
    pub has_validity: bool,
    /// Bytes of each section.
    pub sections: Vec<u32>,
}

impl ColumnRecord {
    /// Bytes of all sections.
    pub fn size_bytes(&self) -> u64 {
        self.sections.iter().map(|bytes| u64::from(*bytes)).sum()
    }
}

/// Appends the sections of `column` to `out` and tells their shape.
pub fn encode(field: FieldId, column: &Column, out: &mut Vec<u8>) -> ColumnRecord {
    let mut writer = Writer { out, sections: Vec::new() };
    if let Some(validity) = column.validity() {
        writer.slice(bytemuck::cast_slice(validity.words()));
    }
    writer.data(column.data());
    ColumnRecord { field, has_validity: column.validity().is_some(), sections: writer.sections }
}

/// The column whose sections are `bytes`; `None` when they are not what [`encode`] writes for `row_count` rows.
pub fn decode(field: &Field, record: &ColumnRecord, row_count: u32, bytes: &[u8]) -> Option<Column> {
    let mut reader = Reader { rest: bytes, sections: record.sections.iter() };
    let validity = match record.has_validity {
        true => {
            let words = numbers(reader.section()?, u64::from_le_bytes)?;
            Some(Bitmap::from_words(words, row_count)?)
        }
        false => None,
    };
    let data = match field.data_type {
        DataType::Array => {
            let ends = numbers(reader.section()?, u32::from_le_bytes)?;
            let elements = reader.data(field.element_type?, 0)?;
            ColumnData::Array(ArrayColumn::from_parts(ends, elements)?)
        }
        data_type => reader.data(data_type, field.dim)?,
    };
    let is_whole = reader.rest.is_empty() && reader.sections.next().is_none() && data.len() == row_count;
    is_whole.then(|| Column::from_data(data, validity))
}

struct Writer<'a> {
    out: &'a mut Vec<u8>,
    sections: Vec<u32>,
}

impl Writer<'_> {
    fn slice(&mut self, bytes: &[u8]) {
        let before = self.out.len();
        self.out.extend_from_slice(bytes);
        self.close(before);
    }

    fn close(&mut self, before: usize) {
        let bytes = u32::try_from(self.out.len() - before).expect("a run of rows is smaller than 4 GiB");
        self.sections.push(bytes);
    }

    fn data(&mut self, data: &ColumnData) {
        match data {
            ColumnData::Bool(values) => {
                let before = self.out.len();
                self.out.extend(values.iter().map(|truth| u8::from(*truth)));
                self.close(before);
            }
            ColumnData::Int8(values) => self.slice(bytemuck::cast_slice(values)),
            ColumnData::Int16(values) => self.slice(bytemuck::cast_slice(values)),
            ColumnData::Int32(values) => self.slice(bytemuck::cast_slice(values)),
            ColumnData::Int64(values) => self.slice(bytemuck::cast_slice(values)),
            ColumnData::Float(values) => self.slice(bytemuck::cast_slice(values)),
            ColumnData::Double(values) => self.slice(bytemuck::cast_slice(values)),
            ColumnData::VarChar(column) => {
                self.slice(bytemuck::cast_slice(column.codes()));
                self.slice(bytemuck::cast_slice(column.ends()));
                self.slice(column.bytes().as_bytes());
            }
            ColumnData::Json(column) => {
                self.slice(bytemuck::cast_slice(column.ends()));
                self.slice(column.bytes());
            }
            ColumnData::Array(column) => {
                self.slice(bytemuck::cast_slice(column.ends()));
                self.data(column.elements());
            }
            ColumnData::FloatVector(column) => {
                let before = self.out.len();
                for page in column.page_floats() {
                    self.out.extend_from_slice(bytemuck::cast_slice(page));
                }
                self.close(before);
            }
        }
    }
}

struct Reader<'a> {
    rest: &'a [u8],
    sections: std::slice::Iter<'a, u32>,
}

impl<'a> Reader<'a> {
    fn section(&mut self) -> Option<&'a [u8]> {
        let (section, rest) = self.rest.split_at_checked(*self.sections.next()? as usize)?;
        self.rest = rest;
        Some(section)
    }

    fn data(&mut self, data_type: DataType, dim: u32) -> Option<ColumnData> {
        let section = self.section()?;
        Some(match data_type {
            DataType::Bool => {
                let truth = |byte: &u8| (*byte <= 1).then_some(*byte == 1);
                ColumnData::Bool(section.iter().map(truth).collect::<Option<_>>()?)
            }
            DataType::Int8 => ColumnData::Int8(numbers(section, i8::from_le_bytes)?),
            DataType::Int16 => ColumnData::Int16(numbers(section, i16::from_le_bytes)?),
            DataType::Int32 => ColumnData::Int32(numbers(section, i32::from_le_bytes)?),
            DataType::Int64 => ColumnData::Int64(numbers(section, i64::from_le_bytes)?),
            DataType::Float => ColumnData::Float(numbers(section, f32::from_le_bytes)?),
            DataType::Double => ColumnData::Double(numbers(section, f64::from_le_bytes)?),
            DataType::VarChar => {
                let codes = numbers(section, u32::from_le_bytes)?;
                let ends = numbers(self.section()?, u32::from_le_bytes)?;
                ColumnData::VarChar(TextColumn::from_parts(codes, ends, self.section()?.to_vec())?)
            }
            DataType::Json => {
                let ends = numbers(section, u32::from_le_bytes)?;
                ColumnData::Json(JsonColumn::from_parts(ends, self.section()?.to_vec())?)
            }
            DataType::FloatVector => {
                let floats = numbers(section, f32::from_le_bytes)?;
                if dim == 0 || floats.len() % dim as usize != 0 {
                    return None;
                }
                let mut column = VectorColumn::new(dim);
                column.extend(&floats);
                ColumnData::FloatVector(column)
            }
            DataType::Array => return None,
        })
    }
}

/// The numbers of a section; `None` when a part of one is left.
fn numbers<const SIZE: usize, T>(section: &[u8], from: impl Fn([u8; SIZE]) -> T) -> Option<Vec<T>> {
    let (whole, rest) = section.as_chunks::<SIZE>();
    rest.is_empty().then(|| whole.iter().map(|bytes| from(*bytes)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::build::build;
    use crate::column::rows::{NamedValues, Values};
    use crate::schema::Value;

    fn field(data_type: DataType, element_type: Option<DataType>) -> Field {
        Field {
            id: 101,
            name: "f".into(),
            data_type,
            element_type,
            is_primary: false,
            is_auto_id: false,
            is_partition_key: false,
            is_clustering_key: false,
            is_nullable: !data_type.is_vector(),
            default_value: None,
            description: String::new(),
            dim: if data_type.is_vector() { 3 } else { 0 },
            max_length: 100,
            max_capacity: 10,
            type_params: Default::default(),
        }
    }

    fn samples() -> Vec<(Field, Vec<Value>)> {
        use Value::{Bool, Double, Int, List, Null, Text};
        let text = |text: &str| Text(text.to_string());
        let floats = |seed: i64| List((0..3).map(|i| Int(seed + i)).collect());
        vec![
            (field(DataType::Bool, None), vec![Bool(true), Null, Bool(false)]),
            (field(DataType::Int8, None), vec![Int(-128), Int(127), Null]),
            (field(DataType::Int16, None), vec![Int(-300), Int(0), Int(1)]),
            (field(DataType::Int32, None), vec![Int(70_000), Null, Null]),
            (field(DataType::Int64, None), vec![Int(i64::MIN), Int(i64::MAX), Int(5)]),
            (field(DataType::Float, None), vec![Double(0.5), Int(2), Null]),
            (field(DataType::Double, None), vec![Double(-0.1), Int(2), Double(1e300)]),
            (field(DataType::VarChar, None), vec![text("a"), text("日本"), text("a")]),
            (field(DataType::Json, None), vec![Value::Object(vec![("k".into(), List(vec![Int(1)]))]), Null, Int(3)]),
            (field(DataType::Array, Some(DataType::Int32)), vec![List(vec![Int(1), Int(2)]), List(vec![]), Null]),
            (field(DataType::Array, Some(DataType::VarChar)), vec![List(vec![text("x")]), List(vec![]), Null]),
            (field(DataType::FloatVector, None), vec![floats(0), floats(5), floats(9)]),
        ]
    }

    #[test]
    fn columns_come_back_as_they_were() {
        for (field, values) in samples() {
            let input = NamedValues { name: "f".into(), present: None, values: Values::Any(values) };
            let column = build(&field, Some(&input), 3).expect("sample rows fit");
            let mut bytes = Vec::new();
            let record = encode(field.id, &column, &mut bytes);
            assert_eq!(record.size_bytes(), bytes.len() as u64);
            assert_eq!(decode(&field, &record, 3, &bytes).as_ref(), Some(&column), "{:?}", field.data_type);
            assert_eq!(decode(&field, &record, 4, &bytes), None);
            assert_eq!(decode(&field, &record, 3, &bytes[1..]), None);
        }
    }

    #[test]
    fn damaged_sections_never_panic() {
        for (field, values) in samples() {
            let input = NamedValues { name: "f".into(), present: None, values: Values::Any(values) };
            let column = build(&field, Some(&input), 3).expect("sample rows fit");
            let mut bytes = Vec::new();
            let record = encode(field.id, &column, &mut bytes);
            for at in 0..bytes.len() * 8 {
                let mut damaged = bytes.clone();
                damaged[at / 8] ^= 1 << (at % 8);
                if let Some(column) = decode(&field, &record, 3, &damaged) {
                    (0..3).for_each(|row| drop(column.value(row)));
                }
            }
        }
    }
}
