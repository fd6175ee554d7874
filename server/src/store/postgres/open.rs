//! Opens a database and brings its tables up to date.

use super::Postgres;
use crate::{
    store::{APPLIED, Result, assert_same_version},
    vault::Vault,
};
use sqlx::{
    Connection, PgPool,
    migrate::{MigrateError, Migrator},
    postgres::{PgConnectOptions, PgPoolOptions, PgSslMode},
};
use std::{net::IpAddr, str::FromStr, sync::Arc, time::Duration};

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// Connections of a server: a request holds one for milliseconds, and a database has some hundred.
const OF_SITES: u32 = 16;
const OF_SERVER: u32 = 8;

/// A connection that was idle for longer is asked whether it still works.
const IDLE: Duration = Duration::from_secs(1);

/// How often tables are tried to be made while another server makes them.
const TRIES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(100);

/// What the database answers if another server made the same at the same time: a row, a table, an
/// object or a function that is there already, no order of the two, or a catalogue's row that both
/// changed.
const MADE_MEANWHILE: [&str; 7] = ["23505", "42P07", "42710", "42723", "40001", "40P01", "XX000"];

/// What an operator is told whose role walks through the wall between sites.
pub(super) const BYPASSES: &str = "the database's role is a superuser or has BYPASSRLS, so that \
    row-level security does not hold: connect as an ordinary role that owns the database";

impl Postgres {
    /// Opens the database at `url` (`postgres://user:password@host/database`) and brings its tables
    /// up to date.
    ///
    /// # Errors
    /// If it cannot be reached or its tables cannot be migrated.
    pub async fn open(url: &str, vault: Arc<Vault>) -> Result<Self> {
        Self::open_with(url, vault, true).await
    }

    /// Opens the database at `url` with the tables that it has.
    ///
    /// # Errors
    /// If it cannot be reached, or its tables are those of another version.
    pub async fn open_as_is(url: &str, vault: Arc<Vault>) -> Result<Self> {
        Self::open_with(url, vault, false).await
    }

    async fn open_with(url: &str, vault: Arc<Vault>, may_migrate: bool) -> Result<Self> {
        let options = options(url)?.application_name("patchbay");
        let of_server = options.clone().options([("patchbay.site", "0")]);
        let server = pool(OF_SERVER).connect_with(of_server).await?;
        if may_migrate {
            migrate(&server).await?;
        } else {
            let applied = sqlx::query_as(APPLIED).fetch_all(&server).await?;
            assert_same_version(&applied, &MIGRATIONS)?;
        }
        if bypasses(&server).await? {
            tracing::warn!("{BYPASSES}");
        }
        let of_sites = options.options([
            // A page is small; workers take longer to start than it takes.
            ("max_parallel_workers_per_gather", "0"),
            // Each statement has one way through the indexes, whatever it is asked for.
            ("plan_cache_mode", "force_generic_plan"),
            // It takes a limit that it does not know for a tenth of a table, and to compile what it would
            // do with that takes longer than what there is to do.
            ("jit", "off"),
        ]);
        let sites = pool(OF_SITES).connect_with(of_sites).await?;
        Ok(Self { server, sites, lanes: Arc::default(), vault })
    }

    /// Whether there is a database of this program at `url`.
    ///
    /// # Errors
    /// If it cannot be reached.
    pub async fn is_made(url: &str) -> Result<bool> {
        let mut connection = sqlx::PgConnection::connect_with(&options(url)?).await?;
        let sql = "SELECT to_regclass('sealed_key') IS NOT NULL";
        let made = sqlx::query_scalar(sql).fetch_one(&mut connection).await?;
        connection.close().await?;
        Ok(made)
    }
}

/// Reads an address. On the machine itself nobody is in between, and TLS is left out unless the
/// address asks for it: it costs 90 ms a connection there (sqlx 0.9 does not set `TCP_NODELAY`).
fn options(url: &str) -> sqlx::Result<PgConnectOptions> {
    let options = PgConnectOptions::from_str(url)?;
    let host = options.get_host().trim_matches(['[', ']']).to_owned();
    // With the brackets of an address in a URL it would be looked up as a name.
    let options = options.host(&host);
    let is_local =
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|addr| addr.is_loopback());
    let says = url.contains("sslmode=") || url.contains("ssl-mode=");
    // Another mode than the default is one that the environment asks for (`PGSSLMODE`).
    let is_default = matches!(options.get_ssl_mode(), PgSslMode::Prefer) && !says;
    Ok(if is_local && is_default { options.ssl_mode(PgSslMode::Disable) } else { options })
}

fn pool(most: u32) -> PgPoolOptions {
    // To ask before each use would be a round trip more in every request.
    PgPoolOptions::new().max_connections(most).test_before_acquire(false).before_acquire(
        |connection, meta| {
            Box::pin(async move {
                if meta.idle_for > IDLE {
                    connection.ping().await?;
                }
                Ok(true)
            })
        },
    )
}

/// Each migration is one transaction, so whoever comes second fails, and then finds it done: that
/// needs no advisory lock, which distributed engines do not have.
async fn migrate(pool: &PgPool) -> Result<()> {
    let mut migrations = Migrator::with_migrations(MIGRATIONS.iter().cloned().collect());
    migrations.set_locking(false);
    for _ in 1..TRIES {
        match migrations.run(pool).await {
            Err(error) if is_made_meanwhile(&error) => tokio::time::sleep(PAUSE).await,
            done => return Ok(done?),
        }
    }
    Ok(migrations.run(pool).await?)
}

fn is_made_meanwhile(error: &MigrateError) -> bool {
    let (MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) = error else {
        return false;
    };
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| MADE_MEANWHILE.contains(&&*code))
}

/// Whether the wall between sites does not hold for the role that the server connects as.
pub(super) async fn bypasses(pool: &PgPool) -> Result<bool> {
    let sql = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user";
    Ok(sqlx::query_scalar(sql).fetch_one(pool).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tls_is_left_out_on_the_machine_itself_alone() {
        for (host, is_left_out) in [
            ("localhost", true),
            ("127.0.0.1:5433", true),
            ("[::1]", true),
            ("db.example", false),
            ("10.0.0.1", false),
            ("localhost.example", false),
        ] {
            let address = |query| format!("postgres://user:password@{host}/patchbay{query}");
            let mode = |url: &str| options(url).unwrap().get_ssl_mode();
            let left_out = matches!(mode(&address("")), PgSslMode::Disable);
            assert_eq!(left_out, is_left_out, "{host}");
            let found = options(&address("")).unwrap();
            assert!(!found.get_host().contains(['[', ']']), "{host}");
            let asked = mode(&address("?sslmode=require"));
            assert!(matches!(asked, PgSslMode::Require), "{host}");
        }
    }
}
