//! Time and chance, handed in by the host: the core has no clock and no randomness.

/// What a command may know of the world when it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context {
    /// Milliseconds since 1970-01-01 UTC, as the host's clock has them. May stand still or go back.
    pub now_ms: u64,
    /// Sixty-four bits of chance, fresh for each command.
    pub seed: u64,
}

/// How many auto ids one millisecond can hold, as bits.
///
/// 11 bits keep ids below 2^53, where a JavaScript number is exact, until the year 2109.
const AUTO_ID_BITS: u32 = 11;

/// The first auto id to give out at `now_ms`, when `last` was the greatest given out before.
///
/// Ids grow with time, as Milvus's do, and never repeat, even when the clock goes back.
pub fn next_auto_id(last: i64, now_ms: u64) -> i64 {
    let from_clock = i64::try_from(now_ms).unwrap_or(0).saturating_mul(1 << AUTO_ID_BITS);
    from_clock.max(last.saturating_add(1))
}
