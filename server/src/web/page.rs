//! `GET` of every page.

use super::{
    WebState, connection, failed,
    flash::{self, Flash},
    form::Posted,
    render::page_with,
    session::UNATTENDED,
};
use app::backend::{AccountOutcome, TeamOutcome};
use axum::{
    extract::{Request, State},
    http::Method,
    response::Response,
};
use tower_sessions::Session;

/// What a browser says of a page that it makes ready before anybody asks for it.
const SEC_PURPOSE: &str = "sec-purpose";

/// The page at the request's address, with what a post has left for it.
pub(super) async fn page(
    State(state): State<WebState>,
    session: Session,
    request: Request,
) -> Response {
    let headers = request.headers();
    let is_seen = !headers.contains_key(UNATTENDED) && !headers.contains_key(SEC_PURPOSE);
    let address = request.uri().path_and_query().map_or("/", |address| address.as_str());
    let flash = if is_seen && request.method() == Method::GET {
        flash::take(&session, address).await
    } else {
        Ok(None)
    };
    let (parts, _) = request.into_parts();
    match flash {
        Ok(None) => page_with(state, parts, ()).await,
        Ok(Some(Flash::Message { good, text })) => {
            page_with(state, parts, app::Flash { good, text, switch_back: None }).await
        }
        Ok(Some(Flash::Invited { email, link })) => {
            page_with(state, parts, TeamOutcome::Invited { email, link }).await
        }
        Ok(Some(Flash::PasswordChanged)) => {
            page_with(state, parts, AccountOutcome::PasswordChanged).await
        }
        Ok(Some(Flash::Typed(pairs))) => connection::resume(state, parts, &Posted::of(pairs)).await,
        Err(error) => failed(&*error),
    }
}
