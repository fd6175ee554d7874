//! Connections.

use super::{
    Due, Health, Result, SiteScope,
    search::{folded, searched},
};
use async_trait::async_trait;
use shared::{
    Channel, Connection, ConnectionId, Destination, Field, State, Version,
    board::{BoardQuery, PAGE_SIZE, Position},
    view::Related,
};

/// A connection with what is stored beside the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub connection: Connection,
    /// The number of its real changes.
    pub version: Version,
    /// When `Password` last changed.
    pub password: Stamp,
    /// When `Token` last changed.
    pub token: Stamp,
    /// How it fared when it was last tested.
    pub health: Health,
}

/// The last change of a secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    /// `YYYY-MM-DD HH:MM:SS`, UTC; `None` if it was never set.
    pub date: Option<String>,
    /// The connection's version since then.
    pub version: Version,
    /// Where the secret may be sent; `None` if there is none.
    pub destination: Option<Destination>,
}

impl Stored {
    /// A connection that is about to be inserted.
    #[must_use]
    pub fn new(connection: Connection) -> Self {
        let stamp = |field| Stamp {
            date: connection.create_date.clone().filter(|_| connection.has(field)),
            version: Version(1),
            destination: connection.has(field).then(|| Destination::of(&connection)),
        };
        let (password, token) = (stamp(Field::Password), stamp(Field::Token));
        Self { connection, version: Version(1), password, token, health: Health::default() }
    }

    /// Whether every secret was given for where the connection now points. If not, the server does not
    /// sign in with it, neither by itself nor for a browser.
    #[must_use]
    pub fn may_sign_in(&self) -> bool {
        let now = Destination::of(&self.connection);
        let secrets = [(Field::Password, &self.password), (Field::Token, &self.token)];
        secrets.into_iter().all(|(field, stamp)| {
            !self.connection.has(field) || stamp.destination.as_ref() == Some(&now)
        })
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
    pub limit: u32,
    pub offset: u32,
}

/// What is stored beside a record so that the board can be filtered, sorted and searched by it, on
/// every database in the same way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Derived {
    pub channel: &'static str,
    pub state: State,
    /// When the first of its tokens ends, in seconds since 1970, if it does and that is known.
    pub expires_at: Option<i64>,
    /// What the board sorts by, by name.
    pub name_key: String,
    /// What the board searches.
    pub search: String,
}

/// Characters of a name that decide its place in the order of names; then the number does.
const NAME_KEY: usize = 64;

impl Derived {
    /// Of a record and its health. Its number is part of what is searched.
    #[must_use]
    pub fn of(connection: &Connection, health: &Health) -> Self {
        let name = connection.name.as_deref().unwrap_or_default();
        Self {
            channel: connection.channel().slug(),
            state: health.state(connection),
            name_key: folded(name).chars().take(NAME_KEY).collect(),
            expires_at: health.expires_at(),
            search: searched(connection),
        }
    }
}

/// How many of a site's connections share a channel and a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facet {
    pub channel: Channel,
    pub state: State,
    pub count: u64,
}

/// Counts of all that matches a search, or of what does among a site's newest connections.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// By channel and state.
    pub facets: Vec<Facet>,
    /// Whether there may be more than were counted, so that each count is a lower bound.
    pub more: bool,
}

/// A row of the board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardLine {
    /// What is shown of the record.
    pub connection: Connection,
    pub state: State,
}

/// Rows of the board and whether there are others around them.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct BoardRows {
    pub rows: Vec<BoardLine>,
    /// Whether rows come before it.
    pub earlier: bool,
    /// Whether rows come after it.
    pub later: bool,
    /// How many there are, whichever of them are shown.
    pub counted: Counted,
}

impl BoardRows {
    /// The page at a position, from up to one row more than it has, in the order in which they were
    /// looked for: backwards from its end, if it was.
    #[must_use]
    pub fn of(mut rows: Vec<BoardLine>, at: &Position) -> Self {
        let more = rows.len() > PAGE_SIZE as usize;
        rows.truncate(PAGE_SIZE as usize);
        let (earlier, later) = match at {
            Position::First => (false, more),
            Position::After(_) => (true, more),
            Position::Before(_) => (more, true),
            Position::Last => (more, false),
        };
        if matches!(at, Position::Before(_) | Position::Last) {
            rows.reverse();
        }
        Self { rows, earlier, later, ..Self::default() }
    }
}

#[async_trait]
pub trait Connections: Send + Sync {
    /// A connection of the site.
    async fn connection(&self, scope: SiteScope, id: ConnectionId) -> Result<Option<Stored>>;

    /// A page of the site's connections by id.
    async fn find(&self, scope: SiteScope, query: &FindQuery) -> Result<Vec<Stored>>;

    /// How many match on all pages.
    async fn count(&self, scope: SiteScope, query: &FindQuery) -> Result<u64>;

    /// A page of the board. Its rows have no secrets.
    async fn board(&self, scope: SiteScope, query: &BoardQuery) -> Result<BoardRows>;

    /// The site's inbound e-mail connections by name, at most `limit`.
    async fn inbound(&self, scope: SiteScope, limit: u32) -> Result<Vec<Related>>;

    /// Connections that are due for a test by now: one of each site in turn, the longest overdue first, so that
    /// a site with many keeps no other waiting.
    async fn due(&self, now: i64, limit: u32) -> Result<Vec<Due>>;

    /// The connections whose `ParentId` is `id`, by number, at most `limit`.
    async fn children(
        &self,
        scope: SiteScope,
        id: ConnectionId,
        limit: u32,
    ) -> Result<Vec<Related>>;
}

#[async_trait]
pub trait ConnectionsTx: Send {
    /// A connection of the site, as this transaction sees it.
    async fn connection(&mut self, scope: SiteScope, id: ConnectionId) -> Result<Option<Stored>>;

    /// Those connections of the site that are there, as this transaction sees them.
    async fn connections(&mut self, scope: SiteScope, ids: &[ConnectionId]) -> Result<Vec<Stored>>;

    /// Puts the next test of a connection off, if it still is due when it was; `false` if it is not:
    /// another server has taken it.
    async fn claim(&mut self, due: &Due, until: i64) -> Result<bool>;

    /// Inserts connections and returns their numbers: new ones, unless a record has one.
    async fn insert_all(&mut self, scope: SiteScope, rows: &[Stored]) -> Result<Vec<ConnectionId>>;

    /// Inserts a connection and returns its number: a new one, unless the record has one.
    async fn insert(&mut self, scope: SiteScope, stored: &Stored) -> Result<ConnectionId> {
        let ids = self.insert_all(scope, std::slice::from_ref(stored)).await?;
        ids.first().copied().ok_or(super::StoreError::Ended)
    }

    /// Forgets the secrets that are kept no longer; returns how many.
    async fn delete_expired_secrets(&mut self, now: i64) -> Result<u64>;
}
