//! Everything in the database, to see whether anything changed.

use crate::support::TestServer;
use sqlx::{AssertSqlSafe, Connection, SqliteConnection, sqlite::SqliteConnectOptions};

/// Where requests leave traces that change nothing for anybody, and what belongs to no site.
const TRACES: &str = "'browser_session', 'sign_in_attempt', 'known_address', 'quota'";

/// A connection of one's own to a server's database.
pub async fn raw(server: &TestServer) -> SqliteConnection {
    let file = server.database.folder.path().join("test.db");
    SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(file)).await.unwrap()
}

/// Changes the database behind the server's back.
pub async fn tamper(server: &TestServer, sql: &str) {
    let mut database = raw(server).await;
    sqlx::query(AssertSqlSafe(sql)).execute(&mut database).await.unwrap();
    database.close().await.unwrap();
}

/// All rows of all tables.
pub async fn everything(server: &TestServer) -> Vec<String> {
    rows(server, |_| "TRUE".to_owned()).await
}

/// All rows that belong to a site, and those of its members.
pub async fn of_site(server: &TestServer, site: i64) -> Vec<String> {
    let belongs = |table: &str| match table {
        "site" => format!("id = {site}"),
        "user" => format!("id IN (SELECT user_id FROM membership WHERE site_id = {site})"),
        "sealed_key" => "FALSE".to_owned(),
        _ => format!("site_id = {site}"),
    };
    rows(server, belongs).await
}

async fn rows(server: &TestServer, which: impl Fn(&str) -> String) -> Vec<String> {
    let mut database = raw(server).await;
    let sql = format!(
        "SELECT t.name, group_concat('quote(\"' || c.name || '\")', ' || '', '' || ')
         FROM pragma_table_list t JOIN pragma_table_info(t.name) c
         WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite_%'
             AND t.name NOT LIKE '_sqlx%' AND t.name NOT IN ({TRACES})
         GROUP BY t.name"
    );
    let tables: Vec<(String, String)> =
        sqlx::query_as(AssertSqlSafe(sql)).fetch_all(&mut database).await.unwrap();
    assert!(tables.len() >= 9, "{tables:?}");
    let mut rows = vec![];
    for (table, columns) in tables {
        let sql = format!(
            "SELECT '{table}: ' || {columns} FROM {table} WHERE {} ORDER BY 1",
            which(&table)
        );
        let found: Vec<String> =
            sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&mut database).await.unwrap();
        rows.extend(found);
    }
    database.close().await.unwrap();
    rows
}
