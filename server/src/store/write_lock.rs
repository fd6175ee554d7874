//! The one connection that writes: to a SQLite database, or to a site on PostgreSQL. Writers have it one after the
//! other, in the order in which they asked. Many small changes share a commit in [`GroupTx`](super::GroupTx).

use super::Result;
use sqlx::{AssertSqlSafe, Database, Executor, Pool, pool::PoolConnection};
use std::{
    ops::{Deref, DerefMut},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::{Mutex, OwnedMutexGuard};

/// Who holds its guard writes. Clones share it.
#[derive(Debug)]
pub(super) struct WriteLock<DB: Database> {
    connection: Arc<Mutex<IdleConnection<DB>>>,
    commits: Arc<AtomicU64>,
}

impl<DB: Database> Clone for WriteLock<DB> {
    fn clone(&self) -> Self {
        Self { connection: self.connection.clone(), commits: self.commits.clone() }
    }
}

/// The connection while nobody writes.
#[derive(Debug)]
struct IdleConnection<DB: Database> {
    pool: Pool<DB>,
    /// Whether it is kept, so that nobody waits for the pool and for what that asks a connection which comes back.
    keeps: bool,
    reserved: Reserved<DB>,
}

impl<DB: Database> IdleConnection<DB> {
    async fn take(&mut self) -> Result<PoolConnection<DB>> {
        match self.reserved.0.take() {
            Some(connection) => Ok(connection),
            None => Ok(self.pool.acquire().await?),
        }
    }
}

/// A connection that does not go back to its pool.
#[derive(Debug)]
pub(super) struct Reserved<DB: Database>(pub(super) Option<PoolConnection<DB>>);

impl<DB: Database> Default for Reserved<DB> {
    fn default() -> Self {
        Self(None)
    }
}

impl<DB: Database> Drop for Reserved<DB> {
    /// It is closed: to give it back takes a runtime, which may have ended before this.
    fn drop(&mut self) {
        drop(self.0.take().map(PoolConnection::detach));
    }
}

/// The connection, for one writer. Dropped within a transaction, it is closed, which undoes what was written.
#[derive(Debug)]
pub(super) struct WriteGuard<DB: Database> {
    idle: OwnedMutexGuard<IdleConnection<DB>>,
    /// `Some` until the guard is dropped or given back.
    connection: Option<PoolConnection<DB>>,
    commits: Arc<AtomicU64>,
}

impl<DB> WriteLock<DB>
where
    DB: Database,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    /// Over the connections of a pool, one of which is kept if `keeps`.
    pub(super) fn new(pool: Pool<DB>, keeps: bool) -> Self {
        let idle = IdleConnection { pool, keeps, reserved: Reserved::default() };
        Self { connection: Arc::new(Mutex::new(idle)), commits: Arc::default() }
    }

    /// Waits for the turn to write, outside of any transaction.
    pub(super) async fn lock(&self) -> Result<WriteGuard<DB>> {
        let mut idle = self.connection.clone().lock_owned().await;
        let connection = Some(idle.take().await?);
        Ok(WriteGuard { idle, connection, commits: self.commits.clone() })
    }

    /// Waits for the turn to write, and begins a transaction with these statements.
    pub(super) async fn begin(&self, statements: String) -> Result<WriteGuard<DB>> {
        let mut guard = self.lock().await?;
        guard.execute(AssertSqlSafe(statements)).await?;
        Ok(guard)
    }

    /// Closes the connections, after what is being written.
    pub(super) async fn close(&self) {
        let mut idle = self.connection.lock().await;
        idle.keeps = false;
        idle.reserved.0 = None;
        idle.pool.close().await;
    }

    /// The number of commits so far.
    pub(super) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }
}

impl<DB> WriteGuard<DB>
where
    DB: Database,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    /// Ends the transaction and keeps what was written. It is durable then.
    pub(super) async fn commit(mut self) -> Result<()> {
        self.execute("COMMIT").await?;
        self.give_back(true);
        Ok(())
    }

    /// Ends the transaction and undoes what was written.
    pub(super) async fn rollback(mut self) -> Result<()> {
        // Some failures end a transaction by themselves; a connection that does not say so is closed.
        if self.execute("ROLLBACK").await.is_ok() {
            self.give_back(false);
        }
        Ok(())
    }
}

impl<DB: Database> WriteGuard<DB> {
    /// Gives the connection back outside of any transaction; says whether one was committed.
    pub(super) fn give_back(mut self, is_committed: bool) {
        self.commits.fetch_add(u64::from(is_committed), Ordering::Relaxed);
        let connection = self.connection.take();
        if self.idle.keeps {
            self.idle.reserved.0 = connection;
        }
    }
}

impl<DB: Database> Drop for WriteGuard<DB> {
    fn drop(&mut self) {
        if let Some(mut connection) = self.connection.take() {
            connection.close_on_drop();
        }
    }
}

const GIVEN_BACK: &str = "the guard is consumed when its connection is given back";

impl<DB: Database> Deref for WriteGuard<DB> {
    type Target = DB::Connection;

    fn deref(&self) -> &DB::Connection {
        self.connection.as_ref().expect(GIVEN_BACK)
    }
}

