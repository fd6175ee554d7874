//! One user does their worst; the others notice nothing.
//! Each bound needs a crowd of its own, which makes it long.

use crate::{
    caller::Caller,
    dump,
    live::{API, listen},
    mail,
    provider_tests::{FACEBOOK, facebook, stub},
    sql::Seen,
    support::{Answer, TestServer},
};
use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use futures_util::{StreamExt, future::join_all, stream::FuturesUnordered};
use serde_json::{Value, json};
use server::{
    audit::{Actor, AuditEvent},
    http::{ClientAddr, Limits, client::Peer},
    probe::Encryption,
    provider::ProviderSettings,
    service::Settings,
    store::SERVER,
};
use shared::{SiteId, audit::EventKind};
use std::{
    net::{Ipv4Addr, TcpListener},
    time::Duration,
};
use tokio::time::interval;
use tower::ServiceExt;

const INBOUND: i64 = 612;

/// A mail server that takes connections and says nothing.
fn silent() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let mut held = vec![];
        for stream in listener.incoming() {
            held.push(stream);
        }
    });
    port
}

/// A server whose tests may reach a port of this machine.
async fn server(port: u16, providers: ProviderSettings) -> TestServer {
    let probe = mail::reachable(vec![(port, Encryption::StartTls)]);
    TestServer::with_settings(Settings { probe, providers, ..Settings::default() }).await
}

/// A test of a connection at that port, as the API asks for it.
fn test_request(token: &str, port: u16) -> Request<Body> {
    let body = json!({ "Host": "127.0.0.1", "Port": port.to_string(), "Password": "x" });
    Request::post(format!("/api/connection/{INBOUND}/test"))
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_string()))
        .unwrap()
}

/// So few places that tests which kept theirs would take them all.
fn few_places() -> Limits {
    Limits {
        max_in_flight: 16,
        max_in_flight_per_site: 8,
        max_in_flight_per_user: 4,
        ..Limits::default()
    }
}

#[tokio::test]
async fn tests_of_one_user_keep_nobody_from_working() {
    let port = silent();
    let server = server(port, stub::start().await).await.within(few_places());
    let editor = Caller::of(&server, "editor", 169).await;
    let other = Caller::of(&server, "other", 170).await;
    let demo = server.token().await;
    let values = facebook("PAGE", "USER").to_string();
    assert_eq!(server.patch(&demo, FACEBOOK, &values).await.status, 200);
    server.pass(20);

    // Many at once, and then 20 a second as long as the others work.
    let ask = || {
        let mut request = test_request(&editor.token, port);
        request.extensions_mut().insert(Peer([192, 0, 2, 1].into()));
        let router = server.router();
        async move { router.oneshot(request).await.unwrap() }
    };
    let mut asked: FuturesUnordered<_> = (0..60).map(|_| ask()).collect();
    let mut begun = vec![];
    let mut refused = 0;
    let worst = async {
        let mut more = interval(Duration::from_millis(50));
        loop {
            let response = tokio::select! {
                Some(response) = asked.next() => response,
                _ = more.tick() => {
                    asked.push(ask());
                    continue;
                }
            };
            match response.status() {
                // Held open: the test goes on until its answer is dropped.
                StatusCode::OK => begun.push(response),
                status => {
                    assert_eq!(status, 429);
                    assert!(response.headers().contains_key(header::RETRY_AFTER));
                    refused += 1;
                }
            }
        }
    };
    let start = std::time::Instant::now();
    let others = async {
        let path = "/api/connection?limit=1";
        for _ in 0..30 {
            assert_eq!(server.get(&other.token, path).await.status, 200);
            assert_eq!(server.page(&other.cookie, "/").await.status, 200);
            assert_eq!(server.call(None, Method::GET, "/healthz", "").await.status, 200);
        }
        server.services().test_due().await.unwrap().0
    };
    tokio::select! {
        _ = worst => unreachable!("it goes on and on"),
        due = others => assert_eq!(due, 1, "the scheduler has turns of its own"),
    }
    assert!(refused > 50, "{refused}");
    // Two at once, each until its server has been silent for five seconds.
    let rounds = usize::try_from(start.elapsed().as_secs() / 5).unwrap() + 1;
    assert!(begun.len() <= 2 * rounds + 8, "those that ran and those that wait: {}", begun.len());
}

