//! Search and hybrid search.

use super::answer::Answered;
use super::columns::{self, encode_field, encode_ids};
use super::door::Door;
use super::iterator::{self, Iteration};
use super::params::{self, Params};
use super::proto::data::{IDs, IDsIdField};
use super::proto::rows::{
    HybridSearchRequest, SearchIteratorV2Results, SearchRequest, SearchRequestSearchInput, SearchResultData,
    SearchResults,
};
use super::query::check_collection;
use super::{placeholder, ranker, template};
use crate::collection::group::Grouping;
use crate::collection::hybrid::HybridSearch;
use crate::collection::search::{Hits, QueryVectors, Search};
use crate::command::{CollectionDescription, Command, Reply};
use crate::error::{Error, Result};
use crate::schema::{Value, index_type, paging};
use crate::sorted::SortedMap;

/// What Milvus's hybrid searches can do beyond these.
const UNSUPPORTED: [&str; 3] = ["group_by_field", "group_by_fields", "order_by_fields"];

pub async fn search(door: &Door<'_>, request: SearchRequest) -> Answered<SearchResults> {
    let target = door.target(&request.db_name, &request.collection_name);
    let described = door.describe(&target).await?;
    let output_fields = request.output_fields.clone();
    let (mut search, mut params) = one_search(request, None)?;
    check_collection(&described, params.whole("collection_id")?)?;
    let iteration = Iteration::new(&mut params)?;
    if let Some(iteration) = &iteration {
        iteration.narrow(&mut search, &described)?;
    }
    if iteration.is_some() && search.grouping.is_some() {
        return Err(Error::invalid("Not allowed to do groupBy when doing iteration").into());
    }
    let limit = search.limit;
    let hits = match door.run(Command::Search { target, search }).await? {
        Reply::Hits(hits) => hits,
        other => unreachable!("Search was answered with {other:?}"),
    };
    let iterated = iteration.map(|iteration| SearchIteratorV2Results {
        last_bound: iteration.bound_after(hits.scores.last().copied()),
        token: iteration.token.unwrap_or_else(|| iterator::token(described.id, door.timestamp())),
    });
    let mut results = results(door, hits, limit, &output_fields, described);
    if let Some(data) = &mut results.results {
        data.search_iterator_v2_results = iterated;
    }
    Ok(results)
}

pub async fn hybrid(door: &Door<'_>, request: HybridSearchRequest) -> Answered<SearchResults> {
    let target = door.target(&request.db_name, &request.collection_name);
    let described = door.describe(&target).await?;
    let mut params = Params::new(request.rank_params);
    UNSUPPORTED.iter().try_for_each(|key| params.refuse(key))?;
    let limit = params.whole("limit")?.ok_or_else(|| Error::invalid("limit not found in rank_params"))?;
    let (limit, offset) = paging::check_search(limit, params.whole("offset")?.unwrap_or(0))?;
    let round_decimal = paging::check_round_decimal(params.whole("round_decimal")?.unwrap_or(-1))?;
    let ranker = ranker::ranker(&mut params, request.function_score)?;
    let window = HybridSearch::window(limit, offset);
    let searches =
        request.requests.into_iter().map(|request| one_search(request, Some(window)).map(|(search, _)| search));
    let hybrid = HybridSearch {
        searches: searches.collect::<Result<_>>()?,
        ranker,
        limit,
        offset,
        output_fields: request.output_fields.clone(),
        partitions: request.partition_names,
        round_decimal,
    };
    let hits = match door.run(Command::HybridSearch { target, hybrid }).await? {
        Reply::Hits(hits) => hits,
        other => unreachable!("HybridSearch was answered with {other:?}"),
    };
    Ok(results(door, hits, limit, &request.output_fields, described))
}

