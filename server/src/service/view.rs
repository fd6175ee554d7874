//! What a browser may see of a connection.

use super::{Services, board::channel_label};
use crate::{
    clock::moment,
    store::{Result, SiteScope, Stamp, Stored},
};
use jiff::Timestamp;
use shared::{
    Channel, Connection, ConnectionView, Field,
    view::{Related, SecretView},
};

/// The most related connections of one that are shown or offered: each makes the page longer, and nobody finds one
/// among more.
const MAX_RELATED: u32 = 200;

/// Characters of a token that a browser may see.
const TAIL: usize = 4;

impl Services {
    /// A connection as its page shows it, without those that belong to it.
    #[must_use]
    pub fn view_alone(&self, stored: &Stored) -> ConnectionView {
        view(stored, self.clock.now())
    }

    /// A connection as its page shows it, with those that belong to it.
    pub async fn view(&self, scope: SiteScope, stored: &Stored) -> Result<ConnectionView> {
        let mut view = self.view_alone(stored);
        if view.channel == Channel::PARENT {
            view.children = self.store.children(scope, stored.connection.id, MAX_RELATED).await?;
        }
        if view.channel.has_parent() {
            view.parents = self.parents(scope, view.channel).await?;
            view.parent = self.parent(scope, &stored.connection, &view.parents).await?;
        }
        Ok(view)
    }

    /// An empty form for a channel.
    pub async fn blank(&self, scope: SiteScope, channel: Channel) -> Result<ConnectionView> {
        Ok(ConnectionView::blank(channel, self.parents(scope, channel).await?))
    }

    async fn parents(&self, scope: SiteScope, channel: Channel) -> Result<Vec<Related>> {
        if channel.has_parent() { self.store.inbound(scope, MAX_RELATED).await } else { Ok(vec![]) }
    }

    async fn parent(
        &self,
        scope: SiteScope,
        connection: &Connection,
        offered: &[Related],
    ) -> Result<Option<Related>> {
        let Some(id) = connection.parent_id.as_deref().and_then(|id| id.parse().ok()) else {
            return Ok(None);
        };
        if let Some(parent) = offered.iter().find(|parent| parent.id == id) {
            return Ok(Some(parent.clone()));
        }
        let parent = self.store.connection(scope, id).await?;
        Ok(parent.map(|parent| Related { id, name: parent.connection.name.unwrap_or_default() }))
    }
}

fn view(stored: &Stored, now: Timestamp) -> ConnectionView {
    let Stored { connection, version, password, token, .. } = stored;
    let plain = Field::ALL.into_iter().filter(|field| !field.is_secret());
    let secrets = [(Field::Password, password), (Field::Token, token)];
    ConnectionView {
        id: Some(connection.id),
        version: *version,
        channel: connection.channel(),
        channel_label: channel_label(connection).to_owned(),
        values: plain
            .filter_map(|field| Some((field, connection.get(field)?.to_owned())))
            .collect(),
        secrets: secrets
            .into_iter()
            .filter_map(|(field, stamp)| Some((field, secret(connection, field, stamp, now)?)))
            .collect(),
        modified: connection.modify_date.as_deref().and_then(|date| moment(date, now)),
        parent: None,
        children: vec![],
        parents: vec![],
    }
}

fn secret(
    connection: &Connection,
    field: Field,
    stamp: &Stamp,
    now: Timestamp,
) -> Option<SecretView> {
    let value = connection.secret(field.key())?.expose();
    let shown = connection.channel().spec(field).is_some_and(shared::FieldSpec::shows_tail);
    // A token too short to be one would be given away by its tail.
    let long = value.chars().count() >= 5 * TAIL;
    let start = value.char_indices().rev().nth(TAIL - 1).map(|(index, _)| index);
    Some(SecretView {
        tail: start.filter(|_| shown && long).map(|start| value[start..].to_owned()),
        changed: stamp.date.as_deref().and_then(|date| moment(date, now)),
        version: stamp.version,
    })
}
