//! Arithmetic in an expression: between two constants, folded; between an operand and a constant, a step of reading.

use super::compare;
use super::datum::Step;
use super::number::{self, Number};
use super::operand::{Operand, shown};
use super::tree::Binary;
use crate::schema::{DataType, Value};

fn is_integer_operator(binary: Binary) -> bool {
    matches!(binary, Binary::Modulo | Binary::BitAnd | Binary::BitOr | Binary::BitXor)
}

fn check_number(binary: Binary, constant: &Value) -> Result<Number, String> {
    let name = name(binary);
    match constant {
        Value::Int(number) => Ok(Number::Int(*number)),
        Value::Double(_) if is_integer_operator(binary) => Err(format!("{name} can only apply on integer types")),
        Value::Double(number) => Ok(Number::Double(*number)),
        Value::Bool(_) => Err(format!("{name} cannot apply on bool field")),
        Value::Text(_) => Err(format!("{name} cannot apply on string field")),
        other => Err(format!("{name} cannot apply on {}", shown(other))),
    }
}

/// What two constants give.
///
/// # Errors
/// For operands that are no numbers, a zero divisor, and a result out of range.
pub fn fold(binary: Binary, left: &Value, right: &Value) -> Result<Value, String> {
    let (left, right) = (check_number(binary, left)?, check_number(binary, right)?);
    let divides = matches!(binary, Binary::Divide | Binary::Modulo);
    if divides && right.order(Number::Int(0)).is_eq() {
        return Err(format!("cannot {} by zero", name(binary)));
    }
    let whole = matches!((left, right), (Number::Int(_), Number::Int(_))) && binary != Binary::Power;
    match number::arithmetic(binary, left, right) {
        Some(Number::Int(number)) => Ok(Value::Int(number)),
        Some(Number::Double(number)) if !whole => Ok(Value::Double(number)),
        _ => Err(format!("{} of two constants is out of range", name(binary))),
    }
}

/// `operand + constant` and the like.
///
/// # Errors
/// Where Milvus refuses the types, a second operation, or a zero divisor.
pub fn reckon(mut operand: Operand, binary: Binary, constant: &Value) -> Result<Operand, String> {
    let name = name(binary);
    if !operand.is_plain() {
        return Err("complicated arithmetic operations are not supported".to_string());
    }
    if operand.data_type == DataType::Array {
        return Err("can not comparisons array fields directly".to_string());
    }
    let by = check_number(binary, constant)?;
    let is_json = operand.data_type == DataType::Json && !operand.is_whole_json();
    let is_whole = operand.data_type.is_integer() || is_json;
    let is_fit = match by {
        Number::Int(_) => operand.data_type.is_number() || is_json,
        Number::Double(_) => matches!(operand.data_type, DataType::Float | DataType::Double) || is_json,
    };
    if !is_fit {
        let (field, constant) = (operand.type_name(), compare::constant_kind(constant));
        return Err(format!("'{name}' cannot perform arithmetic between {field} field and {constant}"));
    }
    if is_integer_operator(binary) && !is_whole {
        return Err(format!("{name} can only apply on integer types"));
    }
    let divides = matches!(binary, Binary::Divide | Binary::Modulo);
    let is_single = operand.data_type == DataType::Float;
    let is_zero = by.order(Number::Int(0)).is_eq() || (is_single && by.as_double() as f32 == 0.0);
    if divides && is_zero {
        return Err("division or modulus by zero".to_string());
    }
    operand.reading.step = Step::Arithmetic { binary, by, is_single };
    if operand.data_type.is_integer() {
        operand.data_type = DataType::Int64;
    }
    Ok(operand)
}

/// `constant + operand` and the like, where the sides can be exchanged.
///
/// # Errors
/// As [`reckon`], and for operators whose sides cannot.
pub fn commute(operand: Operand, binary: Binary, constant: &Value) -> Result<Operand, String> {
    match binary {
        Binary::Add | Binary::Multiply | Binary::BitAnd | Binary::BitOr | Binary::BitXor => {
            reckon(operand, binary, constant)
        }
        other => {
            let name = name(other);
            Err(format!("{name} field is not yet supported: the constant must stand to the right of '{}'", sign(other)))
        }
    }
}

/// The operator as it is written.
pub fn sign(binary: Binary) -> &'static str {
    match binary {
        Binary::Equal => "==",
        Binary::NotEqual => "!=",
        Binary::Less => "<",
        Binary::LessEqual => "<=",
        Binary::Greater => ">",
        Binary::GreaterEqual => ">=",
        Binary::Add => "+",
        Binary::Subtract => "-",
        Binary::Multiply => "*",
        Binary::Divide => "/",
        Binary::Modulo => "%",
        Binary::BitAnd => "&",
        Binary::BitOr => "|",
        Binary::BitXor => "^",
        Binary::Power => "**",
        Binary::ShiftLeft => "<<",
        Binary::ShiftRight => ">>",
        Binary::And | Binary::Or | Binary::In | Binary::NotIn => "logic",
        Binary::Like | Binary::Matches | Binary::MatchesNot => "pattern",
    }
}

/// The operator in Milvus's words.
pub fn name(binary: Binary) -> &'static str {
    match binary {
        Binary::Add => "add",
        Binary::Subtract => "subtract",
        Binary::Multiply => "multiply",
        Binary::Divide => "divide",
        Binary::Modulo => "modulo",
        Binary::BitAnd => "bitand",
        Binary::BitOr => "bitor",
        Binary::BitXor => "bitxor",
        Binary::Power => "power",
        other => sign(other),
    }
}
