//! Tells who waits for them of changes of connections, whichever server of the database made them.
//!
//! One task reads the changes of a site, and the rights of those who listen to it, for all of them.
//! An event's number is that of its row in the site's audit log. So a client that says how far it
//! got misses nothing, on whichever server it goes on.

use super::Services;
use crate::{
    shares::{Over, Share, ShareLimits, Shares},
    store::{self, ChangeNotice, Principal, SiteScope, Store, StoreError, UserId},
    supervise::{Heartbeat, Loops},
};
use futures_util::{Stream, StreamExt, stream};
use shared::SiteId;
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    ops::Range,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{Notify, mpsc, watch},
    time::{sleep, timeout},
};
use tracing::Instrument;

/// How often the database is asked for what other servers changed: at once, for a person.
const POLL: Duration = Duration::from_millis(500);

/// After a look at the database the next waits so long, however much is written.
const PACE: Duration = Duration::from_millis(50);

/// How long a database that failed is left alone.
const RETRY_DELAY: Duration = Duration::from_secs(5);

/// How long one look may last, with a database that does not answer.
const WATCH_PATIENCE: Duration = Duration::from_mins(2);

/// How often the rights of a site's listeners are checked while nothing happens there: somebody who was
/// disabled listens for no longer than this.
const CHECK: Duration = Duration::from_secs(15);

/// Streams that are open at a time; in all, a quarter of the connections that a server takes.
const STREAMS: ShareLimits = ShareLimits { all: 1024, per_site: 256, per_user: 16 };

/// Batches of changes that wait for a listener who does not read. One who is further behind than that is
/// cut off, and goes on where it was.
const QUEUE: usize = 64;

