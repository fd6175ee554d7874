//! The audit log: one row in the transaction of every change, chained to the row before it on the
//! same site by an HMAC whose key is sealed in the database. Who can write to the database, but has
//! not the key ring, can neither change a row, nor leave one out, nor move one, nor cut the end off,
//! without [`Auditor::verify`] finding it.

use crate::{
    clock,
    store::{
        AuditDetail, AuditHead, AuditRow, Principal, Result, SERVER, Store, StoreError, UserId,
        WriteTx,
    },
};
use aws_lc_rs::hmac;
use jiff::Timestamp;
use shared::{
    Channel, ConnectionId, SiteId,
    audit::{EventKind, Via},
};
use std::fmt;

/// Rows that are verified at a time.
const VERIFY_BATCH_ROWS: u32 = 1000;

#[derive(Clone, Debug)]
pub struct Actor {
    /// The user, if it is one.
    pub user: Option<UserId>,
    /// The e-mail address, or what stands for it.
    pub who: String,
    pub via: Via,
}

impl Actor {
    /// The operator at the command line.
    #[must_use]
    pub fn operator() -> Self {
        Self { user: None, who: "operator".to_owned(), via: Via::Cli }
    }

    /// Somebody who is not known.
    #[must_use]
    pub fn unknown(via: Via) -> Self {
        Self { user: None, who: "somebody unknown".to_owned(), via }
    }
}

impl From<&Principal> for Actor {
    fn from(principal: &Principal) -> Self {
        let Principal { user, email, via, .. } = principal;
        Self { user: Some(*user), who: email.clone(), via: *via }
    }
}

#[derive(Clone, Debug)]
pub struct AuditEvent {
    kind: EventKind,
    connection: Option<(ConnectionId, Channel)>,
    detail: AuditDetail,
}

impl AuditEvent {
    /// Something that is not about a connection.
    #[must_use]
    pub fn new(kind: EventKind, about: impl Into<String>) -> Self {
        let detail = AuditDetail { about: about.into(), ..AuditDetail::default() };
        Self { kind, connection: None, detail }
    }

    #[must_use]
    pub fn on(kind: EventKind, connection: (ConnectionId, Channel), detail: AuditDetail) -> Self {
        Self { kind, connection: Some(connection), detail }
    }
}

/// The end of a site's chain, to which the next row is chained.
#[derive(Clone, Debug)]
pub struct ChainEnd {
    site: SiteId,
    number: i64,
    mac: Vec<u8>,
}

impl ChainEnd {
    /// The end as it was read; of a chain without a row if there is none.
    #[must_use]
    pub fn of(site: SiteId, head: Option<AuditHead>) -> Self {
        let (number, mac) = head.map_or((0, vec![]), |head| (head.number, head.mac));
        Self { site, number, mac }
    }

    /// The number of its last row; 0 if it has none.
    #[must_use]
    pub const fn number(&self) -> i64 {
        self.number
    }
}

/// Writes and verifies the audit log.
#[derive(Clone)]
pub struct Auditor(hmac::Key);

impl fmt::Debug for Auditor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Auditor")
    }
}

/// Whether a row was read that the program did not write.
fn is_unreadable(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. })
}

/// What a verification found.
#[derive(Debug, Default)]
pub struct Report {
    /// The ends of the chains, as they are stored.
    pub heads: Vec<AuditHead>,
    /// What is wrong, one sentence each; nothing if all is well.
    pub problems: Vec<String>,
}

