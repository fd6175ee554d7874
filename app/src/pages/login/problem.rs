//! Why a sign-in is refused, and what the page says then.

use crate::{
    pages::{set_status, set_too_many},
    wording::wait,
};
use http::StatusCode;

/// Why a sign-in was refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LoginProblem {
    /// E-mail address, password or site is wrong.
    #[default]
    Wrong,
    /// Too many attempts; the number of seconds to wait.
    TooMany(i64),
    /// The session ended before a form was posted.
    Ended,
    /// The server checks as many passwords as it can at once.
    Busy,
}

impl LoginProblem {
    /// Sets the page's status.
    pub(super) fn set_status(self) {
        match self {
            Self::Wrong | Self::Ended => set_status(StatusCode::UNAUTHORIZED),
            Self::TooMany(seconds) => set_too_many(seconds),
            Self::Busy => set_status(StatusCode::SERVICE_UNAVAILABLE),
        }
    }

    /// The sentence: what is wrong and what to do.
    pub(super) fn text(self) -> String {
        match self {
            Self::Wrong => {
                "E-mail, password or site is wrong. Check all three and try again.".to_owned()
            }
            Self::TooMany(seconds) => {
                format!("Too many attempts. Wait {}, then try again.", wait(seconds))
            }
            Self::Ended => {
                "Your session has ended. Sign in again: what you typed is still here, except \
                 passwords and tokens."
                    .to_owned()
            }
            Self::Busy => {
                "The server is busy with other sign-ins. Wait a few seconds, then try again."
                    .to_owned()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::LoginProblem;

    #[test]
    fn every_problem_says_what_to_do() {
        assert!(LoginProblem::default().text().contains("Check all three"));
        assert!(LoginProblem::TooMany(42).text().contains("Wait 42 seconds"));
        assert!(LoginProblem::Busy.text().contains("Wait a few seconds"));
    }
}
