//! What a test tells of its stages.

use serde::Serialize;
use shared::Key;
use utoipa::ToSchema;

/// A stage, in the order in which they come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Step {
    /// The host's name is looked up.
    Resolve,
    /// A connection is made.
    Connect,
    /// The server says who it is.
    Greeting,
    /// The connection is encrypted, with a certificate of that host.
    Tls,
    /// User and password are given.
    SignIn,
    /// The folder of incoming mail is opened, to be read only.
    OpenInbox,
    /// The sender is named, and taken back: no mail is sent.
    Sender,
}

/// What kind of problem it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// A value does not fit.
    Settings,
    /// User and password were refused.
    Credentials,
    /// It may work later.
    Temporary,
}

/// Why a stage failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// What kind of problem it is.
    pub kind: Kind,
    /// What happened, in plain words.
    pub explanation: String,
    /// What to do.
    pub advice: &'static str,
    /// The field at fault, if one is.
    #[schema(value_type = Option<String>)]
    pub field: Option<Key>,
    /// The server's own words, without any secret.
    pub words: Option<String>,
}

impl Failure {
    pub(super) fn new(
        kind: Kind,
        field: Option<Key>,
        explanation: impl Into<String>,
        advice: &'static str,
    ) -> Self {
        Self { kind, explanation: explanation.into(), advice, field, words: None }
    }

    pub(super) fn saying(self, words: impl Into<String>) -> Self {
        Self { words: Some(words.into()), ..self }
    }
}

/// A stage that is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Stage {
    /// Which one.
    pub stage: Step,
    /// Whether it passed.
    pub ok: bool,
    /// How long it took, in milliseconds.
    pub ms: u64,
    /// Why it failed, if it did.
    #[serde(flatten)]
    pub failure: Option<Failure>,
}

impl Stage {
    /// Whether a test that ends with it has passed. One that broke off before its last stage has not.
    #[must_use]
    pub const fn ends_well(&self) -> bool {
        self.ok && matches!(self.stage, Step::OpenInbox | Step::Sender)
    }
}

/// So many characters of what a server says are told.
const WORDS: usize = 200;

/// A server's words as they may be shown: without what was secret, on one line, and not too long.
pub(super) fn presentable(words: &str, secrets: &[String]) -> String {
    let mut text = words.to_owned();
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        text = text.replace(secret, "…");
    }
    let text = text.replace(|char: char| char.is_control(), " ");
    text.trim().chars().take(WORDS).collect()
}

#[cfg(test)]
mod tests {
    use super::{Stage, Step, presentable};

    #[test]
    fn a_test_passes_with_its_last_stage_alone() {
        let stage = |stage, ok| Stage { stage, ok, ms: 1, failure: None };
        assert!(stage(Step::OpenInbox, true).ends_well() && stage(Step::Sender, true).ends_well());
        assert!(!stage(Step::Sender, false).ends_well());
        for step in [Step::Resolve, Step::Connect, Step::Greeting, Step::Tls, Step::SignIn] {
            assert!(!stage(step, true).ends_well(), "{step:?}");
        }
    }

    #[test]
    fn a_servers_words_are_short_and_tell_no_secret() {
        let secrets = ["pass#word".to_owned(), String::new()];
        assert_eq!(presentable(" no pass#word\r\nhere ", &secrets), "no …  here");
        assert_eq!(presentable(&"é".repeat(999), &secrets).chars().count(), 200);
    }
}
