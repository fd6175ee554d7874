//! The audit log: what is written down, and that nobody without the key ring can change it unseen.

use crate::{
    dump::{tamper, try_tamper},
    support::{Database, TestServer},
};
use axum::http::Method;
use server::{
    audit::{Actor, AuditEvent},
    clock::Clock,
    store::{ChangeNotice, SERVER, SiteScope},
};
use shared::{ConnectionId, SiteId, Version, audit::EventKind};

const SCOPE: fn() -> SiteScope = || SiteScope::operator(SiteId(169));

/// Kind, who, way and detail of a site's rows, oldest first.
async fn rows(server: &TestServer) -> Vec<String> {
    let rows = server.database.store.chain(SCOPE().site(), 0, 1000).await.unwrap();
    rows.iter()
        .map(|row| {
            let id = row.connection.map(|id| format!(" on {id}")).unwrap_or_default();
            let (kind, via) = (row.kind.slug(), row.via.slug());
            format!("{kind} by {} via {via}{id}: {}", row.who, row.detail)
        })
        .collect()
}

#[tokio::test]
async fn every_change_has_its_row_and_nothing_else_has_one() {
    let server = TestServer::new().await;
    let token = server.token().await;
    let cookie = server.sign_in("editor@patchbay.test", "patchbay-editor", 169).await;
    let before = rows(&server).await.len();
    server.patch(&token, 612, r#"{"Name":"new name","Password":"new secret"}"#).await;
    server.patch(&token, 612, r#"{"Name":"new name"}"#).await;
    assert_eq!(server.patch(&token, 612, r#"{"Port":"x"}"#).await.status, 422);
    server.form(&cookie, "/connections/612/enabled", "version=2&enabled=0").await;
    server.post(&token, r#"{"MediaId":"YOTB","Name":"tube","Token":"secret"}"#).await;
    let wrong = r#"{"email":"demo@patchbay.test","password":"secret","siteId":"169"}"#;
    server.call(None, Method::POST, "/api/authenticate", wrong).await;
    let wrong = r#"{"email":"secret","password":"x","siteId":"169"}"#;
    server.call(None, Method::POST, "/api/authenticate", wrong).await;
    server.form(&cookie, "/logout", "").await;
    insta::assert_snapshot!(rows(&server).await[before..].join("\n"));
}

/// What keeps the log as it is, and what may be in the way of who wants to change it.
const WALLS_OF_SQLITE: &str = "
    DROP TRIGGER audit_is_never_changed; DROP TRIGGER audit_is_never_deleted;
    DROP TRIGGER audit_is_never_replaced; DROP TRIGGER audit_head_moves_on;
    DROP TRIGGER audit_head_is_never_replaced; DROP TRIGGER audit_head_is_never_deleted;
    PRAGMA foreign_keys = OFF;";
const WALLS_OF_POSTGRES: &str = "
    DROP TRIGGER audit_is_never_changed ON audit; DROP TRIGGER audit_head_moves_on ON audit_head;
    DROP TRIGGER audit_head_is_never_deleted ON audit_head;
    ALTER TABLE audit_head DROP CONSTRAINT audit_head_is_of_a_row;";

/// A copy of a server's database, which is closed, tampered with by somebody who has all rights on it.
async fn tampered(server: &TestServer, sql: &str) -> Vec<String> {
    let copy = server.database.copy().await;
    let walls = if copy.postgres().is_some() { WALLS_OF_POSTGRES } else { WALLS_OF_SQLITE };
    try_tamper(&copy, &format!("{walls} {sql}")).await.unwrap();
    let problems = server.auditor.verify(&*copy.store).await.unwrap().problems;
    copy.store.close().await;
    problems
}

#[tokio::test]
async fn whatever_is_done_to_the_log_is_found() {
    let server = TestServer::new().await;
    let token = server.token().await;
    for name in ["one", "two", "three"] {
        server.patch(&token, 612, &format!(r#"{{"Name":"{name}"}}"#)).await;
    }
    server.database.store.close().await;
    assert_eq!(tampered(&server, "").await, [""; 0], "control: untouched");
    let harmless = "UPDATE connection SET name = 'other'";
    assert_eq!(tampered(&server, harmless).await, [""; 0], "control: something else");
    let mut edits: Vec<_> = [
        "at = '2026-01-01 00:00:00'",
        "user_id = 2",
        "who = 'other@patchbay.test'",
        "via = 'ui'",
        "kind = 'signed-in'",
        "kind = 'unheard-of'",
        "connection_id = 613",
        "connection_id = NULL",
        "channel = 'facebook'",
        "detail = replace(detail, 'two', 'ten')",
        "detail = '{}'",
        "mac = x'0000000000000000000000000000000000000000000000000000000000000000'",
        "site_id = 170",
        "number = 99",
    ]
    .map(|set| format!("UPDATE audit SET {set} WHERE site_id = 169 AND number = 4"))
    .into();
    let last = "(SELECT max(number) FROM audit WHERE site_id = 169)";
    edits.extend([
        // Deleted at the beginning, in the middle, at the end, and all.
        "DELETE FROM audit WHERE site_id = 169 AND number = 1".to_owned(),
        "DELETE FROM audit WHERE site_id = 169 AND number = 3".to_owned(),
        format!("DELETE FROM audit WHERE site_id = 169 AND number = {last}"),
        "DELETE FROM audit WHERE site_id = 169".to_owned(),
        "DELETE FROM audit".to_owned(),
        // Cut off, with the end moved back to match.
        "DELETE FROM audit WHERE site_id = 169 AND number > 3; UPDATE audit_head SET number = 3,
             mac = (SELECT mac FROM audit WHERE site_id = 169 AND number = 3) WHERE site_id = 169"
            .to_owned(),
        "DELETE FROM audit_head WHERE site_id = 169".to_owned(),
        "DELETE FROM audit WHERE site_id = 169; DELETE FROM audit_head WHERE site_id = 169"
            .to_owned(),
        "DELETE FROM audit WHERE site_id = 0; DELETE FROM audit_head WHERE site_id = 0".to_owned(),
        // Two exchanged; one left out and the others moved up.
        "UPDATE audit SET number = 99 WHERE site_id = 169 AND number = 3;
             UPDATE audit SET number = 3 WHERE site_id = 169 AND number = 4;
             UPDATE audit SET number = 4 WHERE site_id = 169 AND number = 99"
            .to_owned(),
        "DELETE FROM audit WHERE site_id = 169 AND number = 3;
             UPDATE audit SET number = 3 WHERE site_id = 169 AND number = 4;
             UPDATE audit SET number = 4 WHERE site_id = 169 AND number = 5;
             UPDATE audit_head SET number = 4 WHERE site_id = 169"
            .to_owned(),
        // One made up at the end.
        format!(
            "INSERT INTO audit SELECT site_id, number + 1, at, user_id, who, via, kind,
                 connection_id, channel, detail, mac FROM audit
                 WHERE site_id = 169 AND number = {last};
                 UPDATE audit_head SET number = number + 1 WHERE site_id = 169"
        ),
    ]);
    for sql in &edits {
        assert_ne!(tampered(&server, sql).await, [""; 0], "{sql}");
    }
}

/// Two histories that begin alike, as after a restored backup: each row is in order by itself, and
/// only the chain tells that one is not of this history.
#[tokio::test]
async fn a_row_of_another_history_is_found() {
    let server = TestServer::new().await;
    let token = server.token().await;
    let site = SCOPE().site();
    let number = server.database.store.numbers(&[site]).await.unwrap()[0].1;
    server.database.store.close().await;
    let copy = server.database.copy().await;
    let fork = &*copy.store;
    let server = server.restart(None).await;
    for name in ["one", "two"] {
        server.patch(&token, 612, &format!(r#"{{"Name":"{name}"}}"#)).await;
    }
    let mut tx = fork.begin(SERVER).await.unwrap();
    let (actor, event) = (Actor::operator(), AuditEvent::new(EventKind::SignedOut, ""));
    let now = server.clock.now();
    server.auditor.record(&mut *tx, site, &actor, event, now).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(server.auditor.verify(fork).await.unwrap().problems, [""; 0], "control");

    let row = fork.chain(site, number, 1).await.unwrap().remove(0);
    let splice = format!(
        "UPDATE audit SET user_id = NULL, who = '{}', via = '{}', kind = '{}', channel = NULL,
         connection_id = NULL, detail = '{}', mac = x'{}' WHERE site_id = 169 AND number = {}",
        row.who,
        row.via.slug(),
        row.kind.slug(),
        row.detail,
        hex::encode(&row.mac),
        row.number
    );
    server.database.store.close().await;
    assert_ne!(tampered(&server, &splice).await, [""; 0]);
}

#[tokio::test]
async fn the_database_itself_refuses_to_change_the_log() {
    let server = TestServer::new().await;
    server.token().await;
    let of_its_kind = if server.database.postgres().is_some() {
        ["TRUNCATE audit CASCADE", "TRUNCATE audit_head"]
    } else {
        [
            "INSERT OR REPLACE INTO audit SELECT * FROM audit LIMIT 1",
            "INSERT OR REPLACE INTO audit_head SELECT * FROM audit_head LIMIT 1",
        ]
    };
    for sql in of_its_kind.into_iter().chain([
        "UPDATE audit SET who = 'somebody'",
        "DELETE FROM audit",
        "DELETE FROM audit WHERE site_id = 169 AND number = 1",
        "UPDATE audit_head SET number = 1",
        "UPDATE audit_head SET number = number + 2",
        "DELETE FROM audit_head",
    ]) {
        let refused = try_tamper(&server.database, sql).await.unwrap_err();
        let reasons = ["the audit log", "audit_head_is_of_a_row"];
        assert!(reasons.iter().any(|text| refused.contains(text)), "{sql}: {refused}");
    }
    tamper(&server, "UPDATE connection SET name = 'other'").await;
    assert_eq!(server.auditor.verify(&*server.database.store).await.unwrap().problems, [""; 0]);
}

#[tokio::test]
async fn another_key_verifies_nothing() {
    let server = TestServer::new().await;
    let other = Database::new().await;
    let now = server.clock.now();
    let keys = server::keys::open(&*other.store, &other.vault, now).await.unwrap();
    let report = keys.auditor.verify(&*server.database.store).await.unwrap();
    assert_eq!(report.problems.len(), report.heads.len());
    assert_eq!(report.heads.len(), 3, "both sites and the server");
}

#[tokio::test]
async fn many_rows_at_once_are_one_chain() {
    let server = TestServer::new().await;
    let store = &*server.database.store;
    let site = SCOPE().site();
    let last = async || store.numbers(&[site]).await.unwrap()[0].1;
    let before = last().await;
    let mut tx = store.begin(site).await.unwrap();
    let events = (0..250).map(|n| AuditEvent::new(EventKind::SignedOut, n.to_string())).collect();
    let (actor, now) = (Actor::operator(), server.clock.now());
    let number = server.auditor.record_all(&mut *tx, site, &actor, events, now).await.unwrap();
    let none = server.auditor.record_all(&mut *tx, site, &actor, vec![], now).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!((number, none, last().await), (before + 250, number, number));
    assert_eq!(server.auditor.verify(store).await.unwrap().problems, [""; 0]);
}

#[tokio::test]
async fn changes_of_connections_are_sent_in_their_order() {
    let server = TestServer::new().await;
    let (store, site) = (&*server.database.store, SCOPE().site());
    let numbers = store.numbers(&[site, SiteId(170), SiteId(999)]).await.unwrap();
    assert_eq!(numbers.len(), 2, "a site that nobody knows has no end");
    let token = server.token().await;
    let before = store.numbers(&[site]).await.unwrap()[0].1;
    server.patch(&token, 612, r#"{"Name":"one"}"#).await;
    server.token().await;
    server.patch(&token, 646, r#"{"Name":"two"}"#).await;
    let change = |number, id| ChangeNotice {
        number,
        kind: EventKind::ConnectionChanged,
        connection: ConnectionId(id),
        version: Some(Version(2)),
    };
    let (first, second) = (change(before + 1, 612), change(before + 3, 646));
    assert_eq!(store.changes(SCOPE(), before, 9).await.unwrap(), [first, second]);
    assert_eq!(store.changes(SCOPE(), before, 1).await.unwrap(), [first]);
    assert_eq!(store.changes(SCOPE(), first.number, 9).await.unwrap(), [second]);
    let others = SiteScope::operator(SiteId(170));
    assert_eq!(store.changes(others, before, 9).await.unwrap(), []);
}
