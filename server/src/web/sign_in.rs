//! Sign-in and sign-out of the browser, and the switch to another site.

use super::{
    WebState, failed,
    flash::{self, Flash},
    form::Posted,
    id::number,
    render::page_with,
    session,
};
use crate::{
    http::ClientAddr,
    service::{self, SignInError},
    store::Principal,
};
use app::{LoginFailure, LoginProblem};
use axum::{
    Extension, Form,
    extract::{FromRequest, Request, State},
    http::{HeaderName, HeaderValue, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use shared::{SiteId, audit::Via};
use std::error::Error;
use tower_sessions::Session;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SignIn {
    email: String,
    password: String,
    site_id: String,
    #[serde(default)]
    next: String,
    /// What was typed into a form before the session ended, as it was posted.
    #[serde(default)]
    form: String,
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
    let SignIn { email, password, site_id, next, form } = form;
    let site = site_id.trim().parse().ok();
    let address = client.subject();
    let attempt = service::SignIn { email: email.clone(), password, site, address, via: Via::Ui };
    let reason = match state.services.sign_in(attempt).await {
        Ok(principal) => match session::begin(&session, &state.services, &principal).await {
            Ok(()) => return go_on(&session, local(&next), &form).await,
            Err(error) => return failed(&*error),
        },
        Err(SignInError::Wrong) => LoginProblem::Wrong,
        Err(SignInError::TooMany(seconds)) => LoginProblem::TooMany(seconds),
        Err(SignInError::Busy) => LoginProblem::Busy,
        Err(SignInError::Store(error)) => return failed(&error),
    };
    page_with(state, parts, LoginFailure { email, site: site_id, next, form, reason }).await
}

/// Goes to where the user was going, with what was typed there.
async fn go_on(session: &Session, next: &str, form: &str) -> Response {
    match Posted::parse(form.as_bytes()).typed_pairs() {
        pairs if pairs.is_empty() => Redirect::to(next).into_response(),
        pairs => flash::redirect(session, next, Flash::Typed(pairs)).await,
    }
}

/// Has the browser forget what the pages kept there.
pub(super) const FORGET: (HeaderName, HeaderValue) =
    (HeaderName::from_static("clear-site-data"), HeaderValue::from_static("\"storage\""));

/// Ends the session, and then says so in the activity: who signs out is out, whatever becomes of that.
pub(super) async fn sign_out(
    State(state): State<WebState>,
    session: Session,
    principal: Option<Extension<Principal>>,
) -> Response {
    if let Err(error) = session.flush().await {
        return failed(&error);
    }
    if let Some(Extension(principal)) = principal
        && let Err(error) = state.services.record_sign_out(&principal).await
    {
        tracing::error!(error = &error as &dyn Error, "a sign-out is not in the activity");
    }
    ([FORGET], Redirect::to("/login")).into_response()
}

#[derive(Deserialize)]
pub(super) struct SiteForm {
    #[serde(deserialize_with = "number")]
    site: SiteId,
    /// Where to go on; the board without it.
    #[serde(default)]
    next: String,
}

/// Goes on as the same user on another site.
pub(super) async fn switch_site(
    State(state): State<WebState>,
    session: Session,
    Extension(principal): Extension<Principal>,
    parts: Parts,
    Form(SiteForm { site, next }): Form<SiteForm>,
) -> Response {
    let there = match state.services.principal(principal.user, site, Via::Ui).await {
        Ok(Some(there)) => there,
        // Another's site is as one that is not.
        Ok(None) => return page_with(state, parts, ()).await,
        Err(error) => return failed(&error),
    };
    match session::switch(&session, &state.services, &principal, &there).await {
        Ok(()) => Redirect::to(local(&next)).into_response(),
        Err(response) => response,
    }
}

/// An address on this server: anything else could lead a user who has just signed in elsewhere.
pub(super) fn local(next: &str) -> &str {
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
