//! `PATCH /api/connection/{id}`

use super::{
    ApiError,
    bearer::Bearer,
    etag::IfMatch,
    record::RecordAnswer,
    request::{Fields, Id},
};
use crate::service::{PatchRequest, Services};
use axum::{extract::State, http::HeaderMap};

/// What a client sends who does not want to move a connection to another account by mistake.
const SAME_ACCOUNT: &str = "patchbay-same-account";

/// Changes the fields that the body names; null or an empty string clears one.
#[utoipa::path(
    patch,
    path = "/api/connection/{id}",
    operation_id = "patchConnection",
    tag = "connection",
    params(
        ("id" = i64, Path, description = "The connection's number"),
        ("If-Match" = Option<String>, Header, description = "Versions that it must still have"),
        ("Patchbay-Same-Account" = Option<String>, Header, description = "`1`: refuse to make it the connection of another account, by UserId or TargetId"),
    ),
    request_body(content(
        (super::openapi::ConnectionPatch = "application/json"),
        (super::openapi::ConnectionPatch = "application/merge-patch+json"),
    )),
    responses(
        (status = 200, description = "The record after the patch", body = super::openapi::Connection,
         headers(("ETag" = String, description = "The record's version"))),
        super::openapi::Unauthorized,
        super::openapi::BadBody,
        (status = 403, description = "The user’s role may not write", body = super::openapi::Error),
        (status = 404, description = "No such connection on this site", body = super::openapi::Error),
        (status = 409, description = "It would be another account’s", body = super::openapi::Error),
        (status = 412, description = "It has another version", body = super::openapi::Error),
        (status = 422, description = "A rule is broken", body = super::openapi::Error),
    ),
    security(("token" = []))
)]
pub async fn handler(
    State(services): State<Services>,
    Bearer(caller): Bearer,
    Id(id): Id,
    IfMatch(versions): IfMatch,
    headers: HeaderMap,
    Fields(entries): Fields,
) -> Result<RecordAnswer, ApiError> {
    let read_only = entries.read_only().map(|(key, value)| (key, value.map(Into::into))).collect();
    let may_move = headers.get(SAME_ACCOUNT).is_none_or(|asked| asked == "0");
    let request = PatchRequest { id, versions, patch: entries.patch(), may_move, read_only };
    let stored = services.patch(&caller, request).await?;
    Ok(RecordAnswer::new(stored, &caller))
}
