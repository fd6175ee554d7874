//! Writes of connections.

use super::{
    PostgresTx,
    connection::select_one,
    row::{push_row, stored},
};
use crate::store::{
    ConnectionsTx, Derived, Due, Result, SiteScope, Stamp, StoreError, Stored,
    columns::{COLUMNS, DERIVED, SEALED, kept_place, sealed},
};
use async_trait::async_trait;
use shared::{ConnectionId, Destination, Field, Key, Secret};
use sqlx::{AssertSqlSafe, QueryBuilder};
use std::borrow::Cow;

/// Rows of one statement.
const BULK: usize = 100;

#[async_trait]
impl ConnectionsTx for PostgresTx {
    async fn connection(&mut self, scope: SiteScope, id: ConnectionId) -> Result<Option<Stored>> {
        select_one(&mut *self.tx, &self.vault, scope, id).await
    }

    async fn connections(&mut self, scope: SiteScope, ids: &[ConnectionId]) -> Result<Vec<Stored>> {
        let sql = format!("SELECT {COLUMNS} FROM connection WHERE site_id = $1 AND id = ANY($2)");
        let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
        let query = sqlx::query(AssertSqlSafe(sql)).bind(scope.site().0).bind(ids);
        let rows = query.fetch_all(&mut *self.tx).await?;
        rows.iter().map(|row| stored(row, &self.vault)).collect()
    }

    async fn update(&mut self, scope: SiteScope, stored: &Stored) -> Result<bool> {
        let Stored { connection, version, password, token, health } = stored;
        let Derived { channel, state, name_key, search } = Derived::of(connection, health);
        let mut sql = QueryBuilder::<sqlx::Postgres>::new("UPDATE connection SET ");
        let mut set = sql.separated(", ");
        let plain = Field::ALL.into_iter().filter(|field| !field.is_secret()).map(Field::key);
        for key in plain.chain([Key::ModifyDate, Key::Error, Key::Remarks]) {
            set.push(format!("\"{}\" = ", key.column()));
            set.push_bind_unseparated(connection.text(key).map(Cow::into_owned));
        }
        let is_new = |field| stored.stamp(field).is_some_and(|stamp| stamp.version == *version);
        for (field, cell) in SEALED.into_iter().filter(|(field, _)| is_new(*field)) {
            set.push(format!("\"{}\" = ", field.key().column()));
            set.push_bind_unseparated(sealed(stored, (field, cell), &self.vault)?);
        }
        for (name, Stamp { date, version, destination }) in
            [("password", password), ("token", token)]
        {
            set.push(format!("{name}_date = ")).push_bind_unseparated(date.clone());
            set.push(format!("{name}_version = ")).push_bind_unseparated(version.0);
            set.push(format!("{name}_destination = "));
            set.push_bind_unseparated(destination.as_ref().map(ToString::to_string));
        }
        set.push("version = ").push_bind_unseparated(version.0);
        set.push("channel = ").push_bind_unseparated(channel);
        set.push("state = ").push_bind_unseparated(state.code());
        set.push("health = ").push_bind_unseparated(health.json());
        set.push("due_at = ").push_bind_unseparated(health.due_at);
        set.push("name_key = ").push_bind_unseparated(name_key);
        set.push("search = ").push_bind_unseparated(search);
        sql.push(" WHERE site_id = ").push_bind(scope.site().0);
        sql.push(" AND id = ").push_bind(connection.id.0);
        sql.push(" AND version = ").push_bind(version.0 - 1);
        Ok(sql.build().execute(&mut *self.tx).await?.rows_affected() == 1)
    }

    async fn put_health(&mut self, scope: SiteScope, stored: &Stored) -> Result<bool> {
        let Stored { connection, version, health, .. } = stored;
        let sql = "
            UPDATE connection SET state = $1, health = $2, due_at = $3, error = $4, remarks = $5
            WHERE site_id = $6 AND id = $7 AND version = $8";
        let query = sqlx::query(sql).bind(health.state(connection).code()).bind(health.json());
        let query = query.bind(health.due_at).bind(&connection.error).bind(&connection.remarks);
        let query = query.bind(scope.site().0).bind(connection.id.0).bind(version.0);
        Ok(query.execute(&mut *self.tx).await?.rows_affected() == 1)
    }