impl<DB: Database> DerefMut for WriteGuard<DB> {
    fn deref_mut(&mut self) -> &mut DB::Connection {
        self.connection.as_mut().expect(GIVEN_BACK)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlx::{
        Sqlite, SqlitePool,
        sqlite::{SqliteConnectOptions, SqlitePoolOptions},
    };
    use std::sync::atomic::AtomicBool;

    const BEGIN: &str = "BEGIN IMMEDIATE";

    /// Whether commits are refused, as by a full disk.
    type Refused = Arc<AtomicBool>;

    /// A lock over a table of numbers.
    async fn lock() -> (tempfile::TempDir, SqlitePool, WriteLock<Sqlite>, Refused) {
        let folder = tempfile::tempdir().unwrap();
        let options = SqliteConnectOptions::new()
            .filename(folder.path().join("test.db"))
            .create_if_missing(true)
            .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal);
        let refused = Refused::default();
        let hook = refused.clone();
        let pool =
            SqlitePoolOptions::new().max_connections(1).after_connect(move |connection, _| {
                let refused = hook.clone();
                Box::pin(async move {
                    let mut handle = connection.lock_handle().await?;
                    handle.set_commit_hook(move || !refused.load(Ordering::Relaxed));
                    Ok(())
                })
            });
        let writer = pool.connect_with(options.clone()).await.unwrap();
        let tables = "
            CREATE TABLE number (n INTEGER UNIQUE);
            CREATE TABLE late (n INTEGER REFERENCES number (n) DEFERRABLE INITIALLY DEFERRED)";
        sqlx::raw_sql(tables).execute(&writer).await.unwrap();
        let reader = SqlitePool::connect_with(options).await.unwrap();
        (folder, reader, WriteLock::new(writer, true), refused)
    }

    async fn insert(guard: &mut WriteGuard<Sqlite>, number: i64) {
        let query = sqlx::query("INSERT INTO number VALUES (?)").bind(number);
        query.execute(&mut **guard).await.unwrap();
    }

    async fn write(lock: &WriteLock<Sqlite>, number: i64) -> Result<()> {
        let mut guard = lock.begin(BEGIN.to_owned()).await?;
        insert(&mut guard, number).await;
        guard.commit().await
    }

    async fn numbers(reader: &SqlitePool) -> Vec<i64> {
        sqlx::query_scalar("SELECT n FROM number ORDER BY n").fetch_all(reader).await.unwrap()
    }

    #[tokio::test]
    async fn a_commit_that_is_refused_keeps_nothing_and_hinders_nobody() {
        let (_folder, reader, lock, refused) = lock().await;
        write(&lock, 1).await.unwrap();
        refused.store(true, Ordering::Relaxed);
        write(&lock, 2).await.unwrap_err();
        refused.store(false, Ordering::Relaxed);
        write(&lock, 3).await.unwrap();
        assert_eq!((numbers(&reader).await, lock.commits()), (vec![1, 3], 2));
    }

    /// Some failures of a commit leave the transaction open.
    #[tokio::test]
    async fn a_commit_that_fails_halfway_leaves_nothing_behind() {
        let (_folder, reader, lock, _) = lock().await;
        let mut guard = lock.begin(BEGIN.to_owned()).await.unwrap();
        sqlx::query("INSERT INTO late VALUES (7)").execute(&mut *guard).await.unwrap();
        guard.commit().await.unwrap_err();
        write(&lock, 1).await.unwrap();
        assert_eq!(numbers(&reader).await, [1]);
    }

    #[tokio::test]
    async fn what_is_rolled_back_or_dropped_is_undone() {
        let (_folder, reader, lock, _) = lock().await;
        let mut guard = lock.begin(BEGIN.to_owned()).await.unwrap();
        insert(&mut guard, 1).await;
        guard.rollback().await.unwrap();
        let mut guard = lock.begin(BEGIN.to_owned()).await.unwrap();
        insert(&mut guard, 2).await;
        drop(guard);
        // A failure has ended the transaction already.
        let mut guard = lock.begin(BEGIN.to_owned()).await.unwrap();
        insert(&mut guard, 3).await;
        sqlx::query("ROLLBACK").execute(&mut *guard).await.unwrap();
        guard.rollback().await.unwrap();
        write(&lock, 4).await.unwrap();
        assert_eq!((numbers(&reader).await, lock.commits()), (vec![4], 1));
    }

    #[tokio::test]
    async fn a_writer_that_panics_holds_up_nobody() {
        let (_folder, reader, lock, _) = lock().await;
        let panics = tokio::spawn({
            let lock = lock.clone();
            async move {
                let mut guard = lock.begin(BEGIN.to_owned()).await.unwrap();
                insert(&mut guard, 1).await;
                panic!("in the middle of it");
            }
        });
        panics.await.unwrap_err();
        write(&lock, 2).await.unwrap();
        assert_eq!(numbers(&reader).await, [2]);
    }

    #[tokio::test]
    async fn who_goes_away_while_waiting_holds_up_nobody() {
        let (_folder, reader, lock, _) = lock().await;
        let first = lock.begin(BEGIN.to_owned()).await.unwrap();
        let gone = tokio::spawn({
            let lock = lock.clone();
            async move { lock.lock().await.map(drop) }
        });
        tokio::task::yield_now().await;
        gone.abort();
        let (written, committed) = tokio::join!(write(&lock, 1), first.commit());
        written.unwrap();
        committed.unwrap();
        assert_eq!(numbers(&reader).await, [1]);
    }
}
