//! The envelope of every error.

use crate::{Code, Key, Violation};
use serde::Serialize;

/// `{"_meta": {"status": "ERROR", "count": 1}, "records": {…}}`
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Envelope {
    /// Always the same.
    #[serde(rename = "_meta")]
    pub meta: Meta,
    /// The error.
    pub records: ErrorRecords,
}

/// The envelope's head.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Meta {
    /// `ERROR`.
    pub status: &'static str,
    /// `1`.
    pub count: u32,
}

/// The error within the envelope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ErrorRecords {
    /// The HTTP status; the token API gives it as a string.
    pub error_code: ErrorCode,
    /// What went wrong and what to do.
    pub user_message: String,
    /// Null, or an empty string where the documents show one.
    pub dev_message: Option<&'static str>,
    /// The broken rules of a 422; an empty string at the token API.
    pub more: Option<More>,
    /// Null, or an empty string where the documents show one.
    pub application_code: Option<&'static str>,
}

/// The HTTP status, as a number or, at the token API, as a string.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum ErrorCode {
    /// `401`
    Number(u16),
    /// `"401"`
    Text(String),
}

/// More about an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum More {
    /// The token API's empty string.
    Text(&'static str),
    /// The rules that are broken.
    Rules(Vec<BrokenRule>),
}

/// One broken rule of a 422.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BrokenRule {
    /// The key at fault.
    pub field: Key,
    /// The rule.
    pub code: Code,
    /// The problem and what to send.
    pub message: String,
}

impl From<&Violation> for BrokenRule {
    fn from(Violation { field, code, message, .. }: &Violation) -> Self {
        Self { field: *field, code: *code, message: message.clone() }
    }
}

impl Envelope {
    /// An error of most routes: nulls where there is nothing to say.
    #[must_use]
    pub fn new(status: u16, user_message: impl Into<String>) -> Self {
        Self {
            meta: Meta { status: "ERROR", count: 1 },
            records: ErrorRecords {
                error_code: ErrorCode::Number(status),
                user_message: user_message.into(),
                dev_message: None,
                more: None,
                application_code: None,
            },
        }
    }

    /// With the rules that are broken.
    #[must_use]
    pub fn with_rules<'a>(mut self, violations: impl IntoIterator<Item = &'a Violation>) -> Self {
        self.records.more = Some(More::Rules(violations.into_iter().map(Into::into).collect()));
        self
    }

    /// The used-up quota, as documented: empty strings, but a null in `more`.
    #[must_use]
    pub fn quota(user_message: impl Into<String>) -> Self {
        let mut envelope = Self::new(401, user_message);
        envelope.records.dev_message = Some("");
        envelope.records.application_code = Some("");
        envelope
    }

    /// The token API's, as documented: a string for a code and empty strings throughout.
    #[must_use]
    pub fn token_api(status: u16, user_message: impl Into<String>) -> Self {
        let mut envelope = Self::quota(user_message);
        envelope.records.error_code = ErrorCode::Text(status.to_string());
        envelope.records.more = Some(More::Text(""));
        envelope
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(envelope: &Envelope) -> String {
        serde_json::to_string(envelope).expect("it has only texts and numbers")
    }

    #[test]
    fn the_three_documented_bodies_to_the_byte() {
        assert_eq!(
            json(&Envelope::new(401, "Expired token")),
            r#"{"_meta":{"status":"ERROR","count":1},"records":{"errorCode":401,"userMessage":"Expired token","devMessage":null,"more":null,"applicationCode":null}}"#
        );
        assert_eq!(
            json(&Envelope::quota("time limit reached")),
            r#"{"_meta":{"status":"ERROR","count":1},"records":{"errorCode":401,"userMessage":"time limit reached","devMessage":"","more":null,"applicationCode":""}}"#
        );
        assert_eq!(
            json(&Envelope::token_api(401, "you are not authorized to log into this site 1691")),
            r#"{"_meta":{"status":"ERROR","count":1},"records":{"errorCode":"401","userMessage":"you are not authorized to log into this site 1691","devMessage":"","more":"","applicationCode":""}}"#
        );
    }
}
