//! The addresses at which a browser leaves for a provider's sign-in and comes back from it.

use super::{WebState, redirect_page};
use crate::{
    http::Refusal,
    service::{NoCode, SignInRequest, SignInWithError, UNDER_WAY},
    store::Principal,
};
use aws_lc_rs::digest;
use axum::{
    Extension,
    extract::{Query, State, rejection::QueryRejection},
    http::{
        HeaderMap, HeaderValue,
        header::{COOKIE, SET_COOKIE},
        request::Parts,
    },
    response::{IntoResponse, Redirect, Response},
};
use reqwest::Url;
use serde::Deserialize;
use shared::Provider;
use std::collections::HashMap;
use tower_sessions::Session;

/// What the name of a state cookie begins with. A hash of the sign-in's state follows, so that
/// several sign-ins can be under way in one browser.
const STATE_COOKIE: &str = "patchbay-sign-in-";

/// The prefix that lets no other host of the same domain set a cookie, which needs https.
const HOST_PREFIX: &str = "__Host-";

/// Sign-ins under way in one browser: their cookies come with every request, whose headers have a
/// limit.
const MAX_UNDER_WAY: usize = 3;

/// The longest address to go on to: with the rest it has to fit into a cookie.
const MAX_RETURN_URL_LEN: usize = 1200;

/// Says that a page of ours leads to the callback, so that there is no loop.
const BACK: &str = "back";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReturnQuery {
    redirect_url: String,
}

/// Leaves for the provider.
pub(super) async fn begin(
    provider: Provider,
    State(state): State<WebState>,
    session: Session,
    Extension(principal): Extension<Principal>,
    going: Result<Query<ReturnQuery>, QueryRejection>,
    parts: Parts,
) -> Response {
    let origin = state.origin(&parts);
    let going = going.ok().and_then(|Query(going)| state.allowed(&origin, &going.redirect_url));
    let Some(going) = going else { return Refusal::BadReturn.into_response() };
    let callback = format!("{origin}/{}/auth/callback", provider.slug());
    let request = SignInRequest {
        provider,
        session: session_hash(&session),
        callback,
        going: going.to_string(),
    };
    match state.services.begin_sign_in_with(&principal, request).await {
        Ok(begun) => {
            // Who signed in to Patchbay a moment ago comes here from that form, and browsers let no
            // form of ours lead to another site, by whatever redirects (`form-action`).
            let mut response = redirect_page::page(&begun.url).into_response();
            let name = cookie_name(&state, &begun.state);
            let cookies = cookies(&parts.headers, &state);
            // Browsers send the oldest first.
            let over = cookies.len().saturating_sub(MAX_UNDER_WAY - 1);
            for (name, _) in &cookies[..over] {
                response.headers_mut().append(SET_COOKIE, cookie(&state, name, "", 0));
            }
            let begun = cookie(&state, &name, &begun.cookie, UNDER_WAY);
            response.headers_mut().append(SET_COOKIE, begun);
            response
        }
        Err(error) => failed(&state, &origin, error),
    }
}

/// Comes back from the provider. Another site sent the browser here, so it comes without cookies; it
/// brings them when a page of ours leads to the same address.
pub(super) async fn end(
    provider: Provider,
    State(state): State<WebState>,
    session: Session,
    Query(query): Query<HashMap<String, String>>,
    parts: Parts,
) -> Response {
    if !query.contains_key(BACK) {
        let query = parts.uri.query().unwrap_or_default();
        let here = format!("/{}/auth/callback?{BACK}=1&{query}", provider.slug());
        return redirect_page::page(&here).into_response();
    }
    let origin = state.origin(&parts);
    let name = cookie_name(&state, oauth_state(&query));
    let cookies = cookies(&parts.headers, &state);
    let state_cookie = cookies.iter().find(|(found, _)| *found == name).map(|(_, value)| *value);
    let state_cookie = state_cookie.unwrap_or_default();
    let hash = session_hash(&session);
    let mut response =
        match state.services.end_sign_in_with(provider, state_cookie, &hash, &query).await {
            Ok((going, id)) => go_on(&state, &origin, &going, ("sessionId", &id)),
            Err(error) => failed(&state, &origin, error),
        };
    response.headers_mut().append(SET_COOKIE, cookie(&state, &name, "", 0));
    response
}

