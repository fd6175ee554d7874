//! Sign-in and sign-out of the browser.

use super::{WebState, page::page_with, session};
use app::LoginFailure;
use axum::{
    extract::{FromRequest, Request, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
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
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let request = Request::from_parts(parts.clone(), body);
    let Ok(axum::Form(form)) = axum::Form::<SignIn>::from_request(request, &()).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let SignIn { email, password, site_id, next } = form;
    let site = site_id.trim().parse().ok();
    let signed_in = match state.services.sign_in(&email, password, site).await {
        Ok(Some(principal)) => session::begin(&session, &principal).await.map(|()| true),
        Ok(None) => Ok(false),
        Err(error) => Err(error.into()),
    };
    match signed_in {
        Ok(true) => Redirect::to(local(&next)).into_response(),
        Ok(false) => page_with(state, parts, LoginFailure { email, site: site_id, next }).await,
        Err(error) => {
            tracing::error!(error = &*error, "a sign-in failed");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Ends the session.
pub(super) async fn sign_out(session: Session) -> Response {
    if let Err(error) = session.flush().await {
        tracing::error!(error = &error as &dyn std::error::Error, "a sign-out failed");
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    Redirect::to("/login").into_response()
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
