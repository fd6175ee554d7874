//! Persistence: what the use cases need of a database, one subject a file.
//! Half of it is the error of all stores, with what drivers mean by theirs.
//!
//! # How to add a backend
//!
//! The statements are in `sql`, one text for all databases: `$1`, `CAST`, `ON CONFLICT (…)`, and what a database says
//! differently from its `dialect`. Each database mounts those files (see `one_text`), so that they are compiled
//! against its driver's types. A new one is a folder beside `sqlite` and `postgres` with how it is opened and begins
//! a transaction, its dialect and its migration; choose it by its address in `cli::database`, and let
//! `Database::new` of the tests make one: all of them run over it.

mod audit;
mod columns;
mod connection;
mod group;
mod health;
mod idempotency;
mod keys;
mod limits;
mod people;
#[expect(clippy::duplicate_mod, reason = "each database mounts the one text")]
pub mod postgres;
mod provider_session;
mod scope;
mod search;
mod session;
pub mod sqlite;
mod write_lock;

pub use audit::{
    AuditDetail, AuditHead, AuditLog, AuditRow, AuditTx, ChangeNotice, PreviousSecretInfo,
};
pub use connection::{
    BoardLine, BoardRows, Connections, ConnectionsTx, Counted, Derived, Facet, FindQuery, Stamp,
    Stored,
};
pub use group::{
    Changed, GroupChanges, GroupTx, Loaded, MovedHead, PreviousSecret, PreviousSecretValue, Wanted,
};
pub use health::{Due, Health};
pub use idempotency::{IdempotencyKey, IdempotencyTx, UsedKey};
pub use keys::{Keys, KeysTx, Purpose, SealedCell, ServerInstance, ServerKey};
pub use limits::{Attempt, Limit, Limits, QuotaUse};
pub use people::{InviteRow, MemberRow, Membership, NewInvite, User, UserStore, UserStoreTx};
pub use provider_session::{
    MAX_KEPT_SIGN_INS, ProviderSession, ProviderSessions, ProviderSessionsTx,
};
pub use scope::{Principal, SERVER, SiteScope};
pub use search::{folded, search_words};
pub use session::{SessionMembership, Sessions, StoredSession};
pub use shared::UserId;

use crate::{
    random::NoRandomness,
    vault::{Vault, VaultError},
};
use async_trait::async_trait;
use shared::SiteId;
use sqlx::{
    SqlSafeStr,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
};
use std::{path::Path, sync::Arc};

/// Mounts the statements of `sql` in a database's module, which names what they are compiled against: `Database`, and
/// its driver's `Driver`, `DriverConnection`, `Row` and `Arguments`.
macro_rules! one_text {
    () => {
        #[path = "sql/audit.rs"]
        mod audit;
        #[path = "sql/board.rs"]
        mod board;
        #[path = "sql/connection.rs"]
        mod connection;
        #[path = "sql/connection_tx.rs"]
        mod connection_tx;
        #[path = "sql/group.rs"]
        mod group;
        #[path = "sql/group_rows.rs"]
        mod group_rows;
        #[path = "sql/idempotency.rs"]
        mod idempotency;
        #[path = "sql/keys.rs"]
        mod keys;
        #[path = "sql/limits.rs"]
        mod limits;
        #[path = "sql/people.rs"]
        mod people;
        #[path = "sql/people_tx.rs"]
        mod people_tx;
        #[path = "sql/provider_session.rs"]
        mod provider_session;
        #[path = "sql/row.rs"]
        mod row;
        #[path = "sql/session.rs"]
        mod session;
        #[path = "sql/writer.rs"]
        mod writer;

        use group::Group;
        use writer::Writer;
    };
}
use one_text;