/// The state that a provider sends back.
fn oauth_state(query: &HashMap<String, String>) -> &str {
    let mut keys = ["state", "oauth_token", "denied"].into_iter();
    keys.find_map(|key| query.get(key)).map_or("", String::as_str)
}

/// What a sign-in keeps of the session that began it: its id opens the session.
fn session_hash(session: &Session) -> String {
    let id = session.id().map(|id| id.0.to_be_bytes()).unwrap_or_default();
    hex::encode(digest::digest(&digest::SHA256, &[b"sign-in", &id[..]].concat()))
}

impl WebState {
    /// The address to go on to, if it leads to us or to where the operator lets it.
    fn allowed(&self, origin: &str, going: &str) -> Option<Url> {
        let base = Url::parse(origin).ok()?;
        let url = base.join(going).ok().filter(|url| url.as_str().len() <= MAX_RETURN_URL_LEN)?;
        let to = url.origin().ascii_serialization();
        let listed = self.sign_in_origins.iter().any(|allowed| allowed.origin() == to);
        (to == base.origin().ascii_serialization() || listed).then_some(url)
    }
}

/// What the names of all state cookies begin with.
fn name_prefix(state: &WebState) -> String {
    let prefix = if state.is_https() { HOST_PREFIX } else { "" };
    format!("{prefix}{STATE_COOKIE}")
}

fn cookie_name(state: &WebState, oauth_state: &str) -> String {
    let hash = digest::digest(&digest::SHA256, oauth_state.as_bytes());
    format!("{}{}", name_prefix(state), hex::encode(&hash.as_ref()[..8]))
}

fn cookie(state: &WebState, name: &str, value: &str, seconds: i64) -> HeaderValue {
    let secure = if state.is_https() { "; Secure" } else { "" };
    let cookie =
        format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
    HeaderValue::try_from(cookie).unwrap_or(HeaderValue::from_static(""))
}

/// The state cookies that a browser brings.
fn cookies<'a>(headers: &'a HeaderMap, state: &WebState) -> Vec<(&'a str, &'a str)> {
    let prefix = name_prefix(state);
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = cookies.flat_map(|cookies| cookies.split(';'));
    let pairs = pairs.filter_map(|cookie| cookie.trim().split_once('='));
    pairs.filter(|(name, _)| name.starts_with(&prefix)).collect()
}

fn failed(state: &WebState, origin: &str, error: SignInWithError) -> Response {
    match error {
        SignInWithError::NotSetUp => Refusal::NotSetUp.into_response(),
        SignInWithError::NotUnderWay | SignInWithError::Forbidden => {
            Refusal::SignInOver.into_response()
        }
        SignInWithError::NoCode { going, problem } => {
            tracing::warn!(?problem, "a provider sent a browser back without a code");
            let problem = match problem {
                NoCode::Declined => "declined",
                NoCode::Scopes => "scopes",
                NoCode::Other => "refused",
            };
            go_on(state, origin, &going, ("error", problem))
        }
        SignInWithError::Provider { going, source } => {
            tracing::warn!(error = &source as &dyn std::error::Error, "a sign-in failed");
            let problem = if source.is_temporary() { "failed" } else { "refused" };
            go_on(state, origin, &going, ("error", problem))
        }
        SignInWithError::Store(error) => super::failed(&error),
    }
}

/// Goes on with one more thing in the address.
fn go_on(state: &WebState, origin: &str, going: &str, (key, value): (&str, &str)) -> Response {
    let Some(mut url) = state.allowed(origin, going) else {
        return Refusal::BadReturn.into_response();
    };
    url.query_pairs_mut().append_pair(key, value);
    if !url.as_str().starts_with(&format!("{origin}/")) {
        return Redirect::to(url.as_str()).into_response();
    }
    redirect_page::page(url.as_str()).into_response()
}
