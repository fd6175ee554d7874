//! Write transactions.

use super::{
    read::select_one,
    row::{COLUMNS, bind_texts},
};
use crate::store::{Result, SiteScope, Stored, UserId, WriteTx};
use async_trait::async_trait;
use shared::{ConnectionId, Field, Key, SiteId};
use sqlx::{Sqlite, Transaction};

/// A transaction that holds SQLite's write lock.
pub(super) struct SqliteTx(pub(super) Transaction<'static, Sqlite>);

#[async_trait]
impl WriteTx for SqliteTx {
    async fn connection(&mut self, scope: SiteScope, id: ConnectionId) -> Result<Option<Stored>> {
        select_one(&mut *self.0, scope, id).await
    }

    async fn update(&mut self, scope: SiteScope, stored: &Stored) -> Result<bool> {
        let sql = r#"
            UPDATE connection
            SET name = ?, user_id = ?, password = ?, host = ?, port = ?, "from" = ?, token = ?,
                priority = ?, enabled = ?, target_id = ?, parent_id = ?, modify_date = ?,
                password_date = ?, password_version = ?, token_date = ?, token_version = ?,
                version = ?
            WHERE site_id = ? AND id = ? AND version = ?"#;
        let Stored { connection, version, password, token } = stored;
        let written = Field::ALL.map(Field::key).into_iter().chain([Key::ModifyDate]);
        let done = bind_texts(sqlx::query(sql), connection, written)
            .bind(&password.date)
            .bind(password.version.0)
            .bind(&token.date)
            .bind(token.version.0)
            .bind(version.0)
            .bind(scope.site().0)
            .bind(connection.id.0)
            .bind(version.0 - 1)
            .execute(&mut *self.0)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    async fn insert(&mut self, scope: SiteScope, stored: &Stored) -> Result<ConnectionId> {
        let places = vec!["?"; COLUMNS.split(',').count()].join(", ");
        let sql = format!("INSERT INTO connection ({COLUMNS}) VALUES ({places}) RETURNING id");
        let Stored { connection, version, password, token } = stored;
        let id = Some(connection.id.0).filter(|id| *id != 0);
        let (before, after) = (&Key::ALL[1..4], &Key::ALL[5..]);
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id);
        let query = bind_texts(query, connection, before.iter().copied()).bind(scope.site().0);
        let row = bind_texts(query, connection, after.iter().copied())
            .bind(version.0)
            .bind(&password.date)
            .bind(password.version.0)
            .bind(&token.date)
            .bind(token.version.0)
            .fetch_one(&mut *self.0)
            .await?;
        Ok(ConnectionId(sqlx::Row::try_get(&row, 0)?))
    }

    async fn has_sites(&mut self) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM site)";
        Ok(sqlx::query_scalar(sql).fetch_one(&mut *self.0).await?)
    }

    async fn insert_site(&mut self, site: SiteId, name: &str) -> Result<bool> {
        let sql = "INSERT INTO site (id, name) VALUES (?, ?) ON CONFLICT DO NOTHING";
        let done = sqlx::query(sql).bind(site.0).bind(name).execute(&mut *self.0).await?;
        Ok(done.rows_affected() == 1)
    }

    async fn put_user(&mut self, email: &str, password: &str) -> Result<UserId> {
        let sql = "
            INSERT INTO user (email, password) VALUES (?, ?)
            ON CONFLICT (email) DO UPDATE SET password = excluded.password
            RETURNING id";
        let id = sqlx::query_scalar(sql).bind(email).bind(password).fetch_one(&mut *self.0).await?;
        Ok(UserId(id))
    }

    async fn insert_membership(&mut self, user: UserId, site: SiteId) -> Result<bool> {
        let sql = "
            INSERT INTO membership (user_id, site_id) SELECT ?, id FROM site WHERE id = ?
            ON CONFLICT DO UPDATE SET site_id = excluded.site_id";
        let done = sqlx::query(sql).bind(user.0).bind(site.0).execute(&mut *self.0).await?;
        Ok(done.rows_affected() == 1)
    }

    async fn insert_signing_key(&mut self, id: &str, secret: &[u8]) -> Result<()> {
        let sql = "INSERT INTO signing_key (id, secret) VALUES (?, ?)";
        sqlx::query(sql).bind(id).bind(secret).execute(&mut *self.0).await?;
        Ok(())
    }

    async fn commit(self: Box<Self>) -> Result<()> {
        Ok(self.0.commit().await?)
    }
}
