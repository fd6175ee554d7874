//! Reads, each one statement.

use super::{
    Sqlite,
    row::{COLUMNS, record},
    write::SqliteTx,
};
use crate::store::{
    Facet, FindQuery, Found, Principal, Result, SiteScope, Store, Stored, User, UserId, WriteTx,
};
use app::backend::{BoardQuery, PAGE_SIZE, Sort};
use async_trait::async_trait;
use shared::{Channel, Connection, ConnectionId, Key, SiteId, view::Related};
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
    scope: SiteScope,
    id: ConnectionId,
) -> Result<Option<Stored>> {
    let sql = format!("SELECT {COLUMNS} FROM connection WHERE site_id = ? AND id = ?");
    let query = sqlx::query_as(AssertSqlSafe(sql)).bind(scope.site().0).bind(id.0);
    Ok(query.fetch_optional(executor).await?)
}

#[async_trait]
impl Store for Sqlite {
    async fn ping(&self) -> Result<()> {
        sqlx::query("SELECT 1").execute(&self.readers).await?;
        Ok(())
    }

    async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    async fn begin(&self) -> Result<Box<dyn WriteTx>> {
        Ok(Box::new(SqliteTx(self.begin_immediate().await?)))
    }

    async fn connection(&self, scope: SiteScope, id: ConnectionId) -> Result<Option<Stored>> {
        select_one(&self.readers, scope, id).await
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
        let rows = select.build_query_as().fetch_all(&self.readers).await?;
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

    async fn user(&self, email: &str) -> Result<Option<User>> {
        let sql = "SELECT id, email, password FROM user WHERE email = ?";
        let row: Option<(i64, String, String)> =
            sqlx::query_as(sql).bind(email).fetch_optional(&self.readers).await?;
        Ok(row.map(|(id, email, password)| User { id: UserId(id), email, password }))
    }

    async fn principal(&self, user: UserId, site: SiteId) -> Result<Option<Principal>> {
        let sql = "
            SELECT user.email, site.name
            FROM membership
            JOIN user ON user.id = membership.user_id
            JOIN site ON site.id = membership.site_id
            WHERE membership.user_id = ? AND membership.site_id = ?";
        let row: Option<(String, String)> =
            sqlx::query_as(sql).bind(user.0).bind(site.0).fetch_optional(&self.readers).await?;
        Ok(row.map(|(email, site_name)| Principal { user, email, site, site_name }))
    }

    async fn signing_key(&self) -> Result<Option<(String, Vec<u8>)>> {
        let sql = "SELECT id, secret FROM signing_key LIMIT 1";
        Ok(sqlx::query_as(sql).fetch_optional(&self.readers).await?)
    }

    async fn session(&self, id: &str, now: i64) -> Result<Option<(String, i64)>> {
        let sql = "SELECT data, expires_at FROM browser_session WHERE id = ? AND expires_at > ?";
        Ok(sqlx::query_as(sql).bind(id).bind(now).fetch_optional(&self.readers).await?)
    }

    async fn save_session(&self, id: &str, data: &str, now: i64, expires_at: i64) -> Result<()> {
        let mut tx = self.begin_immediate().await?;
        let expired = "DELETE FROM browser_session WHERE expires_at <= ?";
        sqlx::query(expired).bind(now).execute(&mut *tx).await?;
        let sql = "
            INSERT INTO browser_session (id, data, expires_at) VALUES (?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at";
        sqlx::query(sql).bind(id).bind(data).bind(expires_at).execute(&mut *tx).await?;
        Ok(tx.commit().await?)
    }

    async fn delete_session(&self, id: &str) -> Result<()> {
        let sql = "DELETE FROM browser_session WHERE id = ?";
        sqlx::query(sql).bind(id).execute(&self.writer).await?;
        Ok(())
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
