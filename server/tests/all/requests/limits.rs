//! Bodies, places, time and panics.

use super::{bad_routes, plain, short};
use crate::{
    support::{TestServer, send},
    web::Browser,
};
use axum::{
    body::Body,
    http::{Method, Request, header},
};
use futures_util::{future::join_all, stream};
use server::http::{Limits, client::Peer};
use std::{
    convert::Infallible,
    time::{Duration, Instant},
};

const SITE: header::HeaderName = header::HeaderName::from_static("sec-fetch-site");

#[tokio::test]
async fn a_panic_is_an_answer_that_says_nothing_of_it() {
    let router = bad_routes(short());
    for _ in 0..3 {
        let page = send(&router, plain("/panic")).await;
        assert_eq!(page.status, 500);
        assert!(page.body.starts_with("<!DOCTYPE html>") && !page.body.contains("canary"));
        let envelope = send(&router, plain("/api/panic")).await;
        assert_eq!(envelope.status, 500);
        assert_eq!(envelope.message(), "The server could not do this; try again later");
        assert!(!envelope.body.contains("canary"));
    }
}

#[tokio::test]
async fn what_finds_no_place_is_refused_at_once() {
    let router = bad_routes(short());
    for (path, other) in [("/slow", "/api/slow"), ("/api/slow", "/slow")] {
        let answers = join_all((0..5).map(|_| send(&router, plain(path)))).await;
        let count = |status: u16| answers.iter().filter(|a| a.status == status).count();
        assert_eq!((count(200), count(503)), (2, 3), "two places");
        let refused = answers.iter().find(|answer| answer.status == 503).unwrap();
        assert_eq!(refused.header(header::RETRY_AFTER), Some("1"));
        let message = "The server has too much to do: try again in a moment";
        if path.starts_with("/api") {
            assert_eq!(refused.message(), message);
        } else {
            assert!(refused.body.starts_with("<!DOCTYPE html>") && refused.body.contains(message));
        }
        assert_eq!(send(&router, plain(other)).await.status, 200, "the places are free again");
    }
    // A panic and a request that is given up leave their places, too.
    for _ in 0..3 {
        assert_eq!(send(&router, plain("/panic")).await.status, 500);
    }
    assert_eq!(send(&router, plain("/slow")).await.status, 200);
}

/// A request over a connection from this address.
fn from(address: &str, path: &str) -> Request<Body> {
    let mut request = plain(path);
    request.extensions_mut().insert(Peer(address.parse().unwrap()));
    request
}

#[tokio::test]
async fn an_address_leaves_places_to_others() {
    let router = bad_routes(Limits { max_in_flight: 8, max_in_flight_per_user: 2, ..short() });
    let requests = ["192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.2"];
    let answers = join_all(requests.map(|from_| send(&router, from(from_, "/api/slow")))).await;
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    assert_eq!(statuses, [200, 200, 429, 429, 200, 200]);
    assert_eq!(answers[2].header(header::RETRY_AFTER), Some("1"));
    assert!(answers[2].message().starts_with("You or your site have too many"), "{}", answers[2]);
}

#[tokio::test]
async fn a_monitor_needs_no_place() {
    let router = bad_routes(short());
    let endless = || async { send(&router, plain("/endless")).await.status };
    let health = async {
        tokio::task::yield_now().await;
        [send(&router, plain("/slow")).await.status, send(&router, plain("/healthz")).await.status]
    };
    let (_, _, statuses) = tokio::join!(endless(), endless(), health);
    assert_eq!(statuses.map(|status| status.as_u16()), [503, 200]);
}

#[tokio::test]
async fn what_takes_too_long_is_ended() {
    let router = bad_routes(short());
    let start = Instant::now();
    let answer = send(&router, plain("/api/endless")).await;
    assert_eq!(answer.status, 503);
    assert!(start.elapsed() < Duration::from_millis(1500));
    assert!(answer.message().starts_with("This took too long"));
    assert_eq!(send(&router, plain("/slow")).await.status, 200, "and leaves its place");
}

#[tokio::test]
async fn bodies_are_limited_everywhere() {
    let server = TestServer::new().await;
    for (path, kib) in [
        ("/login", 16),
        ("/logout", 64),
        ("/connections/646", 64),
        ("/connections/646/enabled", 64),
        ("/connections/new?channel=twitter", 64),
        ("/rpc/connection/create", 64),
        ("/nowhere", 64),
        ("/healthz", 64),
        ("/api/authenticate", 4),
        ("/api/connection", 64),
        ("/api/nothing", 64),
    ] {
        let size = kib << 10;
        for (length, too_large) in [(size, false), (size + 1, true)] {
            let body = "a".repeat(length);
            let headers = [(SITE, "same-origin")];
            let answer = server.call_with(None, Method::POST, path, &body, &headers).await;
            assert_eq!(answer.status == 413, too_large, "{path} {length}: {}", answer.status);
            if too_large && path.starts_with("/api") {
                assert_eq!(answer.message(), "The body is too large");
            }
        }
        // Without a length that is announced.
        let chunk = Ok::<_, Infallible>("a".repeat(1000));
        let body = Body::from_stream(stream::iter(std::iter::repeat_n(chunk, 100)));
        let request = Request::post(path).header(SITE, "same-origin").body(body).unwrap();
        assert_eq!(server.send(request).await.status, 413, "{path}");
    }
}

#[tokio::test]
async fn the_longest_form_that_makes_sense_is_taken() {
    let browser = Browser::signed_in().await;
    let headers = [(SITE, "same-origin"), (header::COOKIE, browser.cookie.as_str())];
    let body = format!(r#"{{"id":646,"version":1,"patch":{{"Name":"{}"}}}}"#, "a".repeat(60_000));
    let path = "/rpc/connection/patch";
    let answer = browser.server.call_with(None, Method::PATCH, path, &body, &headers).await;
    assert_eq!(answer.status, 422, "too long a name, and the answer says so");
}
