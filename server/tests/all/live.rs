//! The streams of events, which tell of changes as they happen.

use crate::{caller::Caller, support::TestServer};
use axum::{
    Router,
    body::{Body, BodyDataStream},
    http::{HeaderMap, Request, StatusCode, header},
};
use futures_util::StreamExt;
use serde_json::{Value, json};
use server::http::WebConfig;
use std::time::Duration;
use tokio::time::timeout;
use tower::ServiceExt;

pub const API: &str = "/api/connection/events";
const UI: &str = "/rpc/events";

/// Nothing here takes so long, unless it never comes.
const LONG: Duration = Duration::from_secs(20);

/// A stream that is being read.
pub struct Events {
    body: BodyDataStream,
    read: String,
    /// How long the server asks to wait before the next attempt, in milliseconds.
    pub retry: Option<String>,
}

impl Events {
    /// The next event's id and data; `None` at the end of the stream.
    pub async fn next(&mut self) -> Option<(i64, Value)> {
        timeout(LONG, self.read_next()).await.expect("an event or the end")
    }

    async fn read_next(&mut self) -> Option<(i64, Value)> {
        loop {
            while let Some((block, rest)) = self.read.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.read = rest;
                let line = |name: &str| {
                    let mut lines = block.lines().filter_map(|line| line.split_once(": "));
                    lines.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
                };
                self.retry = line("retry").or(self.retry.take());
                if let Some(data) = line("data") {
                    assert_eq!(line("event").unwrap(), "connection");
                    let id = line("id").unwrap().parse().unwrap();
                    return Some((id, serde_json::from_str(&data).unwrap()));
                }
            }
            let bytes = self.body.next().await?;
            self.read += std::str::from_utf8(&bytes.unwrap()).unwrap();
        }
    }
}

/// What a server answers to who wants to listen.
async fn ask(
    router: Router,
    path: &str,
    headers: &[(&str, &str)],
) -> (StatusCode, HeaderMap, BodyDataStream) {
    let mut request = Request::get(path).header(header::HOST, "patchbay.test");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    (parts.status, parts.headers, body.into_data_stream())
}

