//! The board.

use crate::render::page;
use axum::http::StatusCode;
use shared::Role;

#[tokio::test]
async fn a_search_that_much_matches_says_that_it_shows_some_of_it() {
    for (search, is_partial) in [("much", true), ("few", false)] {
        let (status, html) = page(Role::Viewer, &format!("/?q={search}")).await;
        assert_eq!(status, StatusCode::OK);
        assert!(html.contains("onebox DEMO"));
        assert_eq!(html.contains("Add a word to the search"), is_partial, "{search}");
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
