//! `PATCH /api/connection/{id}`

use super::{
    ApiError,
    bearer::Bearer,
    etag::IfMatch,
    record::RecordAnswer,
    request::{Fields, Id},
};
use crate::service::{PatchRequest, Services};
use axum::extract::State;

/// Changes the fields that the body names; null or an empty string clears one.
#[utoipa::path(
    patch,
    path = "/api/connection/{id}",
    operation_id = "patchConnection",
    tag = "connection",
    params(
        ("id" = i64, Path, description = "The connection's number"),
        ("If-Match" = Option<String>, Header, description = "Versions that it must still have"),
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
    Fields(entries): Fields,
) -> Result<RecordAnswer, ApiError> {
    let read_only = entries.read_only().map(|(key, value)| (key, value.map(Into::into))).collect();
    let request = PatchRequest { id, versions, patch: entries.patch(), read_only };
    let stored = services.patch(&caller, request).await?;
    Ok(RecordAnswer::new(stored, &caller))
}
