//! Values of chosen rows, as they go to a user.

use super::rows::{Texts, Values};
use super::{Column, ColumnData, VectorColumn};
use crate::schema::{DataType, Field};

/// A row of a column.
pub type Pick<'a> = (&'a Column, u32);

/// The values of `field` at `picks`, in their order; all columns must be of that field.
///
/// Rows without a value make the whole a list of [`Values::Any`].
pub fn gather(field: &Field, picks: &[Pick<'_>]) -> Values {
    if picks.iter().any(|(column, row)| !column.is_valid(*row)) {
        return any(picks);
    }
    match field.data_type {
        DataType::Bool => Values::Bools(
            picks
                .iter()
                .map(|(column, row)| matches!(column.data(), ColumnData::Bool(v) if v[*row as usize]))
                .collect(),
        ),
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => {
            Values::Ints(picks.iter().map(|(column, row)| integer(column.data(), *row)).collect())
        }
        DataType::Float => Values::Floats(
            picks
                .iter()
                .map(|(column, row)| match column.data() {
                    ColumnData::Float(values) => values[*row as usize],
                    other => unreachable!("a Float field has a column of {other:?}"),
                })
                .collect(),
        ),
        DataType::Double => Values::Doubles(
            picks
                .iter()
                .map(|(column, row)| match column.data() {
                    ColumnData::Double(values) => values[*row as usize],
                    other => unreachable!("a Double field has a column of {other:?}"),
                })
                .collect(),
        ),
        DataType::VarChar => {
            let mut texts = Texts::default();
            for (column, row) in picks {
                if let ColumnData::VarChar(column) = column.data() {
                    texts.push(column.text(*row));
                }
            }
            Values::Texts(texts)
        }
        DataType::FloatVector => {
            let mut elements = Vec::with_capacity(picks.len() * field.dim as usize);
            for (column, row) in picks {
                elements.extend_from_slice(vector(column.data()).row(*row));
            }
            Values::FloatLists { dim: field.dim, elements }
        }
        DataType::Json | DataType::Array => any(picks),
    }
}

/// The vectors of a column that holds some.
///
/// # Panics
/// If it holds something else; schemas say which columns do.
pub fn vector(data: &ColumnData) -> &VectorColumn {
    match data {
        ColumnData::FloatVector(column) => column,
        other => unreachable!("a vector field has a column of {other:?}"),
    }
}

fn integer(data: &ColumnData, row: u32) -> i64 {
    let at = row as usize;
    match data {
        ColumnData::Int8(values) => values[at].into(),
        ColumnData::Int16(values) => values[at].into(),
        ColumnData::Int32(values) => values[at].into(),
        ColumnData::Int64(values) => values[at],
        other => unreachable!("an integer field has a column of {other:?}"),
    }
}

fn any(picks: &[Pick<'_>]) -> Values {
    Values::Any(picks.iter().map(|(column, row)| column.value(*row)).collect())
}
