//! PostgreSQL, which several servers can share. On the way of a request there is only SQL that
//! distributed engines of its kind run as well: no advisory locks, no LISTEN, no sequence a row.
//!
//! A transaction of a site holds the end of the site's audit chain from its beginning on, so that
//! what is done to a site has an order; other sites do not wait. Those of the whole server, which are rare,
//! wait for each other, and for a site once they write to its chain. Below that, row-level security lets a
//! transaction reach its own site's rows alone.

mod connect;
mod dialect;
mod open;

super::one_text!();

pub use connect::Patience;

use super::{
    APPLIED, GroupTx, Loaded, Result, SERVER, Store, StoreError, Wanted, WriteTx,
    assert_same_version, write_lock::WriteLock,
};
use crate::vault::Vault;
use async_trait::async_trait;
use shared::SiteId;
use sqlx::{
    AssertSqlSafe, PgConnection as DriverConnection, PgPool, Postgres as Driver, Transaction,
    postgres::{PgArguments as Arguments, PgRow as Row},
};
use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// This database, for the statements of both.
type Database = Postgres;

/// A PostgreSQL database, its secrets sealed by a vault.
#[derive(Clone, Debug)]
pub struct Postgres {
    /// For what is no site's: its sessions reach all, without saying so each time.
    server: PgPool,
    /// For what is a site's: its sessions reach nothing until they say whose they are.
    sites: PgPool,
    /// The writers of each site.
    writers: Arc<Mutex<HashMap<SiteId, WriteLock<Driver>>>>,
    vault: Arc<Vault>,
}

impl Postgres {
    /// A transaction that reads one site's rows.
    async fn read(&self, site: SiteId) -> Result<Transaction<'static, Driver>> {
        begin_on(&self.sites, begin_read(site)).await
    }

    /// The transaction for what is read together.
    async fn read_together(&self, site: SiteId) -> Result<Transaction<'static, Driver>> {
        self.read(site).await
    }

    /// What reaches all sites, without saying so each time.
    const fn server(&self) -> &PgPool {
        &self.server
    }

    /// A transaction that writes what is no site's.
    async fn write(&self) -> Result<Transaction<'static, Driver>> {
        begin_on(&self.server, "BEGIN".to_owned()).await
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

    fn writers(&self) -> MutexGuard<'_, HashMap<SiteId, WriteLock<Driver>>> {
        self.writers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn writer(&self, site: SiteId) -> WriteLock<Driver> {
        self.writers()
            .entry(site)
            .or_insert_with(|| WriteLock::new(self.sites.clone(), false))
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
        self.writers().values().map(WriteLock::commits).sum()
    }

    async fn analyze(&self) -> Result<()> {
        // It would do so by itself within a minute or two; until then what is in an index alone is not read
        // there.
        self.unhurried("VACUUM (ANALYZE) connection").await?;
        Ok(())
    }

    async fn begin(&self, site: SiteId) -> Result<Box<dyn WriteTx>> {
        let tx = self.writer(site).begin(begin(site)).await?;
        Ok(Box::new(Writer::new(tx, self)))
    }

    fn partition_of(&self, site: SiteId) -> SiteId {
        site
    }

    async fn load_all(&self, partition: SiteId, wanted: &[Wanted]) -> Result<Vec<Loaded>> {
        group::load_all(self, partition, wanted).await
    }

    async fn lock_group(&self, partition: SiteId) -> Result<Box<dyn GroupTx>> {
        let writer = self.writer(partition).lock().await?;
        Ok(Box::new(Group { writer, database: self.clone(), partition }))
    }

    async fn backup(&self, _: &Path) -> Result<()> {
        Err(StoreError::Unsupported(
            "PostgreSQL has its own backups: use PGOPTIONS='-c patchbay.site=0' pg_dump \
             --enable-row-security --no-owner, or your provider's. Secrets in them stay sealed; keep \
             the key ring, too, but apart from them",
        ))
    }

    /// The files are the database's own to check; what it cannot know is that row-level security does not hold.
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
        for table in ["connection", "previous_secret", "provider_session", "sealed_key"] {
            self.unhurried(&format!("VACUUM {table}")).await?;
        }
        Ok(())
    }
}
