//! What the catalog knows of one collection.

use serde::{Deserialize, Serialize};

use crate::collection::indexing::Wanted;
use crate::command::{Changes, CollectionDescription, DEFAULT_PARTITION, IndexDescription, LoadState, Properties};
use crate::error::{Error, Result};
use crate::index::Structure;
use crate::index::form::Plan;
use crate::schema::Schema;
use crate::schema::check::{self, Checked, CollectionSpec, FieldSpec};
use crate::schema::index_params::{self, Index, IndexSpec};
use crate::schema::{properties, rules};

/// A collection: all but its rows. Stored as it is, so the order of the fields is part of the format.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CollectionRecord {
    /// The number that its blobs carry.
    pub id: u64,
    /// The database's name.
    pub database: String,
    /// The name.
    pub name: String,
    /// The user's words about it.
    pub description: String,
    /// The fields.
    pub schema: Schema,
    /// The partitions, in the order in which they were made; never none.
    pub partitions: Vec<Partition>,
    /// Whether it was loaded as a whole, so that new partitions are loaded at once.
    pub loads_new_partitions: bool,
    /// The indexes, in the order in which they were made.
    pub indexes: Vec<Index>,
    /// The aliases, ascending.
    pub aliases: Vec<String>,
    /// The properties.
    pub properties: Properties,
    /// Shards, echoed.
    pub shards: u32,
    /// The consistency level's name, echoed.
    pub consistency_level: String,
    /// When it was made, in milliseconds since 1970.
    pub created_ms: u64,
}

/// A part of a collection's rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Partition {
    /// The number that its segments carry.
    pub id: u64,
    /// The name.
    pub name: String,
    /// Whether its rows can be read.
    pub is_loaded: bool,
}

impl CollectionRecord {
    /// The record of a new collection. Its partitions get the ids after `id`.
    pub(super) fn new(
        id: u64,
        database: &str,
        spec: &CollectionSpec,
        checked: Checked,
        now_ms: u64,
    ) -> CollectionRecord {
        let is_loaded = !checked.indexes.is_empty() && unindexed(&checked.schema, &checked.indexes).is_empty();
        let names = match checked.key_partitions {
            Some(count) => (0..count).map(key_partition).collect(),
            None => vec![DEFAULT_PARTITION.to_string()],
        };
        let partitions = (id + 1..).zip(names).map(|(id, name)| Partition { id, name, is_loaded }).collect();
        let mut record = CollectionRecord {
            id,
            database: database.to_string(),
            name: spec.name.clone(),
            description: spec.description.clone(),
            schema: checked.schema,
            partitions,
            loads_new_partitions: is_loaded,
            indexes: checked.indexes,
            aliases: Vec::new(),
            properties: spec.properties.clone(),
            shards: checked.shards,
            consistency_level: checked.consistency_level.to_string(),
            created_ms: now_ms,
        };
        record.keep_times(now_ms).expect("a hidden field fits beside all others");
        record
    }

    /// From now on rows have the time at which they were written, if they are to expire.
    fn keep_times(&mut self, now_ms: u64) -> Result<()> {
        if self.max_age_ms().is_some() && self.schema.time_column().is_none() {
            self.schema = check::add_time(&self.schema, now_ms)?;
        }
        Ok(())
    }

    /// How old rows may get, in milliseconds; `None` for any age.
    pub fn max_age_ms(&self) -> Option<u64> {
        properties::max_age_ms(&self.properties)
    }

    /// Whether this is the collection that is asked for, so that making it again is no error.
    pub(super) fn is_as_asked(&self, spec: &CollectionSpec, checked: &Checked) -> bool {
        self.schema.is_dynamic == checked.schema.is_dynamic
            && self.schema.user_fields() == checked.schema.user_fields()
            && self.description == spec.description
            && self.properties == spec.properties
            && self.shards == checked.shards
            && self.consistency_level == checked.consistency_level
            && checked.key_partitions.is_none_or(|count| count as usize == self.partitions.len())
    }

    /// Whether rows may bring their own primary keys though the engine would make them.
    pub fn allows_insert_auto_id(&self) -> bool {
        self.properties.get(properties::ALLOW_INSERT_AUTO_ID).is_some_and(|value| properties::is_on(value))
    }

    /// The index of a field.
    pub fn index_of(&self, field: &str) -> Option<&Index> {
        let field = self.schema.fields.iter().find(|candidate| candidate.name == field)?;
        self.indexes.iter().find(|index| index.field == field.id)
    }

