//! What is counted so that there is not too much of it: sign-in attempts and API calls.

use super::Result;
use async_trait::async_trait;
use shared::SiteId;

/// A rate limit: the attempts that a subject has within some time.
#[derive(Clone, Debug)]
pub struct Limit {
    /// Whose attempts are counted.
    pub subject: String,
    /// The most of them.
    pub most: u32,
    /// The length of the window, in seconds.
    pub seconds: i64,
}

/// Whether one more attempt is within its limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// It is, and was counted; the numbers are for [`Limits::refund`].
    Counted(Vec<i64>),
    /// It is not, and was not counted; it will be after this number of seconds. The first is the index of the limit.
    Refused(usize, i64),
}

/// API calls of a site that are to be counted.
#[derive(Clone, Debug)]
pub struct QuotaUse {
    pub site: SiteId,
    /// The day that they count for.
    pub day: String,
    /// The most of that day.
    pub most: u64,
    /// How many there are.
    pub calls: usize,
}

/// Counts that hold across restarts and across everybody who asks at once.
#[async_trait]
pub trait Limits: Send + Sync {
    /// Counts an attempt at `now` (seconds since 1970) for all limits, or for none. What is later than `now`
    /// is ignored: the clock was set back.
    async fn attempt(&self, limits: &[Limit], now: i64) -> Result<Attempt>;

    async fn refund(&self, attempts: &[i64]) -> Result<()>;

    /// Counts API calls of sites in one transaction, each site once. Returns how many of each were counted: those that
    /// were within its most.
    async fn consume_calls(&self, uses: &[QuotaUse]) -> Result<Vec<usize>>;
}
