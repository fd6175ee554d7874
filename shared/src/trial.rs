//! Tests of connections, as pages show them.

use crate::FieldSpec;

/// A stage of a test that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrialStage {
    /// What was done, in words.
    pub title: &'static str,
    /// How long it took, in milliseconds.
    pub milliseconds: u64,
    /// What was found out, in words.
    pub found: Vec<String>,
    /// Why it failed, if it did.
    pub failure: Option<TrialFailure>,
}

/// Why a stage failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrialFailure {
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
pub enum TrialVerdict {
    /// All stages passed.
    Passed,
    /// A stage failed.
    Failed,
    /// This server may not or cannot test it.
    NotTestable,
}

impl TrialStage {
    /// How a test ends if this is its last stage, which it is only `at_end`.
    #[must_use]
    pub fn verdict(&self, at_end: bool) -> TrialVerdict {
        match &self.failure {
            Some(failure) if failure.not_testable => TrialVerdict::NotTestable,
            None if at_end => TrialVerdict::Passed,
            _ => TrialVerdict::Failed,
        }
    }
}

/// What a test's page shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Trial {
    /// That one can be begun.
    #[default]
    Asked,
    /// Why none was begun.
    Refused(Vec<String>),
    /// The stages, as they come.
    Running,
}
