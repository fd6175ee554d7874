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
use tokio::sync::{mpsc, oneshot};

/// Writers of one commit at most, so that the first of them does not wait long for its answer.
const MOST: usize = 128;

/// Writers that may wait; more wait to wait.
const WAITING: usize = 1024;

/// The way to the one transaction that writes.
#[derive(Debug)]
pub(super) struct Lane<DB: Database> {
    queue: mpsc::Sender<Waiting<DB>>,
    commits: Arc<AtomicU64>,
}

impl<DB: Database> Clone for Lane<DB> {
    fn clone(&self) -> Self {
        Self { queue: self.queue.clone(), commits: self.commits.clone() }
    }
}

#[derive(Debug)]
struct Waiting<DB: Database> {
    kind: Kind,
    lend: oneshot::Sender<Result<Lease<DB>>>,
}

/// How a writer writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Within a transaction that others share.
    Member,
    /// Within a transaction of its own, since it takes long and others' commits are not to wait for it.
    Alone,
    /// It begins and ends its transaction itself.
    Borrower,
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
    /// Whether a transaction may be open.
    open: bool,
}

impl<DB> Lane<DB>
where
    DB: Database,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    /// With the statements that begin a transaction which may write. It ends with the last of its
    /// clones.
    pub(super) fn new(pool: Pool<DB>, begin: String) -> Self {
        let (queue, waiting) = mpsc::channel(WAITING);
        let commits = Arc::<AtomicU64>::default();
        tokio::spawn(run(pool, begin, waiting, commits.clone()));
        Self { queue, commits }
    }

    /// Waits for the turn to write.
    pub(super) async fn lease(&self, alone: bool) -> Result<Lease<DB>> {
        self.wait(if alone { Kind::Alone } else { Kind::Member }).await
    }

    /// Waits for the turn to write in a transaction that is begun and ended with the connection itself.
    pub(super) async fn borrow(&self) -> Result<Lease<DB>> {
        self.wait(Kind::Borrower).await
    }

    async fn wait(&self, kind: Kind) -> Result<Lease<DB>> {
        let (lend, borrowed) = oneshot::channel();
        self.queue.send(Waiting { kind, lend }).await.map_err(|_| StoreError::Ended)?;
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

    /// Gives a borrowed connection back, no transaction being open; says whether one was committed.
    pub(super) fn done(mut self, committed: bool) {
        if let Some(Lent { connection, back }) = self.0.take() {
            // If the lane has ended, the connection closes.
            let _ = back.send(Returned { connection, keep: committed, answer: None, open: false });
        }
    }

    async fn end(mut self, keep: bool) -> Result<()> {
        let Some(Lent { connection, back }) = self.0.take() else { return Err(StoreError::Ended) };
        let (answer, answered) = oneshot::channel();
        back.send(Returned { connection, keep, answer: Some(answer), open: true })
            .map_err(|_| StoreError::Ended)?;
        answered.await.map_err(|_| StoreError::Ended)?
    }
}

impl<DB: Database> Drop for Lease<DB> {
    fn drop(&mut self) {
        if let Some(Lent { connection, back }) = self.0.take() {
            // If the lane has ended, the connection closes, which undoes it as well.
            let _ = back.send(Returned { connection, keep: false, answer: None, open: true });
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
    pool: Pool<DB>,
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
        match pool.acquire().await {
            Ok(connection) if first.kind == Kind::Borrower => {
                lend(connection, first, &commits).await;
            }
            Ok(connection) => {
                let group =
                    Group { connection, due: begin.clone(), answers: vec![], changes: false };
                next = group.run(first, &mut queue, &commits).await;
            }
            // Whoever asks has gone away if this is not received.
            Err(error) => drop(first.lend.send(Err(error.into()))),
        }
    }
}

/// Lends a connection to one who begins and ends a transaction with it.
async fn lend<DB: Database>(
    connection: PoolConnection<DB>,
    waiting: Waiting<DB>,
    commits: &AtomicU64,
) {
    let (back, returned) = oneshot::channel();
    // Whoever asked may have gone away.
    drop(waiting.lend.send(Ok(Lease(Some(Lent { connection, back })))));
    let Ok(Returned { mut connection, keep, open, .. }) = returned.await else { return };
    commits.fetch_add(u64::from(keep), Ordering::Relaxed);
    if open {
        connection.close_on_drop();
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
    /// Lets writers in until nobody waits, and commits. Returns one that was not let in.
    async fn run(
        mut self,
        first: Waiting<DB>,
        queue: &mut mpsc::Receiver<Waiting<DB>>,
        commits: &AtomicU64,
    ) -> Option<Waiting<DB>> {
        let mut members = 0;
        let mut next = Some(first);
        while let Some(waiting) = next.take() {
            let is_last = waiting.kind == Kind::Alone;
            match self.admit(waiting).await {
                Ok(group) => self = group,
                // Its connection is closed, which undoes all of it; nobody gets a false answer.
                Err(()) => return None,
            }
            members += 1;
            if is_last || members == MOST {
                break;
            }
            match queue.try_recv() {
                Ok(waiting) if waiting.kind != Kind::Member => {
                    self.finish(commits).await;
                    return Some(waiting);
                }
                waiting => next = waiting.ok(),
            }
        }
        self.finish(commits).await;
        None
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
        let Ok(Returned { connection, keep, answer, .. }) = returned.await else { return Err(()) };
        self.connection = connection;
        self.answers.extend(answer);
        self.changes |= keep;
        if keep { KEEP } else { UNDO }.clone_into(&mut self.due);
        Ok(self)
    }

    async fn finish(mut self, commits: &AtomicU64) {
        let end = if self.changes { "COMMIT" } else { "ROLLBACK" };
        if let Err(error) = self.execute(end).await {
            self.fail(error);
            return;
        }
        commits.fetch_add(u64::from(self.changes), Ordering::Relaxed);
        for answer in self.answers {
            // Whoever asked may have gone away.
            let _ = answer.send(Ok(()));
        }
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
