//! The errors of the API, status and body; those of preconditions are in `patch`, those of limits in `shares`.

use crate::{channel::NO_EXAMPLE, support::TestServer};
use axum::http::{Method, header};
use insta::{assert_snapshot, with_settings};

#[tokio::test]
async fn expired_token() {
    let server = TestServer::new().await;
    let token = server.token().await;
    server.pass(899);
    assert_eq!(server.get(&token, "/api/connection/646").await.status, 200);
    server.pass(1);
    let answer = server.get(&token, "/api/connection/646").await;
    assert_eq!(
        answer.body,
        r#"{"_meta":{"status":"ERROR","count":1},"records":{"errorCode":401,"userMessage":"Expired token","devMessage":null,"more":null,"applicationCode":null}}"#
    );
    assert_snapshot!(answer);
}

#[tokio::test]
async fn used_up_quota() {
    let server = TestServer::with_quota(Some(2)).await;
    let token = server.token().await;
    assert_eq!(server.get(&token, "/api/connection/646").await.status, 200);
    assert_eq!(server.patch(&token, 646, r#"{"Name":"a"}"#).await.status, 200);
    let answer = server.patch(&token, 646, r#"{"Name":"b"}"#).await;
    assert_eq!(
        answer.body,
        r#"{"_meta":{"status":"ERROR","count":1},"records":{"errorCode":401,"userMessage":"time limit reached please try again tomorrow at 18:00 - 06:00","devMessage":"","more":null,"applicationCode":""}}"#
    );
    assert_snapshot!(answer);
    // From 09:30 to 18:00; then the calls are free.
    server.pass(8 * 3600 + 1800);
    let token = server.token().await;
    assert_eq!(server.get(&token, "/api/connection/646").await.json()["Name"], "a");
}

#[tokio::test]
async fn no_token_and_bad_tokens() {
    let server = TestServer::new().await;
    assert_snapshot!("no_token", server.call(None, Method::GET, "/api/connection/646", "").await);
    assert_snapshot!("invalid_token", server.get("x.y.z", "/api/connection/646").await);
    let basic = [(header::AUTHORIZATION, "Basic ZGVtbzpkZW1v")];
    let answer = server.call_with(None, Method::GET, "/api/connection", "", &basic).await;
    assert_eq!(answer.status, 401);
}

#[tokio::test]
async fn sign_in_refused() {
    let server = TestServer::new().await;
    let sign_in = async |email: &str, password: &str, site: &str| {
        let body = serde_json::json!({ "email": email, "password": password, "siteId": site });
        server.call(None, Method::POST, "/api/authenticate", &body.to_string()).await
    };
    assert_snapshot!("wrong_site", sign_in("demo@patchbay.test", "patchbay-demo", "1691").await);
    let wrong_site = sign_in("demo@patchbay.test", "patchbay-demo", "170").await;
    let wrong_password = sign_in("demo@patchbay.test", "patchbay-demO", "170").await;
    let wrong_email = sign_in("nobody@patchbay.test", "patchbay-demo", "170").await;
    assert_eq!(wrong_site.to_string(), wrong_password.to_string());
    assert_eq!(wrong_site.to_string(), wrong_email.to_string());
    // What is no number is not repeated: it might be a password that was pasted there.
    let answer = sign_in("demo@patchbay.test", "x", "hunter2").await;
    assert_eq!(answer.message(), "you are not authorized to log into this site");
    let missing = r#"{"email":"demo@patchbay.test","siteId":"169"}"#;
    let answer = server.call(None, Method::POST, "/api/authenticate", missing).await;
    assert_snapshot!("missing_password", answer);
    let text = [(header::CONTENT_TYPE, "text/plain")];
    let answer = server.call_with(None, Method::POST, "/api/authenticate", "x", &text).await;
    assert_eq!(answer.status, 415);
    let large = format!(r#"{{"email":"{}"}}"#, "a".repeat(5000));
    let answer = server.call(None, Method::POST, "/api/authenticate", &large).await;
    assert_eq!(answer.status, 413);
}

#[tokio::test]
async fn bad_bodies() {
    let server = TestServer::new().await;
    let token = server.token().await;
    for (name, body) in [
        ("not_json", r#"{"Name": "canary-3f9a"#),
        ("not_an_object", r#"["canary-3f9a"]"#),
        ("wrong_type", r#"{"Name": {"canary-3f9a": 1}}"#),
        ("id_as_a_number", r#"{"UserId": 241794770143249}"#),
        ("unknown_key", r#"{"Pasword": "canary-3f9a"}"#),
        ("secret_as_a_key", r#"{"canary-3f9a": "Password"}"#),
        ("key_twice", r#"{"Name": "a", "Name": "b"}"#),
        ("broken_rules", r#"{"Password": "canary-3f9a", "UserId": "12", "Name": ""}"#),
    ] {
        let answer = server.patch(&token, 646, body).await;
        assert!(!answer.body.contains("canary"), "{}", answer.body);
        assert_snapshot!(name, answer);
    }
    let before = server.get(&token, "/api/connection/646").await;
    assert_eq!(before.header(header::ETAG), Some("\"1.0\""), "nothing was changed");
}

#[tokio::test]
async fn content_types() {
    let server = TestServer::new().await;
    let token = server.token().await;
    let patch = async |media_type: &'static str| {
        let headers = [(header::CONTENT_TYPE, media_type)];
        let path = "/api/connection/646";
        server.call_with(Some(&token), Method::PATCH, path, r#"{"Name":"x"}"#, &headers).await
    };
    for good in
        ["application/json", "application/merge-patch+json", "Application/JSON; charset=utf-8"]
    {
        assert_eq!(patch(good).await.status, 200, "{good}");
    }
    for bad in ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""] {
        assert_eq!(patch(bad).await.status, 415, "{bad}");
    }
    assert_snapshot!(patch("text/plain").await);
}

#[tokio::test]
async fn too_large() {
    let server = TestServer::new().await;
    let body = format!(r#"{{"Name":"{}"}}"#, "a".repeat(64 * 1024));
    assert_snapshot!(server.patch(&server.token().await, 646, &body).await);
}

#[tokio::test]
async fn wrong_method_and_address() {
    let server = TestServer::new().await;
    let call = async |method, path: &'static str| server.call(None, method, path, "").await;
    assert_snapshot!("delete_one", call(Method::DELETE, "/api/connection/646").await);
    assert_snapshot!("put_many", call(Method::PUT, "/api/connection").await);
    assert_snapshot!("get_token", call(Method::GET, "/api/authenticate").await);
    let no_such_route = call(Method::GET, "/api/connections").await;
    for path in ["/api/", "/api", "/api/connection/1/2"] {
        assert_eq!(call(Method::GET, path).await.body, no_such_route.body, "{path}");
    }
    assert_snapshot!("no_such_route", no_such_route);
    let token = server.token().await;
    assert_snapshot!("no_such_connection", server.get(&token, "/api/connection/424242").await);
}

#[tokio::test]
async fn find_parameters() {
    let server = TestServer::new().await;
    let token = server.token().await;
    for query in [
        "limit=0",
        "limit=201",
        "limit=x",
        "offset=-1",
        "sinceId=x",
        "since=yesterday",
        "lastUpdate=2020-13-01%2000:00",
        "paging=2",
        "lmit=10",
    ] {
        let answer = server.get(&token, &format!("/api/connection?{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
    }
    let answer = server.get(&token, "/api/connection?limit=201").await;
    assert_eq!(answer.message(), "limit takes a whole number from 1 to 200");
}

#[tokio::test]
async fn a_database_that_fails_is_said_without_its_cause() {
    let server = TestServer::new().await;
    let token = server.token().await;
    server.database.store.close().await;
    assert_snapshot!("internal", server.get(&token, "/api/connection/646").await);
    assert_snapshot!("unready", server.call(None, Method::GET, "/readyz", "").await);
}

#[tokio::test]
async fn a_new_outbound_connections_parent_is_an_inbound_one_of_the_site() {
    let server = TestServer::new().await;
    let token = server.token().await;
    for (parent, code) in
        [("583", "not_inbound"), ("700", "no_such_connection"), ("99999", "no_such_connection")]
    {
        let body = serde_json::json!({
            "MediaId": "EMAIL", "ProviderId": "PVD7", "Name": "out", "UserId": "a@b.example",
            "Password": "pw-1", "Host": "mail.b.example", "Port": "465", "From": "a@b.example",
            "ParentId": parent,
        });
        let answer = server.post(&token, &body.to_string()).await;
        assert_eq!(answer.status, 422, "{parent}");
        assert_eq!(answer.json()["records"]["more"][0]["code"], code);
    }
}

#[tokio::test]
async fn create_refused() {
    let server = TestServer::new().await;
    let token = server.token().await;
    for (name, body) in [
        ("create_empty", "{}"),
        ("create_unknown_media", r#"{"MediaId":"FAX"}"#),
        ("create_unknown_provider", r#"{"MediaId":"EMAIL","ProviderId":"PVD12"}"#),
        ("create_no_provider", r#"{"MediaId":"EMAIL"}"#),
        ("create_incomplete", r#"{"MediaId":"FCBK","ProviderId":"PVD12"}"#),
        (
            "create_wrong_page",
            r#"{"MediaId":"FCBK","ProviderId":"PVD12","Name":"a","UserId":"12",
            "Password":"EAAG73PZBL8q4BAIEGZC","Token":"EAAG73PZBL8q4BAIEGZC"}"#,
        ),
        ("create_no_code", r#"{"MediaId":"YOTB","ProviderId":"a b","Name":"a"}"#),
        ("create_other_site", r#"{"MediaId":"YOTB","Name":"a","SiteId":"170"}"#),
        ("create_with_an_id", r#"{"MediaId":"YOTB","Name":"a","Id":"5"}"#),
    ] {
        let answer = server.post(&token, body).await;
        with_settings!({ filters => NO_EXAMPLE }, { assert_snapshot!(name, answer) });
    }
}
