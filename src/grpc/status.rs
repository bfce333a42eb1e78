//! The status that every response has: errors in Milvus's two numberings.

use super::proto::common::Status;
use crate::error::Error;

/// Old clients read `error_code` alone, new ones `code`: the first few codes have old names, the rest share one.
const OLD_CODES: [(i32, i32); 25] = [
    (1, 56),
    (3, 52),
    (7, 54),
    (8, 49),
    (9, 48),
    (11, 55),
    (100, 4),
    (109, SCHEMA_MISMATCH_OLD),
    (110, 56),
    (200, 15),
    (400, 15),
    (401, 46),
    (501, 15),
    (503, 46),
    (505, 55),
    (506, 46),
    (600, 47),
    (700, 25),
    (904, 50),
    (905, 46),
    (1100, 5),
    (1101, 5),
    (1102, 5),
    (0, 0),
    (65535, UNEXPECTED),
];

/// `UnexpectedError`, the old name of all codes that had none.
const UNEXPECTED: i32 = 1;
/// `SchemaMismatch`: clients forget the schema that they know and try once more.
const SCHEMA_MISMATCH_OLD: i32 = 62;
/// `collection schema mismatch`.
const SCHEMA_MISMATCH: i32 = 109;
/// The code of a collection that is not there.
const COLLECTION_NOT_FOUND: i32 = 100;

/// The status of an error.
pub fn of(error: &Error) -> Status {
    let code = i32::from(error.code());
    Status {
        error_code: old_code(code),
        reason: error.to_string(),
        code,
        retriable: code == 2,
        detail: error.to_string(),
        extra_info: [("is_input_error".to_string(), is_input_error(error).to_string())].into(),
    }
}

/// The status of a collection that is not there, as `DescribeCollection` answers it: pymilvus 2.2 takes it for a plain
/// *no* only under the old code of unexpected errors.
pub fn not_described(error: &Error) -> Status {
    let mut status = of(error);
    if status.code == COLLECTION_NOT_FOUND {
        status.error_code = UNEXPECTED;
    }
    status
}

/// The status of rows that were laid out by a schema which the collection has no longer.
pub fn schema_mismatch(collection: &str) -> Status {
    let reason = format!("collection schema mismatch[collection={collection}]");
    Status {
        error_code: SCHEMA_MISMATCH_OLD,
        detail: reason.clone(),
        reason,
        code: SCHEMA_MISMATCH,
        ..Status::default()
    }
}

fn old_code(code: i32) -> i32 {
    OLD_CODES.iter().find(|(known, _)| *known == code).map_or(UNEXPECTED, |(_, old)| *old)
}

/// Whether the caller could have known better.
fn is_input_error(error: &Error) -> bool {
    matches!(error.kind(), "INVALID" | "SCHEMA" | "DIMENSION" | "FILTER" | "NOT_FOUND" | "EXISTS" | "UNSUPPORTED")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_numberings_are_set() {
        let check = |error: Error, code: i32, old: i32| {
            let status = of(&error);
            assert_eq!((status.code, status.error_code), (code, old), "{error}");
            assert_eq!(status.reason, error.to_string());
        };
        let missing = Error::CollectionNotFound { database: "d".into(), collection: "c".into() };
        check(missing.clone(), 100, 4);
        check(Error::invalid("x"), 1100, 5);
        check(Error::IndexNotFound { collection: "c".into(), index: String::new() }, 700, 25);
        check(Error::CollectionNotLoaded { collection: "c".into() }, 101, 1);
        check(Error::MemoryLimit { limit_bytes: 1, needed_bytes: 2 }, 3, 52);
        check(Error::Closed, 1, 56);
        check(Error::Unsupported { what: "x".into() }, 3000, 1);
        let described = not_described(&missing);
        assert_eq!((described.code, described.error_code), (100, 1));
        let name = "[database=d][collection=c]";
        assert_eq!(described.reason, format!("can't find collection{name}: collection not found{name}"));
        assert_eq!(not_described(&Error::invalid("x")).error_code, 5);
    }
}
