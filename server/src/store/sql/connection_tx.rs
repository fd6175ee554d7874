//! Writes of connections.

use super::{
    Driver, Writer, dialect,
    connection::select_one,
    row::{push_row, stored},
};
use crate::store::{
    ConnectionsTx, Due, Result, SiteScope, StoreError, Stored,
    columns::{COLUMNS, DERIVED, SEALED, sealed},
};
use async_trait::async_trait;
use shared::ConnectionId;
use sqlx::QueryBuilder;

/// Rows of one statement.
const INSERT_BATCH_ROWS: usize = 100;

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

    async fn claim(&mut self, due: &Due, until: i64) -> Result<bool> {
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
        for rows in numbered.chunks(INSERT_BATCH_ROWS) {
            let sql = format!("INSERT INTO connection ({COLUMNS}, {DERIVED}) ");
            let mut sql = QueryBuilder::new(sql);
            let secrets: Vec<_> = rows.iter().map(|row: &Stored| {
                let [password, token] = SEALED;
                let seal = |cell| sealed(row, cell, self.vault());
                Ok([seal(password)?, seal(token)?])
            }).collect::<Result<_>>()?;
            sql.push_values(rows.iter().zip(secrets), |mut values, (row, secrets)| {
                push_row(&mut values, row, secrets);
            });
            sql.build().execute(&mut *self.tx).await?;
        }
        Ok(numbered.iter().map(|stored| stored.connection.id).collect())
    }

    async fn delete_expired_secrets(&mut self, now: i64) -> Result<u64> {
        let sql = "DELETE FROM previous_secret WHERE expires_at <= $1";
        Ok(sqlx::query(sql).bind(now).execute(&mut *self.tx).await?.rows_affected())
    }
}
