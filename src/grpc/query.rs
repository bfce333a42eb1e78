//! Query: rows by filter.

use super::answer::Answered;
use super::door::Door;
use super::params::Params;
use super::proto::rows::{QueryRequest, QueryResults};
use super::{columns, template};
use crate::collection::order::OrderBy;
use crate::collection::output::is_count;
use crate::collection::query::Query;
use crate::command::{CollectionDescription, Command, Reply};
use crate::error::{Error, Result};
use crate::schema::paging;

/// A limit that is none (`typeutil.Unlimited`).
const UNLIMITED: i64 = -1;

/// What Milvus's queries can do beyond these.
const UNSUPPORTED: [&str; 1] = ["group_by_fields"];

pub async fn query(door: &Door<'_>, request: QueryRequest) -> Answered<QueryResults> {
    let target = door.target(&request.db_name, &request.collection_name);
    let described = door.describe(&target).await?;
    let mut params = Params::new(request.query_params);
    UNSUPPORTED.iter().try_for_each(|key| params.refuse(key))?;
    check_collection(&described, params.whole("collection_id")?)?;
    let limit = params.whole("limit")?.filter(|limit| *limit != UNLIMITED);
    // Without a limit there are no pages, so the offset means nothing.
    let offset = if limit.is_some() { params.whole("offset")?.unwrap_or(0) } else { 0 };
    let (limit, offset) = paging::check_query(limit, offset)?;
    let order_by = params.text("order_by_fields");
    let order_by = order_by.split(',').filter(|text| !text.trim().is_empty()).map(OrderBy::parse);
    let order_by = order_by.collect::<Result<Vec<_>>>()?;
    if !order_by.is_empty() && params.flag("iterator") {
        return Err(Error::invalid("an iterator goes by primary key, expected no order_by_fields").into());
    }
    let query = Query {
        filter: template::filter(request.expr, request.expr_template_values)?,
        ids: None,
        partitions: request.partition_names,
        output_fields: request.output_fields.clone(),
        limit,
        offset,
        order_by,
    };
    let rows = match door.run(Command::Query { target, query }).await? {
        Reply::Rows(rows) => rows,
        other => unreachable!("Query was answered with {other:?}"),
    };
    let schema = &described.schema;
    let primary_field_name = schema.primary_field().name.clone();
    let (fields_data, output_fields) = if is_count(&request.output_fields)? && !request.output_fields.is_empty() {
        let counts = rows.columns.into_iter().map(|column| columns::encode_count(&column.name, column.values));
        (counts.collect(), request.output_fields)
    } else {
        let mut output_fields = columns::expanded(&request.output_fields, schema);
        if !output_fields.contains(&primary_field_name) {
            output_fields.insert(0, primary_field_name.clone());
        }
        let mut fields_data = columns::encode(rows, &output_fields, schema);
        // The primary key first: clients take the row count from the first column.
        fields_data.sort_by_key(|column| column.field_name != primary_field_name);
        (fields_data, output_fields)
    };
    Ok(QueryResults {
        fields_data,
        collection_name: described.name,
        output_fields,
        session_ts: door.timestamp(),
        primary_field_name,
        ..QueryResults::default()
    })
}

/// Checks that an iterator goes on over the collection that it began with.
///
/// # Errors
/// [`Error::Invalid`] when a collection of that name was made anew since.
pub fn check_collection(described: &CollectionDescription, id: Option<i64>) -> Result<()> {
    match id {
        Some(id) if id > 0 && id as u64 != described.id => {
            let name = &described.name;
            let reason = format!(
                "alias or database may have been changed, or the collection {name} has been recreated: \
                 its id is {}, not {id}",
                described.id
            );
            Err(Error::invalid(reason))
        }
        _ => Ok(()),
    }
}
