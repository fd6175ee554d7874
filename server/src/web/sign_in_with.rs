//! The addresses at which a browser leaves for a provider's sign-in and comes back from it.

use super::WebState;
use crate::{
    http::Refusal,
    service::{SignInWithError, UNDER_WAY},
    store::Principal,
};
use axum::{
    Extension,
    extract::{Query, State, rejection::QueryRejection},
    http::{
        HeaderMap, HeaderValue,
        header::{COOKIE, SET_COOKIE},
        request::Parts,
    },
    response::{Html, IntoResponse, Redirect, Response},
};
use html_escape::encode_double_quoted_attribute;
use reqwest::Url;
use serde::Deserialize;
use shared::Provider;
use std::collections::HashMap;

/// What the browser brings back. Another site may send it here, so it is not `Strict`.
const CARRIER: &str = "patchbay-sign-in";

/// The longest address to go on to: with the rest it has to fit into a cookie.
const LONGEST: usize = 1200;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Going {
    redirect_url: String,
}

/// Leaves for the provider.
pub(super) async fn begin(
    provider: Provider,
    State(state): State<WebState>,
    Extension(principal): Extension<Principal>,
    going: Result<Query<Going>, QueryRejection>,
    parts: Parts,
) -> Response {
    let origin = state.origin(&parts);
    let going = going.ok().and_then(|Query(going)| state.allowed(&origin, &going.redirect_url));
    let Some(going) = going else { return Refusal::BadReturn.into_response() };
    let callback = format!("{origin}/{}/auth/callback", provider.slug());
    let begun =
        state.services.begin_sign_in_with(&principal, provider, callback, going.to_string()).await;
    match begun {
        Ok(begun) => {
            let cookie = carrier(&state, provider, &begun.cookie, UNDER_WAY);
            // Who signed in to Patchbay a moment ago comes here from that form, and browsers let no
            // form of ours lead to another site, by whatever redirects (`form-action`).
            ([(SET_COOKIE, cookie)], onward(&begun.url)).into_response()
        }
        Err(error) => failed(&state, &origin, error),
    }
}

/// Comes back from the provider.
pub(super) async fn end(
    provider: Provider,
    State(state): State<WebState>,
    Query(query): Query<HashMap<String, String>>,
    parts: Parts,
) -> Response {
    let origin = state.origin(&parts);
    let cookie = brought(&parts.headers).unwrap_or_default();
    let mut response = match state.services.end_sign_in_with(provider, cookie, &query).await {
        Ok((going, id)) => go_on(&state, &origin, &going, ("sessionId", &id)),
        Err(error) => failed(&state, &origin, error),
    };
    response.headers_mut().append(SET_COOKIE, carrier(&state, provider, "", 0));
    response
}

impl WebState {
    /// The address to go on to, if it leads to us or to where the operator lets it.
    fn allowed(&self, origin: &str, going: &str) -> Option<Url> {
        let base = Url::parse(origin).ok()?;
        let url = base.join(going).ok().filter(|url| url.as_str().len() <= LONGEST)?;
        let to = url.origin().ascii_serialization();
        let listed = self.sign_in_origins.iter().any(|allowed| allowed.origin() == to);
        (to == base.origin().ascii_serialization() || listed).then_some(url)
    }
}

fn carrier(state: &WebState, provider: Provider, value: &str, seconds: i64) -> HeaderValue {
    let secure = if state.is_https() { "; Secure" } else { "" };
    let path = provider.slug();
    let cookie = format!(
        "{CARRIER}={value}; Path=/{path}/auth; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"
    );
    HeaderValue::try_from(cookie).unwrap_or(HeaderValue::from_static(""))
}

fn brought(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies.flat_map(|cookies| cookies.split(';')).find_map(|cookie| {
        let (name, value) = cookie.trim().split_once('=')?;
        (name == CARRIER).then_some(value)
    })
}

fn failed(state: &WebState, origin: &str, error: SignInWithError) -> Response {
    match error {
        SignInWithError::NotSetUp => Refusal::NotSetUp.into_response(),
        SignInWithError::NotUnderWay | SignInWithError::Forbidden => {
            Refusal::SignInOver.into_response()
        }
        SignInWithError::Provider { going, source } => {
            let problem = match &source {
                None => "declined",
                Some(error) if error.is_temporary() => "failed",
                Some(_) => "refused",
            };
            if let Some(error) = source {
                tracing::warn!(error = &error as &dyn std::error::Error, "a sign-in failed");
            }
            go_on(state, origin, &going, ("error", problem))
        }
        SignInWithError::Store(error) => super::failed(&error),
    }
}

/// Goes on with one more thing in the address. A browser that comes from another site does not bring the
/// session's cookie along with a redirect, but does with what a page of ours makes it ask for.
fn go_on(state: &WebState, origin: &str, going: &str, (key, value): (&str, &str)) -> Response {
    let Some(mut url) = state.allowed(origin, going) else {
        return Refusal::BadReturn.into_response();
    };
    url.query_pairs_mut().append_pair(key, value);
    if !url.as_str().starts_with(&format!("{origin}/")) {
        return Redirect::to(url.as_str()).into_response();
    }
    onward(url.as_str()).into_response()
}

/// A page that goes on by itself.
fn onward(url: &str) -> Html<String> {
    let href = encode_double_quoted_attribute(url);
    Html(format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>Sign-in · Patchbay</title>\
         <meta http-equiv=\"refresh\" content=\"0;url={href}\"></head>\
         <body><main><p><a href=\"{href}\">Go on</a></p></main></body></html>"
    ))
}
