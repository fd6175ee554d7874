//! How a connection fares, in the words of its page.

use crate::{
    clock::{self, moment},
    probe::{Expiry, Failure, FailureKind},
    store::Stored,
    wording::connection_test::title,
};
use jiff::{SignedDuration, Timestamp};
use shared::{Channel, Key, connection_test::StageFailure, health, view::Moment};

/// Tokens that end within this want a look.
const EXPIRY_WARNING: SignedDuration = SignedDuration::from_hours(14 * 24);

/// How a connection fares, as its page shows it.
pub(in crate::service) fn shown(stored: &Stored, now: Timestamp) -> health::Health {
    let Stored { connection, health, .. } = stored;
    let date = |date: &Option<String>| date.as_deref().and_then(|date| moment(date, now));
    let channel = connection.channel();
    health::Health {
        state: health.state(connection),
        tested: date(&health.tested),
        worked: date(&health.worked),
        failure: health.failure.clone().map(|(step, why)| (title(step), failure(why, channel))),
        expiry: expiry(channel, health.expires, now),
    }
}

fn expiry(channel: Channel, expires: Option<Expiry>, now: Timestamp) -> health::Expiry {
    match expires {
        _ if !channel.credentials_expire() => health::Expiry::None,
        None => health::Expiry::Unknown,
        Some(Expiry::Never) => health::Expiry::Never,
        Some(Expiry::At(end)) => health::Expiry::At {
            end: Moment { exact: clock::date(end), ago: until(end, now) },
            soon: now.duration_until(end) < EXPIRY_WARNING,
        },
    }
}

/// `in 12 days`, `today`, `3 days ago`
fn until(end: Timestamp, now: Timestamp) -> String {
    let days = now.duration_until(end).as_hours() / 24;
    match days {
        ..=-1 => moment(&clock::date(end), now).map(|moment| moment.ago).unwrap_or_default(),
        0 if end <= now => "today, a while ago".to_owned(),
        0 => "within a day".to_owned(),
        1 => "in 1 day".to_owned(),
        days => format!("in {days} days"),
    }
}

/// Why a stage failed, with the name that the field has on its channel's form.
#[must_use]
pub fn failure(failure: Failure, channel: Channel) -> StageFailure {
    let Failure { kind, explanation, advice, field, server_message, .. } = failure;
    let field = field.and_then(Key::field).and_then(|field| channel.spec(field));
    let not_testable = kind == FailureKind::NotTestable;
    StageFailure { explanation, advice: advice.into_owned(), field, server_message, not_testable }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expiry_is_given_in_days_and_unknown_is_never_green() {
        let now: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        for (end, text, is_soon) in [
            ("2026-02-26T12:00:00Z", "3 days ago", true),
            ("2026-03-01T11:00:00Z", "today, a while ago", true),
            ("2026-03-01T13:00:00Z", "within a day", true),
            ("2026-03-02T13:00:00Z", "in 1 day", true),
            ("2026-03-13T13:00:00Z", "in 12 days", true),
            ("2026-03-16T13:00:00Z", "in 15 days", false),
        ] {
            let end = Expiry::At(end.parse().unwrap());
            let shown = expiry(Channel::Facebook, Some(end), now);
            let health::Expiry::At { end, soon } = shown else { panic!("{shown:?}") };
            assert_eq!((end.ago.as_str(), soon), (text, is_soon));
        }
        assert_eq!(expiry(Channel::Instagram, None, now), health::Expiry::Unknown);
        assert_eq!(expiry(Channel::EmailInbound, None, now), health::Expiry::None);
    }
}
