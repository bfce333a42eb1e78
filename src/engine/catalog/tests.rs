use super::*;
use crate::command::{DEFAULT_DATABASE, DEFAULT_PARTITION, LoadState};
use crate::schema::Metric;
use crate::schema::check::{FieldSpec, QuickSpec};
use crate::store::codec::{self, HEADER_BYTES};
use crate::store::{BlobKey, Bytes};

fn target(collection: &str) -> Target {
    Target { database: DEFAULT_DATABASE.to_string(), collection: collection.to_string() }
}

fn quick(name: &str) -> CollectionSpec {
    let quick = QuickSpec { dimension: Some(4), ..QuickSpec::default() };
    CollectionSpec { name: name.to_string(), quick, ..CollectionSpec::default() }
}

fn field(name: &str, data_type: &str) -> FieldSpec {
    FieldSpec {
        name: name.to_string(),
        data_type: data_type.to_string(),
        is_primary: name == "id",
        is_partition_key: name == "key",
        type_params: [("dim".to_string(), "4".to_string())].into(),
        ..FieldSpec::default()
    }
}

/// A collection without indexes: key `id`, vectors `v` and `w`, number `n`.
fn custom(name: &str) -> CollectionSpec {
    let fields = vec![field("id", "Int64"), field("v", "FloatVector"), field("w", "FloatVector"), field("n", "Int32")];
    CollectionSpec { name: name.to_string(), fields: Some(fields), ..CollectionSpec::default() }
}

/// A collection with a partition key.
fn keyed(name: &str, partitions: i64) -> CollectionSpec {
    let fields = vec![field("id", "Int64"), field("v", "FloatVector"), field("key", "Int64")];
    let partitions = Some(partitions);
    CollectionSpec { name: name.to_string(), fields: Some(fields), partitions, ..CollectionSpec::default() }
}

fn index(field: &str, name: &str) -> IndexSpec {
    IndexSpec { field: field.to_string(), name: name.to_string(), ..IndexSpec::default() }
}

fn create(catalog: &mut Catalog, spec: &CollectionSpec) -> u64 {
    catalog.create_collection(DEFAULT_DATABASE, spec, 7).unwrap().expect("it is new")
}

fn texts(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| text.to_string()).collect()
}

/// A catalog with something of everything.
fn full() -> Catalog {
    let mut catalog = Catalog::new();
    create(&mut catalog, &quick("q"));
    create(&mut catalog, &custom("c"));
    create(&mut catalog, &keyed("k", 3));
    catalog.create_database("other", &[("timezone".to_string(), "UTC".to_string())].into()).unwrap();
    catalog.create_collection("other", &quick("q"), 8).unwrap().unwrap();
    catalog.create_alias(&target("q"), "b").unwrap();
    catalog.create_alias(&target("q"), "a").unwrap();
    catalog.create_partition(&target("c"), "p").unwrap().unwrap();
    catalog.create_index(&target("c"), &[index("v", ""), index("n", "numbers")]).unwrap();
    catalog
}

/// Runs what must fail, and shows that nothing changed.
fn refused<T: std::fmt::Debug>(
    catalog: &mut Catalog,
    code: u16,
    fragment: &str,
    run: impl FnOnce(&mut Catalog) -> Result<T>,
) {
    let before = catalog.clone();
    let error = run(catalog).expect_err(fragment);
    assert_eq!(error.code(), code, "{error}");
    assert!(error.to_string().contains(fragment), "{error} lacks {fragment}");
    assert_eq!(*catalog, before, "{error} changed something");
}

#[test]
fn databases_come_and_go() {
    let mut catalog = full();
    assert_eq!(catalog.list_databases(), ["default", "other"]);
    let (id, properties) = catalog.describe_database("other").unwrap();
    assert!(id > 1 && properties.get("timezone").map(String::as_str) == Some("UTC"));
    let none = Properties::new();
    refused(&mut catalog, 802, "Invalid database name: 1. ", |it| it.create_database("1", &none));
    refused(&mut catalog, 1100, "database already exist: other", |it| it.create_database("other", &none));
    refused(&mut catalog, 1100, "can not drop default database", |it| it.drop_database("default"));
    refused(&mut catalog, 1100, "must drop all collections before drop database", |it| it.drop_database("other"));
    assert_eq!(catalog.drop_database("x"), Ok(false), "what is not there is dropped already");
    refused(&mut catalog, 802, "underscore or letter: invalid database name[database=1x]", |it| it.drop_database("1x"));
    refused(&mut catalog, 800, "database not found[database=x]", |it| it.describe_database("x").map(|_| ()));
    let nowhere = Target { database: "x".to_string(), collection: "q".to_string() };
    refused(&mut catalog, 800, "database not found", |it| it.drop_collection(&nowhere));
    refused(&mut catalog, 800, "database not found", |it| it.has_collection(&nowhere));
    refused(&mut catalog, 800, "database not found", |it| it.create_collection("x", &quick("q"), 0));
    let target = Target { database: "other".to_string(), collection: "q".to_string() };
    catalog.drop_collection(&target).unwrap().unwrap();
    catalog.drop_database("other").unwrap();
    assert_eq!(catalog.list_databases(), ["default"]);
}

