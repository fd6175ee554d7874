//! A site's calls to the API in a day, as decided for the documents' eighth quirk: each site has a
//! number of calls outside the free window; calls inside the window are free and not counted.

use super::{Services, queue::GroupServer};
use crate::store::{self, Principal, QuotaUse, Store};
use jiff::{
    Timestamp, ToSpan, ZonedDateTime,
    civil::{Date, Time},
    tz::TimeZone,
};
use shared::SiteId;
use std::{collections::BTreeMap, str::FromStr, sync::Arc};

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

/// The calls that each site has.
#[derive(Debug)]
pub struct Quota {
    calls: Option<u64>,
    window: Window,
    zone: TimeZone,
}

impl Default for Quota {
    /// As many as they like.
    fn default() -> Self {
        let window =
            Window { opens: Time::constant(18, 0, 0, 0), closes: Time::constant(6, 0, 0, 0) };
        Self::new(None, window, TimeZone::UTC)
    }
}

/// How a call is counted.
#[derive(Debug, PartialEq, Eq)]
struct Count {
    /// The day that it counts for.
    day: Date,
    /// The most on that day.
    most: u64,
    /// What to say if it is one too many.
    used_up: QuotaUsedUp,
}

impl Quota {
    /// `calls` a day outside the window; `None` for as many as they like. The zone is that of
    /// sites that have none of their own.
    #[must_use]
    pub fn new(calls: Option<u64>, window: Window, zone: TimeZone) -> Self {
        Self { calls, window, zone }
    }

    /// How a call is counted; `None` if it is free.
    fn count(&self, zone: Option<&str>, now: Timestamp) -> Option<Count> {
        let most = self.calls?;
        // A zone that this build does not know any more counts as none.
        let zone = zone.and_then(|name| TimeZone::get(name).ok());
        let now = now.to_zoned_datetime(zone.unwrap_or_else(|| self.zone.clone()));
        (!self.window.contains(now.time())).then(|| Count {
            day: self.counted_day(&now),
            most,
            used_up: self.used_up(&now),
        })
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
        let opening = today.to_datetime(opens).to_zoned_datetime(now.time_zone().clone());
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

impl Services {
    /// Whether calls are counted at all.
    #[must_use]
    pub fn counts_calls(&self) -> bool {
        self.settings.quota.calls.is_some()
    }

    /// Counts a call of the caller's site, exactly and for good: calls that wait together share one commit.
    pub async fn consume_call(&self, caller: &Principal) -> store::Result<Result<(), QuotaUsedUp>> {
        let zone = caller.time_zone.as_deref();
        let Some(count) = self.settings.quota.count(zone, self.now()) else { return Ok(Ok(())) };
        let partition = self.store.partition_of(caller.site);
        let day = (caller.site, count.day.to_string(), count.most);
        let within = self.calls.serve(partition, day, || Counter(self.store.clone())).await?;
        Ok(if within { Ok(()) } else { Err(count.used_up) })
    }
}

pub(super) struct Counter(Arc<dyn Store>);

impl GroupServer for Counter {
    /// The site, the day that the call counts for, and the most calls of that day.
    type Request = (SiteId, String, u64);
    /// Whether the call was within it.
    type Answer = bool;

    async fn serve(&self, _: SiteId, calls: &[&Self::Request]) -> store::Result<Vec<bool>> {
        let mut waiting: BTreeMap<&Self::Request, Vec<usize>> = BTreeMap::new();
        for (index, call) in calls.iter().enumerate() {
            waiting.entry(call).or_default().push(index);
        }
        let counted = self
            .0
            .consume_calls(
                &waiting
                    .iter()
                    .map(|((site, day, most), indexes): (&&Self::Request, &Vec<usize>)| QuotaUse {
                        site: *site,
                        day: day.clone(),
                        most: *most,
                        calls: indexes.len(),
                    })
                    .collect::<Vec<_>>(),
            )
            .await?;
        let mut within = vec![false; calls.len()];
        for (indexes, counted) in waiting.values().zip(counted) {
            for index in indexes.iter().take(counted) {
                within[*index] = true;
            }
        }
        Ok(within)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quota(window: &str) -> Quota {
        Quota::new(Some(2), window.parse().unwrap(), TimeZone::UTC)
    }

    fn at(time: &str) -> Timestamp {
        time.parse().unwrap()
    }

    /// The day that a call counts for, and the seconds until calls are free.
    fn counted(quota: &Quota, time: &str) -> Option<(String, i64)> {
        let count = quota.count(None, at(time))?;
        Some((count.day.to_string(), count.used_up.retry_after))
    }

    #[test]
    fn calls_are_counted_outside_the_window_only() {
        let quota = quota("18:00-06:00");
        for free in ["2026-03-01T05:59:59Z", "2026-03-01T18:00:00Z", "2026-03-02T00:00:00Z"] {
            assert_eq!(counted(&quota, free), None, "{free}");
        }
        let day = |day: &str, seconds| Some((day.to_owned(), seconds));
        assert_eq!(counted(&quota, "2026-03-01T06:00:00Z"), day("2026-03-01", 12 * 3600));
        assert_eq!(counted(&quota, "2026-03-01T17:59:00Z"), day("2026-03-01", 60));
        let count = quota.count(None, at("2026-03-01T17:59:00Z")).unwrap();
        assert_eq!(
            count.used_up.message,
            "time limit reached please try again tomorrow at 18:00 - 06:00"
        );
        assert_eq!(count.most, 2);
        let unlimited = Quota::default();
        assert_eq!(unlimited.count(None, at("2026-03-01T12:00:00Z")), None);
    }

    #[test]
    fn a_counted_day_may_pass_midnight() {
        let quota = quota("01:00-05:00");
        let first = counted(&quota, "2026-03-01T05:00:00Z").unwrap().0;
        let last = counted(&quota, "2026-03-02T00:59:30Z").unwrap();
        assert_eq!(last, (first.clone(), 30));
        assert_ne!(counted(&quota, "2026-03-02T05:00:00Z").unwrap().0, first);
    }

    #[test]
    fn the_window_is_in_the_sites_zone() {
        let jakarta = TimeZone::get("Asia/Jakarta").expect("the zones come with the program");
        let quota = Quota::new(Some(0), "18:00-06:00".parse().unwrap(), jakarta);
        let free = |zone, time| quota.count(zone, at(time)).is_none();
        assert!(free(None, "2026-03-01T11:00:00Z") && !free(None, "2026-03-01T10:59:00Z"));
        let zone = Some("America/New_York");
        assert!(!free(zone, "2026-03-01T11:00:00Z") && free(zone, "2026-03-01T10:59:00Z"));
        assert!(free(Some("no zone"), "2026-03-01T11:00:00Z"));
    }

    #[test]
    fn a_window_is_two_different_times() {
        for bad in ["", "18:00", "18-06", "25:00-06:00", "06:00-06:00"] {
            assert!(bad.parse::<Window>().is_err(), "{bad}");
        }
    }
}
