//! The key ring: what the database has of secrets, the change of keys, and the move from a database
//! that held them in clear.

use crate::{
    dump::tamper,
    support::{Database, TestServer},
};
use axum::http::header;
use server::{
    clock::{Clock, SystemClock},
    keys::{self, Rotation},
    store::StoreError,
    vault::{Vault, VaultError},
};
use std::{fs, path::Path, sync::Arc, time::Duration};

const KEEPING: Rotation = Rotation { forget_old: false, patience: Duration::ZERO };
const FORGETTING: Rotation = Rotation { forget_old: true, patience: Duration::ZERO };

/// Whether a text is anywhere in the database's files.
fn on_disk(folder: &Path, needle: &[u8]) -> bool {
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let contents = files.filter(|file| file.is_file()).map(|file| fs::read(file).unwrap());
    contents.into_iter().any(|bytes| bytes.windows(needle.len()).any(|part| part == needle))
}

/// Every sealed value as it is stored.
async fn sealed(database: &Database) -> Vec<Vec<u8>> {
    let mut all = vec![];
    for cell in server::vault::SecretColumn::ALL {
        let cells = database.store.sealed(cell, 0, None, 1000).await.unwrap();
        all.extend(cells.into_iter().map(|cell| cell.sealed));
    }
    all
}

