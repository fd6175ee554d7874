//! The sign-in.

use crate::render::{page_with, render};
use app::{LoginFailure, LoginProblem};
use axum::http::StatusCode;

#[tokio::test]
async fn a_refusal_has_its_status_and_keeps_what_was_typed() {
    for (reason, expected) in [
        (LoginProblem::Wrong, StatusCode::UNAUTHORIZED),
        (LoginProblem::TooMany(90), StatusCode::TOO_MANY_REQUESTS),
        (LoginProblem::Busy, StatusCode::SERVICE_UNAVAILABLE),
    ] {
        let failure = LoginFailure {
            email: "ann@helpdesk.test".into(),
            site: "169".into(),
            next: "/team".into(),
            reason,
            ..LoginFailure::default()
        };
        let (status, html) = page_with(None, "/login", failure).await;
        assert_eq!(status, expected);
        assert!(html.contains(r#"role="alert""#));
        for kept in ["ann@helpdesk.test", "169", "/team"] {
            assert!(html.contains(&format!(r#"value="{kept}""#)), "{kept}");
        }
    }
}

#[tokio::test]
async fn a_sign_out_everywhere_is_confirmed() {
    let (status, html) = render(None, "/login?done=signed-out", || {}).await;
    assert_eq!(status, StatusCode::OK);
    assert!(html.contains("You are signed out everywhere."));
    assert!(!render(None, "/login", || {}).await.1.contains("role=\"status\""));
}
