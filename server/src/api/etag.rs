//! Entity tags and the conditions of a request that name them (RFC 9110, 8.8.3 and 13).
//!
//! A tag is `"version.health"`: a test of a connection changes `Error` and `Remarks` without a new
//! version. Who reads without secrets reads something else, so that tag has a suffix. `If-Match` guards
//! what is changed, so it compares the version alone; `If-None-Match` compares all of it.
//!
//! RFC 9110 would have `If-Match` refuse weak tags. They are taken: a version is exact, whatever a
//! compressing proxy does to the tag (nginx writes `W/"7.2"`, Apache `"7.2-gzip"`).

use super::ApiError;
use crate::store::{Principal, Stored};
use axum::{
    extract::FromRequestParts,
    http::{
        HeaderMap, HeaderName, HeaderValue, Method,
        header::{IF_MATCH, IF_NONE_MATCH, IF_UNMODIFIED_SINCE},
        request::Parts,
    },
};
use shared::Version;
use std::{convert::Infallible, fmt};

/// What a tag of a record without secrets ends with.
const VIEWER: &str = "-viewer";

/// The tag of a record as a caller sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag {
    version: Version,
    /// `None` if a client left it out.
    health: Option<u32>,
    has_secrets: bool,
}

impl Tag {
    /// Of a stored connection.
    pub fn new(stored: &Stored, caller: &Principal) -> Self {
        Self::seen(stored, caller.role.may_edit())
    }

    /// Of a stored connection, for somebody who may change it.
    pub fn of_editor(stored: &Stored) -> Self {
        Self::seen(stored, true)
    }

    fn seen(stored: &Stored, has_secrets: bool) -> Self {
        Self { version: stored.version, health: Some(stored.health.revision), has_secrets }
    }

    /// The header's value.
    pub fn header(self) -> HeaderValue {
        // Digits, letters and quotes are always a header value; an empty one never matches.
        HeaderValue::try_from(self.to_string()).unwrap_or(HeaderValue::from_static("\"\""))
    }

    /// Reads a tag; `None` if it was never one of ours.
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_prefix("W/").unwrap_or(text);
        let (version, rest) = digits(text.strip_prefix('"')?.strip_suffix('"')?);
        let version = version.parse().ok()?;
        let (health, suffix) = match rest.strip_prefix('.').map(digits) {
            Some((health, suffix)) if !health.is_empty() => (Some(health.parse().ok()?), suffix),
            _ => (None, rest),
        };
        // A proxy sets its own apart, as in `;gzip` and `--gzip`.
        let is_suffix = !suffix.starts_with(|first: char| first.is_alphanumeric());
        let has_secrets = !suffix.starts_with(VIEWER);
        is_suffix.then_some(Self { version, health, has_secrets })
    }
}

fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|char: char| !char.is_ascii_digit()).unwrap_or(text.len()))
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { version, health, has_secrets } = *self;
        let suffix = if has_secrets { "" } else { VIEWER };
        write!(f, "\"{version}.{}{suffix}\"", health.unwrap_or_default())
    }
}

/// A header's list of tags.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Tags {
    /// `*`
    Any,
    /// Those that can be read.
    These(Vec<Tag>),
}

impl Tags {
    fn of(headers: &HeaderMap, name: &HeaderName) -> Option<Self> {
        let mut values = headers.get_all(name).iter().peekable();
        values.peek()?;
        let texts = values.map(|value| value.to_str().unwrap_or_default());
        let tags: Vec<_> = texts.flat_map(|text| text.split(',')).collect();
        Some(if tags.iter().any(|tag| tag.trim() == "*") {
            Self::Any
        } else {
            Self::These(tags.into_iter().filter_map(Tag::parse).collect())
        })
    }

    fn have(&self, is: impl Fn(&Tag) -> bool) -> bool {
        match self {
            Self::Any => true,
            Self::These(tags) => tags.iter().any(is),
        }
    }
}

/// The conditions of a request. Dates are none for a record: `Error` and `Remarks` change without a new
/// `ModifyDate`, and within a second of it other changes may follow.
pub struct Conditions {
    if_match: Option<Tags>,
    if_none_match: Option<Tags>,
    has_date_alone: bool,
}

impl<S: Sync> FromRequestParts<S> for Conditions {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.method, &parts.headers))
    }
}

impl Conditions {
    fn of(method: &Method, headers: &HeaderMap) -> Self {
        let if_match = Tags::of(headers, &IF_MATCH);
        Self {
            has_date_alone: !method.is_safe()
                && if_match.is_none()
                && headers.contains_key(IF_UNMODIFIED_SINCE),
            if_match,
            if_none_match: Tags::of(headers, &IF_NONE_MATCH),
        }
    }

