//! What watches the server: whether it answers, and whether it can do its work.

use crate::support::{Answer, TestServer};
use axum::{body::Body, http::Request};
use server::http::{Limits, WebConfig, client::Peer, client::TrustedProxies};
use std::fs;

/// Asks as somebody at an address does, with a header if it is not empty.
async fn ask(server: &TestServer, path: &str, peer: &str, forwarded: &str) -> Answer {
    let mut request = Request::get(path).extension(Peer(peer.parse().unwrap()));
    if !forwarded.is_empty() {
        request = request.header("x-forwarded-for", forwarded);
    }
    server.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_server_that_cannot_write_lives_but_is_not_ready() {
    let server = TestServer::new().await;
    let ready = ask(&server, "/readyz", "127.0.0.1", "").await;
    assert_eq!((ready.status.as_u16(), ready.body.as_str()), (200, "ok"));
    server.database.store.close().await;
    // What was found holds for a second.
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let unready = ask(&server, "/readyz", "127.0.0.1", "").await;
    assert_eq!(unready.status, 503);
    assert!(unready.body.contains("the database failed"), "{}", unready.body);
    let alive = ask(&server, "/healthz", "127.0.0.1", "").await;
    assert_eq!((alive.status.as_u16(), alive.body.as_str()), (200, "ok"));
}

#[tokio::test]
async fn only_the_operators_network_learns_why() {
    let trusted_proxies = TrustedProxies::new(vec!["10.0.0.0/24".parse().unwrap()]);
    let config = WebConfig { trusted_proxies, ..WebConfig::default() };
    let server = TestServer::with_web(&config).await;
    fs::remove_file(server.database.vault.path()).unwrap();
    for (peer, forwarded, learns) in [
        ("127.0.0.1", "", true),
        ("::1", "", true),
        ("10.0.0.9", "", true),
        ("10.0.0.9", "10.0.0.7", true),
        ("192.0.2.1", "", false),
        ("192.0.2.1", "127.0.0.1", false),
        ("10.0.0.9", "192.0.2.1", false),
        // A proxy on the machine that nobody named forwards for anybody.
        ("127.0.0.1", "192.0.2.1", false),
    ] {
        let answer = ask(&server, "/readyz", peer, forwarded).await;
        assert_eq!(answer.status, 503);
        let has_reason = answer.body.contains("there is no key ring at");
        assert_eq!(has_reason, learns, "{peer} {forwarded}: {}", answer.body);
        assert_eq!(answer.body == "not ready", !learns, "{peer} {forwarded}");
    }
}

#[tokio::test]
async fn they_take_no_place() {
    let limits = Limits { max_in_flight: 0, ..Limits::default() };
    let server = TestServer::with_web(&WebConfig { limits, ..WebConfig::default() }).await;
    assert_eq!(ask(&server, "/login", "127.0.0.1", "").await.status, 503, "control");
    for path in ["/healthz", "/readyz"] {
        assert_eq!(ask(&server, path, "127.0.0.1", "").await.status, 200, "{path}");
    }
}
