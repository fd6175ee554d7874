//! Connects to PostgreSQL: whom the connection trusts, how long its sessions wait, and the proof that a
//! session has the settings that the store relies on.

use crate::store::{Result, StoreError};
use sqlx::{
    AssertSqlSafe, Connection, PgConnection, Row,
    postgres::{PgConnectOptions, PgPoolOptions, PgSslMode},
};
use std::{net::IpAddr, str::FromStr, sync::Arc, time::Duration};

/// A connection that was idle for longer is pinged before it is used.
const PING_AFTER: Duration = Duration::from_secs(1);

/// For such a ping; a peer that vanished without a word does not answer at all.
const PING_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the sessions of a store wait before PostgreSQL ends what they do.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For a statement (`statement_timeout`).
    pub statement: Duration,
    /// For a lock that another session holds (`lock_timeout`).
    pub lock: Duration,
    /// Between two statements of a transaction (`idle_in_transaction_session_timeout`): the locks of a
    /// peer that vanished are released then.
    pub idle_in_transaction: Duration,
}

impl Patience {
    /// For a server: a request is over in 30 seconds.
    pub const SERVER: Self = Self {
        statement: Duration::from_secs(10),
        lock: Duration::from_secs(5),
        idle_in_transaction: Duration::from_secs(15),
    };

    /// For the command line, where somebody watches: checks and imports take minutes.
    pub const OPERATOR: Self = Self {
        statement: Duration::from_mins(30),
        lock: Duration::from_mins(1),
        idle_in_transaction: Duration::from_mins(5),
    };

    /// To change tables, however large they are.
    pub(super) fn without_statement_limit(self) -> Self {
        Self { statement: Duration::ZERO, ..self }
    }
}

/// What a session is set to. It is set by statements, since poolers drop or refuse start-up parameters.
#[derive(Clone, Copy, Debug)]
pub(super) struct Session {
    /// `patchbay.site`: "0" reaches all sites; empty makes a statement fail that names none.
    pub(super) site: &'static str,
    pub(super) patience: Patience,
    /// Further settings, as `SET` takes them.
    pub(super) further: &'static str,
}

/// Seconds of silence, between two probes, and probes, after which PostgreSQL takes the peer for lost; and
/// milliseconds for which sent data may stay unacknowledged. The system's own limits are hours.
const TCP: &str = "
    SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3;
    SET tcp_user_timeout = 20000;";

const POOLER: &str = "PostgreSQL, or a connection pooler in front of it, does not keep the settings of a \
    session. Use session mode (PgBouncer: pool_mode = session), or connect to PostgreSQL directly";

impl Session {
    /// Sets it up, and proves in a second round trip that the session has the settings: a pooler that gives
    /// each transaction another session may have set them elsewhere.
    pub(super) async fn prepare(self, connection: &mut PgConnection) -> Result<()> {
        let Self { site, patience: Patience { statement, lock, idle_in_transaction }, further } =
            self;
        let [statement, lock, idle] = [statement, lock, idle_in_transaction].map(|d| d.as_millis());
        let set = format!(
            "SET patchbay.site = '{site}'; SET statement_timeout = {statement};
             SET lock_timeout = {lock}; SET idle_in_transaction_session_timeout = {idle};
             {TCP} {further}"
        );
        sqlx::raw_sql(AssertSqlSafe(set)).execute(&mut *connection).await?;
        // Without a prepared statement, of which such a pooler may know nothing.
        let proof = format!(
            "SELECT (current_setting('patchbay.site', TRUE) IS NOT DISTINCT FROM '{site}'
                AND current_setting('statement_timeout')::INTERVAL = '{statement} ms'
                AND current_setting('lock_timeout')::INTERVAL = '{lock} ms'
                AND current_setting('idle_in_transaction_session_timeout')::INTERVAL = '{idle} ms'
             )::TEXT, current_setting('synchronous_commit')"
        );
        let row = sqlx::raw_sql(AssertSqlSafe(proof)).fetch_one(connection).await?;
        let (proved, durable): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        if proved != "true" {
            return Err(StoreError::Unsafe(POOLER.to_owned()));
        }
        if durable == "off" {
            return Err(StoreError::Unsafe(NOT_DURABLE.to_owned()));
        }
        Ok(())
    }
}