    /// What `DescribeCollection` tells, for a collection of so many rows.
    pub fn describe(&self, row_count: u64) -> CollectionDescription {
        CollectionDescription {
            name: self.name.clone(),
            id: self.id,
            database: self.database.clone(),
            description: self.description.clone(),
            schema: self.schema.clone(),
            aliases: self.aliases.clone(),
            indexes: self.indexes.iter().map(|index| self.index_description(index, row_count)).collect(),
            load_state: if self.is_loaded() { LoadState::Loaded } else { LoadState::NotLoad },
            shards: self.shards,
            partition_count: self.partitions.len() as u32,
            consistency_level: self.consistency_level.clone(),
            properties: self.properties.clone(),
            created_ms: self.created_ms,
        }
    }

    /// What `DescribeIndex` tells of the index of that name, or of all when the name is empty.
    ///
    /// # Errors
    /// [`Error::IndexNotFound`] when there is none to tell of.
    pub fn describe_index(&self, name: &str, row_count: u64) -> Result<Vec<IndexDescription>> {
        let asked = self.indexes.iter().filter(|index| name.is_empty() || index.name == name);
        let found: Vec<_> = asked.map(|index| self.index_description(index, row_count)).collect();
        if found.is_empty() {
            return Err(Error::IndexNotFound { collection: self.name.clone(), index: name.to_string() });
        }
        Ok(found)
    }

    /// What the vector columns are to be searched by; those that are scanned exactly are not among them.
    pub fn wanted_structures(&self) -> Vec<Wanted> {
        let coded = self.indexes.iter().filter(|index| !index.is_exact());
        let wanted = coded.filter_map(|index| {
            let column = self.schema.fields.iter().position(|field| field.id == index.field)?;
            let plan = match index.index_type.as_str() {
                "AUTOINDEX" => Plan::Auto,
                "IVF_FLAT" | "IVF_SQ8" | "IVF_PQ" | "IVF_RABITQ" | "SCANN" => Plan::Clusters(index.lists()),
                "HNSW" | "HNSW_SQ" | "HNSW_PQ" | "HNSW_PRQ" => {
                    let (links, width) = index.links();
                    match index.is_by_crate() {
                        #[cfg(feature = "instant-distance")]
                        true => Plan::Instant { width },
                        _ => Plan::Graph { links, width },
                    }
                }
                _ => Plan::Scan,
            };
            Some(Wanted { column, metric: index.metric?, plan })
        });
        wanted.collect()
    }

    /// The vector columns that `mmap.enabled` wishes left in storage, on the field, its index, or the collection.
    pub fn left_columns(&self) -> Vec<usize> {
        let set = |params: &Properties| params.get("mmap.enabled").map(|value| value.eq_ignore_ascii_case("true"));
        let is_left = |column: &usize| {
            let field = &self.schema.fields[*column];
            let indexes = self.indexes.iter().filter(|index| index.field == field.id);
            let on_field =
                indexes.filter_map(|index| set(&index.params)).chain(set(&field.type_params)).reduce(|a, b| a || b);
            on_field.or_else(|| set(&self.properties)).unwrap_or(false)
        };
        self.schema.vector_columns().filter(is_left).collect()
    }

    /// The names of the indexes, or of those of one field when `field` is not empty.
    pub fn list_indexes(&self, field: &str) -> Vec<String> {
        let asked = self.indexes.iter().filter(|index| field.is_empty() || self.field_name(index) == field);
        asked.map(|index| index.name.clone()).collect()
    }

    pub(super) fn create_index(&mut self, spec: &IndexSpec) -> Result<()> {
        let mut index = index_params::check(spec, &self.schema)?;
        if spec.name.is_empty()
            && let Some(other) = self.indexes.iter().find(|other| other.is_on_same(&index))
        {
            // Who names none means the one that is there.
            index.name.clone_from(&other.name);
        }
        index_params::admit(&mut self.indexes, index).map(|_| ())
    }

    pub(super) fn drop_index(&mut self, name: &str) -> Result<()> {
        let Some(at) = self.indexes.iter().position(|index| index.name == name) else {
            return Ok(());
        };
        if self.indexes[at].metric.is_some() && self.is_loaded() {
            return Err(Error::invalid(format!("vector index cannot be dropped on loaded collection: {}", self.id)));
        }
        self.indexes.remove(at);
        Ok(())
    }

    pub(super) fn load(&mut self) -> Result<()> {
        self.check_loadable()?;
        self.set_all_loaded(true);
        Ok(())
    }

    pub(super) fn release(&mut self) {
        self.set_all_loaded(false);
    }

    fn set_all_loaded(&mut self, is_loaded: bool) {
        self.loads_new_partitions = is_loaded;
        for partition in &mut self.partitions {
            partition.is_loaded = is_loaded;
        }
    }

    /// Checks that every vector field has an index.
    pub(super) fn check_loadable(&self) -> Result<()> {
        let fields = unindexed(&self.schema, &self.indexes);
        if fields.is_empty() {
            return Ok(());
        }
        Err(Error::VectorIndexMissing { collection: self.name.clone(), fields })
    }

