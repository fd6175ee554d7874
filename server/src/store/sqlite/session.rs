//! Browser sessions.

use super::Sqlite;
use crate::store::{Result, Sessions};
use async_trait::async_trait;

#[async_trait]
impl Sessions for Sqlite {
    async fn session(&self, id: &str, now: i64) -> Result<Option<(String, i64)>> {
        let sql = "SELECT data, expires_at FROM browser_session WHERE id = ? AND expires_at > ?";
        Ok(sqlx::query_as(sql).bind(id).bind(now).fetch_optional(&self.readers).await?)
    }

    async fn insert_session(&self, id: &str, data: &str, now: i64, expires_at: i64) -> Result<()> {
        let mut tx = self.begin_immediate().await?;
        let expired = "DELETE FROM browser_session WHERE expires_at <= ?";
        sqlx::query(expired).bind(now).execute(&mut *tx).await?;
        let sql = "INSERT INTO browser_session (id, data, expires_at) VALUES (?, ?, ?)";
        sqlx::query(sql).bind(id).bind(data).bind(expires_at).execute(&mut *tx).await?;
        Ok(tx.commit().await?)
    }

    async fn update_session(&self, id: &str, data: &str, expires_at: i64) -> Result<()> {
        let sql = "UPDATE browser_session SET data = ?, expires_at = ? WHERE id = ?";
        let query = sqlx::query(sql).bind(data).bind(expires_at).bind(id);
        query.execute(&self.writer).await?;
        Ok(())
    }

    async fn delete_session(&self, id: &str) -> Result<()> {
        let sql = "DELETE FROM browser_session WHERE id = ?";
        sqlx::query(sql).bind(id).execute(&self.writer).await?;
        Ok(())
    }
}