const NOT_DURABLE: &str = "synchronous_commit is off for this role or database, so that a crash would lose \
    changes that were acknowledged: set it to on, for example by ALTER ROLE … RESET synchronous_commit";

/// Connects and prepares the session.
pub(super) async fn connect(options: &PgConnectOptions, session: Session) -> Result<PgConnection> {
    let connected = connect_when_started(options).await;
    let mut connection = connected.map_err(|error| explain(error, options))?;
    session.prepare(&mut connection).await.map_err(|error| match error {
        StoreError::Sql(error) => explain_shared(&error),
        error => error,
    })?;
    Ok(connection)
}

/// How long a database is waited for that starts beside this program, and the pause between two tries.
const START_PATIENCE: Duration = Duration::from_secs(30);
const START_PAUSE: Duration = Duration::from_millis(200);

/// What PostgreSQL answers while it starts (`cannot_connect_now`).
const STARTING: &str = "57P03";

async fn connect_when_started(options: &PgConnectOptions) -> sqlx::Result<PgConnection> {
    let end = tokio::time::Instant::now() + START_PATIENCE;
    loop {
        match PgConnection::connect_with(options).await {
            Err(error) if is_starting(&error) && tokio::time::Instant::now() < end => {
                tokio::time::sleep(START_PAUSE).await;
            }
            connected => return connected,
        }
    }
}

fn is_starting(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(error) => error.kind() == std::io::ErrorKind::ConnectionRefused,
        error => {
            let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
            code.is_some_and(|code| code == STARTING)
        }
    }
}

/// Refuses a pooler that gives each transaction another session: what is set for one would hold for
/// another, and what is read with it would be nothing, or another site's.
///
/// While one connection holds a transaction, another's session must not be the one that is held, and must
/// stay the same.
pub(super) async fn assert_own_sessions(
    first: &mut PgConnection,
    options: &PgConnectOptions,
) -> Result<()> {
    let before = backend(first).await?;
    let mut second =
        PgConnection::connect_with(options).await.map_err(|error| explain(error, options))?;
    sqlx::raw_sql("BEGIN")
        .execute(&mut second)
        .await
        .map_err(|error| explain_shared(&Arc::new(error)))?;
    let held = backend(&mut second).await?;
    let is_shared = held == before || backend(first).await? != before;
    second.close().await?;
    if is_shared { Err(StoreError::Unsafe(POOLER.to_owned())) } else { Ok(()) }
}

/// The process of a session.
async fn backend(connection: &mut PgConnection) -> Result<String> {
    let row = sqlx::raw_sql("SELECT pg_backend_pid()::TEXT").fetch_one(connection).await?;
    Ok(row.try_get(0)?)
}

/// A pool of such sessions.
pub(super) fn pool(max_connections: u32, session: Session) -> PgPoolOptions {
    // To ask before each use would be a round trip more in every request.
    let pool = PgPoolOptions::new().max_connections(max_connections).test_before_acquire(false);
    let pool = pool.after_connect(move |connection, _| {
        Box::pin(async move {
            session
                .prepare(connection)
                .await
                .map_err(|error| sqlx::Error::Configuration(error.into()))
        })
    });
    pool.before_acquire(|connection, meta| {
        Box::pin(async move {
            if meta.idle_for > PING_AFTER {
                let ping = tokio::time::timeout(PING_TIMEOUT, connection.ping()).await;
                ping.map_err(|_| sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()))??;
            }
            Ok(true)
        })
    })
}

