//! PostgreSQL, which several servers can share. On the way of a request there is only SQL that
//! distributed engines of its kind run as well: no advisory locks, no LISTEN, no sequence a row.
//!
//! A transaction of a site holds the end of the site's audit chain from its beginning on, so that
//! what is done to a site has an order; other sites do not wait. Who waits for it within one server
//! shares it, and its commit. Those of the whole server, which are rare, wait for each other, and for a site
//! once they write to its chain. Below that, row-level security lets a transaction reach its own site's rows alone.

mod audit;
mod board;
mod connect;
mod connection;
mod connection_tx;
mod idempotency;
mod keys;
mod limits;
mod open;
mod people;
mod people_tx;
mod provider_session;
mod row;
mod session;

pub use connect::Patience;

use super::{
    APPLIED, AuditHead, Membership, Result, SERVER, SiteScope, Store, StoreError, Stored, UserId,
    WriteTx, assert_same_version,
    columns::COLUMNS,
    lane::{Lane, Lease},
};
use crate::vault::Vault;
use async_trait::async_trait;
use shared::{ConnectionId, SiteId};
use sqlx::{AssertSqlSafe, PgPool, Postgres as Driver, Row, Transaction};
use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// A PostgreSQL database, its secrets sealed by a vault.
#[derive(Clone, Debug)]
pub struct Postgres {
    /// For what is no site's: its sessions reach all, without saying so each time.
    server: PgPool,
    /// For what is a site's: its sessions reach nothing until they say whose they are.
    sites: PgPool,
    /// The writers of each site.
    lanes: Arc<Mutex<HashMap<SiteId, Lane<Driver>>>>,
    vault: Arc<Vault>,
}

impl Postgres {
    /// A transaction that reads one site's rows.
    async fn read(&self, site: SiteId) -> Result<Transaction<'static, Driver>> {
        begin_on(&self.sites, begin_read(site)).await
    }

    /// Runs a statement that takes as long as its table is large.
    async fn unhurried(&self, sql: &str) -> Result<()> {
        let mut connection = self.server.acquire().await?;
        // It is closed rather than set back, also if whoever waits for this goes away.
        connection.close_on_drop();
        sqlx::raw_sql("SET statement_timeout = 0").execute(&mut *connection).await?;
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *connection).await?;
        Ok(())
    }

    fn lanes(&self) -> MutexGuard<'_, HashMap<SiteId, Lane<Driver>>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lane(&self, site: SiteId) -> Lane<Driver> {
        self.lanes()
            .entry(site)
            .or_insert_with(|| Lane::new(self.sites.clone(), begin(site)))
            .clone()
    }
}

fn begin_read(site: SiteId) -> String {
    format!("BEGIN READ ONLY; SET LOCAL patchbay.site = '{site}'")
}

/// Begins a transaction, in a task of its own: sqlx (0.9) forgets one if whoever asks for it goes away
/// while it begins, and who has the connection next would be within it.
async fn begin_on(pool: &PgPool, statements: String) -> Result<Transaction<'static, Driver>> {
    let pool = pool.clone();
    let begun = tokio::spawn(async move { pool.begin_with(AssertSqlSafe(statements)).await });
    Ok(begun.await.map_err(|_| StoreError::Ended)??)
}

/// Begins a transaction that writes to a site, or to all. It locks one row: a table's lock would wait for
/// the slowest of all sites, and let the others wait behind it.
fn begin(site: SiteId) -> String {
    let lock = if site == SERVER {
        "SELECT FROM installation FOR UPDATE".to_owned()
    } else {
        format!("SELECT FROM audit_head WHERE site_id = {site} FOR UPDATE")
    };
    format!("BEGIN; SET LOCAL patchbay.site = '{site}'; {lock}")
}

/// A part of a transaction that writes to one site, or to all.
struct PostgresTx {
    tx: Lease<Driver>,
    vault: Arc<Vault>,
    /// The end of a site's audit chain, once it was read. Nobody else moves it until the end.
    head: Option<(SiteId, Option<AuditHead>)>,
}

