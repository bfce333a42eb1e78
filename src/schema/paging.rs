//! How much a read may ask for: Milvus's limits on hits, rows, queries and decimals.

use crate::error::{Error, Result};

/// The most that `limit`, and `limit + offset`, may be (`proxy.topKLimit`, `quotaAndLimits.limits.maxQueryResultWindow`).
pub const LIMIT_MAX: u32 = 16_384;
/// Query vectors of a search (`proxy.nqLimit`).
pub const NQ_MAX: u32 = 16_384;
/// Hits of a search's query, or rows of a query, when no limit is named, as Milvus's RESTful API has it.
pub const LIMIT_DEFAULT: u32 = 100;
/// Searches of a hybrid search.
pub const SEARCHES_MAX: usize = 1_024;
/// Rows of a group (`quotaAndLimits.limits.maxGroupSize`).
pub const GROUP_SIZE_MAX: u32 = 10;
/// Decimals that scores may be rounded to; −1 leaves them as they are.
pub const ROUND_DECIMAL_MAX: i32 = 6;

/// Checks the `limit` and `offset` of a search.
pub fn check_search(limit: i64, offset: i64) -> Result<(u32, u32)> {
    if !(1..=i64::from(LIMIT_MAX)).contains(&limit) {
        return Err(Error::invalid(format!(
            "topk [{limit}] is invalid, it should be in range [1, {LIMIT_MAX}], but got {limit}"
        )));
    }
    window(limit, offset)
}

/// Checks the `limit` and `offset` of a query.
pub fn check_query(limit: Option<i64>, offset: i64) -> Result<(Option<u32>, u32)> {
    let Some(limit) = limit else {
        return window(1, offset).map(|(_, offset)| (None, offset));
    };
    if !(1..=i64::from(LIMIT_MAX)).contains(&limit) {
        return Err(Error::invalid(format!(
            "limit [{limit}] is invalid, it should be in range [1, {LIMIT_MAX}], but got {limit}"
        )));
    }
    window(limit, offset).map(|(limit, offset)| (Some(limit), offset))
}

/// Checks the number of query vectors.
pub fn check_query_count(count: u32) -> Result<()> {
    if (1..=NQ_MAX).contains(&count) {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "nq (number of search vector per search request) should be in range [1, {NQ_MAX}], but got {count}"
    )))
}

/// Checks the rows that a group may have.
pub fn check_group_size(size: i64) -> Result<u32> {
    if size <= 0 {
        return Err(Error::invalid(format!("input group size:{size} is negative, failed to do search_groupby")));
    }
    if size > i64::from(GROUP_SIZE_MAX) {
        return Err(Error::invalid(format!(
            "input group size:{size} exceeds configured max group size:{GROUP_SIZE_MAX}"
        )));
    }
    Ok(size as u32)
}

/// Checks the decimals that scores are rounded to.
pub fn check_round_decimal(decimals: i64) -> Result<i32> {
    if (-1..=i64::from(ROUND_DECIMAL_MAX)).contains(&decimals) {
        return Ok(decimals as i32);
    }
    Err(Error::invalid(format!(
        "round_decimal [{decimals}] is invalid, should be -1 or an integer in range [0, {ROUND_DECIMAL_MAX}]"
    )))
}

fn window(limit: i64, offset: i64) -> Result<(u32, u32)> {
    if !(0..=i64::from(LIMIT_MAX)).contains(&offset) {
        return Err(Error::invalid(format!(
            "offset [{offset}] is invalid, it should be in range [0, {LIMIT_MAX}], but got {offset}"
        )));
    }
    if limit + offset > i64::from(LIMIT_MAX) {
        return Err(Error::invalid(format!(
            "(offset+limit) should be in range [1, {LIMIT_MAX}], but got {}",
            limit + offset
        )));
    }
    Ok((limit as u32, offset as u32))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: std::fmt::Debug>(result: Result<T>, fragment: &str) {
        let error = result.expect_err(fragment);
        assert_eq!(error.code(), 1100);
        assert!(error.to_string().contains(fragment), "{error} lacks {fragment}");
    }

    #[test]
    fn limits_and_offsets_have_milvus_ranges() {
        assert_eq!(check_search(1, 0), Ok((1, 0)));
        assert_eq!(check_search(16_384, 0), Ok((16_384, 0)));
        assert_eq!(check_search(16_383, 1), Ok((16_383, 1)));
        check(check_search(0, 0), "topk [0] is invalid, it should be in range [1, 16384], but got 0");
        check(check_search(-1, 0), "topk [-1] is invalid");
        check(check_search(16_385, 0), "but got 16385");
        check(check_search(1, -1), "offset [-1] is invalid");
        check(check_search(16_384, 1), "(offset+limit) should be in range [1, 16384], but got 16385");
        check(check_search(i64::MAX, i64::MAX), "topk [");
        check(check_search(1, i64::MAX), "offset [");
        assert_eq!(check_query(None, 5), Ok((None, 5)));
        assert_eq!(check_query(Some(3), 5), Ok((Some(3), 5)));
        check(check_query(Some(0), 0), "limit [0] is invalid");
        check(check_query(Some(10_000), 10_000), "(offset+limit) should be in range [1, 16384], but got 20000");
    }

    #[test]
    fn queries_and_decimals_have_milvus_ranges() {
        assert_eq!(check_query_count(16_384), Ok(()));
        check(
            check_query_count(0),
            "nq (number of search vector per search request) should be in range [1, 16384], but got 0",
        );
        check(check_query_count(16_385), "but got 16385");
        assert_eq!(check_round_decimal(-1), Ok(-1));
        assert_eq!(check_round_decimal(6), Ok(6));
        check(check_round_decimal(9), "round_decimal [9] is invalid, should be -1 or an integer in range [0, 6]");
        check(check_round_decimal(-2), "round_decimal [-2] is invalid");
    }
}
