//! Row-level security (RLS) between sites: only PostgreSQL has it, so there is nothing to
//! see on SQLite.

use crate::{caller::Caller, support::TestServer};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// The tables that have a site's rows, and a column that can be written as it is.
const TABLES: [(&str, &str); 8] = [
    ("connection", "name"),
    ("previous_secret", "expires_at"),
    ("provider_session", "expires_at"),
    ("audit", "who"),
    ("audit_head", "mac"),
    ("invite", "email"),
    ("idempotency_key", "request"),
    ("membership", "role"),
];

async fn run(database: &mut PgConnection, sql: &str) -> sqlx::Result<u64> {
    let sql = AssertSqlSafe(sql);
    Ok(sqlx::raw_sql(sql).execute(database).await?.rows_affected())
}

async fn count(database: &mut PgConnection, table: &str, which: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table} WHERE {which}");
    sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(database).await.unwrap()
}

#[tokio::test]
async fn a_statement_that_names_no_site_reaches_its_own_alone() {
    let server = TestServer::new().await;
    for (user, site, id, page) in [("demo", 169, 612, 583), ("other", 170, 700, 700)] {
        let caller = Caller::of(&server, user, site).await;
        let token = &caller.token;
        let body = r#"{"Password":"a secret that is replaced"}"#;
        if site == 169 {
            server.patch(token, id, body).await;
        }
        let member = server.database.store.user(&format!("{user}@patchbay.test")).await.unwrap();
        let form_id = format!("{}.{site}.{}", member.unwrap().id.0, "0f".repeat(16));
        let body = format!("email=i%40b.example&role=viewer&form-id={form_id}");
        assert_eq!(server.form(&caller.cookie, "/team/invite", &body).await.status, 303);
        let (path, session) =
            (format!("/connections/{page}/fill"), "pasted=%7B%22token%22%3A%22t%22%7D");
        assert_eq!(server.form(&caller.cookie, &path, session).await.status, 303);
    }
    let Some(url) = server.database.postgres() else { return };
    let mut database = PgConnection::connect(url).await.unwrap();
    run(&mut database, "SET patchbay.site = '0'").await.unwrap();
    for (table, _) in TABLES {
        assert!(count(&mut database, table, "site_id = 169").await > 0, "control: {table}");
        if table != "previous_secret" {
            assert!(count(&mut database, table, "site_id = 170").await > 0, "control: {table}");
        }
    }
    run(&mut database, "SET patchbay.site = '169'").await.unwrap();
    for (table, column) in TABLES {
        assert_eq!(count(&mut database, table, "site_id <> 169").await, 0, "{table}");
        let own = count(&mut database, table, "TRUE").await;
        let update = format!("UPDATE {table} SET {column} = {column}");
        match run(&mut database, &update).await {
            Ok(rows) => assert_eq!(i64::try_from(rows).unwrap(), own, "{table}"),
            Err(error) => assert!(error.to_string().contains("the audit log"), "{error}"),
        }
        let moved = format!("UPDATE {table} SET site_id = 170");
        run(&mut database, &moved).await.expect_err(table);
    }
    let insert = "INSERT INTO membership (user_id, site_id, role) VALUES (1, 170, 'viewer')";
    let refused = run(&mut database, insert).await.unwrap_err().to_string();
    assert!(refused.contains("row-level security"), "{refused}");
    // Who does not say whose it is gets an error, and not the impression that there is nothing.
    for set in ["SET patchbay.site = ''", "RESET patchbay.site"] {
        run(&mut database, set).await.unwrap();
        for (table, _) in TABLES {
            let sql = format!("SELECT count(*) FROM {table}");
            let counted = sqlx::query(AssertSqlSafe(sql)).fetch_one(&mut database).await;
            assert!(counted.is_err(), "{table}: {set}");
        }
    }
    let mut fresh = PgConnection::connect(url).await.unwrap();
    let never_set = sqlx::query("SELECT count(*) FROM connection").fetch_one(&mut fresh).await;
    assert!(never_set.unwrap_err().to_string().contains("patchbay.site"));
}