/// Changes that are read at once.
const CHANGES_BATCH_ROWS: u32 = 100;

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
    ends: HashMap<SiteId, watch::Sender<i64>>,
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
                sleep(RETRY_DELAY).await;
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
        let batches = stream::unfold(stream, async |mut stream| {
            let news = stream.next().await?;
            Some((stream::iter(news), stream))
        });
        Ok(batches.flatten())
    }

    /// Sees to it that one task reads the site's changes for all who listen to it.
    fn keep_reading(&self, site: SiteId) -> Result<(), ListenError> {
        let Some(reading) = self.live.begin_to_read(site) else { return Ok(()) };
        let ends = self.live.ends(&self.store, &self.loops, site).ok_or(ListenError::Stopping)?;
        let services = self.clone();
        // What it logs is that of the request that began it.
        tokio::spawn(services.read_changes(reading, ends).in_current_span());
        Ok(())
    }

    async fn read_changes(self, mut reading: Reading, mut ends: watch::Receiver<i64>) {
        let mut position = None;
        while !reading.is_over() {
            let end = *ends.borrow_and_update();
            let sent = self.send_changes(reading.site, &mut position, end).await;
            let wait = if sent.inspect_err(log).is_ok() { CHECK } else { RETRY_DELAY };
            // The server stops if nobody sends any more.
            if let Ok(Err(_)) = timeout(wait, ends.changed()).await {
                return;
            }
        }
    }

    /// Tells a site's listeners of all changes up to an event, after their rights were read: those of a
    /// listener that were taken away before a change are seen then.
    async fn send_changes(
        &self,
        site: SiteId,
        position: &mut Option<Position>,
        end: i64,
    ) -> store::Result<()> {
        let Some(position) = position else {
            let begin = self.last_event(site).await?;
            // Whoever listened before reads by themselves up to here.
            self.deliver(site, Some(Batch { after: begin, up_to: begin, changes: vec![] })).await?;
            *position = Some(Position { read: begin, last_sent: begin });
            return Ok(());
        };
        if position.read >= end {
            return self.deliver(site, None).await;
        }
        while position.read < end {
            let scope = SiteScope::operator(site);
            let changes = self.store.changes(scope, position.read, CHANGES_BATCH_ROWS).await?;
            let last = changes.last().map_or(0, |change| change.number);
            let is_all = changes.len() < CHANGES_BATCH_ROWS as usize;
            let up_to = if is_all { end.max(last) } else { last };
            let is_news = !changes.is_empty();
            let batch = is_news.then_some(Batch { after: position.last_sent, up_to, changes });
            self.deliver(site, batch).await?;
            position.read = up_to;
            if is_news {
                position.last_sent = up_to;
            }
        }
        Ok(())
    }

    /// Sends a batch, or without one only cuts off who may not listen any more.
    async fn deliver(&self, site: SiteId, batch: Option<Batch>) -> store::Result<()> {
        let batch = batch.map(Arc::new);
        let mut first = 0;
        loop {
            let (sessions, next) = self.live.since(site, first);
            let rights = self.rights(site, &sessions).await?;
            if !self.live.deliver(site, first..next, &rights, batch.as_ref()) {
                return Ok(());
            }
            first = next;
        }
    }

    /// Two queries for all listeners of a site.
    async fn rights(&self, site: SiteId, sessions: &[String]) -> store::Result<Rights> {
        let now = self.now().as_second();
        let versions = self.store.versions(SiteScope::operator(site)).await?.into_iter().collect();
        let sessions = match sessions {
            [] => HashSet::new(),
            sessions => self.store.going_on(sessions, now).await?.into_iter().collect(),
        };
        Ok(Rights { versions, sessions, now })
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

/// How far the reader of a site has got.
struct Position {
    /// The last event that was read.
    read: i64,
    /// The event up to which listeners were sent everything: the next batch begins there.
    last_sent: i64,
}

impl Listener {
    fn send(&self, batch: &Arc<Batch>) -> bool {
        self.messages.try_send(Message::Changes(batch.clone())).is_ok()
    }
}

/// Who may listen to a site.
struct Rights {
    versions: HashMap<UserId, i64>,
    sessions: HashSet<String>,
    now: i64,
}

impl Rights {
    fn allow(&self, listener: &Listener) -> bool {
        let goes_on = match &listener.credential {
            Credential::Token(until) => self.now < *until,
            Credential::Session(id) => self.sessions.contains(id),
        };
        goes_on && self.versions.get(&listener.user) == Some(&listener.version)
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

/// A task that reads a site's changes. However it ends, nobody waits for it in vain.
struct Reading {
    live: Arc<Live>,
    site: SiteId,
    is_over: bool,
}

impl Reading {
    /// Whether nobody listens any more; then the next listener starts another task.
    fn is_over(&mut self) -> bool {
        let mut state = self.live.state();
        self.is_over = !state.listeners.values().any(|listener| listener.site == self.site);
        if self.is_over {
            state.is_read.remove(&self.site);
        }
        self.is_over
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        if !self.is_over {
            let mut state = self.live.state();
            state.is_read.remove(&self.site);
            state.listeners.retain(|_, listener| listener.site != self.site);
        }
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

/// Somebody who listens, as the stream sees it.
struct EventStream {
    store: Arc<dyn Store>,
    scope: SiteScope,
    /// The last event that was sent to it, or that it may not see.
    last_sent: i64,
    /// Up to where it reads by itself.
    end: i64,
    messages: mpsc::Receiver<Message>,
    /// What it was sent before it has read what precedes.
    ahead: Option<Arc<Batch>>,
    _joined: Joined,
}

impl EventStream {
    /// The next news; `None` at the end.
    async fn next(&mut self) -> Option<Vec<News>> {
        loop {
            let changes = if self.last_sent < self.end {
                self.read().await?
            } else if let Some(batch) = self.ahead.take() {
                let new =
                    batch.changes.iter().filter(|change| change.number > self.last_sent).copied();
                let new = new.collect();
                self.last_sent = self.last_sent.max(batch.up_to);
                new
            } else {
                match self.messages.recv().await? {
                    Message::Displaced => return Some(vec![News::Displaced]),
                    Message::Changes(batch) => {
                        // The reader began after this stream.
                        self.end = self.end.max(batch.after);
                        self.ahead = Some(batch);
                        continue;
                    }
                }
            };
            if !changes.is_empty() {
                return Some(changes.into_iter().map(News::Change).collect());
            }
        }
    }

    /// The changes up to the end, or as many as are read at once.
    async fn read(&mut self) -> Option<Vec<ChangeNotice>> {
        // It was cut off.
        if self.messages.is_closed() {
            return None;
        }
        let read = self.store.changes(self.scope, self.last_sent, CHANGES_BATCH_ROWS).await;
        let changes = read.inspect_err(log).ok()?;
        let last = changes.last().map_or(0, |change| change.number);
        let is_all = changes.len() < CHANGES_BATCH_ROWS as usize;
        self.last_sent = if is_all { self.end.max(last) } else { last };
        Some(changes)
    }
}
