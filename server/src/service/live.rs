//! Tells who waits for them of changes of connections, whichever server of the database made them.
//! The state that its tasks share is guarded by one lock, and so stands in one file.
//!
//! One task reads the changes of a site, and the rights of those who listen to it, for all of them.
//! An event's number is that of its row in the site's audit log. So a client that says how far it
//! got misses nothing, on whichever server it goes on.

mod reader;
mod stream;
mod watch;

use super::Services;
use crate::{
    shares::{Over, Share, ShareLimits, Shares},
    store::{self, ChangeNotice, Principal, Store, StoreError, UserId},
    supervise::Loops,
};
use futures_util::{Stream, StreamExt, stream as streams};
use reader::{Reading, Rights};
use shared::SiteId;
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    ops::Range,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use stream::EventStream;
use tokio::sync::{Notify, mpsc, watch as channel};
use watch::{WATCH_PATIENCE, watch};

/// How long a database that failed is left alone.
const RETRY_DELAY: Duration = Duration::from_secs(5);

/// Changes that are read at once.
const CHANGES_BATCH_ROWS: u32 = 100;

/// Streams that are open at a time; in all, a quarter of the connections that a server takes.
const STREAMS: ShareLimits = ShareLimits { all: 1024, per_site: 256, per_user: 16 };

/// Batches of changes that wait for a listener who does not read. One who is further behind than that is
/// cut off, and goes on where it was.
const QUEUE: usize = 64;

/// Why somebody cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The site, or all sites together, have as many streams as they may.
    #[error("there is no place for another listener")]
    Full,
    /// The server is about to stop.
    #[error("the server stops")]
    Stopping,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// By what somebody listens, beside the membership.
#[derive(Clone, Debug)]
pub enum Credential {
    /// A token that is good until this time, in seconds since 1970.
    Token(i64),
    /// A browser's session, by its id in the database.
    Session(String),
}

/// What a listener receives.
#[derive(Clone, Debug)]
pub enum News {
    /// A connection was changed.
    Change(ChangeNotice),
    /// This stream ends because its user has opened as many others as one may have.
    Displaced,
}

/// Who listens, and to which sites.
#[derive(Debug)]
pub(super) struct Live {
    state: Mutex<State>,
    written: Notify,
    streams: Arc<Shares>,
}

#[derive(Debug, Default)]
struct State {
    /// The last number of each site's log that was seen.
    ends: HashMap<SiteId, channel::Sender<i64>>,
    /// Whether a task looks for new ones.
    is_watched: bool,
    is_over: bool,
    /// The sites whose changes a task reads.
    is_read: HashSet<SiteId>,
    /// Everybody who listens, the oldest first.
    listeners: BTreeMap<u64, Listener>,
    next_id: u64,
}

/// Somebody who listens, as the reader of the site sees it.
#[derive(Debug)]
struct Listener {
    user: UserId,
    site: SiteId,
    /// The membership's version with which it began.
    version: i64,
    credential: Credential,
    messages: mpsc::Sender<Message>,
    _share: Share,
}

#[derive(Clone, Debug)]
enum Message {
    Changes(Arc<Batch>),
    Displaced,
}

/// All changes of a site after an event up to another.
#[derive(Debug)]
struct Batch {
    after: i64,
    up_to: i64,
    changes: Vec<ChangeNotice>,
}

