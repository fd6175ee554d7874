//! The results of sign-ins with providers, for a short time.

use super::{Result, SiteScope};
use async_trait::async_trait;
use shared::{Provider, Secret};

/// Reads of sign-ins.
#[async_trait]
pub trait ProviderSessions: Send + Sync {
    /// The result of a sign-in on the site, by the hash of its id, if it is kept at `now`.
    async fn provider_session(
        &self,
        scope: SiteScope,
        provider: Provider,
        hash: &str,
        now: i64,
    ) -> Result<Option<Secret>>;
}

/// Writes of sign-ins.
#[async_trait]
pub trait ProviderSessionsTx: Send {
    /// Keeps the result of a sign-in (JSON) until a time.
    async fn insert_provider_session(
        &mut self,
        scope: SiteScope,
        provider: Provider,
        hash: &str,
        result: &Secret,
        expires_at: i64,
    ) -> Result<()>;

    /// Forgets those that are kept no longer; returns how many.
    async fn drop_provider_sessions(&mut self, now: i64) -> Result<u64>;
}
