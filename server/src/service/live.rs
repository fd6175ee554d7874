//! Tells who waits for them of changes of connections, whichever server of the database made them.
//!
//! An event's number is that of its row in the site's audit log. So a client that says how far it
//! got misses nothing, on whichever server it goes on.

use super::Services;
use crate::{
    background::{Heartbeat, Loops},
    store::{self, Change, SiteScope, Store, StoreError},
};
use futures_util::{Stream, StreamExt, stream};
use shared::SiteId;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{Notify, OwnedSemaphorePermit, Semaphore, watch},
    time::{sleep, timeout},
};

/// How often the database is asked for what other servers changed: at once, for a person.
const POLL: Duration = Duration::from_millis(500);

/// After a look at the database the next waits so long, however much is written.
const PACE: Duration = Duration::from_millis(50);

/// How long a database that failed is left alone.
const REST: Duration = Duration::from_secs(5);

/// How long one look may last, with a database that does not answer.
const WATCH_PATIENCE: Duration = Duration::from_mins(2);

/// How often a caller without events is asked whether it still may listen: someone who was disabled
/// learns nothing then for longer than this.
const CHECK: Duration = Duration::from_secs(15);

/// Who may listen at a time: a quarter of the connections that a server takes.
const PLACES: usize = 1024;

/// Changes that are read at once.
const BATCH: u32 = 100;

/// Why somebody cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Too many listen, or the server is about to stop.
    #[error("there is no place for another listener")]
    Full,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Who listens, and to which sites.
#[derive(Debug)]
pub(super) struct Live {
    state: Mutex<State>,
    written: Notify,
    places: Arc<Semaphore>,
}

#[derive(Debug, Default)]
struct State {
    /// The last number of each site's log that was seen.
    ends: HashMap<SiteId, watch::Sender<i64>>,
    /// Whether a task looks for new ones.
    is_watched: bool,
    is_over: bool,
}

impl Default for Live {
    fn default() -> Self {
        let places = Arc::new(Semaphore::new(PLACES));
        Self { state: Mutex::default(), written: Notify::new(), places }
    }
}

impl Live {
    /// Something was written here: other servers' writes are seen in time, ours at once.
    pub(super) fn wake(&self) {
        self.written.notify_one();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sees a site's last number change; `None` if the server stops.
    fn ends(
        self: &Arc<Self>,
        store: &Arc<dyn Store>,
        loops: &Loops,
        site: SiteId,
    ) -> Option<watch::Receiver<i64>> {
        let mut state = self.state();
        if state.is_over {
            return None;
        }
        if !state.is_watched {
            state.is_watched = true;
            let (live, store) = (self.clone(), store.clone());
            let watch = move |heart| watch(live.clone(), store.clone(), heart);
            tokio::spawn(loops.clone().supervise("events", WATCH_PATIENCE, watch));
        }
        Some(state.ends.entry(site).or_default().subscribe())
    }

    /// The sites that somebody listens to; nothing if nobody does, and then the watch is over.
    fn sites(&self) -> Vec<SiteId> {
        let mut state = self.state();
        state.ends.retain(|_, end| end.receiver_count() > 0);
        state.is_watched = !state.ends.is_empty();
        state.ends.keys().copied().collect()
    }

    fn tell(&self, numbers: Vec<(SiteId, i64)>) {
        let state = self.state();
        for (site, number) in numbers {
            if let Some(end) = state.ends.get(&site) {
                end.send_if_modified(|end| std::mem::replace(end, number) != number);
            }
        }
    }
}

/// Looks for what was written, as long as somebody listens.
async fn watch(live: Arc<Live>, store: Arc<dyn Store>, heart: Arc<Heartbeat>) {
    loop {
        heart.beat();
        let sites = live.sites();
        if sites.is_empty() {
            return;
        }
        match store.numbers(&sites).await {
            Ok(numbers) => {
                live.tell(numbers);
                sleep(PACE).await;
            }
            Err(error) => {
                log(&error);
                sleep(REST).await;
            }
        }
        // A time that is over is a reason to look, too.
        let _ = timeout(POLL, live.written.notified()).await;
    }
}

fn log(error: &StoreError) {
    let error: &(dyn std::error::Error + 'static) = error;
    tracing::error!(error, "changes could not be looked for");
}

impl Services {
    /// The number of the last event of a site.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn last_event(&self, site: SiteId) -> store::Result<i64> {
        let numbers = self.store.numbers(&[site]).await?;
        Ok(numbers.first().map_or(0, |(_, number)| *number))
    }

    /// Changes of a site's connections, in their order, after the event `after` or else from now on,
    /// until the server stops or the caller, who is asked before anything is told, may not listen
    /// any more. A number that the site has not reached counts as its last.
    ///
    /// # Errors
    /// See [`ListenError`].
    pub async fn listen<M, F>(
        &self,
        scope: SiteScope,
        after: Option<i64>,
        may_listen: M,
    ) -> Result<impl Stream<Item = Change> + Send + use<M, F>, ListenError>
    where
        M: Fn() -> F + Send + 'static,
        F: Future<Output = bool> + Send,
    {
        let place = self.live.places.clone().try_acquire_owned().map_err(|_| ListenError::Full)?;
        let ends =
            self.live.ends(&self.store, &self.loops, scope.site()).ok_or(ListenError::Full)?;
        let end = self.last_event(scope.site()).await?;
        let told = after.unwrap_or(end).min(end);
        let store = self.store.clone();
        let listener = Listener { store, scope, told, end, ends, may_listen, _place: place };
        let batches = stream::unfold(listener, async |mut listener| {
            let changes = listener.next().await?;
            Some((stream::iter(changes), listener))
        });
        Ok(batches.flatten())
    }

    /// Ends all streams of events: a server that stops waits for what is open.
    pub fn end_streams(&self) {
        let mut state = self.live.state();
        state.is_over = true;
        state.ends.clear();
    }
}

/// Somebody who listens.
struct Listener<M> {
    store: Arc<dyn Store>,
    scope: SiteScope,
    /// The last event that it was told, or that is none for it.
    told: i64,
    /// The site's last event.
    end: i64,
    ends: watch::Receiver<i64>,
    may_listen: M,
    _place: OwnedSemaphorePermit,
}

impl<M: Fn() -> F, F: Future<Output = bool>> Listener<M> {
    /// The next changes; `None` at the end.
    async fn next(&mut self) -> Option<Vec<Change>> {
        loop {
            if self.told < self.end {
                let changes = self.read().await?;
                if !changes.is_empty() {
                    return Some(changes);
                }
            } else {
                match timeout(CHECK, self.ends.changed()).await {
                    Ok(seen) => {
                        seen.ok()?;
                        self.end = self.end.max(*self.ends.borrow_and_update());
                    }
                    Err(_) if (self.may_listen)().await => {}
                    Err(_) => return None,
                }
            }
        }
    }

    /// The changes up to the site's last event, or as many as are read at once.
    async fn read(&mut self) -> Option<Vec<Change>> {
        if !(self.may_listen)().await {
            return None;
        }
        let read = self.store.changes(self.scope, self.told, BATCH).await;
        let changes = read.inspect_err(log).ok()?;
        let last = changes.last().map_or(0, |change| change.number);
        let is_all = changes.len() < BATCH as usize;
        self.told = if is_all { self.end.max(last) } else { last };
        Some(changes)
    }
}
