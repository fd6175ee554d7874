//! Whether a page of our own sent a request. A browser's cookie comes along with whatever any page
//! makes it send, so where cookies count, whatever changes something must come from our own pages.
//!
//! The API has no need of this: it never reads a cookie.

use super::{PublicUrl, Refusal};
use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, header::ORIGIN},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use tower_http::csrf::{CsrfLayer, ProtectionError};

/// Browsers' `Sec-Fetch-Site`.
const SEC_FETCH_SITE: &str = "sec-fetch-site";

/// Refuses what other sites' pages send to these routes.
pub fn guard(router: Router, public_url: Option<&PublicUrl>) -> Router {
    let layer = CsrfLayer::new();
    let layer = match public_url {
        // Behind a proxy `Host` may be another. Without trust it is only stricter.
        Some(url) => layer.add_trusted_origin(url.origin()).unwrap_or_default(),
        None => layer,
    };
    router
        .layer(layer.with_rejection_response(|_: ProtectionError| refuse(Refusal::CrossSite)))
        .layer(middleware::from_fn_with_state(public_url.cloned(), stricter))
}

/// What the layer lets pass for the sake of clients that are no browsers: these have the API.
async fn stricter(
    State(public_url): State<Option<PublicUrl>>,
    request: Request,
    next: Next,
) -> Response {
    if request.method().is_safe() {
        return next.run(request).await;
    }
    match origin(request.headers()) {
        Origin::Unknown => refuse(Refusal::NoOrigin),
        Origin::Named(origin)
            if public_url.is_some_and(|url| url.origin().as_bytes() != origin) =>
        {
            refuse(Refusal::CrossSite)
        }
        Origin::Named(_) | Origin::Hidden => next.run(request).await,
    }
}

enum Origin<'a> {
    /// Neither header says it. Over plain http, other than on the browser's own machine, browsers
    /// leave `Sec-Fetch-Site` out.
    Unknown,
    /// Only `Sec-Fetch-Site` does; a browser writes `null` beside it when it posts a form, because
    /// our pages ask for `no-referrer`.
    Hidden,
    Named(&'a [u8]),
}

fn origin(headers: &HeaderMap) -> Origin<'_> {
    let header = |name: &str| headers.get(name).map(HeaderValue::as_bytes);
    let named = header(ORIGIN.as_str()).filter(|origin| !matches!(*origin, b"" | b"null"));
    match (named, header(SEC_FETCH_SITE)) {
        (Some(origin), _) => Origin::Named(origin),
        (None, None | Some(b"")) => Origin::Unknown,
        (None, Some(_)) => Origin::Hidden,
    }
}

fn refuse(refusal: Refusal) -> Response {
    tracing::info!(?refusal, "a write was refused that no page of ours sent");
    refusal.into_response()
}
