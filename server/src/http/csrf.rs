//! Whether a page of our own sent a request. A browser's cookie comes along with whatever any page
//! makes it send, so where cookies count, whatever changes something must come from our own pages.
//!
//! The API has no need of this: it never reads a cookie.

use super::{PublicUrl, Refusal, refusal::More};
use axum::{
    Router,
    extract::{Request, State},
    http::{
        HeaderMap, HeaderValue,
        header::{HOST, ORIGIN},
    },
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
        .layer(
            layer.with_rejection_response(|_: ProtectionError| Refusal::CrossSite.into_response()),
        )
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
    let headers = request.headers();
    let origins = Origins::of(headers, public_url.as_ref());
    let response = match origin(headers) {
        Origin::Unknown => Refusal::NoOrigin.into_response(),
        Origin::Named(origin)
            if public_url.is_some_and(|url| url.origin().as_bytes() != origin) =>
        {
            Refusal::CrossSite.into_response()
        }
        Origin::Named(_) | Origin::Hidden => next.run(request).await,
    };
    explained(response, &origins)
}

/// Characters of an origin that are repeated: a scheme, the longest host name, and a port.
const MAX_ORIGIN_LENGTH: usize = 270;

/// Where a request came from, and where it should have.
struct Origins {
    came: Option<String>,
    expected: String,
}

impl Origins {
    fn of(headers: &HeaderMap, public_url: Option<&PublicUrl>) -> Self {
        let text = |name| headers.get(name).map(|value| shortened(value.as_bytes()));
        let expected = public_url.map_or_else(
            || format!("http://{}", text(HOST).unwrap_or_default()),
            |url| url.origin().to_owned(),
        );
        Self { came: text(ORIGIN), expected }
    }

    fn text(&self) -> String {
        let Self { came, expected } = self;
        let came = came.as_deref().filter(|came| *came != "null");
        let address = came.unwrap_or("that address");
        let came = came.unwrap_or("an address that the browser did not name");
        format!(
            "It came from {came}, and this server expects {expected}. If you opened Patchbay \
             itself, ask its operator to start it with --public-url {address}."
        )
    }
}

fn shortened(value: &[u8]) -> String {
    String::from_utf8_lossy(value).chars().take(MAX_ORIGIN_LENGTH).collect()
}

/// Adds the origins to a refusal, for the operator: behind a proxy that changes `Host`,
/// each of them looks right alone.
fn explained(mut response: Response, origins: &Origins) -> Response {
    let refusal = response.extensions().get::<Refusal>().copied();
    if let Some(refusal @ (Refusal::CrossSite | Refusal::NoOrigin)) = refusal {
        let Origins { came, expected } = origins;
        tracing::warn!(
            ?refusal,
            ?came,
            ?expected,
            "a write was refused that no page of ours sent; if one did, set --public-url"
        );
        response.extensions_mut().insert(More(origins.text()));
    }
    response
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
