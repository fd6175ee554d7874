//! Idempotency keys: what a client sends along so that a repeated request creates nothing again.

use super::{Result, SiteScope, UserId};
use async_trait::async_trait;
use shared::ConnectionId;

/// A key as it is stored: neither it nor the request can be read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// The hash of what the client sent.
    pub key: String,
    /// The HMAC of the request.
    pub request: String,
}

/// A key that was used before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedKey {
    /// The HMAC of the request that used it.
    pub request: String,
    /// The connection that it created, if it created one.
    pub connection: Option<ConnectionId>,
}

/// Writes of idempotency keys, each within the transaction of what it is for. A key belongs to a
/// user on a site.
#[async_trait]
pub trait IdempotencyTx: Send {
    /// Claims a key until `expires_at`, or returns how it was used. A transaction that wants the
    /// same key waits for the end of this one.
    async fn claim_key(
        &mut self,
        scope: SiteScope,
        user: UserId,
        key: &IdempotencyKey,
        now: i64,
        expires_at: i64,
    ) -> Result<Option<UsedKey>>;

    /// Stores which connection was created under a key that this transaction has claimed.
    async fn use_key(
        &mut self,
        scope: SiteScope,
        user: UserId,
        key: &IdempotencyKey,
        connection: ConnectionId,
    ) -> Result<()>;

    /// Drops the keys that expired at `now` (seconds since 1970).
    async fn drop_idempotency_keys(&mut self, now: i64) -> Result<u64>;
}

/// Takes the place of a key that has expired. It waits for an open transaction that has inserted the
/// same key, and then inserts nothing.
pub(super) const CLAIM: &str = "
    INSERT INTO idempotency_key (site_id, user_id, idempotency_key, request, connection_id, expires_at)
    VALUES ($1, $2, $3, $4, NULL, $5)
    ON CONFLICT (site_id, user_id, idempotency_key) DO UPDATE
    SET request = excluded.request, connection_id = NULL, expires_at = excluded.expires_at
    WHERE idempotency_key.expires_at <= $6";

/// How a key was used.
pub(super) const USED: &str = "
    SELECT request, connection_id FROM idempotency_key
    WHERE site_id = $1 AND user_id = $2 AND idempotency_key = $3";

/// Stores what was created.
pub(super) const USE: &str = "
    UPDATE idempotency_key SET connection_id = $1
    WHERE site_id = $2 AND user_id = $3 AND idempotency_key = $4";

pub(super) const DROP: &str = "DELETE FROM idempotency_key WHERE expires_at <= $1";
