//! What a page of the board is, for the statements of every database.

mod statement;

pub(super) use statement::{Dialect, Filters, page, push_filters};

use super::{Facet, SiteScope};
use app::backend::{BoardQuery, Cursor, Filter, Position, Sort};
use shared::{Channel, Key, State};

/// What a row of the board shows, and no secret.
pub(super) const SHOWN: [Key; 12] = [
    Key::Id,
    Key::SiteId,
    Key::MediaId,
    Key::ProviderId,
    Key::Name,
    Key::UserId,
    Key::Host,
    Key::Port,
    Key::From,
    Key::Enabled,
    Key::ModifyDate,
    Key::Remarks,
];

/// The order and the beginning of a page.
pub(super) struct Page<'a> {
    /// Whose rows.
    pub(super) scope: SiteScope,
    /// Channels and states; nothing for all.
    pub(super) ranges: Vec<(Channel, State)>,
    /// What is sorted by before the number.
    pub(super) key: &'static str,
    descending: bool,
    beyond: Option<&'a Cursor>,
}

impl<'a> Page<'a> {
    /// Of a query.
    pub(super) fn of(scope: SiteScope, query: &'a BoardQuery) -> Self {
        let backwards = matches!(query.at, Position::Before(_) | Position::Last);
        let channels = query.channel.map_or(Channel::ALL.to_vec(), |channel| vec![channel]);
        let states = query.state.map_or(&State::ALL[..], Filter::states);
        let all = query.channel.is_none() && query.state.is_none();
        let range = |channel| states.iter().map(move |state| (channel, *state));
        Self {
            scope,
            ranges: if all { vec![] } else { channels.into_iter().flat_map(range).collect() },
            key: match query.sort {
                Sort::Newest | Sort::Oldest => "modify_date",
                Sort::Name => "name_key",
                Sort::Id => BY_ID,
            },
            descending: (query.sort == Sort::Newest) != backwards,
            beyond: match &query.at {
                Position::After(row) | Position::Before(row) => Some(row),
                Position::First | Position::Last => None,
            },
        }
    }

    /// Whether it begins with the newest rows.
    fn is_newest(&self) -> bool {
        self.key == "modify_date" && self.descending && self.beyond.is_none()
    }

    /// The row that the page follows, and on which side of it the page is.
    fn beyond(&self) -> Option<(&'a Cursor, &'static str)> {
        Some((self.beyond?, if self.descending { "<" } else { ">" }))
    }

    /// The order, by the columns that hold what it goes by.
    pub(super) fn order(&self, key: &str, id: &str) -> String {
        let direction = if self.descending { " DESC" } else { "" };
        if self.key == BY_ID {
            return format!(" ORDER BY {id}{direction}");
        }
        format!(" ORDER BY {key}{direction}, {id}{direction}")
    }
}

/// The column that says whether a page is partial.
pub(super) const PARTIAL: &str = "partial";

/// The column that says whether more may match than were counted.
pub(super) const MORE: &str = "more";

/// The column of the counts: JSON, a list of `[channel, state, count]`.
pub(super) const FACETS: &str = "facets";

/// The counts of that column.
pub(super) fn facets(json: &str) -> sqlx::Result<Vec<Facet>> {
    let rows: Vec<(String, i16, u64)> =
        serde_json::from_str(json).map_err(|error| sqlx::Error::Decode(error.into()))?;
    let facet = |(channel, state, count): (String, i16, u64)| Facet {
        channel: Channel::from_slug(&channel).unwrap_or(Channel::Other),
        state: State::from_code(state).unwrap_or_default(),
        count,
    };
    Ok(rows.into_iter().map(facet).collect())
}

/// What stands for nothing before the number.
const BY_ID: &str = "''";