pub async fn listen(router: Router, path: &str, headers: &[(&str, &str)]) -> Events {
    let (status, headers, body) = ask(router, path, headers).await;
    assert_eq!(status, 200);
    assert_eq!(headers[header::CONTENT_TYPE], "text/event-stream");
    Events { body, read: String::new(), retry: None }
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

#[tokio::test]
async fn changes_are_sent_as_they_happen_on_every_server() {
    let server = TestServer::new().await;
    let caller = Caller::of(&server, "demo", 169).await;
    let bearer = bearer(&caller.token);
    let neighbour = server::router(server.neighbour().await, &WebConfig::default());
    let auth = [("authorization", bearer.as_str())];
    let cookie = [("cookie", caller.cookie.as_str())];
    let mut all = [
        listen(server.router(), API, &auth).await,
        listen(server.router(), UI, &cookie).await,
        listen(neighbour.clone(), API, &auth).await,
        listen(neighbour, UI, &cookie).await,
    ];
    server.patch(&caller.token, 612, r#"{"Name":"one"}"#).await;
    server.patch(&caller.token, 612, r#"{"Name":"one"}"#).await;
    server.form(&caller.cookie, "/connections/646/enabled", "version=1&enabled=0").await;
    let data = |id: i64, kind: &str| json!({ "Id": id, "Version": 2, "Kind": kind });
    let mut ids = vec![];
    for events in &mut all {
        let (first, one) = events.next().await.unwrap();
        let (second, two) = events.next().await.unwrap();
        assert_eq!(one, data(612, "connection-changed"));
        assert_eq!(two, data(646, "connection-changed"), "what changes nothing is no event");
        ids.push((first, second));
    }
    assert!(ids[0].0 < ids[0].1);
    assert!(ids.iter().all(|pair| *pair == ids[0]), "the same on both servers: {ids:?}");
}

#[tokio::test]
async fn who_says_how_far_it_got_misses_nothing() {
    let server = TestServer::new().await;
    let caller = Caller::of(&server, "demo", 169).await;
    let bearer = bearer(&caller.token);
    let after = async |last: &str| {
        let headers = [("authorization", bearer.as_str()), ("last-event-id", last)];
        listen(server.router(), API, &headers).await
    };
    let names = |n: i64| format!(r#"{{"Name":"name {n}"}}"#);
    let before = server.services().last_event(shared::SiteId(169)).await.unwrap();
    for n in 0..250 {
        server.patch(&caller.token, 612, &names(n)).await;
    }
    let mut missed = after(&before.to_string()).await;
    for n in 0..250 {
        let (id, data) = missed.next().await.unwrap();
        assert_eq!((id, &data["Version"]), (before + 1 + n, &json!(n + 2)));
    }
    // A number that the site never reached is where it stands now.
    let mut ahead = after("900000").await;
    let from_page = format!("{UI}?after={}", before + 249);
    let mut page = listen(server.router(), &from_page, &[("cookie", &caller.cookie)]).await;
    let headers = [("cookie", caller.cookie.as_str()), ("last-event-id", "900000")];
    let mut again = listen(server.router(), &from_page, &headers).await;
    assert_eq!(page.next().await.unwrap().0, before + 250, "what came after the page was made");
    server.patch(&caller.token, 646, &names(1)).await;
    for events in [&mut missed, &mut ahead, &mut page, &mut again] {
        assert_eq!(events.next().await.unwrap().1["Id"], 646);
    }
}

#[tokio::test]
async fn another_sites_changes_are_not_sent() {
    let server = TestServer::new().await;
    let ours = Caller::of(&server, "demo", 169).await;
    let theirs = Caller::of(&server, "other", 170).await;
    let (token, from_the_first) = (bearer(&theirs.token), ("last-event-id", "0"));
    let mut events =
        listen(server.router(), API, &[("authorization", &token), from_the_first]).await;
    server.patch(&ours.token, 612, r#"{"Name":"ours"}"#).await;
    let own = server.get(&theirs.token, "/api/connection?limit=1").await.json()["data"][0]["Id"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    server.patch(&theirs.token, own, r#"{"Name":"theirs"}"#).await;
    while let Some((_, data)) = events.next().await {
        assert_ne!(data["Id"], 612);
        if data["Id"] == own && data["Kind"] == "connection-changed" {
            return;
        }
    }
    panic!("their own change was not sent");
}

#[tokio::test]
async fn nothing_is_sent_to_those_who_may_not_listen_any_more() {
    let server = TestServer::new().await;
    let admin = Caller::of(&server, "demo", 169).await;
    let editor = Caller::of(&server, "editor", 169).await;
    let token = bearer(&editor.token);
    let mut api = listen(server.router(), API, &[("authorization", &token)]).await;
    let mut ui = listen(server.router(), UI, &[("cookie", &editor.cookie)]).await;
    server.patch(&admin.token, 612, r#"{"Name":"seen"}"#).await;
    assert_eq!(api.next().await.unwrap().1["Id"], 612, "the control");
    assert_eq!(ui.next().await.unwrap().1["Id"], 612, "the control");
    let out = server.form(&admin.cookie, "/team/enabled", "user=3&enabled=0").await;
    assert_eq!(out.status, 303);
    server.patch(&admin.token, 612, r#"{"Name":"not seen"}"#).await;
    assert_eq!(api.next().await, None);
    assert_eq!(ui.next().await, None);
}

#[tokio::test]
async fn a_server_that_stops_ends_its_streams() {
    let server = TestServer::new().await;
    let caller = Caller::of(&server, "demo", 169).await;
    let token = bearer(&caller.token);
    let mut events = listen(server.router(), API, &[("authorization", &token)]).await;
    server.services().end_streams();
    assert_eq!(events.next().await, None);
    let (status, headers, _) = ask(server.router(), API, &[("authorization", &token)]).await;
    assert_eq!((status.as_u16(), &headers[header::RETRY_AFTER]), (503, &"1".parse().unwrap()));
}

#[tokio::test]
async fn listening_takes_a_caller_and_a_number() {
    let server = TestServer::new().await;
    let caller = Caller::of(&server, "demo", 169).await;
    assert_eq!(server.get("x", API).await.message(), "Invalid token");
    assert_eq!(server.page("", UI).await.status, 401);
    let headers = [(server::http::events::LAST_EVENT_ID, "x")];
    let wrong =
        server.call_with(Some(&caller.token), axum::http::Method::GET, API, "", &headers).await;
    assert_eq!(wrong.status, 400);
    assert!(wrong.message().starts_with("Last-Event-ID takes"), "{wrong}");
}

/// A board that is kept up to date must not keep the session of somebody who left.
#[tokio::test]
async fn what_a_page_asks_for_by_itself_makes_no_session_last() {
    let server = TestServer::new().await;
    let caller = Caller::of(&server, "demo", 169).await;
    let visit = async |headers: &[(header::HeaderName, &str)]| {
        let cookie = (header::COOKIE, caller.cookie.as_str());
        let headers = [headers, &[cookie]].concat();
        let get = axum::http::Method::GET;
        server.call_with(None, get, "/", "", &headers).await.status.as_u16()
    };
    let unattended = (header::HeaderName::from_static("x-unattended"), "1");
    server.pass(20 * 60);
    assert_eq!(visit(&[]).await, 200);
    server.pass(20 * 60);
    assert_eq!(
        visit(std::slice::from_ref(&unattended)).await,
        200,
        "the visit before made it last"
    );
    server.pass(15 * 60);
    assert_eq!(visit(&[unattended]).await, 303, "the one by itself did not");
}
