use super::*;

fn params(list: &[(&str, &str)]) -> SortedMap<String, String> {
    list.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect()
}

fn of(name: &str, data_type: &str, type_params: &[(&str, &str)]) -> FieldSpec {
    FieldSpec {
        name: name.to_string(),
        data_type: data_type.to_string(),
        type_params: params(type_params),
        ..FieldSpec::default()
    }
}

fn id() -> FieldSpec {
    FieldSpec { is_primary: true, ..of("id", "Int64", &[]) }
}

fn vector() -> FieldSpec {
    of("v", "FloatVector", &[("dim", "4")])
}

fn custom(fields: Vec<FieldSpec>) -> CollectionSpec {
    CollectionSpec { name: "c".to_string(), fields: Some(fields), ..CollectionSpec::default() }
}

/// A collection with a primary key, a vector, and one field more.
fn with(field: FieldSpec) -> CollectionSpec {
    custom(vec![id(), vector(), field])
}

fn quick(quick: QuickSpec) -> CollectionSpec {
    CollectionSpec { name: "c".to_string(), quick, ..CollectionSpec::default() }
}

fn refused(spec: &CollectionSpec, code: u16, fragment: &str) {
    let error = check(spec).expect_err(fragment);
    assert_eq!(error.code(), code, "{error}");
    assert!(error.to_string().contains(fragment), "{error} lacks {fragment}");
}

#[test]
fn the_quick_form_has_milvus_defaults() {
    let checked = check(&quick(QuickSpec { dimension: Some(8), ..QuickSpec::default() })).unwrap();
    let fields = &checked.schema.fields;
    assert_eq!(
        fields.iter().map(|field| (field.id, field.name.as_str(), field.data_type)).collect::<Vec<_>>(),
        [(100, "id", DataType::Int64), (101, "vector", DataType::FloatVector), (102, DYNAMIC_FIELD, DataType::Json)]
    );
    assert!(fields[0].is_primary && !fields[0].is_auto_id && fields[1].dim == 8 && checked.schema.is_dynamic);
    assert_eq!((checked.shards, checked.consistency_level, checked.key_partitions), (1, "Bounded", None));
    let index = &checked.indexes[0];
    assert_eq!((index.name.as_str(), index.field, index.index_type.as_str()), ("vector", 101, "AUTOINDEX"));
    assert_eq!((checked.indexes.len(), index.metric), (1, Some(Metric::Cosine)));
}

#[test]
fn the_quick_form_can_be_tuned() {
    let mut spec = quick(QuickSpec {
        dimension: Some(8),
        metric: "L2".to_string(),
        id_type: "Varchar".to_string(),
        max_length: Some(64),
        primary_field: "key".to_string(),
        vector_field: "embedding".to_string(),
        vector_type: String::new(),
    });
    spec.is_auto_id = true;
    spec.is_dynamic = Some(false);
    spec.indexes.push(IndexSpec { field: "key".to_string(), index_type: "TRIE".to_string(), ..IndexSpec::default() });
    let checked = check(&spec).unwrap();
    let key = &checked.schema.fields[0];
    assert_eq!((key.name.as_str(), key.data_type, key.max_length), ("key", DataType::VarChar, 64));
    assert!(key.is_auto_id && !checked.schema.is_dynamic && checked.schema.fields.len() == 2);
    assert_eq!(checked.indexes.iter().map(|index| index.name.as_str()).collect::<Vec<_>>(), ["embedding", "key"]);
    assert_eq!(checked.indexes[0].metric, Some(Metric::L2));
}

#[test]
fn the_quick_form_says_what_it_lacks() {
    refused(
        &quick(QuickSpec::default()),
        1100,
        "dimension is required for quickly create collection(default metric type: COSINE)",
    );
    let base = || QuickSpec { dimension: Some(8), ..QuickSpec::default() };
    refused(&quick(QuickSpec { id_type: "Float".to_string(), ..base() }), 1100, "idType can only be [Int64, VarChar");
    refused(
        &quick(QuickSpec { id_type: "VarChar".to_string(), ..base() }),
        1100,
        "type param(max_length) should be specified for the field(id) of collection c",
    );
    refused(&quick(QuickSpec { vector_type: "BinaryVector".to_string(), ..base() }), 3000, "BinaryVector");
    refused(&quick(QuickSpec { vector_type: "Int64".to_string(), ..base() }), 1100, "does not contain vector field");
    refused(&quick(QuickSpec { metric: "HAMMING".to_string(), ..base() }), 1100, "metric type: HAMMING");
    refused(&quick(QuickSpec { primary_field: "vector".to_string(), ..base() }), 1100, "duplicated field name");
    refused(&CollectionSpec { name: "1a".to_string(), ..quick(base()) }, 1100, "Invalid collection name: 1a. ");
}

