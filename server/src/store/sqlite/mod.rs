//! SQLite, the embedded default: WAL with `synchronous=FULL`, one writer, a pool of readers.

mod audit;
mod connection;
mod connection_tx;
mod keys;
mod limits;
mod people;
mod people_tx;
mod row;
mod session;

use super::{
    ConnectionsTx, Membership, PeopleTx, Result, SiteScope, Store, Stored, UserId, WriteTx,
};
use crate::vault::Vault;
use async_trait::async_trait;
use shared::{ConnectionId, SiteId};
use sqlx::{
    AssertSqlSafe, Connection, Sqlite as Driver, SqlitePool, Transaction,
    migrate::Migrator,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{path::Path, str::FromStr, sync::Arc, time::Duration};

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// Readers: a request holds one for a statement at a time, so a few serve many.
const READERS: u32 = 8;

/// How long a statement waits for another process that writes, such as a rotation of keys.
const BUSY: Duration = Duration::from_secs(5);

/// How often the log is tried to be emptied while others read. Each try holds the write lock, so it
/// waits for nobody, and others write in between.
const SCRUB_TRIES: u32 = 100;
const SCRUB_PAUSE: Duration = Duration::from_millis(100);

/// A SQLite database file, its secrets sealed by a vault.
#[derive(Clone, Debug)]
pub struct Sqlite {
    readers: SqlitePool,
    writer: SqlitePool,
    vault: Arc<Vault>,
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
    pub async fn open(url: &str, vault: Arc<Vault>) -> Result<Self> {
        let options = SqliteConnectOptions::from_str(url)?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // NORMAL would acknowledge a change that a power cut can still take back.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY)
            .pragma("secure_delete", "ON");
        // One writer: SQLite has one write lock, and waiting for it here is fair and cheap.
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            // A COMMIT that the disk refuses is rolled back by SQLite itself; sqlx's own
            // ROLLBACK then fails, and the connection would count as within a transaction
            // for ever. Such a connection is closed, and the next write opens another.
            .after_release(|connection, _| {
                Box::pin(async move {
                    // Waits for the ROLLBACK that a dropped transaction has queued.
                    connection.ping().await?;
                    Ok(!connection.is_in_transaction())
                })
            })
            .connect_with(options.clone())
            .await?;
        MIGRATIONS.run(&writer).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .connect_with(options.pragma("query_only", "ON"))
            .await?;
        Ok(Self { readers, writer, vault })
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
    async fn begin_immediate(&self) -> Result<Transaction<'static, Driver>> {
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }
}

/// A transaction that holds SQLite's write lock.
struct SqliteTx {
    tx: Transaction<'static, Driver>,
    vault: Arc<Vault>,
}

#[async_trait]
impl Store for Sqlite {
    async fn ping(&self) -> Result<()> {
        sqlx::query("SELECT 1").execute(&self.readers).await?;
        Ok(())
    }

    async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    async fn begin(&self, _: SiteId) -> Result<Box<dyn WriteTx>> {
        Ok(Box::new(SqliteTx { tx: self.begin_immediate().await?, vault: self.vault.clone() }))
    }

    async fn backup(&self, file: &Path) -> Result<()> {
        let file = file.to_str().ok_or_else(|| {
            let error = "the name of the backup's file is not UTF-8";
            sqlx::Error::Configuration(error.into())
        })?;
        // Of one moment, however long it takes, and without what was deleted.
        sqlx::query("VACUUM INTO ?").bind(file).execute(&self.writer).await?;
        Ok(())
    }

    async fn integrity(&self) -> Result<Vec<String>> {
        let check = "SELECT integrity_check FROM pragma_integrity_check";
        let mut found: Vec<String> = sqlx::query_scalar(check).fetch_all(&self.readers).await?;
        found.retain(|line| line != "ok");
        let foreign = r#"SELECT "table" FROM pragma_foreign_key_check"#;
        let foreign: Vec<String> = sqlx::query_scalar(foreign).fetch_all(&self.readers).await?;
        found.extend(foreign.iter().map(|table| format!("a row of {table} refers to none")));
        Ok(found)
    }

    /// `secure_delete` overwrites in the database file at once; the log still has the old pages
    /// until it is emptied.
    async fn scrub(&self) -> Result<()> {
        for _ in 0..SCRUB_TRIES {
            let mut writer = self.writer.acquire().await?;
            sqlx::query("PRAGMA busy_timeout = 0").execute(&mut *writer).await?;
            let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
            let tried: sqlx::Result<(i64, i64, i64)> =
                sqlx::query_as(sql).fetch_one(&mut *writer).await;
            let patience = format!("PRAGMA busy_timeout = {}", BUSY.as_millis());
            sqlx::query(AssertSqlSafe(patience)).execute(&mut *writer).await?;
            drop(writer);
            // Another process that writes makes it fail; readers make it say that it is not done.
            if matches!(tried, Ok((0, _, _))) {
                return Ok(());
            }
            tokio::time::sleep(SCRUB_PAUSE).await;
        }
        Err(super::StoreError::Busy)
    }
}

#[async_trait]
impl WriteTx for SqliteTx {
    async fn load(
        &mut self,
        user: UserId,
        scope: SiteScope,
        id: ConnectionId,
    ) -> Result<(Option<Membership>, Option<Stored>)> {
        let member = PeopleTx::membership(self, user, scope.site()).await?;
        Ok((member, ConnectionsTx::connection(self, scope, id).await?))
    }

    async fn commit(self: Box<Self>) -> Result<()> {
        Ok(self.tx.commit().await?)
    }
}
