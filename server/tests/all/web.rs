//! The browser's side without WebAssembly, and the server functions that the WebAssembly calls.
//! One test a page or post, in the order in which a person comes to them.

use crate::{
    dump::tamper,
    support::{Answer, OURS, TestServer},
};
use axum::http::{Method, header};
use serde_json::json;

/// A browser: it keeps the session's cookie.
pub struct Browser {
    pub server: TestServer,
    pub cookie: String,
}

impl Browser {
    pub async fn new() -> Self {
        Self { server: TestServer::new().await, cookie: String::new() }
    }

    pub async fn signed_in() -> Self {
        let mut browser = Self::new().await;
        let body = "email=demo%40patchbay.test&password=patchbay-demo&siteId=169&next=%2Fx%3Fa%3D1";
        let answer = browser.post("/login", body).await;
        assert_eq!(answer.header(header::LOCATION), Some("/x?a=1"));
        let cookie = answer.header(header::SET_COOKIE).unwrap().to_owned();
        for flag in ["HttpOnly", "SameSite=Strict", "Path=/"] {
            assert!(cookie.contains(flag), "{cookie}");
        }
        cookie.split(';').next().unwrap().clone_into(&mut browser.cookie);
        browser
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.server.page(&self.cookie, path).await
    }

    pub async fn post(&self, path: &str, body: &str) -> Answer {
        self.server.form(&self.cookie, path, body).await
    }

    pub async fn rpc(&self, method: Method, function: &str, body: &str) -> Answer {
        let json = (header::CONTENT_TYPE, "application/json");
        let headers = [json, OURS, (header::COOKIE, self.cookie.as_str())];
        let path = format!("/rpc/connection/{function}");
        self.server.call_with(None, method, &path, body, &headers).await
    }
}

