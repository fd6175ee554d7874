//! Writes of connections.

use super::{
    SqliteTx,
    connection::select_one,
    row::{COLUMNS, SEALED, bind_texts, sealed},
};
use crate::{
    store::{ConnectionsTx, Derived, Result, SiteScope, Stored},
    vault::{Cell, Place},
};
use async_trait::async_trait;
use shared::{ConnectionId, Field, Key, Secret};
use sqlx::Row;

#[async_trait]
impl ConnectionsTx for SqliteTx {
    async fn connection(&mut self, scope: SiteScope, id: ConnectionId) -> Result<Option<Stored>> {
        select_one(&mut *self.tx, &self.vault, scope, id).await
    }

    async fn update(&mut self, scope: SiteScope, stored: &Stored) -> Result<bool> {
        let sql = r#"
            UPDATE connection
            SET name = ?, user_id = ?, host = ?, port = ?, "from" = ?, priority = ?, enabled = ?,
                target_id = ?, parent_id = ?, modify_date = ?, password_date = ?,
                password_version = ?, token_date = ?, token_version = ?, version = ?, channel = ?,
                in_use = ?, name_key = ?, search = ?
            WHERE site_id = ? AND id = ? AND version = ?"#;
        let Stored { connection, version, password, token } = stored;
        let derived = Derived::of(connection);
        let plain = Field::ALL.into_iter().filter(|field| !field.is_secret()).map(Field::key);
        let done = bind_texts(sqlx::query(sql), connection, plain.chain([Key::ModifyDate]))
            .bind(&password.date)
            .bind(password.version.0)
            .bind(&token.date)
            .bind(token.version.0)
            .bind(version.0)
            .bind(derived.channel)
            .bind(derived.in_use)
            .bind(derived.name_key)
            .bind(derived.search)
            .bind(scope.site().0)
            .bind(connection.id.0)
            .bind(version.0 - 1)
            .execute(&mut *self.tx)
            .await?;
        if done.rows_affected() != 1 {
            return Ok(false);
        }
        let is_new = |field| stored.stamp(field).is_some_and(|stamp| stamp.version == *version);
        self.write_secrets(stored, is_new).await?;
        Ok(true)
    }

    async fn insert_all(&mut self, scope: SiteScope, rows: &[Stored]) -> Result<Vec<ConnectionId>> {
        let mut ids = vec![];
        for stored in rows {
            ids.push(self.insert(scope, stored).await?);
        }
        Ok(ids)
    }

    async fn insert(&mut self, scope: SiteScope, stored: &Stored) -> Result<ConnectionId> {
        let places = vec!["?"; COLUMNS.split(',').count()].join(", ");
        let sql = format!(
            "INSERT INTO connection ({COLUMNS}, channel, in_use, name_key, search)
             VALUES ({places}, ?, ?, ?, '') RETURNING id"
        );
        let Stored { connection, version, password, token } = stored;
        let Derived { channel, in_use, name_key, .. } = Derived::of(connection);
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
            .bind(channel)
            .bind(in_use)
            .bind(name_key)
            .fetch_one(&mut *self.tx)
            .await?;
        // Only now has it a number, to which its secrets are bound.
        let mut stored = stored.clone();
        stored.connection.id = ConnectionId(row.try_get(0)?);
        stored.connection.site_id = scope.site();
        let sql = "UPDATE connection SET search = ? WHERE site_id = ? AND id = ?";
        let query = sqlx::query(sql).bind(Derived::of(&stored.connection).search);
        query.bind(scope.site().0).bind(stored.connection.id.0).execute(&mut *self.tx).await?;
        self.write_secrets(&stored, |field| stored.connection.has(field)).await?;
        Ok(stored.connection.id)
    }

    async fn keep_secret(
        &mut self,
        scope: SiteScope,
        id: ConnectionId,
        event: i64,
        field: Field,
        before: Option<&Secret>,
        expires_at: i64,
    ) -> Result<()> {
        let sql = "
            INSERT INTO kept_secret (site_id, connection_id, event, field, expires_at)
            VALUES (?, ?, ?, ?, ?) RETURNING id";
        let query = sqlx::query_scalar(sql).bind(scope.site().0).bind(id.0).bind(event);
        let row = query.bind(field.name()).bind(expires_at).fetch_one(&mut *self.tx).await?;
        let Some(before) = before else { return Ok(()) };
        let place = Place { cell: Cell::Kept, site: scope.site(), row };
        let sealed = self.vault.seal(place, before.expose().as_bytes())?;
        let sql = "UPDATE kept_secret SET secret = ? WHERE id = ?";
        sqlx::query(sql).bind(sealed).bind(row).execute(&mut *self.tx).await?;
        Ok(())
    }

    async fn kept_secret(
        &mut self,
        scope: SiteScope,
        id: ConnectionId,
        event: i64,
        field: Field,
        now: i64,
    ) -> Result<Option<Option<Secret>>> {
        let sql = "
            SELECT id, secret FROM kept_secret
            WHERE site_id = ? AND connection_id = ? AND event = ? AND field = ? AND expires_at > ?";
        let query = sqlx::query_as(sql).bind(scope.site().0).bind(id.0).bind(event);
        let row: Option<(i64, Option<Vec<u8>>)> =
            query.bind(field.name()).bind(now).fetch_optional(&mut *self.tx).await?;
        let Some((row, sealed)) = row else { return Ok(None) };
        let place = Place { cell: Cell::Kept, site: scope.site(), row };
        let secret = sealed.map(|sealed| self.vault.open_text(place, &sealed)).transpose()?;
        Ok(Some(secret))
    }

    async fn drop_kept_secrets(&mut self, now: i64) -> Result<u64> {
        let sql = "DELETE FROM kept_secret WHERE expires_at <= ?";
        Ok(sqlx::query(sql).bind(now).execute(&mut *self.tx).await?.rows_affected())
    }
}

impl SqliteTx {
    /// Seals and writes some of a connection's secrets.
    async fn write_secrets(
        &mut self,
        stored: &Stored,
        wanted: impl Fn(Field) -> bool,
    ) -> Result<()> {
        let connection = &stored.connection;
        for (field, cell) in SEALED.into_iter().filter(|(field, _)| wanted(*field)) {
            let sealed = sealed(connection, (field, cell), &self.vault)?;
            let sql = match cell {
                Cell::Password => "UPDATE connection SET password = ? WHERE site_id = ? AND id = ?",
                _ => "UPDATE connection SET token = ? WHERE site_id = ? AND id = ?",
            };
            let query = sqlx::query(sql).bind(sealed).bind(connection.site_id.0);
            query.bind(connection.id.0).execute(&mut *self.tx).await?;
        }
        Ok(())
    }
}
