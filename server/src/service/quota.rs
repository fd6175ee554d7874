//! A site's calls to the API in a day, as decided for the documents' eighth quirk: each site has a
//! number of calls outside the free window; calls inside the window are free and not counted.

use jiff::{
    Timestamp, ToSpan, ZonedDateTime,
    civil::{Date, Time},
    tz::TimeZone,
};
use shared::SiteId;
use std::{collections::HashMap, str::FromStr, sync::Mutex};

/// The daily window in which calls are free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    opens: Time,
    closes: Time,
}

impl FromStr for Window {
    type Err = &'static str;

    /// Reads `18:00-06:00`; spaces around the hyphen are fine.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let time = |text: &str| Time::strptime("%H:%M", text.trim()).ok();
        text.split_once('-')
            .and_then(|(opens, closes)| Some(Self { opens: time(opens)?, closes: time(closes)? }))
            .filter(|window| window.opens != window.closes)
            .ok_or("a window is two different times of day such as 18:00-06:00")
    }
}

impl Window {
    fn contains(self, time: Time) -> bool {
        if self.opens < self.closes {
            self.opens <= time && time < self.closes
        } else {
            self.opens <= time || time < self.closes
        }
    }
}

/// The quota is used up until the window opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuotaUsedUp {
    /// The documented sentence, with the configured window.
    pub message: String,
    /// Seconds until the window opens.
    pub retry_after: i64,
}

/// Counts each site's calls.
#[derive(Debug)]
pub struct Quota {
    calls: Option<u64>,
    window: Window,
    zone: TimeZone,
    used: Mutex<HashMap<SiteId, (Date, u64)>>,
}

impl Quota {
    /// `calls` a day outside the window, in the zone's time; `None` for as many as they like.
    #[must_use]
    pub fn new(calls: Option<u64>, window: Window, zone: TimeZone) -> Self {
        Self { calls, window, zone, used: Mutex::default() }
    }

    /// Counts a call of a site.
    ///
    /// # Errors
    /// If the site has used up its calls and the window is closed.
    ///
    /// # Panics
    /// Never: the lock is not held across anything that can panic.
    pub fn spend(&self, site: SiteId, now: Timestamp) -> Result<(), QuotaUsedUp> {
        let Some(calls) = self.calls else { return Ok(()) };
        let now = now.to_zoned_datetime(self.zone.clone());
        if self.window.contains(now.time()) {
            return Ok(());
        }
        let day = self.counted_day(&now);
        let mut used = self.used.lock().expect("the lock is not poisoned");
        let (counted, count) = used.entry(site).or_insert((day, 0));
        if *counted != day {
            (*counted, *count) = (day, 0);
        }
        if *count < calls {
            *count += 1;
            return Ok(());
        }
        Err(self.used_up(&now))
    }

    /// The date on which the window last closed: where the count began.
    fn counted_day(&self, now: &ZonedDateTime) -> Date {
        let today = now.date();
        if now.time() >= self.window.closes { today } else { today.saturating_sub(1.day()) }
    }

    fn used_up(&self, now: &ZonedDateTime) -> QuotaUsedUp {
        let Window { opens, closes } = self.window;
        let today =
            if now.time() < opens { now.date() } else { now.date().saturating_add(1.day()) };
        let opening = today.to_datetime(opens).to_zoned_datetime(self.zone.clone());
        let seconds = opening.map_or(0, |opening| opening.duration_since(now).as_secs());
        let form = |time: Time| time.strftime("%H:%M").to_string();
        QuotaUsedUp {
            message: format!(
                "time limit reached please try again tomorrow at {} - {}",
                form(opens),
                form(closes)
            ),
            retry_after: seconds.max(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITE: SiteId = SiteId(169);

    fn quota(window: &str) -> Quota {
        Quota::new(Some(2), window.parse().unwrap(), TimeZone::UTC)
    }

    fn at(time: &str) -> Timestamp {
        time.parse().unwrap()
    }

    #[test]
    fn calls_are_counted_outside_the_window_only() {
        let quota = quota("18:00-06:00");
        for _ in 0..9 {
            assert_eq!(quota.spend(SITE, at("2026-03-01T05:59:59Z")), Ok(()));
            assert_eq!(quota.spend(SITE, at("2026-03-01T18:00:00Z")), Ok(()));
        }
        assert_eq!(quota.spend(SITE, at("2026-03-01T06:00:00Z")), Ok(()));
        assert_eq!(quota.spend(SITE, at("2026-03-01T17:59:00Z")), Ok(()));
        let used_up = quota.spend(SITE, at("2026-03-01T17:59:00Z")).unwrap_err();
        assert_eq!(
            used_up.message,
            "time limit reached please try again tomorrow at 18:00 - 06:00"
        );
        assert_eq!(used_up.retry_after, 60);
        assert_eq!(quota.spend(SiteId(170), at("2026-03-01T17:59:00Z")), Ok(()));
        assert_eq!(quota.spend(SITE, at("2026-03-02T06:00:00Z")), Ok(()));
    }

    #[test]
    fn a_counted_day_may_pass_midnight() {
        let quota = quota("01:00-05:00");
        assert_eq!(quota.spend(SITE, at("2026-03-01T05:00:00Z")), Ok(()));
        assert_eq!(quota.spend(SITE, at("2026-03-02T00:59:00Z")), Ok(()));
        let used_up = quota.spend(SITE, at("2026-03-02T00:59:30Z")).unwrap_err();
        assert_eq!(used_up.retry_after, 30);
        assert_eq!(quota.spend(SITE, at("2026-03-02T05:00:00Z")), Ok(()));
    }

    #[test]
    fn the_window_is_in_the_configured_zone() {
        let zone = TimeZone::get("Asia/Jakarta").expect("the zones come with the program");
        let quota = Quota::new(Some(0), "18:00-06:00".parse().unwrap(), zone);
        assert_eq!(quota.spend(SITE, at("2026-03-01T11:00:00Z")), Ok(()));
        assert!(quota.spend(SITE, at("2026-03-01T10:59:00Z")).is_err());
    }

    #[test]
    fn a_window_is_two_different_times() {
        for bad in ["", "18:00", "18-06", "25:00-06:00", "06:00-06:00"] {
            assert!(bad.parse::<Window>().is_err(), "{bad}");
        }
    }
}
