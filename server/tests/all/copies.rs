//! A copy of a database begins without the sessions, tokens and invitations of the original.

use crate::support::{TestServer, send};
use axum::{
    Router,
    body::Body,
    http::{Request, header},
};
use server::{
    http::WebConfig,
    keys,
    service::{Services, Settings, team::Manager},
    store::SiteScope,
};
use shared::{Role, SiteId};

async fn status(router: &Router, path: &str, (name, value): (header::HeaderName, String)) -> u16 {
    let request = Request::get(path).header(name, value).body(Body::empty()).unwrap();
    send(router, request).await.status.as_u16()
}

#[tokio::test]
async fn a_copy_ends_what_was_open_and_the_original_does_not() {
    let server = TestServer::new().await;
    let now = server.now();
    let store = server.database.store.clone();
    for _ in 0..2 {
        assert!(!keys::end_if_copied(&*store, &server.auditor, now).await.unwrap());
    }
    let token = (header::AUTHORIZATION, format!("Bearer {}", server.token().await));
    let cookie = server.sign_in("demo@patchbay.test", "patchbay-demo", 169).await;
    let cookie = (header::COOKIE, cookie);
    let manager = Manager::operator(SiteScope::operator(SiteId(169)));
    let invited =
        server.services().invite(&manager, "guest@helpdesk.example", Role::Viewer, None).await;
    let (_, link) = invited.unwrap();
    store.close().await;

    let copy = server.database.copy().await;
    let keys = keys::open(&*copy.store, &copy.vault, now).await.unwrap();
    let before = Services::new(copy.store.clone(), server.clock.clone(), keys, Settings::default());
    let before = server::router(before, &WebConfig::default());
    assert_eq!(status(&before, "/api/connection/646", token.clone()).await, 200, "control");
    assert_eq!(status(&before, "/team", cookie.clone()).await, 200, "control");

    let auditor = server.auditor.clone();
    assert!(keys::end_if_copied(&*copy.store, &auditor, now).await.unwrap());
    assert!(!keys::end_if_copied(&*copy.store, &auditor, now).await.unwrap(), "once");
    let keys = keys::open(&*copy.store, &copy.vault, now).await.unwrap();
    let services =
        Services::new(copy.store.clone(), server.clock.clone(), keys, Settings::default());
    let after = server::router(services.clone(), &WebConfig::default());
    assert_eq!(status(&after, "/api/connection/646", token.clone()).await, 401);
    assert_eq!(status(&after, "/team", cookie.clone()).await, 303);
    assert!(services.invitation(&link).await.unwrap().is_none());
    assert_eq!(auditor.verify(&*copy.store).await.unwrap().problems, [""; 0]);

    let server = server.restart(None).await;
    let store = &*server.database.store;
    assert!(!keys::end_if_copied(store, &server.auditor, now).await.unwrap());
    assert_eq!(status(&server.router(), "/api/connection/646", token).await, 200);
    keys::end_everything(
        store,
        &server.auditor,
        server::audit::AuditEvent::new(shared::audit::EventKind::SignedOutEverywhere, "everybody"),
        now,
    )
    .await
    .unwrap();
    assert_eq!(status(&server.router(), "/team", cookie).await, 303);
}
