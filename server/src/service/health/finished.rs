//! What a finished test makes of a connection's health.

use super::{
    super::{
        SaveError,
        group::{ConnectionWrite, Decision, Logged},
    },
    Verdict, is_due,
};
use crate::{
    audit::{Actor, AuditEvent},
    clock,
    probe::{Aftermath, Failure, FailureKind, Step},
    store::{AuditDetail, Health, Loaded, Stored},
};
use jiff::Timestamp;
use shared::{
    Channel, Connection, MAX_NUMBER, SaveRefusal, State, audit::EventKind, channel::TestKind,
};

/// The first wait after a failure that may pass; each further one is twice as long, up to the usual one.
const FIRST_RETRY_DELAY: i64 = 5 * 60;

/// The wait after credentials were refused: who tries wrong ones again and again is locked out.
const REFUSED_RETRY_DELAY: i64 = 24 * 60 * 60;

/// The waits after the first, the second and each further sign-in that got no answer, or that was one too many: servers
/// make whoever tried a wrong password wait, longer each time.
const SLOW_RETRY_DELAYS: [i64; 3] = [60 * 60, 4 * 60 * 60, 24 * 60 * 60];

/// The wait after each test that costs money.
const PAID_WAIT: i64 = 24 * 60 * 60;

/// A test that ended, of what was stored when it began.
pub struct FinishedTest {
    pub(in crate::service) actor: Actor,
    pub(in crate::service) tested: Stored,
    pub(in crate::service) verdict: Verdict,
    /// Seconds between two tests of a connection that works.
    pub(in crate::service) usual_wait: i64,
    /// Any number: a tenth sooner or later, so that what began together does not stay together.
    pub(in crate::service) jitter: i64,
}

/// Decides what is written down of a test. If the connection was changed meanwhile, the test says nothing of what is
/// stored now, and nothing is written; nor if the server was left alone.
pub fn decide(test: &FinishedTest, loaded: &Loaded, now: Timestamp) -> Result<Decision, SaveError> {
    let before = loaded.connection.as_ref().ok_or(SaveRefusal::NotFound)?;
    let is_left_alone = matches!(
        &test.verdict.failure,
        Some((_, failure)) if failure.aftermath == Aftermath::LeftAlone
    );
    if before.version != test.tested.version || is_left_alone {
        return Ok(Decision::Unchanged(Box::new(before.clone())));
    }
    let after = after_test(before, test, now);
    let state = |stored: &Stored| stored.health.state(&stored.connection);
    let logged = (state(before) != state(&after)).then(|| {
        let about = state(&after).label().to_owned();
        let detail = AuditDetail { about, ..AuditDetail::default() };
        let subject = (after.connection.id, after.connection.channel());
        let event = AuditEvent::on(EventKind::ConnectionTested, subject, detail);
        Logged { actor: test.actor.clone(), event, replaced: vec![] }
    });
    Ok(Decision::Write(Box::new(ConnectionWrite { after, logged })))
}