#[async_trait]
impl Store for Postgres {
    async fn has_own_schema(&self) -> Result<bool> {
        let applied = sqlx::query_as(APPLIED).fetch_all(&self.server).await?;
        Ok(assert_same_version(&applied, &open::MIGRATIONS).is_ok())
    }

    fn vault(&self) -> &Vault {
        &self.vault
    }

    async fn close(&self) {
        self.sites.close().await;
        self.server.close().await;
    }

    fn commits(&self) -> u64 {
        self.lanes().values().map(Lane::commits).sum()
    }

    async fn settle(&self) -> Result<()> {
        // It would do so by itself within a minute or two, and searches take a hundred times as long
        // until then; and what is in an index alone is read there only once that is known of its rows.
        self.unhurried("VACUUM (ANALYZE) connection").await?;
        self.unhurried("VACUUM (ANALYZE) connection_search").await?;
        Ok(())
    }

    async fn begin(&self, site: SiteId) -> Result<Box<dyn WriteTx>> {
        let tx = self.lane(site).lease(site == SERVER).await?;
        Ok(Box::new(PostgresTx { tx, vault: self.vault.clone(), head: None }))
    }

    async fn backup(&self, _: &Path) -> Result<()> {
        Err(StoreError::Elsewhere(
            "PostgreSQL has its own backups: use PGOPTIONS='-c patchbay.site=0' pg_dump \
             --enable-row-security --no-owner, or your provider's. Secrets in them stay sealed; keep \
             the key ring, too, but apart from them",
        ))
    }

    /// The files are the database's own to check; what it cannot know is that a wall is missing.
    async fn integrity(&self) -> Result<Vec<String>> {
        let sql = "
            SELECT relname FROM pg_class
            WHERE oid IN (SELECT polrelid FROM pg_policy)
                AND NOT (relrowsecurity AND relforcerowsecurity)";
        let open: Vec<String> = sqlx::query_scalar(sql).fetch_all(&self.server).await?;
        let mut found: Vec<_> =
            open.iter().map(|table| format!("{table} has no row-level security")).collect();
        found.extend(
            open::bypasses(&mut *self.server.acquire().await?)
                .await?
                .then(|| open::BYPASSES.to_owned()),
        );
        Ok(found)
    }

    /// Frees the rows that were replaced. What was written to its log, and to copies of that, is the
    /// database's own affair.
    async fn scrub(&self) -> Result<()> {
        for table in ["connection", "kept_secret", "provider_session", "sealed_key"] {
            self.unhurried(&format!("VACUUM {table}")).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl WriteTx for PostgresTx {
    async fn load(
        &mut self,
        user: UserId,
        scope: SiteScope,
        id: ConnectionId,
    ) -> Result<(Option<Membership>, Option<Stored>)> {
        let sql = format!(
            "SELECT app_user.email, site.name AS site_name, site.time_zone, membership.role,
                app_user.version + membership.version AS member_version,
                head.number AS head_number, head.mac AS head_mac, head.seal AS head_seal,
                found.id IS NOT NULL AS is_found, found.*
            FROM membership
            JOIN app_user ON app_user.id = membership.user_id
            JOIN site ON site.id = membership.site_id
            LEFT JOIN audit_head AS head ON head.site_id = membership.site_id
            LEFT JOIN (SELECT {COLUMNS} FROM connection WHERE site_id = $1 AND id = $2) AS found ON TRUE
            WHERE membership.site_id = $1 AND membership.user_id = $3
                AND membership.enabled AND app_user.enabled"
        );
        let query = sqlx::query(AssertSqlSafe(sql)).bind(scope.site().0).bind(id.0).bind(user.0);
        let Some(row) = query.fetch_optional(&mut *self.tx).await? else { return Ok((None, None)) };
        self.head = Some((scope.site(), audit::joined_head(&row, scope.site())?));
        let is_found: bool = row.try_get("is_found")?;
        let found = is_found.then(|| row::stored(&row, &self.vault)).transpose()?;
        Ok((Some(people::membership(&row)?), found))
    }

    async fn commit(self: Box<Self>) -> Result<()> {
        self.tx.commit().await
    }

    async fn rollback(self: Box<Self>) -> Result<()> {
        self.tx.rollback().await
    }
}