#[tokio::test]
async fn every_page_but_the_sign_in_needs_a_session() {
    let browser = Browser::new().await;
    for (path, next) in [
        ("/", "/login"),
        ("/connections/646", "/login?next=%2Fconnections%2F646"),
        (
            "/connections/new?channel=twitter",
            "/login?next=%2Fconnections%2Fnew%3Fchannel%3Dtwitter",
        ),
    ] {
        let answer = browser.get(path).await;
        assert_eq!(answer.status, 303, "{path}");
        assert_eq!(answer.header(header::LOCATION), Some(next));
    }
    for path in ["/connections/646", "/connections/646/enabled", "/connections/new?channel=twitter"]
    {
        let answer = browser.post(path, "version=1&enabled=0").await;
        assert_eq!(answer.status, 303, "{path}");
    }
    for path in ["/nowhere", "/metrics", "/robots.txt", "/favicon.ico", "/.env", "/connections"] {
        assert_eq!(browser.get(path).await.status, 404, "{path} is no page, signed in or not");
    }
    assert_eq!(browser.get("/login").await.status, 200);
    let icon = browser.get("/favicon.svg").await;
    assert_ne!(icon.status, 303, "files under fixed names are for everybody");
    let body = json!({ "id": 646, "version": 1, "patch": { "Name": "x" } }).to_string();
    let answer = browser.rpc(Method::PATCH, "patch", &body).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (401, r#"{"Refused":"SignedOut"}"#));
    let body = json!({ "channel": "Twitter", "patch": {} }).to_string();
    assert_eq!(browser.rpc(Method::POST, "create", &body).await.status, 401);
}

#[tokio::test]
async fn who_signs_out_is_out_even_if_that_cannot_be_written_down() {
    let browser = Browser::signed_in().await;
    let refuse = if browser.server.database.postgres().is_some() {
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN RAISE EXCEPTION 'no room'; END $$;
         CREATE TRIGGER refuse BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION refuse()"
    } else {
        "CREATE TRIGGER refuse BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no room'); END"
    };
    tamper(&browser.server, refuse).await;
    assert_eq!(browser.get("/connections/646").await.status, 200);
    assert_eq!(browser.post("/logout", "").await.status, 303);
    assert_eq!(browser.get("/connections/646").await.status, 303, "the session is over");
}

#[tokio::test]
async fn a_refused_sign_in_keeps_what_was_typed_but_the_password() {
    let browser = Browser::new().await;
    let body = "email=demo%40patchbay.test&password=canary-3f9a&siteId=169&next=%2Fx";
    let answer = browser.post("/login", body).await;
    assert_eq!(answer.status, 401);
    assert!(answer.header(header::SET_COOKIE).is_none());
    for kept in ["demo@patchbay.test", "\"169\"", "\"/x\"", "E-mail, password or site is wrong"] {
        assert!(answer.body.contains(kept), "{kept}");
    }
    assert!(!answer.body.contains("canary"));
}

#[tokio::test]
async fn a_sign_out_ends_the_session() {
    let browser = Browser::signed_in().await;
    assert_eq!(browser.get("/").await.status, 200);
    let answer = browser.post("/logout", "").await;
    assert_eq!(answer.header(header::LOCATION), Some("/login"));
    let forget = header::HeaderName::from_static("clear-site-data");
    assert_eq!(answer.header(forget), Some("\"storage\""));
    assert_eq!(browser.get("/").await.status, 303, "the old cookie is worth nothing");
}

#[tokio::test]
async fn a_session_ends_after_half_an_hour_of_silence() {
    let browser = Browser::signed_in().await;
    for _ in 0..3 {
        browser.server.pass(30 * 60 - 1);
        assert_eq!(browser.get("/").await.status, 200, "each request moves the end on");
    }
    browser.server.pass(30 * 60);
    assert_eq!(browser.get("/").await.status, 303);
}

#[tokio::test]
async fn a_session_ends_after_twelve_hours() {
    let browser = Browser::signed_in().await;
    for _ in 0..48 {
        browser.server.pass(15 * 60 - 1);
        assert_eq!(browser.get("/").await.status, 200);
    }
    browser.server.pass(48);
    assert_eq!(browser.get("/").await.status, 303);
}

#[tokio::test]
async fn pages_are_complete_without_a_script_and_hold_no_secret() {
    let browser = Browser::signed_in().await;
    let token = browser.server.token().await;
    let mut secrets = vec![];
    for id in [576, 583, 612, 613, 646] {
        let record = browser.server.get(&token, &format!("/api/connection/{id}")).await.json();
        let of_record = [&record["Password"], &record["Token"]];
        secrets.extend(of_record.iter().filter_map(|value| value.as_str().map(str::to_owned)));
    }
    assert_eq!(secrets.len(), 8);
    for (path, status, text) in [
        ("/", 200, "test2-email-in"),
        ("/connections/646", 200, "17841432079529884"),
        ("/connections/583", 200, "Page access token"),
        ("/connections/576", 200, "738567483435556864"),
        ("/connections/612", 200, "test2-email-out (613)"),
        ("/connections/613", 200, "test2-email-in (612)"),
        ("/connections/new", 200, "Reads customers’ messages"),
        ("/connections/new?channel=email-outbound", 200, "SMTP server"),
        ("/connections/700", 404, "There is nothing here"),
        ("/connections/x", 404, "There is nothing here"),
        ("/nowhere", 404, "There is nothing here"),
    ] {
        let answer = browser.get(path).await;
        assert_eq!(answer.status, status, "{path}");
        assert!(answer.body.contains(text), "{path}: {}", answer.body);
        assert!(answer.body.contains("</html>"), "{path}");
        assert_eq!(answer.header(header::CACHE_CONTROL), Some("no-store"), "{path}");
        for secret in &secrets {
            assert!(!answer.body.contains(secret), "{path}");
        }
    }
    assert!(browser.get("/connections/646").await.body.contains("ZDZD"), "a token's last four");
    assert!(!browser.get("/").await.body.contains("modulepreload"), "the board loads no script");
}

#[tokio::test]
async fn a_form_post_takes_only_what_was_changed() {
    let browser = Browser::signed_in().await;
    let token = browser.server.token().await;
    let before = browser.server.get(&token, "/api/connection/612").await.json();
    let body = "version=1&Name=renamed&was-Name=test2-email-in\
        &UserId=test2%40mail.patchbay.test&was-UserId=test2%40mail.patchbay.test\
        &Host=mail.patchbay.test&was-Host=mail.patchbay.test&Port=993&was-Port=993";
    let answer = browser.post("/connections/612", body).await;
    assert_eq!(answer.status, 303, "{answer}");
    assert_eq!(answer.header(header::LOCATION), Some("/connections/612?done=saved"));
    let after = browser.server.get(&token, "/api/connection/612").await.json();
    assert_eq!(after["Name"], "renamed");
    assert_eq!(after["Password"], before["Password"]);
    assert!(browser.get("/connections/612?done=saved").await.body.contains("Saved."));
    let answer = browser.post("/connections/612", "version=2&Name=renamed&was-Name=renamed").await;
    assert_eq!(answer.header(header::LOCATION), Some("/connections/612?done=unchanged"));
}

#[tokio::test]
async fn a_refused_form_post_keeps_what_was_typed() {
    let browser = Browser::signed_in().await;
    let body = "version=1&Name=typed+name&was-Name=test2-email-in&Port=99999&was-Port=993\
        &replacing=Password&Password=canary-3f9a";
    let answer = browser.post("/connections/612", body).await;
    assert_eq!(answer.status, 422);
    for kept in ["value=\"typed name\"", "value=\"99999\"", "Enter a whole number from 1 to 65535"]
    {
        assert!(answer.body.contains(kept), "{kept}: {}", answer.body);
    }
    assert!(answer.body.contains("type=\"password\""), "the secret's input is still open");
    assert!(!answer.body.contains("canary"), "and a typed secret does not come back");
}

#[tokio::test]
async fn a_secrets_input_opens_and_closes_without_a_script() {
    let browser = Browser::signed_in().await;
    assert!(!browser.get("/connections/612").await.body.contains("type=\"password\""));
    let typed = "version=1&Name=typed&was-Name=test2-email-in";
    let opened = browser.post("/connections/612", &format!("{typed}&replace=Password")).await;
    assert_eq!(opened.status, 200);
    assert!(opened.body.contains("type=\"password\"") && opened.body.contains("value=\"typed\""));
    let kept = format!("{typed}&replacing=Password&Password=x&keep=Password");
    let closed = browser.post("/connections/612", &kept).await;
    assert!(!closed.body.contains("type=\"password\"") && closed.body.contains("value=\"typed\""));
    let saved = format!("{typed}&replacing=Password&Password=new-secret");
    assert_eq!(browser.post("/connections/612", &saved).await.status, 303);
    let token = browser.server.token().await;
    let record = browser.server.get(&token, "/api/connection/612").await.json();
    assert_eq!(record["Password"], "new-secret");
}

#[tokio::test]
async fn a_form_post_over_somebody_elses_change_shows_both() {
    let browser = Browser::signed_in().await;
    let token = browser.server.token().await;
    let theirs = json!({ "Name": "theirs", "Port": "143", "Password": "theirs-3f9a" });
    browser.server.patch(&token, 612, &theirs.to_string()).await;
    let body = "version=1&Name=mine&was-Name=test2-email-in&Port=993&was-Port=993";
    let answer = browser.post("/connections/612", body).await;
    assert_eq!(answer.status, 409);
    for shown in
        ["somebody else changed", "test2-email-in", "theirs", "value=\"mine\"", "value=\"143\""]
    {
        assert!(answer.body.contains(shown), "{shown}");
    }
    assert!(!answer.body.contains("theirs-3f9a"));
    let body = "version=2&Name=mine&was-Name=theirs&Port=143&was-Port=143";
    assert_eq!(browser.post("/connections/612", body).await.status, 303);
    let record = browser.server.get(&token, "/api/connection/612").await.json();
    assert_eq!((&record["Name"], &record["Port"]), (&json!("mine"), &json!("143")));
}

#[tokio::test]
async fn a_connection_is_disabled_and_enabled() {
    let browser = Browser::signed_in().await;
    let answer = browser.post("/connections/646/enabled", "version=1&enabled=0").await;
    assert_eq!(answer.header(header::LOCATION), Some("/connections/646?done=saved"));
    assert!(browser.get("/?state=disabled").await.body.contains("onebox DEMO"));
    assert!(!browser.get("/?state=untested").await.body.contains("onebox DEMO"));
    let stale = browser.post("/connections/646/enabled", "version=1&enabled=1").await;
    assert_eq!(stale.status, 409);
    assert_eq!(browser.post("/connections/646/enabled", "version=2&enabled=1").await.status, 303);
}

#[tokio::test]
async fn a_connection_is_made_without_a_script() {
    let browser = Browser::signed_in().await;
    let path = "/connections/new?channel=email-inbound";
    let body = "Name=new&UserId=a%40b.example&From=a%40b.example&Host=mail.b.example&Port=993";
    let refused = browser.post(path, body).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("Password is missing") && refused.body.contains("value=\"new\""));
    let made = browser.post(path, &format!("{body}&replacing=Password&Password=pw-1")).await;
    assert_eq!(made.header(header::LOCATION), Some("/connections/701?done=created"));
    assert!(
        browser.get("/connections/701?done=created").await.body.contains("Connection created.")
    );
}