fn after_test(before: &Stored, test: &FinishedTest, now: Timestamp) -> Stored {
    let FinishedTest { verdict, jitter, .. } = test;
    let mut after = before.clone();
    let usual_wait = &usual_wait(before.connection.channel(), test.usual_wait);
    let Health { worked, expires, .. } = before.health.clone();
    let date = Some(clock::date(now));
    let connection = &mut after.connection;
    let failures: i64 = connection.error.as_deref().and_then(|n| n.parse().ok()).unwrap_or(0);
    let failures = failures.clamp(0, MAX_NUMBER);
    let outcome = match &verdict.failure {
        None => State::Working,
        Some((_, failure)) => match failure.kind {
            FailureKind::Credentials => State::SignInFailed,
            FailureKind::NotTestable => State::Untested,
            FailureKind::Settings | FailureKind::Temporary => State::Failing,
        },
    };
    let last_step = verdict.failure.as_ref().map(|(step, failure)| (*step, failure));
    let wait = match (outcome, last_step) {
        (_, Some((_, failure))) if failure.aftermath == Aftermath::SlowDown => {
            let [first @ .., last] = SLOW_RETRY_DELAYS;
            usize::try_from(failures).ok().and_then(|n| first.get(n)).copied().unwrap_or(last)
        }
        (State::SignInFailed, _) => REFUSED_RETRY_DELAY.max(*usual_wait),
        // The account or its organisation does not allow it: to ask again soon changes nothing.
        (State::Failing, Some((Step::SignIn, Failure { kind: FailureKind::Settings, .. }))) => {
            REFUSED_RETRY_DELAY.max(*usual_wait)
        }
        (State::Failing, _) => (FIRST_RETRY_DELAY << failures.min(16)).min(*usual_wait),
        _ => *usual_wait,
    };
    (connection.error, connection.remarks) = match &verdict.failure {
        Some((_, failure)) if outcome.needs_attention() => {
            (Some((failures + 1).min(MAX_NUMBER).to_string()), Some(failure.remarks()))
        }
        _ => (Some("0".to_owned()), None),
    };
    let wait = wait - wait / 10 + jitter.rem_euclid((wait / 5).max(1));
    let due_at = is_due(&after).then(|| now.as_second() + wait);
    after.health = Health {
        outcome,
        due_at,
        tested: date.clone().filter(|_| outcome != State::Untested),
        worked: if verdict.failure.is_none() { date } else { worked },
        failure: verdict.failure.clone(),
        // A test that failed early did not get as far as to ask.
        expires: verdict.expires.or(expires),
        revision: before.health.revision,
    };
    let says = |stored: &Stored| {
        let Connection { error, remarks, .. } = &stored.connection;
        (error.clone(), remarks.clone())
    };
    if says(before) != says(&after) {
        after.health.revision = after.health.revision.wrapping_add(1);
    }
    after
}

