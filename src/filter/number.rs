//! Numbers that are whole or not, compared without loss, and the arithmetic of constants and rows.

use std::cmp::Ordering;

use super::tree::Binary;

/// A finite number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// A whole one.
    Int(i64),
    /// A double, never NaN.
    Double(f64),
}

impl Number {
    /// The number as a double, rounded when it is a large whole one.
    pub fn as_double(self) -> f64 {
        match self {
            Number::Int(value) => value as f64,
            Number::Double(value) => value,
        }
    }

    /// The order of the true values: 2^53 + 1 is greater than 2^53, whichever of them is a double.
    pub fn order(self, other: Number) -> Ordering {
        match (self, other) {
            (Number::Int(a), Number::Int(b)) => a.cmp(&b),
            (Number::Double(a), Number::Double(b)) => order(a, b),
            (Number::Int(a), Number::Double(b)) => mixed(a, b),
            (Number::Double(a), Number::Int(b)) => mixed(b, a).reverse(),
        }
    }

    /// The whole number that this is, when it is one.
    pub fn whole(self) -> Option<i64> {
        match self {
            Number::Int(value) => Some(value),
            Number::Double(value) if value.fract() == 0.0 && (-TWO_63..TWO_63).contains(&value) => Some(value as i64),
            Number::Double(_) => None,
        }
    }
}

const TWO_63: f64 = 9_223_372_036_854_775_808.0;

fn order(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or(Ordering::Equal)
}

fn mixed(whole: i64, double: f64) -> Ordering {
    if double >= TWO_63 {
        return Ordering::Less;
    }
    if double < -TWO_63 {
        return Ordering::Greater;
    }
    let floor = double.floor();
    whole.cmp(&(floor as i64)).then(if double > floor { Ordering::Less } else { Ordering::Equal })
}

/// What stands on both sides of an arithmetic operator gives.
///
/// Two whole numbers give a whole one; division truncates toward zero, and what exceeds 64 bits becomes a double.
/// Remainders and bit operations need whole numbers. A power is always a double, as in Milvus.
///
/// `None` where the result is not defined: a zero divisor, a fraction where a whole number is needed, a result that
/// is not finite, or an operator that is not arithmetic.
pub fn arithmetic(binary: Binary, left: Number, right: Number) -> Option<Number> {
    if let (Number::Int(a), Number::Int(b)) = (left, right) {
        let (exact, rounded) = match binary {
            Binary::Add => (a.checked_add(b), a as f64 + b as f64),
            Binary::Subtract => (a.checked_sub(b), a as f64 - b as f64),
            Binary::Multiply => (a.checked_mul(b), a as f64 * b as f64),
            Binary::Divide if b != 0 => (a.checked_div(b), TWO_63),
            Binary::Modulo if b != 0 => (Some(a.wrapping_rem(b)), 0.0),
            Binary::BitAnd => (Some(a & b), 0.0),
            Binary::BitOr => (Some(a | b), 0.0),
            Binary::BitXor => (Some(a ^ b), 0.0),
            Binary::Power => (None, (a as f64).powf(b as f64)),
            _ => return None,
        };
        return match exact {
            Some(value) => Some(Number::Int(value)),
            None => rounded.is_finite().then_some(Number::Double(rounded)),
        };
    }
    let (a, b) = (left.as_double(), right.as_double());
    let value = match binary {
        Binary::Add => a + b,
        Binary::Subtract => a - b,
        Binary::Multiply => a * b,
        Binary::Divide if b != 0.0 => a / b,
        Binary::Power => a.powf(b),
        Binary::Modulo | Binary::BitAnd | Binary::BitOr | Binary::BitXor => {
            return arithmetic(binary, Number::Int(left.whole()?), Number::Int(right.whole()?));
        }
        _ => return None,
    };
    value.is_finite().then_some(Number::Double(value))
}

/// As [`arithmetic`], of 32-bit floats: a FLOAT field is reckoned in its own precision.
pub fn arithmetic_single(binary: Binary, left: f32, right: f32) -> Option<f32> {
    let value = match binary {
        Binary::Add => left + right,
        Binary::Subtract => left - right,
        Binary::Multiply => left * right,
        Binary::Divide if right != 0.0 => left / right,
        _ => return None,
    };
    value.is_finite().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_and_doubles_compare_without_rounding() {
        let big = 9_007_199_254_740_993;
        assert_eq!(Number::Int(big).order(Number::Double(9_007_199_254_740_992.0)), Ordering::Greater);
        assert_eq!(Number::Double(2.5).order(Number::Int(2)), Ordering::Greater);
        assert_eq!(Number::Int(-2).order(Number::Double(-2.5)), Ordering::Greater);
        assert_eq!(Number::Int(i64::MAX).order(Number::Double(TWO_63)), Ordering::Less);
        assert_eq!(Number::Int(i64::MIN).order(Number::Double(-TWO_63)), Ordering::Equal);
        assert_eq!(Number::Double(-0.0).order(Number::Int(0)), Ordering::Equal);
    }

    #[test]
    fn arithmetic_truncates_whole_numbers_and_never_overflows() {
        let check = |binary, a, b, expected| assert_eq!(arithmetic(binary, a, b), expected, "{a:?} {binary:?} {b:?}");
        let (int, double) = (Number::Int, Number::Double);
        check(Binary::Divide, int(-7), int(2), Some(int(-3)));
        check(Binary::Modulo, int(-7), int(2), Some(int(-1)));
        check(Binary::Divide, int(7), double(2.0), Some(double(3.5)));
        check(Binary::Divide, int(i64::MIN), int(-1), Some(double(TWO_63)));
        check(Binary::Modulo, int(i64::MIN), int(-1), Some(int(0)));
        check(Binary::Add, int(i64::MAX), int(1), Some(double(TWO_63)));
        check(Binary::Divide, int(1), int(0), None);
        check(Binary::Power, int(2), int(3), Some(double(8.0)));
        check(Binary::Modulo, double(4.0), int(3), Some(int(1)));
        check(Binary::Modulo, double(4.5), int(3), None);
        check(Binary::Multiply, double(1e300), double(1e300), None);
    }
}
