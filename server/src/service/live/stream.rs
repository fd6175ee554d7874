//! The changes that one listener is sent.

use super::{Batch, CHANGES_BATCH_ROWS, Joined, Message, News, log};
use crate::store::{ChangeNotice, SiteScope, Store};
use std::sync::Arc;
use tokio::sync::mpsc;

/// Somebody who listens, as the stream sees it.
pub(super) struct EventStream {
    pub(super) store: Arc<dyn Store>,
    pub(super) scope: SiteScope,
    /// The last event that was sent to it, or that it may not see.
    pub(super) last_sent: i64,
    /// Up to where it reads by itself.
    pub(super) end: i64,
    pub(super) messages: mpsc::Receiver<Message>,
    /// What it was sent before it has read what precedes.
    pub(super) ahead: Option<Arc<Batch>>,
    pub(super) _joined: Joined,
}

impl EventStream {
    /// The next news; `None` at the end.
    pub(super) async fn next(&mut self) -> Option<Vec<News>> {
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
