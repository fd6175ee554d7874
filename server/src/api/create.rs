//! `POST /api/connection`

use super::{
    ApiError,
    bearer::Bearer,
    record::RecordAnswer,
    request::{Fields, NoQuery},
};
use crate::service::{CreateRequest, Services};
use axum::{extract::State, http::HeaderMap};
use shared::Key;

/// The header of draft-ietf-httpapi-idempotency-key-header.
const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// Characters of a key: a UUID in quotes has 38.
const MAX_KEY_LENGTH: usize = 255;

/// The client's idempotency key, if it sent one.
fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(value) = values.next() else { return Ok(None) };
    match (
        value.to_str().ok().filter(|key: &&str| (1..=MAX_KEY_LENGTH).contains(&key.len())),
        values.next(),
    ) {
        (Some(key), None) => Ok(Some(key.to_owned())),
        _ => Err(ApiError::IdempotencyKey),
    }
}

/// Makes a connection. The status of success is 200, as documented.
#[utoipa::path(
    post,
    path = "/connection",
    operation_id = "createConnection",
    tag = "connection",
    params(
        ("Idempotency-Key" = Option<String>, Header, max_length = 255, description = "A key of your choice, such as a UUID. For 24 hours the same request under it creates nothing again, and answers the record as it is now"),
    ),
    request_body(content(
        (super::schema::ConnectionCreate = "application/json"),
        (super::schema::ConnectionCreate = "application/merge-patch+json"),
    )),
    responses(
        (status = 200, description = "The new record", body = super::schema::Connection,
         headers(("ETag" = String, description = "Its version and that of its health, such as \"1.0\""), ("Patchbay-Warning" = Option<String>, description = "Fields of the body whose values are unusual, such as Password;code=white-space"))),
        super::schema::Unauthorized,
        super::schema::BadBody,
        (status = 403, description = "The user’s role may not write", body = super::schema::Error),
        (status = 422, description = "A rule is broken, or the Idempotency-Key was used for another body", body = super::schema::Error),
    ),
    security(("token" = []))
)]
pub async fn handler(
    State(services): State<Services>,
    Bearer(caller): Bearer,
    _: NoQuery,
    headers: HeaderMap,
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
        idempotency_key: idempotency_key(&headers)?,
    };
    let given = request.patch.clone();
    let stored = services.create(&caller, request).await?;
    Ok(RecordAnswer::new(stored, &caller).with_warnings(&given))
}
