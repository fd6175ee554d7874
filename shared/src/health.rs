//! How a connection fares, as pages show it.

use crate::connection_test::StageFailure;
use crate::{State, view::Moment};

/// What is known of a connection's health.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Its state.
    pub state: State,
    /// When it was last tested.
    pub tested: Option<Moment>,
    /// When a test last passed.
    pub worked: Option<Moment>,
    /// What the last test failed at and why, if it did.
    pub failure: Option<(&'static str, StageFailure)>,
    /// When its tokens end.
    pub expiry: Expiry,
}

/// When a connection's tokens end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Expiry {
    /// It has none.
    #[default]
    None,
    /// Nobody knows.
    Unknown,
    /// Not by themselves.
    Never,
    /// Then; `soon` if somebody should see to it.
    At {
        /// The time.
        end: Moment,
        /// Whether it is near, or over.
        soon: bool,
    },
}
