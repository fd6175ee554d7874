//! Queues whose requests are served in groups: a request that comes while a group is being served is in the next one.
//! Nobody is waited for.

use crate::store::{self, StoreError};
use futures_util::FutureExt;
use shared::SiteId;
use std::{
    collections::{HashMap, hash_map::Entry},
    future::Future,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::oneshot;
use tracing::Instrument;

/// The most requests that are served at once, so that the first of them does not wait long for its answer.
const MAX_GROUP_SIZE: usize = 128;

/// Serves the requests of a queue, a group at a time.
pub(super) trait GroupServer: Send + Sync + 'static {
    /// What waits in the queue.
    type Request: Send + Sync + 'static;
    /// What a request is answered. What is refused to one of them is an answer as well.
    type Answer: Send + 'static;

    /// The answers to a group's requests, in their order; all are of one partition. If it fails or panics, nothing was
    /// done, except after [`StoreError::InDoubt`].
    fn serve(
        &self,
        partition: SiteId,
        requests: &[&Self::Request],
    ) -> impl Future<Output = store::Result<Vec<Self::Answer>>> + Send;
}

struct Waiting<T: GroupServer> {
    request: T::Request,
    answer: oneshot::Sender<store::Result<T::Answer>>,
}

/// The requests that wait, by partition ([`Store::partition_of`](store::Store::partition_of)). A partition has an
/// entry, which may be empty, exactly while a task serves it.
pub(super) struct Queues<T: GroupServer>(Mutex<HashMap<SiteId, Vec<Waiting<T>>>>);

