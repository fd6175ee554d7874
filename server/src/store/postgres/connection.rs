//! Reads of connections, each one statement.

use super::{
    Postgres,
    row::{record, stored},
};
use crate::{
    store::{
        BoardLine, BoardRows, Connections, Counted, Due, FindQuery, Result, SiteScope, Stored,
        board::{FACETS, MORE, PARTIAL, SHOWN, facets, page},
        columns::COLUMNS,
        connection::span,
    },
    vault::Vault,
};
use app::backend::BoardQuery;
use async_trait::async_trait;
use shared::{Channel, ConnectionId, SiteId, State, view::Related};
use sqlx::{AssertSqlSafe, PgExecutor, QueryBuilder, Row, postgres::PgRow};

/// One connection of a site.
pub(super) async fn select_one(
    executor: impl PgExecutor<'_>,
    vault: &Vault,
    scope: SiteScope,
    id: ConnectionId,
) -> Result<Option<Stored>> {
    let sql = format!("SELECT {COLUMNS} FROM connection WHERE site_id = $1 AND id = $2");
    let query = sqlx::query(AssertSqlSafe(sql)).bind(scope.site().0).bind(id.0);
    query.fetch_optional(executor).await?.map(|row| stored(&row, vault)).transpose()
}

#[async_trait]
impl Connections for Postgres {
    async fn connection(&self, scope: SiteScope, id: ConnectionId) -> Result<Option<Stored>> {
        let mut tx = self.read(scope.site()).await?;
        select_one(&mut *tx, &self.vault, scope, id).await
    }

    async fn find(&self, scope: SiteScope, query: &FindQuery) -> Result<Vec<Stored>> {
        let mut tx = self.read(scope.site()).await?;
        // What is skipped is skipped in an index, and not read; what is not is looked up, each by its
        // number. PostgreSQL takes a limit that it does not know for a tenth of the table.
        let mut select = QueryBuilder::new("SELECT found.* FROM (SELECT id FROM connection");
        push_find(&mut select, scope, query);
        select.push(" ORDER BY id LIMIT ").push_bind(i64::from(query.limit));
        select.push(" OFFSET ").push_bind(i64::from(query.offset));
        select.push(") AS page JOIN LATERAL (SELECT ").push(COLUMNS);
        select.push(
            " FROM connection WHERE id = page.id OFFSET 0) AS found ON TRUE ORDER BY found.id",
        );
        let rows = select.build().fetch_all(&mut *tx).await?;
        rows.iter().map(|row| stored(row, &self.vault)).collect()
    }

    async fn count(&self, scope: SiteScope, query: &FindQuery) -> Result<u64> {
        let mut tx = self.read(scope.site()).await?;
        let total: i64 = if let Some(id) = query.follows() {
            let (number, end) = span(id);
            let sql = "
                SELECT (SELECT coalesce(sum(count), 0)::BIGINT FROM connection_span
                        WHERE site_id = $1 AND span > $2)
                    + (SELECT count(*) FROM connection
                        WHERE site_id = $1 AND id > $3 AND id < $4)";
            let count = sqlx::query_scalar(sql).bind(scope.site().0).bind(number);
            count.bind(id.0).bind(end).fetch_one(&mut *tx).await?
        } else {
            let mut count = QueryBuilder::new("SELECT count(*) FROM connection");
            push_find(&mut count, scope, query);
            count.build_query_scalar().fetch_one(&mut *tx).await?
        };
        Ok(total.unsigned_abs())
    }

    async fn board(&self, scope: SiteScope, query: &BoardQuery) -> Result<BoardRows> {
        let mut tx = self.read(scope.site()).await?;
        let mut select = page::<sqlx::Postgres>(scope, query);
        let rows = select.build().fetch_all(&mut *tx).await?;
        let Some(first) = rows.first() else { return Ok(BoardRows::default()) };
        let partial = first.try_get(PARTIAL)?;
        let facets = facets(first.try_get(FACETS)?)?;
        let counted = Counted { facets, more: first.try_get(MORE)? };
        let is_one = |row: &&PgRow| !matches!(row.try_get("id"), Ok(None::<i64>));
        let line = |row: &PgRow| {
            let state = State::from_code(row.try_get("state")?).unwrap_or_default();
            Ok(BoardLine { connection: record(row, &SHOWN)?, state })
        };
        let rows = rows.iter().filter(is_one).map(line);
        let rows = rows.collect::<sqlx::Result<_>>()?;
        Ok(BoardRows { partial, counted, ..BoardRows::of(rows, &query.at) })
    }

    async fn inbound(&self, scope: SiteScope, limit: u32) -> Result<Vec<Related>> {
        let mut tx = self.read(scope.site()).await?;
        // A range of the index for each state.
        let range = |state: State| {
            format!(
                "SELECT * FROM (
                    SELECT id, name, name_key FROM connection
                    WHERE site_id = $1 AND channel = $2 AND state = {}
                    ORDER BY name_key, id LIMIT $3) AS of_a_state",
                state.code()
            )
        };
        let ranges = State::ALL.map(range).join(" UNION ALL ");
        let sql = format!("{ranges} ORDER BY name_key, id LIMIT $3");
        let query = sqlx::query_as(AssertSqlSafe(sql)).bind(scope.site().0);
        let query = query.bind(Channel::EmailInbound.slug()).bind(i64::from(limit));
        let rows: Vec<(i64, Option<String>, String)> = query.fetch_all(&mut *tx).await?;
        Ok(rows.into_iter().map(|(id, name, _)| related((id, name))).collect())
    }

    async fn due(&self, now: i64, limit: u32) -> Result<Vec<Due>> {
        let sql = "
            SELECT site_id, id, due_at FROM (
                SELECT site_id, id, due_at,
                    row_number() OVER (PARTITION BY site_id ORDER BY due_at, id) AS turn
                FROM connection WHERE due_at <= $1) AS of_sites
            ORDER BY turn, due_at LIMIT $2";
        let query = sqlx::query_as(sql).bind(now).bind(i64::from(limit));
        Ok(query.fetch_all(&self.server).await?.into_iter().map(due).collect())
    }

    async fn children(&self, scope: SiteScope, id: ConnectionId) -> Result<Vec<Related>> {
        let mut tx = self.read(scope.site()).await?;
        let sql =
            "SELECT id, name FROM connection WHERE site_id = $1 AND parent_id = $2 ORDER BY id";
        let query = sqlx::query_as(sql).bind(scope.site().0).bind(id.to_string());
        Ok(query.fetch_all(&mut *tx).await?.into_iter().map(related).collect())
    }
}

type Builder = QueryBuilder<sqlx::Postgres>;

/// The condition of the find API.
fn push_find(sql: &mut Builder, scope: SiteScope, query: &FindQuery) {
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
