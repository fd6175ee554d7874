//! The board: a page of rows and the counts behind the filters.

use super::Services;
use crate::{
    clock::moment,
    store::{Facet, Result, SiteScope},
};
use app::backend::{BoardPage, BoardQuery, BoardRow, Counts};
use jiff::Timestamp;
use shared::{Channel, Connection, Field, channel::media_label};

impl Services {
    /// A page of the board.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn board(&self, scope: SiteScope, query: &BoardQuery) -> Result<BoardPage> {
        let facets = self.store.facets(scope, &query.search).await?;
        let rows = self.store.board(scope, query).await?;
        let now = self.clock.now();
        let rows = rows.iter().map(|connection| row(connection, now)).collect();
        Ok(BoardPage { rows, counts: counts(query, &facets) })
    }
}

fn row(connection: &Connection, now: Timestamp) -> BoardRow {
    let channel = connection.channel();
    BoardRow {
        id: connection.id,
        channel,
        channel_label: channel_label(connection).to_owned(),
        name: connection.name.clone().unwrap_or_default(),
        account: account(connection),
        enabled: connection.get(Field::Enabled) == Some("1"),
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

/// The account in the form in which staff know it.
fn account(connection: &Connection) -> String {
    let text = |field| connection.get(field).unwrap_or_default().to_owned();
    let user = text(Field::UserId);
    match connection.channel() {
        Channel::EmailInbound | Channel::EmailOutbound => {
            format!("{user} · {}:{}", text(Field::Host), text(Field::Port))
        }
        Channel::Twitter => format!("@{user}"),
        Channel::Instagram => {
            let sender = text(Field::From);
            let number = sender.bytes().all(|byte| byte.is_ascii_digit());
            if number { sender } else { format!("@{sender}") }
        }
        Channel::Facebook | Channel::Other => user,
    }
}

fn counts(query: &BoardQuery, facets: &[Facet]) -> Counts {
    let in_channel = |facet: &&Facet| query.channel.is_none_or(|channel| channel == facet.channel);
    let in_state = |facet: &&Facet| query.enabled.is_none_or(|enabled| enabled == facet.enabled);
    let sum = |state: bool| {
        facets
            .iter()
            .filter(in_channel)
            .filter(|facet| facet.enabled == state)
            .map(|f| f.count)
            .sum()
    };
    Counts {
        shown: facets.iter().filter(in_channel).filter(in_state).map(|facet| facet.count).sum(),
        enabled: sum(true),
        disabled: sum(false),
        channels: Channel::ALL
            .into_iter()
            .map(|channel| {
                let of_channel = facets.iter().filter(in_state).filter(|f| f.channel == channel);
                (channel, of_channel.map(|facet| facet.count).sum())
            })
            .collect(),
    }
}
