//! Requests that wait for the same thing are served together: a request that comes while a group is being served is
//! in the next one. Nobody is waited for.

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

/// Requests of a group at most, so that the first of them does not wait long for its answer.
const MAX_GROUP_SIZE: usize = 128;

/// Serves requests together.
pub(super) trait Together: Send + Sync + 'static {
    /// What is asked for.
    type Request: Send + Sync + 'static;
    /// What comes of it.
    type Answer: Send + 'static;

    /// The answers to requests of one group, in their order. If it fails or panics, nothing was done, and each request
    /// is served alone: the failure may be that of one of them.
    fn serve(
        &self,
        group: SiteId,
        requests: &[&Self::Request],
    ) -> impl Future<Output = store::Result<Vec<Self::Answer>>> + Send;
}

struct Waiting<T: Together> {
    request: T::Request,
    answer: oneshot::Sender<store::Result<T::Answer>>,
}

/// The requests that wait, by group. There is an entry while a group of it is being served.
pub(super) struct Queues<T: Together>(Mutex<HashMap<SiteId, Vec<Waiting<T>>>>);

impl<T: Together> Default for Queues<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Together> Queues<T> {
    /// Serves a request with those that wait beside it, in a task of its own: a client that goes away does not break
    /// its group. `by` is made for the first that waits.
    pub(super) async fn serve(
        self: &Arc<Self>,
        group: SiteId,
        request: T::Request,
        by: impl FnOnce() -> T,
    ) -> store::Result<T::Answer> {
        let (answer, answered) = oneshot::channel();
        if self.push(group, Waiting { request, answer }) {
            let (queues, by) = (self.clone(), by());
            let serving = async move {
                while let Some(waiting) = queues.next(group) {
                    serve_group(&by, group, waiting).await;
                }
            };
            // Statements that it logs are those of the request that began it.
            tokio::spawn(serving.in_current_span());
        }
        answered.await.unwrap_or(Err(StoreError::Ended))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SiteId, Vec<Waiting<T>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds one that waits. If nobody serves them, the caller is to begin with it.
    fn push(&self, group: SiteId, waiting: Waiting<T>) -> bool {
        match self.lock().entry(group) {
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

    /// The next group; `None` if nobody waits: the next to come serves again.
    fn next(&self, group: SiteId) -> Option<Vec<Waiting<T>>> {
        let mut queues = self.lock();
        let queue = queues.get_mut(&group)?;
        let next: Vec<_> = queue.drain(..queue.len().min(MAX_GROUP_SIZE)).collect();
        if next.is_empty() {
            queues.remove(&group);
            return None;
        }
        Some(next)
    }
}

async fn serve_group<T: Together>(by: &T, group: SiteId, waiting: Vec<Waiting<T>>) {
    let requests: Vec<_> = waiting.iter().map(|waiting| &waiting.request).collect();
    match serve_or_panic(by, group, &requests).await {
        Ok(answers) => {
            for (Waiting { answer, .. }, answered) in waiting.into_iter().zip(answers) {
                // Whoever asked may have gone away.
                let _ = answer.send(Ok(answered));
            }
        }
        Err(error) => serve_one_by_one(by, group, waiting, error).await,
    }
}

/// Serves the requests of a group that failed.
async fn serve_one_by_one<T: Together>(
    by: &T,
    group: SiteId,
    waiting: Vec<Waiting<T>>,
    error: StoreError,
) {
    tracing::debug!(%error, members = waiting.len(), "a group failed");
    let mut of_all = error.for_others();
    let mut alone = Some(error).filter(|_| waiting.len() == 1);
    for Waiting { request, answer } in waiting {
        let failed = alone.take().or_else(|| of_all.as_ref()?.for_others());
        let served = match failed {
            Some(error) => Err(error),
            None => serve_or_panic(by, group, &[&request]).await,
        };
        if let Err(error) = &served {
            of_all = of_all.or_else(|| error.for_others());
        }
        let answered = served.and_then(|mut answers| answers.pop().ok_or(StoreError::Ended));
        let _ = answer.send(answered);
    }
}

/// A panic is a failure. The hook has logged it, and what was begun is undone as it unwinds.
async fn serve_or_panic<T: Together>(
    by: &T,
    group: SiteId,
    requests: &[&T::Request],
) -> store::Result<Vec<T::Answer>> {
    let serving = AssertUnwindSafe(by.serve(group, requests));
    serving.catch_unwind().await.unwrap_or(Err(StoreError::Ended))
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::join_all;

    const KEY: SiteId = SiteId(169);

    /// Answers a number with it and the size of its group; 13 fails, and 14 panics.
    struct Echo;

    impl Together for Echo {
        type Request = u32;
        type Answer = (u32, usize);

        async fn serve(&self, _: SiteId, requests: &[&u32]) -> store::Result<Vec<(u32, usize)>> {
            tokio::task::yield_now().await;
            assert!(!requests.contains(&&14), "as a decision might");
            if requests.contains(&&13) {
                return Err(StoreError::Conflict);
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
    async fn other_groups_are_not_waited_for() {
        let queues = Arc::new(Queues::default());
        let others = queues.serve(SiteId(170), 2, || Echo);
        let (one, other) = tokio::join!(queues.serve(KEY, 1, || Echo), others);
        assert_eq!((one.unwrap(), other.unwrap()), ((1, 1), (2, 1)));
    }
}