#[tokio::test]
async fn a_rotation_leaves_nothing_of_the_old_key() {
    let server = TestServer::new().await;
    // Where PostgreSQL has its files is its own affair.
    let on_disk = |folder: &Path, needle: &[u8]| {
        server.database.postgres().is_none() && on_disk(folder, needle)
    };
    let token = server.token().await;
    let secret = "a secret that is replaced, and kept";
    server.patch(&token, 612, &format!(r#"{{"Password":"{secret}"}}"#)).await;
    server.patch(&token, 612, r#"{"Password":"the next secret"}"#).await;
    let cookie = server.sign_in("demo@patchbay.test", "patchbay-demo", 169).await;
    let (page, session) = ("/connections/583/fill", "pasted=%7B%22token%22%3A%22canary%22%7D");
    let pasted = server.form(&cookie, page, session).await;
    let filled = pasted.header(header::LOCATION).unwrap().to_owned();
    let database = &server.database;
    let before = sealed(database).await;
    assert_eq!(before.len(), 2 + 2 + 1 + 10, "own keys, kept secrets, a sign-in, the demo's");
    let is_file = database.postgres().is_none();
    assert!(before.iter().all(|old| on_disk(database.folder.path(), &old[9..]) == is_file));
    assert!(!on_disk(database.folder.path(), secret.as_bytes()));

    let (store, vault, auditor) = (&*database.store, &database.vault, &server.auditor);
    let id = keys::add(store, vault, auditor, SystemClock.now()).await.unwrap();
    // What is saved between the two commands is under the new key already.
    server.patch(&token, 613, r#"{"Password":"meanwhile"}"#).await;
    let now = SystemClock.now();
    let rotated = keys::rotate(store, vault, auditor, now, FORGETTING, |_| ()).await.unwrap();
    assert_eq!(rotated, keys::Rotated { key: id, values: 12, forgotten: 1 });
    let status = keys::status(store, vault).await.unwrap();
    assert_eq!(status, [(id, 17)], "one more kept, one more for tokens");
    let left: Vec<_> =
        before.iter().filter(|old| on_disk(database.folder.path(), &old[9..])).collect();
    assert!(left.is_empty(), "{} old values are left", left.len());

    let record = server.get(&token, "/api/connection/612").await.json();
    assert_eq!(record["Password"], "the next secret");
    let (_, session) = filled.split_once("sessionId=").unwrap();
    let opened = server.get(&token, &format!("/api/facebook/session/{session}")).await;
    assert_eq!(opened.json()["token"], "canary");
    assert_eq!(keys::check(store, vault).await.unwrap(), (17, vec![]));
    assert_eq!(auditor.verify(store).await.unwrap().problems, [""; 0]);
    assert_eq!(server.token().await.split('.').count(), 3, "tokens are made and taken");
}

#[tokio::test]
async fn a_running_server_takes_up_new_keys_for_tokens() {
    let server = TestServer::new().await;
    let database = &server.database;
    let (store, vault, auditor) = (&*database.store, &database.vault, &server.auditor);
    let old = server.token().await;
    keys::rotate(store, vault, auditor, SystemClock.now(), KEEPING, |_| ()).await.unwrap();
    let principal = server.services().bearer(&old).await.unwrap();
    let newer = keys::tokens(store).await.unwrap();
    let caller = server::auth::TokenCaller {
        user: principal.user,
        site: principal.site,
        version: principal.version,
    };
    let token = newer.issue(caller, server.clock.now()).unwrap();
    assert_eq!(server.get(&token, "/api/connection/612").await.status, 200);
    assert_eq!(server.get(&old, "/api/connection/612").await.status, 200);
}

#[tokio::test]
async fn another_or_a_missing_key_ring_is_refused() {
    let server = TestServer::new().await;
    let database = &server.database;
    let store = &*database.store;
    let now = SystemClock.now();
    let path = database.vault.path().to_owned();
    let good = fs::read(&path).unwrap();
    let open = async || {
        let vault = Arc::new(Vault::new(path.clone()));
        let store = database.store_with(vault.clone()).await;
        keys::open(&*store, &vault, now).await.map(drop)
    };
    open().await.unwrap();

    fs::remove_file(&path).unwrap();
    assert!(matches!(open().await, Err(StoreError::Vault(VaultError::Missing(_)))));
    assert!(!path.exists(), "no new one is made");

    Vault::new(path.clone()).create().unwrap();
    assert!(matches!(open().await, Err(StoreError::Vault(VaultError::UnknownKey { .. }))));

    // A copy from before a key was added, under which nothing but a start needs it yet.
    fs::remove_file(&path).unwrap();
    write_private(&path, &good);
    keys::add(store, &database.vault, &server.auditor, now).await.unwrap();
    let newer = fs::read(&path).unwrap();
    open().await.unwrap();
    fs::remove_file(&path).unwrap();
    write_private(&path, &good);
    assert!(matches!(open().await, Err(StoreError::Vault(VaultError::UnknownKey { .. }))));
    let good = newer;

    // The same name with another key.
    let mut changed = good.clone();
    let last = changed.len() - 2;
    changed[last] = if changed[last] == b'0' { b'1' } else { b'0' };
    fs::remove_file(&path).unwrap();
    write_private(&path, &changed);
    assert!(matches!(open().await, Err(StoreError::Vault(VaultError::Broken(_)))));

    fs::remove_file(&path).unwrap();
    write_private(&path, &good);
    open().await.unwrap();
    store.sites().await.unwrap();
}

fn write_private(path: &Path, bytes: &[u8]) {
    use std::{io::Write, os::unix::fs::OpenOptionsExt};
    let file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    file.unwrap().write_all(bytes).unwrap();
}

/// Who deletes the keys from the database must not get a fresh, empty log.
#[tokio::test]
async fn a_log_or_sealed_values_without_a_key_are_refused() {
    let no_log = "
        DELETE FROM previous_secret; DELETE FROM audit_head; DELETE FROM audit;";
    let no_values = "UPDATE connection SET password = NULL, token = NULL;";
    let on_sqlite =
        "DROP TRIGGER audit_is_never_deleted; DROP TRIGGER audit_head_is_never_deleted;";
    let on_postgres = "ALTER TABLE audit DISABLE TRIGGER USER;
        ALTER TABLE audit_head DISABLE TRIGGER USER;";
    for (sql, refused) in [
        (no_values.to_owned(), true),
        (no_log.to_owned(), true),
        (format!("{no_log}{no_values}"), false),
    ] {
        let server = TestServer::new().await;
        let database = &server.database;
        let sqlite = database.postgres().is_none();
        tamper(&server, if sqlite { on_sqlite } else { on_postgres }).await;
        tamper(&server, &format!("DELETE FROM sealed_key; {sql}")).await;
        let opened = keys::open(&*database.store, &database.vault, SystemClock.now()).await;
        let malformed = matches!(opened.err(), Some(StoreError::Malformed(_)));
        assert_eq!(malformed, refused, "{sql}");
    }
}
