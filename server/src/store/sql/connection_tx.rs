//! Writes of connections.

use super::{
    Driver, Writer, dialect,
    connection::select_one,
    row::{push_row, stored},
};
use crate::store::{
    ConnectionsTx, Derived, Due, Result, SiteScope, Stamp, StoreError, Stored,
    columns::{COLUMNS, DERIVED, SEALED, kept_place, sealed},
};
use async_trait::async_trait;
use shared::{ConnectionId, Destination, Field, Key, Secret};
use sqlx::QueryBuilder;
use std::borrow::Cow;

/// Rows of one statement.
const BULK: usize = 100;

#[async_trait]
impl ConnectionsTx for Writer {
    async fn connection(&mut self, scope: SiteScope, id: ConnectionId) -> Result<Option<Stored>> {
        select_one(&mut *self.tx, &self.database.vault, scope, id).await
    }

    async fn connections(&mut self, scope: SiteScope, ids: &[ConnectionId]) -> Result<Vec<Stored>> {
        if ids.is_empty() {
            return Ok(vec![]);
        }
        let sql = format!("SELECT {COLUMNS} FROM connection WHERE site_id = ");
        let mut sql = QueryBuilder::<Driver>::new(sql);
        sql.push_bind(scope.site().0).push(" AND id IN (");
        let mut numbers = sql.separated(", ");
        for id in ids {
            numbers.push_bind(id.0);
        }
        sql.push(")");
        let rows = sql.build().fetch_all(&mut *self.tx).await?;
        rows.iter().map(|row| stored(row, self.vault())).collect()
    }

    async fn update(&mut self, scope: SiteScope, stored: &Stored) -> Result<bool> {
        let mut sql = QueryBuilder::<Driver>::new("UPDATE connection SET version = ");
        sql.push_bind(stored.version.0);
        push_values(&mut sql, stored);
        self.push_new_secrets(&mut sql, stored)?;
        sql.push(" WHERE site_id = ").push_bind(scope.site().0);
        sql.push(" AND id = ").push_bind(stored.connection.id.0);
        sql.push(" AND version = ").push_bind(stored.version.0 - 1);
        Ok(sql.build().execute(&mut *self.tx).await?.rows_affected() == 1)
    }

    async fn put_health(&mut self, scope: SiteScope, stored: &Stored) -> Result<bool> {
        let Stored { connection, version, health, .. } = stored;
        let mut sql = QueryBuilder::<Driver>::new("UPDATE connection SET state = ");
        sql.push_bind(health.state(connection).code());
        sql.push(", expires_at = ").push_bind(health.expires_at());
        push_health(&mut sql, stored);
        sql.push(" WHERE site_id = ").push_bind(scope.site().0);
        sql.push(" AND id = ").push_bind(connection.id.0);
        sql.push(" AND version = ").push_bind(version.0);
        Ok(sql.build().execute(&mut *self.tx).await?.rows_affected() == 1)
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
        let missing = i64::try_from(missing).unwrap_or(i64::MAX);
        let reserved = dialect::reserve_numbers(self, given, missing).await?;
        let mut last = reserved.ok_or(StoreError::NumbersUsedUp("connection number"))?;
        let mut numbered = vec![];
        for stored in rows {
            let mut stored = stored.clone();
            if stored.connection.id.0 == 0 {
                last += 1;
                stored.connection.id = ConnectionId(last);
            }
            stored.connection.site_id = scope.site();
            numbered.push(stored);
        }
        for rows in numbered.chunks(BULK) {
            let sql = format!("INSERT INTO connection ({COLUMNS}, {DERIVED}) ");
            let mut sql = QueryBuilder::new(sql);
            let seal = |row: &Stored| {
                let [password, token] = SEALED;
                let seal = |cell| sealed(row, cell, self.vault());
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
            self.vault().seal(&place, secret.expose().as_bytes())
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
        let secret = sealed.map(|sealed| self.vault().open_text(&place, &sealed)).transpose()?;
        Ok(Some(secret.map(|secret| (secret, destination))))
    }

    async fn drop_kept_secrets(&mut self, now: i64) -> Result<u64> {
        let sql = "DELETE FROM kept_secret WHERE expires_at <= $1";
        Ok(sqlx::query(sql).bind(now).execute(&mut *self.tx).await?.rows_affected())
    }
}

impl Writer {
    /// The secrets that this version set, and all of their stamps.
    fn push_new_secrets(
        &self,
        sql: &mut QueryBuilder<Driver>,
        stored: &Stored,
    ) -> Result<()> {
        let Stored { version, password, token, .. } = stored;
        let is_new = |field| stored.stamp(field).is_some_and(|stamp| stamp.version == *version);
        for (field, cell) in SEALED.into_iter().filter(|(field, _)| is_new(*field)) {
            sql.push(format!(", \"{}\" = ", field.key().column()));
            sql.push_bind(sealed(stored, (field, cell), self.vault())?);
        }
        for (name, Stamp { date, version, destination }) in
            [("password", password), ("token", token)]
        {
            sql.push(format!(", {name}_date = ")).push_bind(date.clone());
            sql.push(format!(", {name}_version = ")).push_bind(version.0);
            sql.push(format!(", {name}_destination = "));
            sql.push_bind(destination.as_ref().map(ToString::to_string));
        }
        Ok(())
    }
}

/// How it fares, and what the record says of it.
fn push_health(sql: &mut QueryBuilder<Driver>, Stored { connection, health, .. }: &Stored) {
    sql.push(", health = ").push_bind(health.json());
    sql.push(", due_at = ").push_bind(health.due_at);
    sql.push(", error = ").push_bind(connection.error.clone());
    sql.push(", remarks = ").push_bind(connection.remarks.clone());
}

/// All columns but those of secrets.
fn push_values(sql: &mut QueryBuilder<Driver>, stored: &Stored) {
    let plain = Field::ALL.into_iter().filter(|field| !field.is_secret()).map(Field::key);
    for key in plain.chain([Key::ModifyDate]) {
        let text = stored.connection.text(key).map(Cow::into_owned);
        sql.push(format!(", \"{}\" = ", key.column())).push_bind(text);
    }
    push_health(sql, stored);
    let Derived { channel, state, expires_at, name_key, search } =
        Derived::of(&stored.connection, &stored.health);
    sql.push(", channel = ").push_bind(channel);
    sql.push(", state = ").push_bind(state.code());
    sql.push(", expires_at = ").push_bind(expires_at);
    sql.push(", name_key = ").push_bind(name_key);
    sql.push(", search = ").push_bind(search);
}
