//! How a connection fares.

/// What is known of a connection's health, for the board.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// It is not in use.
    Disabled,
    /// It was not tested since its last change.
    #[default]
    Untested,
    /// Its last test passed.
    Working,
    /// Its last test failed for a reason that may pass, or that a setting is at fault for.
    Failing,
    /// Its credentials were refused, or have expired.
    SignInFailed,
}

impl State {
    /// All states.
    pub const ALL: [Self; 5] =
        [Self::Disabled, Self::Untested, Self::Working, Self::Failing, Self::SignInFailed];

    /// The number in the database.
    #[must_use]
    pub const fn code(self) -> i16 {
        match self {
            Self::Disabled => 0,
            Self::Untested => 1,
            Self::Working => 2,
            Self::Failing => 3,
            Self::SignInFailed => 4,
        }
    }

    /// The state of a number.
    #[must_use]
    pub fn from_code(code: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    /// The name that staff see.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Disabled => "Disabled",
            Self::Untested => "Not tested",
            Self::Working => "Working",
            Self::Failing => "Failing",
            Self::SignInFailed => "Sign-in failed",
        }
    }

    /// Whether somebody has to look after it.
    #[must_use]
    pub const fn needs_attention(self) -> bool {
        matches!(self, Self::Failing | Self::SignInFailed)
    }
}

#[cfg(test)]
mod tests {
    use super::State;

    #[test]
    fn every_state_has_a_number_that_leads_back_to_it() {
        for state in State::ALL {
            assert_eq!(State::from_code(state.code()), Some(state));
        }
        assert_eq!(State::from_code(5), None);
    }
}
