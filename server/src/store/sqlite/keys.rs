//! Sealed values as such.

use super::{Sqlite, SqliteTx};
use crate::{
    store::{
        Keys, KeysTx, Purpose, Result, SERVER, SealedCell, ServerKey,
        columns::{BoundRow, bound_columns, sealed_cell},
    },
    vault::{Cell, KeyId, Place},
};
use async_trait::async_trait;
use shared::Secret;
use sqlx::AssertSqlSafe;

#[async_trait]
impl Keys for Sqlite {
    async fn server_keys(&self, purpose: Purpose) -> Result<Vec<ServerKey>> {
        let sql = "SELECT id, secret FROM sealed_key WHERE purpose = ? ORDER BY id";
        let rows: Vec<(i64, Vec<u8>)> =
            sqlx::query_as(sql).bind(purpose.name()).fetch_all(&self.readers).await?;
        let open = |(id, sealed): (i64, Vec<u8>)| {
            let place = Place::row(Cell::ServerKey, SERVER, id);
            Ok(ServerKey { id, secret: self.vault.open_text(&place, &sealed)? })
        };
        rows.into_iter().map(open).collect()
    }

    async fn sealed(
        &self,
        cell: Cell,
        after: i64,
        except: Option<KeyId>,
        limit: u32,
    ) -> Result<Vec<SealedCell>> {
        let (table, column) = (cell.table(), cell.column());
        let site = if cell == Cell::ServerKey { "0" } else { "site_id" };
        // Of an empty value, which nobody has sealed, the key is NULL, too.
        let sql = format!(
            "SELECT id, {site}, {column}, {} FROM {table}
             WHERE id > ?1 AND {column} IS NOT NULL
                 AND (?2 IS NULL OR substr({column}, 2, 8) IS NOT ?2)
             ORDER BY id LIMIT ?3",
            bound_columns(cell)
        );
        let except = except.map(|KeyId(id)| id.to_vec());
        let query = sqlx::query_as(AssertSqlSafe(sql)).bind(after).bind(except).bind(limit);
        let rows: Vec<BoundRow> = query.fetch_all(&self.readers).await?;
        Ok(rows.into_iter().map(|row| sealed_cell(cell, row)).collect())
    }
}

#[async_trait]
impl KeysTx for SqliteTx {
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
            INSERT INTO sealed_key (purpose, created_at, secret) VALUES (?, ?, x'') RETURNING id";
        let query = sqlx::query_scalar(sql).bind(purpose.name()).bind(now);
        let row = query.fetch_one(&mut *self.tx).await?;
        let place = Place::row(Cell::ServerKey, SERVER, row);
        let sealed = self.vault.seal(&place, secret.expose().as_bytes())?;
        let sql = "UPDATE sealed_key SET secret = ? WHERE id = ?";
        sqlx::query(sql).bind(sealed).bind(row).execute(&mut *self.tx).await?;
        Ok(())
    }

    async fn delete_replaced_keys(&mut self, purpose: Purpose, time: i64) -> Result<()> {
        let sql = "
            DELETE FROM sealed_key
            WHERE purpose = ?1 AND id < (
                SELECT max(id) FROM sealed_key WHERE purpose = ?1 AND created_at < ?2)";
        sqlx::query(sql).bind(purpose.name()).bind(time).execute(&mut *self.tx).await?;
        Ok(())
    }

    async fn reseal(&mut self, before: &SealedCell, sealed: &[u8]) -> Result<bool> {
        let SealedCell { row, place: Place { cell, .. }, .. } = before;
        let (table, column) = (cell.table(), cell.column());
        let sql = format!("UPDATE {table} SET {column} = ? WHERE id = ? AND {column} = ?");
        let query = sqlx::query(AssertSqlSafe(sql)).bind(sealed).bind(row).bind(&before.sealed);
        Ok(query.execute(&mut *self.tx).await?.rows_affected() == 1)
    }
}
