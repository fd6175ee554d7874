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
