//! The writer's lane: SQLite has one write lock, and a commit waits for the disk. So whoever waits to
//! write is let in turn into one transaction, each within a savepoint of its own, and one commit is
//! for all of them. Nobody is waited for: a single writer has a commit to itself.

use crate::store::{Result, StoreError};
use sqlx::{Executor, Sqlite, SqliteConnection, SqlitePool, pool::PoolConnection};
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

/// The way to the one connection that writes.
#[derive(Clone, Debug)]
pub(super) struct Lane {
    queue: mpsc::Sender<Waiting>,
    commits: Arc<AtomicU64>,
}

#[derive(Debug)]
struct Waiting {
    /// What takes long has a transaction to itself, so that others' commits do not wait for it.
    alone: bool,
    lend: oneshot::Sender<Result<Lease>>,
}

/// The connection, for one writer. Dropped without [`commit`](Lease::commit), what it wrote is undone.
#[derive(Debug)]
pub(super) struct Lease(Option<Lent>);

#[derive(Debug)]
struct Lent {
    connection: PoolConnection<Sqlite>,
    back: oneshot::Sender<Returned>,
}

#[derive(Debug)]
struct Returned {
    connection: PoolConnection<Sqlite>,
    keep: bool,
    answer: Option<oneshot::Sender<Result<()>>>,
}

impl Lane {
    /// Over a pool of one connection. It ends with the last of its clones.
    pub(super) fn new(pool: SqlitePool) -> Self {
        let (queue, waiting) = mpsc::channel(WAITING);
        let commits = Arc::<AtomicU64>::default();
        tokio::spawn(run(pool, waiting, commits.clone()));
        Self { queue, commits }
    }

    /// Waits for the turn to write.
    pub(super) async fn lease(&self, alone: bool) -> Result<Lease> {
        let (lend, borrowed) = oneshot::channel();
        self.queue.send(Waiting { alone, lend }).await.map_err(|_| StoreError::Ended)?;
        borrowed.await.map_err(|_| StoreError::Ended)?
    }

    /// The number of commits so far.
    pub(super) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }
}

impl Lease {
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

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(Lent { connection, back }) = self.0.take() {
            // If the lane has ended, the connection closes, which undoes it as well.
            let _ = back.send(Returned { connection, keep: false, answer: None });
        }
    }
}

/// Only a lease that has ended has no connection, and nobody has such a one.
const LENT: &str = "a lease has its connection until it ends";

impl Deref for Lease {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.0.as_ref().expect(LENT).connection
    }
}

impl DerefMut for Lease {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.0.as_mut().expect(LENT).connection
    }
}

async fn run(pool: SqlitePool, mut queue: mpsc::Receiver<Waiting>, commits: Arc<AtomicU64>) {
    let mut next = None;
    while let Some(first) = match next.take() {
        Some(waiting) => Some(waiting),
        None => queue.recv().await,
    } {
        let group = match pool.acquire().await {
            Ok(mut connection) => match connection.execute("BEGIN IMMEDIATE").await {
                Ok(_) => Ok(Group { connection, answers: vec![], changes: false }),
                Err(error) => Err(error),
            },
            Err(error) => Err(error),
        };
        match group {
            Ok(group) => next = group.run(first, &mut queue, &commits).await,
            // Whoever asks has gone away if this is not received.
            Err(error) => drop(first.lend.send(Err(error.into()))),
        }
    }
}

/// The writers of one transaction.
struct Group {
    connection: PoolConnection<Sqlite>,
    answers: Vec<oneshot::Sender<Result<()>>>,
    changes: bool,
}

impl Group {
    /// Lets writers in until nobody waits, and commits. Returns one that was not let in.
    async fn run(
        mut self,
        first: Waiting,
        queue: &mut mpsc::Receiver<Waiting>,
        commits: &AtomicU64,
    ) -> Option<Waiting> {
        let mut members = 0;
        let mut next = Some(first);
        while let Some(waiting) = next.take() {
            let is_last = waiting.alone;
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
                Ok(waiting) if waiting.alone => {
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
    async fn admit(mut self, waiting: Waiting) -> Result<Self, ()> {
        if let Err(error) = self.connection.execute("SAVEPOINT member").await {
            let error = self.fail(error);
            drop(waiting.lend.send(Err(StoreError::Sql(error))));
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
        let end = if keep { "RELEASE member" } else { "ROLLBACK TO member; RELEASE member" };
        if let Err(error) = self.connection.execute(end).await {
            self.fail(error);
            return Err(());
        }
        Ok(self)
    }

    async fn finish(mut self, commits: &AtomicU64) {
        let end = if self.changes { "COMMIT" } else { "ROLLBACK" };
        if let Err(error) = self.connection.execute(end).await {
            self.fail(error);
            return;
        }
        commits.fetch_add(u64::from(self.changes), Ordering::Relaxed);
        for answer in self.answers {
            // Whoever asked may have gone away.
            let _ = answer.send(Ok(()));
        }
    }

    /// Nothing of it is done, and nobody is told that it is. The connection is in a state that only
    /// SQLite knows: it is closed, and the next group has another.
    fn fail(mut self, error: sqlx::Error) -> Arc<sqlx::Error> {
        let error = Arc::new(error);
        self.connection.close_on_drop();
        for answer in self.answers {
            let _ = answer.send(Err(StoreError::Sql(error.clone())));
        }
        error
    }
}

#[cfg(test)]
mod tests;
