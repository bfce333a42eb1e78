//! Parameters of a search: those of the index type, and the range.

use super::index_params::Index;
use super::index_type::{self, Surroundings, number, shown};
use super::{Metric, Value};
use crate::error::{Error, Result};
use crate::sorted::SortedMap;

/// Which scores count, in Milvus's sign and scale.
///
/// For L2: `range_filter ≤ score < radius`; for IP and COSINE: `radius < score ≤ range_filter`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// The metric.
    pub metric: Metric,
    /// The outer end, not in the range.
    pub radius: f32,
    /// The inner end, in the range; none when everything near enough counts.
    pub range_filter: Option<f32>,
}

impl Range {
    /// Whether a hit of that score counts.
    pub fn contains(&self, score: f32) -> bool {
        if self.metric.is_similarity() {
            score > self.radius && self.range_filter.is_none_or(|inner| score <= inner)
        } else {
            score < self.radius && self.range_filter.is_none_or(|inner| score >= inner)
        }
    }
}

/// Checks the parameters of a search on `index`, for `limit` hits (skipped ones included). Returns the range when one is
/// asked for. Parameters that the index type does not know are passed over, as in Milvus.
///
/// # Errors
/// [`Error::Invalid`] names the parameter, what was expected and what came.
pub fn check_search_params(index: &Index, params: &SortedMap<String, Value>, limit: u32) -> Result<Option<Range>> {
    let lists = i64::from(index.lists());
    let around = Surroundings { dim: 0, lists, limit };
    for param in index_type::find(&index.index_type)?.search {
        if let Some(value) = params.get(param.name) {
            param.check(value, around)?;
        }
    }
    range(index.metric.unwrap_or(Metric::Cosine), params)
}

fn range(metric: Metric, params: &SortedMap<String, Value>) -> Result<Option<Range>> {
    let radius = end(params, "radius")?;
    let range_filter = end(params, "range_filter")?;
    let Some(radius) = radius else {
        return match range_filter {
            None => Ok(None),
            Some(inner) => Err(Error::invalid(format!("range_filter ({inner}) is given without radius"))),
        };
    };
    if let Some(inner) = range_filter {
        let (is_wrong, relation) = match metric.is_similarity() {
            true => (inner < radius, "greater"),
            false => (inner > radius, "less"),
        };
        if is_wrong {
            return Err(Error::invalid(format!(
                "metric type {}, range_filter({inner}) must be {relation} than radius({radius})",
                metric.name()
            )));
        }
    }
    Ok(Some(Range { metric, radius, range_filter }))
}