/// A failure of the database. Its cause is for the log, never for a client.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database did not do what it was asked.
    #[error("the database failed")]
    Sql(#[source] Arc<sqlx::Error>),
    /// Others wrote the same at the same time. Nothing was changed; done again, it may succeed.
    #[error("others wrote at the same time")]
    Conflict,
    /// Others held what was to be read or written for too long, or the database had too much to do. Nothing
    /// was changed; done again later, it may succeed.
    #[error("the database took too long")]
    TimedOut(#[source] Arc<sqlx::Error>),
    /// The connection to the database was lost during a commit. What was to be committed may be, or not.
    #[error("the database was lost during a commit, which may have been done")]
    InDoubt(#[source] Arc<sqlx::Error>),
    /// The database is reached, or set up, in a way that could lose or show data; the text says what to
    /// change.
    #[error("{0}")]
    Unsafe(String),
    /// Its tables cannot be brought up to date.
    #[error("the database cannot be migrated")]
    Migrate(#[source] MigrateError),
    /// Its tables are not those that this program makes.
    #[error(
        "the database was made by another version of Patchbay: open it with that version, or move its \
         connections to a new database by export and import"
    )]
    OtherVersion,
    /// Another program made it.
    #[error("this is no database of Patchbay: nothing was changed in it")]
    Foreign,
    /// A secret was not sealed or opened.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// There was no randomness.
    #[error(transparent)]
    Random(#[from] NoRandomness),
    /// Others kept reading what was to be overwritten.
    #[error("the database is in use: try again when fewer read it, or stop the server first")]
    Busy,
    /// The task that wrote was ended before it could finish.
    #[error("the task was ended")]
    Ended,
    /// There is no greater number to give.
    #[error("there is no next {0}")]
    NumbersUsedUp(&'static str),
    /// The database has another way of its own for this.
    #[error("{0}")]
    Unsupported(&'static str),
    /// What is stored is not what only this program stores.
    #[error("the database holds what it should not: {0}")]
    Malformed(String),
}

/// What a database answers if it could not put transactions in an order (`serialization_failure`,
/// `deadlock_detected`: SQL:2023 and PostgreSQL's table of error codes).
const CONFLICTS: [&str; 2] = ["40001", "40P01"];

/// What PostgreSQL answers if a lock, a statement, or the next statement of a transaction did not come in
/// time (`lock_not_available`, `query_canceled`, `idle_in_transaction_session_timeout`).
const TIMEOUTS: [&str; 3] = ["55P03", "57014", "25P03"];

/// What SQLite answers if another process kept its lock (`SQLITE_BUSY`, `SQLITE_BUSY_RECOVERY`,
/// `SQLITE_BUSY_SNAPSHOT`).
const BUSY: [&str; 3] = ["5", "261", "517"];

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::of(&Arc::new(error))
    }
}

impl From<MigrateError> for StoreError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::VersionMissing(_)
            | MigrateError::VersionMismatch(_)
            | MigrateError::VersionTooOld(..)
            | MigrateError::VersionTooNew(..) => Self::OtherVersion,
            error => Self::Migrate(error),
        }
    }
}

/// How the constraints are called in PostgreSQL, and what the triggers say in SQLite, that hold sealed values
/// to the keys in use.
const SEALED_UNDER: [&str; 2] = ["sealed_under_", "sealed under a key that is"];

impl StoreError {
    /// What a failure of the database is to one of those whom it concerns.
    fn of(error: &Arc<sqlx::Error>) -> Self {
        let database = error.as_database_error();
        let code = database.and_then(sqlx::error::DatabaseError::code);
        match code {
            _ if database.is_some_and(|database| {
                SEALED_UNDER.iter().any(|sealed| database.message().contains(sealed))
            }) =>
            {
                VaultError::Forgotten.into()
            }
            Some(code) if CONFLICTS.contains(&&*code) => Self::Conflict,
            Some(code) if TIMEOUTS.contains(&&*code) || BUSY.contains(&&*code) => {
                Self::TimedOut(error.clone())
            }
            None if matches!(**error, sqlx::Error::PoolTimedOut) => Self::TimedOut(error.clone()),
            _ => Self::Sql(error.clone()),
        }
    }
}

