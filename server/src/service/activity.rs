//! What was done: a connection's timeline, a site's activity, and all of it as CSV.

use super::{Services, undo};
use crate::{
    clock::moment,
    shares::{Over, Share, ShareLimits},
    store::{AuditDetail, AuditRow, PreviousSecretInfo, Principal, Result, SiteScope, Stored},
};
use jiff::Timestamp;
use shared::{
    Channel, ConnectionId,
    audit::{ActivityPage, ActivityQuery, EVENTS, Event, EventConnection, FieldChange},
};

/// Events beside a connection's form.
const TIMELINE_EVENTS: u32 = 20;

/// Downloads of CSV at a time.
pub(super) const DOWNLOADS: ShareLimits = ShareLimits { all: 16, per_site: 4, per_user: 2 };

/// Rows that are read at a time for CSV.
const CSV_BATCH_ROWS: u32 = 500;

impl Services {
    /// A page of the site's activity.
    pub async fn activity(
        &self,
        caller: &Principal,
        query: &ActivityQuery,
    ) -> Result<ActivityPage> {
        let scope = caller.scope();
        let mut rows = self.store.events(scope, query, EVENTS + 1).await?;
        let more = rows.len() > EVENTS as usize;
        rows.truncate(EVENTS as usize);
        let now = self.now();
        let event = |(row, name): (AuditRow, Option<String>)| event(caller, row, name, now);
        let people = self.store.people(scope).await?;
        Ok(ActivityPage { events: rows.into_iter().map(event).collect(), more, people })
    }

    /// The last events of a connection; those that the caller can undo are marked.
    pub async fn timeline(&self, caller: &Principal, id: ConnectionId) -> Result<Vec<Event>> {
        let (scope, now) = (caller.scope(), self.now());
        let query = ActivityQuery { connection: Some(id), ..ActivityQuery::default() };
        let rows = self.store.events(scope, &query, TIMELINE_EVENTS).await?;
        let stored = self.store.connection(scope, id).await?;
        let kept = self.store.previous_secrets(scope, id, now.as_second()).await?;
        let stored = stored.filter(|_| caller.role.may_edit());
        Ok(rows
            .into_iter()
            .map(|(row, name): (AuditRow, Option<String>)| {
                let can_undo = stored.as_ref().is_some_and(|stored| can_undo(&row, stored, &kept));
                Event { can_undo, ..event(caller, row, name, now) }
            })
            .collect())
    }

    /// A place to download CSV, to be held until its end.
    ///
    /// # Errors
    /// If the caller, the site or all have as many as they may.
    pub fn download(&self, caller: &Principal) -> std::result::Result<Share, Over> {
        self.downloads.take(caller)
    }

    /// Lines of CSV, newest first, from before a number; and the number to go on from, if there
    /// are more.
    pub async fn csv(
        &self,
        scope: SiteScope,
        query: &ActivityQuery,
    ) -> Result<(Vec<u8>, Option<i64>)> {
        let rows = self.store.events(scope, query, CSV_BATCH_ROWS).await?;
        let full = rows.len() == CSV_BATCH_ROWS as usize;
        let next = rows.last().map(|(row, _)| row.number).filter(|_| full);
        Ok((lines(rows.iter().map(|(row, name)| line(row, name.as_deref()))), next))
    }
}

fn can_undo(row: &AuditRow, stored: &Stored, kept: &[PreviousSecretInfo]) -> bool {
    let Some(detail) = undo::change(row) else { return false };
    let destination = undo::destination_after(stored, &detail);
    let comes_back = |field| {
        let kept = kept.iter().find(|kept| kept.event == row.number && kept.field == field);
        kept.is_some_and(|kept| kept.destination.as_ref().is_none_or(|given| *given == destination))
    };
    detail.changes.iter().all(|change| {
        undo::is_last(stored, &detail, change)
            && (!change.field.is_secret() || comes_back(change.field))
    })
}

fn event(caller: &Principal, row: AuditRow, name: Option<String>, now: Timestamp) -> Event {
    let AuditDetail { changes, undid, about, .. } = detail(&row);
    let is_you = row.user == Some(caller.user.0);
    Event {
        number: row.number,
        at: moment(&row.at, now).unwrap_or_default(),
        who: if is_you { "you".to_owned() } else { row.who },
        via: row.via,
        kind: row.kind,
        connection: row.connection.map(|id| EventConnection {
            id,
            name: name.unwrap_or_default(),
            channel: row.channel.unwrap_or(Channel::Other),
        }),
        changes,
        about,
        undid,
        can_undo: false,
    }
}

fn detail(row: &AuditRow) -> AuditDetail {
    serde_json::from_str(&row.detail).unwrap_or_default()
}

const HEAD: [&str; 10] = [
    "number",
    "time (UTC)",
    "who",
    "through",
    "what",
    "connection",
    "name",
    "channel",
    "changes",
    "about",
];

/// The first line of the CSV.
#[must_use]
pub fn csv_head() -> Vec<u8> {
    lines([HEAD.map(ToOwned::to_owned)].into_iter())
}

fn line(row: &AuditRow, name: Option<&str>) -> [String; 10] {
    let AuditDetail { changes, undid, about, .. } = detail(row);
    let changes: Vec<_> = changes
        .iter()
        .map(|change: &FieldChange| {
            if change.field.is_secret() {
                return change.field.name().to_owned();
            }
            let text = |value: &Option<String>| value.clone().unwrap_or_default();
            format!("{}: {} -> {}", change.field.name(), text(&change.before), text(&change.after))
        })
        .collect();
    let about = undid.map_or(about, |number| format!("undid number {number}"));
    [
        row.number.to_string(),
        row.at.clone(),
        row.who.clone(),
        row.via.label().to_owned(),
        row.kind.label().to_owned(),
        row.connection.map(|id| id.to_string()).unwrap_or_default(),
        name.unwrap_or_default().to_owned(),
        row.channel.map_or("", Channel::label).to_owned(),
        changes.join("; "),
        about,
    ]
}

fn lines(rows: impl Iterator<Item = [String; 10]>) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(vec![]);
    for row in rows {
        // Writing to memory does not fail.
        let _ = writer.write_record(row.map(harmless));
    }
    writer.into_inner().unwrap_or_default()
}

/// A spreadsheet takes a text that begins like this for a formula (OWASP, CSV injection).
fn harmless(text: String) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { format!("'{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spreadsheet_takes_nothing_for_a_formula() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"] {
            assert_eq!(harmless(formula.to_owned()), format!("'{formula}"));
        }
        assert_eq!(harmless("a=b".to_owned()), "a=b");
    }
}
