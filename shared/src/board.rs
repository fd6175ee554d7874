//! The board: its query, which is its address, and its rows.

use crate::{Channel, ConnectionId, State, view::Moment};
use std::{collections::HashMap, fmt, str::FromStr};
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

/// A page of the board, found by the row that it follows: the last one costs no more than the first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Position {
    /// The first page.
    #[default]
    First,
    /// The page after a row.
    After(Cursor),
    /// The page before a row.
    Before(Cursor),
    /// The last page.
    Last,
}

/// A place between rows: what a row is sorted by, and its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The number.
    pub id: ConnectionId,
    /// What the order sorts by before the number; nothing if by the number alone.
    pub key: String,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.id, self.key)
    }
}

impl FromStr for Cursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (id, key) = text.split_once('.').ok_or(())?;
        if key.contains('\0') {
            return Err(());
        }
        Ok(Self { id: id.parse().map_err(|_| ())?, key: key.to_owned() })
    }
}

/// What the board shows. Whatever an address says that is not understood counts as not said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BoardQuery {
    /// Words that name, account, host or id contain.
    pub search: String,
    /// Only this channel.
    pub channel: Option<Channel>,
    /// Only these states.
    pub state: Option<Filter>,
    /// The order.
    pub sort: Sort,
    /// The page.
    pub at: Position,
}

impl BoardQuery {
    /// Reads an address's query.
    #[must_use]
    pub fn from_query(query: &str) -> Self {
        let pairs: HashMap<_, _> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let get = |key: &str| pairs.get(key).cloned();
        let cursor = |key: &str| get(key).and_then(|text| text.parse().ok());
        let state = get("state").unwrap_or_default();
        let sort = get("sort").unwrap_or_default();
        Self {
            search: get("q").unwrap_or_default().trim().chars().take(200).collect(),
            channel: get("channel").and_then(|slug| Channel::from_slug(&slug)),
            state: Filter::ALL.iter().copied().find(|known| known.slug() == state),
            sort: Sort::ALL.iter().copied().find(|known| known.slug() == sort).unwrap_or_default(),
            at: match (cursor("after"), cursor("before"), get("page").as_deref()) {
                (Some(row), _, _) => Position::After(row),
                (_, Some(row), _) => Position::Before(row),
                (_, _, Some("last")) => Position::Last,
                _ => Position::First,
            },
        }
    }

    /// Reads an address that [`Self::href`] wrote; any other is that of the whole board.
    #[must_use]
    pub fn from_href(href: &str) -> Self {
        Self::from_query(href.strip_prefix("/?").unwrap_or_default())
    }

    /// Whether it leaves connections out.
    #[must_use]
    pub fn is_filtered(&self) -> bool {
        !self.search.is_empty() || self.has_filter()
    }

    /// Whether it keeps to a channel or to some states.
    #[must_use]
    pub fn has_filter(&self) -> bool {
        self.channel.is_some() || self.state.is_some()
    }

    /// The name of the state in the address.
    #[must_use]
    pub fn state_slug(&self) -> &'static str {
        self.state.map_or("", Filter::slug)
    }

    /// The address of this view of the board; what is not said in it has its default.
    #[must_use]
    pub fn href(&self) -> String {
        let at = match &self.at {
            Position::First => ("page", String::new()),
            Position::After(row) => ("after", row.to_string()),
            Position::Before(row) => ("before", row.to_string()),
            Position::Last => ("page", "last".to_owned()),
        };
        let pairs = [
            ("q", self.search.as_str(), ""),
            ("channel", self.channel.map_or("", Channel::slug), ""),
            ("state", self.state_slug(), ""),
            ("sort", self.sort.slug(), Sort::default().slug()),
            (at.0, &at.1, ""),
        ];
        let said = pairs.into_iter().filter(|(_, value, default)| value != default);
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(said.map(|(key, value, _)| (key, value)))
            .finish();
        if query.is_empty() { "/".to_owned() } else { format!("/?{query}") }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(href: &str) -> BoardQuery {
        BoardQuery::from_query(href.strip_prefix("/?").unwrap_or_default())
    }

    #[test]
    fn every_view_has_an_address_that_leads_back_to_it() {
        for &sort in Sort::ALL {
            for state in [None].into_iter().chain(Filter::ALL.iter().copied().map(Some)) {
                for channel in [None, Some(Channel::Facebook)] {
                    let row = Cursor { id: ConnectionId(646), key: "a.b & ü".into() };
                    for at in [
                        Position::First,
                        Position::After(row.clone()),
                        Position::Before(row),
                        Position::Last,
                    ] {
                        let search = "a & ü+b".into();
                        let query = BoardQuery { search, channel, state, sort, at };
                        assert_eq!(read(&query.href()), query);
                    }
                }
            }
        }
        assert_eq!(BoardQuery::default().href(), "/");
        assert_eq!(read("/"), BoardQuery::default());
    }

    #[test]
    fn what_is_not_understood_counts_as_not_said() {
        assert_eq!(read("/?channel=fax&state=x&sort=x&page=0&after=x"), BoardQuery::default());
    }
}