impl StoreError {
    /// The same failure for the others of a group, if they must not be tried for themselves: after a time-out they
    /// would only wait again, and what may be committed must not be done twice.
    #[must_use]
    pub fn shared(&self) -> Option<Self> {
        match self {
            Self::TimedOut(cause) => Some(Self::TimedOut(cause.clone())),
            Self::InDoubt(cause) => Some(Self::InDoubt(cause.clone())),
            _ => None,
        }
    }

    /// A failure of a commit: only the database's own answer says that it was not done.
    fn of_commit(error: sqlx::Error) -> Self {
        if error.as_database_error().is_some() {
            error.into()
        } else {
            Self::InDoubt(Arc::new(error))
        }
    }
}

/// A result of the store.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// The migrations that a database went through, with their checksums, in their order.
const APPLIED: &str = "SELECT version, checksum FROM _sqlx_migrations ORDER BY version";

/// The migrations of a database: one until there is a release. sqlx's macro would find them itself, at the price of
/// compiling sqlx, its drivers and its TLS a second time, for the compiler.
fn migrator(initial: &'static str) -> Migrator {
    let kind = MigrationType::Simple;
    let sql = initial.into_sql_str();
    Migrator::with_migrations(vec![Migration::new(1, "initial".into(), kind, sql, false)])
}

/// Refuses tables that are older or newer than the program's own.
fn assert_same_version(applied: &[(i64, Vec<u8>)], own: &Migrator) -> Result<()> {
    let own = own.iter().map(|migration| (migration.version, &*migration.checksum));
    let applied = applied.iter().map(|(version, checksum)| (*version, &**checksum));
    if own.eq(applied) { Ok(()) } else { Err(StoreError::OtherVersion) }
}

/// What the use cases need of a database. Reads see what was committed; writes go through
/// [`WriteTx`]. Not found is `None`.
#[async_trait]
pub trait Store:
    Connections + UserStore + Sessions + ProviderSessions + Limits + AuditLog + Keys
{
    /// Whether its tables still are this build's.
    async fn has_own_schema(&self) -> Result<bool>;

    /// What its secrets are sealed with.
    fn vault(&self) -> &Vault;

    /// Ends all connections to the database, after what they are doing.
    async fn close(&self);

    /// How many transactions that wrote were committed: fewer than there were writes, if those came
    /// together.
    fn commits(&self) -> u64;

    /// Makes what was written in bulk known to whatever plans the statements.
    async fn analyze(&self) -> Result<()> {
        Ok(())
    }

    /// Begins a write transaction of a site; [`SERVER`] for what is no site's, which reaches all.
    /// Until its end, transactions of the same site may have to wait for it.
    async fn begin(&self, site: SiteId) -> Result<Box<dyn WriteTx>>;

    /// The sites whose changes wait for each other, and so are written in groups: a site for itself, or [`SERVER`]
    /// for all.
    fn partition_of(&self, site: SiteId) -> SiteId;

    /// What was found of each that is wanted, in that order, as it is now; all are of one partition.
    async fn load_all(&self, partition: SiteId, wanted: &[Wanted]) -> Result<Vec<Loaded>>;

    /// Waits until nobody else writes to a partition, for the transaction of a group. It begins when it loads.
    async fn lock_group(&self, partition: SiteId) -> Result<Box<dyn GroupTx>>;

    /// Copies the database as it is now into a new file.
    async fn backup(&self, file: &Path) -> Result<()>;

    /// What the database finds wrong with its own files; nothing if all is well.
    async fn integrity(&self) -> Result<Vec<String>>;

    /// Overwrites what was deleted or replaced, wherever the database still keeps it.
    async fn scrub(&self) -> Result<()>;
}

/// A write transaction. Dropped without [`commit`](WriteTx::commit), it changes nothing.
#[async_trait]
pub trait WriteTx:
    ConnectionsTx + UserStoreTx + ProviderSessionsTx + IdempotencyTx + AuditTx + KeysTx
{
    /// Makes it durable. After [`StoreError::Conflict`] nothing of it was done.
    async fn commit(self: Box<Self>) -> Result<()>;

    /// Undoes it. What it read is durable then, so that an answer made of it is true.
    async fn rollback(self: Box<Self>) -> Result<()>;
}
