//! A connection's page, and who may do what on it.

use crate::render::{page, page_with};
use app::form::{FormState, Notice};
use axum::http::StatusCode;
use shared::Role;

#[tokio::test]
async fn an_editor_has_the_form_and_the_timeline() {
    let (status, html) = page(Role::Editor, "/connections/646").await;
    assert_eq!(status, StatusCode::OK);
    assert!(html.contains("leptos-island"));
    assert!(html.contains("you changed Name: "));
    assert!(html.contains("bob@helpdesk.test changed Page access token through the API"));
    assert!(html.contains("undid a change of Facebook page id and Page access token"));
    assert!(html.contains("you created this connection"));
    assert!(html.contains(r#"href="/activity?connection=646""#));
}

#[tokio::test]
async fn a_connection_says_how_it_fares() {
    for role in [Role::Viewer, Role::Editor] {
        let (_, html) = page(role, "/connections/646").await;
        for text in [
            "Sign-in failed",
            "See the page",
            "has expired.",
            "Look at: ",
            "Session has expired",
            "tokens expire",
        ] {
            assert!(html.contains(text), "{text}");
        }
    }
}

#[tokio::test]
async fn only_what_can_be_undone_has_the_button() {
    let (_, html) = page(Role::Editor, "/connections/646").await;
    assert_eq!(html.matches(r#"action="/connections/646/undo""#).count(), 1);
    assert!(html.contains(r#"name="number" value="9""#));
    assert!(html.contains(": changed Name, 2 hours ago"));
}

#[tokio::test]
async fn what_others_typed_is_text() {
    let (_, html) = page(Role::Editor, "/connections/646").await;
    assert!(html.contains("“onebox &lt;b&gt;”"));
    assert!(!html.contains("onebox <b>"));
}

#[tokio::test]
async fn a_viewer_sees_values_and_no_way_to_change_them() {
    let (status, html) = page(Role::Viewer, "/connections/646").await;
    assert_eq!(status, StatusCode::OK);
    assert!(html.contains("17841432079529884"));
    assert!(html.contains("ZDZD"));
    assert!(html.contains("Admins of this site can make you an editor"));
    for absent in ["leptos-island", "/undo", "/enabled", "wasm"] {
        assert!(!html.contains(absent), "{absent}");
    }
}

#[tokio::test]
async fn a_viewer_makes_no_connection() {
    for address in ["/connections/new", "/connections/new?channel=facebook"] {
        let (status, html) = page(Role::Viewer, address).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
        assert!(html.contains("Admins of this site can make you an editor"));
        assert_eq!(page(Role::Editor, address).await.0, StatusCode::OK);
    }
    assert!(!page(Role::Viewer, "/").await.1.contains("/connections/new"));
    assert!(page(Role::Editor, "/").await.1.contains("/connections/new"));
}

#[tokio::test]
async fn an_undo_is_reported() {
    let (status, html) = page(Role::Editor, "/connections/646?done=undone").await;
    assert_eq!(status, StatusCode::OK);
    assert!(html.contains(Notice::Undone.text()));
    for (notice, expected) in [
        (Notice::UndoOverlaps, StatusCode::CONFLICT),
        (Notice::UndoExpired, StatusCode::CONFLICT),
        (Notice::Forbidden, StatusCode::FORBIDDEN),
    ] {
        for role in [Role::Editor, Role::Viewer] {
            let state = FormState { notice: Some(notice), ..FormState::default() };
            let (status, html) = page_with(Some(role), "/connections/646", state).await;
            assert_eq!(status, expected);
            assert!(html.contains(notice.text()));
        }
    }
}

#[tokio::test]
async fn an_unknown_number_is_not_found() {
    for address in ["/connections/1", "/connections/x", "/nothing"] {
        assert_eq!(page(Role::Admin, address).await.0, StatusCode::NOT_FOUND, "{address}");
    }
}
