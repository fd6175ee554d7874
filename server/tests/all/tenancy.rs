//! Another site's connection answers exactly as one that does not exist.

use crate::support::TestServer;
use axum::http::Method;

#[tokio::test]
async fn another_sites_id_is_an_unknown_id() {
    let server = TestServer::new().await;
    let ours = server.token().await;
    let theirs = server.token_of("other@patchbay.test", "patchbay-other", "170").await;
    for (method, body) in [(Method::GET, ""), (Method::PATCH, r#"{"Name":"taken over"}"#)] {
        let call = async |token: &str, id: &str| {
            let path = format!("/api/connection/{id}");
            server.call(Some(token), method.clone(), &path, body).await
        };
        let unknown = call(&ours, "424242").await;
        assert_eq!(unknown.status, 404);
        assert_eq!(call(&ours, "700").await.to_string(), unknown.to_string());
        assert_eq!(call(&theirs, "646").await.to_string(), unknown.to_string());
        for no_number in ["x", "-1", "0", "99999999999999999999", "646x", "6%2046"] {
            assert_eq!(call(&ours, no_number).await.to_string(), unknown.to_string());
        }
    }
    let page = server.get(&theirs, "/api/connection").await.json();
    assert_eq!(page["total"], 1);
    assert_eq!(page["data"][0]["Id"], "700");
    assert_eq!(page["data"][0]["Name"], "Other Helpdesk Page");
}

#[tokio::test]
async fn a_user_signs_in_to_own_sites_only() {
    let server = TestServer::new().await;
    let body = r#"{"email":"demo@patchbay.test","password":"patchbay-demo","siteId":"170"}"#;
    let answer = server.call(None, Method::POST, "/api/authenticate", body).await;
    assert_eq!(answer.status, 401);
}
