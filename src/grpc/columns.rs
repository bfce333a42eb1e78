//! Columns that leave: rows of a reply to `FieldData`, by the schema.

use super::proto::data::{
    ArrayArray, BoolArray, DoubleArray, FieldData, FieldDataField, FloatArray, IDs, IDsIdField, IntArray, JSONArray,
    LongArray, ScalarField, ScalarFieldData, StringArray, VectorField, VectorFieldData,
};
use crate::column::rows::{NamedValues, Rows, Texts, Values};
use crate::json;
use crate::schema::{DYNAMIC_FIELD, DataType, Field, Schema, Value};

/// The names that a request's output fields stand for: `*` is all fields, and the dynamic field where there is one.
pub fn expanded(names: &[String], schema: &Schema) -> Vec<String> {
    let mut expanded: Vec<String> = Vec::new();
    for name in names.iter().map(|name| name.trim()) {
        let all = schema.fields.iter().map(|field| field.name.as_str()).filter(|_| name == "*");
        for name in all.chain(Some(name).filter(|name| *name != "*")) {
            if !expanded.iter().any(|known| known == name) {
                expanded.push(name.to_string());
            }
        }
    }
    expanded
}

/// The columns of rows, those of `first` before the others. The dynamic keys come as one column of JSON objects, which
/// is there whenever `names` ask for any.
pub fn encode(rows: Rows, names: &[String], schema: &Schema) -> Vec<FieldData> {
    let row_count = rows.row_count as usize;
    let is_dynamic = |name: &str| !schema.user_fields().iter().any(|field| field.name == name);
    let (mut fields, mut keys) = (Vec::new(), Vec::new());
    for column in rows.columns {
        match schema.user_fields().iter().find(|field| field.name == column.name) {
            Some(field) => fields.push(encode_field(field, column.values)),
            None => keys.push(column),
        }
    }
    if schema.is_dynamic && names.iter().any(|name| is_dynamic(name)) {
        fields.push(encode_dynamic(keys, row_count));
    }
    fields
}

/// One column of a field, with one value a row.
pub fn encode_field(field: &Field, values: Values) -> FieldData {
    let valid_data = match &values {
        _ if !field.is_nullable => Vec::new(),
        Values::Any(values) | Values::Int64s(values) => values.iter().map(|value| *value != Value::Null).collect(),
        flat => vec![true; flat.len()],
    };
    let data = match field.data_type {
        DataType::FloatVector => FieldDataField::Vectors(encode_vectors(field, values)),
        DataType::Array => FieldDataField::Scalars(scalars(encode_arrays(field, &values))),
        scalar => FieldDataField::Scalars(scalars(encode_scalars(scalar, values))),
    };
    FieldData {
        kind: field.data_type.number(),
        field_name: field.name.clone(),
        field: Some(data),
        field_id: field.id.into(),
        is_dynamic: false,
        valid_data,
    }
}

/// A column of counts that is no field.
pub fn encode_count(name: &str, values: Values) -> FieldData {
    FieldData {
        kind: DataType::Int64.number(),
        field_name: name.to_string(),
        field: Some(FieldDataField::Scalars(scalars(encode_scalars(DataType::Int64, values)))),
        ..FieldData::default()
    }
}

/// Primary keys.
pub fn encode_ids(values: Values) -> IDs {
    let id_field = match encode_keys(values) {
        ScalarFieldData::StringData(texts) => IDsIdField::StrId(texts),
        ScalarFieldData::LongData(numbers) => IDsIdField::IntId(numbers),
        other => unreachable!("primary keys are {other:?}"),
    };
    IDs { id_field: Some(id_field) }
}

fn encode_keys(values: Values) -> ScalarFieldData {
    let is_text = match &values {
        Values::Texts(_) => true,
        Values::Any(values) => matches!(values.first(), Some(Value::Text(_))),
        _ => false,
    };
    encode_scalars(if is_text { DataType::VarChar } else { DataType::Int64 }, values)
}

fn scalars(data: ScalarFieldData) -> ScalarField {
    ScalarField { data: Some(data) }
}

/// Values of a type that is no list; where one is null, there is a filler.
fn encode_scalars(data_type: DataType, values: Values) -> ScalarFieldData {
    match (data_type, values) {
        (DataType::Bool, Values::Bools(data)) => ScalarFieldData::BoolData(BoolArray { data }),
        (DataType::Int64, Values::Ints(data)) => ScalarFieldData::LongData(LongArray { data }),
        (DataType::Int8 | DataType::Int16 | DataType::Int32, Values::Doubles(data)) => {
            ScalarFieldData::IntData(IntArray { data: data.into_iter().map(|value| value as i32).collect() })
        }
        (DataType::Float, Values::Floats(data)) => ScalarFieldData::FloatData(FloatArray { data }),
        (DataType::Double, Values::Doubles(data)) => ScalarFieldData::DoubleData(DoubleArray { data }),
        (DataType::VarChar, Values::Texts(texts)) => ScalarFieldData::StringData(strings(&texts)),
        (data_type, values) => encode_each(data_type, (0..values.len()).map(|at| values.value(at))),
    }
}

