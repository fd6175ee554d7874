//! Tests of connections, as pages show them.

use crate::FieldSpec;

/// A stage of a test that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageReport {
    /// What was done, in words.
    pub title: &'static str,
    /// How long it took, in milliseconds.
    pub milliseconds: u64,
    /// What was found out, in words.
    pub found: Vec<String>,
    /// Why it failed, if it did.
    pub failure: Option<StageFailure>,
    /// Whether a test that passed ends with it.
    pub is_last: bool,
}

/// Why a stage failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageFailure {
    /// What happened.
    pub explanation: String,
    /// What to do.
    pub advice: String,
    /// The field at fault, if one is.
    pub field: Option<&'static FieldSpec>,
    /// The server's own words.
    pub server_message: Option<String>,
    /// Whether this server may not or cannot test it: nothing is wrong with the connection then.
    pub not_testable: bool,
}

/// How a test ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestVerdict {
    /// All stages passed.
    Passed,
    /// A stage failed.
    Failed,
    /// This server may not or cannot test it.
    NotTestable,
}

impl StageReport {
    /// How a test ends if no other stage follows.
    #[must_use]
    pub fn verdict(&self) -> TestVerdict {
        match &self.failure {
            Some(failure) if failure.not_testable => TestVerdict::NotTestable,
            None if self.is_last => TestVerdict::Passed,
            _ => TestVerdict::Failed,
        }
    }
}
