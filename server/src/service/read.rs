//! Reads of callers and connections: those that wait together are one statement.

use super::{Services, queue::Queues};
use crate::store::{self, Loaded, Store, StoreError, Wanted};
use shared::SiteId;
use std::sync::Arc;
use tokio::sync::oneshot;
use tracing::Instrument;

/// A read that waits, and where its answer goes.
pub(super) struct Waiting {
    wanted: Wanted,
    answer: oneshot::Sender<store::Result<Loaded>>,
}

impl Services {
    /// What a user is on a site, and a connection of it, as they are now.
    pub(super) async fn load(&self, wanted: Wanted) -> store::Result<Loaded> {
        let (answer, answered) = oneshot::channel();
        let group = self.store.group_of(wanted.site);
        if self.reads.push(group, Waiting { wanted, answer }) {
            let reads = serve(self.store.clone(), self.reads.clone(), group);
            tokio::spawn(reads.in_current_span());
        }
        answered.await.unwrap_or(Err(StoreError::Ended))
    }
}

/// Reads for groups until nobody waits.
async fn serve(store: Arc<dyn Store>, reads: Arc<Queues<Waiting>>, site: SiteId) {
    let _serving = reads.serving(site);
    while let Some(group) = reads.next(site) {
        let wanted: Vec<_> = group.iter().map(|waiting| waiting.wanted).collect();
        // Whoever asked may have gone away.
        match store.load_all(site, &wanted).await {
            Ok(loaded) => {
                for (waiting, loaded) in group.into_iter().zip(loaded) {
                    let _ = waiting.answer.send(Ok(loaded));
                }
            }
            // That one cannot be read does not concern the others; that the database takes too long does.
            Err(error) => {
                let mut of_all = error.for_others();
                for Waiting { wanted, answer } in group {
                    let loaded = match of_all.as_ref().and_then(StoreError::for_others) {
                        Some(error) => Err(error),
                        None => store.load_all(site, &[wanted]).await,
                    };
                    if let Err(error) = &loaded {
                        of_all = of_all.or_else(|| error.for_others());
                    }
                    let _ = answer.send(loaded.map(|mut all| all.pop().unwrap_or_default()));
                }
            }
        }
    }
}
