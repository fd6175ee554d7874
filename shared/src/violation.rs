//! What is wrong with a record: typed, and in words that say what to do.

use crate::Key;
use serde::{Deserialize, Serialize};

/// The rule that is broken. The API gives it in snake case (`not_a_host`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// A required field is empty.
    Required,
    /// Fewer characters or digits than the least.
    TooShort,
    /// More characters or digits than the most.
    TooLong,
    /// A control character such as a line break.
    ControlCharacter,
    /// White space where none belongs; at the ends of a password, a warning.
    WhiteSpace,
    /// A character that such a value never has.
    WrongCharacter,
    /// Neither a host name nor an IP address.
    NotAHost,
    /// No whole number in the field's range.
    OutOfRange,
    /// A port that is unusual for the direction: a warning.
    UnusualPort,
    /// No e-mail address.
    NotAnAddress,
    /// A mask such as `******` in place of a secret.
    Mask,
    /// A Twitter token of another account than the user id.
    OtherAccount,
    /// The connection would become that of another account.
    #[serde(rename = "moves")]
    AccountChanged,
    /// A Facebook id that differs from the page id: a warning.
    OtherPage,
    /// No connection of this site has the number.
    NoSuchConnection,
    /// The connection named is not an inbound e-mail connection.
    NotInbound,
    /// A connection cannot be its own counterpart.
    Itself,
    /// The channel has no such field.
    NotUsed,
    /// A code that is not in the documents' table.
    UnknownCode,
    /// Another site than the caller's.
    OtherSite,
}

/// How much a violation matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The record cannot be saved.
    Error,
    /// It can, but it is probably a slip.
    Warning,
}

/// One broken rule. The message never contains a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// The key of the record at fault.
    pub field: Key,
    /// The rule.
    pub code: Code,
    /// Whether it blocks.
    pub severity: Severity,
    /// The problem and what to enter, in the staff's words.
    pub message: String,
}

impl Violation {
    /// A violation that blocks.
    #[must_use]
    pub fn error(field: Key, code: Code, message: impl Into<String>) -> Self {
        Self { field, code, severity: Severity::Error, message: message.into() }
    }

    /// A violation that does not block.
    #[must_use]
    pub fn warning(field: Key, code: Code, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(field, code, message) }
    }

    /// Whether it blocks.
    #[must_use]
    pub fn blocks(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// All that is wrong with a record, in the order of the form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Violations(pub Vec<Violation>);

impl Violations {
    /// Whether the record can be saved.
    #[must_use]
    pub fn allow_saving(&self) -> bool {
        !self.0.iter().any(Violation::blocks)
    }

    /// Those that block.
    pub fn errors(&self) -> impl Iterator<Item = &Violation> {
        self.0.iter().filter(|violation| violation.blocks())
    }

    /// The one to show at a field: an error before a warning.
    #[must_use]
    pub fn at(&self, field: Key) -> Option<&Violation> {
        let mut here = self.0.iter().filter(|violation| violation.field == field);
        here.clone().find(|violation| violation.blocks()).or_else(|| here.next())
    }
}

impl Extend<Violation> for Violations {
    fn extend<T: IntoIterator<Item = Violation>>(&mut self, violations: T) {
        self.0.extend(violations);
    }
}

impl FromIterator<Violation> for Violations {
    fn from_iter<T: IntoIterator<Item = Violation>>(violations: T) -> Self {
        Self(violations.into_iter().collect())
    }
}