#[test]
fn database_properties_are_checked_and_kept() {
    let mut catalog = full();
    let set = |key: &str, value: Option<&str>| vec![(key.to_string(), value.map(str::to_string))];
    assert_eq!(catalog.alter_database("other", &set("timezone", Some("UTC"))), Ok(false));
    assert_eq!(catalog.alter_database("other", &set("timezone", None)), Ok(true));
    assert_eq!(catalog.describe_database("other").unwrap().1.len(), 0);
    refused(&mut catalog, 1100, "database.max.collections", |it| {
        it.alter_database("other", &set("database.max.collections", Some("x")))
    });
    catalog.alter_database("other", &set("database.max.collections", Some("1"))).unwrap();
    refused(&mut catalog, 102, "exceeded the limit number of collections[limit=1]", |it| {
        it.create_collection("other", &quick("r"), 0)
    });
}

#[test]
fn there_are_at_most_64_databases() {
    let mut catalog = Catalog::new();
    for at in 1..DATABASES_MAX {
        catalog.create_database(&format!("d{at}"), &Properties::new()).unwrap();
    }
    refused(&mut catalog, 801, "exceeded the limit number of database", |it| {
        it.create_database("d", &Properties::new())
    });
}

#[test]
fn the_quick_form_is_loaded_and_the_custom_form_waits_for_its_indexes() {
    let mut catalog = Catalog::new();
    create(&mut catalog, &quick("q"));
    create(&mut catalog, &custom("c"));
    let with_some = CollectionSpec { indexes: vec![index("v", "")], ..custom("d") };
    create(&mut catalog, &with_some);
    let with_all = CollectionSpec { indexes: vec![index("v", ""), index("w", "")], ..custom("e") };
    create(&mut catalog, &with_all);
    for (name, is_loaded) in [("q", true), ("c", false), ("d", false), ("e", true)] {
        assert_eq!(catalog.resolve(&target(name)).unwrap().is_loaded(), is_loaded, "{name}");
    }
    assert_eq!(catalog.list_collections(DEFAULT_DATABASE).unwrap(), ["c", "d", "e", "q"]);
}

#[test]
fn making_the_same_collection_again_is_no_error_and_another_of_its_name_is() {
    let mut catalog = full();
    let before = catalog.clone();
    assert_eq!(catalog.create_collection(DEFAULT_DATABASE, &quick("q"), 99), Ok(None));
    assert_eq!(catalog.create_collection(DEFAULT_DATABASE, &custom("c"), 99), Ok(None));
    assert_eq!(catalog, before);
    let fragment = "create duplicate collection with different parameters, collection: q";
    refused(&mut catalog, 1100, fragment, |it| it.create_collection(DEFAULT_DATABASE, &custom("q"), 0));
    refused(&mut catalog, 1601, "collection name [a] conflicts with an existing alias", |it| {
        it.create_collection(DEFAULT_DATABASE, &quick("a"), 0)
    });
    refused(&mut catalog, 1100, "Invalid collection name: 1. ", |it| {
        it.create_collection(DEFAULT_DATABASE, &quick("1"), 0)
    });
}

#[test]
fn ids_are_never_given_twice() {
    let mut catalog = full();
    let old = catalog.drop_collection(&target("c")).unwrap().unwrap();
    assert!(create(&mut catalog, &custom("c")) > old);
    let partition = catalog.create_partition(&target("c"), "p").unwrap().unwrap();
    catalog.drop_partition(&target("c"), "p").unwrap();
    assert!(catalog.create_partition(&target("c"), "p").unwrap().unwrap() > partition);
}

