//! SQLite, the embedded default: WAL with `synchronous=FULL`, one writer, a pool of readers.

mod read;
mod row;
mod write;

use super::Result;
use sqlx::{
    SqlitePool,
    migrate::Migrator,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{str::FromStr, time::Duration};

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// Readers: a request holds one for a statement at a time, so a few serve many.
const READERS: u32 = 8;

/// How long a statement waits for another process that writes, such as a backup.
const BUSY: Duration = Duration::from_secs(5);

/// A SQLite database file.
#[derive(Clone, Debug)]
pub struct Sqlite {
    readers: SqlitePool,
    writer: SqlitePool,
}

/// What decides whether a commit survives a power cut.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Settings {
    /// SQLite's own version.
    pub version: String,
    /// `wal`
    pub journal_mode: String,
    /// 2 is FULL.
    pub synchronous: i64,
}

impl Sqlite {
    /// Opens the database at `url` (`sqlite://patchbay.db`), makes it if there is none, and brings
    /// its tables up to date.
    ///
    /// # Errors
    /// If the file cannot be opened or its tables cannot be migrated.
    pub async fn open(url: &str) -> Result<Self> {
        let options = SqliteConnectOptions::from_str(url)?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // NORMAL would acknowledge a change that a power cut can still take back.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY)
            .pragma("secure_delete", "ON");
        // One writer: SQLite has one write lock, and waiting for it here is fair and cheap.
        let writer =
            SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
        MIGRATIONS.run(&writer).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .connect_with(options.pragma("query_only", "ON"))
            .await?;
        Ok(Self { readers, writer })
    }

    /// What the writer's connection is set to.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn settings(&self) -> Result<Settings> {
        let sql = "
            SELECT sqlite_version() AS version, journal_mode, synchronous
            FROM pragma_journal_mode, pragma_synchronous";
        Ok(sqlx::query_as(sql).fetch_one(&self.writer).await?)
    }

    /// Begins a transaction that holds the write lock from its first statement, because a read
    /// transaction cannot be upgraded while others write.
    async fn begin_immediate(&self) -> Result<sqlx::Transaction<'static, sqlx::Sqlite>> {
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }
}
