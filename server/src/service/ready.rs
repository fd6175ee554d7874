//! Whether the server can do its work, and its report to the database.

use super::Services;
use crate::{keys, store};
use std::{
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::time::{Instant, timeout};

/// For which a finding holds, so that asking costs the database nothing.
const KEPT: Duration = Duration::from_secs(1);

/// For the probing write.
const PROBE: Duration = Duration::from_secs(5);

/// What was found last.
#[derive(Debug, Default)]
pub(super) struct Readiness(tokio::sync::Mutex<Option<(Instant, Arc<[String]>)>>);

/// The server's name among those that run on the same database.
pub(super) fn place(start: jiff::Timestamp) -> String {
    static STARTED: AtomicU32 = AtomicU32::new(1);
    let number = STARTED.fetch_add(1, Ordering::Relaxed);
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = if host.trim().is_empty() { "unknown host" } else { host.trim() };
    format!("{host}, process {}, server {number}, since {start:.0}", std::process::id())
}

impl Services {
    /// Why the server cannot do its work, in words for the operator; nothing if it can. Those who ask at the
    /// same time share an answer.
    pub async fn unready(&self) -> Arc<[String]> {
        let mut last = self.readiness.0.lock().await;
        if let Some((at, found)) = &*last
            && at.elapsed() < KEPT
        {
            return found.clone();
        }
        let found: Arc<[String]> = self.find_unready().await.into();
        *last = Some((Instant::now(), found.clone()));
        found
    }

    async fn find_unready(&self) -> Vec<String> {
        let mut found = vec![];
        match timeout(PROBE, self.report_keys()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => found.push(chain(&error)),
            Err(_) => found.push("the database did not take a write within 5 seconds".to_owned()),
        }
        match timeout(PROBE, self.store.has_own_schema()).await {
            Ok(Ok(true)) | Err(_) => {}
            Ok(Ok(false)) => found.push("the database has the tables of another build".to_owned()),
            Ok(Err(error)) => found.push(chain(&error)),
        }
        found.extend(self.loops().problems());
        found
    }

    /// Reports to the database which keys this server has, and takes up the one that is active there.
    ///
    /// # Errors
    /// If the ring does not have it, or the database fails.
    pub async fn report_keys(&self) -> store::Result<()> {
        keys::report(&*self.store, &self.place).await
    }

    /// Takes the report back, as a server does that stops.
    pub async fn leave(&self) -> store::Result<()> {
        self.store.leave(&self.place).await
    }
}

/// An error and its causes in one line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
