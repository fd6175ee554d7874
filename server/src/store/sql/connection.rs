//! Reads of connections, each one statement.

use super::{Database, Driver, board, dialect, row::stored};
use crate::{
    store::{
        BoardRows, Connections, Due, FindQuery, Result, SiteScope, Stored, columns::COLUMNS,
    },
    vault::Vault,
};
use async_trait::async_trait;
use shared::{Channel, ConnectionId, SiteId, board::BoardQuery, view::Related};
use sqlx::{AssertSqlSafe, Executor, QueryBuilder};

/// One connection of a site.
pub(super) async fn select_one(
    executor: impl Executor<'_, Database = Driver>,
    vault: &Vault,
    scope: SiteScope,
    id: ConnectionId,
) -> Result<Option<Stored>> {
    let sql = format!("SELECT {COLUMNS} FROM connection WHERE site_id = $1 AND id = $2");
    let query = sqlx::query(AssertSqlSafe(sql)).bind(scope.site().0).bind(id.0);
    query.fetch_optional(executor).await?.map(|row| stored(&row, vault)).transpose()
}

#[async_trait]
impl Connections for Database {
    async fn connection(&self, scope: SiteScope, id: ConnectionId) -> Result<Option<Stored>> {
        let mut reader = self.read(scope.site()).await?;
        select_one(&mut *reader, &self.vault, scope, id).await
    }

    async fn find(&self, scope: SiteScope, query: &FindQuery) -> Result<Vec<Stored>> {
        let mut reader = self.read(scope.site()).await?;
        // What is skipped is skipped in an index, and not read.
        let mut sql = QueryBuilder::<Driver>::new("SELECT ");
        sql.push(COLUMNS).push(" FROM connection WHERE ").push(dialect::ANY_ID[0]).push("SELECT id FROM connection");
        push_find(&mut sql, scope, query);
        sql.push(" ORDER BY id LIMIT ").push_bind(i64::from(query.limit));
        sql.push(" OFFSET ").push_bind(i64::from(query.offset));
        sql.push(dialect::ANY_ID[1]).push(" ORDER BY id");
        let rows = sql.build().fetch_all(&mut *reader).await?;
        rows.iter().map(|row| stored(row, &self.vault)).collect()
    }

    async fn count(&self, scope: SiteScope, query: &FindQuery) -> Result<u64> {
        let mut reader = self.read(scope.site()).await?;
        let mut sql = QueryBuilder::<Driver>::new("SELECT count(*) FROM connection");
        push_find(&mut sql, scope, query);
        let total: i64 = sql.build_query_scalar().fetch_one(&mut *reader).await?;
        Ok(total.unsigned_abs())
    }

    async fn board(&self, scope: SiteScope, query: &BoardQuery) -> Result<BoardRows> {
        let mut reader = self.read(scope.site()).await?;
        board::rows(&mut reader, scope, query).await
    }

    async fn inbound(&self, scope: SiteScope, limit: u32) -> Result<Vec<Related>> {
        let mut reader = self.read(scope.site()).await?;
        let [few, end] = dialect::ANY_ID;
        let sql = format!(
            "SELECT id, name FROM connection WHERE {few}
                SELECT id FROM connection WHERE site_id = $1 AND channel = $2
                ORDER BY name_key, id LIMIT $3{end}
             ORDER BY name_key, id"
        );
        let query = sqlx::query_as(AssertSqlSafe(sql)).bind(scope.site().0);
        let query = query.bind(Channel::PARENT.slug()).bind(i64::from(limit));
        let rows = query.fetch_all(&mut *reader).await?;
        Ok(rows.into_iter().map(related).collect())
    }

    async fn due(&self, now: i64, limit: u32) -> Result<Vec<Due>> {
        let sql = "
            SELECT site_id, id, due_at FROM (
                SELECT site_id, id, due_at,
                    row_number() OVER (PARTITION BY site_id ORDER BY due_at, id) AS turn
                FROM connection WHERE due_at <= $1) AS of_sites
            ORDER BY turn, due_at LIMIT $2";
        let query = sqlx::query_as(sql).bind(now).bind(i64::from(limit));
        Ok(query.fetch_all(self.server()).await?.into_iter().map(due).collect())
    }

    async fn children(
        &self,
        scope: SiteScope,
        id: ConnectionId,
        limit: u32,
    ) -> Result<Vec<Related>> {
        let mut tx = self.read(scope.site()).await?;
        let sql = "
            SELECT id, name FROM connection WHERE site_id = $1 AND parent_id = $2
            ORDER BY id LIMIT $3";
        let query = sqlx::query_as(sql).bind(scope.site().0).bind(id.to_string()).bind(i64::from(limit));
        Ok(query.fetch_all(&mut *tx).await?.into_iter().map(related).collect())
    }
}

/// The condition of the find API.
fn push_find(sql: &mut QueryBuilder<Driver>, scope: SiteScope, query: &FindQuery) {
    sql.push(" WHERE site_id = ").push_bind(scope.site().0);
    if let Some(id) = query.since_id {
        sql.push(" AND id > ").push_bind(id.0);
    }
    if let Some(since) = query.since.clone() {
        sql.push(" AND create_date >= ").push_bind(since);
    }
    if let Some(since) = query.last_update.clone() {
        sql.push(" AND modify_date >= ").push_bind(since);
    }
}

fn due((site, id, due_at): (i64, i64, i64)) -> Due {
    Due { site: SiteId(site), id: ConnectionId(id), due_at }
}

fn related((id, name): (i64, Option<String>)) -> Related {
    Related { id: ConnectionId(id), name: name.unwrap_or_default() }
}
