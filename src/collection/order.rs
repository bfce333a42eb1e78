//! The order that a query asks its rows in: by fields, and last by primary key.

use std::cmp::Ordering;

use super::Collection;
use super::primary::RowAddress;
use crate::column::{Column, ColumnData};
use crate::error::{Error, Result};
use crate::schema::DataType;

/// A field to order by.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderBy {
    /// The field.
    pub field: String,
    /// Whether the greatest comes first.
    pub is_descending: bool,
    /// Whether rows without a value come first.
    pub has_nulls_first: bool,
}

impl OrderBy {
    /// The order that a text like `price`, `price:desc` or `price:desc:nulls_first` asks for. Ascending unless it says
    /// otherwise; a row without a value counts as the least unless it says otherwise.
    ///
    /// # Errors
    /// [`Error::Invalid`] for anything else.
    pub fn parse(text: &str) -> Result<OrderBy> {
        let (field, order) = text.split_once(':').unwrap_or((text, "asc"));
        let (is_descending, has_nulls_first) = match order.trim().to_ascii_lowercase().as_str() {
            "asc" | "asc:nulls_first" => (false, true),
            "asc:nulls_last" => (false, false),
            "desc" | "desc:nulls_last" => (true, false),
            "desc:nulls_first" => (true, true),
            _ => {
                return Err(Error::invalid(format!(
                    "invalid order by '{text}', expected a field, then :asc or :desc, then :nulls_first or :nulls_last"
                )));
            }
        };
        Ok(OrderBy { field: field.trim().to_string(), is_descending, has_nulls_first })
    }
}

/// An order by the column of its field.
pub(super) struct Order {
    column: usize,
    is_descending: bool,
    has_nulls_first: bool,
}

impl Collection {
    /// The orders by column.
    ///
    /// # Errors
    /// [`Error::FieldNotFound`]; [`Error::Unsupported`] for JSON and dynamic keys, [`Error::Invalid`] for other types that
    /// have no order.
    pub(super) fn orders(&self, asked: &[OrderBy]) -> Result<Vec<Order>> {
        let order = |asked: &OrderBy| {
            let name = &asked.field;
            let unsupported = |what: &str| Err(Error::Unsupported { what: format!("ordering by {name}, {what},") });
            let Some(column) = self.schema.column(name) else {
                return match self.schema.is_dynamic && !name.is_empty() || name.contains('[') {
                    true => unsupported("which is no field"),
                    false => Err(Error::FieldNotFound { field: name.clone() }),
                };
            };
            match self.schema.fields[column].data_type {
                DataType::Json => unsupported("which is JSON"),
                other @ (DataType::Array | DataType::FloatVector) => {
                    Err(Error::invalid(format!("order by field {name} is a {}, expected a scalar", other.name())))
                }
                DataType::Bool
                | DataType::Int8
                | DataType::Int16
                | DataType::Int32
                | DataType::Int64
                | DataType::Float
                | DataType::Double
                | DataType::VarChar => {
                    let OrderBy { is_descending, has_nulls_first, .. } = *asked;
                    Ok(Order { column, is_descending, has_nulls_first })
                }
            }
        };
        asked.iter().map(order).collect()
    }

    /// Which of two rows comes first: by the orders, one after the other, then by ascending primary key.
    pub(super) fn compare(&self, orders: &[Order], a: RowAddress, b: RowAddress) -> Ordering {
        for order in orders {
            let column = |at: RowAddress| &self.segments[&at.segment].columns()[order.column];
            let (one, other) = (column(a), column(b));
            let ordering = match (one.is_valid(a.row), other.is_valid(b.row)) {
                (true, true) if order.is_descending => compare_values(other, b.row, one, a.row),
                (true, true) => compare_values(one, a.row, other, b.row),
                (false, false) => Ordering::Equal,
                (is_valid, _) if is_valid == order.has_nulls_first => Ordering::Greater,
                _ => Ordering::Less,
            };
            if ordering != Ordering::Equal {
                return ordering;
            }
        }
        self.primary_key(a).cmp(&self.primary_key(b))
    }
}

/// Compares two values of one field; texts by bytes.
fn compare_values(a: &Column, row_a: u32, b: &Column, row_b: u32) -> Ordering {
    let (at_a, at_b) = (row_a as usize, row_b as usize);
    match (a.data(), b.data()) {
        (ColumnData::Bool(a), ColumnData::Bool(b)) => a[at_a].cmp(&b[at_b]),
        (ColumnData::Int8(a), ColumnData::Int8(b)) => a[at_a].cmp(&b[at_b]),
        (ColumnData::Int16(a), ColumnData::Int16(b)) => a[at_a].cmp(&b[at_b]),
        (ColumnData::Int32(a), ColumnData::Int32(b)) => a[at_a].cmp(&b[at_b]),
        (ColumnData::Int64(a), ColumnData::Int64(b)) => a[at_a].cmp(&b[at_b]),
        // Stored numbers are finite; the two zeros are one.
        (ColumnData::Float(a), ColumnData::Float(b)) => (a[at_a] + 0.0).total_cmp(&(b[at_b] + 0.0)),
        (ColumnData::Double(a), ColumnData::Double(b)) => (a[at_a] + 0.0).total_cmp(&(b[at_b] + 0.0)),
        (ColumnData::VarChar(a), ColumnData::VarChar(b)) => a.text(row_a).cmp(b.text(row_b)),
        _ => unreachable!("orders admits no other type"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_read_as_they_are_written() {
        let check = |text: &str, is_descending: bool, has_nulls_first: bool| {
            let expected = OrderBy { field: "price".to_string(), is_descending, has_nulls_first };
            assert_eq!(OrderBy::parse(text), Ok(expected), "{text}");
        };
        check("price", false, true);
        check(" price : ASC ", false, true);
        check("price:desc", true, false);
        check("price:asc:nulls_last", false, false);
        check("price:desc:nulls_first", true, true);
        for text in ["price:", "price:down", "price:desc:", "price:desc:nulls_last:x", "price:nulls_first:asc"] {
            assert!(OrderBy::parse(text).is_err(), "{text}");
        }
    }
}
