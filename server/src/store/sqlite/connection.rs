//! Reads of connections, each one statement.

use super::{
    Sqlite,
    row::{COLUMNS, record, stored},
};
use crate::{
    store::{
        BOUND, BoardRows, Connections, Facet, FindQuery, Found, Result, SiteScope, Stored,
        search_terms,
    },
    vault::Vault,
};
use app::backend::{BoardQuery, PAGE_SIZE, Position, Sort};
use async_trait::async_trait;
use shared::{Channel, ConnectionId, Key, view::Related};
use sqlx::{AssertSqlSafe, QueryBuilder, Row, SqliteExecutor};

/// The board's columns: what a row shows, and no secret.
const BOARD: [Key; 11] = [
    Key::Id,
    Key::SiteId,
    Key::MediaId,
    Key::ProviderId,
    Key::Name,
    Key::UserId,
    Key::Host,
    Key::Port,
    Key::From,
    Key::Enabled,
    Key::ModifyDate,
];

/// One connection of a site.
pub(super) async fn select_one(
    executor: impl SqliteExecutor<'_>,
    vault: &Vault,
    scope: SiteScope,
    id: ConnectionId,
) -> Result<Option<Stored>> {
    let sql = format!("SELECT {COLUMNS} FROM connection WHERE site_id = ? AND id = ?");
    let query = sqlx::query(AssertSqlSafe(sql)).bind(scope.site().0).bind(id.0);
    query.fetch_optional(executor).await?.map(|row| stored(&row, vault)).transpose()
}

#[async_trait]
impl Connections for Sqlite {
    async fn connection(&self, scope: SiteScope, id: ConnectionId) -> Result<Option<Stored>> {
        select_one(&self.readers, &self.vault, scope, id).await
    }

    async fn find(&self, scope: SiteScope, query: &FindQuery) -> Result<Found> {
        let mut count = QueryBuilder::new("SELECT count(*) FROM connection");
        push_find(&mut count, scope, query);
        let total: i64 = count.build_query_scalar().fetch_one(&self.readers).await?;

        let mut select = QueryBuilder::new("SELECT ");
        select.push(COLUMNS).push(" FROM connection");
        push_find(&mut select, scope, query);
        select.push(" ORDER BY id LIMIT ").push_bind(query.limit);
        select.push(" OFFSET ").push_bind(query.offset);
        let rows = select.build().fetch_all(&self.readers).await?;
        let rows = rows.iter().map(|row| stored(row, &self.vault)).collect::<Result<_>>()?;
        Ok(Found { rows, total: total.unsigned_abs() })
    }

    async fn board(&self, scope: SiteScope, query: &BoardQuery) -> Result<BoardRows> {
        let mut select = QueryBuilder::new("SELECT ");
        let mut columns = select.separated(", ");
        for key in BOARD {
            columns.push(format!("\"{}\"", key.column()));
        }
        select.push(" FROM connection");
        push_search(&mut select, scope, &query.search);
        if let Some(channel) = query.channel {
            push_channel(&mut select, channel);
        }
        if let Some(enabled) = query.enabled {
            select.push(" AND in_use = ").push_bind(enabled);
        }
        let backwards = matches!(query.at, Position::Before(_) | Position::Last);
        let descending = (query.sort == Sort::Newest) != backwards;
        let key = match query.sort {
            Sort::Newest | Sort::Oldest => Some("modify_date"),
            Sort::Name => Some("name_key"),
            Sort::Id => None,
        };
        if let Position::After(row) | Position::Before(row) = &query.at {
            let beyond = if descending { "<" } else { ">" };
            match key {
                Some(key) => select
                    .push(format!(" AND ({key}, id) {beyond} ("))
                    .push_bind(row.key.clone())
                    .push(", ")
                    .push_bind(row.id.0)
                    .push(")"),
                None => select.push(format!(" AND id {beyond} ")).push_bind(row.id.0),
            };
        }
        let direction = if descending { " DESC" } else { "" };
        select.push(" ORDER BY ");
        if let Some(key) = key {
            select.push(key).push(direction).push(", ");
        }
        select.push("id").push(direction).push(" LIMIT ").push_bind(PAGE_SIZE + 1);
        let rows = select.build().fetch_all(&self.readers).await?;
        let rows = rows.iter().map(|row| record(row, &BOARD)).collect::<sqlx::Result<_>>()?;
        Ok(BoardRows::of(rows, &query.at))
    }

    async fn facets(&self, scope: SiteScope, search: &str) -> Result<Vec<Facet>> {
        let mut select = QueryBuilder::new(
            "SELECT channel, in_use, count(*) FROM (SELECT channel, in_use FROM connection",
        );
        push_search(&mut select, scope, search);
        if !search.is_empty() {
            select.push(" LIMIT ").push_bind(BOUND);
        }
        select.push(") GROUP BY 1, 2");
        let rows = select.build().fetch_all(&self.readers).await?;
        let facet = |row: &sqlx::sqlite::SqliteRow| {
            let (channel, count): (&str, i64) = (row.try_get(0)?, row.try_get(2)?);
            Ok(Facet {
                channel: Channel::from_slug(channel).unwrap_or(Channel::Other),
                enabled: row.try_get(1)?,
                count: count.unsigned_abs(),
            })
        };
        Ok(rows.iter().map(facet).collect::<sqlx::Result<_>>()?)
    }

    async fn inbound(&self, scope: SiteScope, limit: u32) -> Result<Vec<Related>> {
        let mut select = QueryBuilder::new("SELECT id, name FROM connection");
        push_search(&mut select, scope, "");
        push_channel(&mut select, Channel::EmailInbound);
        select.push(" ORDER BY name_key, id LIMIT ").push_bind(limit);
        let rows = select.build_query_as().fetch_all(&self.readers).await?;
        Ok(rows.into_iter().map(related).collect())
    }

    async fn children(&self, scope: SiteScope, id: ConnectionId) -> Result<Vec<Related>> {
        let sql = "SELECT id, name FROM connection WHERE site_id = ? AND parent_id = ? ORDER BY id";
        let query = sqlx::query_as(sql).bind(scope.site().0).bind(id.to_string());
        Ok(query.fetch_all(&self.readers).await?.into_iter().map(related).collect())
    }
}

type Builder = QueryBuilder<sqlx::Sqlite>;

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

/// The condition of the board's search: every word occurs somewhere.
fn push_search(sql: &mut Builder, scope: SiteScope, search: &str) {
    sql.push(" WHERE site_id = ").push_bind(scope.site().0);
    for term in search_terms(search) {
        sql.push(" AND instr(search, ").push_bind(term).push(") > 0");
    }
}

fn push_channel(sql: &mut Builder, channel: Channel) {
    sql.push(" AND channel = ").push_bind(channel.slug());
}

fn related((id, name): (i64, Option<String>)) -> Related {
    Related { id: ConnectionId(id), name: name.unwrap_or_default() }
}
