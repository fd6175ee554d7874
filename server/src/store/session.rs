//! Browser sessions.

use super::{Membership, Result, UserId};
use async_trait::async_trait;
use shared::SiteId;

/// A browser session as it is stored, with what its user is now: every request asks for both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSession {
    /// What the session says, a JSON object.
    pub data: String,
    /// When it expires, in seconds since 1970.
    pub expires_at: i64,
    /// What its user is on each site that lets the user in, by the site's number.
    pub memberships: Vec<SessionMembership>,
}

/// What a session's user is on a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionMembership {
    pub site: SiteId,
    pub member: Membership,
    /// The number of the site's last event: whatever the request reads later is at least as new.
    pub last_event: i64,
}

/// Reads and writes of browser sessions, under the hash of what the cookie carries.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// A session that has not expired at `now` (seconds since 1970).
    async fn session(&self, id: &str, now: i64) -> Result<Option<StoredSession>>;

    /// Those of these sessions that have not ended or expired at `now` (seconds since 1970).
    async fn going_on(&self, ids: &[String], now: i64) -> Result<Vec<String>>;

    /// Stores a new session's data until `expires_at`, and forgets those that expired.
    async fn insert_session(
        &self,
        id: &str,
        user: Option<UserId>,
        data: &str,
        now: i64,
        expires_at: i64,
    ) -> Result<()>;

    /// Changes what a session says, until `expires_at`, unless it has ended meanwhile. The changes are a JSON
    /// object of keys and their new values, null for one that is removed (a merge patch, RFC 7396), so that
    /// two requests at once keep each other's.
    async fn update_session(&self, id: &str, changes: &str, expires_at: i64) -> Result<()>;

    async fn delete_session(&self, id: &str) -> Result<()>;
}
