//! Indexes: what users ask for, checked against the table of index types.

use serde::{Deserialize, Serialize};

use super::index_type::{self, CONSTRUCTION_WIDTH_DEFAULT, IndexType, LINKS_DEFAULT, LISTS_DEFAULT, Surroundings};
use super::{DataType, Field, FieldId, Metric, Schema, Value, name};
use crate::error::{Error, Result};
use crate::sorted::SortedMap;

/// An index as asked for. Nothing is checked yet.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct IndexSpec {
    /// The field to index.
    pub field: String,
    /// The index's name; the field's when empty.
    pub name: String,
    /// The type's name; AUTOINDEX when empty.
    pub index_type: String,
    /// The metric's name; empty for the field type's default.
    pub metric: String,
    /// Build parameters as text. `index_type` and `metric_type` among them stand for the fields of those names.
    pub params: SortedMap<String, String>,
}

/// An index that can be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Index {
    /// The name, unique in its collection.
    pub name: String,
    /// The indexed field.
    pub field: FieldId,
    /// The type, as the user named it; `AUTOINDEX` when none was named.
    pub index_type: String,
    /// The metric of a vector index.
    pub metric: Option<Metric>,
    /// The build parameters, as given.
    pub params: SortedMap<String, String>,
}

impl Index {
    /// Whether searches compare every row with the query.
    pub fn is_exact(&self) -> bool {
        self.index_type == "FLAT"
    }

    /// Whether both are on one field and, of JSON, on one path of it.
    pub fn is_on_same(&self, other: &Index) -> bool {
        self.field == other.field && self.params.get("json_path") == other.params.get("json_path")
    }

    /// Clusters of an inverted file (`nlist`).
    pub fn lists(&self) -> u32 {
        self.whole("nlist", LISTS_DEFAULT as u32)
    }

    /// Most edges of a graph's node above level 0 (`M`), and nodes that an insertion looks at (`efConstruction`).
    pub fn links(&self) -> (u32, u32) {
        (self.whole("M", LINKS_DEFAULT), self.whole("efConstruction", CONSTRUCTION_WIDTH_DEFAULT))
    }

    /// Whether the graph is to be that of the crate instant-distance (`graph`, which Milvus does not have).
    pub fn is_by_crate(&self) -> bool {
        let asked = self.params.get("graph").is_some_and(|graph| graph.eq_ignore_ascii_case("instant-distance"));
        asked && self.index_type == "HNSW"
    }

    fn whole(&self, name: &str, default: u32) -> u32 {
        self.params.get(name).and_then(|text| text.trim().parse().ok()).unwrap_or(default)
    }

    /// Checks an index that comes from storage.
    pub fn check(&self, schema: &Schema) -> Result<()> {
        let field = schema.fields.iter().find(|field| field.id == self.field);
        let field = field.ok_or_else(|| Error::FieldNotFound { field: format!("number {}", self.field) })?;
        let spec = IndexSpec {
            field: field.name.clone(),
            name: self.name.clone(),
            index_type: self.index_type.clone(),
            metric: self.metric.map(|metric| metric.name().to_string()).unwrap_or_default(),
            params: self.params.clone(),
        };
        if check(&spec, schema)? != *self {
            return Err(Error::invalid(format!("the index {} does not fit its field", self.name)));
        }
        Ok(())
    }
}

/// Checks an index as asked for.
///
/// # Errors
/// [`Error::Invalid`] for an unknown field, a type or metric that does not fit it, and parameters out of range;
/// [`Error::Unsupported`] for types that need a graphics processor.
pub fn check(spec: &IndexSpec, schema: &Schema) -> Result<Index> {
    let field = schema.user_fields().iter().find(|field| field.name == spec.field);
    let field =
        field.ok_or_else(|| Error::invalid(format!("cannot create index on non-exist field: {}", spec.field)))?;
    let mut params = spec.params.clone();
    let type_name = one_of("index_type", &spec.index_type, params.remove("index_type"))?;
    let metric_name = one_of("metric_type", &spec.metric, params.remove("metric_type"))?;
    let index_type = index_type::find(&type_name)?;
    if !index_type.fits(field) {
        return Err(misfit(index_type, field));
    }
    let metric = metric(&metric_name, field)?;
    check_build_params(index_type, field, &params)?;
    let index_name = if spec.name.is_empty() { field.name.clone() } else { spec.name.clone() };
    name::check_index(&index_name)?;
    Ok(Index { name: index_name, field: field.id, index_type: index_type.name.to_string(), metric, params })
}

