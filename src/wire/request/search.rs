//! Search and hybrid search.

use super::super::head::Head;
use super::super::planes::{Plane, Planes, unexpected};
use super::read::{check_level, filter};
use crate::collection::group::Grouping;
use crate::collection::hybrid::{HybridSearch, Ranker};
use crate::collection::search::{QueryVectors, Search};
use crate::command::Command;
use crate::error::{Error, Result};
use crate::schema::paging::{self, LIMIT_DEFAULT, SEARCHES_MAX};
use crate::schema::{Value, index_type};
use crate::sorted::SortedMap;

/// What Milvus's searches can do beyond these.
const UNSUPPORTED: [&str; 4] = ["orderByFields", "functionScore", "functionChains", "searchAggregation"];

/// The `k` of reciprocal rank fusion when none is given.
const RRF_K_DEFAULT: f64 = 60.0;

pub fn search(head: &mut Head, planes: &mut Planes) -> Result<Command> {
    let target = head.target()?;
    check_level(head)?;
    let search = one_search(head, planes, None)?;
    Ok(Command::Search { target, search })
}

pub fn hybrid(head: &mut Head, planes: &mut Planes) -> Result<Command> {
    let target = head.target()?;
    check_level(head)?;
    refuse_unsupported(head)?;
    head.refuse("groupingField")?;
    let limit = head.integer("limit")?.unwrap_or(i64::from(LIMIT_DEFAULT));
    let (limit, offset) = paging::check_search(limit, head.integer("offset")?.unwrap_or(0))?;
    let heads = head.objects("search")?;
    if heads.is_empty() {
        return Err(head.missing("search"));
    }
    if heads.len() > SEARCHES_MAX {
        let reason = format!("{}: at most {SEARCHES_MAX} searches, got {}", head.path("search"), heads.len());
        return Err(Error::invalid(reason));
    }
    let window = HybridSearch::window(limit, offset);
    let searches = heads.into_iter().map(|mut head| one_search(&mut head, planes, Some(window)));
    let hybrid = HybridSearch {
        searches: searches.collect::<Result<_>>()?,
        ranker: ranker(head.object("rerank")?)?,
        limit,
        offset,
        output_fields: head.texts("outputFields")?,
        partitions: head.texts("partitionNames")?,
        round_decimal: round_decimal(head)?,
    };
    Ok(Command::HybridSearch { target, hybrid })
}

/// A search. One of a hybrid search has by default a limit of the whole's `window`, and no offset of its own.
fn one_search(head: &mut Head, planes: &mut Planes, window: Option<i64>) -> Result<Search> {
    refuse_unsupported(head)?;
    let limit = head.integer("limit")?.unwrap_or(window.unwrap_or(LIMIT_DEFAULT.into()));
    let offset = head.integer("offset")?.filter(|_| window.is_none());
    let (limit, offset) = paging::check_search(limit, offset.unwrap_or(0))?;
    let mut settings = Settings { metric: head.text_or_empty("metricType")?, params: head.values("params")? };
    if let Some(given) = head.object("searchParams")? {
        settings.merge(given)?;
    }
    let grouping = grouping(head, &mut settings)?;
    let round_decimal = match settings.params.get("round_decimal").and_then(index_type::whole) {
        Some(decimals) => paging::check_round_decimal(decimals)?,
        None => round_decimal(head)?,
    };
    let ids = head.list("ids")?.filter(|ids| !ids.is_empty());
    let queries = match &ids {
        None => queries(head, planes)?,
        Some(_) if head.get("queries").is_some() => {
            return Err(Error::invalid(format!(
                "{}: expected either ids or query vectors, got both",
                head.path("ids")
            )));
        }
        Some(_) => QueryVectors::default(),
    };
    Ok(Search {
        queries,
        ids,
        anns_field: head.text_or_empty("annsField")?,
        filter: filter(head)?,
        partitions: head.texts("partitionNames")?,
        limit,
        offset,
        output_fields: head.texts("outputFields")?,
        metric: settings.metric,
        params: settings.params,
        round_decimal,
        grouping,
    })
}

