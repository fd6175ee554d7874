//! What a test tells of its stages.

use crate::clock;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use shared::Key;
use std::borrow::Cow;
use utoipa::ToSchema;

/// A stage, in the order in which they come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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
    /// A test message is sent, of those who ask for one.
    Message,
    /// The page of a page's token is looked at.
    Page,
    /// The phone number is looked at.
    Number,
    /// The account is looked at: at Instagram the one that is linked to the page, at WhatsApp the one that the number
    /// belongs to.
    Account,
    /// The user of a user's token is looked at.
    User,
    /// It is asked what the tokens may do, and until when.
    Permissions,
}

/// What kind of problem it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Kind)]
pub enum FailureKind {
    /// A value does not fit.
    Settings,
    /// User and password were refused.
    Credentials,
    /// It may work later.
    Temporary,
    /// This server may not or cannot test it, whatever its values are worth: an operator has to allow it.
    NotTestable,
}

/// Why a stage failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// What kind of problem it is.
    pub kind: FailureKind,
    /// What happened, in plain words.
    pub explanation: String,
    /// What to do.
    pub advice: Cow<'static, str>,
    /// The field at fault, if one is.
    #[schema(value_type = Option<String>)]
    pub field: Option<Key>,
    /// What the server said, without any secret: the API's `words`.
    #[serde(rename = "words")]
    pub server_message: Option<String>,
    /// What it means for the tests that follow.
    #[serde(skip)]
    pub aftermath: Aftermath,
}

/// What a failure means for the tests that follow, beside its kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Aftermath {
    #[default]
    Usual,
    /// The server makes whoever asks again wait, or refuse them: it is asked less and less often.
    SlowDown,
    /// The server was left alone: nothing was tested, and nothing is known that was not known before.
    LeftAlone,
}

impl Failure {
    pub(crate) fn new(
        kind: FailureKind,
        field: Option<Key>,
        explanation: impl Into<String>,
        advice: &'static str,
    ) -> Self {
        Self {
            kind,
            explanation: explanation.into(),
            advice: advice.into(),
            field,
            server_message: None,
            aftermath: Aftermath::Usual,
        }
    }

    /// All of it in a line, as the API gives it of a connection.
    pub(crate) fn remarks(&self) -> String {
        let Self { explanation, advice, server_message, .. } = self;
        match server_message {
            Some(words) => format!("{explanation} The server said: “{words}”. {advice}"),
            None => format!("{explanation} {advice}"),
        }
    }

    pub(crate) fn saying(self, server_message: impl Into<String>) -> Self {
        Self { server_message: Some(server_message.into()), ..self }
    }
}

/// When tokens end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Expiry {
    /// At a time.
    At(Timestamp),
    /// Not before somebody takes them back. It is later than any time.
    Never,
}

impl Serialize for Expiry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::At(end) => clock::date(*end).serialize(serializer),
            Self::Never => "never".serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Expiry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let end =
            if text == "never" { Some(Self::Never) } else { clock::time(&text).map(Self::At) };
        end.ok_or_else(|| D::Error::custom("no time"))
    }
}

/// What a stage found out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Finding {
    /// What was seen, in words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub found: Vec<String>,
    /// When the first of the tokens ends (`YYYY-MM-DD HH:MM:SS`, UTC, or `never`), if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub expires: Option<Expiry>,
    /// Whether it was the last stage.
    #[serde(skip)]
    pub last: bool,
}

impl Finding {
    pub(super) fn of(found: Vec<String>) -> Self {
        Self { found, ..Self::default() }
    }

    pub(super) fn last() -> Self {
        Self { last: true, ..Self::default() }
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
    /// What was found out.
    #[serde(flatten)]
    pub finding: Finding,
    /// Why it failed, if it did.
    #[serde(flatten)]
    pub failure: Option<Failure>,
}

impl Stage {
    /// Whether a test that ends with it has passed. One that broke off before its last stage has not.
    #[must_use]
    pub const fn ends_well(&self) -> bool {
        self.ok && self.finding.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_passes_with_its_last_stage_alone() {
        let stage = |ok, finding| Stage { stage: Step::Account, ok, ms: 1, finding, failure: None };
        assert!(stage(true, Finding::last()).ends_well());
        assert!(!stage(false, Finding::last()).ends_well());
        assert!(!stage(true, Finding::of(vec!["Page: a (1)".into()])).ends_well());
    }

    #[test]
    fn what_never_ends_ends_last() {
        let [soon, late] = [1, 2].map(|second| Expiry::At(Timestamp::from_second(second).unwrap()));
        assert_eq!([Expiry::Never, late, soon].into_iter().min(), Some(soon));
        assert_eq!(serde_json::to_value(soon).unwrap(), "1970-01-01 00:00:01");
        assert_eq!(serde_json::to_value(Expiry::Never).unwrap(), "never");
        for end in [soon, Expiry::Never] {
            let json = serde_json::to_string(&end).unwrap();
            assert_eq!(serde_json::from_str::<Expiry>(&json).unwrap(), end);
        }
    }
}