/// Adds an index to those of a collection. Returns whether it is new: asking twice for the same is no error.
///
/// # Errors
/// [`Error::Invalid`] when the name or the field is taken by another index. A JSON field may have one a path.
/// [`Error::Unsupported`] for a graph that this build does not have.
pub fn admit(indexes: &mut Vec<Index>, index: Index) -> Result<bool> {
    if index.is_by_crate() && !cfg!(feature = "instant-distance") {
        // Not asked of an index that is stored: a build without the crate opens it, and answers by its own graph.
        return Err(Error::Unsupported {
            what: "graph 'instant-distance' of an HNSW index, in this build,".to_string(),
        });
    }
    if indexes.contains(&index) {
        return Ok(false);
    }
    let is_rival = |other: &&Index| other.name == index.name || other.is_on_same(&index);
    if let Some(other) = indexes.iter().find(is_rival) {
        let reason = match other.name == index.name {
            true => "at most one distinct index is allowed per field",
            false => "creating multiple indexes on same field is not supported",
        };
        return Err(Error::invalid(format!(
            "CreateIndex failed: {reason}, and there is {} of type {}",
            other.name, other.index_type
        )));
    }
    indexes.push(index);
    Ok(true)
}

/// A setting that may come as a key of its own or among the parameters, but not as both with different values.
fn one_of(key: &str, outer: &str, inner: Option<String>) -> Result<String> {
    match inner {
        Some(inner) if !outer.is_empty() && outer != inner => {
            Err(Error::invalid(format!("ambiguous parameter: {key} is {outer} and, among params, {inner}")))
        }
        Some(inner) => Ok(inner),
        None => Ok(outer.to_string()),
    }
}

fn misfit(index_type: &IndexType, field: &Field) -> Error {
    let of_array = field.element_type.map(|element| format!(" of {}", element.name())).unwrap_or_default();
    let primary = if field.is_primary { ", the primary key" } else { "" };
    Error::invalid(format!(
        "index {} is not supported on field {}: data type {}{of_array}{primary} can't build with this index",
        index_type.name,
        field.name,
        field.data_type.name()
    ))
}

/// The metric of a vector index; scalar indexes have none, and one that is given means nothing, as in Milvus.
fn metric(name: &str, field: &Field) -> Result<Option<Metric>> {
    if !field.data_type.is_vector() {
        return Ok(None);
    }
    if name.is_empty() {
        return Ok(Some(Metric::Cosine));
    }
    match Metric::from_name(name) {
        Some(metric) => Ok(Some(metric)),
        None => Err(Error::invalid(format!(
            "float vector index does not support metric type: {name}, field {}: expected L2, IP or COSINE",
            field.name
        ))),
    }
}

