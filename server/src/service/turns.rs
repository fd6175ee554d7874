//! Turns of connection tests that people start. The scheduler's tests take none of these: it runs a
//! number of its own.

use crate::{
    shares::{Share, ShareLimits, Shares},
    store::Principal,
};
use std::{sync::Arc, time::Duration};
use tokio::{sync::watch, time::timeout};

/// Tests that run at a time.
const RUNNING: ShareLimits = ShareLimits { all: 16, per_site: 4, per_user: 2 };

/// Tests that wait for one of those to end.
const WAITING_LIMITS: ShareLimits = ShareLimits { all: 64, per_site: 8, per_user: 4 };

/// The longest that a test waits for its turn. A request is ended after 30 s.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// Seconds after which whoever got no turn may come again: most tests are over by then.
pub(super) const RETRY_AFTER: u16 = 10;

/// Gives out turns until the server stops.
#[derive(Debug)]
pub(super) struct Turns {
    running: Arc<Shares>,
    waiting: Arc<Shares>,
    is_stopping: watch::Sender<bool>,
}

/// The right to run one test at a time.
#[derive(Debug)]
pub struct Turn {
    _share: Share,
    is_stopping: watch::Receiver<bool>,
}

/// The caller has no turn: too many tests of the caller, the site or all run or wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoTurn;

impl Default for Turns {
    fn default() -> Self {
        let (running, waiting) = (Shares::new(RUNNING), Shares::new(WAITING_LIMITS));
        Self { running, waiting, is_stopping: watch::Sender::new(false) }
    }
}

impl Turns {
    /// A turn now, or after a short wait.
    pub(super) async fn take(
        &self,
        caller: &Principal,
        before_wait: impl FnOnce(),
    ) -> Result<Turn, NoTurn> {
        let share = match self.running.take(caller) {
            Ok(share) => share,
            Err(_) => self.wait(caller, before_wait).await?,
        };
        Ok(Turn { _share: share, is_stopping: self.is_stopping.subscribe() })
    }

    async fn wait(&self, caller: &Principal, before_wait: impl FnOnce()) -> Result<Share, NoTurn> {
        let _waiting = self.waiting.take(caller).map_err(|_| NoTurn)?;
        before_wait();
        timeout(LONGEST_WAIT, self.running.wait(caller)).await.map_err(|_| NoTurn)
    }

    /// Ends the tests that run.
    pub(super) fn stop(&self) {
        self.is_stopping.send_replace(true);
    }
}

impl Turn {
    /// The work of a test, or `None` if the server stops first.
    pub(super) async fn run<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut is_stopping = self.is_stopping.clone();
        tokio::select! {
            done = work => Some(done),
            _ = is_stopping.wait_for(|is_stopping| *is_stopping) => None,
        }
    }
}
