//! Delete: rows by filter or by primary key.

use super::Collection;
use super::log::LogRecord;
use super::primary::{PrimaryKey, RowAddress};
use super::search::FilterText;
use crate::error::{Error, Result};
use crate::filter;
use crate::schema::{DataType, Value};
use crate::segment::PartitionId;
use crate::store::Batch;

/// Rows to remove.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Delete {
    /// The partition to look in; all when empty.
    pub partition: String,
    /// Which rows; may not be empty nor always true unless `ids` is given.
    pub filter: FilterText,
    /// The primary keys to remove.
    pub ids: Option<Vec<Value>>,
}

impl Delete {
    /// Whether the rows are named by primary key alone, which needs no loaded collection.
    ///
    /// # Errors
    /// [`Error::Filter`] when the filter is none.
    pub fn is_by_key(&self, collection: &Collection) -> Result<bool> {
        if self.ids.is_some() {
            return Ok(true);
        }
        let predicate = filter::compile(&self.filter.expression, &self.filter.params, collection.schema())?;
        Ok(predicate.primary_keys().is_some())
    }
}

impl Collection {
    /// Removes rows of `partitions` (`None`: of all). The number is that of the rows found, or of the keys given, as
    /// Milvus counts.
    ///
    /// # Errors
    /// [`Error::Filter`], or [`Error::Invalid`] for a filter that would empty the collection.
    pub fn delete(&mut self, delete: &Delete, partitions: Option<&[PartitionId]>) -> Result<(u64, Batch)> {
        let keys = match &delete.ids {
            Some(ids) => Some(ids.clone()),
            None => {
                let text = &delete.filter.expression;
                let predicate = filter::compile(text, &delete.filter.params, &self.schema)?;
                if predicate.is_always_true() {
                    return Err(Error::invalid(format!("delete plan can't be empty or always true : {text}")));
                }
                match predicate.primary_keys() {
                    Some(keys) => Some(keys.to_vec()),
                    None => {
                        let doomed = self.matching(&predicate, partitions);
                        let count = doomed.len() as u64;
                        return Ok((count, self.log_deletes(doomed)));
                    }
                }
            }
        };
        let keys = keys.unwrap_or_default();
        let doomed = self.addresses(&keys, partitions)?;
        Ok((keys.len() as u64, self.log_deletes(doomed)))
    }

    /// The live rows of some primary keys, in the keys' order; absent ones are passed over.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a value that cannot be a key of this collection.
    pub(super) fn addresses(&mut self, keys: &[Value], partitions: Option<&[PartitionId]>) -> Result<Vec<RowAddress>> {
        self.primary();
        let field = self.schema.primary_field();
        let is_int = field.data_type == DataType::Int64;
        let mut found = Vec::with_capacity(keys.len());
        for value in keys {
            let key = PrimaryKey::from_value(value, is_int).ok_or_else(|| {
                Error::invalid(format!(
                    "primary key {} is {}, expected {}",
                    field.name,
                    value.kind(),
                    field.data_type.name()
                ))
            })?;
            let address = self
                .find(key)
                .filter(|at| partitions.is_none_or(|wanted| wanted.contains(&self.segments[&at.segment].partition())));
            found.extend(address);
        }
        Ok(found)
    }

    /// Kills rows, and logs that.
    pub(super) fn log_deletes(&mut self, doomed: Vec<RowAddress>) -> Batch {
        let mut batch = Batch::default();
        if !doomed.is_empty() {
            let record =
                LogRecord { run: None, deletes: LogRecord::group(doomed.clone()), auto_id_last: self.auto_id_last };
            self.push_log(record, &[], &mut batch);
            self.kill(&doomed);
        }
        batch
    }
}
