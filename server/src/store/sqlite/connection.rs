//! Reads of connections, each one statement.

use super::{
    Sqlite,
    row::{COLUMNS, record, stored},
};
use crate::{
    store::{Connections, Facet, FindQuery, Found, Result, SiteScope, Stored},
    vault::Vault,
};
use app::backend::{BoardQuery, PAGE_SIZE, Sort};
use async_trait::async_trait;
use shared::{Channel, Connection, ConnectionId, Key, view::Related};
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

/// What the board's search looks through.
const SEARCHED: [Key; 6] = [Key::Name, Key::UserId, Key::From, Key::Host, Key::TargetId, Key::Id];

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

    async fn board(&self, scope: SiteScope, query: &BoardQuery) -> Result<Vec<Connection>> {
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
            select.push(" AND (enabled IS '1') = ").push_bind(enabled);
        }
        select.push(match query.sort {
            Sort::Newest => " ORDER BY modify_date DESC, id DESC",
            Sort::Oldest => " ORDER BY modify_date, id",
            Sort::Name => " ORDER BY name COLLATE NOCASE, id",
            Sort::Id => " ORDER BY id",
        });
        select.push(" LIMIT ").push_bind(PAGE_SIZE);
        select.push(" OFFSET ").push_bind(i64::from(query.page - 1) * i64::from(PAGE_SIZE));
        let rows = select.build().fetch_all(&self.readers).await?;
        Ok(rows.iter().map(|row| record(row, &BOARD)).collect::<sqlx::Result<_>>()?)
    }

    async fn facets(&self, scope: SiteScope, search: &str) -> Result<Vec<Facet>> {
        let mut select = QueryBuilder::new(
            "SELECT media_id, provider_id, enabled IS '1', count(*) FROM connection",
        );
        push_search(&mut select, scope, search);
        select.push(" GROUP BY 1, 2, 3");
        let rows = select.build().fetch_all(&self.readers).await?;
        let facet = |row: &sqlx::sqlite::SqliteRow| {
            let (media, provider): (Option<&str>, Option<&str>) =
                (row.try_get(0)?, row.try_get(1)?);
            let count: i64 = row.try_get(3)?;
            Ok(Facet {
                channel: Channel::from_codes(media, provider),
                enabled: row.try_get(2)?,
                count: count.unsigned_abs(),
            })
        };
        Ok(rows.iter().map(facet).collect::<sqlx::Result<_>>()?)
    }

    async fn inbound(&self, scope: SiteScope, limit: u32) -> Result<Vec<Related>> {
        let mut select = QueryBuilder::new("SELECT id, name FROM connection");
        push_search(&mut select, scope, "");
        push_channel(&mut select, Channel::EmailInbound);
        select.push(" ORDER BY name COLLATE NOCASE, id LIMIT ").push_bind(limit);
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
    for word in search.split_whitespace() {
        let escaped = word.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let pattern = format!("%{escaped}%");
        sql.push(" AND (");
        let mut any = sql.separated(" OR ");
        for key in SEARCHED {
            any.push(format!("\"{}\" LIKE ", key.column()));
            any.push_bind_unseparated(pattern.clone()).push_unseparated(" ESCAPE '\\'");
        }
        sql.push(")");
    }
}

fn push_channel(sql: &mut Builder, channel: Channel) {
    if let Some((media, provider)) = channel.codes() {
        sql.push(" AND media_id = ").push_bind(media);
        sql.push(" AND provider_id = ").push_bind(provider);
        return;
    }
    for (media, provider) in Channel::WITH_FORM.into_iter().filter_map(Channel::codes) {
        sql.push(" AND (media_id IS NOT ").push_bind(media);
        sql.push(" OR provider_id IS NOT ").push_bind(provider).push(")");
    }
}

fn related((id, name): (i64, Option<String>)) -> Related {
    Related { id: ConnectionId(id), name: name.unwrap_or_default() }
}
