//! The token's claims, as documented.

use crate::support::TestServer;
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use serde_json::Value;

#[tokio::test]
async fn a_token_has_the_documented_claims() {
    let server = TestServer::new().await;
    let token = server.token().await;
    let mut parts = token.split('.').map(decode);
    let header = parts.next().unwrap();
    assert_eq!((&header["alg"], &header["typ"]), (&"HS256".into(), &"JWT".into()));
    let claims = parts.next().unwrap();
    let keys: Vec<_> = claims.as_object().unwrap().keys().map(String::as_str).collect();
    // `ver` is ours: without it a token could not be revoked.
    assert_eq!(keys, ["exp", "iat", "iss", "jti", "nbf", "sid", "sub", "ver"]);
    assert!(claims["sub"].is_string());
    assert_eq!(claims["sid"], "169");
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 900);
    assert_ne!(decode(server.token().await.split('.').nth(1).unwrap())["jti"], claims["jti"]);
}

/// The JSON in a part of a token; null for the signature.
fn decode(part: &str) -> Value {
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap_or_default()
}
