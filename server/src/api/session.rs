//! `GET /api/{provider}/session/{id}`

use super::{ApiError, bearer::Bearer};
use crate::service::Services;
use axum::{
    extract::{Path, State},
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};
use shared::Provider;

/// What a sign-in with a provider opened, for half an hour after it. It holds tokens in clear, so it is
/// for those who may change connections.
#[utoipa::path(
    get,
    path = "/{provider}/session/{id}",
    operation_id = "getSession",
    tag = "session",
    params(
        ("provider" = String, Path, description = "`facebook`, `instagraph` or `twitter`"),
        ("id" = String, Path, description = "The `sessionId` that the sign-in returned with"),
    ),
    responses(
        (status = 200, description = "Profile, tokens and accounts, as the provider gave them", body = Object),
        super::schema::Unauthorized,
        (status = 403, description = "The user’s role may not write", body = super::schema::Error),
        (status = 404, description = "No such session on this site, or it is over", body = super::schema::Error),
    ),
    security(("token" = []))
)]
pub async fn handler(
    State(services): State<Services>,
    Bearer(caller): Bearer,
    Path((provider, id)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let provider = Provider::from_slug(&provider).ok_or(ApiError::NoSuchRoute)?;
    if !caller.role.may_edit() {
        return Err(ApiError::Forbidden);
    }
    let session = services.provider_session(caller.scope(), provider, &id).await?;
    let session = session.ok_or(ApiError::NoSuchSession)?;
    let json = session.expose().to_owned();
    Ok(([(CONTENT_TYPE, "application/json")], json).into_response())
}
