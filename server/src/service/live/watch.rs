//! The task that looks for what was written, on whichever server. Wake-ups are debounced: many writes at once are one look.

use super::{Live, RETRY_DELAY, log};
use crate::{store::Store, supervise::Heartbeat};
use std::{sync::Arc, time::Duration};
use tokio::time::{sleep, timeout};

/// How often the database is asked for what other servers changed: at once, for a person.
const POLL: Duration = Duration::from_millis(500);

/// After a look at the database the next waits so long, however much is written.
const PACE: Duration = Duration::from_millis(50);

/// How long one look may last, with a database that does not answer.
pub(super) const WATCH_PATIENCE: Duration = Duration::from_mins(2);

/// Looks for what was written, as long as somebody listens.
pub(super) async fn watch(live: Arc<Live>, store: Arc<dyn Store>, heart: Arc<Heartbeat>) {
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
