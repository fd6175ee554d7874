//! The results of sign-ins with providers, for a short time.

use super::{Result, SiteScope, UserId};
use async_trait::async_trait;
use shared::{Provider, Secret};

/// The result of a sign-in.
#[derive(Clone, Debug)]
pub struct ProviderSession {
    /// Who signed in. A form takes the secrets of its own user's sign-ins alone.
    pub user: UserId,
    /// The documented JSON.
    pub result: Secret,
}

#[async_trait]
pub trait ProviderSessions: Send + Sync {
    /// The result of a sign-in on the site, by the hash of its id, if it is kept at `now`.
    async fn provider_session(
        &self,
        scope: SiteScope,
        provider: Provider,
        hash: &str,
        now: i64,
    ) -> Result<Option<ProviderSession>>;
}

/// Results of sign-ins that are kept for a user on a site: each is up to 64 KiB, and whoever fills forms looks at the
/// last ones.
pub const MAX_KEPT_SIGN_INS: i64 = 20;

#[async_trait]
pub trait ProviderSessionsTx: Send {
    /// Keeps the result of a sign-in until a time, and of the user's earlier ones on the site the last
    /// [`MAX_KEPT_SIGN_INS`] - 1.
    async fn insert_provider_session(
        &mut self,
        scope: SiteScope,
        provider: Provider,
        hash: &str,
        session: &ProviderSession,
        expires_at: i64,
    ) -> Result<()>;

    /// Forgets those that are kept no longer; returns how many.
    async fn drop_provider_sessions(&mut self, now: i64) -> Result<u64>;
}
