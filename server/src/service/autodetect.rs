//! Finds the settings of mail servers for an address.

use super::Services;
use crate::{probe::FoundSettings, store::Principal};
use shared::{Channel, Field, channel::TestKind, normalise::normalise, rules::check_value};
use std::{collections::HashMap, sync::Mutex, sync::PoisonError};

/// Searches of a user within a minute: each asks servers of the internet.
const MAX_PER_MINUTE: usize = 10;

/// When users searched, in seconds; the last minute's.
#[derive(Debug, Default)]
pub(super) struct RecentSearches(Mutex<HashMap<i64, Vec<i64>>>);

/// Why nothing was searched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoSearch {
    Forbidden,
    /// It is no address, or its channel is no e-mail.
    NotAnAddress,
    TooMany,
}

impl Services {
    /// The settings for an address, which is normalised. No password is needed, and none is sent.
    ///
    /// # Errors
    /// If the caller may not, it is no address, or there were too many.
    pub async fn find_settings(
        &self,
        caller: &Principal,
        channel: Channel,
        address: &str,
    ) -> Result<(String, FoundSettings), NoSearch> {
        if !caller.role.may_edit() {
            return Err(NoSearch::Forbidden);
        }
        let is_inbound = match channel.test_kind() {
            Some(TestKind::Imap) => true,
            Some(TestKind::Smtp) => false,
            _ => return Err(NoSearch::NotAnAddress),
        };
        let address = normalise(channel, Field::From, address).unwrap_or_default();
        let spec = channel.spec(Field::From).ok_or(NoSearch::NotAnAddress)?;
        if !check_value(spec, &address).is_empty() {
            return Err(NoSearch::NotAnAddress);
        }
        if !self.searches.admit(caller.user.0, self.now().as_second()) {
            return Err(NoSearch::TooMany);
        }
        // It connects to as many servers as tests do, and takes its turn with them.
        let turn = self.turn(caller, || ()).await.map_err(|_| NoSearch::TooMany)?;
        let found = turn.run(self.probe.find_settings(&address, is_inbound)).await;
        Ok((address, found.unwrap_or_default()))
    }
}

impl RecentSearches {
    /// Whether a user may search once more now.
    fn admit(&self, user: i64, now: i64) -> bool {
        let mut recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        recent.retain(|_, times: &mut Vec<i64>| {
            times.retain(|time| now - time < 60);
            !times.is_empty()
        });
        let times = recent.entry(user).or_default();
        let is_admitted = times.len() < MAX_PER_MINUTE;
        if is_admitted {
            times.push(now);
        }
        is_admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_searches_ten_times_a_minute() {
        let searches = RecentSearches::default();
        for second in 0..10 {
            assert!(searches.admit(1, second));
        }
        assert!(!searches.admit(1, 59));
        assert!(searches.admit(2, 59), "another user");
        assert!(searches.admit(1, 60), "the first is a minute ago");
        assert!(!searches.admit(1, 60));
    }
}
