//! The writer's lane: a database lets one transaction at a time write to the same, and a commit waits
//! for the disk. So whoever waits to write is let in turn into one transaction, each within a savepoint
//! of its own, and one commit is for all of them. Nobody is waited for: a single writer has a commit to
//! itself.

use super::{Result, StoreError};
use sqlx::{AssertSqlSafe, Database, Executor, Pool, pool::PoolConnection};
use std::{
    ops::{Deref, DerefMut},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::{Mutex, OwnedMutexGuard, mpsc, oneshot};

/// Writers of one commit at most, so that the first of them does not wait long for its answer.
const MOST: usize = 128;

/// Writers that may wait; more wait to wait.
const WAITING: usize = 1024;

/// The way to the one transaction that writes.
#[derive(Debug)]
pub(super) struct Lane<DB: Database> {
    queue: mpsc::Sender<Waiting<DB>>,
    writer: Arc<Mutex<Writer<DB>>>,
    commits: Arc<AtomicU64>,
}

/// The connection that writes, of which there is one at a time.
#[derive(Debug)]
struct Writer<DB: Database> {
    pool: Pool<DB>,
    /// Whether it is kept, so that nobody waits for the pool and what that asks a connection which comes back.
    keep: bool,
    kept: Kept<DB>,
}

/// A connection that is kept, and does not go back to its pool.
#[derive(Debug)]
pub(super) struct Kept<DB: Database>(pub(super) Option<PoolConnection<DB>>);

impl<DB: Database> Default for Kept<DB> {
    fn default() -> Self {
        Self(None)
    }
}

impl<DB: Database> Drop for Kept<DB> {
    /// It is closed: to give it back takes a runtime, which may have ended before this.
    fn drop(&mut self) {
        drop(self.0.take().map(PoolConnection::detach));
    }
}

impl<DB: Database> Writer<DB> {
    async fn take(&mut self) -> Result<PoolConnection<DB>> {
        match self.kept.0.take() {
            Some(connection) => Ok(connection),
            None => Ok(self.pool.acquire().await?),
        }
    }

    fn put_back(&mut self, connection: PoolConnection<DB>) {
        self.kept.0 = Some(connection).filter(|_| self.keep);
    }
}

/// The connection, for one who begins and ends a transaction with it. Dropped without [`done`](Borrowed::done), it is
/// closed, which undoes what it wrote.
#[derive(Debug)]
pub(super) struct Borrowed<DB: Database> {
    writer: OwnedMutexGuard<Writer<DB>>,
    connection: Option<PoolConnection<DB>>,
    commits: Arc<AtomicU64>,
}

impl<DB: Database> Clone for Lane<DB> {
    fn clone(&self) -> Self {
        Self {
            queue: self.queue.clone(),
            writer: self.writer.clone(),
            commits: self.commits.clone(),
        }
    }
}

#[derive(Debug)]
struct Waiting<DB: Database> {
    /// What takes long has a transaction to itself, so that others' commits do not wait for it.
    alone: bool,
    lend: oneshot::Sender<Result<Lease<DB>>>,
}

/// The connection, for one writer. Dropped without [`commit`](Lease::commit), what it wrote is undone.
#[derive(Debug)]
pub(super) struct Lease<DB: Database>(Option<Lent<DB>>);

#[derive(Debug)]
struct Lent<DB: Database> {
    connection: PoolConnection<DB>,
    back: oneshot::Sender<Returned<DB>>,
}

#[derive(Debug)]
struct Returned<DB: Database> {
    connection: PoolConnection<DB>,
    keep: bool,
    answer: Option<oneshot::Sender<Result<()>>>,
}

impl<DB> Lane<DB>
where
    DB: Database,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    /// With the statements that begin a transaction which may write, and whether the connection is kept. It ends with
    /// the last of its clones.
    pub(super) fn new(pool: Pool<DB>, begin: String, keep: bool) -> Self {
        let (queue, waiting) = mpsc::channel(WAITING);
        let commits = Arc::<AtomicU64>::default();
        let writer = Arc::new(Mutex::new(Writer { pool, keep, kept: Kept::default() }));
        tokio::spawn(run(writer.clone(), begin, waiting, commits.clone()));
        Self { queue, writer, commits }
    }

    /// Waits for the turn to write in a transaction that is begun and ended with the connection itself.
    pub(super) async fn borrow(&self) -> Result<Borrowed<DB>> {
        let mut writer = self.writer.clone().lock_owned().await;
        let connection = Some(writer.take().await?);
        Ok(Borrowed { writer, connection, commits: self.commits.clone() })
    }

    /// Gives up what it keeps, after what is being written.
    pub(super) async fn close(&self) {
        let mut writer = self.writer.lock().await;
        writer.keep = false;
        writer.kept.0 = None;
        writer.pool.close().await;
    }

    /// Waits for the turn to write.
    pub(super) async fn lease(&self, alone: bool) -> Result<Lease<DB>> {
        let (lend, borrowed) = oneshot::channel();
        self.queue.send(Waiting { alone, lend }).await.map_err(|_| StoreError::Ended)?;
        borrowed.await.map_err(|_| StoreError::Ended)?
    }

    /// The number of commits so far.
    pub(super) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }
}

