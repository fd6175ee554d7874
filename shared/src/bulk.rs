//! What is done to several connections at once, as pages show it.

use crate::{ConnectionId, State};
use strum::{IntoStaticStr, VariantArray};

/// What can be done to several connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum BulkAction {
    /// Test what is stored.
    Test,
    /// Put in use.
    Enable,
    /// Put out of use.
    Disable,
}

impl BulkAction {
    /// All of them, as they are offered.
    pub const ALL: &[Self] = <Self as VariantArray>::VARIANTS;

    /// The name that a form posts.
    #[must_use]
    pub fn slug(self) -> &'static str {
        self.into()
    }

    /// The name on a button.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Test => "Test",
            Self::Enable => "Enable",
            Self::Disable => "Disable",
        }
    }
}

/// One of the connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BulkRow {
    /// Its number.
    pub id: ConnectionId,
    /// Its name.
    pub name: String,
    /// The channel's name; for other media the medium's.
    pub channel_label: String,
    /// Its state.
    pub state: State,
    /// What would be done, or what became of it, in words.
    pub text: String,
    /// Whether something would be done, or was.
    pub good: bool,
}
