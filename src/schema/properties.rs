//! Properties of collections and databases: known ones are checked, others are kept and echoed.

use super::Schema;
use crate::error::{Error, Result};
use crate::sorted::SortedMap;

/// The property that lets a database hold fewer collections than the engine would.
pub const MAX_COLLECTIONS: &str = "database.max.collections";
/// The property that lets rows of an auto-id collection bring their own primary keys.
pub const ALLOW_INSERT_AUTO_ID: &str = "allow_insert_auto_id";

/// The property of how old rows may get; without it, or with −1 or 0, they stay.
pub const TTL_SECONDS: &str = "collection.ttl.seconds";

/// The greatest of it: a hundred years.
const TTL_SECONDS_MAX: i64 = 3_155_760_000;

/// How old rows may get, in milliseconds; `None` for any age.
pub fn max_age_ms(properties: &SortedMap<String, String>) -> Option<u64> {
    let seconds = properties.get(TTL_SECONDS)?.parse::<i64>().ok()?;
    u64::try_from(seconds).ok().filter(|seconds| *seconds > 0).map(|seconds| seconds.saturating_mul(1000))
}

/// Whether `value` says yes, as Milvus reads it.
pub fn is_on(value: &str) -> bool {
    value.eq_ignore_ascii_case("true")
}

/// Whether the property may only change while the collection is released.
pub fn needs_release(key: &str) -> bool {
    matches!(key, "mmap.enabled" | "lazyload.enabled" | "partitionkey.isolation")
}

/// Checks a property of a collection with that schema.
///
/// # Errors
/// [`Error::Invalid`] for a value of the wrong kind; [`Error::Unsupported`] for a known property that would change what
/// reads answer and does not here.
pub fn check_collection(key: &str, value: &str, schema: &Schema) -> Result<()> {
    match key {
        "mmap.enabled" | ALLOW_INSERT_AUTO_ID => flag(key, value).map(|_| ()),
        "partitionkey.isolation" => {
            if flag(key, value)? && schema.partition_key_column().is_none() {
                let reason = "partition key isolation mode is enabled but no partition key field is set. \
                              Please set the partition key first";
                return Err(Error::invalid(reason));
            }
            Ok(())
        }
        TTL_SECONDS => match value.parse::<i64>() {
            Ok(-1..=TTL_SECONDS_MAX) => Ok(()),
            _ => Err(Error::invalid(format!(
                "collection TTL is out of range, expect [-1, {TTL_SECONDS_MAX}], got {value}"
            ))),
        },
        "ttl_field" if !value.is_empty() => Err(unsupported(key, value)),
        "collection.replica.number" => whole(key, value),
        "dynamicfield.enabled" => {
            if flag(key, value)? == schema.is_dynamic {
                return Ok(());
            }
            Err(Error::Unsupported { what: "switching the dynamic field of an existing collection".to_string() })
        }
        _ => Ok(()),
    }
}

/// Checks a property of a database.
///
/// # Errors
/// As [`check_collection`].
pub fn check_database(key: &str, value: &str) -> Result<()> {
    match key {
        "database.replica.number" | MAX_COLLECTIONS => whole(key, value),
        "database.force.deny.writing" | "database.force.deny.reading" => {
            if flag(key, value)? {
                return Err(unsupported(key, value));
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// A truth value as text.
///
/// # Errors
/// [`Error::Invalid`] for any other text.
pub fn flag(key: &str, value: &str) -> Result<bool> {
    match value.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Error::invalid(format!("invalid {key} value: {value}, expected: true, false"))),
    }
}

fn whole(key: &str, value: &str) -> Result<()> {
    match value.parse::<u32>() {
        Ok(_) => Ok(()),
        Err(_) => {
            Err(Error::invalid(format!("invalid value of property {key}: expected a whole number, but got {value}")))
        }
    }
}

fn unsupported(key: &str, value: &str) -> Error {
    Error::Unsupported { what: format!("the property {key} = {value}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(key: &str, value: &str, code: u16) {
        let schema = Schema { fields: vec![], is_dynamic: false };
        let result = check_collection(key, value, &schema);
        assert_eq!(result.as_ref().err().map_or(0, Error::code), code, "{key} = {value}: {result:?}");
    }

    #[test]
    fn known_properties_are_checked_and_others_echoed() {
        for (key, value, code) in [
            ("mmap.enabled", "true", 0),
            ("mmap.enabled", "False", 0),
            ("mmap.enabled", "yes", 1100),
            ("allow_insert_auto_id", "1", 1100),
            ("partitionkey.isolation", "false", 0),
            ("partitionkey.isolation", "true", 1100),
            ("collection.ttl.seconds", "-1", 0),
            ("collection.ttl.seconds", "0", 0),
            ("collection.ttl.seconds", "-2", 1100),
            ("collection.ttl.seconds", "soon", 1100),
            ("collection.ttl.seconds", "60", 0),
            ("collection.ttl.seconds", "3155760000", 0),
            ("collection.ttl.seconds", "3155760001", 1100),
            ("ttl_field", "at", 3000),
            ("dynamicfield.enabled", "false", 0),
            ("dynamicfield.enabled", "true", 3000),
            ("collection.replica.number", "2", 0),
            ("collection.replica.number", "-2", 1100),
            ("anything", "else", 0),
        ] {
            check(key, value, code);
        }
    }

    #[test]
    fn databases_have_properties_of_their_own() {
        for (key, value, code) in [
            ("database.max.collections", "7", 0),
            ("database.max.collections", "many", 1100),
            ("database.force.deny.writing", "false", 0),
            ("database.force.deny.reading", "true", 3000),
            ("timezone", "UTC", 0),
        ] {
            let result = check_database(key, value);
            assert_eq!(result.as_ref().err().map_or(0, Error::code), code, "{key} = {value}: {result:?}");
        }
    }
}
