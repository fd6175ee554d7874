//! Tokens that the server did not make, or not for now, are none.

mod forger;

use crate::support::{Answer, TestServer};
use axum::http::{Method, header};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use forger::{Forger, misspelt};
use serde_json::json;

const PATH: &str = "/api/connection/646";

async fn call(server: &TestServer, token: &str) -> Answer {
    server.get(token, PATH).await
}

#[tokio::test]
async fn no_forgery_is_accepted() {
    let server = TestServer::new().await;
    let token = server.token().await;
    let forger = Forger::new(&server, &token).await;
    let mut tokens = forger.wrong_headers();
    let now = forger.claims["nbf"].as_i64().unwrap();
    tokens.extend(forger.wrong_claims(now));
    tokens.extend(misspelt(&token));
    assert!(tokens.len() >= 120, "{}", tokens.len());
    for bad in &tokens {
        let answer = call(&server, bad).await;
        let parts: Vec<_> =
            bad.split('.').map(|p| BASE64_URL_SAFE_NO_PAD.decode(p).unwrap_or_default()).collect();
        let shown: Vec<_> = parts.iter().map(|part| String::from_utf8_lossy(part)).collect();
        assert_eq!(answer.status, 401, "{bad} {shown:?}");
        assert!(answer.message().ends_with(" token"), "{answer}");
    }
    // The controls: the same hands make good tokens, of either key, in any spelling of the scheme.
    let mut newer = forger.copy();
    newer.header.insert("kid".into(), json!(forger.newer.0.to_string()));
    newer.key.clone_from(&forger.newer.1);
    for good in [
        &token,
        &forger.signed(&forger.header, &forger.claims),
        &newer.signed(&newer.header, &newer.claims),
    ] {
        assert_eq!(call(&server, good).await.status, 200, "{good}");
    }
    for (scheme, status) in
        [("bearer ", 200), ("BEARER ", 200), ("Bearer", 401), ("Basic ", 401), ("", 401)]
    {
        let value = format!("{scheme}{token}");
        let headers = [(header::AUTHORIZATION, value.as_str())];
        let answer = server.call_with(None, Method::GET, PATH, "", &headers).await;
        assert_eq!(answer.status, status, "{scheme}");
    }
}

#[tokio::test]
async fn a_token_lasts_for_899_seconds_and_not_for_901() {
    let server = TestServer::new().await;
    let token = server.token().await;
    server.pass(899);
    assert_eq!(call(&server, &token).await.status, 200);
    server.pass(1);
    assert_eq!(call(&server, &token).await.message(), "Expired token");
    server.pass(1);
    assert_eq!(call(&server, &token).await.message(), "Expired token");
    // A clock that is set back makes no token of one that is not valid yet.
    server.pass(-902);
    assert_eq!(call(&server, &token).await.message(), "Invalid token");
}