fn check_build_params(index_type: &IndexType, field: &Field, params: &SortedMap<String, String>) -> Result<()> {
    let around = Surroundings { dim: field.dim, lists: LISTS_DEFAULT, limit: 0 };
    for param in index_type.build {
        match params.get(param.name) {
            Some(text) => param.check(&Value::Text(text.clone()), around)?,
            None if param.is_required => {
                let reason = format!("param '{}' is required by index {}", param.name, index_type.name);
                return Err(Error::invalid(reason));
            }
            None => {}
        }
    }
    let whole = |key: &str| params.get(key).and_then(|text| text.trim().parse::<i64>().ok());
    if let (Some(least), Some(greatest)) = (whole("min_gram"), whole("max_gram"))
        && least > greatest
    {
        return Err(Error::invalid(format!("min_gram ({least}) should not be greater than max_gram ({greatest})")));
    }
    if field.data_type != DataType::Json || index_type.name == "AUTOINDEX" {
        return Ok(());
    }
    match params.get("json_cast_type") {
        None => {
            Err(Error::invalid(format!("json index must specify cast type: json_cast_type of field {}", field.name)))
        }
        Some(cast) if index_type.name == "NGRAM" && !cast.eq_ignore_ascii_case("VARCHAR") => {
            Err(Error::invalid(format!("index NGRAM needs json_cast_type VARCHAR, but got {cast}")))
        }
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::{CollectionSpec, FieldSpec, check as check_collection};
    use super::*;

    /// A field of every kind: `id` (the key), `v` (a vector of 12), and scalars named as their types.
    fn schema() -> Schema {
        let of = |name: &str, data_type: &str, element_type: &str| FieldSpec {
            name: name.to_string(),
            data_type: data_type.to_string(),
            element_type: element_type.to_string(),
            is_primary: name == "id",
            type_params: [("dim", "12"), ("max_length", "9"), ("max_capacity", "9")]
                .map(|(key, value)| (key.to_string(), value.to_string()))
                .into(),
            ..FieldSpec::default()
        };
        let fields = vec![
            of("id", "Int64", ""),
            of("v", "FloatVector", ""),
            of("bool", "Bool", ""),
            of("int", "Int16", ""),
            of("double", "Double", ""),
            of("text", "VarChar", ""),
            of("ints", "Array", "Int8"),
            of("floats", "Array", "Float"),
            of("json", "JSON", ""),
        ];
        let spec = CollectionSpec { name: "c".to_string(), fields: Some(fields), ..CollectionSpec::default() };
        check_collection(&spec).unwrap().schema
    }

    fn spec(index_type: &str, field: &str, params: &[(&str, &str)]) -> IndexSpec {
        IndexSpec {
            field: field.to_string(),
            index_type: index_type.to_string(),
            params: params.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect(),
            ..IndexSpec::default()
        }
    }

    fn refused(spec: &IndexSpec, code: u16, fragment: &str) {
        let error = check(spec, &schema()).expect_err(fragment);
        assert_eq!(error.code(), code, "{error}");
        assert!(error.to_string().contains(fragment), "{error} lacks {fragment}");
    }

    #[test]
    fn every_type_fits_the_fields_that_milvus_says() {
        let scalars = ["id", "bool", "int", "double", "text", "ints", "floats", "json"];
        let gram = [("min_gram", "2"), ("max_gram", "3")];
        for (index_type, fields) in [
            ("", vec!["v", "id", "bool", "int", "double", "text", "ints", "floats", "json"]),
            ("AUTOINDEX", vec!["v", "id", "bool", "int", "double", "text", "ints", "floats", "json"]),
            ("FLAT", vec!["v"]),
            ("IVF_FLAT", vec!["v"]),
            ("IVF_SQ8", vec!["v"]),
            ("IVF_PQ", vec!["v"]),
            ("IVF_RABITQ", vec!["v"]),
            ("SCANN", vec!["v"]),
            ("HNSW", vec!["v"]),
            ("HNSW_SQ", vec!["v"]),
            ("HNSW_PQ", vec!["v"]),
            ("HNSW_PRQ", vec!["v"]),
            ("DISKANN", vec!["v"]),
            ("BIN_FLAT", vec![]),
            ("BIN_IVF_FLAT", vec![]),
            ("MINHASH_LSH", vec![]),
            ("SPARSE_INVERTED_INDEX", vec![]),
            ("SPARSE_WAND", vec![]),
            ("RTREE", vec![]),
            ("INVERTED", scalars.to_vec()),
            ("HYBRID", scalars.to_vec()),
            ("BITMAP", vec!["bool", "int", "text", "ints"]),
            ("STL_SORT", vec!["id", "int", "double", "text"]),
            ("Trie", vec!["text"]),
            ("TRIE", vec!["text"]),
            ("NGRAM", vec!["text", "json"]),
        ] {
            for field in ["v"].iter().chain(&scalars) {
                let mut params = match index_type {
                    "IVF_PQ" => vec![("m", "4")],
                    "NGRAM" => gram.to_vec(),
                    _ => vec![],
                };
                params.extend((*field == "json").then_some(("json_cast_type", "VARCHAR")));
                let result = check(&spec(index_type, field, &params), &schema());
                assert_eq!(result.is_ok(), fields.contains(field), "{index_type} on {field}: {result:?}");
                if let Err(error) = result {
                    assert_eq!(error.code(), 1100, "{error}");
                }
            }
        }
    }

    #[test]
    fn build_parameters_have_milvus_ranges() {
        for (index_type, key, fine, bad) in [
            ("IVF_FLAT", "nlist", vec!["1", "65536"], vec!["0", "65537", "x", "1.5"]),
            ("IVF_SQ8", "nlist", vec!["1024"], vec!["-1"]),
            ("IVF_PQ", "m", vec!["1", "12"], vec!["0", "5", "24", "65537"]),
            ("IVF_PQ", "nbits", vec!["1", "24"], vec!["0", "25"]),
            ("IVF_RABITQ", "refine", vec!["true", "False"], vec!["1"]),
            ("IVF_RABITQ", "refine_type", vec!["SQ6", "fp32"], vec!["SQ4U"]),
            ("SCANN", "with_raw_data", vec!["true"], vec!["maybe"]),
            ("HNSW", "M", vec!["1", "2", "2048"], vec!["0", "2049", ""]),
            ("HNSW", "efConstruction", vec!["1", "2147483647"], vec!["0", "2147483648"]),
            ("HNSW_SQ", "sq_type", vec!["SQ4U", "SQ6", "SQ8", "BF16", "FP16"], vec!["FP32"]),
            ("HNSW_PQ", "nbits", vec!["8"], vec!["25"]),
            ("HNSW_PRQ", "nrq", vec!["1", "16"], vec!["0", "17"]),
            ("DISKANN", "max_degree", vec!["1", "512"], vec!["0", "513"]),
            ("DISKANN", "search_list_size", vec!["1"], vec!["0"]),
            ("DISKANN", "beam_width_ratio", vec!["0.5"], vec!["-1", "NaN"]),
        ] {
            let with = |value: &str| {
                let mut spec = spec(index_type, "v", &[("m", "4")]);
                spec.params.insert(key.to_string(), value.to_string());
                spec
            };
            for value in fine {
                assert!(check(&with(value), &schema()).is_ok(), "{index_type} {key} = {value}");
            }
            for value in bad {
                let error = check(&with(value), &schema()).expect_err(value);
                assert_eq!(error.code(), 1100);
                assert!(error.to_string().contains(key) || error.to_string().contains("dim"), "{error}");
            }
        }
        refused(&spec("IVF_PQ", "v", &[]), 1100, "param 'm' is required");
        refused(&spec("HNSW", "v", &[("M", "4096")]), 1100, "param 'M' (4096) should be in range [1, 2048]");
        refused(&spec("BITMAP", "int", &[("bitmap_cardinality_limit", "1001")]), 1100, "bitmap_cardinality_limit");
        refused(&spec("NGRAM", "text", &[]), 1100, "param 'min_gram' is required");
        let gram = [("min_gram", "3"), ("max_gram", "2")];
        refused(&spec("NGRAM", "text", &gram), 1100, "min_gram (3) should not be greater than max_gram (2)");
    }

    #[test]
    fn json_indexes_need_a_cast_type() {
        refused(&spec("INVERTED", "json", &[]), 1100, "json index must specify cast type");
        refused(&spec("INVERTED", "json", &[("json_cast_type", "INT")]), 1100, "json_cast_type");
        let gram = [("min_gram", "2"), ("max_gram", "3"), ("json_cast_type", "DOUBLE")];
        refused(&spec("NGRAM", "json", &gram), 1100, "json_cast_type VARCHAR");
        let given =
            [("json_path", "json['a']"), ("json_cast_type", "double"), ("json_cast_function", "STRING_TO_DOUBLE")];
        assert!(check(&spec("INVERTED", "json", &given), &schema()).is_ok());
    }

    #[test]
    fn names_types_and_metrics_have_defaults_and_are_checked() {
        let index = check(&spec("", "v", &[("note", "kept")]), &schema()).unwrap();
        assert_eq!((index.name.as_str(), index.index_type.as_str()), ("v", "AUTOINDEX"));
        assert_eq!(index.metric, Some(Metric::Cosine));
        assert_eq!(index.params.get("note").map(String::as_str), Some("kept"));
        let scalar = check(&IndexSpec { metric: "L2".to_string(), ..spec("", "int", &[]) }, &schema()).unwrap();
        assert_eq!(scalar.metric, None);
        let inside = check(&spec("", "v", &[("index_type", "HNSW"), ("metric_type", "ip")]), &schema()).unwrap();
        assert_eq!((inside.index_type.as_str(), inside.metric, inside.params.len()), ("HNSW", Some(Metric::Ip), 0));
        refused(&spec("FLAT", "v", &[("index_type", "HNSW")]), 1100, "ambiguous parameter");
        refused(&spec("hnsw", "v", &[]), 1100, "invalid index type: hnsw");
        for index_type in ["GPU_CAGRA", "GPU_IVF_FLAT", "AISAQ"] {
            refused(&spec(index_type, "v", &[]), 3000, index_type);
        }
        for metric in ["HAMMING", "JACCARD", "BM25", "MHJACCARD", "x"] {
            let spec = IndexSpec { metric: metric.to_string(), ..spec("", "v", &[]) };
            refused(&spec, 1100, "float vector index does not support metric type");
        }
        refused(&spec("", "nowhere", &[]), 1100, "cannot create index on non-exist field: nowhere");
        refused(&IndexSpec { name: "1".to_string(), ..spec("", "v", &[]) }, 1100, "Invalid index name: 1. ");
    }

    #[test]
    fn a_field_has_one_index_and_a_name_is_given_once() {
        let schema = schema();
        let index =
            |name: &str, spec: IndexSpec| check(&IndexSpec { name: name.to_string(), ..spec }, &schema).unwrap();
        let path = |path| spec("INVERTED", "json", &[("json_path", path), ("json_cast_type", "DOUBLE")]);
        let mut indexes = vec![];
        assert_eq!(admit(&mut indexes, index("a", spec("HNSW", "v", &[]))), Ok(true));
        assert_eq!(admit(&mut indexes, index("a", spec("HNSW", "v", &[]))), Ok(false));
        assert_eq!(admit(&mut indexes, index("p", path("json['a']"))), Ok(true));
        assert_eq!(admit(&mut indexes, index("q", path("json['b']"))), Ok(true));
        for rival in [
            index("a", spec("FLAT", "v", &[])),
            index("b", spec("HNSW", "v", &[])),
            index("a", spec("", "int", &[])),
            index("r", path("json['b']")),
        ] {
            let says = match rival.name.as_str() {
                "a" => "at most one distinct index is allowed per field",
                _ => "creating multiple indexes on same field is not supported",
            };
            let error = admit(&mut indexes, rival).expect_err("a rival");
            assert!(error.to_string().contains(says), "{error}");
        }
        assert_eq!(indexes.len(), 3);
    }

    #[test]
    fn stored_indexes_are_checked_again() {
        let schema = schema();
        let sound = check(&spec("HNSW", "v", &[("M", "8")]), &schema).unwrap();
        assert_eq!(sound.check(&schema), Ok(()));
        let damages: [fn(&mut Index); 5] = [
            |index| index.field = 7,
            |index| index.field = 100,
            |index| index.metric = None,
            |index| index.index_type = "HNWS".to_string(),
            |index| index.name.clear(),
        ];
        for (at, damage) in damages.into_iter().enumerate() {
            let mut index = sound.clone();
            damage(&mut index);
            assert!(index.check(&schema).is_err(), "damage {at}");
        }
    }
}