    /// The versions that `If-Match` allows; `None` if it allows any.
    pub fn versions(&self) -> Option<Vec<Version>> {
        match self.if_match.as_ref()? {
            Tags::Any => None,
            Tags::These(tags) => Some(tags.iter().map(|tag| tag.version).collect()),
        }
    }

    /// Whether a change could go on, as far as its record need not be known.
    pub fn can_guard(&self) -> Result<(), ApiError> {
        if self.has_date_alone { Err(ApiError::DateAlone) } else { Ok(()) }
    }

    /// Whether `If-None-Match` is there and has to be compared.
    pub fn has_if_none_match(&self) -> bool {
        self.if_none_match.is_some()
    }

    /// Whether `If-None-Match` names the record as it is now.
    pub fn is_known(&self, now: Tag) -> bool {
        self.if_none_match.as_ref().is_some_and(|tags| tags.have(|tag| *tag == now))
    }

    /// Why `If-Match` does not allow what there is now, if it does not.
    pub fn is_allowed(&self, now: Tag) -> Result<(), ApiError> {
        let allowed =
            self.if_match.as_ref().is_none_or(|tags| tags.have(|tag| tag.version == now.version));
        if allowed { Ok(()) } else { Err(self.explain(ApiError::Stale(now))) }
    }

    /// Points at what changes tags on their way, if `If-Match` had none that can be read.
    pub fn explain(&self, error: ApiError) -> ApiError {
        match (error, &self.if_match) {
            (ApiError::Stale(now), Some(Tags::These(tags))) if tags.is_empty() => {
                ApiError::UnreadableTag(now)
            }
            (error, _) => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conditions(headers: &[(HeaderName, &'static str)]) -> Conditions {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name, HeaderValue::from_static(value));
        }
        Conditions::of(&Method::PATCH, &map)
    }

    fn read(values: &[&'static str]) -> Option<Vec<i64>> {
        let headers: Vec<_> = values.iter().map(|value| (IF_MATCH, *value)).collect();
        let versions = conditions(&headers).versions();
        versions.map(|versions| versions.into_iter().map(|version| version.0).collect())
    }

    #[test]
    fn if_match_reads_the_version_whatever_a_proxy_added() {
        assert_eq!(read(&[]), None);
        assert_eq!(read(&["*"]), None);
        for tag in [
            r#""3""#,
            r#""3.0""#,
            r#""3.17""#,
            r#"W/"3""#,
            r#"W/"3.2""#,
            r#""3.2-gzip""#,
            r#""3.2;gzip""#,
            r#""3.2--gzip""#,
            r#""3-br""#,
            r#"W/"3.2-viewer-gzip""#,
        ] {
            assert_eq!(read(&[tag]), Some(vec![3]), "{tag}");
        }
        assert_eq!(read(&[r#""3.1", W/"4""#, r#""5""#]), Some(vec![3, 4, 5]));
        for tag in [
            "3",
            "",
            "\"\"",
            "\"x\"",
            "\"3x\"",
            "\"3e3\"",
            "\"-3\"",
            "\"0\"",
            "\"9007199254740992\"",
        ] {
            assert_eq!(read(&[tag]), Some(vec![]), "{tag}");
        }
    }

    #[test]
    fn if_none_match_compares_all_of_it() {
        let now = Tag { version: Version(3), health: Some(2), has_secrets: true };
        let is_known = |tag| conditions(&[(IF_NONE_MATCH, tag)]).is_known(now);
        for tag in ["*", r#""3.2""#, r#"W/"3.2""#, r#""3.2-gzip""#, r#""1.1", "3.2""#] {
            assert!(is_known(tag), "{tag}");
        }
        for tag in [r#""3""#, r#""3.1""#, r#""2.2""#, r#""3.2-viewer""#, "", "x"] {
            assert!(!is_known(tag), "{tag}");
        }
        let viewers = Tag { has_secrets: false, ..now };
        assert_eq!(viewers.to_string(), r#""3.2-viewer""#);
        assert_eq!(Tag::parse(r#"W/"3.2-viewer;gzip""#), Some(viewers));
        assert!(!conditions(&[]).is_known(now));
    }

    #[test]
    fn a_date_alone_guards_nothing() {
        let date = (IF_UNMODIFIED_SINCE, "Mon, 02 Mar 2026 09:30:00 GMT");
        assert!(conditions(std::slice::from_ref(&date)).can_guard().is_err());
        assert!(conditions(&[date.clone(), (IF_MATCH, "\"3.1\"")]).can_guard().is_ok());
        let read = Conditions::of(
            &Method::GET,
            &HeaderMap::from_iter([(date.0, HeaderValue::from_static(date.1))]),
        );
        assert!(read.can_guard().is_ok());
    }
}
