//! Insert, upsert, delete.

use super::super::head::Head;
use super::super::planes::Planes;
use super::super::rows::take_rows;
use super::read::filter;
use crate::collection::delete::Delete;
use crate::collection::field_op::FieldOp;
use crate::collection::write::{Insert, Upsert};
use crate::command::Command;
use crate::error::Result;

pub fn insert(head: &mut Head, planes: &mut Planes) -> Result<Command> {
    let target = head.target()?;
    let insert = Insert { partition: head.text_or_empty("partitionName")?, rows: take_rows(head, planes)? };
    Ok(Command::Insert { target, insert })
}

pub fn upsert(head: &mut Head, planes: &mut Planes) -> Result<Command> {
    let target = head.target()?;
    let mut field_ops = Vec::new();
    for mut given in head.objects("fieldOps")? {
        let field = given.required_text("fieldName")?;
        field_ops.extend(FieldOp::from_name(&given.required_text("op")?)?.map(|op| (field, op)));
    }
    let upsert = Upsert {
        partition: head.text_or_empty("partitionName")?,
        is_partial: head.flag("partialUpdate")?.unwrap_or(false),
        rows: take_rows(head, planes)?,
        field_ops,
    };
    Ok(Command::Upsert { target, upsert })
}

pub fn delete(head: &mut Head, _: &mut Planes) -> Result<Command> {
    let target = head.target()?;
    let delete =
        Delete { partition: head.text_or_empty("partitionName")?, filter: filter(head)?, ids: head.list("ids")? };
    if delete.ids.is_none() && delete.filter.expression.is_empty() {
        return Err(head.missing("filter"));
    }
    Ok(Command::Delete { target, delete })
}