impl<T: GroupServer> Default for Queues<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: GroupServer> Queues<T> {
    /// Serves a request with those that wait beside it, in a task of its own: a client that goes away does not break
    /// its group. `server` is called only if no task serves the partition yet.
    pub(super) async fn serve(
        self: &Arc<Self>,
        partition: SiteId,
        request: T::Request,
        server: impl FnOnce() -> T,
    ) -> store::Result<T::Answer> {
        let (answer, answered) = oneshot::channel();
        if self.push_is_first(partition, Waiting { request, answer }) {
            let (queues, server) = (self.clone(), server());
            let serving = async move {
                while let Some(waiting) = queues.next_group(partition) {
                    serve_group(&server, partition, waiting).await;
                }
            };
            // Whatever it logs, also for later requests, carries the span of the request that began it.
            tokio::spawn(serving.in_current_span());
        }
        answered.await.unwrap_or(Err(StoreError::Ended))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SiteId, Vec<Waiting<T>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a request, and returns whether the caller must start the task that serves it.
    fn push_is_first(&self, partition: SiteId, waiting: Waiting<T>) -> bool {
        match self.lock().entry(partition) {
            Entry::Occupied(mut queue) => {
                queue.get_mut().push(waiting);
                false
            }
            Entry::Vacant(queue) => {
                queue.insert(vec![waiting]);
                true
            }
        }
    }

    /// The next group; if nobody waits, `None`, and the entry is gone: whoever comes next starts a task.
    fn next_group(&self, partition: SiteId) -> Option<Vec<Waiting<T>>> {
        let mut queues = self.lock();
        let queue = queues.get_mut(&partition)?;
        let next: Vec<_> = queue.drain(..queue.len().min(MAX_GROUP_SIZE)).collect();
        if next.is_empty() {
            queues.remove(&partition);
            return None;
        }
        Some(next)
    }
}

async fn serve_group<T: GroupServer>(server: &T, partition: SiteId, waiting: Vec<Waiting<T>>) {
    let requests: Vec<_> = waiting.iter().map(|waiting| &waiting.request).collect();
    match serve_catching_panics(server, partition, &requests).await {
        Ok(answers) => {
            for (Waiting { answer, .. }, answered) in waiting.into_iter().zip(answers) {
                // Whoever asked may have gone away.
                let _ = answer.send(Ok(answered));
            }
        }
        Err(error) => serve_one_by_one(server, partition, waiting, error).await,
    }
}

/// Serves the requests of a group that failed each for itself: the failure may be that of one of them.
async fn serve_one_by_one<T: GroupServer>(
    server: &T,
    partition: SiteId,
    waiting: Vec<Waiting<T>>,
    error: StoreError,
) {
    tracing::debug!(%error, members = waiting.len(), "a group failed");
    let waiting = match <[_; 1]>::try_from(waiting) {
        Ok([Waiting { answer, .. }]) => {
            let _ = answer.send(Err(error));
            return;
        }
        Err(several) => several,
    };
    let mut shared = error.shared();
    for Waiting { request, answer } in waiting {
        let done = match shared.as_ref().and_then(StoreError::shared) {
            Some(error) => Err(error),
            None => serve_catching_panics(server, partition, &[&request]).await,
        };
        if let Err(error) = &done {
            shared = shared.or_else(|| error.shared());
        }
        let answered = done.and_then(|mut answers| answers.pop().ok_or(StoreError::Ended));
        let _ = answer.send(answered);
    }
}

/// A panic counts as a failure: the hook has logged it, and what was begun is undone as it unwinds.
async fn serve_catching_panics<T: GroupServer>(
    server: &T,
    partition: SiteId,
    requests: &[&T::Request],
) -> store::Result<Vec<T::Answer>> {
    let serving = AssertUnwindSafe(server.serve(partition, requests));
    serving.catch_unwind().await.unwrap_or(Err(StoreError::Ended))
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::join_all;

    const KEY: SiteId = SiteId(169);

    /// Answers a number with it and the size of its group; 13 fails, 14 panics, and 15 leaves its group in doubt.
    struct Echo;

    impl GroupServer for Echo {
        type Request = u32;
        type Answer = (u32, usize);

        async fn serve(&self, _: SiteId, requests: &[&u32]) -> store::Result<Vec<(u32, usize)>> {
            tokio::task::yield_now().await;
            assert!(!requests.contains(&&14), "as a decision might");
            if requests.contains(&&13) {
                return Err(StoreError::Conflict);
            }
            if requests.contains(&&15) {
                return Err(StoreError::InDoubt(Arc::new(sqlx::Error::WorkerCrashed)));
            }
            Ok(requests.iter().map(|request| (**request, requests.len())).collect())
        }
    }

    async fn served(requests: &[u32]) -> Vec<Option<(u32, usize)>> {
        let queues = Arc::new(Queues::default());
        let all = requests.iter().map(|request| queues.serve(KEY, *request, || Echo));
        let answers = join_all(all).await;
        assert!(queues.lock().is_empty(), "nobody serves any more");
        answers.into_iter().map(Result::ok).collect()
    }

    #[tokio::test]
    async fn those_that_come_while_others_are_served_are_the_next_group() {
        assert_eq!(served(&[1]).await, [Some((1, 1))]);
        // On one thread all wait before the first is served.
        assert_eq!(served(&[1, 2, 3]).await, [1, 2, 3].map(|n| Some((n, 3))));
    }

    #[tokio::test]
    async fn a_group_has_an_end() {
        let many: Vec<_> = (100..).take(MAX_GROUP_SIZE + 1).collect();
        let answers = served(&many).await;
        assert_eq!(answers[0], Some((100, MAX_GROUP_SIZE)));
        assert_eq!(answers[MAX_GROUP_SIZE].unwrap().1, 1);
    }

    #[tokio::test]
    async fn what_fails_or_panics_does_so_alone() {
        for bad in [13, 14] {
            assert_eq!(served(&[1, bad, 3]).await, [Some((1, 1)), None, Some((3, 1))]);
            assert_eq!(served(&[bad]).await, [None]);
        }
    }

    #[tokio::test]
    async fn what_may_have_been_done_is_not_done_again() {
        assert_eq!(served(&[1, 15, 3]).await, [None; 3]);
    }

    #[tokio::test]
    async fn other_partitions_are_not_waited_for() {
        let queues = Arc::new(Queues::default());
        let others = queues.serve(SiteId(170), 2, || Echo);
        let (one, other) = tokio::join!(queues.serve(KEY, 1, || Echo), others);
        assert_eq!((one.unwrap(), other.unwrap()), ((1, 1), (2, 1)));
    }
}
