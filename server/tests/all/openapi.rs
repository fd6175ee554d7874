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
    // The channel that only tests have is no part of the document.
    let example =
        [(r#"(\\n)?- Example: [^\\"]*"#, ""), (", PVD99 for Example", ""), (r#"\s+"EXMPL","#, "")];
    insta::with_settings!({ filters => example }, { insta::assert_json_snapshot!(document) });
}
