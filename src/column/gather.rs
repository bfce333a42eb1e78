//! Values of chosen rows, as they go to a user.

use super::rows::{Texts, Values};
use super::{Column, ColumnData, VectorColumn};
use crate::schema::{DataType, Field};

/// A row of a column.
pub type Pick<'a> = (&'a Column, u32);

/// The values of `field` at `picks`, in their order; all columns must be of that field.
///
/// Rows without a value make the whole a list of [`Values::Any`], or of [`Values::Int64s`].
pub fn gather(field: &Field, picks: &[Pick<'_>]) -> Values {
    if picks.iter().any(|(column, row)| !column.is_valid(*row)) {
        return any(field, picks);
    }
    match field.data_type {
        DataType::Bool => Values::Bools(
            picks
                .iter()
                .map(|(column, row)| matches!(column.data(), ColumnData::Bool(v) if v[*row as usize]))
                .collect(),
        ),
        DataType::Int64 => Values::Ints(picks.iter().map(|(column, row)| integer(column.data(), *row)).collect()),
        // A double holds them exactly, and JavaScript has no other number.
        DataType::Int8 | DataType::Int16 | DataType::Int32 => {
            Values::Doubles(picks.iter().map(|(column, row)| integer(column.data(), *row) as f64).collect())
        }
        DataType::Float => Values::Floats(
            picks
                .iter()
                .map(|(column, row)| match column.data() {
                    ColumnData::Float(values) => values[*row as usize],
                    _ => unreachable!("a Float field has another column"),
                })
                .collect(),
        ),
        DataType::Double => Values::Doubles(
            picks
                .iter()
                .map(|(column, row)| match column.data() {
                    ColumnData::Double(values) => values[*row as usize],
                    _ => unreachable!("a Double field has another column"),
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
                match vector(column.data()).row_if_here(*row) {
                    Some(vector) => elements.extend_from_slice(vector),
                    // Whoever asked sees that a page is wanted, and asks anew.
                    None => elements.resize(elements.len() + field.dim as usize, 0.0),
                }
            }
            Values::FloatLists { dim: field.dim, elements }
        }
        DataType::Json | DataType::Array => any(field, picks),
    }
}

/// The vectors of a column that holds some.
///
/// # Panics
/// If it holds something else; schemas say which columns do.
pub fn vector(data: &ColumnData) -> &VectorColumn {
    match data {
        ColumnData::FloatVector(column) => column,
        _ => unreachable!("a vector field has another column"),
    }
}

/// The vectors of a column that holds some, to be changed.
///
/// # Panics
/// If it holds something else.
pub fn vector_mut(data: &mut ColumnData) -> &mut VectorColumn {
    match data {
        ColumnData::FloatVector(column) => column,
        _ => unreachable!("a vector field has another column"),
    }
}

fn integer(data: &ColumnData, row: u32) -> i64 {
    let at = row as usize;
    match data {
        ColumnData::Int8(values) => values[at].into(),
        ColumnData::Int16(values) => values[at].into(),
        ColumnData::Int32(values) => values[at].into(),
        ColumnData::Int64(values) => values[at],
        _ => unreachable!("an integer field has another column"),
    }
}

fn any(field: &Field, picks: &[Pick<'_>]) -> Values {
    let values = picks.iter().map(|(column, row)| column.value(*row)).collect();
    let is_int64 = field.data_type == DataType::Int64
        || field.data_type == DataType::Array && field.element_type == Some(DataType::Int64);
    if is_int64 { Values::Int64s(values) } else { Values::Any(values) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::build::build;
    use crate::column::rows::NamedValues;
    use crate::schema::Value;

    fn gathered(data_type: DataType, element_type: Option<DataType>, values: &[Value]) -> Values {
        let field = Field {
            id: 1,
            name: "f".into(),
            data_type,
            element_type,
            is_primary: false,
            is_auto_id: false,
            is_partition_key: false,
            is_clustering_key: false,
            is_nullable: true,
            default_value: None,
            description: String::new(),
            dim: 0,
            max_length: 0,
            max_capacity: 8,
            type_params: Default::default(),
        };
        let input = NamedValues { name: "f".into(), present: None, values: Values::Any(values.to_vec()) };
        let column = build(&field, Some(&input), values.len() as u32).expect("the values fit");
        let picks: Vec<Pick<'_>> = (0..values.len() as u32).map(|row| (&column, row)).collect();
        gather(&field, &picks)
    }

    #[test]
    fn int64_is_told_beside_nulls_and_in_lists() {
        let some = vec![Value::Int(1), Value::Null];
        let lists = vec![Value::List(vec![Value::Int(1)]), Value::Null];
        assert_eq!(gathered(DataType::Int64, None, &some), Values::Int64s(some.clone()));
        assert_eq!(gathered(DataType::Array, Some(DataType::Int64), &lists), Values::Int64s(lists.clone()));
        assert_eq!(gathered(DataType::Array, Some(DataType::Int32), &lists), Values::Any(lists));
        assert_eq!(gathered(DataType::Json, None, &some), Values::Any(some));
        assert_eq!(gathered(DataType::Int64, None, &[Value::Int(1)]), Values::Ints(vec![1]));
        assert_eq!(gathered(DataType::Int32, None, &[Value::Int(1)]), Values::Doubles(vec![1.0]));
    }
}
