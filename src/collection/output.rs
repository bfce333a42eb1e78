//! Output fields: which columns of the winners a reply has.

use super::Collection;
use super::primary::RowAddress;
use crate::column::gather::{Pick, gather};
use crate::column::json::Node;
use crate::column::rows::{NamedValues, Rows, Values};
use crate::column::{Column, ColumnData};
use crate::error::{Error, Result};
use crate::schema::{Schema, Value};
use crate::sorted::{SortedMap, sort_and_dedup};

/// What a reply has of each row.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// Columns of fields, ascending.
    columns: Vec<usize>,
    /// Dynamic keys, besides those that all would give.
    dynamic_keys: Vec<String>,
    /// Whether every dynamic key is wanted.
    has_all_dynamic: bool,
}

impl Output {
    /// The output that `names` ask for: fields, dynamic keys, `$meta`, or `*` for all fields and dynamic keys.
    ///
    /// # Errors
    /// [`Error::FieldNotFound`] for a name that is none of these.
    pub fn new(names: &[String], schema: &Schema, with_primary: bool) -> Result<Output> {
        let mut output = Output { columns: Vec::new(), dynamic_keys: Vec::new(), has_all_dynamic: false };
        for name in names {
            let name = name.trim();
            match schema.column(name) {
                _ if name == "*" => {
                    output.columns.extend(0..schema.user_fields().len());
                    output.has_all_dynamic = schema.is_dynamic;
                }
                Some(column) => output.columns.push(column),
                None if schema.is_dynamic && !name.is_empty() && !name.contains('[') => {
                    output.dynamic_keys.push(name.to_string());
                }
                None => return Err(Error::FieldNotFound { field: name.to_string() }),
            }
        }
        let primary = schema.primary_column();
        output.columns.retain(|column| *column != primary);
        if with_primary {
            output.columns.push(primary);
        }
        sort_and_dedup(&mut output.columns);
        sort_and_dedup(&mut output.dynamic_keys);
        Ok(output)
    }
}

impl Collection {
    /// The output of rows, in their order.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it would be larger than [`RESULT_BYTES_MAX`], before anything is copied.
    pub(super) fn rows(&self, addresses: &[RowAddress], output: &Output) -> Result<Rows> {
        self.check_size(addresses.len() as u64, output)?;
        let mut columns = Vec::new();
        for &column in &output.columns {
            columns.push(self.field_values(addresses, column));
        }
        if let Some(dynamic) = self.schema.dynamic_column()
            && (output.has_all_dynamic || !output.dynamic_keys.is_empty())
        {
            let keys = dynamic_columns(&self.picks(addresses, dynamic), output);
            // Rows that are older than a field may have its name as a key, which the field hides.
            columns.extend(keys.into_iter().filter(|column| self.schema.column(&column.name).is_none()));
        }
        Ok(Rows { row_count: addresses.len() as u32, columns })
    }

    /// The values of one field of rows, in their order.
    pub(super) fn field_values(&self, addresses: &[RowAddress], column: usize) -> NamedValues {
        let field = &self.schema.fields[column];
        let values = gather(field, &self.picks(addresses, column));
        NamedValues { name: field.name.clone(), present: None, values }
    }

    /// The primary keys of rows, in their order.
    pub(super) fn primary_keys(&self, addresses: &[RowAddress]) -> Values {
        let primary = self.schema.primary_column();
        gather(&self.schema.fields[primary], &self.picks(addresses, primary))
    }

    /// Estimates a reply by the mean size of the values.
    fn check_size(&self, row_count: u64, output: &Output) -> Result<()> {
        let has_dynamic = output.has_all_dynamic || !output.dynamic_keys.is_empty();
        let dynamic = self.schema.dynamic_column().filter(|_| has_dynamic);
        let wanted = output.columns.iter().copied().chain(dynamic);
        let stored: u64 =
            wanted.map(|at| self.segments.values().map(|s| s.columns()[at].value_bytes()).sum::<u64>()).sum();
        let rows: u64 = self.segments.values().map(|segment| u64::from(segment.row_count())).sum();
        check_bytes((u128::from(stored) * u128::from(row_count) / u128::from(rows.max(1))) as u64)
    }

    fn picks(&self, addresses: &[RowAddress], column: usize) -> Vec<Pick<'_>> {
        let pick = |at: &RowAddress| (&self.segments[&at.segment].columns()[column], at.row);
        addresses.iter().map(pick).collect()
    }
}

fn dynamic_columns(picks: &[Pick<'_>], output: &Output) -> Vec<NamedValues> {
    let mut columns: Vec<NamedValues> = Vec::new();
    let mut column_of: SortedMap<&str, usize> = SortedMap::new();
    for (at, (column, row)) in picks.iter().enumerate() {
        for (key, node) in document(column, *row).into_iter().flat_map(Node::members) {
            if !(output.has_all_dynamic || output.dynamic_keys.iter().any(|name| name == key)) {
                continue;
            }
            let place = *column_of.get_or_insert_with(key, || {
                let (present, values) = (Some(Vec::new()), Values::Any(Vec::new()));
                columns.push(NamedValues { name: key.to_string(), present, values });
                columns.len() - 1
            });
            if let NamedValues { present: Some(present), values: Values::Any(values), .. } = &mut columns[place] {
                present.push(at as u32);
                values.push(node.to_value());
            }
        }
    }
    columns
}

fn document(column: &Column, row: u32) -> Option<Node<'_>> {
    match column.data() {
        ColumnData::Json(documents) => Some(documents.document(row)),
        _ => None,
    }
}

/// Bytes of a reply, as in Milvus (`quotaAndLimits.limits.maxOutputSize`).
const RESULT_BYTES_MAX: u64 = 100 << 20;

/// Checks the size of a reply before it is made.
pub(super) fn check_bytes(bytes: u64) -> Result<()> {
    if bytes <= RESULT_BYTES_MAX {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "the result would take about {bytes} bytes, expected at most {RESULT_BYTES_MAX}; ask for fewer rows or fields"
    )))
}

/// Whether the output fields ask for a count of rows: `count(*)` in any case, alone.
///
/// # Errors
/// [`Error::Invalid`] when other fields are beside it.
pub fn is_count(names: &[String]) -> Result<bool> {
    let is_count = |name: &String| name.trim().eq_ignore_ascii_case("count(*)");
    match names.iter().filter(|name| is_count(name)).count() {
        0 => Ok(false),
        _ if names.iter().all(is_count) => Ok(true),
        _ => Err(Error::invalid("count(*) stands alone in the output fields, expected no other fields beside it")),
    }
}

/// The reply to a count.
pub fn count(rows: u64) -> Rows {
    let values = Values::Any(vec![Value::Int(i64::try_from(rows).unwrap_or(i64::MAX))]);
    Rows { row_count: 1, columns: vec![NamedValues { name: "count(*)".to_string(), present: None, values }] }
}
