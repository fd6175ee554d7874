//! A transaction that never ends holds up its own site alone, and that not for long. Only PostgreSQL has
//! several at a time, so there is nothing to see on SQLite.

use crate::support::{Answer, TestServer, send};
use axum::{
    Router,
    body::Body,
    http::{Method, Request, header},
};
use server::{
    http::WebConfig,
    keys,
    service::{Services, Settings, team::Manager},
    store::{
        SiteScope, Store, StoreError,
        postgres::{Patience, Postgres},
    },
};
use shared::{Role, SiteId};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::{sync::Arc, time::Duration};

const IMPATIENT: Patience = Patience {
    statement: Duration::from_secs(10),
    lock: Duration::from_millis(300),
    // Longer than a busy machine keeps the tests' own transactions waiting.
    idle_in_transaction: Duration::from_secs(2),
};

/// The use cases of a server with little patience, if there is a PostgreSQL.
async fn impatient(server: &TestServer) -> Option<(Arc<dyn Store>, Services)> {
    let url = server.database.postgres()?;
    let vault = server.database.vault.clone();
    let store = Postgres::open_with(url, vault.clone(), IMPATIENT).await.unwrap();
    let store: Arc<dyn Store> = Arc::new(store);
    let keys = keys::open(&*store, &vault, server.now()).await.unwrap();
    let services = Services::new(store.clone(), server.clock.clone(), keys, Settings::default());
    Some((store, services))
}

async fn rename(router: &Router, token: &str, id: i64) -> Answer {
    let request = Request::builder().method(Method::PATCH).uri(format!("/api/connection/{id}"));
    let request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    let request = request.header(header::CONTENT_TYPE, "application/json");
    send(router, request.body(Body::from(r#"{"Name":"renamed"}"#)).unwrap()).await
}

#[tokio::test]
async fn a_transaction_that_never_ends_holds_up_its_own_site_alone() {
    let server = TestServer::new().await;
    let Some((_, services)) = impatient(&server).await else { return };
    let router = server::router(services.clone(), &WebConfig::default());
    let token = server.token().await;
    let other = server.token_of("other@patchbay.test", "patchbay-other", "170").await;
    assert_eq!(rename(&router, &token, 646).await.status, 200, "control");

    let mut stuck = PgConnection::connect(server.database.postgres().unwrap()).await.unwrap();
    let lock = "BEGIN; SET LOCAL patchbay.site = '169';
        SELECT FROM audit_head WHERE site_id = 169 FOR UPDATE";
    sqlx::raw_sql(lock).execute(&mut stuck).await.unwrap();

    let refused = rename(&router, &token, 646).await;
    assert_eq!((refused.status.as_u16(), refused.header(header::RETRY_AFTER)), (503, Some("1")));
    assert_eq!(refused.message(), "The server has too much to do: try again in a moment");
    assert_eq!(rename(&router, &other, 700).await.status, 200);

    let manager = Manager::operator(SiteScope::operator(SiteId(170)));
    let hash = Some("$argon2id$".to_owned());
    services.add_member(&manager, "new@helpdesk.example", hash, Role::Editor).await.unwrap();
    let (_, link) =
        services.invite(&manager, "guest@helpdesk.example", Role::Viewer, None).await.unwrap();
    services.accept_invite(&link, "a long password".into(), "192.0.2.1").await.unwrap();
    services.maintain().await.unwrap();
    services.set_user_enabled("new@helpdesk.example", false).await.unwrap();
    keys::add(&*server.database.store, &server.database.vault, &server.auditor, server.now())
        .await
        .unwrap();

    stuck.close().await.unwrap();
    assert_eq!(rename(&router, &token, 646).await.status, 200);
}

#[tokio::test]
async fn a_transaction_whose_server_is_gone_is_ended() {
    let server = TestServer::new().await;
    let Some((store, _)) = impatient(&server).await else { return };
    let token = server.token().await;
    let gone = store.begin(SiteId(169)).await.unwrap();
    // It waits for the other, whose turn ends by itself.
    assert_eq!(server.patch(&token, 646, r#"{"Name":"renamed"}"#).await.status, 200);
    assert!(gone.commit().await.is_err());
}

#[tokio::test]
async fn a_database_that_acknowledges_what_is_not_on_disk_is_refused() {
    let server = TestServer::new().await;
    let Some(url) = server.database.postgres() else { return };
    let name = url.rsplit('/').next().unwrap();
    let mut database = PgConnection::connect(url).await.unwrap();
    for (setting, is_taken) in [("local", true), ("off", false), ("on", true)] {
        let sql = format!("ALTER DATABASE {name} SET synchronous_commit = {setting}");
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut database).await.unwrap();
        match Postgres::open(url, server.database.vault.clone()).await {
            Err(StoreError::Unsafe(server_message)) => {
                assert!(
                    !is_taken && server_message.contains("synchronous_commit"),
                    "{setting}: {server_message}"
                );
            }
            opened => assert!(opened.is_ok() && is_taken, "{setting}"),
        }
    }
}