/// How hits are grouped: keys of Milvus's RESTful API, or among the parameters those that its gRPC has. Groups are filled
/// whether that is asked for or not.
fn grouping(head: &mut Head, settings: &mut Settings) -> Result<Option<Grouping>> {
    let mut params = settings.take(["group_by_field", "group_size", "strict_group_size"], head.operation())?;
    let field = head.text("groupingField")?.or(params.text("group_by_field")?).filter(|field| !field.is_empty());
    let size = head.integer("groupSize")?.or(params.integer("group_size")?);
    head.flag("strictGroupSize")?.or(params.flag("strict_group_size")?);
    let size = paging::check_group_size(size.unwrap_or(1))?;
    Ok(field.map(|field| Grouping { field, size }))
}

/// The metric and the parameters, which may stand in several places as long as they agree.
struct Settings {
    metric: String,
    params: SortedMap<String, Value>,
}

impl Settings {
    /// Takes parameters out, as a head.
    fn take<const N: usize>(&mut self, keys: [&str; N], operation: &'static str) -> Result<Head> {
        let members = keys.iter().filter_map(|key| Some((key.to_string(), self.params.remove(*key)?)));
        Head::new(operation, Value::Object(members.collect()))
    }

    fn merge(&mut self, mut given: Head) -> Result<()> {
        for key in ["metricType", "metric_type"] {
            let metric = given.text_or_empty(key)?;
            if !metric.is_empty() {
                if !self.metric.is_empty() && !self.metric.eq_ignore_ascii_case(&metric) {
                    return Err(ambiguous(key));
                }
                self.metric = metric;
            }
        }
        let nested = given.values("params")?;
        for (key, value) in nested.into_iter().chain(given.into_values()) {
            match self.params.get(&key) {
                Some(other) if *other != value => return Err(ambiguous(&key)),
                _ => self.params.insert(key, value),
            };
        }
        Ok(())
    }
}

fn ambiguous(key: &str) -> Error {
    Error::invalid(format!("ambiguous parameter: {key} is given twice with different values"))
}

fn refuse_unsupported(head: &mut Head) -> Result<()> {
    UNSUPPORTED.iter().try_for_each(|key| head.refuse(key))
}

fn round_decimal(head: &mut Head) -> Result<i32> {
    paging::check_round_decimal(head.integer("roundDecimal")?.unwrap_or(-1))
}

/// `queries`: a plane of `count` vectors of `dim` elements each.
fn queries(head: &mut Head, planes: &mut Planes) -> Result<QueryVectors> {
    let Some(mut frame) = head.object("queries")? else {
        return Err(head.missing("queries"));
    };
    let (count, dim) = (frame.required_count("count")?, frame.required_count("dim")?);
    paging::check_query_count(count)?;
    let path = frame.path("plane");
    let elements = match planes.take(frame.required_count("plane")?, &path)? {
        Plane::F32(elements) => elements,
        Plane::F64(elements) => elements.into_iter().map(|element| element as f32).collect(),
        other => return Err(unexpected(&path, "Float32Array or Float64Array", &other)),
    };
    if elements.len() as u64 != u64::from(count) * u64::from(dim) {
        return Err(Error::invalid(format!(
            "{path}: expected {count} vectors of {dim} elements, got {} elements",
            elements.len()
        )));
    }
    Ok(QueryVectors { count, dim, elements })
}

/// `rerank`: reciprocal rank fusion unless it names another strategy.
fn ranker(rerank: Option<Head>) -> Result<Ranker> {
    let Some(mut rerank) = rerank else {
        return Ok(Ranker::Rrf { k: RRF_K_DEFAULT });
    };
    let strategy = rerank.text_or_empty("strategy")?;
    let params = rerank.object("params")?;
    match strategy.as_str() {
        "" | "rrf" => {
            let k = match params {
                Some(mut params) => params.number("k")?,
                None => None,
            };
            Ok(Ranker::Rrf { k: k.unwrap_or(RRF_K_DEFAULT) })
        }
        "weighted" => {
            let Some(mut params) = params else {
                return Err(rerank.missing("params"));
            };
            let Some(given) = params.list("weights")? else {
                return Err(params.missing("weights"));
            };
            let mut weights = Vec::new();
            for weight in &given {
                let number = index_type::number(weight);
                weights.push(number.ok_or_else(|| params.wrong("weights", "a list of numbers", weight))?);
            }
            Ok(Ranker::Weighted { weights, normalises: params.flag("norm_score")?.unwrap_or(true) })
        }
        other => Err(Error::invalid(format!("unsupported rank type {other}: expected rrf or weighted"))),
    }
}
