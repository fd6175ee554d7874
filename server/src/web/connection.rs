//! The posts of a connection's page, for browsers without WebAssembly. They answer with a redirect,
//! or with the page and all that was typed.

use super::{
    WebState,
    backend::SiteBackend,
    form::{Posted, posted_with_parts},
    page::page_with,
};
use crate::{
    service::{self, UndoError},
    store::Principal,
};
use app::{
    backend::Backend,
    form::{FormState, Notice},
    rpc::SaveError,
};
use axum::{
    Extension, Form,
    extract::{Path, Query, Request, State},
    http::request::Parts,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use shared::{Channel, ConnectionId, ConnectionPatch, Field};

/// Saves a changed connection.
pub(super) async fn patch(
    State(state): State<WebState>,
    Extension(principal): Extension<Principal>,
    Path(id): Path<ConnectionId>,
    request: Request,
) -> Response {
    let (parts, posted) = match posted_with_parts(request).await {
        Ok(posted) => posted,
        Err(response) => return response,
    };
    if posted.only_redraws() {
        return page_with(state, parts, posted.state()).await;
    }
    let patch = posted.patch();
    save(state, principal, id, parts, &posted, patch).await
}

/// Enables or disables a connection.
pub(super) async fn set_enabled(
    State(state): State<WebState>,
    Extension(principal): Extension<Principal>,
    Path(id): Path<ConnectionId>,
    request: Request,
) -> Response {
    let (mut parts, posted) = match posted_with_parts(request).await {
        Ok(posted) => posted,
        Err(response) => return response,
    };
    // What is shown, if it fails, is the connection's own page.
    if let Ok(page) = format!("/connections/{id}").parse() {
        parts.uri = page;
    }
    let patch = ConnectionPatch::default().with(Field::Enabled, posted.get("enabled"));
    save(state, principal, id, parts, &posted, patch).await
}

async fn save(
    state: WebState,
    principal: Principal,
    id: ConnectionId,
    parts: Parts,
    posted: &Posted,
    patch: ConnectionPatch,
) -> Response {
    let backend = SiteBackend::new(&state.services, principal);
    let version = posted.version();
    match backend.patch(id, version, patch, posted.may_move()).await {
        Ok(view) => {
            let done = if view.version == version { "unchanged" } else { "saved" };
            Redirect::to(&format!("/connections/{id}?done={done}")).into_response()
        }
        Err(error) => page_with(state, parts, failed(posted, error)).await,
    }
}

/// Which form a new connection's page shows.
#[derive(Deserialize)]
pub(super) struct NewQuery {
    channel: String,
}

/// Makes a connection.
pub(super) async fn create(
    State(state): State<WebState>,
    Extension(principal): Extension<Principal>,
    Query(NewQuery { channel }): Query<NewQuery>,
    request: Request,
) -> Response {
    let (parts, posted) = match posted_with_parts(request).await {
        Ok(posted) => posted,
        Err(response) => return response,
    };
    let known = Channel::from_slug(&channel).filter(|channel| channel.codes().is_some());
    let Some(channel) = known.filter(|_| !posted.only_redraws()) else {
        return page_with(state, parts, posted.state()).await;
    };
    let backend = SiteBackend::new(&state.services, principal);
    match backend.create(channel, posted.patch()).await {
        Ok(id) => Redirect::to(&format!("/connections/{id}?done=created")).into_response(),
        Err(error) => page_with(state, parts, failed(&posted, error)).await,
    }
}

#[derive(Deserialize)]
pub(super) struct Undo {
    number: i64,
}

/// Undoes a change of a connection.
pub(super) async fn undo(
    State(state): State<WebState>,
    Extension(principal): Extension<Principal>,
    Path(id): Path<ConnectionId>,
    mut parts: Parts,
    Form(Undo { number }): Form<Undo>,
) -> Response {
    let notice = match state.services.undo(&principal, id, number).await {
        Ok(_) => return Redirect::to(&format!("/connections/{id}?done=undone")).into_response(),
        Err(UndoError::NotFound | UndoError::Save(service::SaveError::NotFound)) => {
            Notice::NotFound
        }
        Err(UndoError::Save(service::SaveError::Forbidden)) => Notice::Forbidden,
        Err(UndoError::Overlaps | UndoError::Save(service::SaveError::Stale(_))) => {
            Notice::UndoOverlaps
        }
        Err(UndoError::Expired) => Notice::UndoExpired,
        Err(UndoError::Save(error)) => {
            tracing::error!(error = &error as &dyn std::error::Error, "an undo failed");
            Notice::Failed
        }
    };
    if let Ok(page) = format!("/connections/{id}").parse() {
        parts.uri = page;
    }
    page_with(state, parts, FormState { notice: Some(notice), ..FormState::default() }).await
}

/// The form with what was typed and why it was not saved.
fn failed(posted: &Posted, error: SaveError) -> FormState {
    let state = posted.state();
    match error {
        SaveError::Invalid(violations) => {
            FormState { violations, notice: Some(Notice::Invalid), ..state }
        }
        SaveError::Stale(now) => {
            FormState { conflicts: posted.conflicts(&now), notice: Some(Notice::Conflict), ..state }
        }
        SaveError::Forbidden => FormState { notice: Some(Notice::Forbidden), ..state },
        SaveError::NotFound => FormState { notice: Some(Notice::NotFound), ..state },
        SaveError::SignedOut => FormState { notice: Some(Notice::SignedOut), ..state },
        SaveError::Unreachable | SaveError::Failed => {
            FormState { notice: Some(Notice::Failed), ..state }
        }
    }
}
