//! Sealed values as such.

use super::{Database, Writer, dialect};
use crate::{
    store::{
        Keys, KeysTx, Purpose, Result, SERVER, SealedCell, ServerInstance, ServerKey,
        columns::{BoundRow, bound_columns, sealed_cell},
        keys::LIVE_SECONDS,
    },
    vault::{KeyId, SecretColumn, SecretLocation},
};
use async_trait::async_trait;
use shared::Secret;
use sqlx::AssertSqlSafe;

#[async_trait]
impl Keys for Database {
    async fn active_key(&self) -> Result<Option<KeyId>> {
        let sql = "SELECT id FROM ring_key WHERE active";
        let id: Option<Vec<u8>> = sqlx::query_scalar(sql).fetch_optional(self.server()).await?;
        Ok(id.and_then(|id| id.try_into().ok()).map(KeyId))
    }

    async fn has_ring_key(&self, key: KeyId) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM ring_key WHERE id = $1)";
        let query = sqlx::query_scalar(sql).bind(key.0.to_vec());
        Ok(query.fetch_one(self.server()).await?)
    }

    async fn servers(&self) -> Result<Vec<ServerInstance>> {
        let sql = format!(
            "SELECT place, keys, active FROM server_instance WHERE seen_at > {} - $1 ORDER BY place",
            dialect::NOW
        );
        let query = sqlx::query_as(AssertSqlSafe(sql)).bind(LIVE_SECONDS);
        let rows: Vec<(String, String, String)> = query.fetch_all(self.server()).await?;
        Ok(rows.into_iter().map(ServerInstance::stored).collect())
    }

    async fn report(&self, server: &ServerInstance) -> Result<()> {
        let sql = format!(
            "INSERT INTO server_instance (place, keys, active, seen_at) VALUES ($1, $2, $3, {})
             ON CONFLICT (place) DO UPDATE
             SET keys = excluded.keys, active = excluded.active, seen_at = excluded.seen_at",
            dialect::NOW
        );
        let active = server.active.as_ref().map(KeyId::to_string).unwrap_or_default();
        let query = sqlx::query(AssertSqlSafe(sql)).bind(&server.place);
        let query = query.bind(server.key_list()).bind(active);
        let mut tx = self.write().await?;
        query.execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn leave(&self, place: &str) -> Result<()> {
        // And those that ended without a word, long ago.
        let sql = format!(
            "DELETE FROM server_instance WHERE place = $1 OR seen_at < {} - 86400",
            dialect::NOW
        );
        let mut tx = self.write().await?;
        sqlx::query(AssertSqlSafe(sql)).bind(place).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn places(&self) -> Result<(String, Option<String>)> {
        dialect::places(self).await
    }

    async fn server_keys(&self, purpose: Purpose) -> Result<Vec<ServerKey>> {
        let sql = "SELECT id, secret FROM sealed_key WHERE purpose = $1 ORDER BY id";
        let rows: Vec<(i64, Vec<u8>)> =
            sqlx::query_as(sql).bind(purpose.name()).fetch_all(self.server()).await?;
        rows.into_iter().map(|(id, sealed): (i64, Vec<u8>)| {
            let place = SecretLocation::row(SecretColumn::ServerKey, SERVER, id);
            Ok(ServerKey { id, secret: self.vault.open_text(&place, &sealed)? })
        }).collect()
    }

    async fn sealed(
        &self,
        cell: SecretColumn,
        after: i64,
        except: Option<KeyId>,
        limit: u32,
    ) -> Result<Vec<SealedCell>> {
        let (table, column) = (cell.table(), cell.column());
        let site = if cell == SecretColumn::ServerKey { "CAST(0 AS BIGINT)" } else { "site_id" };
        // Of an empty value, which nobody has sealed, the key is NULL, too.
        let sql = format!(
            "SELECT id, {site}, {column}, {} FROM {table}
             WHERE id > $1 AND {column} IS NOT NULL
                 AND (CAST($2 AS {}) IS NULL OR substr({column}, 2, 8) IS DISTINCT FROM $2)
             ORDER BY id LIMIT $3",
            bound_columns(cell),
            dialect::BYTES,
        );
        let except = except.map(|KeyId(id)| id.to_vec());
        let query =
            sqlx::query_as(AssertSqlSafe(sql)).bind(after).bind(except).bind(i64::from(limit));
        let rows: Vec<BoundRow> = query.fetch_all(self.server()).await?;
        Ok(rows.into_iter().map(|row| sealed_cell(cell, row)).collect())
    }
}

#[async_trait]
impl KeysTx for Writer {
    async fn has_server_keys(&mut self) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM sealed_key)";
        Ok(sqlx::query_scalar(sql).fetch_one(&mut *self.tx).await?)
    }

    async fn insert_server_key(
        &mut self,
        purpose: Purpose,
        secret: &Secret,
        now: i64,
    ) -> Result<()> {
        let sql = "
            INSERT INTO sealed_key (purpose, created_at, secret) VALUES ($1, $2, $3) RETURNING id";
        let query = sqlx::query_scalar(sql).bind(purpose.name()).bind(now).bind(&[] as &[u8]);
        let row = query.fetch_one(&mut *self.tx).await?;
        let place = SecretLocation::row(SecretColumn::ServerKey, SERVER, row);
        let sealed = self.vault().seal(&place, secret.expose().as_bytes())?;
        let sql = "UPDATE sealed_key SET secret = $1 WHERE id = $2";
        sqlx::query(sql).bind(sealed).bind(row).execute(&mut *self.tx).await?;
        Ok(())
    }

    async fn insert_ring_key(&mut self, key: KeyId, now: i64) -> Result<()> {
        let sql = "
            INSERT INTO ring_key (id, added_at, active) VALUES ($1, $2, FALSE) ON CONFLICT DO NOTHING";
        sqlx::query(sql).bind(key.0.to_vec()).bind(now).execute(&mut *self.tx).await?;
        Ok(())
    }

    async fn activate_ring_key(&mut self, key: KeyId) -> Result<()> {
        let sql = "UPDATE ring_key SET active = FALSE WHERE active AND id <> $1";
        sqlx::query(sql).bind(key.0.to_vec()).execute(&mut *self.tx).await?;
        let sql = "UPDATE ring_key SET active = TRUE WHERE id = $1";
        sqlx::query(sql).bind(key.0.to_vec()).execute(&mut *self.tx).await?;
        Ok(())
    }

    async fn forget_ring_keys_but(&mut self, key: KeyId) -> Result<()> {
        let sql = "DELETE FROM ring_key WHERE id <> $1";
        sqlx::query(sql).bind(key.0.to_vec()).execute(&mut *self.tx).await?;
        Ok(())
    }

    async fn set_place(&mut self, place: &str) -> Result<()> {
        let sql = "UPDATE installation SET place = $1";
        sqlx::query(sql).bind(place).execute(&mut *self.tx).await?;
        Ok(())
    }

    async fn delete_replaced_keys(&mut self, purpose: Purpose, time: i64) -> Result<()> {
        let sql = "
            DELETE FROM sealed_key
            WHERE purpose = $1 AND id < (
                SELECT max(id) FROM sealed_key WHERE purpose = $1 AND created_at < $2)";
        sqlx::query(sql).bind(purpose.name()).bind(time).execute(&mut *self.tx).await?;
        Ok(())
    }

    async fn reseal(&mut self, before: &SealedCell, sealed: &[u8]) -> Result<bool> {
        let SealedCell { row, place: SecretLocation { cell, .. }, .. } = before;
        let (table, column) = (cell.table(), cell.column());
        let sql = format!("UPDATE {table} SET {column} = $1 WHERE id = $2 AND {column} = $3");
        let query = sqlx::query(AssertSqlSafe(sql)).bind(sealed).bind(row).bind(&before.sealed);
        Ok(query.execute(&mut *self.tx).await?.rows_affected() == 1)
    }
}
