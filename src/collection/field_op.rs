//! What an upsert does to arrays that are there, other than replacing them.

use super::Collection;
use super::primary::RowAddress;
use crate::column::build::build;
use crate::column::rows::{Rows, Values};
use crate::error::{Error, Result};
use crate::schema::{DataType, Field, Value};

/// What becomes of the elements that a row brings for an array field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldOp {
    /// They come after those that are there.
    Append,
    /// Every element equal to one of them goes.
    Remove,
}

impl FieldOp {
    /// The operation of that name; `None` for the one that replaces.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a name that Milvus does not have.
    pub fn from_name(name: &str) -> Result<Option<FieldOp>> {
        match name {
            "REPLACE" => Ok(None),
            "ARRAY_APPEND" => Ok(Some(FieldOp::Append)),
            "ARRAY_REMOVE" => Ok(Some(FieldOp::Remove)),
            _ => {
                let reason = format!("field op {name} is invalid, expected REPLACE, ARRAY_APPEND or ARRAY_REMOVE");
                Err(Error::invalid(reason))
            }
        }
    }
}

impl Collection {
    /// Puts what the operations make of the old arrays in place of what the rows bring. `old` is where each row was; a row
    /// that is new, or had no array, had an empty one.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a field that is no array or that no row brings, and what [`build`] says of the elements.
    pub(super) fn apply_ops(
        &self,
        rows: &mut Rows,
        ops: &[(String, FieldOp)],
        old: &[Option<RowAddress>],
    ) -> Result<()> {
        for (name, op) in ops {
            let column = self.schema.column(name).ok_or_else(|| Error::FieldNotFound { field: name.clone() })?;
            let field = &self.schema.fields[column];
            if field.data_type != DataType::Array {
                let got = field.data_type.name();
                return Err(Error::invalid(format!("field op of {name}: expected an Array field, got {got}")));
            }
            let Some(given) = rows.columns.iter_mut().find(|column| column.name == *name) else {
                return Err(Error::invalid(format!("field op of {name}: the rows do not have the field")));
            };
            // As values of the field's type, so that equal elements are equal however they were written.
            let typed = build(&Field { is_nullable: true, ..field.clone() }, Some(given), rows.row_count)?;
            let present: Vec<u32> = given.present.clone().unwrap_or_else(|| (0..rows.row_count).collect());
            let merged = present.iter().map(|&row| {
                let was = old[row as usize].map(|at| self.segments[&at.segment].columns()[column].value(at.row));
                let (mut elements, brought) = (elements(was.unwrap_or(Value::Null)), elements(typed.value(row)));
                match op {
                    FieldOp::Append => elements.extend(brought),
                    FieldOp::Remove => elements.retain(|element| !brought.contains(element)),
                }
                Value::List(elements)
            });
            given.values = Values::Any(merged.collect());
        }
        Ok(())
    }
}

fn elements(value: Value) -> Vec<Value> {
    match value {
        Value::List(elements) => elements,
        _ => Vec::new(),
    }
}