#[test]
fn dimensions_are_2_to_32768() {
    for (dim, is_fine) in
        [("2", true), ("32768", true), ("1", false), ("0", false), ("-1", false), ("32769", false), ("many", false)]
    {
        let spec = custom(vec![id(), of("v", "FloatVector", &[("dim", dim)])]);
        if is_fine {
            assert_eq!(check(&spec).unwrap().schema.fields[1].dim.to_string(), dim);
        } else {
            refused(&spec, 1100, &format!("invalid dimension: {dim}"));
            refused(&spec, 1100, "should be in range 2 ~ 32768");
        }
    }
    refused(&custom(vec![id(), of("v", "FloatVector", &[])]), 1100, "dimension is not defined in field type params");
}

#[test]
fn texts_need_a_max_length_of_1_to_65535() {
    refused(
        &with(of("s", "VarChar", &[])),
        1100,
        "type param(max_length) should be specified for the field(s) of collection c",
    );
    for length in ["0", "-1", "65536", "long"] {
        let expected =
            format!("the maximum length specified for the field(s) should be in (0, 65535], but got {length}");
        refused(&with(of("s", "VarChar", &[("max_length", length)])), 1100, &expected);
    }
    for length in ["1", "65535"] {
        let checked = check(&with(of("s", "VarChar", &[("max_length", length)]))).unwrap();
        assert_eq!(checked.schema.fields[2].max_length.to_string(), length);
    }
}

#[test]
fn arrays_need_an_element_type_and_a_capacity_of_1_to_4096() {
    let array = |element: &str, list: &[(&str, &str)]| {
        with(FieldSpec { element_type: element.to_string(), ..of("a", "Array", list) })
    };
    refused(&array("Int8", &[]), 1100, "type param(max_capacity) should be specified for array field a");
    for capacity in ["0", "4097", "x"] {
        refused(&array("Int8", &[("max_capacity", capacity)]), 1100, "should be in (0, 4096]");
    }
    for element in ["", "JSON", "Array", "FloatVector", "Text"] {
        refused(&array(element, &[("max_capacity", "4")]), 1100, "element data type");
    }
    refused(&array("VarChar", &[("max_capacity", "4")]), 1100, "type param(max_length) should be specified");
    let checked = check(&array("VarChar", &[("max_capacity", "4096"), ("max_length", "9")])).unwrap();
    let field = &checked.schema.fields[2];
    assert_eq!((field.element_type, field.max_capacity, field.max_length), (Some(DataType::VarChar), 4_096, 9));
}

#[test]
fn there_is_one_primary_key_of_int64_or_varchar() {
    refused(&custom(vec![vector()]), 1100, "primary key is not specified");
    let second = FieldSpec { name: "b".to_string(), ..id() };
    refused(&with(second), 1100, "there are more than one primary key, field name = id, b");
    let float = FieldSpec { data_type: "Float".to_string(), ..id() };
    refused(&custom(vec![float, vector()]), 1100, "the data type of primary key should be Int64 or VarChar");
    let nullable = FieldSpec { is_nullable: true, ..id() };
    refused(&custom(vec![nullable, vector()]), 1100, "primary field not support null");
    let defaulted = FieldSpec { default_value: Some(Value::Int(1)), ..id() };
    refused(&custom(vec![defaulted, vector()]), 1100, "primary field not support default_value");
    let auto = FieldSpec { is_auto_id: true, ..of("n", "Int64", &[]) };
    refused(&with(auto), 1100, "only primary field can speficy AutoID");
}

#[test]
fn auto_id_of_the_schema_is_that_of_the_primary_key() {
    let spec = CollectionSpec { is_auto_id: true, ..with(of("n", "Int64", &[])) };
    let fields = check(&spec).unwrap().schema.fields;
    assert_eq!(fields.iter().map(|field| field.is_auto_id).collect::<Vec<_>>(), [true, false, false]);
}