impl<DB: Database> Lease<DB> {
    /// Keeps what was written, and waits until it is durable.
    pub(super) async fn commit(self) -> Result<()> {
        self.end(true).await
    }

    /// Undoes what was written, and waits until what it read is durable: that may be the writes of
    /// others in the same transaction.
    pub(super) async fn rollback(self) -> Result<()> {
        self.end(false).await
    }

    async fn end(mut self, keep: bool) -> Result<()> {
        let Some(Lent { connection, back }) = self.0.take() else { return Err(StoreError::Ended) };
        let (answer, answered) = oneshot::channel();
        back.send(Returned { connection, keep, answer: Some(answer) })
            .map_err(|_| StoreError::Ended)?;
        answered.await.map_err(|_| StoreError::Ended)?
    }
}

impl<DB: Database> Borrowed<DB> {
    /// Gives the connection back, no transaction being open; says whether one was committed.
    pub(super) fn done(mut self, committed: bool) {
        self.commits.fetch_add(u64::from(committed), Ordering::Relaxed);
        if let Some(connection) = self.connection.take() {
            self.writer.put_back(connection);
        }
    }
}

impl<DB: Database> Drop for Borrowed<DB> {
    fn drop(&mut self) {
        if let Some(mut connection) = self.connection.take() {
            connection.close_on_drop();
        }
    }
}

impl<DB: Database> Deref for Borrowed<DB> {
    type Target = DB::Connection;

    fn deref(&self) -> &DB::Connection {
        self.connection.as_ref().expect(LENT)
    }
}

impl<DB: Database> DerefMut for Borrowed<DB> {
    fn deref_mut(&mut self) -> &mut DB::Connection {
        self.connection.as_mut().expect(LENT)
    }
}

impl<DB: Database> Drop for Lease<DB> {
    fn drop(&mut self) {
        if let Some(Lent { connection, back }) = self.0.take() {
            // If the lane has ended, the connection closes, which undoes it as well.
            let _ = back.send(Returned { connection, keep: false, answer: None });
        }
    }
}

/// Only a lease that has ended has no connection, and nobody has such a one.
const LENT: &str = "a lease has its connection until it ends";

impl<DB: Database> Deref for Lease<DB> {
    type Target = DB::Connection;

    fn deref(&self) -> &DB::Connection {
        &self.0.as_ref().expect(LENT).connection
    }
}

impl<DB: Database> DerefMut for Lease<DB> {
    fn deref_mut(&mut self) -> &mut DB::Connection {
        &mut self.0.as_mut().expect(LENT).connection
    }
}

