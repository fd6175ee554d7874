//! What HTTP asks of every request, whatever it is for, and the library does not look at.

use super::Refusal;
use axum::{
    extract::Request,
    http::{
        HeaderValue, Method, StatusCode, Version,
        header::{EXPECT, HOST},
    },
    middleware::Next,
    response::{IntoResponse, Response},
};

/// Why a request is to be refused before anything else is done with it.
pub(super) fn malformed<B>(request: &Request<B>) -> Option<Refusal> {
    let headers = request.headers();
    let hosts = headers.get_all(HOST).iter().count();
    // RFC 9112, 3.2; HTTP/1.0 had none.
    if hosts > 1 || (hosts == 0 && request.version() == Version::HTTP_11) {
        return Some(Refusal::NoHost);
    }
    // RFC 9110, 10.1.1: the library keeps the one expectation that there is.
    headers
        .get_all(EXPECT)
        .iter()
        .any(|value: &HeaderValue| !value.as_bytes().eq_ignore_ascii_case(b"100-continue"))
        .then_some(Refusal::Expectation)
}

/// Answers OPTIONS with what the address allows (RFC 9110, 9.3.7): the router adds to the answer of a route
/// that does not take a method those that it takes.
pub(super) async fn options(request: Request, next: Next) -> Response {
    let is_asked = request.method() == Method::OPTIONS;
    let response = next.run(request).await;
    if is_asked && response.status() == StatusCode::METHOD_NOT_ALLOWED {
        return StatusCode::NO_CONTENT.into_response();
    }
    response
}
