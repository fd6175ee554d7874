//! What the server answers to a form, in both directions of a server function.

use crate::form::Notice;
use serde::{Deserialize, Serialize};
use shared::{ConnectionView, SaveRefusal};

/// A connection as the server has it now: all that its page shows of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Current {
    /// Its values.
    pub view: ConnectionView,
    /// How it fares, as HTML: [`health_html`](crate::health_html).
    pub health: String,
}

/// Why a form was not saved. Nothing was changed, unless the answer was lost on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SaveError {
    /// It was refused.
    Refused(SaveRefusal<Current>),
    /// The server was not reached.
    Unreachable,
    /// The server failed.
    Failed,
}

impl From<SaveRefusal<Current>> for SaveError {
    fn from(refusal: SaveRefusal<Current>) -> Self {
        Self::Refused(refusal)
    }
}

impl SaveError {
    /// What the form says of it.
    #[must_use]
    pub const fn notice(&self) -> Notice {
        match self {
            Self::Refused(refusal) => match refusal {
                SaveRefusal::SignedOut => Notice::SignedOut,
                SaveRefusal::Forbidden => Notice::Forbidden,
                SaveRefusal::NotFound => Notice::NotFound,
                SaveRefusal::OtherSite => Notice::OtherSite,
                SaveRefusal::Invalid(_) | SaveRefusal::AccountChanged(_) => Notice::Invalid,
                SaveRefusal::Stale(_) => Notice::Conflict,
                SaveRefusal::ReadOnly(_) | SaveRefusal::KeyReused | SaveRefusal::TooMany(_) => {
                    Notice::Failed
                }
            },
            Self::Unreachable => Notice::Unreachable,
            Self::Failed => Notice::Failed,
        }
    }
}
