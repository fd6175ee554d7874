//! Requests that are refused before, or instead of, their handler.

use axum::{
    Json,
    extract::Request,
    http::{
        HeaderValue, StatusCode,
        header::{ACCEPT_ENCODING, RETRY_AFTER},
    },
    middleware::Next,
    response::{Html, IntoResponse, Response},
};
use html_escape::encode_text;
use shared::wire::Envelope;

/// What somebody reads who has too much going on.
pub const TOO_MANY: &str = "You or your site have too many of these running at once. Wait until some \
    have ended, then try again.";

/// Why a request is refused. As a response it is a bare status; `render` adds what its client can
/// read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Another site's page sent it.
    CrossSite,
    /// It does not say what page sent it.
    NoOrigin,
    /// Its body is longer than the most.
    TooLarge,
    /// Its body did not come in time.
    Slow,
    /// Its body broke off.
    BrokenOff,
    /// A server function takes JSON alone.
    NotJson,
    /// Too many requests are being handled.
    Busy,
    /// The caller, or the caller's site, has as much going on as it may; it may come again after so
    /// many seconds.
    TooMany(u16),
    /// Too many sign-ins of its address failed; it may come again after this number of seconds.
    TooManySignIns(u16),
    /// It took too long to handle.
    TimedOut,
    /// A sign-in with a provider would lead to where it may not.
    BadReturn,
    /// There is no app to sign in with at a provider.
    NotSetUp,
    /// A sign-in with a provider was not begun in this browser, or too long ago.
    SignInOver,
    /// It names no host, or several.
    NoHost,
    /// It expects what HTTP does not know.
    Expectation,
    /// Its body is compressed.
    Encoded,
    /// There is no page at its address.
    NoSuchPage,
    /// A filter of a download is not understood.
    BadFilter,
    Panicked,
}

impl Refusal {
    fn status(self) -> StatusCode {
        match self {
            Self::CrossSite | Self::NoOrigin => StatusCode::FORBIDDEN,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Slow => StatusCode::REQUEST_TIMEOUT,
            Self::BrokenOff
            | Self::BadReturn
            | Self::SignInOver
            | Self::NoHost
            | Self::BadFilter => StatusCode::BAD_REQUEST,
            Self::Expectation => StatusCode::EXPECTATION_FAILED,
            Self::NotSetUp => StatusCode::NOT_IMPLEMENTED,
            Self::NoSuchPage => StatusCode::NOT_FOUND,
            Self::NotJson | Self::Encoded => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooMany(_) | Self::TooManySignIns(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Busy | Self::TimedOut => StatusCode::SERVICE_UNAVAILABLE,
            Self::Panicked => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn message(self) -> &'static str {
        match self {
            Self::CrossSite => {
                "This was sent from a page of another site, so nothing was changed. \
                 Open Patchbay itself and try again."
            }
            Self::NoOrigin => {
                "The browser did not say which page this was sent from, so nothing was changed. \
                 Open Patchbay over https with a current browser; programs use the API."
            }
            Self::TooLarge => "The body is too large",
            Self::Slow => "The body did not arrive in time: send it again",
            Self::BrokenOff => "The body broke off: send it again",
            Self::NotJson => "The body must be application/json",
            Self::Busy => "The server has too much to do: try again in a moment",
            Self::TooMany(_) => TOO_MANY,
            Self::TooManySignIns(_) => "Too many attempts. Wait a minute, then try again.",
            // What a database has begun it ends.
            Self::TimedOut => {
                "This took too long. Look whether it was done before you try it again."
            }
            Self::BadReturn => {
                "redirectUrl leads to where a sign-in may not return. Give an address of Patchbay \
                 itself, or have the operator allow its origin (--sign-in-origin)."
            }
            Self::NotSetUp => {
                "Sign-in with this provider is not set up. Ask the operator to name an app: \
                 PATCHBAY_FACEBOOK_APP_ID and PATCHBAY_FACEBOOK_APP_SECRET, or \
                 PATCHBAY_TWITTER_API_KEY and PATCHBAY_TWITTER_API_SECRET."
            }
            Self::SignInOver => {
                "This sign-in was not begun in this browser, or too long ago, or your role has \
                 changed. Close this window and begin it again."
            }
            Self::NoHost => "The request must name one host: send one Host header",
            Self::Expectation => "The only Expect that there is here is 100-continue",
            Self::Encoded => "The body must not be compressed: send it without Content-Encoding",
            Self::NoSuchPage => "There is nothing at this address",
            Self::BadFilter => {
                "A filter in the address is not understood, so no file was made. Download it from the \
                 activity page, or correct the address."
            }
            Self::Panicked => "The server could not do this; try again later",
        }
    }

    /// The refusal, with more about this request.
    #[must_use]
    pub fn with_more(self, more: String) -> Response {
        let mut response = self.into_response();
        response.extensions_mut().insert(More(more));
        response
    }

    /// What the client can read: the API's envelope, or a small page, with more about this request.
    fn render(self, api: bool, more: Option<&More>) -> Response {
        let (status, message) = (self.status(), self.message());
        let mut response = if api {
            (status, Json(Envelope::new(status.as_u16(), message))).into_response()
        } else {
            (status, Html(page(status, message, more))).into_response()
        };
        let header = match self {
            Self::Busy => Some((RETRY_AFTER, 1.into())),
            Self::TooMany(seconds) | Self::TooManySignIns(seconds) => {
                Some((RETRY_AFTER, seconds.into()))
            }
            // What is taken (RFC 9110, 12.5.3).
            Self::Encoded => Some((ACCEPT_ENCODING, HeaderValue::from_static("identity"))),
            _ => None,
        };
        if let Some((name, value)) = header {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

/// What a refusal's page says beside the refusal, as plain text. A response has it as an extension.
#[derive(Clone, Debug)]
pub(super) struct More(pub(super) String);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Gives each refusal the form that belongs to its address.
pub(super) async fn render(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let api = path == "/api" || path.starts_with("/api/");
    // The accept loop has looked at its form.
    if let Some(refusal) = request.extensions().get::<Refusal>() {
        return refusal.render(api, None);
    }
    let response = next.run(request).await;
    match response.extensions().get::<Refusal>() {
        Some(refusal) => refusal.render(api, response.extensions().get()),
        None => response,
    }
}

/// A page that needs nothing else: it is also for when nothing else works.
fn page(status: StatusCode, message: &str, more: Option<&More>) -> String {
    let more = more.map(|More(text)| format!("<p>{}</p>", encode_text(text))).unwrap_or_default();
    let reason = status.canonical_reason().unwrap_or_default();
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>{reason} · Patchbay</title>\
         </head><body><main><h1>{reason}</h1><p>{message}</p>{more}\
         <p><a href=\"/\">To the connections</a></p></main></body></html>"
    )
}
