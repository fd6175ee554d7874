//! What tests leave behind: the state of connections, and when they are tested next.
//! A connection’s states follow from each other.

use crate::{
    dump,
    probe::test,
    provider_tests::{FACEBOOK, TWITTER, facebook, stub, token as token_of, twitter},
    support::{Answer, OURS, TestServer},
};
use axum::http::{Method, header};
use serde_json::{Value, json};
use server::{provider::ProviderSettings, service::Settings, store::SiteScope};
use shared::{
    ConnectionId, SiteId, State,
    board::{BoardQuery, Filter},
};
use std::sync::atomic::Ordering;

async fn server(providers: ProviderSettings) -> (TestServer, String) {
    let settings = Settings { providers, ..Settings::default() };
    let server = TestServer::with_settings(settings).await;
    let token = server.token().await;
    (server, token)
}

/// Stores values, and tests what is stored.
async fn store_and_test((server, _): &(TestServer, String), values: &Value) -> Answer {
    let token = &server.token().await;
    assert_eq!(server.patch(token, FACEBOOK, &values.to_string()).await.status, 200);
    let answer = test(server, token, FACEBOOK, &json!({})).await;
    assert!(health(server).await.tested.is_some(), "it is stored before it is answered: {answer}");
    answer
}

async fn health(server: &TestServer) -> shared::health::Health {
    server.services().health(&stored(server).await)
}

async fn stored(server: &TestServer) -> server::store::Stored {
    let scope = SiteScope::operator(SiteId(169));
    server.services().get(scope, ConnectionId(FACEBOOK)).await.unwrap().unwrap()
}

/// Each failure adds one to `Error`, and to the second part of the tag.
#[tokio::test]
async fn a_test_is_answered_when_its_result_can_be_read() {
    let ours = server(stub::start().await).await;
    let (server, token) = (&ours.0, &ours.1);
    store_and_test(&ours, &facebook("EXPIRED", "USER")).await;
    let cookie = server.sign_in("demo@patchbay.test", "patchbay-demo", 169).await;
    let lines = [(header::ACCEPT, "application/x-ndjson")];
    let path = &format!("/api/connection/{FACEBOOK}");
    for n in 2..14 {
        match n % 3 {
            0 => drop(test(server, token, FACEBOOK, &json!({})).await),
            1 => {
                let path = format!("{path}/test");
                server.call_with(Some(token), Method::POST, &path, "{}", &lines).await;
            }
            _ => drop(server.form(&cookie, &format!("/connections/{FACEBOOK}/test"), "").await),
        }
        let record = server.get(token, path).await;
        assert_eq!(record.json()["Error"], n.to_string());
        assert_eq!(record.header(header::ETAG), Some(&*format!("\"2.{n}\"")));
    }
    let tag = server.get(token, path).await.header(header::ETAG).unwrap().to_owned();
    test(server, token, FACEBOOK, &json!({})).await;
    let known = [(header::IF_NONE_MATCH, &*tag)];
    let answer = server.call_with(Some(token), Method::GET, path, "", &known).await;
    assert_eq!(answer.status, 200, "what it says is another");
    // A test leaves the version, and whoever read it before may still change it.
    let guard = [(header::IF_MATCH, &*tag)];
    let body = r#"{"Name":"x"}"#;
    let answer = server.call_with(Some(token), Method::PATCH, path, body, &guard).await;
    assert_eq!(answer.status, 200, "{answer}");
}

#[tokio::test]
async fn a_test_of_what_is_stored_says_how_it_fares_and_changes_nothing_else() {
    let ours = server(stub::start().await).await;
    let (server, token) = (&ours.0, &ours.1);
    store_and_test(&ours, &facebook("EXPIRED", "USER")).await;
    let shown = health(server).await;
    assert_eq!((shown.state, shown.worked), (State::SignInFailed, None));
    let (stage, failure) = shown.failure.unwrap();
    let label = failure.field.map(|field| field.label);
    assert_eq!((stage, label), ("See the page", Some("Page access token")));
    let read = || server.get(token, "/api/connection/583");
    let record = read().await;
    assert_eq!(record.json()["Error"], "1");
    let remarks = record.json()["Remarks"].as_str().unwrap().to_owned();
    assert!(
        remarks.starts_with("The page access token has expired. The server said: “"),
        "{remarks}"
    );
    assert_eq!(
        (&record.json()["StatusId"], &record.json()["Enabled"]),
        (&"CNS1".into(), &"1".into())
    );

    // Neither the version nor the date moves, so that nobody's patch is refused for it.
    assert_eq!(record.header(header::ETAG), Some("\"2.1\""));
    let before = record.json()["ModifyDate"].clone();
    server.pass(60);
    test(server, token, FACEBOOK, &json!({})).await;
    let again = read().await;
    assert_eq!(again.json()["Error"], "2", "errors in a row");
    assert_eq!(again.header(header::ETAG), Some("\"2.2\""));
    assert_eq!(again.json()["ModifyDate"], before);

    let cookie = server.sign_in("demo@patchbay.test", "patchbay-demo", 169).await;
    let board = server.page(&cookie, "/").await.body;
    assert!(board.contains("Needs attention") && board.contains("has expired"), "{board}");
    assert!(server.page(&cookie, "/?state=attention").await.body.contains("Garden Centre Page"));
    let page = server.page(&cookie, "/connections/583").await.body;
    assert!(page.contains("Sign-in failed") && page.contains("Look at: "), "{page}");
    let activity = server.page(&cookie, "/activity").await.body;
    assert!(activity.contains("Connection tested"), "{activity}");
}

