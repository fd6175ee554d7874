//! Browser sessions.

use super::{Database, Driver, Row, dialect, people::membership};
use crate::store::{Result, SessionMembership, Sessions, StoredSession, UserId};
use async_trait::async_trait;
use shared::SiteId;
use sqlx::{AssertSqlSafe, QueryBuilder, Row as _};

#[async_trait]
impl Sessions for Database {
    async fn session(&self, id: &str, now: i64) -> Result<Option<StoredSession>> {
        let sql = "
            SELECT data, expires_at, site.id AS site_id, site.name AS site_name, site.time_zone, app_user.email,
                membership.role, app_user.version + membership.version AS member_version,
                COALESCE(audit_head.number, 0) AS last_event
            FROM browser_session
            LEFT JOIN app_user ON app_user.id = browser_session.user_id AND app_user.enabled
            LEFT JOIN membership ON membership.user_id = app_user.id AND membership.enabled
            LEFT JOIN site ON site.id = membership.site_id
            LEFT JOIN audit_head ON audit_head.site_id = site.id
            WHERE browser_session.id = $1 AND expires_at > $2
            ORDER BY site.id";
        let rows = sqlx::query(sql).bind(id).bind(now).fetch_all(self.server()).await?;
        let Some(first) = rows.first() else { return Ok(None) };
        let standing = |row: &Row| {
            let Some(site) = row.try_get("site_id")? else { return Ok(None) };
            let (site, last_event) = (SiteId(site), row.try_get("last_event")?);
            Ok(Some(SessionMembership { site, member: membership(row)?, last_event }))
        };
        Ok(Some(StoredSession {
            data: first.try_get("data")?,
            expires_at: first.try_get("expires_at")?,
            memberships: rows
                .iter()
                .filter_map(|row| standing(row).transpose())
                .collect::<Result<_>>()?,
        }))
    }

    async fn going_on(&self, ids: &[String], now: i64) -> Result<Vec<String>> {
        if ids.is_empty() {
            return Ok(vec![]);
        }
        let mut sql = QueryBuilder::<Driver>::new("SELECT id FROM browser_session WHERE expires_at > ");
        sql.push_bind(now).push(" AND id IN (");
        let mut list = sql.separated(", ");
        for id in ids {
            list.push_bind(id.clone());
        }
        sql.push(")");
        Ok(sql.build_query_scalar().fetch_all(self.server()).await?)
    }

    async fn insert_session(
        &self,
        id: &str,
        user: Option<UserId>,
        data: &str,
        now: i64,
        expires_at: i64,
    ) -> Result<()> {
        let mut tx = self.write().await?;
        let expired = "DELETE FROM browser_session WHERE expires_at <= $1";
        sqlx::query(expired).bind(now).execute(&mut *tx).await?;
        let sql = "
            INSERT INTO browser_session (id, user_id, data, expires_at) VALUES ($1, $2, $3, $4)";
        let query = sqlx::query(sql).bind(id).bind(user.map(|user| user.0)).bind(data);
        query.bind(expires_at).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn update_session(&self, id: &str, changes: &str, expires_at: i64) -> Result<()> {
        let sql = format!(
            "UPDATE browser_session SET data = {}, expires_at = $2 WHERE id = $3",
            dialect::CHANGED_DATA
        );
        let query = sqlx::query(AssertSqlSafe(sql)).bind(changes).bind(expires_at).bind(id);
        let mut tx = self.write().await?;
        query.execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn delete_session(&self, id: &str) -> Result<()> {
        let sql = "DELETE FROM browser_session WHERE id = $1";
        let mut tx = self.write().await?;
        sqlx::query(sql).bind(id).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(())
    }
}
