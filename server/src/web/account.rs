//! The posts of the account page and of an invitation's.

use super::{
    WebState, failed,
    flash::{self, Flash},
    render::page_with,
    session,
    sign_in::FORGET,
};
use crate::{
    http::{ClientAddr, Refusal},
    service::{AccountError, InviteError, SignInError},
    store::{InviteRow, Principal},
    wording::notice,
};
use app::backend::{AccountOutcome, Invitation};
use axum::{
    Extension, Form,
    extract::{Path, Request, State},
    http::{Uri, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use tower_sessions::Session;

const ACCOUNT: &str = "/account";

#[derive(Deserialize)]
pub(super) struct PasswordForm {
    current: String,
    new: String,
}

/// Changes the caller's password. This session goes on, under a new id; all others end.
pub(super) async fn change_password(
    State(state): State<WebState>,
    session: Session,
    client: ClientAddr,
    Extension(principal): Extension<Principal>,
    mut parts: Parts,
    Form(PasswordForm { current, new }): Form<PasswordForm>,
) -> Response {
    let services = &state.services;
    let changed = services.change_password(&principal, current, new, &client.subject()).await;
    let outcome = match changed {
        Ok(now) => match session::begin(&session, services, &now).await {
            Ok(()) => return flash::redirect(&session, ACCOUNT, Flash::PasswordChanged).await,
            Err(error) => return failed(&*error),
        },
        Err(AccountError::SignIn(SignInError::Wrong)) => AccountOutcome::WrongPassword,
        Err(AccountError::SignIn(SignInError::TooMany(seconds))) => {
            AccountOutcome::TooMany(seconds)
        }
        Err(AccountError::SignIn(SignInError::Busy)) => AccountOutcome::TooMany(1),
        Err(AccountError::Password(error)) => AccountOutcome::BadPassword(sentence(&error)),
        Err(AccountError::SignIn(SignInError::Store(error)) | AccountError::Store(error)) => {
            return failed(&error);
        }
    };
    parts.uri = Uri::from_static(ACCOUNT);
    page_with(state, parts, outcome).await
}

/// Ends all of the caller's sessions and tokens, this session too.
pub(super) async fn sign_out_everywhere(
    State(state): State<WebState>,
    session: Session,
    Extension(principal): Extension<Principal>,
) -> Response {
    if let Err(error) = state.services.sign_out_everywhere(&principal).await {
        return failed(&error);
    }
    if let Err(error) = session.flush().await {
        return failed(&error);
    }
    ([FORGET], Redirect::to("/login?done=signed-out")).into_response()
}

/// The page behind the link of an invitation.
pub(super) async fn invitation(
    State(state): State<WebState>,
    Path(token): Path<String>,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    show_invitation(state, parts, token, None).await
}

#[derive(Deserialize)]
pub(super) struct AcceptForm {
    password: String,
}

/// Makes the invited a member, who then signs in.
pub(super) async fn accept(
    State(state): State<WebState>,
    client: ClientAddr,
    Path(token): Path<String>,
    parts: Parts,
    Form(AcceptForm { password }): Form<AcceptForm>,
) -> Response {
    let address = client.subject();
    if let Err(SignInError::TooMany(seconds)) = state.services.check_refusals("", &address) {
        return Refusal::TooManySignIns(seconds.try_into().unwrap_or(u16::MAX)).into_response();
    }
    let accepted = state.services.accept_invite(&token, password, &address).await;
    let problem = match accepted {
        Ok(()) => return Redirect::to("/login?done=joined").into_response(),
        Err(InviteError::NotFound) => None,
        Err(InviteError::Member) => Some(notice::MEMBER_ALREADY.to_owned()),
        Err(InviteError::Password(error)) => Some(sentence(&error)),
        Err(InviteError::SignIn(SignInError::Wrong)) => Some(notice::NOT_YOUR_PASSWORD.to_owned()),
        Err(InviteError::SignIn(SignInError::TooMany(seconds))) => {
            Some(notice::too_many_attempts(seconds))
        }
        Err(InviteError::SignIn(SignInError::Busy)) => Some(notice::TOO_MANY_SIGN_INS.to_owned()),
        Err(InviteError::SignIn(SignInError::Store(error)) | InviteError::Store(error)) => {
            return failed(&error);
        }
    };
    show_invitation(state, parts, token, problem).await
}

async fn show_invitation(
    state: WebState,
    parts: Parts,
    token: String,
    problem: Option<String>,
) -> Response {
    let (invite, is_known) = match state.services.invitation(&token).await {
        Ok(Some(found)) => found,
        // The page says so by itself.
        Ok(None) => return page_with(state, parts, ()).await,
        Err(error) => return failed(&error),
    };
    let InviteRow { email, role, site, site_name, .. } = invite;
    let invitation = Invitation { token, email, role, site, site_name, is_known, problem };
    page_with(state, parts, invitation).await
}

/// A cause as a sentence of its own.
fn sentence(error: &dyn std::error::Error) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}
