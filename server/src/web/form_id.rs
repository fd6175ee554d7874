//! What a form says of itself when it is posted: the user and the site that it was rendered for,
//! and an idempotency key. It grants nothing: who may do what is the session's affair.

use crate::{
    random::{NoRandomness, random},
    store::{Principal, UserId},
};
use shared::SiteId;
use std::{fmt, str::FromStr};

/// Bytes of a key: nobody guesses another form's.
const KEY_LENGTH: usize = 16;

/// The id of a rendered form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FormId {
    pub(super) user: UserId,
    pub(super) site: SiteId,
    key: String,
}

impl FormId {
    /// Of a form that is rendered for a caller now.
    ///
    /// # Errors
    /// If the system has no randomness.
    pub(super) fn new(principal: &Principal) -> Result<Self, NoRandomness> {
        let key = hex::encode(random::<KEY_LENGTH>()?);
        Ok(Self { user: principal.user, site: principal.site, key })
    }

    /// The idempotency key, which no API client sends by chance.
    pub(super) fn idempotency_key(&self) -> String {
        format!("form {}", self.key)
    }
}

impl fmt::Display for FormId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.user.0, self.site, self.key)
    }
}

/// It is not a form's id.
#[derive(Debug)]
pub(super) struct NoFormId;

impl FromStr for FormId {
    type Err = NoFormId;

    fn from_str(text: &str) -> Result<Self, NoFormId> {
        let mut parts = text.split('.');
        let mut next = || parts.next().ok_or(NoFormId);
        let (user, site, key) = (next()?, next()?, next()?);
        let user = user.parse().map_err(|_| NoFormId)?;
        let site = site.parse().map_err(|_| NoFormId)?;
        let is_key = key.len() == 2 * KEY_LENGTH && key.bytes().all(|b| b.is_ascii_hexdigit());
        let is_whole = is_key && parts.next().is_none();
        is_whole.then(|| Self { user, site, key: key.to_owned() }).ok_or(NoFormId)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_as_it_was_written() {
        let id = FormId { user: UserId(4), site: SiteId(169), key: "0f".repeat(16) };
        assert_eq!(id.to_string().parse::<FormId>().unwrap(), id);
        for text in ["", "4.169", "4.169.0f", "x.169.y", &format!("{id}.1"), &format!("4.{id}")] {
            assert!(text.parse::<FormId>().is_err(), "{text}");
        }
    }
}
