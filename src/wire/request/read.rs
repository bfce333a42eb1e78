//! Get and query.

use super::super::head::Head;
use super::super::planes::Planes;
use crate::collection::order::OrderBy;
use crate::collection::output::is_count;
use crate::collection::query::Query;
use crate::collection::search::FilterText;
use crate::command::Command;
use crate::error::Result;
use crate::schema::{Value, paging, rules};

pub fn get(head: &mut Head, _: &mut Planes) -> Result<Command> {
    let target = head.target()?;
    check_level(head)?;
    let ids = match head.value("id") {
        None => return Err(head.missing("id")),
        Some(Value::List(ids)) => ids,
        Some(id) => vec![id],
    };
    let query = Query {
        ids: Some(ids),
        partitions: head.texts("partitionNames")?,
        output_fields: all_unless_named(head)?,
        ..Query::default()
    };
    Ok(Command::Query { target, query })
}

pub fn query(head: &mut Head, _: &mut Planes) -> Result<Command> {
    let target = head.target()?;
    check_level(head)?;
    head.refuse("groupByFields")?;
    let output_fields = all_unless_named(head)?;
    // A count is of all rows; whatever else is asked for comes in pages.
    let default = if is_count(&output_fields)? { None } else { Some(i64::from(paging::LIMIT_DEFAULT)) };
    let limit = head.integer("limit")?.or(default);
    let (limit, offset) = paging::check_query(limit, head.integer("offset")?.unwrap_or(0))?;
    let query = Query {
        filter: filter(head)?,
        ids: None,
        partitions: head.texts("partitionNames")?,
        output_fields,
        limit,
        offset,
        order_by: head.texts("orderByFields")?.iter().map(|text| OrderBy::parse(text)).collect::<Result<_>>()?,
    };
    Ok(Command::Query { target, query })
}

/// `filter` and `exprParams`.
pub fn filter(head: &mut Head) -> Result<FilterText> {
    Ok(FilterText { expression: head.text_or_empty("filter")?, params: head.values("exprParams")? })
}

/// Refuses a consistency level that Milvus does not have; all others are kept, since every read sees every write.
pub fn check_level(head: &mut Head) -> Result<()> {
    rules::consistency_level(&head.text_or_empty("consistencyLevel")?).map(|_| ())
}

/// `outputFields`; an empty list asks for the primary key alone, as in Milvus.
fn all_unless_named(head: &mut Head) -> Result<Vec<String>> {
    match head.get("outputFields") {
        None => Ok(vec!["*".to_string()]),
        Some(_) => head.texts("outputFields"),
    }
}
