//! What others change, for the pages that show it.

use super::{WebState, failed, session};
use crate::{
    http::{Refusal, events},
    service::ListenError,
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

/// From where on.
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
    let services = state.services.clone();
    let may_listen = move || {
        let (services, id) = (services.clone(), session.id());
        async move { session::goes_on(&services, id).await }
    };
    match state
        .services
        .listen(principal.scope(), last.or(after.map(|number| number.0)), may_listen)
        .await
    {
        Ok(changes) => events::events(changes),
        Err(ListenError::Full) => Refusal::Busy.into_response(),
        Err(ListenError::Store(error)) => failed(&error),
    }
}