impl Auditor {
    /// With the key of the chain.
    #[must_use]
    pub fn new(key: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// Writes a row within the transaction of what it tells of, and returns its number.
    pub async fn record(
        &self,
        tx: &mut dyn WriteTx,
        site: SiteId,
        actor: &Actor,
        event: AuditEvent,
        now: Timestamp,
    ) -> Result<i64> {
        self.record_all(tx, site, actor, vec![event], now).await
    }

    /// Writes a row for each event, in their order, and returns the number of the last one.
    pub async fn record_all(
        &self,
        tx: &mut dyn WriteTx,
        site: SiteId,
        actor: &Actor,
        events: Vec<AuditEvent>,
        now: Timestamp,
    ) -> Result<i64> {
        let mut end = ChainEnd::of(site, tx.head(site).await?);
        if events.is_empty() {
            return Ok(end.number);
        }
        let rows = events.iter().map(|event| self.link(&mut end, actor, event, now));
        let rows = rows.collect::<Result<Vec<_>>>()?;
        tx.append(&rows, &self.seal(&end)).await?;
        Ok(end.number)
    }

    /// The row for an event at the end of a chain, which moves on to it.
    ///
    /// # Errors
    /// If the event cannot be written down.
    pub fn link(
        &self,
        end: &mut ChainEnd,
        actor: &Actor,
        event: &AuditEvent,
        now: Timestamp,
    ) -> Result<AuditRow> {
        let detail = serde_json::to_string(&event.detail)
            .map_err(|_| StoreError::Malformed("an event without a text".to_owned()))?;
        let mut row = AuditRow {
            site: end.site,
            number: end.number + 1,
            at: clock::date(now),
            user: actor.user.map(|user| user.0),
            who: actor.who.clone(),
            via: actor.via,
            kind: event.kind,
            connection: event.connection.map(|(id, _)| id),
            channel: event.connection.map(|(_, channel)| channel),
            detail,
            mac: vec![],
        };
        row.mac = self.row_mac(&row, &end.mac);
        end.number = row.number;
        end.mac.clone_from(&row.mac);
        Ok(row)
    }

    /// The end of a chain as it is stored.
    #[must_use]
    pub fn seal(&self, ChainEnd { site, number, mac }: &ChainEnd) -> AuditHead {
        let mut head = AuditHead { site: *site, number: *number, mac: mac.clone(), seal: vec![] };
        head.seal = self.head_mac(&head);
        head
    }

    /// The code over a row and the code of the row before.
    fn row_mac(&self, row: &AuditRow, before: &[u8]) -> Vec<u8> {
        let AuditRow {
            site, number, at, user, who, via, kind, connection, channel, detail, ..
        } = row;
        let place = ("row", site, number, at, user, who);
        let content = (via.slug(), kind.slug(), connection, channel.map(Channel::slug), detail);
        self.mac(&(place, content, before))
    }

    fn head_mac(&self, AuditHead { site, number, mac, .. }: &AuditHead) -> Vec<u8> {
        self.mac(&("head", site, number, mac))
    }

    /// A code of a text that nobody can make, or try texts against, who has not the key.
    #[must_use]
    pub fn code(&self, text: &str) -> Vec<u8> {
        self.mac(&("code", text))
    }

    /// JSON tells where each part ends, so that no two contents have one text.
    fn mac(&self, content: &impl serde::Serialize) -> Vec<u8> {
        let text = serde_json::to_vec(content).unwrap_or_default();
        hmac::sign(&self.0, &text).as_ref().to_vec()
    }

    /// Goes through all chains.
    pub async fn verify(&self, store: &dyn Store) -> Result<Report> {
        // The ends last: whatever is found before has one.
        let mut sites = store.audited_sites().await?;
        sites.extend(store.sites().await?);
        let mut report = Report { heads: store.heads().await?, problems: vec![] };
        sites.extend(report.heads.iter().map(|head| head.site));
        sites.push(SERVER);
        sites.sort_unstable();
        sites.dedup();
        for site in sites {
            let head = report.heads.iter().find(|head| head.site == site);
            let problem = self.problem(store, site, head).await?;
            report.problems.extend(problem.map(|problem| format!("site {site}: {problem}")));
        }
        Ok(report)
    }

    /// The first thing that is wrong with a site's chain.
    async fn problem(
        &self,
        store: &dyn Store,
        site: SiteId,
        head: Option<&AuditHead>,
    ) -> Result<Option<String>> {
        let Some(head) = head else {
            return Ok(Some("the end of the chain is missing".to_owned()));
        };
        if self.head_mac(head) != head.seal {
            return Ok(Some("the end of the chain was changed".to_owned()));
        }
        let (mut number, mut before) = (0, vec![]);
        while number < head.number {
            let rows = match store.chain(site, number, VERIFY_BATCH_ROWS).await {
                Err(StoreError::Sql(error)) if is_unreadable(&error) => {
                    return Ok(Some(format!("what follows row {number} cannot be read")));
                }
                rows => rows?,
            };
            if rows.is_empty() {
                let last = head.number;
                return Ok(Some(format!("it ends at row {number}, but row {last} was written")));
            }
            // Others go on writing behind the end that was read.
            for row in rows {
                if number == head.number {
                    break;
                }
                if row.number != number + 1 {
                    return Ok(Some(format!("row {} is missing", number + 1)));
                }
                if self.row_mac(&row, &before) != row.mac {
                    return Ok(Some(format!("row {} was changed or moved", row.number)));
                }
                (number, before) = (row.number, row.mac);
            }
        }
        if head.mac != before {
            return Ok(Some("its last row was exchanged".to_owned()));
        }
        let beyond = !store.chain(site, number, 1).await?.is_empty();
        let grown = store.heads().await?.iter().any(|now| now.site == site && now.number > number);
        let added = "a row was added that was never written";
        Ok((beyond && !grown).then(|| added.to_owned()))
    }
}
