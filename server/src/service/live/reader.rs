//! The task that reads a site's changes, and the rights of those who listen to it, for all of them.

use super::{Batch, CHANGES_BATCH_ROWS, Credential, ListenError, Listener, Live, RETRY_DELAY, log};
use crate::{
    service::Services,
    store::{self, SiteScope, UserId},
};
use shared::SiteId;
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};
use tokio::{sync::watch, time::timeout};
use tracing::Instrument;

/// How often the rights of a site's listeners are checked while nothing happens there: somebody who was
/// disabled listens for no longer than this.
const CHECK: Duration = Duration::from_secs(15);

impl Services {
    /// Sees to it that one task reads the site's changes for all who listen to it.
    pub(super) fn keep_reading(&self, site: SiteId) -> Result<(), ListenError> {
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
}

/// How far the reader of a site has got.
struct Position {
    /// The last event that was read.
    read: i64,
    /// The event up to which listeners were sent everything: the next batch begins there.
    last_sent: i64,
}

/// Who may listen to a site.
pub(super) struct Rights {
    versions: HashMap<UserId, i64>,
    sessions: HashSet<String>,
    now: i64,
}

impl Rights {
    pub(super) fn allow(&self, listener: &Listener) -> bool {
        let goes_on = match &listener.credential {
            Credential::Token(until) => self.now < *until,
            Credential::Session(id) => self.sessions.contains(id),
        };
        goes_on && self.versions.get(&listener.user) == Some(&listener.version)
    }
}

/// A task that reads a site's changes. However it ends, nobody waits for it in vain.
pub(super) struct Reading {
    pub(super) live: Arc<Live>,
    pub(super) site: SiteId,
    pub(super) is_over: bool,
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
