//! The team's page.

use crate::render::{page, page_with};
use app::backend::TeamOutcome;
use axum::http::StatusCode;
use shared::Role;

#[tokio::test]
async fn only_admins_see_the_team() {
    let (status, html) = page(Role::Admin, "/team").await;
    assert_eq!(status, StatusCode::OK);
    assert!(html.contains("bob@helpdesk.test"));
    assert!(html.contains(r#"href="/team""#));
    for role in [Role::Editor, Role::Viewer] {
        let (status, html) = page(role, "/team").await;
        assert_eq!(status, StatusCode::FORBIDDEN);
        assert!(html.contains("Only admins look after the team"));
        assert!(!html.contains("bob@helpdesk.test"));
        assert!(!html.contains(r#"href="/team""#));
    }
}

#[tokio::test]
async fn nobody_changes_their_own_role_by_mistake() {
    let (_, html) = page(Role::Admin, "/team").await;
    assert_eq!(html.matches(r#"action="/team/role""#).count(), 2);
    assert_eq!(html.matches(r#"action="/team/enabled""#).count(), 2);
    assert_eq!(html.matches(r#"action="/team/sign-out""#).count(), 2);
}

#[tokio::test]
async fn an_invitation_shows_its_link() {
    let link = "https://patchbay.test/invite/abc".to_owned();
    let outcome = TeamOutcome::Invited { email: "eve@helpdesk.test".into(), link };
    let (status, html) = page_with(Some(Role::Admin), "/team", outcome).await;
    assert_eq!(status, StatusCode::OK);
    assert!(html.contains(r#"value="https://patchbay.test/invite/abc""#));
    assert!(html.contains("once and for 72 hours"));
    assert!(html.contains("Patchbay sends no mail"));
}

#[tokio::test]
async fn a_refused_invitation_keeps_what_was_typed() {
    let outcome = TeamOutcome::Refused {
        message: "Enter an e-mail address.".into(),
        email: "eve(at)helpdesk".into(),
        role: Some(Role::Admin),
    };
    let (status, html) = page_with(Some(Role::Admin), "/team", outcome).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(html.contains(r#"role="alert""#));
    assert!(html.contains(r#"value="eve(at)helpdesk""#));
}
