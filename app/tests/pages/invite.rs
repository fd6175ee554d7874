//! The page behind an invitation's link.

use crate::render::{page_with, render};
use app::backend::Invitation;
use axum::http::StatusCode;
use shared::{Role, SiteId};

fn invitation() -> Invitation {
    Invitation {
        token: "abc".into(),
        email: "eve@helpdesk.test".into(),
        role: Role::Editor,
        site: SiteId(169),
        site_name: "Our helpdesk".into(),
        is_known: false,
        problem: None,
    }
}

#[tokio::test]
async fn a_link_that_no_longer_works_says_whom_to_ask() {
    let (status, html) = render(None, "/invite/abc", || {}).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(html.contains("This link no longer works"));
    assert!(html.contains("Ask the admin who sent it for a new one."));
}

#[tokio::test]
async fn a_new_user_chooses_a_password_and_a_known_one_enters_theirs() {
    let (status, html) = page_with(None, "/invite/abc", invitation()).await;
    assert_eq!(status, StatusCode::OK);
    assert!(html.contains("Join site 169 · Our helpdesk"));
    assert!(html.contains(r#"action="/invite/abc""#));
    assert!(html.contains("new-password"));
    assert!(html.contains("At least 12 characters."));
    let known = Invitation { is_known: true, ..invitation() };
    let (_, html) = page_with(None, "/invite/abc", known).await;
    assert!(html.contains("current-password"));
    assert!(!html.contains("minlength"));
}

#[tokio::test]
async fn a_problem_is_tied_to_the_password() {
    let problem = Some("Use at least 12 characters.".to_owned());
    let (status, html) =
        page_with(None, "/invite/abc", Invitation { problem, ..invitation() }).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(html.contains(r#"aria-describedby="password-help password-message""#));
}
