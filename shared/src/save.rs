//! Why a save is refused: one enum for use cases, server functions, forms and the API.

use crate::{Key, Violations};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Why a connection was not saved. Nothing was changed then. `C` is the connection as it is now, in the words of
/// whoever is answered. What is skipped does not go to a browser: its forms cannot come to it, or say it as a broken
/// rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SaveRefusal<C> {
    /// The caller was signed out, disabled or removed.
    SignedOut,
    /// The caller's role may not do it.
    Forbidden,
    /// The caller's site has no such connection.
    NotFound,
    /// The form was rendered for another site than the session is on now.
    OtherSite,
    /// A key that clients may not change.
    #[serde(skip)]
    ReadOnly(Key),
    /// Rules are broken.
    Invalid(Violations),
    /// The connection would become that of another account, which the client did not allow.
    #[serde(skip)]
    AccountChanged(Violations),
    /// Somebody else changed it since the client read it.
    Stale(Box<C>),
    /// The idempotency key was used for another request.
    #[serde(skip)]
    KeyReused,
    /// Too many tests of the caller, the site or all of them run; seconds until there may be a turn.
    #[serde(skip)]
    TooMany(u16),
}

impl<C> SaveRefusal<C> {
    /// The same for a caller who sees connections in other words; if it shows one, that connection.
    ///
    /// # Errors
    /// The connection as it is now, if somebody else changed it.
    pub fn split<D>(self) -> Result<SaveRefusal<D>, C> {
        Ok(match self {
            Self::Stale(now) => return Err(*now),
            Self::SignedOut => SaveRefusal::SignedOut,
            Self::Forbidden => SaveRefusal::Forbidden,
            Self::NotFound => SaveRefusal::NotFound,
            Self::OtherSite => SaveRefusal::OtherSite,
            Self::ReadOnly(key) => SaveRefusal::ReadOnly(key),
            Self::Invalid(violations) => SaveRefusal::Invalid(violations),
            Self::AccountChanged(violations) => SaveRefusal::AccountChanged(violations),
            Self::KeyReused => SaveRefusal::KeyReused,
            Self::TooMany(seconds) => SaveRefusal::TooMany(seconds),
        })
    }
}

impl<C> fmt::Display for SaveRefusal<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::SignedOut => "the caller is signed out",
            Self::Forbidden => "the caller may not change connections",
            Self::NotFound => "no such connection",
            Self::OtherSite => "the form is another site's",
            Self::ReadOnly(key) => return write!(f, "{key} is read-only"),
            Self::Invalid(_) => "rules are broken",
            Self::AccountChanged(_) => "it would be another account's",
            Self::Stale(_) => "the connection was changed by somebody else",
            Self::KeyReused => "the idempotency key was used for another request",
            Self::TooMany(_) => "too many tests at once",
        };
        f.write_str(text)
    }
}

impl<C: fmt::Debug> std::error::Error for SaveRefusal<C> {}