/// Seconds between two tests of a connection that works. X's API is paid for by the call.
fn usual_wait(channel: Channel, seconds: i64) -> i64 {
    let is_paid = channel.test_kind() == Some(TestKind::Twitter);
    if is_paid { seconds.max(PAID_WAIT) } else { seconds }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        probe::{Finding, Stage},
        store::Stamp,
    };
    use shared::{Destination, Field, Version};

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;
    const HOUR: i64 = 60 * 60;

    fn mailbox() -> Stored {
        let (media, provider) = Channel::EmailInbound.codes().unwrap();
        let mut connection = Connection::new(media, Some(provider));
        connection.set(Field::Enabled, Some("1".into()));
        connection.set(Field::Password, Some("secret".into()));
        let destination = Some(Destination::of(&connection));
        let password = Stamp { date: None, version: Version(1), destination };
        Stored { password, ..Stored::new(connection) }
    }

    fn finished(kind: Option<FailureKind>, jitter: i64) -> FinishedTest {
        let failure = kind.map(|kind| Failure::new(kind, None, "It failed.", "Try again."));
        let last = Stage {
            stage: Step::SignIn,
            ok: kind.is_none(),
            ms: 1,
            finding: Finding::default(),
            failure: failure.clone(),
        };
        let failure = failure.map(|failure| (Step::SignIn, failure));
        let verdict = Verdict { failure, expires: None, last };
        FinishedTest {
            actor: Actor::operator(),
            tested: mailbox(),
            verdict,
            usual_wait: HOUR,
            jitter,
        }
    }

    fn decided(before: Stored, test: &FinishedTest) -> Decision {
        let loaded = Loaded { connection: Some(before), ..Loaded::default() };
        decide(test, &loaded, NOW).unwrap()
    }

    fn changed(before: Stored, test: &FinishedTest) -> ConnectionWrite {
        match decided(before, test) {
            Decision::Write(write) => *write,
            Decision::Unchanged(_) => panic!("nothing was changed"),
        }
    }

    #[test]
    fn how_a_test_ended_says_the_state_and_when_the_next_one_is() {
        for (kind, state, failures, wait) in [
            (None, State::Working, "0", HOUR),
            // What an account or its organisation does not allow.
            (Some(FailureKind::Settings), State::Failing, "1", REFUSED_RETRY_DELAY),
            (Some(FailureKind::Temporary), State::Failing, "1", FIRST_RETRY_DELAY),
            (Some(FailureKind::Credentials), State::SignInFailed, "1", REFUSED_RETRY_DELAY),
            (Some(FailureKind::NotTestable), State::Untested, "0", HOUR),
        ] {
            let change = changed(mailbox(), &finished(kind, 0));
            let Stored { connection, health, version, .. } = change.after;
            assert_eq!((health.outcome, connection.error.as_deref()), (state, Some(failures)));
            assert_eq!(health.due_at, Some(wait - wait / 10), "{kind:?}");
            assert_eq!(version, mailbox().version, "it is no new version");
            assert_eq!(change.logged.is_some(), state != State::Untested, "{kind:?}");
        }
    }

    #[test]
    fn a_state_that_stays_is_no_event_and_a_failure_is_tried_less_and_less_often() {
        let mut stored = mailbox();
        for (failures, wait) in [
            (1, FIRST_RETRY_DELAY),
            (2, 2 * FIRST_RETRY_DELAY),
            (3, 4 * FIRST_RETRY_DELAY),
            (4, 8 * FIRST_RETRY_DELAY),
            (5, HOUR),
        ] {
            let change = changed(stored, &finished(Some(FailureKind::Temporary), 0));
            assert_eq!(change.logged.is_some(), failures == 1);
            stored = change.after;
            assert_eq!(stored.connection.error, Some(failures.to_string()));
            assert_eq!(stored.health.due_at, Some(wait - wait / 10), "{failures}");
        }
    }

    #[test]
    fn a_server_that_answers_no_password_is_asked_less_and_less_often() {
        let mut stored = mailbox();
        for hours in [1, 4, 24, 24] {
            let mut test = finished(Some(FailureKind::Temporary), 0);
            let failure = test.verdict.failure.as_mut().unwrap();
            failure.1.aftermath = Aftermath::SlowDown;
            stored = changed(stored, &test).after;
            let wait = hours * HOUR;
            assert_eq!(stored.health.due_at, Some(wait - wait / 10));
        }
    }

    #[test]
    fn a_server_that_was_left_alone_leaves_all_as_it_was() {
        let mut test = finished(Some(FailureKind::NotTestable), 0);
        test.verdict.failure.as_mut().unwrap().1.aftermath = Aftermath::LeftAlone;
        let failing = changed(mailbox(), &finished(Some(FailureKind::Temporary), 0)).after;
        let Decision::Unchanged(after) = decided(failing.clone(), &test) else {
            panic!("it was written down");
        };
        assert_eq!(*after, failing);
    }

    #[test]
    fn a_test_that_costs_money_is_done_once_a_day() {
        assert_eq!(usual_wait(Channel::Twitter, HOUR), PAID_WAIT);
        assert_eq!(usual_wait(Channel::Twitter, 2 * PAID_WAIT), 2 * PAID_WAIT);
        assert_eq!(usual_wait(Channel::Facebook, HOUR), HOUR);
    }

    #[test]
    fn the_next_test_is_a_tenth_sooner_or_later() {
        for jitter in [i64::MIN, -1, 0, 1, 719, 720, i64::MAX] {
            let due_at = changed(mailbox(), &finished(None, jitter)).after.health.due_at.unwrap();
            assert!((HOUR * 9 / 10..HOUR * 11 / 10).contains(&due_at), "{jitter}: {due_at}");
        }
    }

    #[test]
    fn a_test_of_what_was_changed_meanwhile_says_nothing() {
        let mut stored = mailbox();
        stored.version = Version(2);
        let Decision::Unchanged(after) = decided(stored.clone(), &finished(None, 0)) else {
            panic!("it was written down");
        };
        assert_eq!(*after, stored);
        let gone = decide(&finished(None, 0), &Loaded::default(), NOW).unwrap_err();
        assert!(matches!(gone, SaveError::Refused(SaveRefusal::NotFound)));
    }
}
