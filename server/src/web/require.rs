//! What stands before every page and post behind the sign-in: somebody must be signed in, and a
//! form must come from the user, and for the site, that it was rendered for. Else the form is shown
//! again with what was typed, except secrets; nothing is saved by itself.

use super::{
    WebState, connection, failed,
    flash::{self, Flash},
    form::Posted,
    form_id::FormId,
    redirect_page,
    render::page_with,
    session::switch,
    sign_in::local,
};
use crate::{http::Refusal, store::Principal, wording::notice};
use app::{LoginFailure, LoginProblem, SwitchBack};
use axum::{
    body::{Body, to_bytes},
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, Method, StatusCode, Uri, header::CONTENT_TYPE, request::Parts},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use shared::audit::Via;
use tower_sessions::Session;

/// What browsers post forms as.
const FORM: &str = "application/x-www-form-urlencoded";

/// The name of the button that switches to the site of a form.
const SWITCH: &str = "switch";

/// Lets requests of somebody who is signed in pass.
pub(super) async fn require(
    State(state): State<WebState>,
    session: Session,
    request: Request,
    next: Next,
) -> Response {
    let principal = request.extensions().get::<Principal>().cloned();
    let is_form = !request.method().is_safe() && is_form(request.headers());
    let Some(principal) = principal else {
        // An unknown path is unknown after a sign-in as well.
        if request.extensions().get::<MatchedPath>().is_none() {
            return Refusal::NoSuchPage.into_response();
        }
        if request.method() == Method::OPTIONS {
            return next.run(request).await;
        }
        return if is_form {
            sign_in_to_go_on(state, request).await
        } else {
            sign_in_first(&request)
        };
    };
    if !is_form {
        return next.run(request).await;
    }
    let Some((parts, body, posted)) = read(request).await else { return bad_body() };
    match check(&state, &session, &principal, &parts, &posted).await {
        Ok(principal) => {
            let mut request = Request::from_parts(parts, body);
            request.extensions_mut().insert(principal);
            next.run(request).await
        }
        Err(response) => response,
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = media_type.and_then(|value| value.split(';').next()).unwrap_or_default();
    essence.trim().eq_ignore_ascii_case(FORM)
}

/// A posted form, and its request as it was. Its length was limited before.
async fn read(request: Request) -> Option<(Parts, Body, Posted)> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.ok()?;
    let posted = Posted::parse(&body);
    Some((parts, Body::from(body), posted))
}

fn bad_body() -> Response {
    StatusCode::BAD_REQUEST.into_response()
}

/// Sends callers without a session to the sign-in, and from there back to where they were going.
fn sign_in_first(request: &Request) -> Response {
    let going = request.uri().path_and_query().map_or("/", |path| path.as_str());
    if request.method().is_safe() && comes_from_another_site(request.headers()) {
        return redirect_page::page(local(going)).into_response();
    }
    let going = if request.method().is_safe() { going.to_owned() } else { page_of(request.uri()) };
    to_sign_in(&going)
}

fn to_sign_in(going: &str) -> Response {
    if going == "/" {
        return Redirect::to("/login").into_response();
    }
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("next", going).finish();
    Redirect::to(&format!("/login?{query}")).into_response()
}

/// Whether somebody followed a link on another site's page. The browser withholds the session's
/// cookie then (`SameSite=Strict`), and brings it when a page of ours goes on to the same address.
/// That request no longer comes from another site, so there is no loop.
fn comes_from_another_site(headers: &HeaderMap) -> bool {
    let is = |name: &str, value: &str| headers.get(name).is_some_and(|found| found == value);
    is("sec-fetch-site", "cross-site") && is("sec-fetch-mode", "navigate")
}

/// The sign-in, which carries what was typed, except secrets.
async fn sign_in_to_go_on(state: WebState, request: Request) -> Response {
    let Some((mut parts, _, posted)) = read(request).await else { return bad_body() };
    let next = page_of(&parts.uri);
    let Some(form) = posted.carried() else { return to_sign_in(&next) };
    parts.uri = Uri::from_static("/login");
    let reason = LoginProblem::Ended;
    page_with(state, parts, LoginFailure { next, form, reason, ..LoginFailure::default() }).await
}

/// Who posts a form: the caller, on the site that the form is for, if its user wants that.
async fn check(
    state: &WebState,
    session: &Session,
    principal: &Principal,
    parts: &Parts,
    posted: &Posted,
) -> Result<Principal, Response> {
    let form = posted.form_id().filter(|form| !is_of(form, principal));
    let Some(FormId { user, site, .. }) = form else { return Ok(principal.clone()) };
    let there = if user == principal.user {
        let there = state.services.principal(user, site, Via::Ui).await;
        there.map_err(|error| failed(&error))?
    } else {
        None
    };
    match there {
        Some(there) if posted.get(SWITCH) == Some(&*site.to_string()) => {
            switch(session, &state.services, principal, &there).await?;
            Ok(there)
        }
        Some(there) => {
            let problem = notice::switched_site(principal.site);
            Err(show_again(state, session, parts, posted, &there, &problem).await)
        }
        None => {
            let problem = notice::opened_under_another_account(&principal.email);
            Err(show_again(state, session, parts, posted, principal, &problem).await)
        }
    }
}

fn is_of(form: &FormId, principal: &Principal) -> bool {
    (form.user, form.site) == (principal.user, principal.site)
}

/// The form that was posted, or the page of its button, with why nothing was done. A form of
/// another site is shown as that site's, with a button to switch.
async fn show_again(
    state: &WebState,
    session: &Session,
    parts: &Parts,
    posted: &Posted,
    principal: &Principal,
    problem: &str,
) -> Response {
    let is_here = parts.extensions.get::<Principal>() == Some(principal);
    if !connection::is_form(parts.uri.path()) {
        let text = notice::nothing_done(problem);
        let message = Flash::Message { good: false, text };
        return flash::redirect(session, &page_of(&parts.uri), message).await;
    }
    let text = notice::nothing_saved(problem, is_here, posted.about_secrets());
    let mut message = app::Flash::problem(text);
    message.switch_back =
        (!is_here).then(|| SwitchBack { site: principal.site, action: parts.uri.to_string() });
    let mut parts = parts.clone();
    parts.extensions.insert(principal.clone());
    let mut response = connection::show_again(state.clone(), parts, posted, message).await;
    if response.status().is_success() {
        *response.status_mut() = StatusCode::CONFLICT;
    }
    response
}

/// The page whose form posts to an address: most of those show nothing themselves.
fn page_of(action: &Uri) -> String {
    let (path, query) = (action.path(), action.query());
    let page = match path.rsplit_once('/') {
        Some((page, "undo" | "enabled" | "test")) if page.starts_with("/connections/") => page,
        _ if path.starts_with("/team/") => "/team",
        _ if path.starts_with("/account/") => "/account",
        _ if path == "/site" || path == "/connections/bulk" => "/",
        _ => path,
    };
    query.map_or_else(|| page.to_owned(), |query| format!("{page}?{query}"))
}
