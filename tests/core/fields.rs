//! Columns that stored rows lack: those of fields that were added later are filled in, others are damage.

use elanus::collection::log::{self, LogRecord, RunRecord};
use elanus::column::Column;
use elanus::column::build::build;
use elanus::column::rows::{NamedValues, Values};
use elanus::error::{Error, Result};
use elanus::schema::check::{CollectionSpec, FieldSpec, add_field, check};
use elanus::schema::{Schema, Value};
use elanus::store::BlobKey;

const KEY: BlobKey = BlobKey::Log { collection: 1, seq: 1 };

fn field(name: &str, data_type: &str, params: &[(&str, &str)]) -> FieldSpec {
    FieldSpec {
        name: name.to_string(),
        data_type: data_type.to_string(),
        is_primary: name == "id",
        is_nullable: name == "n" || name == "late",
        type_params: params.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect(),
        ..FieldSpec::default()
    }
}

/// `id`, `v` and `n`, which may be null, and `$meta`.
fn schema() -> Schema {
    let fields = vec![field("id", "Int64", &[]), field("v", "FloatVector", &[("dim", "2")]), field("n", "Int64", &[])];
    let (name, fields) = ("c".to_string(), Some(fields));
    let spec = CollectionSpec { name, fields, is_dynamic: Some(true), ..CollectionSpec::default() };
    check(&spec).expect("the schema is sound").schema
}

/// Writes two rows with the fields of `written` and reads them with those of `read`.
fn reread(written: &Schema, read: &Schema) -> Result<Vec<Column>> {
    let column = |field: &elanus::schema::Field| {
        let values = match field.name.as_str() {
            "id" => Values::Ints(vec![1, 2]),
            "v" => Values::FloatLists { dim: 2, elements: vec![0.5; 4] },
            _ => Values::Any(vec![Value::Null; 2]),
        };
        let given = NamedValues { name: field.name.clone(), present: None, values };
        build(field, Some(&given), 2).expect("the values fit")
    };
    let columns: Vec<Column> = written.fields.iter().map(column).collect();
    let run = RunRecord { segment: 1, partition: 1, first_row: 0, row_count: 2, columns: Vec::new() };
    let blob = log::encode(KEY, LogRecord { run: Some(run), ..LogRecord::default() }, written, &columns);
    log::decode(KEY, blob.as_slice(), read).map(|(_, columns)| columns)
}

/// A schema without the field of that name.
fn without(schema: &Schema, name: &str) -> Schema {
    let fields = schema.fields.iter().filter(|field| field.name != name).cloned().collect();
    Schema { fields, is_dynamic: schema.is_dynamic }
}

#[test]
fn only_fields_that_were_added_later_may_be_absent() {
    let old = schema();
    let new = add_field(&old, &field("late", "Int64", &[]), "c").expect("it can be added");
    let names: Vec<(&str, u32)> = new.fields.iter().map(|field| (field.name.as_str(), field.id)).collect();
    assert_eq!(names, [("id", 100), ("v", 101), ("n", 102), ("late", 104), ("$meta", 103)]);
    let columns = reread(&old, &new).expect("an older run is read");
    assert_eq!(columns.iter().map(Column::len).collect::<Vec<_>>(), [2; 5]);
    assert_eq!((columns[3].value(0), columns[3].value(1)), (Value::Null, Value::Null));
    assert_eq!(reread(&new, &new).expect("its own run is read"), columns);

    let damage =
        [(without(&old, "id"), &new), (without(&old, "n"), &new), (without(&new, "n"), &new), (new.clone(), &old)];
    for (written, read) in damage {
        let names: Vec<&str> = written.fields.iter().map(|field| field.name.as_str()).collect();
        assert!(matches!(reread(&written, read), Err(Error::Corrupt { .. })), "a run of {names:?} was read");
    }
}