#[test]
fn a_collection_has_vectors_but_not_too_many_and_not_too_many_fields() {
    refused(&custom(vec![id()]), 1100, "schema does not contain vector field");
    let vectors = |count: usize| {
        let named = |at| FieldSpec { name: format!("v{at}"), ..vector() };
        custom([vec![id()], (0..count).map(named).collect()].concat())
    };
    assert!(check(&vectors(10)).is_ok());
    refused(&vectors(11), 1100, "maximum vector field's number should be limited to 10");
    let scalars = |count: usize| {
        let named = |at| of(&format!("f{at}"), "Bool", &[]);
        custom([vec![id(), vector()], (0..count).map(named).collect()].concat())
    };
    assert!(check(&CollectionSpec { is_dynamic: Some(true), ..scalars(62) }).is_ok());
    refused(&scalars(63), 1100, "maximum field's number should be limited to 64");
}

#[test]
fn partition_keys_are_int64_or_varchar_and_spread_over_16_partitions() {
    let key = FieldSpec { is_partition_key: true, ..of("k", "Int64", &[]) };
    let checked = |partitions| check(&CollectionSpec { partitions, ..with(key.clone()) });
    assert_eq!(checked(None).unwrap().key_partitions, Some(16));
    assert_eq!(checked(Some(1_024)).unwrap().key_partitions, Some(1_024));
    let over = CollectionSpec { partitions: Some(1_025), ..with(key.clone()) };
    refused(&over, 1100, "partition number (1025) exceeds max configuration (1024)");
    let under = CollectionSpec { partitions: Some(-1), ..with(key.clone()) };
    refused(&under, 1100, "the specified partitions should be greater than 0");
    let keyless = CollectionSpec { partitions: Some(4), ..with(of("n", "Int64", &[])) };
    refused(&keyless, 1100, "num_partitions should only be specified with partition key field enabled");
    refused(
        &custom(vec![id(), vector(), key.clone(), FieldSpec { name: "l".to_string(), ..key.clone() }]),
        1100,
        "there are more than one partition key, field name = k, l",
    );
    refused(
        &with(FieldSpec { data_type: "Int32".to_string(), ..key.clone() }),
        1100,
        "the data type of partition key should be Int64 or VarChar",
    );
    refused(&with(FieldSpec { is_nullable: true, ..key }), 1100, "partition key field not support nullable");
    let both = FieldSpec { is_partition_key: true, ..id() };
    refused(&custom(vec![both, vector()]), 1100, "the partition key field must not be primary field");
}

#[test]
fn there_is_at_most_one_clustering_key() {
    let key = FieldSpec { is_clustering_key: true, ..of("k", "Double", &[]) };
    assert!(check(&with(key.clone())).unwrap().schema.fields[2].is_clustering_key);
    refused(&with(FieldSpec { data_type: "JSON".to_string(), ..key.clone() }), 1100, "clustering key");
    refused(&with(FieldSpec { is_nullable: true, ..key.clone() }), 1100, "clustering key field not support null");
    refused(
        &custom(vec![id(), vector(), key.clone(), FieldSpec { name: "l".to_string(), ..key }]),
        1100,
        "there are more than one clustering key",
    );
}

#[test]
fn types_are_named_exactly_and_those_of_milvus_alone_are_unsupported() {
    refused(&with(of("x", "int64", &[])), 1100, "data type int64 is invalid(case sensitive)");
    refused(&with(of("x", "", &[])), 1100, "is invalid(case sensitive)");
    for name in ["BinaryVector", "Float16Vector", "SparseFloatVector", "Geometry", "Timestamptz", "Text"] {
        refused(&with(of("x", name, &[])), 3000, name);
    }
    let nullable = FieldSpec { is_nullable: true, name: "w".to_string(), ..vector() };
    refused(&with(nullable), 3000, "a nullable vector field");
}

#[test]
fn field_names_are_checked_and_unique() {
    refused(&with(of("1", "Bool", &[])), 1701, "Invalid field name: 1. ");
    refused(&with(of("$meta", "JSON", &[])), 1701, "Invalid field name: $meta. ");
    refused(&with(of("id", "Bool", &[])), 1100, "duplicated field name id");
}

