//! Every index type that Milvus has, in one table: which fields it fits, and which parameters it takes.
//!
//! Names are accepted and their parameters checked as Milvus does, whatever structure answers in the end.

use super::{DataType, Field, Value};
use crate::error::{Error, Result};

/// One index type.
#[derive(Debug)]
pub struct IndexType {
    /// The name, as requests and replies write it.
    pub name: &'static str,
    /// Which fields it fits.
    pub fits: Fits,
    /// Parameters of its making.
    pub build: &'static [Param],
    /// Parameters of a search.
    pub search: &'static [Param],
}

/// Which fields an index type fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fits {
    /// Dense vectors of 32-bit floats.
    FloatVector,
    /// Anything that can be indexed: vectors and scalars.
    Anything,
    /// Scalars of any kind, arrays, JSON.
    Scalar,
    /// Booleans, integers, texts, arrays of those; no primary key.
    FewValues,
    /// Numbers and texts.
    Sortable,
    /// Texts.
    Text,
    /// Texts, and texts inside JSON.
    TextOrJson,
    /// Types of fields that this engine does not have: binary and sparse vectors, geometry.
    Nothing,
}

/// A parameter.
#[derive(Debug)]
pub struct Param {
    /// The name.
    pub name: &'static str,
    /// What its value must be.
    pub rule: Rule,
    /// Whether it must be given.
    pub is_required: bool,
}

/// What the value of a parameter must be.
#[derive(Debug, Clone, Copy)]
pub enum Rule {
    /// A whole number in a range, both ends in it.
    Whole(i64, i64),
    /// A whole number in a range that divides the vector's `dim`.
    DividesDim(i64, i64),
    /// A whole number from 1 to the index's `nlist`.
    UpToLists,
    /// A whole number of at least as many as the search is to find.
    AtLeastLimit,
    /// A number of at least so much.
    Number(f64),
    /// True or false.
    Flag,
    /// One of these words, in any case.
    Word(&'static [&'static str]),
}

/// What a rule is judged against, beside the value.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings {
    /// The vector field's `dim`.
    pub dim: u32,
    /// The index's `nlist`.
    pub lists: i64,
    /// Hits that the search is to find, skipped ones included.
    pub limit: u32,
}

/// Milvus's `nlist` when none is given.
pub const LISTS_DEFAULT: i64 = 128;

/// Milvus's `nprobe` when none is given.
pub const PROBES_DEFAULT: i64 = 8;

/// Milvus's `M` when none is given.
pub const LINKS_DEFAULT: u32 = 30;

/// Milvus's `efConstruction` when none is given.
pub const CONSTRUCTION_WIDTH_DEFAULT: u32 = 360;

const LISTS_MAX: i64 = 65_536;
const INT_MAX: i64 = i32::MAX as i64;

const fn optional(name: &'static str, rule: Rule) -> Param {
    Param { name, rule, is_required: false }
}

const fn required(name: &'static str, rule: Rule) -> Param {
    Param { name, rule, is_required: true }
}

const fn row(name: &'static str, fits: Fits, build: &'static [Param], search: &'static [Param]) -> IndexType {
    IndexType { name, fits, build, search }
}

const NLIST: Param = optional("nlist", Rule::Whole(1, LISTS_MAX));
const NPROBE: Param = optional("nprobe", Rule::UpToLists);
const M: Param = optional("M", Rule::Whole(1, 2_048));
const EF_CONSTRUCTION: Param = optional("efConstruction", Rule::Whole(1, INT_MAX));
const EF: Param = optional("ef", Rule::AtLeastLimit);
const PARTS: Rule = Rule::DividesDim(1, LISTS_MAX);
const NBITS: Param = optional("nbits", Rule::Whole(1, 24));
const GRAPH: Param = optional("graph", Rule::Word(&["instant-distance"]));
const REFINE: Param = optional("refine", Rule::Flag);
const REFINE_TYPE: Param = optional("refine_type", Rule::Word(&["SQ6", "SQ8", "FP16", "BF16", "FP32"]));
const REFINE_K: Param = optional("refine_k", Rule::Number(1.0));
const RAW_DATA: Param = optional("with_raw_data", Rule::Flag);

