//! A password or token.

use secrecy::{ExposeSecret, SecretString};
use std::fmt;

/// A password or token: wiped from memory when dropped, redacted in `Debug`, and without
/// `Serialize`, so that it cannot slip into a log line or an answer.
///
/// A view is made of texts that anybody may see, and serde renders it:
///
/// ```
/// #[derive(serde::Serialize)]
/// struct View {
///     name: String,
/// }
/// ```
///
/// With a secret in it, it does not compile; nor does a text that holds one:
///
/// ```compile_fail,E0277
/// #[derive(serde::Serialize)]
/// struct View {
///     name: shared::Secret,
/// }
/// ```
///
/// ```compile_fail,E0277
/// let secret = shared::Secret::new("hush".to_owned());
/// format!("{secret}");
/// ```
///
/// ```compile_fail,E0308
/// let secret = shared::Secret::new("hush".to_owned());
/// let mut values = shared::FieldMap::<String>::default();
/// values.insert(shared::Field::Password, secret);
/// ```
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
