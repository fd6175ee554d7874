//! The posts of a connection's page, for browsers without WebAssembly. They answer with a redirect,
//! or with the page and all that was typed.

use super::{
    WebState,
    backend::SiteBackend,
    flash,
    form::{Posted, posted_with_parts},
    form_id::FormId,
    id::{Id, number},
    render::{page_providing, page_with},
};
use crate::{
    service::{self, UndoError},
    store::Principal,
    wording::notice,
};
use app::{
    Flash,
    answer::SaveError,
    backend::{Backend, TeamOutcome},
    form::{FormState, Notice},
};
use axum::{
    Extension, Form,
    extract::{Query, Request, State},
    http::request::Parts,
    response::{IntoResponse, Redirect, Response},
};
use leptos::prelude::provide_context;
use serde::Deserialize;
use shared::{
    Channel, ConnectionId, ConnectionPatch, EntryId, Field, FieldSpec, SaveRefusal,
    rules::check_value,
};
use tower_sessions::Session;

/// Saves a changed connection.
pub(super) async fn patch(
    State(state): State<WebState>,
    Extension(principal): Extension<Principal>,
    session: Session,
    Id(id): Id,
    request: Request,
) -> Response {
    let (parts, posted) = match posted_with_parts(request).await {
        Ok(posted) => posted,
        Err(response) => return response,
    };
    if posted.only_redraws() {
        return redraw(state, parts, &posted).await;
    }
    let patch = posted.patch();
    save(state, principal, session, id, parts, &posted, patch).await
}

/// Enables or disables a connection.
pub(super) async fn set_enabled(
    State(state): State<WebState>,
    Extension(principal): Extension<Principal>,
    session: Session,
    Id(id): Id,
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
    save(state, principal, session, id, parts, &posted, patch).await
}

async fn save(
    state: WebState,
    principal: Principal,
    session: Session,
    id: ConnectionId,
    parts: Parts,
    posted: &Posted,
    patch: ConnectionPatch,
) -> Response {
    let backend = SiteBackend::new(&state.services, principal);
    let version = posted.version();
    let unusual = patch.clone();
    match backend
        .patch(id, version, patch, posted.allow_account_change(), posted.form_id_text())
        .await
    {
        Ok(now) => {
            let done = if now.view.version == version { "unchanged" } else { "saved" };
            let page = format!("/connections/{id}?done={done}");
            go_on(&session, &page, &unusual, now.view.channel).await
        }
        Err(error) => page_with(state, parts, failed(posted, error)).await,
    }
}

/// Leads to the page, which says what is unusual about the values that were saved: a form without scripts has shown
/// nothing of it before.
async fn go_on(
    session: &Session,
    page: &str,
    given: &ConnectionPatch,
    channel: Channel,
) -> Response {
    let patch = given.normalised(channel);
    let values = patch.iter().filter_map(|(field, value)| Some((channel.spec(field)?, value?)));
    let found = values.flat_map(|(spec, value): (&FieldSpec, &str)| check_value(spec, value));
    let warnings: Vec<_> =
        found.filter(|found| !found.blocks()).map(|found| found.message).collect();
    if warnings.is_empty() {
        return Redirect::to(page).into_response();
    }
    let text = notice::saved_although(&warnings);
    flash::redirect(session, page, flash::Flash::Message { good: true, text }).await
}

/// Which form a new connection's page shows.
#[derive(Deserialize)]
pub(super) struct NewQuery {
    channel: String,
}

pub(super) async fn create(
    State(state): State<WebState>,
    Extension(principal): Extension<Principal>,
    session: Session,
    Query(NewQuery { channel }): Query<NewQuery>,
    request: Request,
) -> Response {
    let (parts, posted) = match posted_with_parts(request).await {
        Ok(posted) => posted,
        Err(response) => return response,
    };
    let known = Channel::from_slug(&channel).filter(|channel| channel.codes().is_some());
    let Some(channel) = known.filter(|_| !posted.only_redraws()) else {
        return redraw(state, parts, &posted).await;
    };
    let backend = SiteBackend::new(&state.services, principal);
    let patch = posted.patch();
    match backend.create(channel, patch.clone(), posted.form_id_text()).await {
        Ok(id) => {
            let page = format!("/connections/{id}?done=created");
            go_on(&session, &page, &patch, channel).await
        }
        Err(error) => page_with(state, parts, failed(&posted, error)).await,
    }
}

#[derive(Deserialize)]
pub(super) struct Undo {
    #[serde(deserialize_with = "number")]
    number: EntryId,
}

