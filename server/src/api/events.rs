//! `GET /api/connection/events`

use super::{
    ApiError,
    bearer::{Bearer, token},
};
use crate::{
    http::{Refusal, events},
    service::{Credential, ListenError, Services},
};
use axum::{
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
};

/// Changes of the site's connections as they happen, as server-sent events: no polling is needed to
/// learn of new credentials. Each is named `connection`, has a number as its id, and says `Id`,
/// `Version` (null if there is none) and `Kind`, so that the connection can be read again. A client
/// that sends the last id that it saw as `Last-Event-ID` misses nothing.
#[utoipa::path(
    get,
    path = "/connection/events",
    operation_id = "followConnections",
    tag = "connection",
    params(
        ("Last-Event-ID" = Option<u64>, Header, maximum = 9_007_199_254_740_991u64, description = "Go on after this event; 0 begins with the first there ever was"),
    ),
    responses(
        (status = 200, description = "Events, until the token expires or the server stops",
         body = String, content_type = "text/event-stream"),
        super::schema::Unauthorized,
        (status = 400, description = "Last-Event-ID is not understood", body = super::schema::Error),
        (status = 429, description = "Too many of the site listen; see Retry-After", body = super::schema::Error),
        (status = 503, description = "The server stops", body = super::schema::Error),
    ),
    security(("token" = []))
)]
pub async fn handler(
    State(services): State<Services>,
    Bearer(caller): Bearer,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let after = events::last_event_id(&headers).map_err(ApiError::Query)?;
    let until = services.token_end(token(&headers)?)?;
    match services.listen(&caller, after, Credential::Token(until)).await {
        Ok(news) => Ok(events::events(news)),
        Err(ListenError::Full) => Err(ApiError::TooMany(events::RETRY_AFTER)),
        Err(ListenError::Stopping) => Ok(Refusal::Busy.into_response()),
        Err(ListenError::Store(error)) => Err(error.into()),
    }
}