static TABLE: [IndexType; 25] = [
    row("AUTOINDEX", Fits::Anything, &[], &[optional("level", Rule::Whole(1, 10))]),
    row("FLAT", Fits::FloatVector, &[], &[]),
    row("IVF_FLAT", Fits::FloatVector, &[NLIST], &[NPROBE]),
    row("IVF_SQ8", Fits::FloatVector, &[NLIST], &[NPROBE]),
    row("IVF_PQ", Fits::FloatVector, &[NLIST, required("m", PARTS), NBITS], &[NPROBE]),
    row(
        "IVF_RABITQ",
        Fits::FloatVector,
        &[NLIST, REFINE, REFINE_TYPE],
        &[
            NPROBE,
            optional("rbq_query_bits", Rule::Whole(0, 8)),
            optional("rbq_bits_query", Rule::Whole(0, 8)),
            REFINE_K,
        ],
    ),
    row("SCANN", Fits::FloatVector, &[NLIST, RAW_DATA], &[NPROBE, optional("reorder_k", Rule::AtLeastLimit)]),
    row("HNSW", Fits::FloatVector, &[M, EF_CONSTRUCTION, GRAPH], &[EF]),
    row(
        "HNSW_SQ",
        Fits::FloatVector,
        &[
            M,
            EF_CONSTRUCTION,
            optional("sq_type", Rule::Word(&["SQ4U", "SQ6", "SQ8", "BF16", "FP16"])),
            REFINE,
            REFINE_TYPE,
        ],
        &[EF, REFINE_K],
    ),
    row(
        "HNSW_PQ",
        Fits::FloatVector,
        &[M, EF_CONSTRUCTION, optional("m", PARTS), NBITS, REFINE, REFINE_TYPE],
        &[EF, REFINE_K],
    ),
    row(
        "HNSW_PRQ",
        Fits::FloatVector,
        &[M, EF_CONSTRUCTION, optional("m", PARTS), optional("nrq", Rule::Whole(1, 16)), NBITS, REFINE, REFINE_TYPE],
        &[EF, REFINE_K],
    ),
    row(
        "DISKANN",
        Fits::FloatVector,
        &[
            optional("max_degree", Rule::Whole(1, 512)),
            optional("search_list_size", Rule::Whole(1, INT_MAX)),
            optional("pq_code_budget_gb_ratio", Rule::Number(0.0)),
            optional("search_cache_budget_gb_ratio", Rule::Number(0.0)),
            optional("beam_width_ratio", Rule::Number(0.0)),
        ],
        &[optional("search_list", Rule::AtLeastLimit)],
    ),
    row("BIN_FLAT", Fits::Nothing, &[], &[]),
    row("BIN_IVF_FLAT", Fits::Nothing, &[], &[]),
    row("MINHASH_LSH", Fits::Nothing, &[], &[]),
    row("SPARSE_INVERTED_INDEX", Fits::Nothing, &[], &[]),
    row("SPARSE_WAND", Fits::Nothing, &[], &[]),
    row("INVERTED", Fits::Scalar, &[JSON_CAST, JSON_CAST_FUNCTION], &[]),
    row("BITMAP", Fits::FewValues, &[optional("bitmap_cardinality_limit", Rule::Whole(1, 1_000))], &[]),
    row("STL_SORT", Fits::Sortable, &[], &[]),
    row("Trie", Fits::Text, &[], &[]),
    row("TRIE", Fits::Text, &[], &[]),
    row(
        "NGRAM",
        Fits::TextOrJson,
        &[required("min_gram", Rule::Whole(1, INT_MAX)), required("max_gram", Rule::Whole(1, INT_MAX)), JSON_CAST],
        &[],
    ),
    row("HYBRID", Fits::Scalar, &[JSON_CAST, JSON_CAST_FUNCTION], &[]),
    row("RTREE", Fits::Nothing, &[], &[]),
];

const JSON_CAST: Param = optional(
    "json_cast_type",
    Rule::Word(&["BOOL", "DOUBLE", "VARCHAR", "ARRAY_BOOL", "ARRAY_DOUBLE", "ARRAY_VARCHAR", "JSON"]),
);
const JSON_CAST_FUNCTION: Param = optional("json_cast_function", Rule::Word(&["STRING_TO_DOUBLE"]));

/// The index type of that name; AUTOINDEX when the name is empty.
///
/// # Errors
/// [`Error::Invalid`] for a name that Milvus does not have, [`Error::Unsupported`] for types that need a graphics
/// processor or a disk.
pub fn find(name: &str) -> Result<&'static IndexType> {
    if name.starts_with("GPU_") || name == "AISAQ" {
        return Err(Error::Unsupported { what: format!("the index type {name}") });
    }
    let name = if name.is_empty() { "AUTOINDEX" } else { name };
    let found = TABLE.iter().find(|index_type| index_type.name == name);
    found.ok_or_else(|| Error::invalid(format!("invalid index type: {name}")))
}

