//! Opens a database and brings its tables up to date.

use super::{
    Postgres,
    connect::{self, Patience, Session, options},
};
use crate::{
    store::{APPLIED, Result, assert_same_version, migrator},
    vault::Vault,
};
use sqlx::{
    AssertSqlSafe, Connection, PgConnection, Row,
    migrate::{MigrateError, Migrator},
};
use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

pub(super) static MIGRATIONS: LazyLock<Migrator> =
    LazyLock::new(|| migrator(include_str!("../../../migrations/postgres/0001_initial.sql")));

/// Connections of a server: a request holds one for milliseconds, and a database has some hundred.
const OF_SITES: u32 = 16;
const OF_SERVER: u32 = 8;

/// What the statements of requests want.
const OF_A_REQUEST: &str = "
    -- A page is small; workers take longer to start than it takes.
    SET max_parallel_workers_per_gather = 0;
    -- Each statement has one way through the indexes, whatever it is asked for.
    SET plan_cache_mode = force_generic_plan;
    -- It takes a limit that it does not know for a tenth of a table, and to compile what it would
    -- do with that takes longer than what there is to do.
    SET jit = off;";

/// How often tables are tried to be made while another server makes them.
const TRIES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(100);

/// What the database answers if another server made the same at the same time: a row, a table, an
/// object or a function that is there already, no order of the two, or a catalogue's row that both
/// changed.
const MADE_MEANWHILE: [&str; 7] = ["23505", "42P07", "42710", "42723", "40001", "40P01", "XX000"];

/// Drops what the migrations create, and nothing else of the role's.
fn removal() -> String {
    let own = MIGRATIONS.iter().flat_map(|migration| migration.sql.as_str().lines());
    let drops = own.filter_map(|line| {
        let (kind, rest) = line.strip_prefix("CREATE ")?.split_once(' ')?;
        let name = rest.split([' ', '(']).next()?;
        matches!(kind, "TABLE" | "FUNCTION")
            .then(|| format!("DROP {kind} IF EXISTS {name} CASCADE;"))
    });
    drops.chain(["DROP TABLE IF EXISTS _sqlx_migrations;".to_owned()]).collect()
}

/// The warning for a role that row-level security does not hold.
pub(super) const BYPASSES: &str = "the database's role is a superuser or has BYPASSRLS, so that \
    row-level security does not hold: connect as an ordinary role that owns the database";

impl Postgres {
    /// Opens the database at `url` (`postgres://user:password@host/database`) for a server and brings its
    /// tables up to date.
    ///
    /// # Errors
    /// If it cannot be reached, if its sessions do not keep their settings, or if its tables cannot be
    /// migrated.
    pub async fn open(url: &str, vault: Arc<Vault>) -> Result<Self> {
        Self::open_with(url, vault, Patience::SERVER).await
    }

    /// As [`open`](Self::open), with sessions that wait for so long.
    pub async fn open_with(url: &str, vault: Arc<Vault>, patience: Patience) -> Result<Self> {
        Self::connect(url, vault, patience, true).await
    }

    /// Opens the database at `url` for the command line with the tables that it has.
    ///
    /// # Errors
    /// If it cannot be reached, or its tables are those of another version.
    pub async fn open_as_is(url: &str, vault: Arc<Vault>) -> Result<Self> {
        Self::connect(url, vault, Patience::OPERATOR, false).await
    }

    async fn connect(
        url: &str,
        vault: Arc<Vault>,
        patience: Patience,
        may_migrate: bool,
    ) -> Result<Self> {
        let options = options(url)?.application_name("patchbay");
        if let Some(weaker) = connect::weaker_than_verified(&options) {
            tracing::warn!("{weaker}");
        }
        let of_server = Session { site: "0", patience, further: "" };
        let migrating = Session { patience: patience.without_statement_limit(), ..of_server };
        let mut first = connect::connect(&options, migrating).await?;
        connect::assert_own_sessions(&mut first, &options).await?;
        if may_migrate {
            migrate(&mut first).await?;
        } else {
            let applied = sqlx::query_as(APPLIED).fetch_all(&mut first).await?;
            assert_same_version(&applied, &MIGRATIONS)?;
        }
        if bypasses(&mut first).await? {
            tracing::warn!("{BYPASSES}");
        }
        first.close().await?;
        let of_sites = Session { site: "", patience, further: OF_A_REQUEST };
        let server = connect::pool(OF_SERVER, of_server).connect_with(options.clone()).await?;
        let sites = connect::pool(OF_SITES, of_sites).connect_with(options).await?;
        Ok(Self { server, sites, writers: Arc::default(), vault })
    }

    /// Removes the tables and functions of this program from a database, if a query finds something true there;
    /// says whether it did.
    ///
    /// # Errors
    /// If it cannot be reached, or refuses it.
    pub async fn remove_if(url: &str, query: &'static str) -> Result<bool> {
        let mut connection = PgConnection::connect_with(&options(url)?).await?;
        let found: sqlx::Result<bool> = sqlx::query_scalar(query).fetch_one(&mut connection).await;
        if !found.unwrap_or(false) {
            return Ok(false);
        }
        sqlx::raw_sql(AssertSqlSafe(removal())).execute(&mut connection).await?;
        connection.close().await?;
        Ok(true)
    }

    /// Whether there is a database of this program at `url`.
    ///
    /// # Errors
    /// If it cannot be reached.
    pub async fn is_made(url: &str) -> Result<bool> {
        let session = Session { site: "0", patience: Patience::OPERATOR, further: "" };
        let mut connection = connect::connect(&options(url)?, session).await?;
        let sql = "SELECT (to_regclass('sealed_key') IS NOT NULL)::TEXT";
        let row = sqlx::raw_sql(sql).fetch_one(&mut connection).await?;
        let made: String = row.try_get(0)?;
        connection.close().await?;
        Ok(made == "true")
    }
}

/// Each migration is one transaction, so whoever comes second fails, and then finds it done: that
/// needs no advisory lock, which distributed engines do not have.
async fn migrate(connection: &mut PgConnection) -> Result<()> {
    let mut migrations = Migrator::with_migrations(MIGRATIONS.iter().cloned().collect());
    migrations.set_locking(false);
    for _ in 1..TRIES {
        match migrations.run(&mut *connection).await {
            Err(error) if is_made_meanwhile(&error) => tokio::time::sleep(PAUSE).await,
            done => return Ok(done?),
        }
    }
    Ok(migrations.run(&mut *connection).await?)
}

fn is_made_meanwhile(error: &MigrateError) -> bool {
    let (MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) = error else {
        return false;
    };
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| MADE_MEANWHILE.contains(&&*code))
}

/// Whether row-level security does not hold for the role that the server connects as.
pub(super) async fn bypasses(connection: &mut PgConnection) -> Result<bool> {
    let sql = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user";
    Ok(sqlx::query_scalar(sql).fetch_one(connection).await?)
}
