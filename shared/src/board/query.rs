//! The board's query, which is its address.

use super::{Filter, Sort};
use crate::{Channel, ConnectionId};
use std::{collections::HashMap, fmt, str::FromStr};

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
