//! Browser sessions.

use super::Result;
use async_trait::async_trait;

/// Reads and writes of browser sessions, under the hash of what the cookie carries.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// A session's data and when it expires, if it has not at `now` (seconds since 1970).
    async fn session(&self, id: &str, now: i64) -> Result<Option<(String, i64)>>;

    /// Stores a new session's data until `expires_at`, and forgets those that expired.
    async fn insert_session(&self, id: &str, data: &str, now: i64, expires_at: i64) -> Result<()>;

    /// Stores a session's data until `expires_at`, unless it has ended meanwhile.
    async fn update_session(&self, id: &str, data: &str, expires_at: i64) -> Result<()>;

    /// Forgets a session.
    async fn delete_session(&self, id: &str) -> Result<()>;
}
