//! Persistence: what the use cases need of a database.
//!
//! # How to add a backend
//!
//! Implement [`Store`] and [`WriteTx`] in a folder of its own, with plain SQL, and run the contract
//! in `tests/store.rs` over it.

mod scope;
pub mod sqlite;

pub use scope::{Principal, SiteScope, UserId};

use app::backend::BoardQuery;
use async_trait::async_trait;
use shared::{Channel, Connection, ConnectionId, Field, SiteId, Version, view::Related};

/// A failure of the database. Its cause is for the log, never for a client.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database did not do what it was asked.
    #[error("the database failed")]
    Sql(#[from] sqlx::Error),
    /// Its tables cannot be brought up to date.
    #[error("the database cannot be migrated")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// The system's source of randomness gave none.
    #[error("no randomness to be had")]
    Random,
}

/// A result of the store.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

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
            date: date.clone().filter(|_| connection.get(field).is_some()),
            version: Version(1),
        };
        let (password, token) = (stamp(Field::Password), stamp(Field::Token));
        Self { connection, version: Version(1), password, token }
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

/// A user's row.
#[derive(Clone, Debug)]
pub struct User {
    /// The number.
    pub id: UserId,
    /// The address in lower case.
    pub email: String,
    /// The Argon2id hash in PHC form.
    pub password: String,
}

/// What the use cases need of a database. Reads see what was committed; writes go through
/// [`WriteTx`]. Not found is `None`.
#[async_trait]
pub trait Store: Send + Sync {
    /// Whether the database answers.
    async fn ping(&self) -> Result<()>;

    /// Ends all connections to the database, after what they are doing.
    async fn close(&self);

    /// Begins a write transaction. There is one at a time.
    async fn begin(&self) -> Result<Box<dyn WriteTx>>;

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

    /// A user by e-mail address, in lower case.
    async fn user(&self, email: &str) -> Result<Option<User>>;

    /// The caller that a user is on a site; `None` if there is no such user or membership.
    async fn principal(&self, user: UserId, site: SiteId) -> Result<Option<Principal>>;

    /// The key that signs API tokens: its id and secret.
    async fn signing_key(&self) -> Result<Option<(String, Vec<u8>)>>;

    /// A browser session's data, if it has not expired at `now` (seconds since 1970).
    async fn session(&self, id: &str, now: i64) -> Result<Option<(String, i64)>>;

    /// Stores a browser session's data until `expires_at`, and forgets those that expired.
    async fn save_session(&self, id: &str, data: &str, now: i64, expires_at: i64) -> Result<()>;

    /// Forgets a browser session.
    async fn delete_session(&self, id: &str) -> Result<()>;
}

/// A write transaction. Dropped without [`commit`](WriteTx::commit), it changes nothing.
#[async_trait]
pub trait WriteTx: Send {
    /// A connection of the site, as this transaction sees it.
    async fn connection(&mut self, scope: SiteScope, id: ConnectionId) -> Result<Option<Stored>>;

    /// Writes the fields that clients may change, if the stored version is still the one before
    /// `stored.version`; `false` if it is not.
    async fn update(&mut self, scope: SiteScope, stored: &Stored) -> Result<bool>;

    /// Inserts a connection and returns its number: a new one, unless the record has one.
    async fn insert(&mut self, scope: SiteScope, stored: &Stored) -> Result<ConnectionId>;

    /// Whether there is any site.
    async fn has_sites(&mut self) -> Result<bool>;

    /// Adds a site; `false` if the number is taken.
    async fn insert_site(&mut self, site: SiteId, name: &str) -> Result<bool>;

    /// Adds a user, or gives a known one another password.
    async fn put_user(&mut self, email: &str, password: &str) -> Result<UserId>;

    /// Lets a user into a site; `false` if there is no such site.
    async fn insert_membership(&mut self, user: UserId, site: SiteId) -> Result<bool>;

    /// Stores a key that signs API tokens.
    async fn insert_signing_key(&mut self, id: &str, secret: &[u8]) -> Result<()>;

    /// Makes it durable.
    async fn commit(self: Box<Self>) -> Result<()>;
}
