//! A password or token.

use secrecy::{ExposeSecret, SecretString};
use std::fmt;

/// A password or token: wiped from memory when dropped, redacted in `Debug`, and without
/// `Serialize`, so that it cannot slip into a log line or an answer.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Takes a value into keeping.
    #[must_use]
    pub fn new(value: String) -> Self {
        Self(value.into())
    }

    /// The value itself. Every call is a place to look at in a review.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}