    pub(super) fn alter(&mut self, changes: &Changes, now_ms: u64) -> Result<()> {
        for (key, value) in changes {
            let is_new = value.is_none() || self.properties.get(key) != value.as_ref();
            if properties::needs_release(key) && self.is_loaded() && is_new {
                let done = if value.is_some() { "alter" } else { "delete" };
                let what = if key == "partitionkey.isolation" { "partitionkey" } else { "mmap" };
                let reason = format!("can not {done} {what} properties if collection loaded");
                return Err(Error::CollectionLoaded { collection: self.name.clone(), reason });
            }
            match value {
                Some(value) => {
                    properties::check_collection(key, value, &self.schema)?;
                    self.properties.insert(key.clone(), value.clone());
                }
                None => {
                    self.properties.remove(key);
                }
            }
        }
        self.keep_times(now_ms)
    }

    pub(super) fn alter_field(&mut self, name: &str, changes: &Changes) -> Result<()> {
        let loaded = self.is_loaded().then(|| self.name.clone());
        let field = self.schema.fields.iter_mut().find(|field| field.name == name);
        let field = field.ok_or_else(|| Error::FieldNotFound { field: name.to_string() })?;
        for (key, value) in changes {
            match (key.as_str(), value) {
                ("max_length", Some(length)) if field.max_length > 0 => {
                    field.max_length = rules::max_length(name, length)?;
                    if let Some(value) = &field.default_value {
                        rules::default_value(field, value)?;
                    }
                }
                ("max_capacity", Some(capacity)) if field.max_capacity > 0 => {
                    field.max_capacity = rules::max_capacity(name, capacity)?;
                }
                ("mmap.enabled" | "mmap_enabled", value) => {
                    let reason = "can not alter collection field properties if collection loaded";
                    set_mmap(&mut field.type_params, value.as_deref(), loaded.as_deref(), reason)?;
                }
                ("max_length", Some(_)) => {
                    return Err(Error::invalid("can not modify the maxlength for non-string types"));
                }
                _ => return Err(Error::invalid(format!("{key} does not allow update in collection field param"))),
            }
        }
        Ok(())
    }

    pub(super) fn add_fields(&mut self, specs: &[FieldSpec]) -> Result<()> {
        for spec in specs {
            self.schema = check::add_field(&self.schema, spec, &self.name)?;
        }
        Ok(())
    }

    pub(super) fn alter_index(&mut self, name: &str, changes: &Changes) -> Result<()> {
        let loaded = self.is_loaded().then(|| self.name.clone());
        let collection = self.name.clone();
        let index = self.indexes.iter_mut().find(|index| index.name == name);
        let index = index.ok_or(Error::IndexNotFound { collection, index: name.to_string() })?;
        for (key, value) in changes {
            match key.as_str() {
                "mmap.enabled" => {
                    let reason = "can't alter index on loaded collection, please release the collection first";
                    set_mmap(&mut index.params, value.as_deref(), loaded.as_deref(), reason)?;
                }
                _ => return Err(Error::invalid(format!("{key} is not a configable index property"))),
            }
        }
        Ok(())
    }

    fn field_name(&self, index: &Index) -> &str {
        let field = self.schema.fields.iter().find(|field| field.id == index.field);
        &field.expect("an index is of a field of its collection").name
    }

    fn index_description(&self, index: &Index, row_count: u64) -> IndexDescription {
        IndexDescription {
            name: index.name.clone(),
            field: self.field_name(index).to_string(),
            index_type: index.index_type.clone(),
            metric: index.metric,
            params: index.params.clone(),
            structure: Structure::scan(if index.metric.is_some() { "exact scan" } else { "column scan" }),
            total_rows: row_count,
            indexed_rows: row_count,
        }
    }
}

/// Sets or removes `mmap.enabled`, which is kept and echoed; `loaded` is the name of a collection that is loaded.
fn set_mmap(params: &mut Properties, value: Option<&str>, loaded: Option<&str>, reason: &str) -> Result<()> {
    if let Some(collection) = loaded {
        return Err(Error::CollectionLoaded { collection: collection.to_string(), reason: reason.to_string() });
    }
    match value {
        Some(value) => {
            properties::flag("mmap.enabled", value)?;
            params.insert("mmap.enabled".to_string(), value.to_string());
        }
        None => {
            params.remove("mmap.enabled");
        }
    }
    Ok(())
}

/// The name of a partition that a partition key spreads rows over.
pub(super) fn key_partition(at: u32) -> String {
    format!("{DEFAULT_PARTITION}_{at}")
}

/// The vector fields that have no index.
fn unindexed(schema: &Schema, indexes: &[Index]) -> Vec<String> {
    let vectors = schema.vector_columns().map(|column| &schema.fields[column]);
    let bare = vectors.filter(|field| !indexes.iter().any(|index| index.field == field.id));
    bare.map(|field| field.name.clone()).collect()
}
