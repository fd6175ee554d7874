//! The posts of the team page. They answer with a redirect, or with the page and why nothing was done.

use super::{
    WebState,
    flash::{self, Flash},
    form_id::FormId,
    id::number,
    render::page_with,
};
use crate::{
    service::{TeamError, team::Manager},
    store::Principal,
};
use app::backend::TeamOutcome;
use axum::{
    Extension, Form,
    extract::State,
    http::{Uri, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use shared::{EntryId, Role, UserId};
use tower_sessions::Session;

const TEAM: &str = "/team";

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct InviteForm {
    email: String,
    role: Role,
    #[serde(default)]
    form_id: String,
}

/// Invites somebody. The page that follows shows the link once.
pub(super) async fn invite(
    State(state): State<WebState>,
    session: Session,
    Extension(principal): Extension<Principal>,
    parts: Parts,
    Form(InviteForm { email, role, form_id }): Form<InviteForm>,
) -> Response {
    let key = form_id.parse::<FormId>().ok().map(|form| form.idempotency_key());
    let invited = match Manager::of(&principal) {
        Ok(manager) => state.services.invite(&manager, &email, role, key.as_deref()).await,
        Err(error) => Err(error),
    };
    match invited {
        Ok((email, token)) => {
            let link = format!("{}/invite/{token}", state.origin(&parts));
            flash::redirect(&session, TEAM, Flash::Invited { email, link }).await
        }
        Err(error) => page(state, parts, refused(&error, email, Some(role))).await,
    }
}

#[derive(Deserialize)]
pub(super) struct WithdrawForm {
    #[serde(deserialize_with = "number")]
    id: EntryId,
}

pub(super) async fn withdraw(
    State(state): State<WebState>,
    Extension(principal): Extension<Principal>,
    parts: Parts,
    Form(WithdrawForm { id }): Form<WithdrawForm>,
) -> Response {
    let done = match Manager::of(&principal) {
        Ok(manager) => state.services.withdraw_invite(&manager, id.0).await,
        Err(error) => Err(error),
    };
    answer(state, parts, done, "withdrawn").await
}

#[derive(Deserialize)]
pub(super) struct RoleForm {
    #[serde(deserialize_with = "number")]
    user: UserId,
    role: Role,
}

/// Gives a member another role.
pub(super) async fn set_role(
    State(state): State<WebState>,
    Extension(principal): Extension<Principal>,
    parts: Parts,
    Form(RoleForm { user, role }): Form<RoleForm>,
) -> Response {
    let done = match Manager::of(&principal) {
        Ok(manager) => state.services.set_role(&manager, user, role).await,
        Err(error) => Err(error),
    };
    answer(state, parts, done, "role").await
}

#[derive(Deserialize)]
pub(super) struct EnabledForm {
    #[serde(deserialize_with = "number")]
    user: UserId,
    enabled: u8,
}

/// Lets a member in or not.
pub(super) async fn set_enabled(
    State(state): State<WebState>,
    Extension(principal): Extension<Principal>,
    parts: Parts,
    Form(EnabledForm { user, enabled }): Form<EnabledForm>,
) -> Response {
    let done = match Manager::of(&principal) {
        Ok(manager) => state.services.set_member_enabled(&manager, user, enabled == 1).await,
        Err(error) => Err(error),
    };
    let word = if enabled == 1 { "enabled" } else { "disabled" };
    answer(state, parts, done, word).await
}

#[derive(Deserialize)]
pub(super) struct MemberForm {
    #[serde(deserialize_with = "number")]
    user: UserId,
}

/// Ends a member's sessions and tokens on the site.
pub(super) async fn sign_out(
    State(state): State<WebState>,
    Extension(principal): Extension<Principal>,
    parts: Parts,
    Form(MemberForm { user }): Form<MemberForm>,
) -> Response {
    let done = match Manager::of(&principal) {
        Ok(manager) => state.services.sign_out_member(&manager, user).await,
        Err(error) => Err(error),
    };
    answer(state, parts, done, "signed-out").await
}

/// The page again, which says what was done by this word.
async fn answer(
    state: WebState,
    parts: Parts,
    done: Result<(), TeamError>,
    word: &str,
) -> Response {
    match done {
        Ok(()) => Redirect::to(&format!("/team?done={word}")).into_response(),
        Err(error) => page(state, parts, refused(&error, String::new(), None)).await,
    }
}

fn refused(error: &TeamError, email: String, role: Option<Role>) -> TeamOutcome {
    if let TeamError::Store(error) = error {
        tracing::error!(error = error as &dyn std::error::Error, "a change of the team failed");
    }
    TeamOutcome::Refused { message: error.to_string(), email, role }
}

async fn page(state: WebState, mut parts: Parts, outcome: TeamOutcome) -> Response {
    parts.uri = Uri::from_static(TEAM);
    page_with(state, parts, outcome).await
}