#[tokio::test]
async fn a_change_voids_what_was_known_and_a_name_does_not() {
    let ours = server(stub::start().await).await;
    let (server, token) = (&ours.0, &ours.1);
    store_and_test(&ours, &facebook("PAGESOON", "USER")).await;
    assert_eq!(health(server).await.state, State::Working);
    assert!(matches!(health(server).await.expiry, shared::health::Expiry::At { .. }));
    server.patch(token, FACEBOOK, r#"{"Name":"other"}"#).await;
    assert_eq!(health(server).await.state, State::Working);
    let values = facebook("FORBIDDEN", "USER");
    server.patch(token, FACEBOOK, &json!({ "Password": values["Password"] }).to_string()).await;
    let shown = health(server).await;
    assert_eq!((shown.state, shown.expiry), (State::Untested, shared::health::Expiry::Unknown));
    assert!(shown.worked.is_some() && shown.tested.is_none());
    server.patch(token, FACEBOOK, r#"{"Enabled":"0"}"#).await;
    assert_eq!(
        (health(server).await.state, stored(server).await.health.due_at),
        (State::Disabled, None)
    );
}

#[tokio::test]
async fn a_test_of_other_values_leaves_nothing_behind() {
    let (server, token) = server(stub::start().await).await;
    let before = stored(&server).await;
    let answer = test(&server, &token, FACEBOOK, &facebook("EXPIRED", "USER")).await;
    assert_eq!(answer.json()["ok"], false);
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    assert_eq!(stored(&server).await, before);
}

#[tokio::test]
async fn a_failure_that_may_pass_disables_nothing_and_is_tried_again_soon() {
    let ours = server(stub::start().await).await;
    let server = &ours.0;
    let wait = async || {
        let now = server.now().as_second();
        stored(server).await.health.due_at.unwrap() - now
    };
    store_and_test(&ours, &facebook("DOWN", "USER")).await;
    assert_eq!(health(server).await.state, State::Failing);
    assert!((270..=330).contains(&wait().await), "{}", wait().await);
    for count in 2..9 {
        server.pass(2 * 60 * 60);
        assert_eq!(server.services().test_due().await.unwrap(), (1, false));
        assert_eq!(stored(server).await.connection.error.as_deref(), Some(&*count.to_string()));
    }
    let last = stored(server).await;
    assert_eq!(last.connection.enabled.as_deref(), Some("1"));
    assert!((3240..=3960).contains(&wait().await), "no longer than the usual wait");
    // Whoever tries a wrong password again and again is locked out.
    store_and_test(&ours, &facebook("CHANGED", "USER")).await;
    assert!(wait().await > 77_000, "{}", wait().await);
}

#[tokio::test]
async fn a_secret_that_does_not_open_keeps_no_other_connection_from_its_test() {
    let ours = server(stub::start().await).await;
    let (server, token) = (&ours.0, &ours.1);
    let values = facebook("PAGE", "USER").to_string();
    assert_eq!(server.patch(token, FACEBOOK, &values).await.status, 200);
    assert_eq!(server.patch(token, 646, r#"{"Enabled":"0"}"#).await.status, 200);
    assert_eq!(server.patch(token, 646, r#"{"Enabled":"1"}"#).await.status, 200);
    let swap = "UPDATE connection SET password = token, token = password WHERE id = 646";
    dump::tamper(server, swap).await;
    server.pass(20);
    server.services().test_due().await.unwrap();
    assert_eq!(health(server).await.state, State::Working);
}

/// Another destination, with the password given for it.
fn moved(key: &str, value: &str) -> Value {
    json!({key: value, "Password": "given again"})
}

#[tokio::test]
async fn what_cannot_be_tested_is_not_tested_and_nowhere_a_failure() {
    let providers = stub::start().await;
    let without_app = ProviderSettings { twitter_app: None, ..providers.clone() };
    for (providers, id, values, reason) in [
        (without_app, TWITTER, twitter("GOOD"), "Tests of Twitter are not set up on this server."),
        (providers.clone(), TWITTER, twitter("PLAN"), "The plan of this server’s app at X"),
        (providers.clone(), 612, moved("Port", "1993"), "1993 is not a port"),
        (providers.clone(), 612, moved("Host", "127.0.0.1"), "This address is blocked for tests."),
        (
            providers.clone(),
            612,
            moved("Host", "192.168.7.7"),
            "This address is blocked for tests.",
        ),
    ] {
        let (server, token) = server(providers).await;
        assert_eq!(server.patch(&token, id, &values.to_string()).await.status, 200, "{reason}");
        let scope = SiteScope::operator(SiteId(169));
        let now = async || server.services().get(scope, ConnectionId(id)).await.unwrap().unwrap();
        let begin = server.now().as_second();
        server.pass(20);
        for count in 1..4 {
            assert_eq!(server.services().test_due().await.unwrap(), (1, false), "{reason}");
            let stored = now().await;
            let shown = server.services().health(&stored);
            let (_, failure) = shown.failure.unwrap();
            assert!(failure.explanation.contains(reason), "{}", failure.explanation);
            assert_eq!((shown.state, shown.tested), (State::Untested, None), "{reason}");
            // What is this server's own is said to admins, once for all connections.
            let cookie = server.sign_in("demo@patchbay.test", "patchbay-demo", 169).await;
            let team = server.page(&cookie, "/team").await;
            assert_eq!(team.body.contains(reason), id == TWITTER, "{reason}: {team}");
            let wait = stored.health.due_at.unwrap() - server.now().as_second();
            // X's tests cost money, and are daily.
            let usual = if id == TWITTER { 24 * 3600 } else { 3600 };
            let wanted = usual * 9 / 10..=usual * 11 / 10;
            assert!(wanted.contains(&wait), "no sooner than what works: {wait}");
            server.pass(usual * 11 / 10);
            assert!(server.now().as_second() - begin > count * 3000);
        }
        let token = server.token().await;
        let record = server.get(&token, &format!("/api/connection/{id}")).await.json();
        assert_eq!((&record["Error"], &record["Remarks"]), (&"0".into(), &Value::Null), "{reason}");
        let cookie = server.sign_in("demo@patchbay.test", "patchbay-demo", 169).await;
        let attention = server.page(&cookie, "/?state=attention").await.body;
        assert!(!attention.contains(&format!("connection-{id}")), "{reason}");
        let page = server.page(&cookie, &format!("/connections/{id}")).await.body;
        assert!(page.contains("Not tested") && page.contains(reason), "{page}");
        assert!(!page.contains("notice bad"), "{page}");
        let events = "SELECT count(*) FROM audit WHERE kind = 'connection-tested'";
        assert_eq!(dump::number(&server, events).await, 0, "{reason}: no change of state");
    }
}

#[tokio::test]
async fn the_answer_of_a_save_says_how_the_connection_fares_now() {
    let ours = server(stub::start().await).await;
    let server = &ours.0;
    store_and_test(&ours, &facebook("PAGE", "USER")).await;
    let version = stored(server).await.version.0;
    let cookie = server.sign_in("demo@patchbay.test", "patchbay-demo", 169).await;
    let call = async |method, function: &str, body: Value| {
        let path = format!("/rpc/connection/{function}");
        let headers =
            [(header::CONTENT_TYPE, "application/json"), OURS, (header::COOKIE, &*cookie)];
        let body = body.to_string();
        let answer = server.call_with(None, method, &path, &body, &headers).await;
        (answer.status, answer.json())
    };
    let (status, read) = call(Method::POST, "read", json!({ "id": FACEBOOK })).await;
    assert_eq!(status, 200);
    assert!(read["health"].as_str().unwrap().contains("Working"), "{read}");
    let patch =
        json!({ "id": FACEBOOK, "version": version, "patch": { "Token": token_of("OTHER") } });
    let (status, saved) = call(Method::PATCH, "patch", patch.clone()).await;
    assert_eq!(status, 200, "{saved}");
    assert!(saved["health"].as_str().unwrap().contains("Not tested"), "{saved}");
    assert_eq!(saved["view"]["version"], version + 1);
    let (status, stale) = call(Method::PATCH, "patch", patch).await;
    assert_eq!(status, 409);
    assert!(
        stale["Refused"]["Stale"]["health"].as_str().unwrap().contains("Not tested"),
        "{stale}"
    );
}

#[tokio::test]
async fn servers_of_one_database_test_each_connection_once() {
    let (providers, count) = stub::counted().await;
    let settings = || Settings { providers: providers.clone(), ..Settings::default() };
    let server = TestServer::with_settings(settings()).await;
    let token = server.token().await;
    let mut made = vec![];
    for n in 0..20 {
        let mut values = facebook(&format!("PAGE{n}"), &format!("USER{n}"));
        values["Name"] = format!("page {n}").into();
        values["MediaId"] = "FCBK".into();
        values["ProviderId"] = "PVD12".into();
        let answer = server.post(&token, &values.to_string()).await;
        assert_eq!(answer.status, 200, "{answer}");
        made.push(answer.json()["Id"].clone());
    }
    assert_eq!(server.services().test_due().await.unwrap().0, 0, "not at once");
    server.pass(20);
    let others = [server.neighbour_with(settings()).await, server.neighbour_with(settings()).await];
    let (a, b, c) =
        tokio::join!(server.services().test_due(), others[0].test_due(), others[1].test_due());
    assert_eq!(a.unwrap().0 + b.unwrap().0 + c.unwrap().0, 20);
    // The page, the user, and what each of the two tokens may do.
    assert_eq!(count.load(Ordering::Relaxed), 20 * 4);
    let found = server.get(&token, "/api/connection?limit=200").await.json();
    let found = found["data"].as_array().unwrap().iter().filter(|row| made.contains(&row["Id"]));
    assert_eq!(found.filter(|row| row["Error"] == "0").count(), 20);
    let query = BoardQuery { state: Some(Filter::Working), ..BoardQuery::default() };
    let scope = SiteScope::operator(SiteId(169));
    let board = server.services().board(scope, &query).await.unwrap();
    assert_eq!(board.counts.of(Filter::Working), 20);
}

#[tokio::test]
async fn several_are_tested_enabled_and_disabled_at_once() {
    let ours = server(stub::start().await).await;
    let (server, token) = (&ours.0, &ours.1);
    let values = facebook("PAGE", "USER").to_string();
    assert_eq!(server.patch(token, FACEBOOK, &values).await.status, 200);
    let cookie = server.sign_in("demo@patchbay.test", "patchbay-demo", 169).await;
    let post = async |body: &str| server.form(&cookie, "/connections/bulk", body).await;
    // 700 is another site's.
    let tested = post("id=583&id=612&id=700&id=x&do=test").await.body;
    assert!(tested.contains("Test of 2 connections"), "{tested}");
    assert!(tested.contains("Server mail.patchbay.test not found"), "{tested}");
    assert!(tested.contains("1 of 2 connections work."), "{tested}");
    assert_eq!(health(server).await.state, State::Working);

    let enabled = async |id| {
        server.get(token, &format!("/api/connection/{id}")).await.json()["Enabled"].clone()
    };
    server.patch(token, 612, r#"{"Enabled":"0"}"#).await;
    let asked = post("id=583&id=612&do=disable").await;
    let preview = server.follow(&cookie, &asked).await.body;
    assert!(preview.contains("Disable 1 connection?"), "{preview}");
    assert!(preview.contains("Nothing: it is disabled."), "{preview}");
    assert_eq!(enabled(583).await, "1", "it was only asked");
    let done = post("id=583&id=613&do=disable&confirmed=1").await;
    let done = server.follow(&cookie, &done).await.body;
    assert!(done.contains("Disabled 2 connections."), "{done}");
    assert_eq!((enabled(583).await, enabled(613).await), ("0".into(), "0".into()));
    assert!(post("do=test").await.body.contains("No connection was chosen"));
    let viewer = server.sign_in("viewer@patchbay.test", "patchbay-viewer", 169).await;
    let refused = server.form(&viewer, "/connections/bulk", "id=583&do=enable&confirmed=1").await;
    assert!(refused.body.contains("Only editors change connections"), "{refused}");
    assert_eq!(enabled(583).await, "0");
    assert!(!server.page(&viewer, "/").await.body.contains("checkbox"));
    let called = server.call(Some(token), Method::GET, "/connections/bulk", "").await;
    assert_eq!(called.status, 303, "a browser alone");
}
