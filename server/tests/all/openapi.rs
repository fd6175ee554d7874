//! The API document.

use crate::{channel::NO_EXAMPLE, support::TestServer};
use axum::http::Method;
use insta::with_settings;

#[tokio::test]
async fn the_document() {
    let server = TestServer::new().await;
    let answer = server.call(None, Method::GET, "/api/openapi.json", "").await;
    assert_eq!(answer.status, 200);
    let document = answer.json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let operations = document["paths"].as_object().unwrap().values().flat_map(|path| {
        path.as_object()
            .unwrap()
            .values()
            .map(|operation| operation["operationId"].as_str().unwrap())
    });
    let mut ids: Vec<_> = operations.collect();
    ids.sort_unstable();
    let names = [
        "authenticate",
        "createConnection",
        "findConnections",
        "followConnections",
        "getConnection",
        "getSession",
        "patchConnection",
        "testConnection",
    ];
    assert_eq!(ids, names);
    with_settings!({ filters => NO_EXAMPLE }, { insta::assert_json_snapshot!(document) });
}
