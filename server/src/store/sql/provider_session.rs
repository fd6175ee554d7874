//! The results of sign-ins with providers.

use super::{Database, Writer};
use crate::{
    store::{MAX_KEPT_SIGN_INS, ProviderSession, ProviderSessions, ProviderSessionsTx, Result, SiteScope, UserId},
    vault::{SecretColumn, SecretLocation},
};
use async_trait::async_trait;
use shared::Provider;

#[async_trait]
impl ProviderSessions for Database {
    async fn provider_session(
        &self,
        scope: SiteScope,
        provider: Provider,
        hash: &str,
        now: i64,
    ) -> Result<Option<ProviderSession>> {
        let sql = "
            SELECT id, user_id, secret FROM provider_session
            WHERE site_id = $1 AND provider = $2 AND hash = $3 AND expires_at > $4";
        let mut tx = self.read(scope.site()).await?;
        let query = sqlx::query_as(sql).bind(scope.site().0).bind(provider.slug());
        let row: Option<(i64, i64, Vec<u8>)> =
            query.bind(hash).bind(now).fetch_optional(&mut *tx).await?;
        let Some((row, user, sealed)) = row else { return Ok(None) };
        let place = SecretLocation::row(SecretColumn::ProviderSession, scope.site(), row);
        let result = self.vault.open_text(&place, &sealed)?;
        Ok(Some(ProviderSession { user: UserId(user), result }))
    }
}

#[async_trait]
impl ProviderSessionsTx for Writer {
    async fn insert_provider_session(
        &mut self,
        scope: SiteScope,
        provider: Provider,
        hash: &str,
        session: &ProviderSession,
        expires_at: i64,
    ) -> Result<()> {
        let surplus = "
            DELETE FROM provider_session WHERE site_id = $1 AND user_id = $2 AND id NOT IN (
                SELECT id FROM provider_session WHERE site_id = $1 AND user_id = $2
                ORDER BY id DESC LIMIT $3)";
        let query = sqlx::query(surplus).bind(scope.site().0).bind(session.user.0);
        query.bind(MAX_KEPT_SIGN_INS - 1).execute(&mut *self.tx).await?;
        let sql = "
            INSERT INTO provider_session (site_id, user_id, provider, hash, secret, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6) RETURNING id";
        let query = sqlx::query_scalar(sql).bind(scope.site().0).bind(session.user.0);
        let row = query
            .bind(provider.slug())
            .bind(hash)
            .bind(&[] as &[u8])
            .bind(expires_at)
            .fetch_one(&mut *self.tx)
            .await?;
        let place = SecretLocation::row(SecretColumn::ProviderSession, scope.site(), row);
        let sealed = self.vault().seal(&place, session.result.expose().as_bytes())?;
        let sql = "UPDATE provider_session SET secret = $1 WHERE id = $2";
        sqlx::query(sql).bind(sealed).bind(row).execute(&mut *self.tx).await?;
        Ok(())
    }

    async fn drop_provider_sessions(&mut self, now: i64) -> Result<u64> {
        let sql = "DELETE FROM provider_session WHERE expires_at <= $1";
        Ok(sqlx::query(sql).bind(now).execute(&mut *self.tx).await?.rows_affected())
    }
}
