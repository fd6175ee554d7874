//! The audit log as it is stored. What its numbers and codes mean is in the module `audit`.

use super::{PreviousSecretValue, Result, SiteScope};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use shared::{
    Channel, ConnectionId, Destination, Field, SiteId, Version,
    audit::{ActivityQuery, EventKind, FieldChange, Person, Via},
};

/// One thing that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// The site; 0 is the whole server.
    pub site: SiteId,
    /// From 1 on each site, without a gap.
    pub number: i64,
    /// `YYYY-MM-DD HH:MM:SS`, UTC.
    pub at: String,
    /// The user; `None` is the operator, or nobody known.
    pub user: Option<i64>,
    /// The e-mail address at that time, or what stands for it.
    pub who: String,
    pub via: Via,
    pub kind: EventKind,
    /// The connection that it is about.
    pub connection: Option<ConnectionId>,
    pub channel: Option<Channel>,
    /// The rest, as JSON: see [`AuditDetail`].
    pub detail: String,
    /// What chains it to the row before.
    pub mac: Vec<u8>,
}

/// What a row says beyond its columns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AuditDetail {
    /// The fields that changed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<FieldChange>,
    /// The connection's version since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// The number of the row that this one undid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undid: Option<i64>,
    /// What else there is to say.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub about: String,
}

/// The end of a site's chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditHead {
    pub site: SiteId,
    /// The number of its last row.
    pub number: i64,
    /// The chain code of that row.
    pub mac: Vec<u8>,
    /// The code of this head.
    pub seal: Vec<u8>,
}

/// A secret that was replaced and is still kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviousSecretInfo {
    /// The number of the audit row of the change.
    pub event: i64,
    pub field: Field,
    /// What it was given for; `None` if the field was empty.
    pub destination: Option<Destination>,
}

/// A change of a connection, for those who listen for changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangeNotice {
    /// The number of its audit row: on a site they are committed in their order, without a gap.
    pub number: i64,
    pub kind: EventKind,
    pub connection: ConnectionId,
    /// The connection's version since, if the row says it.
    pub version: Option<Version>,
}

/// Reads of the audit log.
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// Rows of a site, newest first, each with the name that its connection has now.
    async fn events(
        &self,
        scope: SiteScope,
        query: &ActivityQuery,
        limit: u32,
    ) -> Result<Vec<(AuditRow, Option<String>)>>;

    /// A row of a site.
    async fn event(&self, scope: SiteScope, number: i64) -> Result<Option<AuditRow>>;

    /// Everybody in a site's log, by e-mail address.
    async fn people(&self, scope: SiteScope) -> Result<Vec<Person>>;

    /// The replaced secrets of a connection that are kept at `now` (seconds since 1970).
    async fn previous_secrets(
        &self,
        scope: SiteScope,
        id: ConnectionId,
        now: i64,
    ) -> Result<Vec<PreviousSecretInfo>>;

    /// What a secret was before the change of an event; `None` if it is not kept at `now`.
    async fn previous_secret(
        &self,
        scope: SiteScope,
        place: (ConnectionId, i64, Field),
        now: i64,
    ) -> Result<Option<PreviousSecretValue>>;

    /// Rows of one site's chain after a number, in their order, as they are stored; the site is no
    /// tenant's here, but the verifier's.
    async fn chain(&self, site: SiteId, after: i64, limit: u32) -> Result<Vec<AuditRow>>;

    /// The ends of all chains.
    async fn heads(&self) -> Result<Vec<AuditHead>>;

    /// The number of the last row of each of these sites that has any.
    async fn numbers(&self, sites: &[SiteId]) -> Result<Vec<(SiteId, i64)>>;

    /// Changes of a site's connections after a number, in their order.
    async fn changes(&self, scope: SiteScope, after: i64, limit: u32) -> Result<Vec<ChangeNotice>>;

    /// All sites that have rows.
    async fn audited_sites(&self) -> Result<Vec<SiteId>>;
}

/// Writes of the audit log.
#[async_trait]
pub trait AuditTx: Send {
    /// The end of a site's chain; `None` before its first row. Whoever asks holds the chain until
    /// the transaction ends.
    async fn head(&mut self, site: SiteId) -> Result<Option<AuditHead>>;

    /// Adds rows of one site, each chained to the one before, and moves the end of the chain to the
    /// last of them.
    async fn append(&mut self, rows: &[AuditRow], head: &AuditHead) -> Result<()>;
}