fn end(params: &SortedMap<String, Value>, key: &str) -> Result<Option<f32>> {
    match params.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match number(value) {
            Some(found) if (found as f32).is_finite() => Ok(Some(found as f32)),
            _ => Err(Error::invalid(format!("{key} must be a finite number, but got {}", shown(value)))),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(index_type: &str, metric: Metric, params: &[(&str, &str)]) -> Index {
        Index {
            name: "i".to_string(),
            field: 101,
            index_type: index_type.to_string(),
            metric: Some(metric),
            params: params.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect(),
        }
    }

    fn params(list: &[(&str, Value)]) -> SortedMap<String, Value> {
        list.iter().map(|(key, value)| (key.to_string(), value.clone())).collect()
    }

    #[test]
    fn search_parameters_have_milvus_ranges() {
        let check = |index_type: &str, key: &str, value: Value, is_fine: bool| {
            let index = index(index_type, Metric::L2, &[("nlist", "64")]);
            let result = check_search_params(&index, &params(&[(key, value.clone())]), 10);
            assert_eq!(result.is_ok(), is_fine, "{index_type} {key} {value:?}: {result:?}");
            if let Err(error) = result {
                assert_eq!(error.code(), 1100);
                assert!(error.to_string().contains(key), "{error}");
            }
        };
        for index_type in ["IVF_FLAT", "IVF_SQ8", "IVF_PQ", "IVF_RABITQ", "SCANN"] {
            check(index_type, "nprobe", Value::Int(1), true);
            check(index_type, "nprobe", Value::Int(64), true);
            check(index_type, "nprobe", Value::Text("8".to_string()), true);
            check(index_type, "nprobe", Value::Int(0), false);
            check(index_type, "nprobe", Value::Int(65), false);
            check(index_type, "nprobe", Value::Double(1.5), false);
            check(index_type, "nprobe", Value::Text("x".to_string()), false);
        }
        for index_type in ["HNSW", "HNSW_SQ", "HNSW_PQ", "HNSW_PRQ"] {
            check(index_type, "ef", Value::Int(10), true);
            check(index_type, "ef", Value::Int(9), false);
            check(index_type, "ef", Value::Int(i64::MAX), false);
        }
        check("SCANN", "reorder_k", Value::Int(9), false);
        check("SCANN", "reorder_k", Value::Int(10), true);
        check("DISKANN", "search_list", Value::Int(9), false);
        check("DISKANN", "search_list", Value::Int(10), true);
        check("IVF_RABITQ", "rbq_query_bits", Value::Int(8), true);
        check("IVF_RABITQ", "rbq_query_bits", Value::Int(9), false);
        check("IVF_RABITQ", "refine_k", Value::Double(1.5), true);
        check("IVF_RABITQ", "refine_k", Value::Double(0.5), false);
        check("AUTOINDEX", "level", Value::Int(10), true);
        check("AUTOINDEX", "level", Value::Int(11), false);
        check("FLAT", "nprobe", Value::Int(-1), true);
        check("HNSW", "nprobe", Value::Text("anything".to_string()), true);
    }

    #[test]
    fn nprobe_is_measured_against_the_default_nlist() {
        let index = index("IVF_FLAT", Metric::L2, &[]);
        assert!(check_search_params(&index, &params(&[("nprobe", Value::Int(128))]), 1).is_ok());
        assert!(check_search_params(&index, &params(&[("nprobe", Value::Int(129))]), 1).is_err());
    }

    #[test]
    fn ranges_follow_the_sign_of_the_metric() {
        // The pairs are those that Milvus answered.
        let check = |metric, radius: f64, inner: Option<f64>, score: f32, is_in: bool| {
            let mut given = vec![("radius", Value::Double(radius))];
            given.extend(inner.map(|inner| ("range_filter", Value::Double(inner))));
            let range = check_search_params(&index("FLAT", metric, &[]), &params(&given), 1).unwrap().unwrap();
            assert_eq!(range.contains(score), is_in, "{range:?} {score}");
        };
        check(Metric::L2, 4.0, None, 4.0, false);
        check(Metric::L2, 4.0, None, 3.9, true);
        check(Metric::L2, 6.0, Some(4.0), 4.0, true);
        check(Metric::L2, 6.0, Some(4.0), 3.9, false);
        check(Metric::Cosine, 0.0, Some(0.6), 0.6, true);
        check(Metric::Cosine, 0.0, Some(0.6), 0.61, false);
        check(Metric::Cosine, 0.0, Some(0.6), 0.0, false);
        check(Metric::Ip, -1.0, None, 100.0, true);
    }

    #[test]
    fn ranges_that_cannot_be_are_refused() {
        let check = |metric, given: &[(&str, Value)], fragment: &str| {
            let error = check_search_params(&index("FLAT", metric, &[]), &params(given), 1).expect_err(fragment);
            assert_eq!(error.code(), 1100);
            assert!(error.to_string().contains(fragment), "{error} lacks {fragment}");
        };
        let number = |number: f64| Value::Double(number);
        check(Metric::L2, &[("range_filter", number(1.0))], "without radius");
        let swapped = [("radius", number(1.0)), ("range_filter", number(2.0))];
        check(Metric::L2, &swapped, "range_filter(2) must be less than radius(1)");
        let swapped = [("radius", number(2.0)), ("range_filter", number(1.0))];
        check(Metric::Ip, &swapped, "range_filter(1) must be greater than radius(2)");
        check(Metric::Cosine, &swapped, "range_filter(1) must be greater than radius(2)");
        check(Metric::L2, &[("radius", number(f64::NAN))], "radius must be a finite number");
        check(Metric::L2, &[("radius", Value::Bool(true))], "radius must be a finite number");
        check(Metric::L2, &[("radius", number(1e300))], "radius must be a finite number");
    }
}
