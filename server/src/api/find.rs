//! `GET /api/connection`

use super::{ApiError, bearer::Bearer, record::seen_by};
use crate::{
    clock::parse_date,
    service::Services,
    store::{FindQuery, Stored},
};
use axum::{
    Json,
    extract::{RawQuery, State},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use shared::{ConnectionId, wire::Record};

/// Rows of an answer if the client does not say how many, and the most that it may ask for.
const DEFAULT_LIMIT: u32 = 20;
const LARGEST_LIMIT: u32 = 200;

/// The rows and where they stand among all that match.
#[derive(Serialize)]
struct Page<'a> {
    limit: u32,
    offset: u32,
    count: usize,
    total: u64,
    data: Vec<Record<'a>>,
}

/// The site's connections by number.
#[utoipa::path(
    get,
    path = "/connection",
    operation_id = "findConnections",
    tag = "connection",
    params(
        ("sinceId" = Option<i64>, Query, minimum = 0, maximum = 9_007_199_254_740_991u64, description = "Only numbers greater than this"),
        ("since" = Option<String>, Query, description = "Created at or after: YYYY-MM-DD HH:MM[:SS], UTC"),
        ("lastUpdate" = Option<String>, Query, description = "Modified at or after: YYYY-MM-DD HH:MM[:SS], UTC"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 200, description = "Rows to take, 1 to 200; 20 if not given"),
        ("offset" = Option<u32>, Query, description = "Rows to skip"),
        ("paging" = Option<u8>, Query, maximum = 1, description = "1, the default, for the object; 0 for the bare array of its data"),
    ),
    responses(
        (status = 200, description = "A page of records", body = super::schema::FindAnswer),
        super::schema::Unauthorized,
        (status = 400, description = "A parameter is not understood", body = super::schema::Error),
    ),
    security(("token" = []))
)]
pub async fn handler(
    State(services): State<Services>,
    Bearer(caller): Bearer,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let (query, paging) = parse(query.as_deref().unwrap_or_default()).map_err(ApiError::Query)?;
    let rows = services.find(caller.scope(), &query).await?;
    let rows: Vec<_> = rows.into_iter().map(|stored| seen_by(&caller, stored)).collect();
    let data: Vec<_> = rows.iter().map(|Stored { connection, .. }| Record(connection)).collect();
    if !paging {
        return Ok(Json(data).into_response());
    }
    let total = services.count(caller.scope(), &query).await?;
    let FindQuery { limit, offset, .. } = query;
    Ok(Json(Page { limit, offset, count: data.len(), total, data }).into_response())
}

/// Reads the query; an error says which key is wrong and what it takes.
fn parse(query: &str) -> Result<(FindQuery, bool), String> {
    let mut find = FindQuery { limit: DEFAULT_LIMIT, ..FindQuery::default() };
    let mut paging = true;
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        let takes = |expected: &str| format!("{key} takes {expected}");
        let date = || {
            parse_date(value.trim()).ok_or_else(|| takes("YYYY-MM-DD HH:MM or YYYY-MM-DD HH:MM:SS"))
        };
        match &*key {
            "sinceId" => {
                let since = ConnectionId::parse_after(&value)
                    .map_err(|number| takes(&format!("a connection's number, {number}")));
                find.since_id = Some(since?);
            }
            "since" => find.since = Some(date()?),
            "lastUpdate" => find.last_update = Some(date()?),
            "limit" => {
                let limit = value.parse().ok().filter(|limit| (1..=LARGEST_LIMIT).contains(limit));
                find.limit = limit.ok_or_else(|| takes("a whole number from 1 to 200"))?;
            }
            "offset" => {
                let offset = value.parse();
                find.offset = offset.map_err(|_| takes("a whole number from 0 to 4294967295"))?;
            }
            "paging" => match &*value {
                "0" => paging = false,
                "1" => paging = true,
                _ => return Err(takes("0 or 1")),
            },
            _ => {
                return Err("the query has an unknown key; the known ones are sinceId, since, \
                            lastUpdate, limit, offset and paging"
                    .to_owned());
            }
        }
    }
    Ok((find, paging))
}