fn encode_each(data_type: DataType, values: impl Iterator<Item = Value>) -> ScalarFieldData {
    match data_type {
        DataType::Bool => {
            ScalarFieldData::BoolData(BoolArray { data: values.map(|value| value == Value::Bool(true)).collect() })
        }
        DataType::Int8 | DataType::Int16 | DataType::Int32 => {
            ScalarFieldData::IntData(IntArray { data: values.map(|value| whole(&value) as i32).collect() })
        }
        DataType::Int64 => ScalarFieldData::LongData(LongArray { data: values.map(|value| whole(&value)).collect() }),
        DataType::Float => {
            ScalarFieldData::FloatData(FloatArray { data: values.map(|value| number(&value) as f32).collect() })
        }
        DataType::Double => {
            ScalarFieldData::DoubleData(DoubleArray { data: values.map(|value| number(&value)).collect() })
        }
        DataType::VarChar => ScalarFieldData::StringData(StringArray { data: values.map(text).collect() }),
        DataType::Json => ScalarFieldData::JsonData(JSONArray { data: values.map(|value| document(&value)).collect() }),
        DataType::Array | DataType::FloatVector => unreachable!("{} is no scalar", data_type.name()),
    }
}

fn whole(value: &Value) -> i64 {
    match value {
        Value::Int(whole) => *whole,
        Value::Double(number) => *number as i64,
        Value::Null | Value::Bool(_) | Value::Text(_) | Value::List(_) | Value::Object(_) => 0,
    }
}

fn number(value: &Value) -> f64 {
    match value {
        Value::Int(whole) => *whole as f64,
        Value::Double(number) => *number,
        Value::Null | Value::Bool(_) | Value::Text(_) | Value::List(_) | Value::Object(_) => 0.0,
    }
}

fn text(value: Value) -> String {
    match value {
        Value::Text(text) => text,
        _ => String::new(),
    }
}

/// A document as text; none where the row has none.
fn document(value: &Value) -> Vec<u8> {
    let mut text = String::new();
    if *value != Value::Null {
        json::print_document(value, &mut text);
    }
    text.into_bytes()
}

fn strings(texts: &Texts) -> StringArray {
    StringArray { data: (0..texts.len()).map(|at| texts.get(at).to_string()).collect() }
}

fn encode_arrays(field: &Field, values: &Values) -> ScalarFieldData {
    let element = field.element_type.expect("a checked array field has an element type");
    let list = |value: Value| {
        let elements = match value {
            Value::List(elements) => elements,
            _ => Vec::new(),
        };
        scalars(encode_each(element, elements.into_iter()))
    };
    let data = (0..values.len()).map(|at| list(values.value(at))).collect();
    ScalarFieldData::ArrayData(ArrayArray { data, element_type: element.number() })
}

fn encode_vectors(field: &Field, values: Values) -> VectorField {
    let data = match values {
        Values::FloatLists { elements, .. } => elements,
        others => {
            let lists = (0..others.len()).map(|at| others.value(at));
            let elements = lists.flat_map(|list| match list {
                Value::List(elements) => elements,
                _ => Vec::new(),
            });
            elements.map(|element| number(&element) as f32).collect()
        }
    };
    VectorField { dim: field.dim.into(), data: Some(VectorFieldData::FloatVector(FloatArray { data })) }
}

/// The dynamic keys of rows, as one object a row. The dynamic field as a whole has all of them already.
fn encode_dynamic(keys: Vec<NamedValues>, row_count: usize) -> FieldData {
    let mut objects: Vec<Vec<(String, Value)>> = vec![Vec::new(); row_count];
    let whole = keys.iter().position(|column| column.name == DYNAMIC_FIELD);
    let columns = match whole {
        Some(at) => &keys[at..=at],
        None => &keys[..],
    };
    for column in columns {
        for at in 0..column.values.len() {
            let row = column.present.as_ref().map_or(at, |present| present[at] as usize);
            match column.values.value(at) {
                Value::Object(members) if whole.is_some() => objects[row] = members,
                value => objects[row].push((column.name.clone(), value)),
            }
        }
    }
    let data = objects.into_iter().map(|members| document(&Value::Object(members))).collect();
    FieldData {
        kind: DataType::Json.number(),
        field_name: DYNAMIC_FIELD.to_string(),
        field: Some(FieldDataField::Scalars(scalars(ScalarFieldData::JsonData(JSONArray { data })))),
        is_dynamic: true,
        ..FieldData::default()
    }
}
