//! What a member may do on a site.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A member's role on one site. Each may do what the one before may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sees connections and the activity.
    Viewer,
    /// Changes connections, too.
    Editor,
    /// Looks after the team, too.
    Admin,
}

impl Role {
    /// All roles, the one with the most rights first.
    pub const ALL: [Self; 3] = [Self::Admin, Self::Editor, Self::Viewer];

    /// The name in the database, on the command line and in addresses.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Editor => "editor",
            Self::Admin => "admin",
        }
    }

    /// The name that staff see.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Viewer => "Viewer",
            Self::Editor => "Editor",
            Self::Admin => "Admin",
        }
    }

    /// What the role is for, in a few words.
    #[must_use]
    pub const fn purpose(self) -> &'static str {
        match self {
            Self::Viewer => "sees connections and activity",
            Self::Editor => "changes connections, too",
            Self::Admin => "looks after the team, too",
        }
    }

    /// Whether it may change connections, and read their secrets through the API.
    #[must_use]
    pub fn may_edit(self) -> bool {
        self >= Self::Editor
    }

    /// Whether it may look after the team.
    #[must_use]
    pub fn may_manage(self) -> bool {
        self >= Self::Admin
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.slug())
    }
}

/// A text that names no role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownRole;

impl fmt::Display for UnknownRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a role is admin, editor or viewer")
    }
}

impl std::error::Error for UnknownRole {}

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL.into_iter().find(|role| role.slug() == text).ok_or(UnknownRole)
    }
}
