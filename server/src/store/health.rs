//! How a connection fared in its last test, stored beside the record.

use super::Result;
use crate::probe::{Expiry, Failure, Step};
use serde::{Deserialize, Serialize};
use shared::{Connection, Field, SiteId, State};

/// What is known of a connection's health.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// How its last test ended; [`State::Untested`] if it changed since. It is a column of its own, and
    /// of a connection that is not in use the board says that instead.
    #[serde(skip)]
    pub outcome: State,
    /// When it is to be tested next, in seconds since 1970; a column of its own.
    #[serde(skip)]
    pub due_at: Option<i64>,
    /// When it was last tested (`YYYY-MM-DD HH:MM:SS`, UTC).
    pub tested: Option<String>,
    /// When a test last passed.
    pub worked: Option<String>,
    /// Why the last test failed, if it did, and where.
    pub failure: Option<(Step, Failure)>,
    /// When the first of its tokens ends, if that is known.
    pub expires: Option<Expiry>,
    /// Counts the changes of `Error` and `Remarks` that this version has seen: the second part of the
    /// API's `ETag`.
    #[serde(default)]
    pub revision: u32,
}

impl Health {
    /// As it is read.
    pub(super) fn of(state: i16, json: Option<&str>, due_at: Option<i64>) -> Result<Self> {
        // What serde says of a mistake may quote what a server said.
        let health: Self = json
            .map(serde_json::from_str)
            .transpose()
            .map_err(|_| super::StoreError::Malformed("a connection's health".to_owned()))?
            .unwrap_or_default();
        let outcome = State::from_code(state).filter(|state| *state != State::Disabled);
        Ok(Self { outcome: outcome.unwrap_or_default(), due_at, ..health })
    }

    /// As it is stored; nothing if nothing is known.
    pub(super) fn json(&self) -> Option<String> {
        let known = Self { outcome: State::Untested, due_at: None, ..self.clone() };
        if known == Self::default() { None } else { serde_json::to_string(self).ok() }
    }

    /// When the first of its tokens ends, in seconds since 1970, if it does and that is known.
    #[must_use]
    pub fn expires_at(&self) -> Option<i64> {
        match self.expires {
            Some(Expiry::At(end)) => Some(end.as_second()),
            Some(Expiry::Never) | None => None,
        }
    }

    /// The state that the board shows.
    #[must_use]
    pub fn state(&self, connection: &Connection) -> State {
        if connection.get(Field::Enabled) == Some("1") { self.outcome } else { State::Disabled }
    }
}

/// A connection that is to be tested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    pub site: SiteId,
    pub id: shared::ConnectionId,
    pub due_at: i64,
}
