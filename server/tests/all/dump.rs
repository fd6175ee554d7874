//! Everything in the database, to see whether anything changed.

use crate::support::{Database, FILE, TestServer};
use sqlx::{
    AssertSqlSafe, Connection, Decode, Executor, PgConnection, Postgres, Sqlite, SqliteConnection,
    Type, sqlite::SqliteConnectOptions,
};

/// Where requests leave traces that change nothing for anybody, and what belongs to no site.
const TRACES: &str = "'browser_session', 'sign_in_attempt', 'known_address', 'quota'";

/// A connection of one's own to a server's database, past all its walls.
enum Raw {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

async fn raw(database: &Database) -> Raw {
    if let Some(url) = database.postgres() {
        let mut connection = PgConnection::connect(url).await.unwrap();
        connection.execute("SET patchbay.site = '0'").await.unwrap();
        return Raw::Postgres(connection);
    }
    let file = database.folder.path().join(FILE);
    let options = SqliteConnectOptions::new().filename(file);
    Raw::Sqlite(SqliteConnection::connect_with(&options).await.unwrap())
}

/// What every writer waits for, held by another process until it is dropped.
pub struct Held {
    _raw: Raw,
}

impl Held {
    pub async fn of(server: &TestServer) -> Self {
        let mut raw = raw(&server.database).await;
        match &mut raw {
            Raw::Sqlite(database) => database.execute("BEGIN IMMEDIATE").await.map(drop).unwrap(),
            Raw::Postgres(database) => {
                let sql = "BEGIN; SELECT FROM audit_head FOR UPDATE";
                sqlx::raw_sql(sql).execute(database).await.map(drop).unwrap();
            }
        }
        Self { _raw: raw }
    }
}

impl Raw {
    /// One column of one kind, as both databases have it.
    async fn column<T>(&mut self, sql: &str) -> Vec<T>
    where
        T: Send + Unpin + for<'r> Decode<'r, Sqlite> + Type<Sqlite>,
        T: for<'r> Decode<'r, Postgres> + Type<Postgres>,
    {
        let sql = AssertSqlSafe(sql);
        match self {
            Self::Sqlite(database) => sqlx::query_scalar(sql).fetch_all(database).await.unwrap(),
            Self::Postgres(database) => sqlx::query_scalar(sql).fetch_all(database).await.unwrap(),
        }
    }
}

/// A value as it is stored.
pub async fn bytes(server: &TestServer, sql: &str) -> Vec<u8> {
    raw(&server.database).await.column(sql).await.remove(0)
}

/// A number as it is stored.
pub async fn number(server: &TestServer, sql: &str) -> i64 {
    raw(&server.database).await.column(sql).await[0]
}

/// What is stored of all browser sessions.
pub async fn sessions(server: &TestServer) -> Vec<String> {
    raw(&server.database).await.column("SELECT data FROM browser_session").await
}

/// Changes the database behind the server's back. Bytes are written as in SQLite.
pub async fn tamper(server: &TestServer, sql: &str) {
    try_tamper(&server.database, sql).await.unwrap();
}

/// The same, if the database lets it; else what it says.
pub async fn try_tamper(database: &Database, sql: &str) -> Result<(), String> {
    let done = match raw(database).await {
        Raw::Sqlite(mut database) => {
            let done = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut database).await.map(drop);
            database.close().await.unwrap();
            done
        }
        Raw::Postgres(mut database) => {
            let sql = sql.replace("x'", "'\\x").replace("'canary' AS BLOB", "'canary' AS BYTEA");
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut database).await.map(drop)
        }
    };
    done.map_err(|error| error.to_string())
}

/// Lets values be stored that no key of the ring has sealed, as somebody could who may change the tables.
pub async fn allow_unsealed(server: &TestServer) {
    let sql = if server.database.postgres().is_some() {
        "ALTER TABLE connection DROP CONSTRAINT sealed_under_password_key;
         ALTER TABLE connection DROP CONSTRAINT sealed_under_token_key;"
    } else {
        "DROP TRIGGER connection_password_is_sealed; DROP TRIGGER connection_token_is_sealed;"
    };
    tamper(server, sql).await;
}

/// All rows of all tables.
pub async fn everything(server: &TestServer) -> Vec<String> {
    rows(server, |_| "TRUE".to_owned()).await
}

/// All rows that belong to a site, and those of its members.
pub async fn of_site(server: &TestServer, site: i64) -> Vec<String> {
    let belongs = |table: &str| match table {
        "site" => format!("id = {site}"),
        "app_user" => {
            format!("id IN (SELECT user_id FROM membership WHERE site_id = {site})")
        }
        "sealed_key" | "connection_number" | "ring_key" | "installation" | "server_instance" => {
            "FALSE".to_owned()
        }
        _ => format!("site_id = {site}"),
    };
    rows(server, belongs).await
}

async fn rows(server: &TestServer, which: impl Fn(&str) -> String) -> Vec<String> {
    let tables = if server.database.postgres().is_some() {
        format!(
            "SELECT relname || '|' || relname || '::TEXT' FROM pg_stat_user_tables
             WHERE relname NOT LIKE '_sqlx%'
                 AND relname NOT IN ({TRACES}, 'sign_in_lock', 'connection_number') ORDER BY 1"
        )
    } else {
        format!(
            "SELECT t.name || '|' || group_concat('quote(\"' || c.name || '\")', ' || '', '' || ')
             FROM pragma_table_list t JOIN pragma_table_info(t.name) c
             WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite_%'
                 AND t.name NOT LIKE '_sqlx%' AND t.name NOT IN ({TRACES})
             GROUP BY t.name"
        )
    };
    let mut database = raw(&server.database).await;
    let tables: Vec<String> = database.column(&tables).await;
    assert!(tables.len() >= 9, "{tables:?}");
    let mut rows = vec![];
    for (table, columns) in tables.iter().filter_map(|table| table.split_once('|')) {
        let which = which(table);
        let sql = format!("SELECT '{table}: ' || {columns} FROM {table} WHERE {which} ORDER BY 1");
        rows.extend(database.column::<String>(&sql).await);
    }
    rows
}
