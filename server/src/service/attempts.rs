//! Sign-in attempts before the database hears of them: few are looked at together, and a refusal is
//! remembered for a moment, so that a flood of attempts costs no statement.

use super::SignInError;
use crate::shares::{Holder, Share, ShareLimits, Shares};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Attempts that are counted at a time. The counts are one table with one lock, and sessions need the
/// database's connections, of which PostgreSQL's side has eight.
const COUNTING: usize = 2;

/// Attempts that are counted or wait for it.
const ADMITTED: ShareLimits = ShareLimits { all: 64, per_site: 64, per_user: 16 };

/// Seconds for which a refusal is believed without a look at the database: on another server the owner
/// may have signed in meanwhile.
const BELIEVED: i64 = 10;

/// Refusals that are remembered.
const MOST_REFUSALS: usize = 10_000;

/// Failures that are yet to be written to the audit log; whoever fails then waits.
const UNWRITTEN: usize = 64;

/// Attempts to sign in, of all clients.
#[derive(Debug)]
pub(super) struct Attempts {
    admitted: Arc<Shares>,
    counting: Semaphore,
    refusals: Mutex<HashMap<String, Refusal>>,
    /// Permits to write failures to the audit log after their answers.
    pub(super) failures: Arc<Semaphore>,
}

/// A refusal of the database, in seconds since 1970.
#[derive(Clone, Copy, Debug)]
struct Refusal {
    at: i64,
    until: i64,
}

impl Refusal {
    fn holds(self, now: i64) -> bool {
        // A clock that was set back makes no refusal last longer.
        (self.at..self.until.min(self.at + BELIEVED)).contains(&now)
    }
}

/// The turn of an attempt to be counted.
pub(super) struct Counting<'a> {
    _admitted: Share,
    _counting: Option<SemaphorePermit<'a>>,
}

impl Default for Attempts {
    fn default() -> Self {
        Self {
            admitted: Shares::new(ADMITTED),
            counting: Semaphore::new(COUNTING),
            refusals: Mutex::default(),
            failures: Arc::new(Semaphore::new(UNWRITTEN)),
        }
    }
}

impl Attempts {
    /// Waits until an attempt from an address may ask the database.
    pub(super) async fn turn(&self, address: &str) -> Result<Counting<'_>, SignInError> {
        let admitted = self.admitted.take(Holder::Address(address.to_owned()));
        let admitted = admitted.map_err(|_| SignInError::Busy)?;
        Ok(Counting { _admitted: admitted, _counting: self.counting.acquire().await.ok() })
    }

    /// Waits until a failure may be written: that takes no more of the database than to count.
    pub(super) async fn writing(&self) -> Option<SemaphorePermit<'_>> {
        self.counting.acquire().await.ok()
    }

    /// Refuses what the database has just refused.
    pub(super) fn check(&self, subjects: &[&str], now: i64) -> Result<(), SignInError> {
        let refusals = self.refusals();
        let mut found = subjects.iter().filter_map(|subject| refusals.get(*subject));
        let found = found.find(|refusal| refusal.holds(now));
        found.map_or(Ok(()), |refusal| Err(SignInError::TooMany(refusal.until - now)))
    }

    pub(super) fn remember(&self, subject: String, seconds: i64, now: i64) {
        let mut refusals = self.refusals();
        if refusals.len() >= MOST_REFUSALS {
            refusals.retain(|_, refusal| refusal.holds(now));
        }
        // What is not remembered is asked again.
        if refusals.len() < MOST_REFUSALS {
            refusals.insert(subject, Refusal { at: now, until: now + seconds });
        }
    }

    /// Forgets a refusal: what was counted against the subject no longer is.
    pub(super) fn forget(&self, subject: &str) {
        self.refusals().remove(subject);
    }

    fn refusals(&self) -> MutexGuard<'_, HashMap<String, Refusal>> {
        self.refusals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until all failures so far are in the audit log.
    pub(super) async fn written(&self) {
        let all = u32::try_from(UNWRITTEN).unwrap_or(u32::MAX);
        drop(self.failures.acquire_many(all).await);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_believed_for_a_moment() {
        let attempts = Attempts::default();
        let seconds = |now| match attempts.check(&["account", "address"], now) {
            Err(SignInError::TooMany(seconds)) => seconds,
            checked => {
                checked.unwrap();
                0
            }
        };
        attempts.remember("address".to_owned(), 60, 1000);
        assert_eq!([seconds(1000), seconds(1009), seconds(1010)], [60, 51, 0]);
        assert_eq!(seconds(999), 0, "the clock was set back");
        attempts.remember("address".to_owned(), 3, 2000);
        assert_eq!([seconds(2002), seconds(2003)], [1, 0]);
        attempts.remember("address".to_owned(), 60, 3000);
        attempts.forget("address");
        assert_eq!(seconds(3001), 0);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let attempts = Attempts::default();
        for number in 0..MOST_REFUSALS + 100 {
            attempts.remember(number.to_string(), 60, 1000);
        }
        assert_eq!(attempts.refusals().len(), MOST_REFUSALS);
        attempts.remember("later".to_owned(), 60, 1100);
        assert_eq!(attempts.refusals().len(), 1, "what holds no longer makes room");
    }
}
