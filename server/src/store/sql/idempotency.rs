//! Idempotency keys.

use super::Writer;
use crate::store::{
    IdempotencyKey, IdempotencyTx, Result, SiteScope, UsedKey, UserId,
    idempotency::{CLAIM, DROP, USE, USED},
};
use async_trait::async_trait;
use shared::ConnectionId;

#[async_trait]
impl IdempotencyTx for Writer {
    async fn claim_key(
        &mut self,
        scope: SiteScope,
        user: UserId,
        IdempotencyKey { key, request }: &IdempotencyKey,
        now: i64,
        expires_at: i64,
    ) -> Result<Option<UsedKey>> {
        let query = sqlx::query(CLAIM).bind(scope.site().0).bind(user.0).bind(key).bind(request);
        let claimed = query.bind(expires_at).bind(now).execute(&mut *self.tx).await?;
        if claimed.rows_affected() == 1 {
            return Ok(None);
        }
        let query = sqlx::query_as(USED).bind(scope.site().0).bind(user.0).bind(key);
        let (request, connection): (String, Option<i64>) = query.fetch_one(&mut *self.tx).await?;
        Ok(Some(UsedKey { request, connection: connection.map(ConnectionId) }))
    }

    async fn use_key(
        &mut self,
        scope: SiteScope,
        user: UserId,
        key: &IdempotencyKey,
        connection: ConnectionId,
    ) -> Result<()> {
        let query = sqlx::query(USE).bind(connection.0).bind(scope.site().0).bind(user.0);
        query.bind(&key.key).execute(&mut *self.tx).await?;
        Ok(())
    }

    async fn drop_idempotency_keys(&mut self, now: i64) -> Result<u64> {
        Ok(sqlx::query(DROP).bind(now).execute(&mut *self.tx).await?.rows_affected())
    }
}
