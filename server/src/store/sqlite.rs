//! SQLite, the embedded default: WAL with `synchronous=FULL`, one writer, a pool of readers.
//! Most of it implements [`Store`], which is one.

mod dialect;

super::one_text!();

use super::{
    APPLIED, GroupTx, Loaded, Result, SERVER, Store, StoreError, Wanted, WriteTx,
    assert_same_version, migrator,
    write_lock::{Reserved, WriteGuard, WriteLock},
};
use crate::vault::Vault;
use async_trait::async_trait;
use shared::SiteId;
use sqlx::{
    AssertSqlSafe, Connection as _, Sqlite as Driver, SqliteConnection as DriverConnection,
    SqlitePool,
    migrate::Migrator,
    pool::PoolConnection,
    sqlite::{
        SqliteArguments as Arguments, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions,
        SqliteRow as Row, SqliteSynchronous,
    },
};
use std::{
    ops::DerefMut,
    path::{Path, PathBuf},
    str::FromStr,
    sync::{Arc, LazyLock},
    time::Duration,
};
use tokio::sync::{Mutex, OwnedMutexGuard};

/// By what `file` and Patchbay tell its databases from other programs': "Ptch". `0001` sets it.
const APPLICATION_ID: i64 = 0x5074_6368;

static MIGRATIONS: LazyLock<Migrator> =
    LazyLock::new(|| migrator(include_str!("../../migrations/sqlite/0001_initial.sql")));

/// Readers: a request holds one for a statement at a time, so a few serve many.
const READERS: u32 = 8;

/// What the writer keeps of the database, in KiB with a minus: the upper pages of all indexes of a
/// million rows, so that a change reads no more than the few that it writes.
const WRITER_CACHE: &str = "-16384";

/// Pages in the log at which a commit also brings them into the database file. It is in the commit's way, so not too
/// often; and a start after a crash reads them, so not too many.
const CHECKPOINT: &str = "4000";

/// Takes the write lock at once: a transaction that begins to write later may find that it cannot.
const BEGIN: &str = "BEGIN IMMEDIATE";

/// How long a statement waits for another process that writes, such as a rotation of keys.
const BUSY: Duration = Duration::from_secs(5);

/// How often the log is tried to be emptied while others read. Each try holds the write lock, so it
/// waits for nobody, and others write in between.
const SCRUB_TRIES: u32 = 100;
const SCRUB_PAUSE: Duration = Duration::from_millis(100);

/// This database, for the statements of both.
type Database = Sqlite;

/// A SQLite database file, its secrets sealed by a vault.
#[derive(Clone, Debug)]
pub struct Sqlite {
    readers: SqlitePool,
    /// The reader of what is read together, which is kept: a pool asks whatever comes back to it.
    reserved_reader: Arc<Mutex<Reserved<Driver>>>,
    writer: WriteLock<Driver>,
    file: PathBuf,
    vault: Arc<Vault>,
}

/// What decides whether a commit survives a power cut.
#[derive(Clone, Debug)]
pub struct Settings {
    pub version: String,
    /// `wal`
    pub journal_mode: String,
    pub synchronous: i64,
}

/// What opening a database may do to its tables.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tables {
    Create,
    Migrate,
    Keep,
}

impl Sqlite {
    /// Opens the database at `url` (`sqlite://patchbay.db`), makes it if there is none, and brings
    /// its tables up to date.
    ///
    /// # Errors
    /// If the file cannot be opened, is another program's, or its tables cannot be migrated.
    pub async fn open(url: &str, vault: Arc<Vault>) -> Result<Self> {
        Self::open_with(SqliteConnectOptions::from_str(url)?, vault, Tables::Create).await
    }

    /// Opens the database in a file, which must be there, and brings its tables up to date.
    pub async fn open_file(file: &Path, vault: Arc<Vault>) -> Result<Self> {
        let options = SqliteConnectOptions::new().filename(file);
        Self::open_with(options, vault, Tables::Migrate).await
    }

    /// Opens the database at `url` with the tables that it has.
    ///
    /// # Errors
    /// As [`Sqlite::open`], and if the tables are those of another version.
    pub async fn open_as_is(url: &str, vault: Arc<Vault>) -> Result<Self> {
        Self::open_with(SqliteConnectOptions::from_str(url)?, vault, Tables::Keep).await
    }

    async fn open_with(
        options: SqliteConnectOptions,
        vault: Arc<Vault>,
        tables: Tables,
    ) -> Result<Self> {
        let options = options.create_if_missing(tables == Tables::Create);
        // Before the settings below, the first of which writes to the file.
        identify(options.clone().busy_timeout(BUSY), tables).await?;
        let options = options
            // NORMAL would acknowledge a change that a power cut can still take back.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY)
            .pragma("secure_delete", "ON");
        let options = match tables {
            Tables::Keep => options,
            Tables::Create | Tables::Migrate => options.journal_mode(SqliteJournalMode::Wal),
        };
        // SQLite has one write lock; to wait for it here is fair and cheap.
        let file = options.get_filename().to_owned();
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .test_before_acquire(false)
            .connect_with(
                options
                    .clone()
                    .pragma("cache_size", WRITER_CACHE)
                    .pragma("wal_autocheckpoint", CHECKPOINT)
                    // What a statement that fails takes back is kept in a file otherwise.
                    .pragma("temp_store", "MEMORY"),
            )
            .await?;
        match tables {
            Tables::Create | Tables::Migrate => MIGRATIONS.run(&writer).await?,
            Tables::Keep => {
                let applied = sqlx::query_as(APPLIED).fetch_all(&writer).await?;
                assert_same_version(&applied, &MIGRATIONS)?;
            }
        }
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            // Nothing can come between them and a file, and each test is a switch of threads.
            .test_before_acquire(false)
            .connect_with(options.pragma("query_only", "ON"))
            .await?;
        let writer = WriteLock::new(writer, true);
        Ok(Self { readers, reserved_reader: Arc::default(), writer, file, vault })
    }

