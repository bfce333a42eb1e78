//! What literals say: numbers in every base, and texts without their quotes.

/// The magnitude of an integer literal: decimal, octal (`0…`), hexadecimal (`0x…`) or binary (`0b…`).
///
/// `None` when it exceeds 64 bits. 2^63 is a magnitude too, since it may stand after a minus.
pub fn integer(text: &str) -> Option<u64> {
    let (digits, radix) = match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => (&text[2..], 16),
        [b'0', b'b' | b'B', ..] => (&text[2..], 2),
        [b'0', _, ..] => (&text[1..], 8),
        _ => (text, 10),
    };
    u64::from_str_radix(digits, radix).ok()
}

/// The value of a float literal, decimal or C's hexadecimal; `None` when no double is near it.
pub fn float(text: &str) -> Option<f64> {
    let value = match text.strip_prefix("0x").or(text.strip_prefix("0X")) {
        Some(digits) => hexadecimal(digits)?,
        None => text.parse().ok()?,
    };
    value.is_finite().then_some(value)
}

/// Mantissa and binary exponent, as C99 §6.4.4.2 writes them. Digits beyond the 53rd bit round as they come.
fn hexadecimal(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once(['p', 'P'])?;
    // Beyond ±10,000 every double is zero or infinite, and a shorter number cannot overflow the sum below.
    let mut exponent: i32 = exponent.parse::<i64>().ok()?.clamp(-10_000, 10_000) as i32;
    let mut value = 0.0;
    let mut is_fraction = false;
    for c in mantissa.chars() {
        match c.to_digit(16) {
            Some(digit) => {
                value = value * 16.0 + f64::from(digit);
                exponent = exponent.saturating_sub(if is_fraction { 4 } else { 0 });
            }
            None => is_fraction = true,
        }
    }
    // Two steps, so that neither factor leaves the doubles before the product does.
    let half = exponent / 2;
    Some(value * 2f64.powi(half) * 2f64.powi(exponent - half))
}

/// The text inside a quoted literal, with its escapes read.
///
/// In a pattern (of `like` or a regular expression) an unknown escape stays as it is, because the pattern gives it
/// a meaning; elsewhere it is refused. Raw texts have no escapes.
///
/// # Errors
/// The reason, for an unknown escape or one that is no character.
pub fn unquote(literal: &str, is_pattern: bool) -> Result<String, String> {
    let start = literal.find(['"', '\'']).unwrap_or(0) + 1;
    let inner = &literal[start.min(literal.len())..literal.len().saturating_sub(1).max(start)];
    if !inner.contains('\\') || literal.starts_with(['r', 'R']) {
        return Ok(inner.to_string());
    }
    let mut bytes = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        rest = &rest[at + 1..];
        let Some(escape) = rest.chars().next() else {
            return Err("a text ends in the middle of an escape".to_string());
        };
        let digits = |from: usize, count: usize| {
            let digits = rest.get(from..from + count)?;
            digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
        };
        let mut taken = escape.len_utf8();
        let character = |bytes: &mut Vec<u8>, code: Option<u32>| {
            let c = code.and_then(char::from_u32)?;
            bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            Some(())
        };
        let read = match escape {
            '\'' | '"' | '?' | '\\' => {
                bytes.push(escape as u8);
                Some(())
            }
            'a' => push(&mut bytes, 7),
            'b' => push(&mut bytes, 8),
            't' => push(&mut bytes, 9),
            'n' => push(&mut bytes, 10),
            'v' => push(&mut bytes, 11),
            'f' => push(&mut bytes, 12),
            'r' => push(&mut bytes, 13),
            'x' => {
                taken = 3;
                digits(1, 2).and_then(|byte| push(&mut bytes, byte as u8))
            }
            'u' => {
                taken = 5;
                character(&mut bytes, digits(1, 4))
            }
            'U' => {
                taken = 9;
                character(&mut bytes, digits(1, 8))
            }
            '0'..='7' => {
                taken = rest.bytes().take(3).take_while(|byte| matches!(byte, b'0'..=b'7')).count();
                let code = u32::from_str_radix(&rest[..taken], 8).unwrap_or(256);
                u8::try_from(code).ok().and_then(|byte| push(&mut bytes, byte))
            }
            _ => None,
        };
        if read.is_none() {
            if !is_pattern {
                return Err(format!("invalid escape '\\{escape}' in a text"));
            }
            taken = escape.len_utf8();
            bytes.push(b'\\');
            bytes.extend_from_slice(&rest.as_bytes()[..taken]);
        }
        rest = &rest[taken..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8(bytes).map_err(|_| "the escapes of a text give bytes that are not UTF-8".to_string())
}

fn push(bytes: &mut Vec<u8>, byte: u8) -> Option<()> {
    bytes.push(byte);
    Some(())
}

/// A name with its `\uXXXX` escapes read.
pub fn name(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("\\u") {
        out.push_str(&rest[..at]);
        let digits = rest.get(at + 2..at + 6).unwrap_or_default();
        let code = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
        out.push(code.unwrap_or(char::REPLACEMENT_CHARACTER));
        rest = rest.get(at + 6..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_have_four_bases() {
        let table =
            [("0", 0), ("20", 20), ("024", 20), ("0x14", 20), ("0B10100", 20), ("9223372036854775808", 1 << 63)];
        for (text, value) in table {
            assert_eq!(integer(text), Some(value), "{text}");
        }
        assert_eq!(integer("18446744073709551616"), None);
    }

    #[test]
    fn floats_are_decimal_or_hexadecimal_and_finite() {
        let table = [(".5", 0.5), ("1.", 1.0), ("1.5E-2", 0.015), ("0x1.8p3", 12.0), ("0xAp-1", 5.0), ("0x.8P1", 1.0)];
        for (text, value) in table {
            assert_eq!(float(text), Some(value), "{text}");
        }
        assert_eq!((float("1e999"), float("0x1p99999")), (None, None));
        assert_eq!(float("0x1p-99999999999"), Some(0.0));
    }

    #[test]
    fn escapes_are_read_once() {
        let table = [
            (r#""a\\b""#, "a\\b"),
            (r#"'it\'s'"#, "it's"),
            (r#""ap\x70le""#, "apple"),
            (r#"u8"\u0061pple""#, "apple"),
            (r#""\U0001F600\101\n""#, "😀A\n"),
            (r#"r"50\%""#, r"50\%"),
            (r#""""#, ""),
        ];
        for (literal, text) in table {
            assert_eq!(unquote(literal, false).as_deref(), Ok(text), "{literal}");
        }
        for literal in [r#""\q""#, r#""\%""#, r#""\xZZ""#, r#""\ud800""#, r#""\xff""#, r#""\777""#, r#""\u12""#] {
            assert!(unquote(literal, false).is_err(), "{literal}");
        }
        assert_eq!(unquote(r#""50\%\\%\d""#, true).as_deref(), Ok(r"50\%\%\d"));
    }

    #[test]
    fn escaped_names_are_read() {
        assert_eq!(name(r"\u6807x"), "标x");
    }
}
