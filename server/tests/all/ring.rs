//! Which key is used is a matter of the whole database, and not of one server's file.

use crate::{
    dump::try_tamper,
    support::{TestServer, send},
};
use axum::{
    Router,
    body::Body,
    http::{Method, Request, header},
};
use server::{
    http::WebConfig,
    keys::{self, Rotation},
    service::{Services, Settings},
    store::StoreError,
    vault::{KeyId, Vault, VaultError},
};
use std::{fs, path::PathBuf, sync::Arc, time::Duration};

const AT_ONCE: Rotation = Rotation { forget_old: true, patience: Duration::ZERO };

/// A second server on the same database, with a ring of its own: a copy of the first one's.
struct Other {
    services: Services,
    router: Router,
    ring: PathBuf,
}

impl Other {
    async fn new(server: &TestServer) -> Self {
        let ring = server.database.folder.path().join("other-ring");
        fs::copy(server.database.vault.path(), &ring).unwrap();
        let vault = Arc::new(Vault::new(ring.clone()));
        let store = server.database.store_with(vault.clone()).await;
        let keys = keys::open(&*store, &vault, server.now()).await.unwrap();
        let services = Services::new(store, server.clock.clone(), keys, Settings::default());
        let router = server::router(services.clone(), &WebConfig::default());
        Self { services, router, ring }
    }

    /// Gives it the first server's ring.
    fn copy_ring(&self, server: &TestServer) {
        // As a file that was replaced.
        let new = self.ring.with_extension("new");
        fs::copy(server.database.vault.path(), &new).unwrap();
        fs::rename(new, &self.ring).unwrap();
    }

    /// The status of a PATCH of a password, and what is said.
    async fn set_password(&self, token: &str, password: &str) -> (u16, String) {
        let request = Request::builder().method(Method::PATCH).uri("/api/connection/612");
        let request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        let request = request.header(header::CONTENT_TYPE, "application/json");
        let body = format!(r#"{{"Password":"{password}"}}"#);
        let answer = send(&self.router, request.body(Body::from(body)).unwrap()).await;
        (answer.status.as_u16(), answer.body)
    }
}

async fn add(server: &TestServer) -> KeyId {
    let database = &server.database;
    keys::add(&*database.store, &database.vault, &server.auditor, server.now()).await.unwrap()
}

async fn rotate(server: &TestServer, rotation: Rotation) -> Result<keys::Rotated, StoreError> {
    let database = &server.database;
    let (store, vault) = (&*database.store, &database.vault);
    keys::rotate(store, vault, &server.auditor, server.now(), rotation, |_| ()).await
}

async fn assert_all_open(server: &TestServer) {
    let database = &server.database;
    let (count, problems) = keys::check(&*database.store, &database.vault).await.unwrap();
    assert!(count > 10 && problems.is_empty(), "{problems:?}");
}

#[tokio::test]
async fn a_key_is_used_once_every_server_has_it() {
    let server = TestServer::new().await;
    let other = Other::new(&server).await;
    let token = server.token().await;
    let first = server.database.vault.active().unwrap();
    server.services().report_keys().await.unwrap();
    other.services.report_keys().await.unwrap();
    assert_eq!(server.database.store.servers().await.unwrap().len(), 2, "control");

    let key = add(&server).await;
    server.services().report_keys().await.unwrap();
    assert_eq!(server.database.store.active_key().await.unwrap(), Some(first));
    let Err(StoreError::Vault(VaultError::NotEverywhere { servers, .. })) =
        rotate(&server, AT_ONCE).await
    else {
        panic!("it rotated before the other server had the key")
    };
    assert_eq!(servers.len(), 1, "{servers:?}");
    assert_eq!(other.set_password(&token, "by the other").await.0, 200);
    assert_all_open(&server).await;

    other.copy_ring(&server);
    let rotation = Rotation { patience: Duration::from_mins(1), ..AT_ONCE };
    let reports = async {
        loop {
            server.services().report_keys().await.unwrap();
            other.services.report_keys().await.unwrap();
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let rotated = tokio::select! {
        rotated = rotate(&server, rotation) => rotated.unwrap(),
        () = reports => unreachable!(),
    };
    assert_eq!((rotated.key, rotated.forgotten), (key, 1));
    assert_eq!(other.set_password(&token, "again").await.0, 200);
    assert_all_open(&server).await;
    // One that stopped is not waited for.
    add(&server).await;
    server.services().leave().await.unwrap();
    other.services.leave().await.unwrap();
    rotate(&server, AT_ONCE).await.unwrap();
}

#[tokio::test]
async fn a_server_whose_ring_is_old_seals_nothing_that_would_be_lost() {
    let server = TestServer::new().await;
    let other = Other::new(&server).await;
    let token = server.token().await;
    // It is cut off, and does not report itself.
    let key = add(&server).await;
    rotate(&server, AT_ONCE).await.unwrap();
    assert_eq!(server.database.store.active_key().await.unwrap(), Some(key));

    let (status, body) = other.set_password(&token, "canary-77").await;
    assert_eq!(status, 500, "{body}");
    assert!(!body.contains("canary-77"), "{body}");
    assert_all_open(&server).await;
    let outdated = other.services.report_keys().await;
    let Err(StoreError::Vault(error @ VaultError::Outdated { .. })) = outdated else {
        panic!("{outdated:?}")
    };
    assert!(error.to_string().contains("copy the ring"), "{error}");
    assert_eq!(other.set_password(&token, "canary-77").await.0, 500);
    assert_all_open(&server).await;

    other.copy_ring(&server);
    other.services.report_keys().await.unwrap();
    assert_eq!(other.set_password(&token, "at last").await.0, 200);
    assert_all_open(&server).await;
    let record = server.get(&token, "/api/connection/612").await.json();
    assert_eq!(record["Password"], "at last");
}

#[tokio::test]
async fn the_database_keeps_keys_that_are_needed_and_takes_no_others() {
    let server = TestServer::new().await;
    let refused = async |sql: &str| {
        let error = try_tamper(&server.database, sql).await.expect_err(sql);
        assert!(error.contains("sealed"), "{sql}: {error}");
    };
    refused("DELETE FROM ring_key").await;
    let id = "x'0102030405060708'";
    let blob = "x'01010203040506070899'";
    refused(&format!("UPDATE connection SET password = {blob} WHERE id = 612")).await;
    refused(&format!("UPDATE connection SET token = {blob} WHERE id = 646")).await;
    refused(&format!("UPDATE sealed_key SET secret = {blob}")).await;
    let session = format!(
        "INSERT INTO provider_session (site_id, user_id, provider, hash, secret, expires_at)
         VALUES (169, 1, 'facebook', 'h', {blob}, 0)"
    );
    refused(&session).await;
    let known = format!("INSERT INTO ring_key (id, added_at, active) VALUES ({id}, 0, FALSE)");
    try_tamper(&server.database, &known).await.unwrap();
    try_tamper(&server.database, &session).await.unwrap();
    refused(&format!("DELETE FROM ring_key WHERE id = {id}")).await;
    // A rotation that does not see a value does not forget its key either.
    let forgotten = rotate(&server, AT_ONCE).await;
    assert!(forgotten.is_err(), "{forgotten:?}");
    try_tamper(&server.database, "DELETE FROM provider_session").await.unwrap();
    rotate(&server, AT_ONCE).await.unwrap();
}
