//! What every answer tells the browser not to do.

use super::WebConfig;
use axum::{
    extract::{Request, State},
    http::{
        HeaderMap, HeaderValue,
        header::{
            CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY,
            STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
        },
    },
    middleware::Next,
    response::Response,
};

/// Everything comes from us, scripts excepted: see [`policy`].
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'none'; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What pages could ask of the machine, and ours never do.
const PERMISSIONS: &str = "accelerometer=(), autoplay=(), camera=(), display-capture=(), \
    encrypted-media=(), fullscreen=(), geolocation=(), gyroscope=(), magnetometer=(), \
    microphone=(), midi=(), payment=(), picture-in-picture=(), publickey-credentials-get=(), \
    screen-wake-lock=(), usb=(), xr-spatial-tracking=()";

/// Two years, as browsers' preload lists recommend.
const HSTS: &str = "max-age=63072000";
const HSTS_SUBDOMAINS: &str = "max-age=63072000; includeSubDomains";

/// The Content-Security-Policy of an answer: its scripts must carry the nonce or be files of ours
/// (the bundle that they load, which may compile WebAssembly). Without a nonce none runs.
#[must_use]
pub fn policy(nonce: Option<&str>) -> HeaderValue {
    let scripts = match nonce {
        Some(nonce) => format!("'self' 'nonce-{nonce}' 'wasm-unsafe-eval'"),
        None => "'none'".to_owned(),
    };
    let policy = format!("{POLICY}; connect-src 'self'; script-src {scripts}");
    let nothing = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
    HeaderValue::try_from(policy).unwrap_or(nothing)
}

/// The headers of every answer.
#[must_use]
pub fn standard(config: &WebConfig) -> HeaderMap {
    let fixed = |name, value| (name, HeaderValue::from_static(value));
    let mut headers = HeaderMap::from_iter([
        (CONTENT_SECURITY_POLICY, policy(None)),
        fixed(CACHE_CONTROL, "no-store"),
        fixed(X_CONTENT_TYPE_OPTIONS, "nosniff"),
        fixed(REFERRER_POLICY, "no-referrer"),
        fixed(X_FRAME_OPTIONS, "DENY"),
        fixed(HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        fixed(HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        fixed(HeaderName::from_static("permissions-policy"), PERMISSIONS),
    ]);
    if config.is_https() {
        let hsts = if config.hsts_subdomains { HSTS_SUBDOMAINS } else { HSTS };
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(hsts));
    }
    headers
}

/// Adds what an answer does not have. Only pages bring a policy, and only files a cache's.
pub(super) async fn complete(
    State(headers): State<HeaderMap>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in &headers {
        response.headers_mut().entry(name).or_insert_with(|| value.clone());
    }
    response
}
