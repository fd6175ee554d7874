//! The board: a page of rows and the counts behind the filters.

use super::Services;
use crate::{
    clock::moment,
    store::{BoardLine, BoardRows, Counted, Derived, Facet, Health, Result, SiteScope},
};
use jiff::Timestamp;
use shared::{
    Channel, Connection, ConnectionView, Field,
    board::{BoardPage, BoardQuery, BoardRow, Counts, Cursor, Filter, Sort},
    channel::media_label,
    view::Related,
};

impl Services {
    /// A page of the board.
    pub async fn board(&self, scope: SiteScope, query: &BoardQuery) -> Result<BoardPage> {
        let BoardRows { rows, earlier, later, counted } = self.store.board(scope, query).await?;
        let now = self.clock.now();
        let cursor = |row: Option<&BoardLine>| Some(cursor(query.sort, &row?.connection));
        Ok(BoardPage {
            counts: counts(query, &counted),
            earlier: cursor(rows.first().filter(|_| earlier)),
            later: cursor(rows.last().filter(|_| later)),
            rows: rows.iter().map(|line| row(line, now)).collect(),
        })
    }

    /// Other connections of the site to the same account: two that read one mailbox take mail from each other.
    pub async fn same_account(
        &self,
        scope: SiteScope,
        view: &ConnectionView,
    ) -> Result<Vec<Related>> {
        let user = view.value(Field::UserId);
        if user.is_empty() {
            return Ok(vec![]);
        }
        let (search, channel) = (user.to_owned(), Some(view.channel));
        let query = BoardQuery { search, channel, ..BoardQuery::default() };
        let rows = self.board(scope, &query).await?.rows;
        let own = rows.iter().find(|row| Some(row.id) == view.id).map(|row| row.account.clone());
        let same = rows.into_iter().filter(|row| {
            Some(row.id) != view.id
                && own.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(&row.account))
        });
        Ok(same.map(|row| Related { id: row.id, name: row.name }).collect())
    }
}

/// The place of a row in an order.
fn cursor(sort: Sort, connection: &Connection) -> Cursor {
    let key = match sort {
        Sort::Newest | Sort::Oldest => connection.modify_date.clone().unwrap_or_default(),
        Sort::Name => Derived::of(connection, &Health::default()).name_key,
        Sort::Id => String::new(),
    };
    Cursor { id: connection.id, key }
}

fn row(BoardLine { connection, state }: &BoardLine, now: Timestamp) -> BoardRow {
    let channel = connection.channel();
    BoardRow {
        id: connection.id,
        channel,
        channel_label: channel_label(connection).to_owned(),
        name: connection.name.clone().unwrap_or_default(),
        account: channel.account_label(connection),
        state: *state,
        problem: connection.remarks.clone().filter(|_| state.needs_attention()),
        changed: connection.modify_date.as_deref().and_then(|date| moment(date, now)),
    }
}

/// The channel's name; for other media the medium's.
pub(super) fn channel_label(connection: &Connection) -> &str {
    match (connection.channel(), connection.media_id.as_deref()) {
        (Channel::Other, Some(media_id)) => media_label(media_id),
        (channel, _) => channel.label(),
    }
}

fn counts(query: &BoardQuery, Counted { facets, more }: &Counted) -> Counts {
    let in_channel = |facet: &&Facet| query.channel.is_none_or(|channel| channel == facet.channel);
    let in_state = |facet: &&Facet| query.state.is_none_or(|f| f.states().contains(&facet.state));
    let sum = |filter: Filter| {
        let of_filter = facets.iter().filter(|facet| filter.states().contains(&facet.state));
        of_filter.filter(in_channel).map(|facet| facet.count).sum()
    };
    Counts {
        more: *more,
        shown: facets.iter().filter(in_channel).filter(in_state).map(|facet| facet.count).sum(),
        all: facets.iter().filter(in_channel).map(|facet| facet.count).sum(),
        states: Filter::ALL.iter().map(|&filter| (filter, sum(filter))).collect(),
        channels: Channel::ALL
            .into_iter()
            .map(|channel| {
                let of_channel = facets.iter().filter(in_state).filter(|f| f.channel == channel);
                (channel, of_channel.map(|facet| facet.count).sum())
            })
            .collect(),
    }
}
