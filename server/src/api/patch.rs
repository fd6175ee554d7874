//! `PATCH /api/connection/{id}`

use super::{
    ApiError,
    bearer::{BearerToPatch, token},
    etag::{Conditions, Tag},
    record::RecordAnswer,
    request::{Fields, Id, NoQuery},
};
use crate::service::{PatchRequest, Services};
use axum::{extract::State, http::HeaderMap};

/// What a client sends who does not want to move a connection to another account by mistake.
const SAME_ACCOUNT: &str = "patchbay-same-account";

/// Changes the fields that the body names; null or an empty string clears one.
#[utoipa::path(
    patch,
    path = "/connection/{id}",
    operation_id = "patchConnection",
    tag = "connection",
    params(
        ("id" = i64, Path, minimum = 1, maximum = 9_007_199_254_740_991u64, description = "The connection's number"),
        ("If-Match" = Option<String>, Header, description = "Tags, one of whose versions it must still have; a date (If-Unmodified-Since) without it is refused"),
        ("If-None-Match" = Option<String>, Header, description = "Tags of which it must have none"),
        ("Patchbay-Same-Account" = Option<String>, Header, description = "`1`: refuse to make it the connection of another account, by UserId or TargetId"),
    ),
    request_body(content(
        (super::schema::ConnectionPatch = "application/json"),
        (super::schema::ConnectionPatch = "application/merge-patch+json"),
    )),
    responses(
        (status = 200, description = "The record after the patch", body = super::schema::Connection,
         headers(("ETag" = String, description = "Its version and that of its health, such as \"7.2\""), ("Patchbay-Warning" = Option<String>, description = "Fields of the body whose values are unusual, such as Password;code=white-space"))),
        super::schema::Unauthorized,
        super::schema::BadBody,
        (status = 403, description = "The user’s role may not write", body = super::schema::Error),
        (status = 404, description = "No such connection on this site", body = super::schema::Error),
        (status = 409, description = "It would be another account’s", body = super::schema::Error),
        (status = 412, description = "It has another version than If-Match names, a tag of If-None-Match, or a date alone is to guard it", body = super::schema::Error),
        (status = 422, description = "A rule is broken", body = super::schema::Error),
    ),
    security(("token" = []))
)]
pub async fn handler(
    State(services): State<Services>,
    BearerToPatch(caller): BearerToPatch,
    Id(id): Id,
    _: NoQuery,
    conditions: Conditions,
    headers: HeaderMap,
    Fields(entries): Fields,
) -> Result<RecordAnswer, ApiError> {
    let read_only = entries.read_only().map(|(key, value)| (key, value.map(Into::into))).collect();
    let allow_account_change = headers.get(SAME_ACCOUNT).is_none_or(|asked| asked == "0");
    conditions.can_guard()?;
    let versions = conditions.versions();
    // Tags only move on: one that is not the record's now can never be again, so this may look before
    // the transaction begins.
    if conditions.has_if_none_match() {
        let (caller, now) = services.bearer_and(token(&headers)?, id).await?;
        if caller.role.may_edit() {
            let now = Tag::new(&now.ok_or(ApiError::NoSuchConnection)?, &caller);
            conditions.is_allowed(now)?;
            if conditions.is_known(now) {
                return Err(ApiError::Known(now));
            }
        }
    }
    let given = entries.patch();
    let patch = PatchRequest::new(id, given.clone());
    let request = PatchRequest { versions, allow_account_change, read_only, ..patch };
    let patched = services.patch_by(caller, request).await;
    let (caller, stored) = patched.map_err(|error| conditions.explain(error.into()))?;
    Ok(RecordAnswer::new(stored, &caller).with_warnings(&given))
}
