//! The board: its query, which is its address, and its rows.

mod query;

pub use query::{BoardQuery, Cursor, Position};

use crate::{Channel, ConnectionId, State, view::Moment};
use strum::{IntoStaticStr, VariantArray};

/// Rows on a page.
pub const PAGE_SIZE: u32 = 50;

/// The newest rows that are counted once a page is full: to count all of a large site would take longer than the
/// page.
pub const COUNTED: u32 = 20_000;

/// The order of the board's rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum Sort {
    /// The last change first.
    #[default]
    Newest,
    /// The last change last.
    Oldest,
    /// By name.
    Name,
    /// By number.
    Id,
}

impl Sort {
    /// All of them, as they are offered.
    pub const ALL: &[Self] = <Self as VariantArray>::VARIANTS;

    /// The name in the address.
    #[must_use]
    pub fn slug(self) -> &'static str {
        self.into()
    }

    /// The name that staff see.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Newest => "Newest change first",
            Self::Oldest => "Oldest change first",
            Self::Name => "By name",
            Self::Id => "By number",
        }
    }
}

/// The states that a view of the board keeps to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum Filter {
    /// What somebody has to look after.
    Attention,
    /// Not tested since the last change.
    Untested,
    /// What works.
    Working,
    /// Not in use.
    Disabled,
}

impl Filter {
    /// All of them, as they are offered.
    pub const ALL: &[Self] = <Self as VariantArray>::VARIANTS;

    /// The states.
    #[must_use]
    pub const fn states(self) -> &'static [State] {
        match self {
            Self::Attention => &[State::Failing, State::SignInFailed],
            Self::Untested => &[State::Untested],
            Self::Working => &[State::Working],
            Self::Disabled => &[State::Disabled],
        }
    }

    /// The name in the address.
    #[must_use]
    pub fn slug(self) -> &'static str {
        self.into()
    }

    /// The name that staff see.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Attention => "Needs attention",
            Self::Untested => "Not tested",
            Self::Working => "Working",
            Self::Disabled => "Disabled",
        }
    }
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardRow {
    /// The connection.
    pub id: ConnectionId,
    /// Its channel.
    pub channel: Channel,
    /// The channel's name; for other media the medium's.
    pub channel_label: String,
    /// Its name.
    pub name: String,
    /// The account, in the form in which staff know it.
    pub account: String,
    /// Its state.
    pub state: State,
    /// What is wrong with it and what to do, if somebody has to look after it.
    pub problem: Option<String>,
    /// Its last change.
    pub changed: Option<Moment>,
}

/// How many connections there are behind each filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// On the board as it is filtered.
    pub shown: u64,
    /// Of all states, within the search and the channel.
    pub all: u64,
    /// Of each filter, within the search and the channel.
    pub states: Vec<(Filter, u64)>,
    /// Of each channel, within the search and the state.
    pub channels: Vec<(Channel, u64)>,
    /// Whether there are more than were counted, so that each number is the least.
    pub more: bool,
}

impl Counts {
    /// Of a filter, within the search and the channel.
    #[must_use]
    pub fn of(&self, filter: Filter) -> u64 {
        self.states.iter().find(|(of, _)| *of == filter).map_or(0, |(_, count)| *count)
    }
}

/// A page of the board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardPage {
    /// Its rows.
    pub rows: Vec<BoardRow>,
    /// The counts.
    pub counts: Counts,
    /// The first row, if others come before it.
    pub earlier: Option<Cursor>,
    /// The last row, if others come after it.
    pub later: Option<Cursor>,
}
