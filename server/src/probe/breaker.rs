//! A circuit breaker for mail servers that do not answer passwords.
//!
//! Servers such as Dovecot make whoever tried a wrong password wait longer each time, by the address that it came
//! from: the penalty of one connection is that of all of them. So a host where several sign-ins got no answer is left
//! alone for a while.

use super::Failure;
use crate::wording::connection_test::NetworkCause;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Sign-ins without an answer that open the breaker, if they come within [`WINDOW`].
const MAX_UNANSWERED: usize = 3;
const WINDOW: Duration = Duration::from_mins(10);

/// How long a host is left alone then.
const OPEN: Duration = Duration::from_mins(30);

/// Hosts that are remembered: the oldest give way.
const MAX_HOSTS: usize = 1000;

#[derive(Debug, Default)]
pub(super) struct CircuitBreaker {
    /// When sign-ins got no answer, by host in small letters; the last few.
    unanswered: Mutex<HashMap<String, Vec<Instant>>>,
}

impl CircuitBreaker {
    /// # Errors
    /// If the host is left alone.
    pub(super) fn check(&self, host: &str, now: Instant) -> Result<(), Failure> {
        let unanswered = self.unanswered.lock().unwrap_or_else(PoisonError::into_inner);
        let times =
            unanswered.get(&host.to_lowercase()).filter(|times| times.len() >= MAX_UNANSWERED);
        let Some((first, last)) = times.and_then(|times| times.first().zip(times.last())) else {
            return Ok(());
        };
        let left = OPEN.saturating_sub(now.saturating_duration_since(*last));
        if *last - *first > WINDOW || left.is_zero() {
            return Ok(());
        }
        Err(NetworkCause::LeftAlone { host, minutes: left.as_secs().div_ceil(60) }.into())
    }

    /// A sign-in got its answer.
    pub(super) fn forget(&self, host: &str) {
        let mut unanswered = self.unanswered.lock().unwrap_or_else(PoisonError::into_inner);
        unanswered.remove(&host.to_lowercase());
    }

    /// A sign-in got no answer.
    pub(super) fn note(&self, host: &str, now: Instant) {
        let mut unanswered = self.unanswered.lock().unwrap_or_else(PoisonError::into_inner);
        if unanswered.len() >= MAX_HOSTS {
            let oldest = unanswered.iter().min_by_key(|(_, times)| times.last().copied());
            if let Some(oldest) = oldest.map(|(host, _)| host.clone()) {
                unanswered.remove(&oldest);
            }
        }
        let times = unanswered.entry(host.to_lowercase()).or_default();
        times.push(now);
        if times.len() > MAX_UNANSWERED {
            times.remove(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_answers_no_passwords_is_left_alone_for_a_while() {
        let (breaker, now) = (CircuitBreaker::default(), Instant::now());
        for _ in 0..MAX_UNANSWERED {
            assert_eq!(breaker.check("mail.example", now), Ok(()));
            breaker.note("Mail.Example", now);
        }
        let failure = breaker.check("MAIL.example", now).unwrap_err();
        assert!(failure.explanation.contains("for 30 minutes"), "{failure:?}");
        assert_eq!(breaker.check("other.example", now), Ok(()));
        let last = now + OPEN.saturating_sub(Duration::from_secs(1));
        let failure = breaker.check("mail.example", last).unwrap_err();
        assert!(failure.explanation.contains("for 1 minute."), "{failure:?}");
        assert_eq!(breaker.check("mail.example", now + OPEN), Ok(()));
    }

    #[test]
    fn an_answer_closes_it() {
        let (breaker, now) = (CircuitBreaker::default(), Instant::now());
        for _ in 0..MAX_UNANSWERED {
            breaker.note("mail.example", now);
        }
        breaker.forget("Mail.example");
        assert_eq!(breaker.check("mail.example", now), Ok(()));
    }

    #[test]
    fn what_is_far_apart_does_not_count_together() {
        let (breaker, now) = (CircuitBreaker::default(), Instant::now());
        for number in 0..9 {
            let now = now + (WINDOW / 2 + Duration::from_secs(1)) * number;
            breaker.note("mail.example", now);
            assert_eq!(breaker.check("mail.example", now), Ok(()));
        }
    }

    #[test]
    fn few_hosts_are_remembered() {
        let (breaker, now) = (CircuitBreaker::default(), Instant::now());
        for (number, millis) in (0..MAX_HOSTS + 9).zip(0..) {
            breaker.note(&format!("{number}.example"), now + Duration::from_millis(millis));
        }
        let hosts = breaker.unanswered.lock().unwrap();
        assert_eq!(hosts.len(), MAX_HOSTS);
        assert!(!hosts.contains_key("0.example") && hosts.contains_key("1008.example"));
    }
}
