//! A channel that stands in its module and in the list of channels, and nowhere else.

use crate::{support::TestServer, web::Browser};
use axum::http::Method;
use serde_json::{Value, json};
use server::{store::SiteScope, transfer::line};
use shared::{Channel, ConnectionId, SiteId, State};

/// Takes the channel out of snapshots: no reader of the API knows it.
pub const NO_EXAMPLE: [(&str, &str); 4] = [
    (r#"(\\n)?- Example: [^\\"]*"#, ""),
    (", PVD99 for Example", ""),
    (r#"\s+"EXMPL","#, ""),
    ("EXMPL, ", ""),
];

const NAME: &str = "Muster und Söhne";
const TOKEN: &str = "EXAMPLE-q7Kd-q7Kd-q7Kd-9f3a";

async fn created(server: &TestServer) -> i64 {
    let (media, provider) = Channel::Example.codes().unwrap();
    let body = json!({
        "MediaId": media, "ProviderId": provider, "Name": NAME, "UserId": "106540352242922", "Token": TOKEN,
    });
    let answer = server.post(&server.token().await, &body.to_string()).await;
    assert_eq!(answer.status, 200, "{answer}");
    answer.json()["Id"].as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn it_is_found_filtered_and_edited() {
    let browser = Browser::signed_in().await;
    let id = created(&browser.server).await;
    let link = format!("/connections/{id}");
    for (query, is_found) in [
        ("?channel=example", true),
        ("?q=soehne", false),
        ("?q=S%C3%B6hne", true),
        ("?channel=example&q=106540352242922", true),
        ("?channel=facebook&q=muster", false),
        ("?channel=other&q=muster", false),
    ] {
        let board = browser.get(&format!("/{query}")).await;
        assert_eq!(board.body.contains(&format!("{link}\"")), is_found, "{query}");
        let is_filtered = query.starts_with("?channel");
        assert!(!is_filtered || !board.body.contains("/connections/612\""), "{query}");
    }
    let new = browser.get("/connections/new").await.body;
    assert!(new.contains("Shows how little a channel is"), "{new}");
    let form = browser.get(&link).await.body;
    for text in ["Example account", "Example token", "Not tested"] {
        assert!(form.contains(text), "{text}: {form}");
    }
    assert!(!form.contains(TOKEN), "{form}");
    let saved = browser.post(&link, "version=1&Name=Meier&was-Name=Muster+und+S%C3%B6hne").await;
    assert_eq!(saved.status, 303, "{saved}");
}

#[tokio::test]
async fn it_has_rules_and_no_test() {
    let server = TestServer::new().await;
    let token = server.token().await;
    let id = created(&server).await;
    let found = server.get(&token, &format!("/api/connection?sinceId={}", id - 1)).await.json();
    assert_eq!(found["data"][0]["MediaId"], "EXMPL", "{found}");
    let refused = server.patch(&token, id, r#"{"UserId":"x"}"#).await;
    assert_eq!(refused.status, 422, "{refused}");
    assert!(refused.body.contains("Example account"), "{refused}");
    let path = format!("/api/connection/{id}/test");
    let untested = server.call(Some(&token), Method::POST, &path, "{}").await;
    assert_eq!(untested.status, 422, "{untested}");
    assert!(untested.body.contains("have no test"), "{untested}");
}

#[tokio::test]
async fn it_is_exported_and_imported() {
    let server = TestServer::new().await;
    let id = ConnectionId(created(&server).await);
    let scope = SiteScope::operator(SiteId(169));
    let stored = server.services().get(scope, id).await.unwrap().unwrap();
    assert_eq!(stored.connection.channel(), Channel::Example);
    assert_eq!(stored.health.state(&stored.connection), State::Untested);
    let text = line::write(&stored, true).unwrap();
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["Token"], TOKEN);
    assert_eq!(line::read(value).unwrap().connection, stored.connection);
}
