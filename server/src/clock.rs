//! Time, passed in so that tests can set it, and the forms in which it is written.

use jiff::{SpanRound, Timestamp, Unit, civil::DateTime, tz::TimeZone};
use shared::view::Moment;
use std::fmt::Debug;

/// The form of every date in the record.
const DATE: &str = "%Y-%m-%d %H:%M:%S";

pub trait Clock: Debug + Send + Sync {
    fn now(&self) -> Timestamp;
}

#[derive(Clone, Copy, Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// `2020-09-09 09:52:57`, UTC.
#[must_use]
pub fn date(time: Timestamp) -> String {
    time.strftime(DATE).to_string()
}

/// Reads a date in the record's form; the seconds may be missing.
#[must_use]
pub fn parse_date(text: &str) -> Option<String> {
    [DATE, "%Y-%m-%d %H:%M"]
        .iter()
        .find_map(|form| DateTime::strptime(form, text).ok())
        .map(|time| time.strftime(DATE).to_string())
}

/// The time of a stored date; `None` if it is no date.
#[must_use]
pub fn time(stored: &str) -> Option<Timestamp> {
    let date = DateTime::strptime(DATE, stored).ok()?;
    Some(date.to_zoned_datetime(TimeZone::UTC).ok()?.timestamp())
}

/// A stored date as staff see it; `None` if it is no date.
#[must_use]
pub fn moment(stored: &str, now: Timestamp) -> Option<Moment> {
    let time = time(stored)?;
    Some(Moment { exact: stored.to_owned(), ago: ago(time, now) })
}

/// `just now`, `2 min ago`, `3 h ago`, `1 day ago`, `4 months ago`, `2 years ago`.
fn ago(time: Timestamp, now: Timestamp) -> String {
    let whole = |unit| {
        let relative = time.to_zoned_datetime(TimeZone::UTC);
        let round = SpanRound::new().largest(unit).smallest(unit).relative(&relative);
        let span = now.since(time).and_then(|span| span.round(round.mode(jiff::RoundMode::Trunc)));
        span.map_or(0, |span| match unit {
            Unit::Year => i64::from(span.get_years()),
            Unit::Month => i64::from(span.get_months()),
            Unit::Day => i64::from(span.get_days()),
            Unit::Hour => i64::from(span.get_hours()),
            _ => span.get_minutes(),
        })
    };
    let plural = |count: i64| if count == 1 { "" } else { "s" };
    let units = [
        (Unit::Year, " year"),
        (Unit::Month, " month"),
        (Unit::Day, " day"),
        (Unit::Hour, " h"),
        (Unit::Minute, " min"),
    ];
    for (unit, name) in units {
        let count = whole(unit);
        if count > 0 {
            let plural = if name.len() > 4 || unit == Unit::Day { plural(count) } else { "" };
            return format!("{count}{name}{plural} ago");
        }
    }
    "just now".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_given_in_their_largest_unit() {
        let now: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        for (stored, expected) in [
            ("2026-03-01 12:00:00", "just now"),
            ("2026-03-01 11:59:01", "just now"),
            ("2026-03-01 11:58:00", "2 min ago"),
            ("2026-03-01 10:59:00", "1 h ago"),
            ("2026-02-28 12:00:00", "1 day ago"),
            ("2026-02-26 11:00:00", "3 days ago"),
            ("2025-11-01 11:00:00", "4 months ago"),
            ("2024-02-01 11:00:00", "2 years ago"),
            // A clock that was set back shows no negative age.
            ("2026-03-01 12:00:09", "just now"),
        ] {
            assert_eq!(moment(stored, now).map(|moment| moment.ago).as_deref(), Some(expected));
        }
        assert_eq!(moment("0000-00-00", now), None);
    }

    #[test]
    fn dates_are_read_with_or_without_seconds() {
        assert_eq!(parse_date("2020-01-01 00:00").as_deref(), Some("2020-01-01 00:00:00"));
        assert_eq!(parse_date("2020-01-01 00:00:09").as_deref(), Some("2020-01-01 00:00:09"));
        for bad in ["", "2020-13-01 00:00", "2020-01-01", "yesterday", "2020-01-01 00:00x"] {
            assert_eq!(parse_date(bad), None, "{bad}");
        }
    }
}
