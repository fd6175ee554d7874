//! `POST /api/connection`

use super::{ApiError, bearer::Bearer, record::RecordAnswer, request::Fields};
use crate::service::{CreateRequest, Services};
use axum::extract::State;
use shared::Key;

/// Makes a connection. The status of success is 200, as documented.
#[utoipa::path(
    post,
    path = "/api/connection",
    operation_id = "createConnection",
    tag = "connection",
    request_body(content(
        (super::openapi::ConnectionCreate = "application/json"),
        (super::openapi::ConnectionCreate = "application/merge-patch+json"),
    )),
    responses(
        (status = 200, description = "The new record", body = super::openapi::Connection,
         headers(("ETag" = String, description = "The record's version"))),
        super::openapi::Unauthorized,
        super::openapi::BadBody,
        (status = 403, description = "The user’s role may not write", body = super::openapi::Error),
        (status = 422, description = "A rule is broken", body = super::openapi::Error),
    ),
    security(("token" = []))
)]
pub async fn handler(
    State(services): State<Services>,
    Bearer(caller): Bearer,
    Fields(entries): Fields,
) -> Result<RecordAnswer, ApiError> {
    let text = |key| entries.get(key).flatten().map(Into::into);
    let request = CreateRequest {
        media_id: text(Key::MediaId),
        provider_id: text(Key::ProviderId),
        patch: entries.patch(),
        read_only: entries
            .read_only()
            .filter(|(key, _)| !matches!(key, Key::MediaId | Key::ProviderId))
            .map(|(key, value)| (key, value.map(Into::into)))
            .collect(),
    };
    let stored = services.create(&caller, request).await?;
    Ok(RecordAnswer::new(stored, &caller))
}