#[tokio::test]
async fn the_server_functions_answer_with_their_status_and_no_secret() {
    let browser = Browser::signed_in().await;
    let patch = async |version: i64, patch: serde_json::Value| {
        let body = json!({ "id": 646, "version": version, "patch": patch }).to_string();
        browser.rpc(Method::PATCH, "patch", &body).await
    };
    let saved = patch(1, json!({ "Name": "a", "Token": "EAAOcanary3f9acanary3f9aZDZD" })).await;
    assert_eq!(saved.status, 200, "{saved}");
    assert!(saved.body.contains("\"ZDZD\"") && !saved.body.contains("canary"), "{saved}");
    let stale = patch(1, json!({ "Name": "b" })).await;
    assert_eq!(stale.status, 409);
    assert!(stale.body.contains("\"Stale\"") && !stale.body.contains("canary"));
    let invalid = patch(2, json!({ "Token": "canary 3f9a" })).await;
    assert_eq!(invalid.status, 422);
    assert!(!invalid.body.contains("canary"));
    let malformed = browser.rpc(Method::PATCH, "patch", r#"{"id":"canary-3f9a"}"#).await;
    assert_eq!(malformed.status, 400);
    assert!(!malformed.body.contains("canary"), "{malformed}");
    let body = json!({ "id": 700, "version": 1, "patch": {} }).to_string();
    assert_eq!(browser.rpc(Method::PATCH, "patch", &body).await.status, 404, "another site's");
    let answer = browser.post("/rpc/connection/create", "channel=Twitter").await;
    assert_eq!(answer.status, 415, "JSON alone");
}

#[tokio::test]
async fn an_account_that_is_connected_twice_is_named_on_both_pages() {
    let browser = Browser::signed_in().await;
    let token = browser.server.token().await;
    let page = browser.get("/connections/612").await.body;
    assert!(!page.contains("connected twice"), "{page}");
    let record = browser.server.get(&token, "/api/connection/612").await.json();
    let mut copy = serde_json::Map::new();
    for key in ["MediaId", "ProviderId", "UserId", "From", "Host", "Port"] {
        copy.insert(key.to_owned(), record[key].clone());
    }
    copy.insert("Name".to_owned(), "the same again".into());
    copy.insert("Password".to_owned(), "pw-1".into());
    let created = browser.server.post(&token, &serde_json::Value::from(copy).to_string()).await;
    assert_eq!(created.status, 200, "{created}");
    let id = created.json()["Id"].as_str().unwrap().to_owned();
    let page = browser.get("/connections/612").await.body;
    assert!(page.contains(&format!("href=\"/connections/{id}\"")), "{page}");
    let page = browser.get(&format!("/connections/{id}")).await.body;
    assert!(page.contains("The same account is connected twice:"), "{page}");
    assert!(page.contains("test2-email-in (612)"), "{page}");
}