#[test]
fn defaults_have_their_fields_type_and_range() {
    let defaulted = |data_type: &str, value: Value| {
        let mut field = of("d", data_type, &[]);
        if data_type == "VarChar" {
            field.type_params = params(&[("max_length", "3")]);
        }
        with(FieldSpec { default_value: Some(value), ..field })
    };
    let text = |text: &str| Value::Text(text.to_string());
    for (data_type, value, stored) in [
        ("Bool", Value::Bool(true), Value::Bool(true)),
        ("Int8", Value::Int(-128), Value::Int(-128)),
        ("Int64", Value::Int(i64::MAX), Value::Int(i64::MAX)),
        ("Float", Value::Int(2), Value::Double(2.0)),
        ("Double", Value::Double(0.5), Value::Double(0.5)),
        ("VarChar", text("abc"), text("abc")),
    ] {
        let checked = check(&defaulted(data_type, value)).unwrap();
        assert_eq!(checked.schema.fields[2].default_value, Some(stored), "{data_type}");
    }
    assert_eq!(check(&defaulted("Bool", Value::Null)).unwrap().schema.fields[2].default_value, None);
    for (data_type, value, fragment) in [
        ("Bool", Value::Int(1), "is not equal to the type of default_value"),
        ("Int8", Value::Int(128), "out of range: [-128, 127]"),
        ("Int32", Value::Double(0.5), "is not equal to the type of default_value"),
        ("Int64", text("1"), "is not equal to the type of default_value"),
        ("Float", Value::Double(1e39), "is not a number or infinity"),
        ("Double", Value::Double(f64::NAN), "is not a number or infinity"),
        ("VarChar", text("abcd"), "the length (4) of string exceeds max length (3)"),
        ("VarChar", Value::Int(1), "is not equal to the type of default_value"),
        ("JSON", Value::Int(1), "type not support default_value"),
    ] {
        refused(&defaulted(data_type, value), 1100, fragment);
    }
    let vector = FieldSpec { name: "w".to_string(), default_value: Some(Value::List(vec![])), ..vector() };
    refused(&with(vector), 1100, "type not support default_value");
}

#[test]
fn parameters_that_mean_nothing_here_are_kept() {
    let checked = check(&with(of("b", "Bool", &[("mmap.enabled", "true"), ("dim", "3")]))).unwrap();
    let field = &checked.schema.fields[2];
    assert_eq!((field.dim, &field.type_params), (0, &params(&[("mmap.enabled", "true"), ("dim", "3")])));
}

#[test]
fn shards_levels_and_properties_are_checked() {
    let base = || custom(vec![id(), vector()]);
    assert_eq!(check(&CollectionSpec { shards: Some(16), ..base() }).unwrap().shards, 16);
    assert_eq!(check(&CollectionSpec { shards: Some(0), ..base() }).unwrap().shards, 1);
    for shards in [17, -1] {
        let spec = CollectionSpec { shards: Some(shards), ..base() };
        refused(&spec, 1100, "maximum shards's number should be limited to 16");
    }
    for level in rules::CONSISTENCY_LEVELS {
        let spec = CollectionSpec { consistency_level: level.to_string(), ..base() };
        assert_eq!(check(&spec).unwrap().consistency_level, level);
    }
    let spec = CollectionSpec { consistency_level: "strong".to_string(), ..base() };
    refused(&spec, 1100, "consistencyLevel can only be [Strong, Session, Bounded, Eventually, Customized]");
    let spec = CollectionSpec { properties: params(&[("mmap.enabled", "maybe")]), ..base() };
    refused(&spec, 1100, "mmap.enabled");
}

#[test]
fn a_checked_schema_satisfies_the_rules_again_and_a_damaged_one_does_not() {
    let spec = CollectionSpec { is_dynamic: Some(true), ..with(of("s", "VarChar", &[("max_length", "3")])) };
    let sound = check(&spec).unwrap().schema;
    assert_eq!(rules::check_schema(&sound), Ok(()));
    let damages: [fn(&mut Schema); 12] = [
        |schema| schema.fields.clear(),
        |schema| schema.is_dynamic = false,
        |schema| schema.fields[0].is_primary = false,
        |schema| schema.fields[1].dim = 0,
        |schema| schema.fields[0].dim = 4,
        |schema| schema.fields[2].max_length = 0,
        |schema| schema.fields[2].element_type = Some(DataType::Int8),
        |schema| schema.fields[2].default_value = Some(Value::Int(3)),
        |schema| schema.fields[2].id = 100,
        |schema| schema.fields[2].name = "v".to_string(),
        |schema| schema.fields.swap(2, 3),
        |schema| schema.fields[3].is_primary = true,
    ];
    for (at, damage) in damages.into_iter().enumerate() {
        let mut schema = sound.clone();
        damage(&mut schema);
        assert!(rules::check_schema(&schema).is_err(), "damage {at}");
    }
}
