//! The API document.

use crate::support::TestServer;
use axum::http::Method;

#[tokio::test]
async fn the_document() {
    let server = TestServer::new().await;
    let answer = server.call(None, Method::GET, "/api/openapi.json", "").await;
    assert_eq!(answer.status, 200);
    let document = answer.json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    insta::assert_json_snapshot!(document);
}