/// Reads an address.
///
/// On the machine itself nobody is in between, and TLS is left out unless the address asks for it: it costs
/// 90 ms a connection there (sqlx 0.9 does not set `TCP_NODELAY`). Another host must prove who it is, unless
/// the address asks for less.
pub(super) fn options(url: &str) -> sqlx::Result<PgConnectOptions> {
    // Poolers refuse this start-up parameter, and no column is a float.
    let options = PgConnectOptions::from_str(url)?.extra_float_digits(None);
    // A URL has brackets around an IPv6 address; the resolver takes it without.
    let host = options.get_host().trim_matches(['[', ']']).to_owned();
    let options = options.host(&host);
    // Another mode than the default is one that the environment asks for (`PGSSLMODE`).
    let is_default = matches!(options.get_ssl_mode(), PgSslMode::Prefer) && !asks_for_tls_mode(url);
    Ok(match (is_default, is_local(&options)) {
        (true, true) => options.ssl_mode(PgSslMode::Disable),
        (true, false) => options.ssl_mode(PgSslMode::VerifyFull),
        (false, _) => options,
    })
}

fn asks_for_tls_mode(url: &str) -> bool {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    query.split('&').any(|pair| pair.starts_with("sslmode=") || pair.starts_with("ssl-mode="))
}

fn is_local(options: &PgConnectOptions) -> bool {
    let host = options.get_host();
    options.get_socket().is_some()
        || host.starts_with('/')
        || host == "localhost"
        || host.parse::<IpAddr>().is_ok_and(|addr| addr.is_loopback())
}

/// What is to be said of a connection to another host that does not check whom it reaches.
pub(super) fn weaker_than_verified(options: &PgConnectOptions) -> Option<&'static str> {
    if is_local(options) {
        return None;
    }
    match options.get_ssl_mode() {
        PgSslMode::VerifyFull => None,
        PgSslMode::VerifyCa => Some(
            "sslmode=verify-ca: any host with a certificate of that authority is taken for the database",
        ),
        PgSslMode::Require => Some(
            "sslmode=require: the connection is encrypted, but the host's certificate is not checked",
        ),
        PgSslMode::Prefer | PgSslMode::Allow | PgSslMode::Disable => {
            Some("sslmode allows a connection to the database in clear")
        }
    }
}

/// Adds to why a connection failed what the operator can do about it. The address is not repeated: it may
/// hold a password.
fn explain(error: sqlx::Error, options: &PgConnectOptions) -> StoreError {
    let is_tls = match &error {
        sqlx::Error::Tls(_) => true,
        sqlx::Error::Io(error) => error.kind() == std::io::ErrorKind::InvalidData,
        _ => false,
    };
    if is_tls && matches!(options.get_ssl_mode(), PgSslMode::VerifyFull | PgSslMode::VerifyCa) {
        return StoreError::Unsafe(format!(
            "PostgreSQL at {} could not show by TLS that it is this host ({error}). If a private \
             authority signed its certificate, add sslrootcert=/path/to/ca.pem to the address; \
             sslmode=require encrypts without checking the certificate, sslmode=disable does not encrypt",
            options.get_host()
        ));
    }
    explain_shared(&Arc::new(error))
}

/// A pooler that knows nothing of a prepared statement, has one of the same name from another client, or
/// refuses a part of the protocol.
const OF_A_POOLER: [&str; 3] = ["26000", "42P05", "08P01"];

fn explain_shared(error: &Arc<sqlx::Error>) -> StoreError {
    let database = error.as_database_error();
    let is_pooler = database.and_then(sqlx::error::DatabaseError::code);
    match (database, is_pooler) {
        (Some(database), Some(code)) if OF_A_POOLER.contains(&&*code) => {
            StoreError::Unsafe(format!("{POOLER} (it said: {})", database.message()))
        }
        _ => StoreError::of(error),
    }
}

#[cfg(test)]
mod tests;