#[test]
fn dropping_needs_the_real_name_and_no_aliases() {
    let mut catalog = full();
    assert_eq!(catalog.drop_collection(&target("nothing")), Ok(None));
    refused(&mut catalog, 1100, "cannot drop the collection via alias = a", |it| it.drop_collection(&target("a")));
    refused(&mut catalog, 1100, "because it has associated aliases [a b]", |it| it.drop_collection(&target("q")));
    catalog.drop_alias(DEFAULT_DATABASE, "a").unwrap();
    catalog.drop_alias(DEFAULT_DATABASE, "b").unwrap();
    assert!(catalog.drop_collection(&target("q")).unwrap().is_some());
    assert_eq!(catalog.has_collection(&target("q")), Ok(false));
    refused(&mut catalog, 100, "can't find collection[database=default][collection=q]", |it| {
        it.resolve(&target("q")).map(|_| ())
    });
}

#[test]
fn renaming_keeps_aliases_and_needs_a_free_name() {
    let mut catalog = full();
    catalog.rename_collection(&target("q"), DEFAULT_DATABASE, "r").unwrap();
    assert_eq!(catalog.resolve(&target("a")).unwrap().name, "r");
    assert_eq!(catalog.describe_alias(DEFAULT_DATABASE, "b"), Ok("r"));
    assert_eq!(catalog.has_collection(&target("q")), Ok(false));
    for taken in ["c", "r", "a"] {
        let fragment = format!("duplicated new collection name default:{taken} with other collection name or alias");
        refused(&mut catalog, 1100, &fragment, |it| it.rename_collection(&target("r"), DEFAULT_DATABASE, taken));
    }
    refused(&mut catalog, 1100, "unsupported use an alias to rename collection, alias:a", |it| {
        it.rename_collection(&target("a"), DEFAULT_DATABASE, "s")
    });
    refused(&mut catalog, 100, "can't find collection", |it| it.rename_collection(&target("x"), DEFAULT_DATABASE, "s"));
    refused(&mut catalog, 1100, "collection name should not be empty", |it| {
        it.rename_collection(&target("r"), DEFAULT_DATABASE, "")
    });
    refused(&mut catalog, 800, "database not found", |it| it.rename_collection(&target("r"), "nowhere", "s"));
    refused(&mut catalog, 1100, "must drop all aliases", |it| it.rename_collection(&target("r"), "other", "s"));
    catalog.rename_collection(&target("c"), "other", "c").unwrap();
    let moved = Target { database: "other".to_string(), collection: "c".to_string() };
    assert_eq!(catalog.resolve(&moved).unwrap().database, "other");
    assert_eq!(catalog.has_collection(&target("c")), Ok(false));
}

#[test]
fn aliases_point_at_one_collection_and_can_be_moved() {
    let mut catalog = full();
    assert_eq!(catalog.list_aliases(DEFAULT_DATABASE, None).unwrap(), ["a", "b"]);
    assert_eq!(catalog.list_aliases(DEFAULT_DATABASE, Some("q")).unwrap(), ["a", "b"]);
    assert_eq!(catalog.resolve(&target("q")).unwrap().aliases, ["a", "b"]);
    assert_eq!(catalog.create_alias(&target("q"), "a"), Ok(false));
    refused(
        &mut catalog,
        1602,
        "a is alias to another collection: q: alias already exist[database=default][alias=a]",
        |it| it.create_alias(&target("c"), "a"),
    );
    refused(&mut catalog, 1601, "alias and collection name conflict", |it| it.create_alias(&target("q"), "c"));
    refused(&mut catalog, 1100, "Invalid collection alias: 1. ", |it| it.create_alias(&target("q"), "1"));
    refused(&mut catalog, 100, "can't find collection", |it| it.create_alias(&target("x"), "d"));
    refused(&mut catalog, 100, "can't find collection", |it| it.create_alias(&target("a"), "d"));
    assert_eq!(catalog.alter_alias(&target("q"), "a"), Ok(false));
    assert_eq!(catalog.alter_alias(&target("c"), "a"), Ok(true));
    assert_eq!(catalog.resolve(&target("a")).unwrap().name, "c");
    assert_eq!(catalog.list_aliases(DEFAULT_DATABASE, Some("q")).unwrap(), ["b"]);
    refused(&mut catalog, 1600, "alias not found[database=default][alias=x]", |it| it.alter_alias(&target("c"), "x"));
    refused(&mut catalog, 1601, "conflict", |it| it.alter_alias(&target("c"), "q"));
    assert_eq!(catalog.drop_alias(DEFAULT_DATABASE, "x"), Ok(false), "what is not there is dropped already");
    refused(&mut catalog, 1100, "Invalid collection alias: 1x. the first character", |it| {
        it.drop_alias(DEFAULT_DATABASE, "1x")
    });
    refused(&mut catalog, 1100, "Invalid collection name: 1x. the first character", |it| {
        it.create_alias(&target("1x"), "d")
    });
    refused(&mut catalog, 100, "can't find collection", |it| it.create_alias(&target(""), "d"));
    refused(&mut catalog, 1600, "alias not found", |it| it.describe_alias("other", "a").map(|_| ()));
    refused(&mut catalog, 1601, "conflict", |it| it.drop_alias(DEFAULT_DATABASE, "q"));
    catalog.drop_alias(DEFAULT_DATABASE, "a").unwrap();
    assert_eq!(catalog.list_aliases(DEFAULT_DATABASE, None).unwrap(), ["b"]);
    assert!(catalog.resolve(&target("c")).unwrap().aliases.is_empty());
}