async fn run<DB>(
    writer: Arc<Mutex<Writer<DB>>>,
    begin: String,
    mut queue: mpsc::Receiver<Waiting<DB>>,
    commits: Arc<AtomicU64>,
) where
    DB: Database,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    let mut next = None;
    while let Some(first) = match next.take() {
        Some(waiting) => Some(waiting),
        None => queue.recv().await,
    } {
        let mut writer = writer.lock().await;
        match writer.take().await {
            Ok(connection) => {
                let group =
                    Group { connection, due: begin.clone(), answers: vec![], changes: false };
                let (connection, waiting) = group.run(first, &mut queue, &commits).await;
                if let Some(connection) = connection {
                    writer.put_back(connection);
                }
                next = waiting;
            }
            // Whoever asks has gone away if this is not received.
            Err(error) => drop(first.lend.send(Err(error))),
        }
    }
}

/// The writers of one transaction.
struct Group<DB: Database> {
    connection: PoolConnection<DB>,
    /// The statements that begin it, or end the last writer's savepoint: they are sent with the next,
    /// since each time costs.
    due: String,
    answers: Vec<oneshot::Sender<Result<()>>>,
    changes: bool,
}

const KEEP: &str = "RELEASE SAVEPOINT member";
const UNDO: &str = "ROLLBACK TO SAVEPOINT member; RELEASE SAVEPOINT member";

impl<DB> Group<DB>
where
    DB: Database,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    /// Lets writers in until nobody waits, and commits. Returns the connection, if nothing was the matter, and one that
    /// was not let in.
    async fn run(
        mut self,
        first: Waiting<DB>,
        queue: &mut mpsc::Receiver<Waiting<DB>>,
        commits: &AtomicU64,
    ) -> (Option<PoolConnection<DB>>, Option<Waiting<DB>>) {
        let mut members = 0;
        let mut next = Some(first);
        while let Some(waiting) = next.take() {
            let is_last = waiting.alone;
            match self.admit(waiting).await {
                Ok(group) => self = group,
                // Its connection is closed, which undoes all of it; nobody gets a false answer.
                Err(()) => return (None, None),
            }
            members += 1;
            if is_last || members == MOST {
                break;
            }
            match queue.try_recv() {
                Ok(waiting) if waiting.alone => {
                    return (self.finish(commits).await, Some(waiting));
                }
                waiting => next = waiting.ok(),
            }
        }
        (self.finish(commits).await, None)
    }

    /// Lends the connection to one writer and takes it back.
    async fn admit(mut self, waiting: Waiting<DB>) -> Result<Self, ()> {
        if let Err(error) = self.execute("SAVEPOINT member").await {
            let error = self.fail(error);
            drop(waiting.lend.send(Err(StoreError::of(&error))));
            return Err(());
        }
        let (back, returned) = oneshot::channel();
        let lease = Lease(Some(Lent { connection: self.connection, back }));
        // One that went away drops the lease, which returns it.
        drop(waiting.lend.send(Ok(lease)));
        let Ok(Returned { connection, keep, answer }) = returned.await else { return Err(()) };
        self.connection = connection;
        self.answers.extend(answer);
        self.changes |= keep;
        if keep { KEEP } else { UNDO }.clone_into(&mut self.due);
        Ok(self)
    }

    async fn finish(mut self, commits: &AtomicU64) -> Option<PoolConnection<DB>> {
        let end = if self.changes { "COMMIT" } else { "ROLLBACK" };
        if let Err(error) = self.execute(end).await {
            self.fail(error);
            return None;
        }
        commits.fetch_add(u64::from(self.changes), Ordering::Relaxed);
        for answer in self.answers {
            // Whoever asked may have gone away.
            let _ = answer.send(Ok(()));
        }
        Some(self.connection)
    }

    /// Executes what is due, and a statement.
    async fn execute(&mut self, statement: &str) -> sqlx::Result<()> {
        let sql = format!("{}; {statement}", self.due);
        self.connection.execute(AssertSqlSafe(sql)).await.map(drop)
    }

    /// Nothing of it is done, and nobody is told that it is. The connection is in a state that only
    /// the database knows: it is closed, and the next group has another.
    fn fail(mut self, error: sqlx::Error) -> Arc<sqlx::Error> {
        let error = Arc::new(error);
        self.connection.close_on_drop();
        for answer in self.answers {
            let _ = answer.send(Err(StoreError::of(&error)));
        }
        error
    }
}

#[cfg(test)]
mod tests;