/// A search, and the parameters that are none of a search. One of a hybrid search has by default a limit of the whole's
/// `window`, and no offset of its own.
fn one_search(request: SearchRequest, window: Option<i64>) -> Result<(Search, Params)> {
    let (queries, ids) = match request.search_input {
        Some(SearchRequestSearchInput::PlaceholderGroup(bytes)) => (placeholder::queries(&bytes)?, None),
        Some(SearchRequestSearchInput::Ids(ids)) => (QueryVectors::default(), Some(keys(ids))),
        None => return Err(Error::invalid("the search has no query vectors")),
    };
    if request.function_score.is_some_and(|score| !score.functions.is_empty()) {
        return Err(Error::Unsupported { what: "function_score of search".to_string() });
    }
    let mut given = Params::new(request.search_params);
    given.refuse("order_by_fields")?;
    let (topk, limit) = (given.whole("topk")?, given.whole("limit")?);
    let limit = topk.or(limit).or(window).ok_or_else(|| Error::invalid("topk not found in search_params"))?;
    let offset = given.whole("offset")?.filter(|_| window.is_none());
    let (limit, offset) = paging::check_search(limit, offset.unwrap_or(0))?;
    let (anns_field, mut metric) = (given.text("anns_field"), given.text("metric_type"));
    let mut params = given.nested()?;
    if let Some(inner) = params.remove("metric_type")
        && metric.is_empty()
    {
        metric = index_type::shown(&inner);
    }
    let grouping = grouping(&mut given, &mut params)?;
    let rounding = given.whole("round_decimal")?;
    let rounding = rounding.or_else(|| params.get("round_decimal").and_then(index_type::whole));
    let rest = given.rest();
    // Newer clients lay the parameters of the index out beside `params` as well.
    for (key, text) in &rest {
        if !params.contains_key(key.as_str()) && !text.is_empty() {
            params.insert(key.clone(), params::value(text));
        }
    }
    let search = Search {
        queries,
        ids,
        anns_field,
        filter: template::filter(request.dsl, request.expr_template_values)?,
        partitions: request.partition_names,
        limit,
        offset,
        output_fields: request.output_fields,
        metric,
        params,
        round_decimal: paging::check_round_decimal(rounding.unwrap_or(-1))?,
        grouping,
    };
    Ok((search, Params::from(rest)))
}

/// How hits are grouped; the parameters may stand among those of the index too. Groups are filled whether that is asked for
/// (`strict_group_size`) or not.
fn grouping(given: &mut Params, nested: &mut SortedMap<String, Value>) -> Result<Option<Grouping>> {
    let mut text = |key: &str| {
        let inner = nested.remove(key).map(params::text_of).unwrap_or_default();
        Some(given.text(key)).filter(|text| !text.is_empty()).unwrap_or(inner)
    };
    let (field, fields, size) = (text("group_by_field"), text("group_by_fields"), text("group_size"));
    text("strict_group_size");
    let field = if field.is_empty() { fields } else { field };
    if field.is_empty() {
        return Ok(None);
    }
    if field.contains(',') {
        return Err(Error::Unsupported { what: "group_by_fields of several fields".to_string() });
    }
    let wrong = |_| Error::invalid(format!("failed to parse input group size:{size}"));
    let size = if size.is_empty() { 1 } else { size.trim().parse::<i64>().map_err(wrong)? };
    Ok(Some(Grouping { field, size: paging::check_group_size(size)? }))
}

/// Primary keys as values.
fn keys(ids: IDs) -> Vec<Value> {
    match ids.id_field {
        Some(IDsIdField::IntId(ids)) => ids.data.into_iter().map(Value::Int).collect(),
        Some(IDsIdField::StrId(ids)) => ids.data.into_iter().map(Value::Text).collect(),
        None => Vec::new(),
    }
}

fn results(
    door: &Door<'_>,
    mut hits: Hits,
    limit: u32,
    asked: &[String],
    described: CollectionDescription,
) -> SearchResults {
    let schema = &described.schema;
    let output_fields = columns::expanded(asked, schema);
    let rows = std::mem::take(&mut hits.rows);
    let mut fields_data = columns::encode(rows, &output_fields, schema);
    // The keys are always there as ids; as a column only for who asks.
    if output_fields.contains(&hits.primary_field) {
        fields_data.insert(0, encode_field(schema.primary_field(), hits.primary_keys.clone()));
    }
    let groups = hits.groups.and_then(|groups| {
        let field = schema.fields.iter().find(|field| field.name == groups.name)?;
        Some(encode_field(field, groups.values))
    });
    let data = SearchResultData {
        group_by_field_value: groups,
        num_queries: hits.counts.len() as i64,
        top_k: limit.into(),
        fields_data,
        scores: hits.scores,
        ids: Some(encode_ids(hits.primary_keys)),
        topks: hits.counts.into_iter().map(i64::from).collect(),
        output_fields,
        search_iterator_v2_results: None,
        primary_field_name: hits.primary_field,
    };
    SearchResults {
        results: Some(data),
        collection_name: described.name,
        session_ts: door.timestamp(),
        ..SearchResults::default()
    }
}
