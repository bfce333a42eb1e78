use super::*;
use crate::collection::group::Grouping;
use crate::collection::hybrid::Ranker;
use crate::collection::search::QueryVectors;
use crate::schema::Value;
use crate::sorted::SortedMap;

fn check(operation: &str, head: &str, expected: &str) {
    let command = decode_json(operation, head, vec![]).unwrap_or_else(|error| panic!("{operation} {head}: {error}"));
    assert_eq!(format!("{command:?}"), expected, "{operation} {head}");
}

const TARGET: &str = r#"target: Target { database: "default", collection: "c" }"#;

#[test]
fn operations_on_names_become_commands() {
    for (operation, head, expected) in [
        (
            "createDatabase",
            r#"{"dbName":"d","properties":{"a":1}}"#,
            r#"CreateDatabase { database: "d", properties: {"a": "1"} }"#,
        ),
        ("dropDatabase", r#"{"dbName":"d"}"#, r#"DropDatabase { database: "d" }"#),
        ("listDatabases", "{}", "ListDatabases"),
        ("listDatabases", "null", "ListDatabases"),
        ("describeDatabase", r#"{"dbName":"d"}"#, r#"DescribeDatabase { database: "d" }"#),
        (
            "alterDatabaseProperties",
            r#"{"dbName":"d","properties":{"a":true}}"#,
            r#"AlterDatabase { database: "d", changes: [("a", Some("true"))] }"#,
        ),
        (
            "dropDatabaseProperties",
            r#"{"dbName":"d","propertyKeys":["a"]}"#,
            r#"AlterDatabase { database: "d", changes: [("a", None)] }"#,
        ),
        ("listCollections", r#"{"dbName":""}"#, r#"ListCollections { database: "default" }"#),
        ("listCollections", r#"{"dbName":"d","unknown":[1]}"#, r#"ListCollections { database: "d" }"#),
        ("getCompactionState", r#"{"jobID":7}"#, "GetCompactionState { id: 7 }"),
        ("dropAlias", r#"{"aliasName":"a"}"#, r#"DropAlias { database: "default", alias: "a" }"#),
        ("describeAlias", r#"{"aliasName":"a"}"#, r#"DescribeAlias { database: "default", alias: "a" }"#),
        ("listAliases", "{}", r#"ListAliases { database: "default", collection: None }"#),
        ("stats", "{}", "Stats"),
    ] {
        check(operation, head, expected);
    }
    let partition = r#", partition: "p" }"#;
    let partitions = r#", partitions: ["p", "q"] }"#;
    for (operation, extra, name, rest) in [
        ("dropCollection", "", "DropCollection", " }"),
        ("hasCollection", "", "HasCollection", " }"),
        ("describeCollection", "", "DescribeCollection", " }"),
        (
            "renameCollection",
            r#","newCollectionName":"n""#,
            "RenameCollection",
            r#", new_database: "default", new_name: "n" }"#,
        ),
        (
            "renameCollection",
            r#","newCollectionName":"n","newDbName":"d""#,
            "RenameCollection",
            r#", new_database: "d", new_name: "n" }"#,
        ),
        ("loadCollection", "", "LoadCollection", " }"),
        ("releaseCollection", "", "ReleaseCollection", " }"),
        ("getLoadState", "", "GetLoadState", ", partitions: [] }"),
        ("getLoadState", r#","partitionNames":["p","q"]"#, "GetLoadState", partitions),
        ("getCollectionStats", "", "GetCollectionStats", " }"),
        (
            "alterCollectionProperties",
            r#","properties":{"k":"v"}"#,
            "AlterCollection",
            r#", changes: [("k", Some("v"))] }"#,
        ),
        ("dropCollectionProperties", r#","propertyKeys":["k"]"#, "AlterCollection", r#", changes: [("k", None)] }"#),
        ("flush", "", "Flush", " }"),
        ("compact", r#","isClustering":false"#, "Compact", " }"),
        ("createPartition", r#","partitionName":"p""#, "CreatePartition", partition),
        ("dropPartition", r#","partitionName":"p""#, "DropPartition", partition),
        ("hasPartition", r#","partitionName":"p""#, "HasPartition", partition),
        ("listPartitions", "", "ListPartitions", " }"),
        ("loadPartitions", r#","partitionNames":["p","q"]"#, "LoadPartitions", partitions),
        ("releasePartitions", r#","partitionNames":["p","q"]"#, "ReleasePartitions", partitions),
        ("getPartitionStats", r#","partitionName":"p""#, "GetPartitionStats", partition),
        ("dropIndex", r#","indexName":"i""#, "DropIndex", r#", index: "i" }"#),
        ("describeIndex", r#","indexName":"i""#, "DescribeIndex", r#", index: "i" }"#),
        ("describeIndex", "", "DescribeIndex", r#", index: "" }"#),
        ("listIndexes", r#","fieldName":"f""#, "ListIndexes", r#", field: "f" }"#),
        ("createAlias", r#","aliasName":"a""#, "CreateAlias", r#", alias: "a" }"#),
        ("alterAlias", r#","aliasName":"a""#, "AlterAlias", r#", alias: "a" }"#),
    ] {
        check(operation, &format!(r#"{{"collectionName":"c"{extra}}}"#), &format!("{name} {{ {TARGET}{rest}"));
    }
}

#[test]
fn keys_of_another_case_will_do_as_in_milvus() {
    check("hasCollection", r#"{"CollectionName":"c"}"#, &format!("HasCollection {{ {TARGET} }}"));
    check("hasCollection", r#"{"CollectionName":"x","collectionName":"c"}"#, &format!("HasCollection {{ {TARGET} }}"));
}

#[test]
fn what_is_missing_or_wrong_is_told_with_its_path() {
    for (operation, head, code, fragment) in [
        ("nonsense", "{}", 3000, "the operation 'nonsense' is not supported"),
        ("hasCollection", "{}", 1802, "missing required parameters, error: hasCollection needs 'collectionName'"),
        ("hasCollection", "null", 1802, "'collectionName'"),
        ("hasCollection", r#"{"collectionName":""}"#, 1802, "'collectionName'"),
        ("hasCollection", r#"{"collectionName":null}"#, 1802, "'collectionName'"),
        (
            "hasCollection",
            r#"{"collectionName":5}"#,
            1100,
            "hasCollection: collectionName: expected a string, got an integer",
        ),
        ("hasCollection", "[]", 1100, "hasCollection: expected an object, got a list"),
        ("hasCollection", r#"{"a":"#, 1100, "hasCollection: EOF"),
        ("createIndex", r#"{"collectionName":"c"}"#, 1802, "'indexParams'"),
        ("createIndex", r#"{"collectionName":"c","indexParams":[{}]}"#, 1802, "'indexParams[0].fieldName'"),
        (
            "createIndex",
            r#"{"collectionName":"c","indexParams":[{"fieldName":"v"},3]}"#,
            1100,
            "createIndex: indexParams[1]: expected an object, got an integer",
        ),
        (
            "createCollection",
            r#"{"collectionName":"c","schema":{"fields":[{"fieldName":"a","dataType":"Int64"},{"fieldName":7}]}}"#,
            1100,
            "createCollection: schema.fields[1].fieldName: expected a string, got an integer",
        ),
        ("loadPartitions", r#"{"collectionName":"c","partitionNames":[]}"#, 1802, "'partitionNames'"),
        (
            "loadPartitions",
            r#"{"collectionName":"c","partitionNames":["a",1]}"#,
            1100,
            "loadPartitions: partitionNames[1]: expected a string, got an integer",
        ),
        ("getCompactionState", "{}", 1802, "'jobID'"),
        ("getCompactionState", r#"{"jobID":-1}"#, 1100, "is no compaction"),
        ("alterCollectionProperties", r#"{"collectionName":"c"}"#, 1802, "'properties'"),
        ("dropCollectionProperties", r#"{"collectionName":"c"}"#, 1802, "'propertyKeys'"),
        ("compact", r#"{"collectionName":"c","isClustering":true}"#, 3000, "isClustering of compact"),
        ("insert", r#"{"collectionName":"c"}"#, 1802, "'rows'"),
        ("delete", r#"{"collectionName":"c"}"#, 1802, "'filter'"),
        ("get", r#"{"collectionName":"c"}"#, 1802, "'id'"),
        ("query", r#"{"collectionName":"c","limit":0}"#, 1100, "limit [0] is invalid"),
        ("query", r#"{"collectionName":"c","limit":1.5}"#, 1100, "query: limit: expected a whole number, got a float"),
        ("query", r#"{"collectionName":"c","consistencyLevel":"Weak"}"#, 1100, "consistencyLevel can only be"),
        ("query", r#"{"collectionName":"c","orderByFields":["a:up"]}"#, 1100, "invalid order by 'a:up'"),
        ("query", r#"{"collectionName":"c","groupByFields":["a"]}"#, 3000, "groupByFields of query"),
        ("search", r#"{"collectionName":"c"}"#, 1802, "'queries'"),
        ("hybridSearch", r#"{"collectionName":"c"}"#, 1802, "'search'"),
    ] {
        refused(operation, head, vec![], code, fragment);
    }
}

#[test]
fn heads_may_not_nest_without_end() {
    let nested = format!(
        r#"{{"collectionName":"c","filter":"a == {{x}}","exprParams":{{"x":{}{}}}}}"#,
        "[".repeat(100),
        "]".repeat(100)
    );
    refused("query", &nested, vec![], 1100, "nest deeper than 64 levels");
}

#[test]
fn the_quick_form_and_the_custom_form_become_specs() {
    let spec = |head: &str| match decode_json("createCollection", head, vec![]).unwrap() {
        Command::CreateCollection { database, spec } => {
            assert_eq!(database, "default");
            *spec
        }
        other => panic!("{other:?}"),
    };
    let quick = spec(
        r#"{"collectionName":"c","dimension":4,"metricType":"L2","idType":"VarChar","autoID":true,
            "primaryFieldName":"k","vectorFieldName":"w","description":"words","consistencyLevel":"Strong",
            "params":{"max_length":64,"enableDynamicField":false,"shardsNum":2,"ttlSeconds":0,"mmap.enabled":true},
            "properties":{"note":1}}"#,
    );
    assert!(quick.fields.is_none() && quick.is_auto_id && quick.is_dynamic == Some(false));
    assert_eq!((quick.quick.dimension, quick.quick.max_length, quick.shards), (Some(4), Some(64), Some(2)));
    assert_eq!((quick.quick.primary_field.as_str(), quick.quick.vector_field.as_str()), ("k", "w"));
    assert_eq!((quick.consistency_level.as_str(), quick.description.as_str()), ("Strong", "words"));
    let properties = [("collection.ttl.seconds", "0"), ("mmap.enabled", "true"), ("note", "1")];
    assert_eq!(quick.properties, properties.map(|(key, value)| (key.to_string(), value.to_string())).into());

    let quoted = spec(
        r#"{"collectionName":"c","dimension":4,"params":{"max_length":"64","enableDynamicField":"False","shardsNum":"2",
            "partitionsNum":"3"}}"#,
    );
    assert_eq!((quoted.quick.max_length, quoted.shards, quoted.partitions), (Some(64), Some(2), Some(3)));
    assert_eq!(quoted.is_dynamic, Some(false));
    for (params, says) in [
        (r#"{"shardsNum":"two"}"#, "createCollection: params.shardsNum: expected a whole number, got a string"),
        (r#"{"enableDynamicField":"no"}"#, "createCollection: params.enableDynamicField: expected true or false"),
    ] {
        let asked = format!(r#"{{"collectionName":"c","dimension":4,"params":{params}}}"#);
        refused("createCollection", &asked, vec![], 1100, says);
    }

    let custom = spec(
        r#"{"collectionName":"c","schema":{"autoID":true,"enableDynamicField":true,"functions":[],"fields":[
            {"fieldName":"id","dataType":"Int64","isPrimary":true},
            {"fieldName":"v","dataType":"FloatVector","elementTypeParams":{"dim":"4"}},
            {"fieldName":"a","dataType":"Array","elementDataType":"VarChar","nullable":true,
             "elementTypeParams":{"max_capacity":8,"max_length":"9","analyzer_params":{"type":"english"}}},
            {"fieldName":"n","dataType":"Int8","defaultValue":5,"isPartitionKey":true,"isClusteringKey":true}]},
            "indexParams":[{"fieldName":"v","indexName":"i","metricType":"IP","indexType":"HNSW","params":{"M":8}}],
            "params":{"partitionsNum":4,"consistencyLevel":"Session"}}"#,
    );
    assert!(custom.is_auto_id && custom.is_dynamic == Some(true));
    assert_eq!((custom.partitions, custom.consistency_level.as_str()), (Some(4), "Session"));
    let fields = custom.fields.unwrap();
    assert!(fields[0].is_primary && fields[2].is_nullable && fields[3].is_partition_key && fields[3].is_clustering_key);
    assert_eq!(fields[3].default_value, Some(Value::Int(5)));
    let params = [("analyzer_params", r#"{"type":"english"}"#), ("max_capacity", "8"), ("max_length", "9")];
    assert_eq!(fields[2].type_params, params.map(|(key, value)| (key.to_string(), value.to_string())).into());
    let index = &custom.indexes[0];
    assert_eq!((index.name.as_str(), index.metric.as_str(), index.params["M"].as_str()), ("i", "IP", "8"));

    assert!(spec(r#"{"collectionName":"c","schema":{"fields":[]},"dimension":-1}"#).fields.is_none());
    refused("createCollection", r#"{"collectionName":"c","schema":{"functions":[{}]}}"#, vec![], 3000, "functions");
    refused(
        "createCollection",
        r#"{"collectionName":"c","schema":{"structFields":[{}]}}"#,
        vec![],
        3000,
        "structFields",
    );
}

#[test]
fn gets_queries_and_deletes_become_commands() {
    let query = |operation: &str, head: &str| match decode_json(operation, head, vec![]).unwrap() {
        Command::Query { query, .. } => query,
        other => panic!("{other:?}"),
    };
    let got = query("get", r#"{"collectionName":"c","id":[1,"2",9007199254740993],"partitionNames":["p"]}"#);
    let ids = vec![Value::Int(1), Value::Text("2".to_string()), Value::Int(9_007_199_254_740_993)];
    assert_eq!((got.ids, got.output_fields, got.partitions), (Some(ids), vec!["*".to_string()], vec!["p".to_string()]));
    assert_eq!(query("get", r#"{"collectionName":"c","id":"one"}"#).ids, Some(vec![Value::Text("one".to_string())]));
    let all = query("query", r#"{"collectionName":"c","filter":"a > 1"}"#);
    assert_eq!((all.limit, all.offset, all.filter.expression.as_str()), (Some(100), 0, "a > 1"));
    let some = query(
        "query",
        r#"{"collectionName":"c","filter":"a in {x}","exprParams":{"x":[1,"a"]},"limit":5,"offset":2,"outputFields":["a"],
            "consistencyLevel":"Strong"}"#,
    );
    assert_eq!((some.limit, some.offset, some.output_fields), (Some(5), 2, vec!["a".to_string()]));
    let x = Value::List(vec![Value::Int(1), Value::Text("a".to_string())]);
    assert_eq!(some.filter.params, SortedMap::from([("x".to_string(), x)]));
    let delete = |head: &str| match decode_json("delete", head, vec![]).unwrap() {
        Command::Delete { delete, .. } => delete,
        other => panic!("{other:?}"),
    };
    let by_filter = delete(r#"{"collectionName":"c","filter":"a > 1","partitionName":"p"}"#);
    assert_eq!((by_filter.filter.expression.as_str(), by_filter.partition.as_str()), ("a > 1", "p"));
    assert_eq!(delete(r#"{"collectionName":"c","ids":[1]}"#).ids, Some(vec![Value::Int(1)]));
}

#[test]
fn searches_become_commands() {
    let search = |head: &str| {
        let planes = vec![Plane::F32(vec![1.0, 2.0, 3.0, 4.0])];
        match decode_json(
            "search",
            &format!(r#"{{"collectionName":"c","queries":{{"plane":0,"dim":2,"count":2}}{head}}}"#),
            planes,
        ) {
            Ok(Command::Search { search, .. }) => Ok(search),
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(error),
        }
    };
    let plain = search("").unwrap();
    assert_eq!(plain.queries, QueryVectors { count: 2, dim: 2, elements: vec![1.0, 2.0, 3.0, 4.0] });
    assert_eq!((plain.limit, plain.offset, plain.round_decimal, plain.output_fields.len()), (100, 0, -1, 0));
    let by_ids = decode_json("search", r#"{"collectionName":"c","ids":[1,"k"]}"#, vec![]);
    let Ok(Command::Search { search: by_ids, .. }) = by_ids else { panic!("{by_ids:?}") };
    assert_eq!((by_ids.ids, by_ids.queries.count), (Some(vec![Value::Int(1), Value::Text("k".into())]), 0));
    refused("search", r#"{"collectionName":"c","ids":[]}"#, vec![], 1802, "'queries'");
    let grouping = |size: u32| Some(Grouping { field: "a".to_string(), size });
    assert_eq!(plain.grouping, None);
    assert_eq!(search(r#","groupingField":"a""#).unwrap().grouping, grouping(1));
    let grouped = search(r#","groupingField":"a","groupSize":3,"strictGroupSize":true"#).unwrap();
    assert_eq!(grouped.grouping, grouping(3));
    let grouped = search(r#","searchParams":{"group_by_field":"a","params":{"group_size":2,"ef":9}}"#).unwrap();
    assert_eq!((grouped.grouping, grouped.params.len()), (grouping(2), 1));
    let full = search(
        r#","annsField":"v","filter":"a > 1","limit":3,"offset":2,"outputFields":["a"],"partitionNames":["p"],
           "searchParams":{"metricType":"L2","params":{"ef":64,"radius":0.5},"level":2},"roundDecimal":3"#,
    )
    .unwrap();
    assert_eq!((full.anns_field.as_str(), full.metric.as_str(), full.limit, full.offset), ("v", "L2", 3, 2));
    let params = [("ef", Value::Int(64)), ("level", Value::Int(2)), ("radius", Value::Double(0.5))];
    assert_eq!(full.params, params.map(|(key, value)| (key.to_string(), value)).into());
    assert_eq!(full.round_decimal, 3);
    assert_eq!(search(r#","searchParams":{"metric_type":"IP"}"#).unwrap().metric, "IP");
    for (head, code, fragment) in [
        (r#","limit":0"#, 1100, "topk [0] is invalid, it should be in range [1, 16384], but got 0"),
        (r#","limit":16384,"offset":1"#, 1100, "(offset+limit) should be in range [1, 16384], but got 16385"),
        (r#","roundDecimal":9"#, 1100, "round_decimal [9] is invalid"),
        (r#","metricType":"L2","searchParams":{"metricType":"IP"}"#, 1100, "ambiguous parameter: metricType"),
        (r#","searchParams":{"params":{"ef":1},"ef":2}"#, 1100, "ambiguous parameter: ef"),
        (r#","groupingField":5"#, 1100, "groupingField: expected a string, got an integer"),
        (r#","groupingField":"a","groupSize":0"#, 1100, "input group size:0 is negative"),
        (r#","groupingField":"a","groupSize":11"#, 1100, "input group size:11 exceeds configured max group size:10"),
        (r#","orderByFields":["a"]"#, 3000, "orderByFields of search"),
        (r#","ids":[1]"#, 1100, "search: ids: expected either ids or query vectors, got both"),
        (r#","searchParams":{"group_by_field":"a","group_size":"x"}"#, 1100, "group_size: expected a whole number"),
    ] {
        let error = search(head).expect_err(head);
        assert_eq!(error.code(), code, "{error}");
        assert!(error.to_string().contains(fragment), "{error} lacks {fragment}");
    }
}

#[test]
fn query_vectors_are_as_many_as_they_say() {
    let head = |frame: &str| format!(r#"{{"collectionName":"c","queries":{frame}}}"#);
    let floats = || vec![Plane::F32(vec![0.0; 4])];
    for (frame, planes, fragment) in [
        (r#"{"plane":0,"dim":3,"count":2}"#, floats(), "expected 2 vectors of 3 elements, got 4 elements"),
        (r#"{"plane":0,"dim":4294967295,"count":16384}"#, floats(), "got 4 elements"),
        (r#"{"plane":1,"dim":2,"count":2}"#, floats(), "there is no plane 1, 1 came"),
        (r#"{"plane":0,"dim":2,"count":0}"#, floats(), "nq (number of search vector per search request)"),
        (r#"{"plane":0,"dim":2,"count":20000}"#, floats(), "nq (number of search vector per search request)"),
        (r#"{"plane":0,"dim":-2,"count":2}"#, floats(), "search: queries.dim: expected 0 to 4294967295, got -2"),
        (r#"{"plane":0,"dim":2,"count":1}"#, vec![Plane::U8(vec![0, 0])], "expected a plane of type Float32Array"),
    ] {
        refused("search", &head(frame), planes, 1100, fragment);
    }
    let doubles = decode_json("search", &head(r#"{"plane":0,"dim":1,"count":2}"#), vec![Plane::F64(vec![0.5, 2.0])]);
    let Ok(Command::Search { search, .. }) = doubles else { panic!("{doubles:?}") };
    assert_eq!(search.queries.elements, [0.5, 2.0]);
}

#[test]
fn hybrid_searches_become_commands() {
    let hybrid = |head: &str| {
        let planes = vec![Plane::F32(vec![1.0, 2.0]), Plane::F32(vec![3.0])];
        let head = format!(
            r#"{{"collectionName":"c","limit":5,"offset":3,"outputFields":["a"],"search":[
                {{"queries":{{"plane":0,"dim":2,"count":1}},"annsField":"v"}},
                {{"queries":{{"plane":1,"dim":1,"count":1}},"annsField":"w","limit":9,"params":{{"ef":32}},"metricType":"IP"}}]
                {head}}}"#
        );
        match decode_json("hybridSearch", &head, planes) {
            Ok(Command::HybridSearch { hybrid, .. }) => Ok(hybrid),
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(error),
        }
    };
    let plain = hybrid("").unwrap();
    assert_eq!(plain.ranker, Ranker::Rrf { k: 60.0 });
    assert_eq!((plain.limit, plain.offset, plain.searches[0].limit, plain.searches[1].limit), (5, 3, 8, 9));
    assert_eq!((plain.searches[1].metric.as_str(), plain.searches[1].params.len()), ("IP", 1));
    let rrf = hybrid(r#","rerank":{"strategy":"rrf","params":{"k":10}}"#).unwrap();
    assert_eq!(rrf.ranker, Ranker::Rrf { k: 10.0 });
    let weighted =
        hybrid(r#","rerank":{"strategy":"weighted","params":{"weights":[0.5,1],"norm_score":false}}"#).unwrap();
    assert_eq!(weighted.ranker, Ranker::Weighted { weights: vec![0.5, 1.0], normalises: false });
    for (head, code, fragment) in [
        (r#","rerank":{"strategy":"best"}"#, 1100, "unsupported rank type best"),
        (r#","rerank":{"strategy":"weighted"}"#, 1802, "'rerank.params'"),
        (r#","rerank":{"strategy":"weighted","params":{}}"#, 1802, "'rerank.params.weights'"),
        (
            r#","rerank":{"strategy":"weighted","params":{"weights":["x"]}}"#,
            1100,
            "rerank.params.weights: expected a list of numbers",
        ),
        (r#","functionScore":{"functions":[1]}"#, 3000, "functionScore of hybridSearch"),
        (r#","groupingField":"a""#, 3000, "groupingField of hybridSearch"),
    ] {
        let error = hybrid(head).expect_err(head);
        assert_eq!(error.code(), code, "{error}");
        assert!(error.to_string().contains(fragment), "{error} lacks {fragment}");
    }
    let many = vec!["{}"; 1_025].join(",");
    refused(
        "hybridSearch",
        &format!(r#"{{"collectionName":"c","search":[{many}]}}"#),
        vec![],
        1100,
        "at most 1024 searches",
    );
}
