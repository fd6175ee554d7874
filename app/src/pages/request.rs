//! What the pages read of the request.

use http::request::Parts;
use leptos::prelude::*;
use std::collections::HashMap;

/// The query of the page's address as it stands.
pub fn query() -> String {
    let parts = use_context::<Parts>();
    parts.and_then(|parts| parts.uri.query().map(ToOwned::to_owned)).unwrap_or_default()
}

/// The path of the page's address.
pub fn path() -> String {
    use_context::<Parts>().map(|parts| parts.uri.path().to_owned()).unwrap_or_default()
}

/// The query of the page's address by key.
pub fn query_map() -> HashMap<String, String> {
    form_urlencoded::parse(query().as_bytes()).into_owned().collect()
}
