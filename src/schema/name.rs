//! The rules for names, one function a kind of name, with Milvus's words.

use super::DYNAMIC_FIELD;
use crate::error::{Error, Result};

/// Bytes of any name; `proxy.maxNameLength` of Milvus.
pub const NAME_BYTES_MAX: usize = 255;

/// Characters of a name that a message shows.
const SHOWN_CHARACTERS: usize = 1024;

/// Names that fields may not have because the engine or the filter language uses them. `null` is refused in any case.
const FIELD_WORDS: [&str; 37] = [
    DYNAMIC_FIELD,
    "RowID",
    "Timestamp",
    "__virtual_pk__",
    "like",
    "exists",
    "EXISTS",
    "and",
    "or",
    "not",
    "in",
    "json_contains",
    "JSON_CONTAINS",
    "json_contains_all",
    "JSON_CONTAINS_ALL",
    "json_contains_any",
    "JSON_CONTAINS_ANY",
    "array_contains",
    "ARRAY_CONTAINS",
    "array_contains_all",
    "ARRAY_CONTAINS_ALL",
    "array_contains_any",
    "ARRAY_CONTAINS_ANY",
    "array_length",
    "ARRAY_LENGTH",
    "true",
    "True",
    "TRUE",
    "false",
    "False",
    "FALSE",
    "text_match",
    "TEXT_MATCH",
    "phrase_match",
    "PHRASE_MATCH",
    "random_sample",
    "RANDOM_SAMPLE",
];

/// Checks the name of a new collection.
pub fn check_collection(name: &str) -> Result<()> {
    check_collection_or_alias(name, "name")
}

/// Checks a new alias.
pub fn check_alias(name: &str) -> Result<()> {
    check_collection_or_alias(name, "alias")
}

/// Checks the name of a new database.
///
/// # Errors
/// [`Error::DatabaseName`].
pub fn check_database(name: &str) -> Result<()> {
    let reason = match fault(name, false) {
        None => return Ok(()),
        Some(Fault::Empty) => "database name couldn't be empty".to_string(),
        Some(Fault::Long) => format!("the length of a database name must be less than {NAME_BYTES_MAX} characters"),
        Some(Fault::First) => "the first character of a database name must be an underscore or letter".to_string(),
        Some(Fault::Later) => "database name can only contain numbers, letters and underscores".to_string(),
    };
    Err(Error::DatabaseName { name: shortened(name), reason })
}

/// Checks the name of a field that a user defines.
///
/// # Errors
/// [`Error::FieldName`].
pub fn check_field(name: &str) -> Result<()> {
    let is_word = FIELD_WORDS.contains(&name) || name.eq_ignore_ascii_case("null");
    let reason = match fault(name, false) {
        _ if is_word => format!("{name} is keyword in milvus."),
        None => return Ok(()),
        Some(Fault::Empty) => "field name should not be empty".to_string(),
        Some(Fault::Long) => format!("The length of a field name must be less than {NAME_BYTES_MAX} characters."),
        Some(Fault::First) => "The first character of a field name must be an underscore or letter.".to_string(),
        Some(Fault::Later) => "Field name can only contain numbers, letters, and underscores.".to_string(),
    };
    Err(Error::FieldName { name: shortened(name), reason })
}

/// Checks the name of a new partition and returns it without the blanks around it.
pub fn check_partition(name: &str) -> Result<&str> {
    let name = name.trim();
    let reason = match fault(name, true) {
        None => return Ok(name),
        Some(Fault::Empty) => "Partition name should not be empty.".to_string(),
        Some(Fault::Long) => format!("The length of a partition name must be less than {NAME_BYTES_MAX} characters."),
        Some(Fault::First) => {
            "The first character of a partition name must be an underscore or letter or number.".to_string()
        }
        Some(Fault::Later) => "Partition name can only contain numbers, letters, underscores and hyphens.".to_string(),
    };
    Err(Error::invalid(format!("Invalid partition name: {}. {reason}", shortened(name))))
}

/// Checks the name of a new index.
pub fn check_index(name: &str) -> Result<()> {
    let reason = match fault(name, false) {
        None => return Ok(()),
        Some(Fault::Empty) => "Index name should not be empty.".to_string(),
        Some(Fault::Long) => format!("The length of an index name must be less than {NAME_BYTES_MAX} characters."),
        Some(Fault::First) => "The first character of an index name must be an underscore or letter.".to_string(),
        Some(Fault::Later) => "Index name can only contain numbers, letters, and underscores.".to_string(),
    };
    Err(Error::invalid(format!("Invalid index name: {}. {reason}", shortened(name))))
}