    async fn put_off(&mut self, due: &Due, until: i64) -> Result<bool> {
        let sql = "
            UPDATE connection SET due_at = $1 WHERE site_id = $2 AND id = $3 AND due_at = $4";
        let query = sqlx::query(sql).bind(until).bind(due.site.0).bind(due.id.0).bind(due.due_at);
        Ok(query.execute(&mut *self.tx).await?.rows_affected() == 1)
    }

    async fn insert_all(&mut self, scope: SiteScope, rows: &[Stored]) -> Result<Vec<ConnectionId>> {
        // The numbers first: secrets are bound to them.
        let given = rows.iter().map(|row| row.connection.id.0).max().unwrap_or_default();
        let missing = rows.iter().filter(|row| row.connection.id.0 == 0).count();
        let sql = "
            UPDATE connection_number SET last = greatest(last, $1) + $2
            RETURNING last - $2";
        let missing = i64::try_from(missing).unwrap_or(i64::MAX);
        let query = sqlx::query_scalar(sql).bind(given).bind(missing);
        let mut last = ConnectionId(query.fetch_one(&mut *self.tx).await?);
        let mut numbered = vec![];
        for stored in rows {
            let mut stored = stored.clone();
            if stored.connection.id.0 == 0 {
                last = last.next().ok_or(StoreError::NumbersUsedUp("connection number"))?;
                stored.connection.id = last;
            }
            stored.connection.site_id = scope.site();
            numbered.push(stored);
        }
        for rows in numbered.chunks(BULK) {
            let sql = format!("INSERT INTO connection ({COLUMNS}, {DERIVED}) ");
            let mut sql = QueryBuilder::new(sql);
            let seal = |row: &Stored| {
                let [password, token] = SEALED;
                let seal = |cell| sealed(row, cell, &self.vault);
                Ok([seal(password)?, seal(token)?])
            };
            let secrets: Vec<_> = rows.iter().map(seal).collect::<Result<_>>()?;
            sql.push_values(rows.iter().zip(secrets), |mut values, (row, secrets)| {
                push_row(&mut values, row, secrets);
            });
            sql.build().execute(&mut *self.tx).await?;
        }
        Ok(numbered.iter().map(|stored| stored.connection.id).collect())
    }

    async fn keep_secret(
        &mut self,
        scope: SiteScope,
        place: (ConnectionId, i64, Field),
        before: Option<(&Secret, &Destination)>,
        expires_at: i64,
    ) -> Result<()> {
        let (id, event, field) = place;
        let sealed = before.map(|(secret, destination)| {
            let place = kept_place(scope.site(), place, destination);
            self.vault.seal(&place, secret.expose().as_bytes())
        });
        let sql = "
            INSERT INTO kept_secret
                (site_id, connection_id, event, field, secret, destination, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let query = sqlx::query(sql).bind(scope.site().0).bind(id.0).bind(event);
        let query = query.bind(field.name()).bind(sealed.transpose()?);
        let query = query.bind(before.map(|(_, destination)| destination.to_string()));
        query.bind(expires_at).execute(&mut *self.tx).await?;
        Ok(())
    }

    async fn kept_secret(
        &mut self,
        scope: SiteScope,
        place: (ConnectionId, i64, Field),
        now: i64,
    ) -> Result<Option<Option<(Secret, Destination)>>> {
        let (id, event, field) = place;
        let sql = "
            SELECT secret, destination FROM kept_secret
            WHERE site_id = $1 AND connection_id = $2 AND event = $3 AND field = $4
                AND expires_at > $5";
        let query = sqlx::query_as(sql).bind(scope.site().0).bind(id.0).bind(event);
        let row: Option<(Option<Vec<u8>>, Option<String>)> =
            query.bind(field.name()).bind(now).fetch_optional(&mut *self.tx).await?;
        let Some((sealed, destination)) = row else { return Ok(None) };
        let destination = Destination::stored(destination.unwrap_or_default());
        let place = kept_place(scope.site(), place, &destination);
        let secret = sealed.map(|sealed| self.vault.open_text(&place, &sealed)).transpose()?;
        Ok(Some(secret.map(|secret| (secret, destination))))
    }

    async fn drop_kept_secrets(&mut self, now: i64) -> Result<u64> {
        let sql = "DELETE FROM kept_secret WHERE expires_at <= $1";
        Ok(sqlx::query(sql).bind(now).execute(&mut *self.tx).await?.rows_affected())
    }
}