#[test]
fn partitions_come_and_go() {
    let mut catalog = full();
    let names = |catalog: &Catalog, name: &str| {
        let record = catalog.resolve(&target(name)).unwrap();
        record.partitions.iter().map(|partition| partition.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(&catalog, "c"), [DEFAULT_PARTITION, "p"]);
    assert_eq!(catalog.create_partition(&target("c"), " p "), Ok(None));
    assert!(catalog.create_partition(&target("c"), " 2024-1 ").unwrap().is_some());
    assert_eq!(names(&catalog, "c"), [DEFAULT_PARTITION, "p", "2024-1"]);
    assert_eq!(catalog.drop_partition(&target("c"), "nothing"), Ok(None));
    assert!(catalog.drop_partition(&target("c"), "p").unwrap().is_some());
    refused(&mut catalog, 1100, "default partition cannot be deleted", |it| {
        it.drop_partition(&target("c"), DEFAULT_PARTITION)
    });
    refused(&mut catalog, 1100, "Invalid partition name: a b. ", |it| it.create_partition(&target("c"), "a b"));
    refused(&mut catalog, 100, "can't find collection", |it| it.create_partition(&target("x"), "p"));
    assert!(catalog.create_partition(&target("q"), "p").unwrap().is_some());
    refused(&mut catalog, 1100, "partition is loaded, please release it first", |it| {
        it.drop_partition(&target("q"), "p")
    });
}

#[test]
fn a_collection_has_at_most_1024_partitions() {
    let mut catalog = Catalog::new();
    create(&mut catalog, &custom("c"));
    for at in 1..1_024 {
        catalog.create_partition(&target("c"), &format!("p{at}")).unwrap().unwrap();
    }
    refused(&mut catalog, 1100, "exceeds max configuration (1024), collection: c", |it| {
        it.create_partition(&target("c"), "p")
    });
}

#[test]
fn partitions_times_shards_are_bounded_over_all_collections() {
    let mut catalog = Catalog::new();
    for at in 0..4 {
        create(&mut catalog, &CollectionSpec { shards: Some(16), ..keyed(&format!("k{at}"), 1_024) });
    }
    refused(&mut catalog, 1100, "general capacity exceeded", |it| {
        it.create_collection(DEFAULT_DATABASE, &quick("q"), 0)
    });
}

#[test]
fn a_partition_key_makes_its_partitions_and_users_may_not_name_them() {
    let mut catalog = full();
    let record = catalog.resolve(&target("k")).unwrap().clone();
    let names: Vec<_> = record.partitions.iter().map(|partition| partition.name.as_str()).collect();
    assert_eq!(names, ["_default_0", "_default_1", "_default_2"]);
    assert_eq!(record.writable_partition(""), Ok(None));
    let named = "not support manually specifying the partition names if partition key mode is used";
    assert!(record.writable_partition("_default_0").unwrap_err().to_string().contains(named));
    let partitions = texts(&["_default_0"]);
    refused(&mut catalog, 1100, "disable create partition if partition key mode is used", |it| {
        it.create_partition(&target("k"), "p")
    });
    refused(&mut catalog, 1100, "disable drop partition if", |it| it.drop_partition(&target("k"), "_default_0"));
    refused(&mut catalog, 1100, "disable load partitions if", |it| it.load_partitions(&target("k"), &partitions));
    refused(&mut catalog, 1100, "disable release partitions if", |it| it.release_partitions(&target("k"), &partitions));
    catalog.create_index(&target("k"), &[index("v", "")]).unwrap();
    catalog.load_collection(&target("k")).unwrap();
    let record = catalog.resolve(&target("k")).unwrap();
    assert_eq!(record.readable_partitions(&[]).unwrap().len(), 3);
    assert!(record.readable_partitions(&partitions).unwrap_err().to_string().contains(named));
}

#[test]
fn loading_needs_an_index_on_every_vector_field() {
    let mut catalog = full();
    let fragment = "there is no vector index on field: [w], please create index firstly";
    refused(&mut catalog, 700, fragment, |it| it.load_collection(&target("c")));
    refused(&mut catalog, 700, fragment, |it| it.load_partitions(&target("c"), &texts(&["p"])));
    assert_eq!(catalog.create_index(&target("c"), &[index("w", "")]), Ok(true));
    assert_eq!(catalog.load_collection(&target("c")), Ok(true));
    assert_eq!(catalog.load_collection(&target("c")), Ok(false));
    assert_eq!(catalog.release_collection(&target("c")), Ok(true));
    assert_eq!(catalog.release_collection(&target("c")), Ok(false));
    refused(&mut catalog, 100, "can't find collection", |it| it.load_collection(&target("x")));
}

#[test]
fn what_can_be_read_follows_what_is_loaded() {
    let mut catalog = full();
    catalog.create_index(&target("c"), &[index("w", "")]).unwrap();
    let ids = |catalog: &Catalog, names: &[&str]| {
        catalog.resolve(&target("c")).unwrap().readable_partitions(&texts(names)).map_err(|error| error.code())
    };
    let state = |catalog: &Catalog, names: &[&str]| {
        catalog.resolve(&target("c")).unwrap().load_state(&texts(names)).map_err(|error| error.code())
    };
    assert_eq!(ids(&catalog, &[]), Err(101));
    assert_eq!(state(&catalog, &[]), Ok(LoadState::NotLoad));
    catalog.load_partitions(&target("c"), &texts(&["p"])).unwrap();
    let partition = catalog.resolve(&target("c")).unwrap().partition("p").unwrap().id;
    assert_eq!(ids(&catalog, &[]), Ok(vec![partition]));
    assert_eq!(ids(&catalog, &["p", "p"]), Ok(vec![partition]));
    assert_eq!(ids(&catalog, &["_default"]), Err(201));
    assert_eq!(ids(&catalog, &["x"]), Err(200));
    assert_eq!(state(&catalog, &[]), Ok(LoadState::Loaded));
    assert_eq!(state(&catalog, &["p"]), Ok(LoadState::Loaded));
    assert_eq!(state(&catalog, &["p", "_default"]), Ok(LoadState::NotLoad));
    assert_eq!(state(&catalog, &["x"]), Err(200));
    refused(&mut catalog, 200, "partition not found[partition=x]", |it| {
        it.load_partitions(&target("c"), &texts(&["_default", "x"]))
    });
    refused(&mut catalog, 200, "partition not found", |it| it.release_partitions(&target("c"), &texts(&["x"])));
    refused(&mut catalog, 1100, "no partition specified", |it| it.load_partitions(&target("c"), &[]));
    // A partition that is made now stays unloaded; one that is made after loading the whole is loaded.
    catalog.create_partition(&target("c"), "late").unwrap();
    assert_eq!(ids(&catalog, &["late"]), Err(201));
    catalog.load_collection(&target("c")).unwrap();
    catalog.create_partition(&target("c"), "later").unwrap();
    assert_eq!(ids(&catalog, &[]).unwrap().len(), 4);
    let all = texts(&["_default", "p", "late", "later"]);
    assert_eq!(catalog.release_partitions(&target("c"), &all), Ok(true));
    assert_eq!(ids(&catalog, &[]), Err(101));
    catalog.create_partition(&target("c"), "latest").unwrap();
    assert_eq!(state(&catalog, &["latest"]), Ok(LoadState::NotLoad));
}

#[test]
fn rows_are_written_to_the_default_partition_or_a_named_one() {
    let catalog = full();
    let record = catalog.resolve(&target("c")).unwrap();
    assert_eq!(record.writable_partition(""), Ok(Some(record.partitions[0].id)));
    assert_eq!(record.writable_partition("p"), Ok(Some(record.partitions[1].id)));
    assert_eq!(record.writable_partition("x").unwrap_err().code(), 200);
}

#[test]
fn indexes_come_all_or_none_and_vector_indexes_go_only_when_released() {
    let mut catalog = full();
    assert_eq!(catalog.create_index(&target("c"), &[index("v", "")]), Ok(false));
    refused(&mut catalog, 1100, "creating multiple indexes on same field is not supported", |it| {
        it.create_index(&target("c"), &[index("w", ""), index("v", "second")])
    });
    assert_eq!(catalog.create_index(&target("c"), &[index("n", "")]), Ok(false), "a name is not needed again");
    refused(&mut catalog, 1100, "non-exist field", |it| it.create_index(&target("c"), &[index("x", "")]));
    let record = catalog.resolve(&target("c")).unwrap();
    assert_eq!(record.list_indexes(""), ["v", "numbers"]);
    assert_eq!(record.list_indexes("n"), ["numbers"]);
    assert_eq!(record.list_indexes("w"), texts(&[]));
    let described = record.describe_index("numbers", 5).unwrap();
    assert_eq!((described.len(), described[0].field.as_str(), described[0].total_rows), (1, "n", 5));
    assert_eq!((described[0].structure.name, described[0].metric), ("column scan", None));
    let all = record.describe_index("", 5).unwrap();
    assert_eq!((all.len(), all[0].structure.name, all[0].metric), (2, "exact scan", Some(Metric::Cosine)));
    assert_eq!(record.index_of("v").map(|index| index.name.as_str()), Some("v"));
    refused(&mut catalog, 700, "index not found[collection=c][indexName=x]", |it| {
        it.resolve(&target("c")).unwrap().describe_index("x", 0)
    });
    catalog.create_index(&target("c"), &[index("w", "")]).unwrap();
    catalog.load_collection(&target("c")).unwrap();
    let id = catalog.resolve(&target("c")).unwrap().id;
    let fragment = format!("vector index cannot be dropped on loaded collection: {id}");
    refused(&mut catalog, 1100, &fragment, |it| it.drop_index(&target("c"), "v"));
    assert_eq!(catalog.drop_index(&target("c"), "numbers"), Ok(true));
    assert_eq!(catalog.drop_index(&target("c"), "numbers"), Ok(false));
    catalog.release_collection(&target("c")).unwrap();
    assert_eq!(catalog.drop_index(&target("c"), "v"), Ok(true));
    refused(&mut catalog, 700, "index not found[collection=k]", |it| {
        it.resolve(&target("k")).unwrap().describe_index("", 0)
    });
}

#[test]
fn properties_are_altered_and_some_only_when_released() {
    let mut catalog = full();
    let set = |key: &str, value: Option<&str>| vec![(key.to_string(), value.map(str::to_string))];
    assert_eq!(catalog.alter_collection(&target("q"), &set("note", Some("mine")), 0), Ok(true));
    assert_eq!(catalog.alter_collection(&target("q"), &set("note", Some("mine")), 0), Ok(false));
    assert_eq!(catalog.alter_collection(&target("q"), &set("note", None), 0), Ok(true));
    refused(&mut catalog, 104, "can not alter mmap properties if collection loaded", |it| {
        it.alter_collection(&target("q"), &set("mmap.enabled", Some("true")), 0)
    });
    assert_eq!(catalog.alter_collection(&target("c"), &set("mmap.enabled", Some("true")), 0), Ok(true));
    refused(&mut catalog, 1100, "collection TTL is out of range", |it| {
        it.alter_collection(&target("c"), &set("collection.ttl.seconds", Some("never")), 0)
    });
    let both = vec![
        ("a".to_string(), Some("1".to_string())),
        ("allow_insert_auto_id".to_string(), Some("perhaps".to_string())),
    ];
    refused(&mut catalog, 1100, "allow_insert_auto_id", |it| it.alter_collection(&target("c"), &both, 0));
    assert!(!catalog.resolve(&target("c")).unwrap().allows_insert_auto_id());
    catalog.alter_collection(&target("c"), &set("allow_insert_auto_id", Some("True")), 0).unwrap();
    assert!(catalog.resolve(&target("c")).unwrap().allows_insert_auto_id());
}

#[test]
fn descriptions_tell_all() {
    let catalog = full();
    let description = catalog.resolve(&target("a")).unwrap().describe(3);
    assert_eq!((description.name.as_str(), description.database.as_str()), ("q", "default"));
    assert_eq!((description.load_state, description.created_ms), (LoadState::Loaded, 7));
    assert_eq!((description.shards, description.partition_count), (1, 1));
    assert_eq!((description.aliases, description.indexes.len()), (texts(&["a", "b"]), 1));
    assert_eq!(description.consistency_level, "Bounded");
}

#[test]
fn a_catalog_survives_storage() {
    for catalog in [Catalog::new(), full()] {
        assert_eq!(Catalog::decode(catalog.encode().as_slice()), Ok(catalog));
    }
}

#[test]
fn a_damaged_catalog_is_corrupt() {
    let blob = full().encode();
    for at in 0..blob.len() {
        let mut damaged = blob.as_slice().to_vec();
        damaged[at] ^= 1 << (at % 8);
        assert!(Catalog::decode(&damaged).is_err(), "byte {at}");
        assert!(Catalog::decode(&blob.as_slice()[..at]).is_err(), "length {at}");
    }
}

/// A catalog's body with a right checksum, whatever it says.
fn sealed(body: &[u8]) -> Bytes {
    codec::encode_body(BlobKey::Catalog, body)
}

#[test]
fn a_hostile_catalog_is_refused_or_sound_and_never_panics() {
    let body = full().encode().as_slice()[HEADER_BYTES..].to_vec();
    let mut sound = 0;
    let mut damages = vec![];
    for at in 0..body.len() {
        for flip in [1, 2, 4, 8, 16, 32, 64, 128, 255] {
            let mut damaged = body.clone();
            damaged[at] ^= flip;
            damages.push(damaged);
        }
        damages.push(body[..at].to_vec());
    }
    for damaged in damages {
        match Catalog::decode(sealed(&damaged).as_slice()) {
            Err(error) => assert!(matches!(error, Error::Corrupt { .. } | Error::Unsupported { .. }), "{error:?}"),
            Ok(mut catalog) => {
                sound += 1;
                exercise(&mut catalog);
                assert_eq!(Catalog::decode(catalog.encode().as_slice()), Ok(catalog));
            }
        }
    }
    // Text and numbers may be changed without harm, so that not everything is refused.
    assert!(sound > 0);
}

/// Calls what would panic if the catalog's invariants did not hold.
fn exercise(catalog: &mut Catalog) {
    let targets: Vec<Target> = catalog
        .collections()
        .flat_map(|record| {
            record.aliases.iter().chain([&record.name]).map(|name| (record.database.clone(), name.clone()))
        })
        .map(|(database, collection)| Target { database, collection })
        .collect();
    for target in &targets {
        let record = catalog.resolve(target).unwrap();
        record.describe(1);
        record.list_indexes("");
        record.schema.primary_field();
        let _ = record.readable_partitions(&[]);
        let _ = record.writable_partition("");
        let _ = catalog.create_partition(target, "fresh");
    }
    let _ = catalog.create_collection(DEFAULT_DATABASE, &quick("fresh"), 0);
}

#[test]
fn records_that_break_a_rule_are_corrupt() {
    let damages: [fn(&mut Catalog); 15] = [
        |catalog| catalog.next_id = 3,
        |catalog| catalog.next_id = u64::MAX,
        |catalog| drop(catalog.databases.remove(0)),
        |catalog| catalog.databases[1].id = 1,
        |catalog| catalog.databases.swap(0, 1),
        |catalog| catalog.collections.swap(0, 1),
        |catalog| first(catalog).name = "1a".to_string(),
        |catalog| first(catalog).name = "c".to_string(),
        |catalog| first(catalog).database = "nowhere".to_string(),
        |catalog| first(catalog).partitions.clear(),
        |catalog| first(catalog).partitions[0].id = 1,
        |catalog| first(catalog).indexes.clear(),
        |catalog| first(catalog).shards = 0,
        |catalog| first(catalog).partitions[0].is_loaded = false,
        |catalog| first(catalog).aliases.reverse(),
    ];
    for (at, damage) in damages.into_iter().enumerate() {
        let mut catalog = full();
        damage(&mut catalog);
        let result = Catalog::decode(catalog.encode().as_slice());
        assert!(matches!(result, Err(Error::Corrupt { .. })), "damage {at}: {result:?}");
    }
}

fn first(catalog: &mut Catalog) -> &mut CollectionRecord {
    &mut catalog.collections[0]
}
