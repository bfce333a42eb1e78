//! Indexes.

use super::super::head::Head;
use super::super::planes::Planes;
use super::database::{removals, settings};
use crate::command::Command;
use crate::error::Result;
use crate::schema::index_params::IndexSpec;

pub fn create(head: &mut Head, _: &mut Planes) -> Result<Command> {
    let target = head.target()?;
    let indexes = index_specs(head)?;
    if indexes.is_empty() {
        return Err(head.missing("indexParams"));
    }
    Ok(Command::CreateIndex { target, indexes })
}

pub fn drop(head: &mut Head, _: &mut Planes) -> Result<Command> {
    Ok(Command::DropIndex { target: head.target()?, index: head.required_text("indexName")? })
}

pub fn alter_properties(head: &mut Head, _: &mut Planes) -> Result<Command> {
    Ok(Command::AlterIndex {
        target: head.target()?,
        index: head.required_text("indexName")?,
        changes: settings(head)?,
    })
}

pub fn drop_properties(head: &mut Head, _: &mut Planes) -> Result<Command> {
    Ok(Command::AlterIndex {
        target: head.target()?,
        index: head.required_text("indexName")?,
        changes: removals(head)?,
    })
}

pub fn describe(head: &mut Head, _: &mut Planes) -> Result<Command> {
    Ok(Command::DescribeIndex { target: head.target()?, index: head.text_or_empty("indexName")? })
}

pub fn list(head: &mut Head, _: &mut Planes) -> Result<Command> {
    Ok(Command::ListIndexes { target: head.target()?, field: head.text_or_empty("fieldName")? })
}

/// `indexParams`, empty when absent.
pub fn index_specs(head: &mut Head) -> Result<Vec<IndexSpec>> {
    head.objects("indexParams")?.into_iter().map(index_spec).collect()
}

fn index_spec(mut index: Head) -> Result<IndexSpec> {
    Ok(IndexSpec {
        field: index.required_text("fieldName")?,
        name: index.text_or_empty("indexName")?,
        index_type: index.text_or_empty("indexType")?,
        metric: index.text_or_empty("metricType")?,
        params: index.properties("params")?,
    })
}
