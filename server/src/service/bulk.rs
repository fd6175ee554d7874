//! Does something to several connections that were chosen on the board. Each is changed or tested for itself: one
//! that fails stops none of the others.

use super::{PatchRequest, SaveError, Services, Turn};
use crate::{
    store::{self, Principal, Stored},
    wording::notice,
};
use futures_util::future::join_all;
use shared::{
    ConnectionId, ConnectionPatch, Field, SaveRefusal,
    board::PAGE_SIZE,
    bulk::{BulkAction, BulkRow},
};

impl Services {
    /// Those of the connections that exist, a board's page of them at most.
    pub async fn chosen(
        &self,
        caller: &Principal,
        ids: impl Iterator<Item = ConnectionId>,
    ) -> store::Result<Vec<Stored>> {
        let mut rows = vec![];
        for id in ids.take(PAGE_SIZE as usize) {
            rows.extend(self.get(caller.scope(), id).await?);
        }
        Ok(rows)
    }

    /// Enables or disables connections, at once, so that they share a commit.
    pub async fn set_all_enabled(
        &self,
        caller: &Principal,
        rows: &[Stored],
        enable: bool,
    ) -> Vec<BulkRow> {
        join_all(rows.iter().map(|row| self.set_one_enabled(caller, row, enable))).await
    }

    async fn set_one_enabled(&self, caller: &Principal, before: &Stored, enable: bool) -> BulkRow {
        let value = if enable { "1" } else { "0" };
        let patch = ConnectionPatch::default().with(Field::Enabled, Some(value));
        let id = before.connection.id;
        match self.patch(caller, PatchRequest::new(id, patch)).await {
            Ok(after) if after.version == before.version => {
                bulk_row(&after, notice::ALREADY_SO, false)
            }
            Ok(after) => bulk_row(&after, "", true),
            Err(error) => bulk_row(before, problem(&error), false),
        }
    }

    /// Within a turn, tests one of the connections as it is stored, and keeps the result.
    pub async fn test_one_of(&self, turn: &Turn, caller: &Principal, row: &Stored) -> BulkRow {
        match self.test_stored(turn, caller, row.connection.id).await {
            Ok((state, failure)) => {
                let why = failure.map(|why| format!("{} {}", why.explanation, why.advice));
                let good = why.is_none();
                BulkRow { state, ..bulk_row(row, why.unwrap_or_default(), good) }
            }
            Err(error) => bulk_row(row, problem(&error), false),
        }
    }
}

/// What an action would do to a connection; a test is not asked about.
#[must_use]
pub fn bulk_preview(action: BulkAction, stored: &Stored) -> BulkRow {
    let enable = action == BulkAction::Enable;
    let is_enabled = stored.connection.get(Field::Enabled) == Some("1");
    let good = is_enabled != enable;
    bulk_row(stored, notice::bulk_preview(action, is_enabled), good)
}

fn bulk_row(stored: &Stored, text: impl Into<String>, good: bool) -> BulkRow {
    let Stored { connection, health, .. } = stored;
    BulkRow {
        id: connection.id,
        name: connection.name.clone().unwrap_or_else(|| "(no name)".to_owned()),
        channel_label: connection.channel().label().to_owned(),
        state: health.state(connection),
        text: text.into(),
        good,
    }
}

fn problem(error: &SaveError) -> String {
    match error {
        SaveError::Refused(SaveRefusal::Invalid(violations)) => {
            violations.errors().map(|of| of.message.clone()).collect::<Vec<_>>().join(" ")
        }
        SaveError::Refused(SaveRefusal::Forbidden) => notice::NOT_YOURS.to_owned(),
        SaveError::Refused(SaveRefusal::NotFound) => notice::NOT_THERE.to_owned(),
        _ => {
            tracing::error!(error = error as &dyn std::error::Error, "one of several failed");
            notice::TRY_AGAIN.to_owned()
        }
    }
}
