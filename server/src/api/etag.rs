//! `ETag` and `If-Match`: the version counter, as a strong tag.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, header::IF_MATCH, request::Parts},
};
use shared::Version;
use std::convert::Infallible;

/// `"7"`
pub fn etag(version: Version) -> HeaderValue {
    // Digits and quotes are always a header value; an empty one never matches.
    HeaderValue::try_from(format!("\"{version}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}

/// The versions that `If-Match` allows; `None` if it allows any.
pub struct IfMatch(pub Option<Vec<Version>>);

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(allowed(&parts.headers)))
    }
}

fn allowed(headers: &HeaderMap) -> Option<Vec<Version>> {
    let mut values = headers.get_all(IF_MATCH).iter().peekable();
    values.peek()?;
    let tags: Vec<_> =
        values.filter_map(|value| value.to_str().ok()).flat_map(|v| v.split(',')).collect();
    if tags.iter().any(|tag| tag.trim() == "*") {
        return None;
    }
    // A weak tag, or one that was never ours, matches nothing (RFC 9110, 13.1.1).
    let version = |tag: &str| tag.trim().strip_prefix('"')?.strip_suffix('"')?.parse().ok();
    Some(tags.into_iter().filter_map(version).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&'static str]) -> Option<Vec<i64>> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(IF_MATCH, HeaderValue::from_static(value));
        }
        allowed(&headers).map(|versions| versions.into_iter().map(|version| version.0).collect())
    }

    #[test]
    fn if_match_is_a_list_of_strong_tags_or_a_star() {
        assert_eq!(read(&[]), None);
        assert_eq!(read(&["*"]), None);
        assert_eq!(read(&[r#""3""#]), Some(vec![3]));
        assert_eq!(read(&[r#""3", "4""#, r#""5""#]), Some(vec![3, 4, 5]));
        assert_eq!(read(&[r#"W/"3""#]), Some(vec![]));
        assert_eq!(read(&["3"]), Some(vec![]));
        assert_eq!(read(&[""]), Some(vec![]));
    }
}
