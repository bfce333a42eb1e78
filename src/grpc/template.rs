//! The values of template variables in filters.

use std::collections::BTreeMap;

use super::proto::data::{TemplateArrayValue, TemplateArrayValueData, TemplateValue, TemplateValueVal};
use crate::collection::search::FilterText;
use crate::error::{Error, Result};
use crate::json;
use crate::schema::Value;
use crate::schema::value::VALUE_DEPTH_MAX;

/// A filter as it came.
///
/// # Errors
/// [`Error::Invalid`] for values that no filter can have.
pub fn filter(expression: String, values: BTreeMap<String, TemplateValue>) -> Result<FilterText> {
    let params = values.into_iter().map(|(name, given)| Ok((name.clone(), value(&name, given)?)));
    Ok(FilterText { expression, params: params.collect::<Result<_>>()? })
}

fn value(name: &str, given: TemplateValue) -> Result<Value> {
    match given.val {
        Some(TemplateValueVal::BoolVal(truth)) => Ok(Value::Bool(truth)),
        Some(TemplateValueVal::Int64Val(whole)) => Ok(Value::Int(whole)),
        Some(TemplateValueVal::FloatVal(number)) => Ok(Value::Double(number)),
        Some(TemplateValueVal::StringVal(text)) => Ok(Value::Text(text)),
        Some(TemplateValueVal::ArrayVal(list)) => elements(name, list, VALUE_DEPTH_MAX),
        Some(TemplateValueVal::BytesVal(_)) => {
            Err(Error::Unsupported { what: format!("bytes as the value of the template variable {name}") })
        }
        None => Err(Error::invalid(format!("the template variable {name} has no value"))),
    }
}

/// The elements of a list, which may nest `depth` levels more.
fn elements(name: &str, list: TemplateArrayValue, depth: usize) -> Result<Value> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(Error::invalid(format!("the template variable {name} nests deeper than {VALUE_DEPTH_MAX} levels")));
    };
    Ok(Value::List(match list.data {
        None => Vec::new(),
        Some(TemplateArrayValueData::BoolData(values)) => values.data.into_iter().map(Value::Bool).collect(),
        Some(TemplateArrayValueData::LongData(values)) => values.data.into_iter().map(Value::Int).collect(),
        Some(TemplateArrayValueData::DoubleData(values)) => values.data.into_iter().map(Value::Double).collect(),
        Some(TemplateArrayValueData::StringData(values)) => values.data.into_iter().map(Value::Text).collect(),
        Some(TemplateArrayValueData::ArrayData(lists)) => {
            lists.data.into_iter().map(|list| elements(name, list, depth)).collect::<Result<_>>()?
        }
        Some(TemplateArrayValueData::JsonData(texts)) => {
            texts.data.iter().map(|text| json::parse(text)).collect::<Result<_>>()?
        }
    }))
}
