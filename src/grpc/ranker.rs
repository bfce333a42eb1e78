//! How the results of a hybrid search are fused: as rank parameters, or as a rerank function.

use super::params::{self, Params};
use super::proto::schema::{FunctionSchema, FunctionScore};
use crate::collection::hybrid::Ranker;
use crate::error::{Error, Result};
use crate::schema::{Value, index_type};
use crate::sorted::SortedMap;

/// The `k` of reciprocal rank fusion when none is given.
const RRF_K_DEFAULT: f64 = 60.0;

/// The ranker that a request names; reciprocal rank fusion when it names none.
///
/// # Errors
/// [`Error::Invalid`] for parameters that no ranker has, [`Error::Unsupported`] for rankers that only Milvus has.
pub fn ranker(params: &mut Params, score: Option<FunctionScore>) -> Result<Ranker> {
    let functions = score.map(|score| score.functions).unwrap_or_default();
    let mut functions = functions.into_iter();
    match (functions.next(), functions.next()) {
        (None, _) => {
            let strategy = params.text("strategy");
            named(&strategy, &params.nested()?)
        }
        (Some(function), None) => of_function(function),
        (Some(_), Some(_)) => Err(Error::invalid("expected one function that reranks")),
    }
}

fn of_function(function: FunctionSchema) -> Result<Ranker> {
    let given = function.params.into_iter().map(|pair| (pair.key, params::value(&pair.value)));
    let mut given: SortedMap<String, Value> = given.collect();
    match given.remove("reranker").as_ref().map(index_type::shown).as_deref() {
        Some(name @ ("rrf" | "weighted")) => named(name, &given),
        Some(other) => Err(Error::Unsupported { what: format!("the reranker {other}") }),
        None => Err(Error::invalid("a function that reranks needs the param reranker")),
    }
}

fn named(strategy: &str, params: &SortedMap<String, Value>) -> Result<Ranker> {
    match strategy.to_ascii_lowercase().as_str() {
        "" | "rrf" => match params.get("k") {
            None => Ok(Ranker::Rrf { k: RRF_K_DEFAULT }),
            Some(k) => match index_type::number(k) {
                Some(k) => Ok(Ranker::Rrf { k }),
                None => Err(Error::invalid(format!("k of rrf: expected a number, got {}", index_type::shown(k)))),
            },
        },
        "weighted" => {
            let Some(Value::List(given)) = params.get("weights") else {
                return Err(Error::invalid("weights not found in the params of the weighted ranker"));
            };
            let weight = |weight| {
                index_type::number(weight).ok_or_else(|| {
                    Error::invalid(format!("weights: expected numbers, got {}", index_type::shown(weight)))
                })
            };
            let weights = given.iter().map(weight).collect::<Result<_>>()?;
            let normalises = match params.get("norm_score") {
                None => true,
                Some(flag) => params::is_true(&index_type::shown(flag)),
            };
            Ok(Ranker::Weighted { weights, normalises })
        }
        other => Err(Error::invalid(format!("unsupported rank type {other}: expected rrf or weighted"))),
    }
}
