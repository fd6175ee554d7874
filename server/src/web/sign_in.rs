//! Sign-in and sign-out of the browser, and the switch to another site.

use super::{WebState, failed, page::page_with, session};
use crate::{
    http::ClientAddr,
    service::{self, SignInError},
    store::Principal,
};
use app::{LoginFailure, LoginProblem, backend::Via};
use axum::{
    Extension, Form,
    extract::{FromRequest, Request, State},
    http::request::Parts,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use shared::SiteId;
use tower_sessions::Session;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SignIn {
    email: String,
    password: String,
    site_id: String,
    #[serde(default)]
    next: String,
}

/// Begins a session and goes to where the user was going, or shows the form again.
pub(super) async fn sign_in(
    State(state): State<WebState>,
    session: Session,
    client: ClientAddr,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let request = Request::from_parts(parts.clone(), body);
    let form = match Form::<SignIn>::from_request(request, &()).await {
        Ok(Form(form)) => form,
        Err(rejection) => return rejection.into_response(),
    };
    let SignIn { email, password, site_id, next } = form;
    let site = site_id.trim().parse().ok();
    let address = client.subject();
    let attempt = service::SignIn { email: email.clone(), password, site, address, via: Via::Ui };
    let reason = match state.services.sign_in(attempt).await {
        Ok(principal) => match session::begin(&session, &state.services, &principal).await {
            Ok(()) => return Redirect::to(local(&next)).into_response(),
            Err(error) => return failed(&*error),
        },
        Err(SignInError::Wrong) => LoginProblem::Wrong,
        Err(SignInError::TooMany(seconds)) => LoginProblem::TooMany(seconds),
        Err(SignInError::Busy) => LoginProblem::Busy,
        Err(SignInError::Store(error)) => return failed(&error),
    };
    page_with(state, parts, LoginFailure { email, site: site_id, next, reason }).await
}

/// Ends the session.
pub(super) async fn sign_out(
    State(state): State<WebState>,
    session: Session,
    principal: Option<Extension<Principal>>,
) -> Response {
    if let Some(Extension(principal)) = principal
        && let Err(error) = state.services.record_sign_out(&principal).await
    {
        return failed(&error);
    }
    if let Err(error) = session.flush().await {
        return failed(&error);
    }
    Redirect::to("/login").into_response()
}

#[derive(Deserialize)]
pub(super) struct SiteForm {
    site: SiteId,
}

/// Goes on as the same user on another site.
pub(super) async fn switch_site(
    State(state): State<WebState>,
    session: Session,
    Extension(principal): Extension<Principal>,
    parts: Parts,
    Form(SiteForm { site }): Form<SiteForm>,
) -> Response {
    let there = match state.services.principal(principal.user, site, Via::Ui).await {
        Ok(Some(there)) => there,
        // Another's site is as one that is not.
        Ok(None) => return page_with(state, parts, ()).await,
        Err(error) => return failed(&error),
    };
    // If the session was ended before the other membership was read, it is not to begin anew.
    match state.services.principal(principal.user, principal.site, Via::Ui).await {
        Ok(now) if now.as_ref() == Some(&principal) => {}
        Ok(_) => return Redirect::to("/login").into_response(),
        Err(error) => return failed(&error),
    }
    if let Err(error) = state.services.record_switch(&there, principal.site).await {
        return failed(&error);
    }
    match session::switch(&session, &there).await {
        Ok(()) => Redirect::to("/").into_response(),
        Err(error) => failed(&*error),
    }
}

/// An address on this server: anything else could lead a user who has just signed in elsewhere.
fn local(next: &str) -> &str {
    let rest = next.strip_prefix('/');
    let here = rest.is_some_and(|rest| !rest.starts_with(['/', '\\']));
    if here && next.bytes().all(|byte| byte.is_ascii_graphic()) { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn only_addresses_on_this_server_are_gone_to() {
        for next in ["/", "/connections/646", "/?q=a&sort=name"] {
            assert_eq!(local(next), next);
        }
        for next in
            ["", "//evil.example", "/\\evil.example", "https://evil.example", "/a\r\nb", "x"]
        {
            assert_eq!(local(next), "/");
        }
    }
}