    /// A connection that reads. Every statement names its site.
    async fn read(&self, _: SiteId) -> Result<PoolConnection<Driver>> {
        Ok(self.readers.acquire().await?)
    }

    /// The connection for what is read together.
    async fn read_together(&self, _: SiteId) -> Result<impl DerefMut<Target = DriverConnection>> {
        let mut reserved = self.reserved_reader.clone().lock_owned().await;
        if reserved.0.is_none() {
            reserved.0 = Some(self.readers.acquire().await?);
        }
        OwnedMutexGuard::try_map(reserved, |reserved| reserved.0.as_deref_mut())
            .map_err(|_| StoreError::Ended)
    }

    /// What reads for the whole server.
    const fn server(&self) -> &SqlitePool {
        &self.readers
    }

    /// A transaction that writes.
    async fn write(&self) -> Result<WriteGuard<Driver>> {
        self.writer.begin(BEGIN.to_owned()).await
    }

    /// Whether a query finds something true in a database, whatever its tables are.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub async fn holds(url: &str, query: &'static str) -> Result<bool> {
        let options = SqliteConnectOptions::from_str(url)?;
        let mut connection = DriverConnection::connect_with(&options).await?;
        let found: sqlx::Result<bool> = sqlx::query_scalar(query).fetch_one(&mut connection).await;
        connection.close().await?;
        Ok(found.unwrap_or(false))
    }

    /// What the writer's connection is set to.
    pub async fn settings(&self) -> Result<Settings> {
        let sql = "
            SELECT sqlite_version() AS version, journal_mode, synchronous
            FROM pragma_journal_mode, pragma_synchronous";
        let mut writer = self.writer.lock().await?;
        let (version, journal_mode, synchronous) =
            sqlx::query_as(sql).fetch_one(&mut *writer).await?;
        writer.give_back(false);
        Ok(Settings { version, journal_mode, synchronous })
    }
}

/// Refuses a file that another program made. An empty one is nobody's yet.
async fn identify(options: SqliteConnectOptions, tables: Tables) -> Result<()> {
    let mut connection = DriverConnection::connect_with(&options).await?;
    let sql =
        "SELECT application_id, (SELECT count(*) FROM sqlite_schema) FROM pragma_application_id";
    let found = sqlx::query_as(sql).fetch_one(&mut connection).await;
    connection.close().await?;
    let (id, objects): (i64, i64) = match found {
        // What is no file of SQLite's at all.
        Err(error) if is_no_database(&error) => return Err(StoreError::Foreign),
        found => found?,
    };
    let is_empty = id == 0 && objects == 0;
    if id == APPLICATION_ID || (is_empty && tables == Tables::Create) {
        return Ok(());
    }
    Err(StoreError::Foreign)
}

fn is_no_database(error: &sqlx::Error) -> bool {
    const NOTADB: &str = "26";
    error.as_database_error().is_some_and(|error| error.code().as_deref() == Some(NOTADB))
}

#[async_trait]
impl Store for Sqlite {
    async fn has_own_schema(&self) -> Result<bool> {
        let applied = sqlx::query_as(APPLIED).fetch_all(&self.readers).await?;
        Ok(assert_same_version(&applied, &MIGRATIONS).is_ok())
    }

    fn vault(&self) -> &Vault {
        &self.vault
    }

    async fn close(&self) {
        self.reserved_reader.lock().await.0 = None;
        self.readers.close().await;
        self.writer.close().await;
    }

    fn commits(&self) -> u64 {
        self.writer.commits()
    }

    async fn begin(&self, _: SiteId) -> Result<Box<dyn WriteTx>> {
        Ok(Box::new(Writer::new(self.write().await?, self)))
    }

    fn partition_of(&self, _: SiteId) -> SiteId {
        SERVER
    }

    async fn load_all(&self, partition: SiteId, wanted: &[Wanted]) -> Result<Vec<Loaded>> {
        group::load_all(self, partition, wanted).await
    }

    async fn lock_group(&self, partition: SiteId) -> Result<Box<dyn GroupTx>> {
        let writer = self.writer.lock().await?;
        Ok(Box::new(Group { writer, database: self.clone(), partition }))
    }

    async fn backup(&self, file: &Path) -> Result<()> {
        let file = file.to_str().ok_or_else(|| {
            let error = "the name of the backup's file is not UTF-8";
            sqlx::Error::Configuration(error.into())
        })?;
        // Of one moment, however long it takes, and without what was deleted.
        let mut writer = self.writer.lock().await?;
        sqlx::query("VACUUM INTO ?").bind(file).execute(&mut *writer).await?;
        writer.give_back(false);
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
            let mut writer = self.writer.lock().await?;
            sqlx::query("PRAGMA busy_timeout = 0").execute(&mut *writer).await?;
            let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
            let tried: sqlx::Result<(i64, i64, i64)> =
                sqlx::query_as(sql).fetch_one(&mut *writer).await;
            let patience = format!("PRAGMA busy_timeout = {}", BUSY.as_millis());
            sqlx::query(AssertSqlSafe(patience)).execute(&mut *writer).await?;
            writer.give_back(false);
            // Another process that writes makes it fail; readers make it say that it is not done.
            if matches!(tried, Ok((0, _, _))) {
                return Ok(());
            }
            tokio::time::sleep(SCRUB_PAUSE).await;
        }
        Err(StoreError::Busy)
    }
}