fn check_collection_or_alias(name: &str, kind: &str) -> Result<()> {
    let name = if name.trim().is_empty() { "" } else { name };
    let reason = match fault(name, false) {
        None => return Ok(()),
        Some(Fault::Empty) => return Err(Error::invalid(format!("collection {kind} should not be empty"))),
        Some(Fault::Long) => format!("the length of a collection {kind} must be less than {NAME_BYTES_MAX} characters"),
        Some(Fault::First) => format!("the first character of a collection {kind} must be an underscore or letter"),
        Some(Fault::Later) => format!("collection {kind} can only contain numbers, letters and underscores"),
    };
    Err(Error::invalid(format!("Invalid collection {kind}: {}. {reason}", shortened(name))))
}

/// What is wrong with a name.
enum Fault {
    Empty,
    Long,
    First,
    Later,
}

/// Letters, digits and `_`, no digit first; partitions may also begin with a digit and contain `-`.
fn fault(name: &str, is_partition: bool) -> Option<Fault> {
    let bytes = name.as_bytes();
    let Some((&first, rest)) = bytes.split_first() else {
        return Some(Fault::Empty);
    };
    if bytes.len() > NAME_BYTES_MAX {
        return Some(Fault::Long);
    }
    if !(first == b'_' || first.is_ascii_alphabetic() || is_partition && first.is_ascii_digit()) {
        return Some(Fault::First);
    }
    let is_fine = |byte: &u8| *byte == b'_' || byte.is_ascii_alphanumeric() || is_partition && *byte == b'-';
    if rest.iter().all(is_fine) { None } else { Some(Fault::Later) }
}

/// A name short enough for a message.
fn shortened(name: &str) -> String {
    match name.char_indices().nth(SHOWN_CHARACTERS) {
        None => name.to_string(),
        Some((end, _)) => format!("{}…", &name[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(result: Result<()>, code: u16, fragment: &str) {
        let error = result.expect_err(fragment);
        assert_eq!(error.code(), code, "{error}");
        assert!(error.to_string().contains(fragment), "{error} lacks {fragment}");
    }

    #[test]
    fn names_begin_with_a_letter_or_underscore_and_are_at_most_255_bytes() {
        let longest = "a".repeat(NAME_BYTES_MAX);
        for name in ["a", "_", "_1", "A_9z", longest.as_str()] {
            assert_eq!(check_collection(name), Ok(()));
            assert_eq!(check_alias(name), Ok(()));
            assert_eq!(check_database(name), Ok(()));
            assert_eq!(check_field(name), Ok(()));
            assert_eq!(check_index(name), Ok(()));
            assert_eq!(check_partition(name), Ok(name));
        }
        let too_long = "a".repeat(NAME_BYTES_MAX + 1);
        for name in ["", "1a", "-a", "a-b", "a b", " a", "a\u{e9}", "a.b", "$a", "\u{1f600}", too_long.as_str()] {
            assert_eq!(check_collection(name).map_err(|error| error.code()), Err(1100), "{name}");
            assert_eq!(check_alias(name).map_err(|error| error.code()), Err(1100), "{name}");
            assert_eq!(check_index(name).map_err(|error| error.code()), Err(1100), "{name}");
            assert_eq!(check_database(name).map_err(|error| error.code()), Err(802), "{name}");
            assert_eq!(check_field(name).map_err(|error| error.code()), Err(1701), "{name}");
        }
    }

    #[test]
    fn partitions_may_begin_with_digits_and_contain_hyphens_and_are_trimmed() {
        assert_eq!(check_partition(" 2024-01 "), Ok("2024-01"));
        for name in ["", "  ", "-a", "a b", "a\u{e9}"] {
            check(check_partition(name).map(|_| ()), 1100, "Invalid partition name: ");
        }
    }

    #[test]
    fn messages_are_those_of_milvus() {
        check(
            check_collection("1a"),
            1100,
            "Invalid collection name: 1a. the first character of a collection name must be an underscore or letter",
        );
        check(check_collection(""), 1100, "collection name should not be empty");
        check(check_collection("a-b"), 1100, "collection name can only contain numbers, letters and underscores");
        check(check_alias("a b"), 1100, "Invalid collection alias: a b. ");
        check(check_database("1"), 802, "the first character of a database name must be an underscore or letter");
        check(check_field("1"), 1701, "Invalid field name: 1. The first character of a field name");
        check(check_index("1"), 1100, "Invalid index name: 1. The first character of an index name");
    }

    #[test]
    fn words_of_the_filter_language_and_of_the_engine_are_no_field_names() {
        for name in FIELD_WORDS.iter().chain(&["null", "NULL", "nUll"]) {
            check(check_field(name), 1701, "is keyword in milvus");
        }
        for name in ["Like", "AND", "rowid", "tRUE"] {
            assert_eq!(check_field(name), Ok(()), "{name}");
        }
    }
}
