//! What ends the tokens that were given out.

use crate::{
    caller::Caller,
    support::{Answer, TestServer},
};
use serde_json::Value;
use server::store::{SERVER, UserId};

const PATH: &str = "/api/connection/646";
const EDITOR: i64 = 3;

async fn call(server: &TestServer, token: &str) -> Answer {
    server.get(token, PATH).await
}

/// Whether an editor's token is good before and after something.
async fn ends(server: &TestServer, work: impl AsyncFnOnce(&Caller)) -> bool {
    let editor = Caller::of(server, "editor", 169).await;
    assert_eq!(call(server, &editor.token).await.status, 200, "the control");
    work(&editor).await;
    let after = call(server, &editor.token).await;
    assert!(after.status == 200 || after.message() == "Invalid token", "{after}");
    after.status != 200
}

#[tokio::test]
async fn what_an_admin_does_to_a_member_ends_tokens() {
    let server = TestServer::new().await;
    let admin = Caller::of(&server, "demo", 169).await;
    let team = async |action: &str, more: &str| {
        let body = format!("user={EDITOR}{more}");
        let answer = server.form(&admin.cookie, &format!("/team/{action}"), &body).await;
        assert_eq!(answer.status, 303, "{action}");
    };
    assert!(ends(&server, async |_| team("sign-out", "").await).await);
    let twice = async |_: &Caller| {
        team("enabled", "&enabled=0").await;
        team("enabled", "&enabled=1").await;
    };
    assert!(ends(&server, twice).await, "enabled again, the old ones stay what they are");
    assert!(ends(&server, async |_| team("enabled", "&enabled=0").await).await);
    team("enabled", "&enabled=1").await;
    // Another role ends no token, but holds for it at once.
    let editor = Caller::of(&server, "editor", 169).await;
    assert_ne!(call(&server, &editor.token).await.json()["Password"], Value::Null);
    team("role", "&role=viewer").await;
    assert_eq!(call(&server, &editor.token).await.json()["Password"], Value::Null);
    assert_eq!(server.patch(&editor.token, 646, r#"{"Name":"x"}"#).await.status, 403);
    assert_eq!(call(&server, &admin.token).await.status, 200, "and the admin's own never ended");
}

#[tokio::test]
async fn what_users_do_to_themselves_ends_tokens() {
    let server = TestServer::new().await;
    let out = async |editor: &Caller| {
        let answer = server.form(&editor.cookie, "/account/sign-out-everywhere", "").await;
        assert_eq!(answer.status, 303);
        assert_eq!(server.page(&editor.cookie, "/").await.status, 303);
    };
    assert!(ends(&server, out).await);
    let one = async |editor: &Caller| {
        assert_eq!(server.form(&editor.cookie, "/logout", "").await.status, 303);
    };
    assert!(!ends(&server, one).await, "that ends one session alone");
    let wrong = async |editor: &Caller| {
        let body = "current=wrong&new=correct-horse-9";
        let answer = server.form(&editor.cookie, "/account/password", body).await;
        assert!(answer.status.is_client_error(), "{answer}");
    };
    assert!(!ends(&server, wrong).await, "it was not changed");
    let changed = async |editor: &Caller| {
        let body = "current=patchbay-editor&new=correct-horse-9";
        let answer = server.form(&editor.cookie, "/account/password", body).await;
        assert_eq!(answer.status, 303);
    };
    assert!(ends(&server, changed).await);
}

#[tokio::test]
async fn what_the_operator_does_to_a_user_ends_tokens() {
    let server = TestServer::new().await;
    for enabled in [true, false] {
        let disable = async |_: &Caller| {
            for enabled in [false, enabled] {
                let mut tx = server.database.store.begin(SERVER).await.unwrap();
                assert!(tx.set_user_enabled(UserId(EDITOR), enabled).await.unwrap());
                tx.commit().await.unwrap();
            }
        };
        assert!(ends(&server, disable).await);
    }
}