impl Default for Live {
    fn default() -> Self {
        let streams = Shares::new(STREAMS);
        Self { state: Mutex::default(), written: Notify::new(), streams }
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
    ) -> Option<channel::Receiver<i64>> {
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

    /// Lets a caller listen. Who has as many streams as one may loses the oldest.
    fn join(
        self: &Arc<Self>,
        caller: &Principal,
        credential: Credential,
    ) -> Result<(Joined, mpsc::Receiver<Message>), ListenError> {
        let mut state = self.state();
        if state.is_over {
            return Err(ListenError::Stopping);
        }
        let share = loop {
            match self.streams.take(caller) {
                Ok(share) => break share,
                Err(Over::User) if state.displace(caller.user) => {}
                Err(_) => return Err(ListenError::Full),
            }
        };
        let (messages, received) = mpsc::channel(QUEUE);
        let Principal { user, site, version, .. } = *caller;
        let listener = Listener { user, site, version, credential, messages, _share: share };
        let id = state.next_id;
        state.next_id += 1;
        state.listeners.insert(id, listener);
        Ok((Joined { live: self.clone(), id }, received))
    }

    /// Whether a task has to be started that reads a site's changes.
    fn begin_to_read(self: &Arc<Self>, site: SiteId) -> Option<Reading> {
        let is_new = self.state().is_read.insert(site);
        is_new.then(|| Reading { live: self.clone(), site, is_over: false })
    }

    /// The site's listeners who came after others: their sessions, and what the next one will be.
    fn since(&self, site: SiteId, first: u64) -> (Vec<String>, u64) {
        let state = self.state();
        let sessions = state.listeners.range(first..).filter(|(_, listener)| listener.site == site);
        let sessions = sessions.filter_map(|(_, listener)| match &listener.credential {
            Credential::Session(id) => Some(id.clone()),
            Credential::Token(_) => None,
        });
        (sessions.collect(), state.next_id)
    }

    /// Tells those listeners of a site, of whom the rights are known, and cuts off who may not listen any
    /// more or does not read. Returns whether others came meanwhile.
    fn deliver(
        &self,
        site: SiteId,
        who: Range<u64>,
        rights: &Rights,
        batch: Option<&Arc<Batch>>,
    ) -> bool {
        let mut state = self.state();
        state.listeners.retain(|id, listener| {
            listener.site != site
                || !who.contains(id)
                || (rights.allow(listener) && batch.is_none_or(|batch| listener.send(batch)))
        });
        state.listeners.range(who.end..).any(|(_, listener)| listener.site == site)
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

impl Services {
    /// The number of the last event of a site.
    pub async fn last_event(&self, site: SiteId) -> store::Result<i64> {
        let numbers = self.store.numbers(&[site]).await?;
        Ok(numbers.first().map_or(0, |(_, number)| *number))
    }

    /// Changes of the caller's site's connections, in their order, after the event `after` or else from now
    /// on, until the server stops or the caller may not listen any more, which is checked before anything is
    /// sent. A number that the site has not reached counts as its last.
    pub async fn listen(
        &self,
        caller: &Principal,
        after: Option<i64>,
        credential: Credential,
    ) -> Result<impl Stream<Item = News> + Send + use<>, ListenError> {
        let scope = caller.scope();
        let (joined, messages) = self.live.join(caller, credential)?;
        self.keep_reading(scope.site())?;
        // Whatever happens from here on is a message.
        let end = self.last_event(scope.site()).await?;
        let last_sent = after.unwrap_or(end).min(end);
        let store = self.store.clone();
        let stream =
            EventStream { store, scope, last_sent, end, messages, ahead: None, _joined: joined };
        let batches = streams::unfold(stream, async |mut stream| {
            let news = stream.next().await?;
            Some((streams::iter(news), stream))
        });
        Ok(batches.flatten())
    }

    /// Ends all streams of events and tests: a server that stops waits for what is open.
    pub fn end_streams(&self) {
        self.turns.stop();
        let mut state = self.live.state();
        state.is_over = true;
        state.ends.clear();
        state.listeners.clear();
    }
}

impl Listener {
    fn send(&self, batch: &Arc<Batch>) -> bool {
        self.messages.try_send(Message::Changes(batch.clone())).is_ok()
    }
}

impl State {
    /// Ends the oldest stream of a user.
    fn displace(&mut self, user: UserId) -> bool {
        let oldest = self.listeners.iter().find(|(_, listener)| listener.user == user);
        let listener = oldest.map(|(id, _)| *id).and_then(|id| self.listeners.remove(&id));
        // Who does not read learns of it by the end alone.
        listener.is_some_and(|listener| {
            let _ = listener.messages.try_send(Message::Displaced);
            true
        })
    }
}

/// A listener's place, until its stream is dropped.
struct Joined {
    live: Arc<Live>,
    id: u64,
}

impl Drop for Joined {
    fn drop(&mut self) {
        self.live.state().listeners.remove(&self.id);
    }
}

fn log(error: &StoreError) {
    let error: &(dyn std::error::Error + 'static) = error;
    tracing::error!(error, "changes could not be looked for");
}
