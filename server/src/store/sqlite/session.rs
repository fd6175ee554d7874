//! Browser sessions.

use super::{Sqlite, people::membership};
use crate::store::{Result, Sessions, Standing, StoredSession, UserId};
use async_trait::async_trait;
use shared::SiteId;
use sqlx::{Row, sqlite::SqliteRow};

#[async_trait]
impl Sessions for Sqlite {
    async fn session(&self, id: &str, now: i64) -> Result<Option<StoredSession>> {
        let sql = "
            SELECT data, expires_at, site.id AS site_id, site.name AS site_name, site.time_zone, user.email,
                membership.role, user.version + membership.version AS member_version,
                COALESCE(audit_head.number, 0) AS last_event
            FROM browser_session
            LEFT JOIN user ON user.id = browser_session.user_id AND user.enabled
            LEFT JOIN membership ON membership.user_id = user.id AND membership.enabled
            LEFT JOIN site ON site.id = membership.site_id
            LEFT JOIN audit_head ON audit_head.site_id = site.id
            WHERE browser_session.id = ? AND expires_at > ?
            ORDER BY site.id";
        let rows = sqlx::query(sql).bind(id).bind(now).fetch_all(&self.readers).await?;
        let Some(first) = rows.first() else { return Ok(None) };
        let standing = |row: &SqliteRow| {
            let Some(site) = row.try_get("site_id")? else { return Ok(None) };
            let (site, last_event) = (SiteId(site), row.try_get("last_event")?);
            Ok(Some(Standing { site, member: membership(row)?, last_event }))
        };
        Ok(Some(StoredSession {
            data: first.try_get("data")?,
            expires_at: first.try_get("expires_at")?,
            standings: rows
                .iter()
                .filter_map(|row| standing(row).transpose())
                .collect::<Result<_>>()?,
        }))
    }

    async fn going_on(&self, ids: &[String], now: i64) -> Result<Vec<String>> {
        let sql = "
            SELECT id FROM browser_session
            WHERE id IN (SELECT value FROM json_each(?)) AND expires_at > ?";
        let ids = serde_json::json!(ids).to_string();
        Ok(sqlx::query_scalar(sql).bind(ids).bind(now).fetch_all(&self.readers).await?)
    }

    async fn insert_session(
        &self,
        id: &str,
        user: Option<UserId>,
        data: &str,
        now: i64,
        expires_at: i64,
    ) -> Result<()> {
        let mut tx = self.lane.lease(false).await?;
        let expired = "DELETE FROM browser_session WHERE expires_at <= ?";
        sqlx::query(expired).bind(now).execute(&mut *tx).await?;
        let sql = "
            INSERT INTO browser_session (id, user_id, data, expires_at) VALUES (?, ?, ?, ?)";
        let query = sqlx::query(sql).bind(id).bind(user.map(|user| user.0)).bind(data);
        query.bind(expires_at).execute(&mut *tx).await?;
        tx.commit().await
    }

    async fn update_session(&self, id: &str, changes: &str, expires_at: i64) -> Result<()> {
        let sql = "
            UPDATE browser_session SET data = json_patch(data, ?), expires_at = ? WHERE id = ?";
        let query = sqlx::query(sql).bind(changes).bind(expires_at).bind(id);
        let mut tx = self.lane.lease(false).await?;
        query.execute(&mut *tx).await?;
        tx.commit().await
    }

    async fn delete_session(&self, id: &str) -> Result<()> {
        let sql = "DELETE FROM browser_session WHERE id = ?";
        let mut tx = self.lane.lease(false).await?;
        sqlx::query(sql).bind(id).execute(&mut *tx).await?;
        tx.commit().await
    }
}
