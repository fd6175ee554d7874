//! Idempotency keys of the API. Those of forms are tested beside the forms.

use crate::{
    caller::Caller,
    dump,
    support::{Answer, TestServer},
};
use axum::http::{Method, header};
use server::{service::CreateRequest, store::UserId};
use shared::{Channel, ConnectionPatch, Field, SiteId};
use std::collections::BTreeSet;

const KEY: header::HeaderName = header::HeaderName::from_static("idempotency-key");

const MAILBOX: &str = r#"{"MediaId":"EMAIL","ProviderId":"PVD9","Name":"new","UserId":"a@b.example",
    "From":"a@b.example","Host":"mail.b.example","Port":"993","Password":"canary-3f9a"}"#;

async fn post(server: &TestServer, token: &str, body: &str, key: &str) -> Answer {
    let path = "/api/connection";
    server.call_with(Some(token), Method::POST, path, body, &[(KEY, key)]).await
}

async fn count(server: &TestServer) -> i64 {
    dump::number(server, "SELECT count(*) FROM connection").await
}

async fn keys(server: &TestServer) -> i64 {
    dump::number(server, "SELECT count(*) FROM idempotency_key").await
}

#[tokio::test]
async fn a_repeated_request_creates_one_and_answers_it_as_it_is_now() {
    let server = TestServer::new().await;
    let token = server.token().await;
    let before = count(&server).await;
    let first = post(&server, &token, MAILBOX, "\"key-1\"").await;
    assert_eq!(first.status, 200, "{first}");
    let id: i64 = first.json()["Id"].as_str().unwrap().parse().unwrap();
    assert_eq!(server.patch(&token, id, r#"{"Name":"renamed"}"#).await.status, 200);
    let second = post(&server, &token, MAILBOX, "\"key-1\"").await;
    assert_eq!(second.status, 200, "{second}");
    assert_eq!(second.json()["Id"], first.json()["Id"]);
    assert_eq!(second.json()["Name"], "renamed");
    assert_eq!(second.header(header::ETAG), Some("\"2.0\""));
    assert_eq!(count(&server).await, before + 1);
    // The control: another key, and none, create another.
    for key in [Some("\"key-2\""), None, None] {
        let answer = match key {
            Some(key) => post(&server, &token, MAILBOX, key).await,
            None => server.post(&token, MAILBOX).await,
        };
        assert_ne!(answer.json()["Id"], first.json()["Id"]);
    }
    assert_eq!(count(&server).await, before + 4);
}

#[tokio::test]
async fn another_body_under_the_same_key_is_refused() {
    let server = TestServer::new().await;
    let token = server.token().await;
    assert_eq!(post(&server, &token, MAILBOX, "k").await.status, 200);
    let before = dump::everything(&server).await;
    for other in [("canary-3f9a", "canary-4f9b"), ("\"new\"", "\"newer\""), ("993", "143")] {
        let answer = post(&server, &token, &MAILBOX.replace(other.0, other.1), "k").await;
        assert_eq!(answer.status, 422, "{other:?} {answer}");
        assert!(answer.message().contains("Idempotency-Key"), "{answer}");
        assert!(!answer.body.contains("canary"), "{answer}");
    }
    assert_eq!(dump::everything(&server).await, before);
    let rows = before.iter().filter(|row| row.starts_with("idempotency_key: "));
    let rows: Vec<_> = rows.collect();
    assert_eq!(rows.len(), 1);
    assert!(!rows[0].contains("canary") && !rows[0].contains("'k'"), "{rows:?}");
}

#[tokio::test]
async fn a_refused_request_uses_no_key() {
    let server = TestServer::new().await;
    let token = server.token().await;
    let refused = post(&server, &token, &MAILBOX.replace("993", "99999"), "k").await;
    assert_eq!(refused.status, 422);
    assert_eq!(keys(&server).await, 0);
    assert_eq!(post(&server, &token, MAILBOX, "k").await.status, 200);
}

#[tokio::test]
async fn a_malformed_key_is_refused() {
    let server = TestServer::new().await;
    let token = server.token().await;
    for key in ["", &"k".repeat(256)] {
        let answer = post(&server, &token, MAILBOX, key).await;
        assert_eq!(answer.status, 400, "{answer}");
        assert!(answer.message().contains("1 to 255"), "{answer}");
    }
    assert_eq!(post(&server, &token, MAILBOX, &"k".repeat(255)).await.status, 200);
    let twice = [(KEY, "a"), (KEY, "b")];
    let path = "/api/connection";
    let answer = server.call_with(Some(&token), Method::POST, path, MAILBOX, &twice).await;
    assert_eq!(answer.status, 400, "{answer}");
}

#[tokio::test]
async fn a_key_is_a_users_on_a_site() {
    let server = TestServer::new().await;
    let mut seen = BTreeSet::new();
    let (both, password) = ("both@patchbay.test", "patchbay-both");
    for token in [
        server.token().await,
        server.token_of("editor@patchbay.test", "patchbay-editor", "169").await,
        server.token_of(both, password, "169").await,
        server.token_of(both, password, "170").await,
    ] {
        let answer = post(&server, &token, MAILBOX, "k").await;
        assert_eq!(answer.status, 200, "{answer}");
        assert!(seen.insert(answer.json()["Id"].to_string()), "{answer}");
    }
}

#[tokio::test]
async fn a_repeat_needs_the_role_and_ends_after_a_day() {
    let server = TestServer::new().await;
    let demo = Caller::of(&server, "demo", 169).await;
    let editor = Caller::of(&server, "editor", 169).await;
    let first = post(&server, &editor.token, MAILBOX, "k").await;
    let UserId(user) =
        server.database.store.user("editor@patchbay.test").await.unwrap().unwrap().id;
    let role = async |role: &str| {
        let body = format!("user={user}&role={role}");
        assert_eq!(server.form(&demo.cookie, "/team/role", &body).await.status, 303);
    };
    role("viewer").await;
    assert_eq!(post(&server, &editor.token, MAILBOX, "k").await.status, 403);
    role("editor").await;
    server.pass(24 * 60 * 60 - 60);
    let token = server.token_of("editor@patchbay.test", "patchbay-editor", "169").await;
    assert_eq!(post(&server, &token, MAILBOX, "k").await.json()["Id"], first.json()["Id"]);
    server.services().maintain().await.unwrap();
    assert_eq!(keys(&server).await, 1, "control");
    server.pass(60);
    assert_ne!(post(&server, &token, MAILBOX, "k").await.json()["Id"], first.json()["Id"]);
    server.pass(24 * 60 * 60);
    server.services().maintain().await.unwrap();
    assert_eq!(keys(&server).await, 0);
}

#[tokio::test]
async fn of_several_at_once_one_creates() {
    let server = TestServer::new().await;
    let token = server.token().await;
    let before = count(&server).await;
    let posts = (0..8).map(|_| post(&server, &token, MAILBOX, "k"));
    let answers = futures_util::future::join_all(posts).await;
    let ids: BTreeSet<_> = answers.iter().map(|answer| answer.json()["Id"].to_string()).collect();
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert_eq!((ids.len(), count(&server).await), (1, before + 1));
}

/// Each server has its own queue of writers, so here the database alone puts them in an order.
#[tokio::test]
async fn of_two_servers_at_once_one_creates() {
    let server = TestServer::new().await;
    let (here, there) = (server.services().clone(), server.neighbour().await);
    let before = count(&server).await;
    let user = server.database.store.user("demo@patchbay.test").await.unwrap().unwrap().id;
    let via = shared::audit::Via::Api;
    let caller = here.principal(user, SiteId(169), via).await.unwrap().unwrap();
    let patch = [
        (Field::Name, "new"),
        (Field::UserId, "a@b.example"),
        (Field::From, "a@b.example"),
        (Field::Host, "mail.b.example"),
        (Field::Port, "993"),
        (Field::Password, "pw-1"),
    ];
    let patch = patch
        .iter()
        .fold(ConnectionPatch::default(), |patch, (field, value)| patch.with(*field, Some(value)));
    for round in 0..5 {
        let request = || CreateRequest {
            idempotency_key: Some(format!("round {round}")),
            ..CreateRequest::of(Channel::EmailInbound, patch.clone())
        };
        let (one, other) =
            tokio::join!(here.create(&caller, request()), there.create(&caller, request()));
        assert_eq!(one.unwrap().connection.id, other.unwrap().connection.id);
    }
    assert_eq!(count(&server).await, before + 5);
    there.store().close().await;
}
