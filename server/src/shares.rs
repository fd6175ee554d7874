//! Shares of what all callers draw on: a limit in all, one per site and one per user. Whoever is over
//! a limit of their own is refused, and nobody else notices.

use crate::{auth::TokenCaller, store::Principal};
use shared::{SiteId, UserId};
use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::Notify;

/// How many shares may be held at a time.
#[derive(Clone, Copy, Debug)]
pub struct ShareLimits {
    pub all: usize,
    /// By the members of one site together.
    pub per_site: usize,
    /// By one user on all sites together, or by one address that has not signed in.
    pub per_user: usize,
}

/// Whom a share counts against.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Holder {
    /// A signed-in user, and the site that the request is about.
    Member(UserId, SiteId),
    /// A client that has not been identified, by the subject of its address.
    Address(String),
}

impl From<&Principal> for Holder {
    fn from(principal: &Principal) -> Self {
        Self::Member(principal.user, principal.site)
    }
}

impl From<TokenCaller> for Holder {
    fn from(TokenCaller { user, site, .. }: TokenCaller) -> Self {
        Self::Member(user, site)
    }
}

/// The limit that is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// The one in all.
    All,
    Site,
    /// The user's or the address's.
    User,
}

/// Counts the shares that are held. What it remembers is bounded by the limit in all.
#[derive(Debug)]
pub struct Shares {
    limits: ShareLimits,
    held: Mutex<Held>,
    given_back: Notify,
}

#[derive(Debug, Default)]
struct Held {
    all: usize,
    sites: HashMap<SiteId, usize>,
    users: HashMap<UserId, usize>,
    addresses: HashMap<String, usize>,
}

/// One share, held until it is dropped.
#[derive(Debug)]
pub struct Share {
    shares: Arc<Shares>,
    holder: Holder,
}

impl Shares {
    /// With all shares free.
    #[must_use]
    pub fn new(limits: ShareLimits) -> Arc<Self> {
        Arc::new(Self { limits, held: Mutex::default(), given_back: Notify::new() })
    }

    /// Takes a share.
    ///
    /// # Errors
    /// If a limit is reached.
    pub fn take(self: &Arc<Self>, holder: impl Into<Holder>) -> Result<Share, Over> {
        let holder = holder.into();
        let mut held = self.held();
        held.check(&self.limits, &holder)?;
        held.add(&holder);
        Ok(Share { shares: self.clone(), holder })
    }

    /// Takes a share as soon as there is one for the holder.
    pub async fn wait(self: &Arc<Self>, holder: impl Into<Holder>) -> Share {
        let holder = holder.into();
        loop {
            // Registered before the attempt, so that no share is given back unseen in between.
            let mut given_back = std::pin::pin!(self.given_back.notified());
            given_back.as_mut().enable();
            if let Ok(share) = self.take(holder.clone()) {
                return share;
            }
            given_back.await;
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Share {
    /// Counts this share against another holder from now on.
    ///
    /// # Errors
    /// If that holder's limit is reached; the share stays as it was then.
    pub fn pass_to(&mut self, holder: impl Into<Holder>) -> Result<(), Over> {
        let holder = holder.into();
        let mut held = self.shares.held();
        held.remove(&self.holder);
        let checked = held.check(&self.shares.limits, &holder);
        if checked.is_ok() {
            self.holder = holder;
        }
        held.add(&self.holder);
        checked
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.shares.held().remove(&self.holder);
        self.shares.given_back.notify_waiters();
    }
}

impl Held {
    /// Whether one more is within the limits. The holder's own come first: who is over those is
    /// refused for it also when all are taken.
    fn check(&self, limits: &ShareLimits, holder: &Holder) -> Result<(), Over> {
        let (of_user, of_site) = match holder {
            Holder::Member(user, site) => (self.users.get(user), self.sites.get(site)),
            Holder::Address(address) => (self.addresses.get(address), None),
        };
        let is_free = |count: Option<&usize>, limit| count.copied().unwrap_or(0) < limit;
        if !is_free(of_user, limits.per_user) {
            Err(Over::User)
        } else if !is_free(of_site, limits.per_site) {
            Err(Over::Site)
        } else if self.all >= limits.all {
            Err(Over::All)
        } else {
            Ok(())
        }
    }

    fn add(&mut self, holder: &Holder) {
        self.all += 1;
        match holder {
            Holder::Member(user, site) => {
                *self.users.entry(*user).or_default() += 1;
                *self.sites.entry(*site).or_default() += 1;
            }
            Holder::Address(address) => *self.addresses.entry(address.clone()).or_default() += 1,
        }
    }

    fn remove(&mut self, holder: &Holder) {
        self.all -= 1;
        match holder {
            Holder::Member(user, site) => {
                decrease(&mut self.users, user);
                decrease(&mut self.sites, site);
            }
            Holder::Address(address) => decrease(&mut self.addresses, address),
        }
    }
}

fn decrease<K: Eq + Hash>(counts: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares() -> Arc<Shares> {
        Shares::new(ShareLimits { all: 4, per_site: 3, per_user: 2 })
    }

    fn member(user: i64, site: i64) -> Holder {
        Holder::Member(UserId(user), SiteId(site))
    }

    #[test]
    fn each_limit_holds_by_itself() {
        let shares = shares();
        let first = [shares.take(member(1, 1)).unwrap(), shares.take(member(1, 2)).unwrap()];
        assert_eq!(shares.take(member(1, 3)).unwrap_err(), Over::User, "on whatever site");
        let second = [shares.take(member(2, 1)).unwrap(), shares.take(member(2, 1)).unwrap()];
        assert_eq!(shares.take(member(3, 1)).unwrap_err(), Over::Site);
        assert_eq!(shares.take(member(3, 2)).unwrap_err(), Over::All);
        assert_eq!(shares.take(member(1, 2)).unwrap_err(), Over::User, "one's own limit first");
        drop((first, second));
        let held = shares.held();
        assert!(held.all == 0 && held.sites.is_empty() && held.users.is_empty());
    }

    #[test]
    fn a_share_that_is_passed_on_frees_its_first_holder() {
        let shares = shares();
        let address = || Holder::Address("192.0.2.1".to_owned());
        let mut held = [shares.take(address()).unwrap(), shares.take(address()).unwrap()];
        assert_eq!(shares.take(address()).unwrap_err(), Over::User);
        held[0].pass_to(member(1, 1)).unwrap();
        let _third = shares.take(address()).unwrap();
        held[1].pass_to(member(1, 1)).unwrap();
        let mut fourth = shares.take(address()).unwrap();
        assert_eq!(fourth.pass_to(member(1, 1)), Err(Over::User));
        assert_eq!(shares.held().addresses["192.0.2.1"], 2, "a refused share stays as it was");
        assert_eq!(shares.take(member(2, 1)).unwrap_err(), Over::All);
    }

    #[tokio::test]
    async fn who_waits_gets_the_next_share_of_their_own() {
        let shares = shares();
        let held = [shares.take(member(1, 1)).unwrap(), shares.take(member(1, 1)).unwrap()];
        let waiting = tokio::spawn({
            let shares = shares.clone();
            async move { shares.wait(member(1, 1)).await }
        });
        tokio::task::yield_now().await;
        drop(shares.take(member(2, 2)).unwrap());
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished(), "another's share is of no use");
        drop(held);
        waiting.await.unwrap();
    }
}