#[tokio::test]
async fn a_test_ends_with_the_server() {
    let port = silent();
    let server = server(port, ProviderSettings::default()).await;
    let token = server.token().await;
    let response = server.router().oneshot(test_request(&token, port)).await.unwrap();
    assert_eq!(response.status(), 200, "before the test is over");
    server.services().end_streams();
    let body = axum::body::to_bytes(response.into_body(), 1 << 16).await.unwrap();
    let report: Value = serde_json::from_slice(&body).unwrap();
    let stages = report["stages"].as_array().unwrap();
    assert!(report["ok"] == false && stages.iter().all(|stage| stage["ok"] == true), "{report}");
}

#[tokio::test]
async fn requests_of_one_user_leave_places_to_others() {
    let server = TestServer::new().await.within(few_places());
    let token = async |name: &str, site: &str| {
        let (email, password) = (format!("{name}@patchbay.test"), format!("patchbay-{name}"));
        server.token_of(&email, &password, site).await
    };
    // A token of one's own for each request is of no use.
    let mut tokens = vec![];
    for _ in 0..3 {
        tokens.push(token("editor", "169").await);
    }
    let other = token("other", "170").await;
    let get = |n: usize, token: &str| {
        let request = Request::get("/api/connection")
            .header(header::AUTHORIZATION, format!("Bearer {token}"));
        let mut request = request.body(Body::empty()).unwrap();
        request.extensions_mut().insert(Peer([192, 0, 2, u8::try_from(n).unwrap()].into()));
        server.send(request)
    };
    let worst = join_all((0..12).map(|n| get(n, &tokens[n % 3])));
    let others = join_all((100..104).map(|n| get(n, &other)));
    let (worst, others) = tokio::join!(worst, others);
    let count = |answers: &[Answer], status| answers.iter().filter(|a| a.status == status).count();
    assert_eq!(count(&others, StatusCode::OK), 4);
    let refused = count(&worst, StatusCode::TOO_MANY_REQUESTS);
    assert!(refused > 0, "all found a place");
    assert_eq!(count(&worst, StatusCode::OK) + refused, 12);
    let answer = worst.iter().find(|answer| answer.status == 429).unwrap();
    assert_eq!(answer.header(header::RETRY_AFTER), Some("1"));
}