/// Undoes a change of a connection.
pub(super) async fn undo(
    State(state): State<WebState>,
    Extension(principal): Extension<Principal>,
    Id(id): Id,
    mut parts: Parts,
    Form(Undo { number }): Form<Undo>,
) -> Response {
    let notice = match state.services.undo(&principal, id, number.0).await {
        Ok(_) => return Redirect::to(&format!("/connections/{id}?done=undone")).into_response(),
        Err(
            UndoError::NotFound
            | UndoError::Save(service::SaveError::Refused(SaveRefusal::NotFound)),
        ) => Notice::NotFound,
        Err(UndoError::Save(service::SaveError::Refused(SaveRefusal::Forbidden))) => {
            Notice::Forbidden
        }
        Err(
            UndoError::Overlaps
            | UndoError::Save(service::SaveError::Refused(SaveRefusal::Stale(_))),
        ) => Notice::UndoOverlaps,
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

/// Whether a post to this path saves the form of a connection.
pub(super) fn is_form(path: &str) -> bool {
    path == NEW || id_of(path).is_some()
}

/// The page of a new connection's form.
const NEW: &str = "/connections/new";

/// The connection whose form is on the page at a path.
fn id_of(path: &str) -> Option<ConnectionId> {
    path.strip_prefix("/connections/")?.parse().ok()
}

/// A page with what was typed into its form before the session ended.
pub(super) async fn resume(state: WebState, parts: Parts, posted: &Posted) -> Response {
    let caller = parts.extensions.get::<Principal>();
    let opened = posted.form_id().zip(caller).and_then(|(form, now)| opened_elsewhere(&form, now));
    let about_secrets = posted.about_secrets();
    let text = format!("{}{about_secrets}{}", notice::SIGNED_IN_AGAIN, opened.unwrap_or_default());
    if !is_form(parts.uri.path()) {
        let email = posted.get("email").unwrap_or_default().to_owned();
        let role = posted.get("role").and_then(|role| role.parse().ok());
        let (typed, message) = (TeamOutcome::Typed { email, role }, Flash::done(text));
        return page_providing(state, parts, move || {
            provide_context(typed.clone());
            provide_context(message.clone());
        })
        .await;
    }
    show_again(state, parts, posted, Flash::done(text)).await
}

/// What to say of a form that was rendered for somebody else, or for another site.
fn opened_elsewhere(form: &FormId, now: &Principal) -> Option<String> {
    if form.user != now.user {
        return Some(notice::typed_under_another_account(&now.email));
    }
    let (there, here) = (form.site, now.site);
    (there != here).then(|| notice::typed_on_another_site(there, here))
}

/// The form with what was typed, also over what others changed meanwhile, and a message above it.
pub(super) async fn show_again(
    state: WebState,
    parts: Parts,
    posted: &Posted,
    message: Flash,
) -> Response {
    let form = typed(&state, &parts, posted).await;
    page_providing(state, parts, move || {
        provide_context(form.clone());
        provide_context(message.clone());
    })
    .await
}

/// The same for a button that only opens or closes the input of a secret.
async fn redraw(state: WebState, parts: Parts, posted: &Posted) -> Response {
    let form = typed(&state, &parts, posted).await;
    page_with(state, parts, form).await
}

/// The form as it was posted. What is saved next is a change of what is stored now, so what others
/// changed since the form was read is shown first.
async fn typed(state: &WebState, parts: &Parts, posted: &Posted) -> FormState {
    let form = posted.state();
    let principal = parts.extensions.get::<Principal>().cloned();
    let Some((id, principal)) = id_of(parts.uri.path()).zip(principal) else { return form };
    let backend = SiteBackend::new(&state.services, principal);
    // The page itself says it if that cannot be read.
    let Ok(Some(now)) = backend.connection(id).await else { return form };
    let conflicts = posted.conflicts(&now.view);
    let notice = (!conflicts.is_empty()).then_some(Notice::Conflict);
    FormState { conflicts, notice, ..form }
}

/// The form with what was typed and why it was not saved.
fn failed(posted: &Posted, error: SaveError) -> FormState {
    let state = FormState { notice: Some(error.notice()), ..posted.state() };
    match error {
        SaveError::Refused(SaveRefusal::Invalid(violations)) => FormState { violations, ..state },
        SaveError::Refused(SaveRefusal::Stale(now)) => {
            FormState { conflicts: posted.conflicts(&now.view), ..state }
        }
        // Without scripts the page itself was reached.
        SaveError::Unreachable => FormState { notice: Some(Notice::Failed), ..state },
        _ => state,
    }
}
