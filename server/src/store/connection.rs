//! Connections.

use super::{Result, SiteScope};
use app::backend::BoardQuery;
use async_trait::async_trait;
use shared::{Channel, Connection, ConnectionId, Field, Secret, Version, view::Related};

/// A connection with what is stored beside the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The record.
    pub connection: Connection,
    /// The number of its real changes.
    pub version: Version,
    /// When `Password` last changed.
    pub password: Stamp,
    /// When `Token` last changed.
    pub token: Stamp,
}

/// The last change of a secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    /// `YYYY-MM-DD HH:MM:SS`, UTC; `None` if it was never set.
    pub date: Option<String>,
    /// The connection's version since then.
    pub version: Version,
}

impl Stored {
    /// A connection that is about to be inserted.
    #[must_use]
    pub fn new(connection: Connection) -> Self {
        let date = connection.create_date.clone();
        let stamp = |field| Stamp {
            date: date.clone().filter(|_| connection.has(field)),
            version: Version(1),
        };
        let (password, token) = (stamp(Field::Password), stamp(Field::Token));
        Self { connection, version: Version(1), password, token }
    }

    /// The last change of a field that is a secret.
    #[must_use]
    pub fn stamp(&self, field: Field) -> Option<&Stamp> {
        match field {
            Field::Password => Some(&self.password),
            Field::Token => Some(&self.token),
            _ => None,
        }
    }
}

/// A page of the find API.
#[derive(Clone, Debug, Default)]
pub struct FindQuery {
    /// Only ids greater than this.
    pub since_id: Option<ConnectionId>,
    /// Created at or after (`YYYY-MM-DD HH:MM:SS`).
    pub since: Option<String>,
    /// Modified at or after.
    pub last_update: Option<String>,
    /// Rows to take.
    pub limit: u32,
    /// Rows to skip.
    pub offset: u32,
}

/// The rows of a page and how many there are in all.
#[derive(Debug)]
pub struct Found {
    /// The page.
    pub rows: Vec<Stored>,
    /// All that match.
    pub total: u64,
}

/// How many of a site's connections share a channel and a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facet {
    /// The channel.
    pub channel: Channel,
    /// Whether they are in use.
    pub enabled: bool,
    /// Their number.
    pub count: u64,
}

/// Reads of connections.
#[async_trait]
pub trait Connections: Send + Sync {
    /// A connection of the site.
    async fn connection(&self, scope: SiteScope, id: ConnectionId) -> Result<Option<Stored>>;

    /// A page of the site's connections by id.
    async fn find(&self, scope: SiteScope, query: &FindQuery) -> Result<Found>;

    /// A page of the board.
    async fn board(&self, scope: SiteScope, query: &BoardQuery) -> Result<Vec<Connection>>;

    /// The board's counts for a search, by channel and state.
    async fn facets(&self, scope: SiteScope, search: &str) -> Result<Vec<Facet>>;

    /// The site's inbound e-mail connections by name, at most `limit`.
    async fn inbound(&self, scope: SiteScope, limit: u32) -> Result<Vec<Related>>;

    /// The connections whose `ParentId` is `id`.
    async fn children(&self, scope: SiteScope, id: ConnectionId) -> Result<Vec<Related>>;
}

/// Writes of connections.
#[async_trait]
pub trait ConnectionsTx: Send {
    /// A connection of the site, as this transaction sees it.
    async fn connection(&mut self, scope: SiteScope, id: ConnectionId) -> Result<Option<Stored>>;

    /// Writes the fields that clients may change, if the stored version is still the one before
    /// `stored.version`; `false` if it is not. A secret is written if its stamp has this version.
    async fn update(&mut self, scope: SiteScope, stored: &Stored) -> Result<bool>;

    /// Inserts a connection and returns its number: a new one, unless the record has one.
    async fn insert(&mut self, scope: SiteScope, stored: &Stored) -> Result<ConnectionId>;

    /// Keeps a secret as it was before the change that an event of the audit log tells of.
    async fn keep_secret(
        &mut self,
        scope: SiteScope,
        id: ConnectionId,
        event: i64,
        field: Field,
        before: Option<&Secret>,
        expires_at: i64,
    ) -> Result<()>;

    /// What a secret was before the change of an event; `None` if it is not kept at `now`.
    async fn kept_secret(
        &mut self,
        scope: SiteScope,
        id: ConnectionId,
        event: i64,
        field: Field,
        now: i64,
    ) -> Result<Option<Option<Secret>>>;

    /// Forgets the secrets that are kept no longer; returns how many.
    async fn drop_kept_secrets(&mut self, now: i64) -> Result<u64>;
}