#[tokio::test]
async fn streams_of_one_user_leave_room_for_others() {
    let server = TestServer::new().await;
    let viewer = Caller::of(&server, "viewer", 169).await;
    let admin = Caller::of(&server, "demo", 169).await;
    let other = Caller::of(&server, "other", 170).await;
    let cookie = [("cookie", viewer.cookie.as_str())];
    let mut opened = vec![];
    for _ in 0..100 {
        opened.push(listen(server.router(), "/rpc/events", &cookie).await);
    }
    let token = format!("Bearer {}", other.token);
    let mut events = listen(server.router(), API, &[("authorization", &token)]).await;
    let own = server.get(&other.token, "/api/connection?limit=1").await.json()["data"][0]["Id"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    server.patch(&other.token, own, r#"{"Name":"theirs"}"#).await;
    assert_eq!(events.next().await.unwrap().1["Id"], own);
    server.patch(&admin.token, INBOUND, r#"{"Name":"ours"}"#).await;
    let kept = opened.split_off(100 - 16);
    for mut events in kept {
        assert_eq!(events.next().await.unwrap().1["Id"], INBOUND, "the newest go on");
    }
    for mut events in opened {
        assert_eq!(events.next().await, None, "the oldest ended");
        assert_eq!(events.retry.as_deref(), Some("60000"), "and say when to come again");
    }
}

/// The statements that one change after the other costs with this number of listeners.
async fn statements(listeners: usize) -> usize {
    const CHANGES: i64 = 5;
    let server = TestServer::new().await;
    let admin = Caller::of(&server, "demo", 169).await;
    let mut callers = vec![];
    for name in ["editor", "viewer"] {
        callers.push(Caller::of(&server, name, 169).await);
    }
    let seen = Seen::new();
    let mut all = vec![];
    for n in 0..listeners {
        let cookie = [("cookie", callers[n % 2].cookie.as_str())];
        let listening = listen(server.router(), "/rpc/events", &cookie);
        // The first one's task reads for all.
        all.push(if n == 0 { seen.within(listening).await } else { listening.await });
    }
    for n in 0..CHANGES {
        server.patch(&admin.token, INBOUND, &json!({ "Name": n.to_string() }).to_string()).await;
        for events in &mut all {
            assert_eq!(seen.within(events.next()).await.unwrap().1["Version"], n + 2);
        }
    }
    drop(all);
    server.database.store.close().await;
    let all = seen.statements();
    // Before the first change each new listener's rights are read, in as many statements as there was time for.
    let first =
        all.iter().position(|sql| sql.starts_with("SELECT number, kind")).expect("a change");
    // How often it is looked for changes depends on the time that this took.
    let polls = |sql: &&String| sql.contains("FROM audit_head WHERE site_id IN");
    all[first..].iter().filter(|sql| !polls(sql)).count()
}

#[tokio::test]
async fn a_change_costs_no_more_for_many_listeners() {
    let (few, many) = (statements(2).await, statements(30).await);
    assert!(few > 10, "they are seen");
    // Rights are also read every 15 s.
    assert!(many < few + 10, "{few}, {many}");
}

/// A sign-in by the API from an address.
async fn sign_in(server: &TestServer, address: &str, email: &str, password: &str) -> Answer {
    let body = json!({ "email": email, "password": password, "siteId": "169" });
    post(server, address, "/api/authenticate", "application/json", body.to_string()).await
}

async fn post(server: &TestServer, address: &str, path: &str, media: &str, body: String) -> Answer {
    let request = Request::post(path)
        .header(header::CONTENT_TYPE, media)
        .header("sec-fetch-site", "same-origin");
    let mut request = request.body(Body::from(body)).unwrap();
    request.extensions_mut().insert(ClientAddr(address.parse().unwrap()));
    server.send(request).await
}

#[tokio::test]
async fn refused_sign_ins_cost_no_statement() {
    const FORM: &str = "application/x-www-form-urlencoded";
    let server = TestServer::new().await;
    let address = "192.0.2.1";
    for n in 0..5 {
        let email = format!("user{n}@patchbay.test");
        assert_eq!(sign_in(&server, address, &email, "x").await.status, 401);
    }
    assert_eq!(sign_in(&server, address, "first@patchbay.test", "x").await.status, 429);
    let seen = Seen::new();
    let flood = async {
        for n in 0..20 {
            let email = format!("other{n}@patchbay.test");
            let refused = sign_in(&server, address, &email, "x").await;
            assert_eq!(refused.status, 429);
            assert_eq!(refused.header(header::RETRY_AFTER), Some("60"));
            let form = format!("email={email}&password=x&siteId=169");
            let page = post(&server, address, "/login", FORM, form).await;
            assert!(page.status == 429 && page.body.contains("60 seconds"), "{page}");
            let joined =
                post(&server, address, "/invite/0000", FORM, "password=x".to_owned()).await;
            assert_eq!(joined.status, 429);
        }
    };
    seen.within(flood).await;
    let control = Seen::new();
    let wrong = control.within(sign_in(&server, "192.0.2.2", "first@patchbay.test", "x"));
    assert_eq!(wrong.await.status, 401, "another address is looked at");
    server.database.store.close().await;
    assert_eq!(seen.statements(), Vec::<String>::new());
    assert!(!control.statements().is_empty());
}

#[tokio::test]
async fn a_failed_sign_in_costs_the_same_for_members_and_others() {
    let server = TestServer::new().await;
    for host in 0..12 {
        let address = format!("198.51.100.{host}");
        assert_eq!(sign_in(&server, &address, "nobody@patchbay.test", "x").await.status, 401);
    }
    let mut costs = vec![];
    for (n, email) in ["viewer@patchbay.test", "somebody@patchbay.test"].into_iter().enumerate() {
        let seen = Seen::new();
        let wrong = seen.within(sign_in(&server, &format!("192.0.2.{n}"), email, "x")).await;
        assert_eq!(wrong.status, 401);
        costs.push(seen);
    }
    let failed = "SELECT count(*) FROM audit WHERE kind = 'sign-in-failed' AND who LIKE 'viewer@%'";
    assert_eq!(dump::number(&server, failed).await, 1, "it is written down all the same");
    server.database.store.close().await;
    let costs: Vec<_> = costs.into_iter().map(Seen::statements).collect();
    assert!(!costs[0].is_empty());
    assert_eq!(costs[0], costs[1]);
}

#[tokio::test]
async fn a_clock_that_is_set_back_locks_nobody_out() {
    let server = TestServer::new().await;
    let attempt = async |password: &str| {
        sign_in(&server, "192.0.2.1", "demo@patchbay.test", password).await.status.as_u16()
    };
    server.pass(2 * 60 * 60);
    for expected in [401, 401, 401, 401, 401, 429] {
        assert_eq!(attempt("x").await, expected);
    }
    server.pass(-2 * 60 * 60);
    assert_eq!(attempt("patchbay-demo").await, 200);
    for expected in [401, 401, 401, 401, 401, 429] {
        assert_eq!(attempt("x").await, expected, "the limit holds at the new time");
    }
}

#[tokio::test]
async fn downloads_have_shares_and_end_with_the_session() {
    let server = TestServer::new().await;
    let (store, auditor) = (&server.database.store, &server.auditor);
    let mut tx = store.begin(SERVER).await.unwrap();
    let events =
        || (0..600).map(|n| AuditEvent::new(EventKind::SignedOut, n.to_string())).collect();
    auditor
        .record_all(&mut *tx, SiteId(169), &Actor::operator(), events(), server.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let viewer = Caller::of(&server, "viewer", 169).await;
    let download = async |cookie: &str| {
        let request = Request::get("/activity.csv").header(header::COOKIE, cookie);
        server.router().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    };
    let refused = server.page(&viewer.cookie, "/activity.csv?connection=x").await;
    assert_eq!(refused.status, 400);
    assert!(refused.body.contains("What is not understood: connection"), "{refused}");
    let held = [download(&viewer.cookie).await, download(&viewer.cookie).await];
    assert!(held.iter().all(|response| response.status() == 200));
    let third = server.page(&viewer.cookie, "/activity.csv").await;
    assert_eq!((third.status.as_u16(), third.header(header::RETRY_AFTER)), (429, Some("10")));
    let admin = Caller::of(&server, "demo", 169).await;
    let whole = server.page(&admin.cookie, "/activity.csv").await;
    assert!(whole.status == 200 && whole.body.lines().count() > 600);

    let [first, second] = held.map(|response| response.into_body().into_data_stream());
    drop(second);
    let mut pieces = first;
    for _ in 0..2 {
        assert!(pieces.next().await.unwrap().is_ok(), "the head, and what is read before");
    }
    server.form(&viewer.cookie, "/logout", "").await;
    assert!(pieces.next().await.unwrap().is_err(), "it breaks off");
    assert!(pieces.next().await.is_none());
}

#[tokio::test]
async fn tests_of_many_end_with_the_session() {
    let server = server(0, stub::start().await).await;
    let editor = Caller::of(&server, "editor", 169).await;
    let request = Request::post("/connections/bulk")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin")
        .header(header::COOKIE, &editor.cookie);
    let request = request.body(Body::from("id=583&id=646&id=576&do=test")).unwrap();
    let response = server.router().oneshot(request).await.unwrap();
    assert_eq!(response.status(), 200);
    let mut pieces = response.into_body().into_data_stream();
    let mut text = vec![];
    for _ in 0..2 {
        text.extend(pieces.next().await.unwrap().unwrap());
    }
    assert!(String::from_utf8_lossy(&text).contains("Garden Centre Page"), "the first result");
    server.form(&editor.cookie, "/logout", "").await;
    while let Some(piece) = pieces.next().await {
        let piece = String::from_utf8(piece.unwrap().to_vec()).unwrap();
        assert!(
            !piece.contains("class=\"good\"")
                && !piece.contains("class=\"bad\"")
                && !piece.contains(" connections work"),
            "{piece}"
        );
    }
}
