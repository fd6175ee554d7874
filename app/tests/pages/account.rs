//! The account's page and the menu.

use crate::render::{page, page_with};
use app::backend::AccountOutcome;
use axum::http::StatusCode;
use shared::Role;

#[tokio::test]
async fn the_menu_leads_to_other_sites_and_out() {
    let (_, html) = page(Role::Editor, "/").await;
    assert!(html.contains("<summary>"));
    assert!(html.contains(r#"name="site" value="7""#));
    assert!(!html.contains(r#"name="site" value="169""#));
    assert!(html.contains(r#"action="/logout""#));
    assert!(!html.contains("style="));
}

#[tokio::test]
async fn a_problem_is_tied_to_its_field() {
    let bad = AccountOutcome::BadPassword("Use at least 12 characters.".into());
    for (outcome, id) in [(AccountOutcome::WrongPassword, "current"), (bad, "new")] {
        let (status, html) = page_with(Some(Role::Viewer), "/account", outcome).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(html.matches("aria-invalid").count(), 1);
        let input = html.split("<input").find(|rest| rest.contains("aria-invalid")).unwrap();
        assert!(input.contains(&format!(r#"id="{id}""#)));
        assert!(html.contains(&format!(r#"id="{id}-message""#)));
        let described = input.split("aria-describedby=\"").nth(1).unwrap();
        assert!(described.split('"').next().unwrap().contains(&format!("{id}-message")));
    }
}

#[tokio::test]
async fn outcomes_have_their_status() {
    let (status, html) =
        page_with(Some(Role::Viewer), "/account", AccountOutcome::PasswordChanged).await;
    assert_eq!(status, StatusCode::OK);
    assert!(html.contains("Your password was changed. You were signed out everywhere else."));
    let (status, html) =
        page_with(Some(Role::Viewer), "/account", AccountOutcome::TooMany(42)).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    assert!(html.contains("Wait 42 seconds"));
}
