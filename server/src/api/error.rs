//! Every error of the API, and the one place that makes a status and an envelope of it.

use super::etag::Tag;
use crate::{
    auth::{IssueError, TokenError},
    http::TOO_MANY,
    service::{AuthenticateError, QuotaUsedUp, SaveError},
    store::{StoreError, Stored},
};
use axum::{
    Json,
    http::{
        HeaderValue, StatusCode,
        header::{ETAG, RETRY_AFTER, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Response},
};
use shared::{
    Key, SaveRefusal, Violations,
    wire::{BodyError, Envelope},
};

/// Why a request was not done.
#[derive(Debug)]
pub enum ApiError {
    /// There is no token.
    NoToken,
    /// The token is not good.
    Token(TokenError),
    /// The site has used up its calls for today.
    Quota(QuotaUsedUp),
    /// E-mail, password or site is wrong; the text is the site as it was given.
    NotAuthorized(String),
    /// Too many sign-ins that failed; the seconds until the next one.
    TooManySignIns(i64),
    /// Too many sign-ins at once.
    Busy,
    /// The caller or the site has too much going on; seconds until there may be room.
    TooMany(u16),
    /// The caller's role may not do it.
    Forbidden,
    /// The token API lacks something; the text says what.
    SignInRequest(&'static str),
    /// The body is of a type that is not taken; the text says what is.
    ContentType(&'static str),
    /// The body cannot be read as what it should be.
    Body(BodyError),
    /// The address has a query that is not understood; the text says what to give.
    Query(String),
    /// Nothing of that number on this site.
    NoSuchConnection,
    /// No sign-in's result of that id on this site.
    NoSuchSession,
    /// Nothing at that address.
    NoSuchRoute,
    /// Something there, but not for this method.
    MethodNotAllowed,
    /// A key that clients may not write.
    ReadOnly(Key),
    /// The `Idempotency-Key` is empty, too long, or there are several.
    IdempotencyKey,
    /// The `Idempotency-Key` was used for another body.
    KeyReused,
    /// Broken rules.
    Invalid(Violations),
    /// It would become the connection of another account, which the client asked to be refused.
    AccountChanged(Violations),
    /// `If-Match` names another version than that of this tag.
    Stale(Tag),
    /// `If-Match` names no version; this would be the tag.
    UnreadableTag(Tag),
    /// `If-None-Match` names this tag, which the record has.
    Known(Tag),
    /// A date without a tag is to guard a change.
    DateAlone,
    /// The database has too much to do; the cause is in the log.
    Overloaded,
    /// Our fault; the cause is in the log.
    Internal,
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        log(&error);
        match error {
            StoreError::Conflict | StoreError::TimedOut(_) => Self::Overloaded,
            _ => Self::Internal,
        }
    }
}

impl From<IssueError> for ApiError {
    fn from(error: IssueError) -> Self {
        log(&error);
        Self::Internal
    }
}

impl From<AuthenticateError> for ApiError {
    fn from(error: AuthenticateError) -> Self {
        match error {
            AuthenticateError::Token(error) => Self::Token(error),
            AuthenticateError::Store(error) => error.into(),
        }
    }
}

impl From<SaveRefusal<Stored>> for ApiError {
    fn from(refusal: SaveRefusal<Stored>) -> Self {
        match refusal {
            SaveRefusal::SignedOut => Self::Token(TokenError::Invalid),
            SaveRefusal::Forbidden => Self::Forbidden,
            SaveRefusal::NotFound => Self::NoSuchConnection,
            SaveRefusal::ReadOnly(key) => Self::ReadOnly(key),
            SaveRefusal::Invalid(violations) => Self::Invalid(violations),
            SaveRefusal::AccountChanged(violations) => Self::AccountChanged(violations),
            SaveRefusal::Stale(current) => Self::Stale(Tag::of_editor(&current)),
            SaveRefusal::KeyReused => Self::KeyReused,
            SaveRefusal::TooMany(seconds) => Self::TooMany(seconds),
            // No form stands behind an API call.
            SaveRefusal::OtherSite => Self::Internal,
        }
    }
}

impl From<SaveError> for ApiError {
    fn from(error: SaveError) -> Self {
        match error {
            SaveError::Refused(refusal) => refusal.into(),
            SaveError::Store(error) => error.into(),
        }
    }
}

fn log(error: &(dyn std::error::Error + 'static)) {
    tracing::error!(error, "a request failed");
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = self.status();
        let envelope = self.envelope(status.as_u16());
        let mut response = (status, Json(envelope)).into_response();
        let headers = response.headers_mut();
        match self {
            Self::NoToken => {
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            Self::Token(_) => {
                let value = HeaderValue::from_static(r#"Bearer error="invalid_token""#);
                headers.insert(WWW_AUTHENTICATE, value);
            }
            Self::Quota(quota) => {
                headers.insert(RETRY_AFTER, quota.retry_after.into());
            }
            Self::TooManySignIns(seconds) => {
                headers.insert(RETRY_AFTER, seconds.into());
            }
            Self::TooMany(seconds) => {
                headers.insert(RETRY_AFTER, seconds.into());
            }
            Self::Busy | Self::Overloaded => {
                headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
            }
            Self::Stale(now) | Self::UnreadableTag(now) | Self::Known(now) => {
                headers.insert(ETAG, now.header());
            }
            _ => {}
        }
        response
    }
}

impl ApiError {
    fn status(&self) -> StatusCode {
        match self {
            Self::NoToken | Self::Token(_) | Self::Quota(_) | Self::NotAuthorized(_) => {
                StatusCode::UNAUTHORIZED
            }
            Self::TooManySignIns(_) | Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Busy | Self::Overloaded => StatusCode::SERVICE_UNAVAILABLE,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::ContentType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::SignInRequest(_)
            | Self::Body(_)
            | Self::Query(_)
            | Self::ReadOnly(_)
            | Self::IdempotencyKey => StatusCode::BAD_REQUEST,
            Self::NoSuchConnection | Self::NoSuchSession | Self::NoSuchRoute => {
                StatusCode::NOT_FOUND
            }
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Invalid(_) | Self::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::AccountChanged(_) => StatusCode::CONFLICT,
            Self::Stale(_) | Self::UnreadableTag(_) | Self::Known(_) | Self::DateAlone => {
                StatusCode::PRECONDITION_FAILED
            }
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn envelope(&self, status: u16) -> Envelope {
        let plain = |message: &str| Envelope::new(status, message);
        match self {
            Self::NoToken => plain("Missing token: send Authorization: Bearer {token}"),
            Self::Token(error) => plain(&error.to_string()),
            Self::Quota(quota) => Envelope::quota(&quota.message),
            Self::NotAuthorized(site) => Envelope::token_api(
                status,
                format!("you are not authorized to log into this site {site}").trim_end(),
            ),
            Self::TooManySignIns(seconds) => Envelope::token_api(
                status,
                format!("too many attempts, please try again in {seconds} seconds"),
            ),
            Self::Busy => {
                Envelope::token_api(status, "too many sign-ins at once, please try again")
            }
            Self::TooMany(_) => plain(TOO_MANY),
            Self::Forbidden => plain("Your role on this site lets you read, but not write"),
            Self::SignInRequest(message) => Envelope::token_api(status, *message),
            Self::ContentType(expected) => plain(&format!("The body must be {expected}")),
            Self::Body(error) => plain(&error.to_string()),
            Self::Query(message) => plain(message),
            Self::NoSuchConnection => plain("There is no such connection"),
            Self::NoSuchSession => plain("There is no such session, or it is over: sign in again"),
            Self::NoSuchRoute => plain("There is nothing at this address"),
            Self::MethodNotAllowed => plain("This address does not take that method; see Allow"),
            Self::ReadOnly(key) => {
                plain(&format!("{key} is read-only: leave it out, or send its current value"))
            }
            Self::IdempotencyKey => {
                plain("Idempotency-Key must be 1 to 255 visible characters, and sent once")
            }
            Self::KeyReused => plain(
                "This Idempotency-Key was used for another body in the last 24 hours: send a new \
                 key to create another connection",
            ),
            Self::Invalid(violations) => {
                plain(&summary(violations)).with_rules(violations.errors())
            }
            Self::AccountChanged(violations) => {
                let message = "The connection would be that of another account. To move it there, \
                               send the patch without Patchbay-Same-Account.";
                plain(message).with_rules(violations.errors())
            }
            Self::Stale(_) => plain("The connection was changed since you read it: read it again"),
            Self::UnreadableTag(now) => plain(&format!(
                "If-Match names no version: send the ETag as it came, such as {now}. If you did, a \
                 proxy in front of Patchbay changes tags: have it leave ETag and If-Match as they are."
            )),
            Self::Known(_) => {
                plain("If-None-Match names the connection as it is now, so nothing was changed")
            }
            Self::DateAlone => plain(
                "If-Unmodified-Since guards no change, since several fit into its second: send \
                 If-Match with the ETag",
            ),
            Self::Overloaded => plain("The server has too much to do: try again in a moment"),
            Self::Internal => plain("The server could not do this; try again later"),
        }
    }
}

/// All messages in one, for clients that show nothing else.
fn summary(violations: &Violations) -> String {
    let messages: Vec<_> = violations.errors().map(|error| error.message.as_str()).collect();
    messages.join(" ")
}
