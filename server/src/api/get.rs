//! `GET /api/connection/{id}`

use super::{ApiError, bearer::Bearer, record::RecordAnswer, request::Id};
use crate::service::Services;
use axum::extract::State;

/// The whole record; `Password` and `Token` are null for a user who may only look.
#[utoipa::path(
    get,
    path = "/api/connection/{id}",
    operation_id = "getConnection",
    tag = "connection",
    params(("id" = i64, Path, description = "The connection's number")),
    responses(
        (status = 200, description = "The record", body = super::openapi::Connection,
         headers(("ETag" = String, description = "The record's version"))),
        super::openapi::Unauthorized,
        (status = 404, description = "No such connection on this site", body = super::openapi::Error),
    ),
    security(("token" = []))
)]
pub async fn handler(
    State(services): State<Services>,
    Bearer(caller): Bearer,
    Id(id): Id,
) -> Result<RecordAnswer, ApiError> {
    let stored = services.get(caller.scope(), id).await?;
    stored.map(|stored| RecordAnswer::new(stored, &caller)).ok_or(ApiError::NoSuchConnection)
}
