//! The board.

use crate::render::page;
use axum::http::StatusCode;
use shared::Role;

#[tokio::test]
async fn a_count_that_is_the_least_says_so() {
    for (search, count) in [("much", "1+</span>"), ("few", "1</span>")] {
        let (status, html) = page(Role::Viewer, &format!("/?q={search}")).await;
        assert_eq!(status, StatusCode::OK);
        assert!(html.contains("onebox DEMO") && html.contains(count), "{search}: {html}");
    }
}

#[tokio::test]
async fn what_needs_attention_comes_first_with_what_to_do() {
    let (_, html) = page(Role::Viewer, "/").await;
    let first = html.split("<table").next().unwrap();
    assert!(first.contains("Needs attention") && first.contains("Sign-in failed"), "{first}");
    assert!(first.contains("The page access token has expired. Sign in again."));
    // Whoever looks for something else finds that.
    let (_, html) = page(Role::Viewer, "/?q=few").await;
    assert!(!html.contains("attention-title"));
}

#[tokio::test]
async fn only_who_may_change_connections_chooses_among_them() {
    for (role, may) in [(Role::Viewer, false), (Role::Editor, true), (Role::Admin, true)] {
        let (_, html) = page(role, "/").await;
        assert_eq!(html.contains(r#"action="/connections/bulk""#), may, "{role}");
        assert_eq!(html.contains("checkbox"), may, "{role}");
    }
}
