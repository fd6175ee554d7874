//! What others change, for the pages that show it.

use super::{WebState, failed, session};
use crate::{
    http::{Refusal, events},
    service::{Credential, ListenError},
    store::Principal,
};
use axum::{
    Extension,
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use shared::EntryId;
use tower_sessions::Session;

#[derive(Deserialize)]
pub(super) struct From {
    /// The last event that the page knows.
    after: Option<String>,
}

/// Changes of the site's connections as they happen, as server-sent events like those of the API.
/// A browser that lost the stream says itself where to go on.
pub(super) async fn handler(
    State(state): State<WebState>,
    principal: Option<Extension<Principal>>,
    session: Session,
    Query(from): Query<From>,
    headers: HeaderMap,
) -> Response {
    let Some(Extension(principal)) = principal else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let after = from.after.as_deref().map(EntryId::parse_after).transpose();
    let (Ok(last), Ok(after)) = (events::last_event_id(&headers), after) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    // Without an id it would not have named a caller.
    let id = session.id().as_ref().map(session::key).unwrap_or_default();
    let credential = Credential::Session(id);
    match state.services.listen(&principal, last.or(after.map(|number| number.0)), credential).await
    {
        Ok(news) => events::events(news),
        Err(ListenError::Full) => Refusal::TooMany(events::RETRY_AFTER).into_response(),
        Err(ListenError::Stopping) => Refusal::Busy.into_response(),
        Err(ListenError::Store(error)) => failed(&error),
    }
}
