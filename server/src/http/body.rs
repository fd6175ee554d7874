//! Reads each request's body before anything else is done with it, so that its length and its time
//! are limited in one place, and a slow one holds nothing but its own connection.

use super::{Limits, Refusal};
use axum::{
    body::{Body, HttpBody},
    extract::{Request, State},
    http::{HeaderValue, header::CONTENT_ENCODING},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::time::timeout;

/// The sign-ins of browsers and programs, and how many of `sign_in_bytes` each gets: whoever has no
/// session yet gets little. A browser's may carry what was typed when its session ended.
const SIGN_INS: [(&str, usize); 2] = [("/login", 4), ("/api/authenticate", 1)];

pub(super) async fn read(State(limits): State<Limits>, request: Request, next: Next) -> Response {
    match whole(&limits, request).await {
        Ok(request) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}

async fn whole(limits: &Limits, request: Request) -> Result<Request, Refusal> {
    let (parts, body) = request.into_parts();
    if parts
        .headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .any(|value: &HeaderValue| !value.as_bytes().eq_ignore_ascii_case(b"identity"))
    {
        return Err(Refusal::Encoded);
    }
    let sign_in = SIGN_INS.iter().find(|(path, _)| *path == parts.uri.path());
    let most = sign_in.map_or(limits.body_bytes, |(_, times)| times * limits.sign_in_bytes);
    // An announced length is refused before anything is read.
    if body.size_hint().lower() > most as u64 {
        return Err(Refusal::TooLarge);
    }
    match timeout(limits.body_time, Limited::new(body, most).collect()).await {
        Ok(Ok(body)) => Ok(Request::from_parts(parts, Body::from(body.to_bytes()))),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Refusal::TooLarge),
        Ok(Err(_)) => Err(Refusal::BrokenOff),
        Err(_) => Err(Refusal::Slow),
    }
}
