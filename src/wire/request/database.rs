//! Databases and aliases.

use super::super::head::Head;
use super::super::planes::Planes;
use crate::command::{Changes, Command};
use crate::error::Result;

pub fn create(head: &mut Head, _: &mut Planes) -> Result<Command> {
    Ok(Command::CreateDatabase { database: head.required_text("dbName")?, properties: head.properties("properties")? })
}

pub fn drop(head: &mut Head, _: &mut Planes) -> Result<Command> {
    Ok(Command::DropDatabase { database: head.required_text("dbName")? })
}

pub fn list(_: &mut Head, _: &mut Planes) -> Result<Command> {
    Ok(Command::ListDatabases)
}

pub fn describe(head: &mut Head, _: &mut Planes) -> Result<Command> {
    Ok(Command::DescribeDatabase { database: head.required_text("dbName")? })
}

pub fn alter_properties(head: &mut Head, _: &mut Planes) -> Result<Command> {
    Ok(Command::AlterDatabase { database: head.required_text("dbName")?, changes: settings(head)? })
}

pub fn drop_properties(head: &mut Head, _: &mut Planes) -> Result<Command> {
    Ok(Command::AlterDatabase { database: head.required_text("dbName")?, changes: removals(head)? })
}

pub fn create_alias(head: &mut Head, _: &mut Planes) -> Result<Command> {
    Ok(Command::CreateAlias { target: head.target()?, alias: head.required_text("aliasName")? })
}

pub fn alter_alias(head: &mut Head, _: &mut Planes) -> Result<Command> {
    Ok(Command::AlterAlias { target: head.target()?, alias: head.required_text("aliasName")? })
}

pub fn drop_alias(head: &mut Head, _: &mut Planes) -> Result<Command> {
    Ok(Command::DropAlias { database: head.database()?, alias: head.required_text("aliasName")? })
}

pub fn describe_alias(head: &mut Head, _: &mut Planes) -> Result<Command> {
    Ok(Command::DescribeAlias { database: head.database()?, alias: head.required_text("aliasName")? })
}

pub fn list_aliases(head: &mut Head, _: &mut Planes) -> Result<Command> {
    let collection = head.text("collectionName")?.filter(|name| !name.is_empty());
    Ok(Command::ListAliases { database: head.database()?, collection })
}

/// `properties` as changes that set.
pub fn settings(head: &mut Head) -> Result<Changes> {
    let properties = head.properties("properties")?;
    if properties.is_empty() {
        return Err(head.missing("properties"));
    }
    Ok(properties.into_iter().map(|(key, value)| (key, Some(value))).collect())
}

/// `propertyKeys` as changes that remove.
pub fn removals(head: &mut Head) -> Result<Changes> {
    let keys = head.texts("propertyKeys")?;
    if keys.is_empty() {
        return Err(head.missing("propertyKeys"));
    }
    Ok(keys.into_iter().map(|key| (key, None)).collect())
}
