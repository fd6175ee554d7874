//! `GET /api/connection/{id}`

use super::{
    ApiError,
    bearer::BearerOf,
    etag::{Conditions, Tag},
    record::RecordAnswer,
};
use axum::{
    http::{StatusCode, header::ETAG},
    response::{IntoResponse, Response},
};

/// The whole record; `Password` and `Token` are null for a user who may only look.
#[utoipa::path(
    get,
    path = "/connection/{id}",
    operation_id = "getConnection",
    tag = "connection",
    params(
        ("id" = i64, Path, minimum = 1, maximum = 9_007_199_254_740_991u64, description = "The connection's number"),
        ("If-Match" = Option<String>, Header, description = "Tags, one of whose versions it must have"),
        ("If-None-Match" = Option<String>, Header, description = "Tags that are known: if it has one of them, the answer is 304"),
    ),
    responses(
        (status = 200, description = "The record", body = super::schema::Connection,
         headers(("ETag" = String, description = "Its version and that of its health, such as \"7.2\""))),
        (status = 304, description = "It has a tag of If-None-Match",
         headers(("ETag" = String, description = "Its tag"))),
        super::schema::Unauthorized,
        (status = 404, description = "No such connection on this site", body = super::schema::Error),
        (status = 412, description = "It has another version than If-Match names", body = super::schema::Error),
    ),
    security(("token" = []))
)]
pub async fn handler(
    BearerOf { caller, stored }: BearerOf,
    conditions: Conditions,
) -> Result<Response, ApiError> {
    let tag = Tag::new(&stored, &caller);
    conditions.is_allowed(tag)?;
    if conditions.is_known(tag) {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, tag.header())]).into_response());
    }
    Ok(RecordAnswer::new(stored, &caller).into_response())
}
