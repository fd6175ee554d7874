//! A page that goes on by itself. What a page of ours leads to is a request of our own site, so the
//! browser brings the session's cookie along, which is `SameSite=Strict`: with a redirect, a request
//! that comes from another site stays one.

use axum::response::Html;
use html_escape::encode_double_quoted_attribute;

/// Goes on to an address, also without a script.
pub(super) fn page(url: &str) -> Html<String> {
    let href = encode_double_quoted_attribute(url);
    Html(format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>Patchbay</title>\
         <meta http-equiv=\"refresh\" content=\"0;url={href}\"></head>\
         <body><main><p><a href=\"{href}\">Continue</a></p></main></body></html>"
    ))
}
