//! Idempotency: a request that is repeated under its key creates nothing again. The key is claimed in
//! the transaction of what it creates, so that of two requests at once one waits for the other. No
//! answer is stored: a repeated request gets what was created as it is now.

use super::Services;
use crate::store::{self, IdempotencyKey, Principal, UsedKey, WriteTx};
use aws_lc_rs::digest;
use serde::Serialize;
use shared::ConnectionId;

/// For how long a repeated request is recognised.
const KEY_SECONDS: i64 = 24 * 60 * 60;

/// What a key stands for.
pub(super) enum Claim {
    New,
    /// The same request was done, and created this connection, if it was for one.
    Repeated(Option<ConnectionId>),
    /// It was used for another request.
    Reused,
}

impl Services {
    /// A key as it is stored, for this request.
    pub(super) fn idempotency_key(&self, key: &str, request: &impl Serialize) -> IdempotencyKey {
        let request = serde_json::to_string(request).unwrap_or_default();
        IdempotencyKey {
            key: hex::encode(digest::digest(&digest::SHA256, key.as_bytes())),
            request: hex::encode(self.auditor.code(&request)),
        }
    }

    /// Claims a key of the caller's.
    pub(super) async fn claim_key(
        &self,
        tx: &mut dyn WriteTx,
        caller: &Principal,
        key: &IdempotencyKey,
    ) -> store::Result<Claim> {
        let now = self.now().as_second();
        let used = tx.claim_key(caller.scope(), caller.user, key, now, now + KEY_SECONDS).await?;
        Ok(match used {
            None => Claim::New,
            Some(UsedKey { request, connection }) if request == key.request => {
                Claim::Repeated(connection)
            }
            Some(_) => Claim::Reused,
        })
    }
}