impl IndexType {
    /// Whether the type can index that field.
    pub fn fits(&self, field: &Field) -> bool {
        let data_type = field.data_type;
        let is_text = data_type == DataType::VarChar;
        match self.fits {
            Fits::FloatVector => data_type == DataType::FloatVector,
            Fits::Anything => true,
            Fits::Scalar => !data_type.is_vector(),
            Fits::FewValues => {
                let of = field.element_type.unwrap_or(data_type);
                !field.is_primary && (of.is_integer() || matches!(of, DataType::Bool | DataType::VarChar))
            }
            Fits::Sortable => data_type.is_number() || is_text,
            Fits::Text => is_text,
            Fits::TextOrJson => is_text || data_type == DataType::Json,
            Fits::Nothing => false,
        }
    }
}

impl Param {
    /// Checks a value of this parameter; numbers may come as text.
    pub fn check(&self, value: &Value, around: Surroundings) -> Result<()> {
        match self.rule {
            Rule::Whole(least, greatest) => self.check_whole(value, least, greatest),
            Rule::DividesDim(least, greatest) => {
                self.check_whole(value, least, greatest)?;
                match whole(value) {
                    Some(parts) if i64::from(around.dim) % parts == 0 => Ok(()),
                    _ => Err(Error::invalid(format!(
                        "the dimension of a vector (dim) should be a multiple of {}: expected a divisor of {}, got {}",
                        self.name,
                        around.dim,
                        shown(value)
                    ))),
                }
            }
            Rule::UpToLists => self.check_whole(value, 1, around.lists),
            Rule::AtLeastLimit => {
                self.check_whole(value, 1, INT_MAX)?;
                if whole(value).is_some_and(|found| found >= i64::from(around.limit)) {
                    return Ok(());
                }
                let reason = format!("{}({}) should be larger than k({})", self.name, shown(value), around.limit);
                Err(Error::invalid(reason))
            }
            Rule::Number(least) => match number(value) {
                Some(found) if found >= least => Ok(()),
                _ => Err(self.out_of_range(value, &format!("a number from {least}"))),
            },
            Rule::Flag => match value {
                Value::Bool(_) => Ok(()),
                Value::Text(text) if text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false") => Ok(()),
                _ => Err(self.out_of_range(value, "true or false")),
            },
            Rule::Word(words) => match value {
                Value::Text(text) if words.iter().any(|word| word.eq_ignore_ascii_case(text)) => Ok(()),
                _ => Err(self.out_of_range(value, &format!("one of {}", words.join(", ")))),
            },
        }
    }

    fn check_whole(&self, value: &Value, least: i64, greatest: i64) -> Result<()> {
        match whole(value) {
            Some(found) if (least..=greatest).contains(&found) => Ok(()),
            _ => Err(Error::invalid(format!(
                "Out of range in json: param '{}' ({}) should be in range [{least}, {greatest}]",
                self.name,
                shown(value)
            ))),
        }
    }

    fn out_of_range(&self, value: &Value, expected: &str) -> Error {
        Error::invalid(format!("param '{}' ({}) should be {expected}", self.name, shown(value)))
    }
}

/// A whole number, or the text of one.
pub fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Int(whole) => Some(*whole),
        Value::Text(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Double(_) | Value::List(_) | Value::Object(_) => None,
    }
}

/// A finite number, or the text of one.
pub fn number(value: &Value) -> Option<f64> {
    let found = match value {
        Value::Int(whole) => *whole as f64,
        Value::Double(number) => *number,
        Value::Text(text) => text.trim().parse().ok()?,
        Value::Null | Value::Bool(_) | Value::List(_) | Value::Object(_) => return None,
    };
    found.is_finite().then_some(found)
}

/// A value as messages show it.
pub fn shown(value: &Value) -> String {
    match value {
        Value::Bool(truth) => truth.to_string(),
        Value::Int(whole) => whole.to_string(),
        Value::Double(number) => number.to_string(),
        Value::Text(text) => text.chars().take(64).collect(),
        Value::Null | Value::List(_) | Value::Object(_) => value.kind().to_string(),
    }
}
