//! Undo: a new change that brings back what was there, of secrets too, as long as it is kept.

use crate::support::{Answer, TestServer};
use axum::http::header;

const UNDONE: &str = "/connections/612?done=undone";

struct Story {
    server: TestServer,
    token: String,
    cookie: String,
}

impl Story {
    async fn new() -> Self {
        let server = TestServer::new().await;
        let token = server.token().await;
        let cookie = server.sign_in("editor@patchbay.test", "patchbay-editor", 169).await;
        Self { server, token, cookie }
    }

    /// Patches 612 and returns the number of the event.
    async fn patch(&self, body: &str) -> i64 {
        assert_eq!(self.server.patch(&self.token, 612, body).await.status, 200, "{body}");
        self.last().await
    }

    async fn last(&self) -> i64 {
        let heads = self.server.database.store.heads().await.unwrap();
        heads.iter().find(|head| head.site.0 == 169).unwrap().number
    }

    async fn undo(&self, id: i64, number: i64) -> Answer {
        let (path, body) = (format!("/connections/{id}/undo"), format!("number={number}"));
        self.server.form(&self.cookie, &path, &body).await
    }

    async fn field(&self, field: &str) -> String {
        let record = self.server.get(&self.token, "/api/connection/612").await.json();
        record[field].as_str().unwrap_or_default().to_owned()
    }

    /// The numbers that the timeline offers to undo.
    async fn offered(&self) -> Vec<i64> {
        let page = self.server.page(&self.cookie, "/connections/612").await.body;
        let offers = page.split("name=\"number\" value=\"").skip(1);
        offers.map(|rest| rest.split('"').next().unwrap().parse().unwrap()).collect()
    }
}

#[tokio::test]
async fn a_change_of_plain_and_secret_fields_is_undone_and_done_again() {
    let story = Story::new().await;
    let (name, password) = (story.field("Name").await, story.field("Password").await);
    let change = story.patch(r#"{"Name":"new","Password":"new secret"}"#).await;
    assert_eq!(story.offered().await, [change]);
    assert_eq!(story.undo(612, change).await.header(header::LOCATION), Some(UNDONE));
    assert_eq!(story.field("Name").await, name);
    assert_eq!(story.field("Password").await, password);
    let undo = story.last().await;
    assert_eq!(undo, change + 1, "the undo has a row of its own");
    assert_eq!(story.offered().await, [undo], "what was undone is not offered again");
    assert_eq!(story.undo(612, undo).await.header(header::LOCATION), Some(UNDONE));
    assert_eq!(story.field("Name").await, "new");
    assert_eq!(story.field("Password").await, "new secret");
}

#[tokio::test]
async fn what_was_changed_again_is_not_undone() {
    let story = Story::new().await;
    let first = story.patch(r#"{"Name":"one","Host":"one.patchbay.test"}"#).await;
    let other = story.patch(r#"{"Port":"143"}"#).await;
    let second = story.patch(r#"{"Name":"two"}"#).await;
    let secret = story.patch(r#"{"Password":"one secret"}"#).await;
    let again = story.patch(r#"{"Password":"two secret"}"#).await;
    assert_eq!(story.offered().await, [again, second, other]);
    for number in [first, secret] {
        let refused = story.undo(612, number).await;
        assert_eq!(refused.status, 409);
        assert!(refused.body.contains("the same fields were changed again since"));
        assert!(!refused.body.contains("one secret") && !refused.body.contains("two secret"));
    }
    assert_eq!(story.field("Name").await, "two");
    assert_eq!(story.field("Password").await, "two secret");
    assert_eq!(story.undo(612, other).await.header(header::LOCATION), Some(UNDONE));
}

/// The password was for another server: it must not be sent to this one.
#[tokio::test]
async fn a_secret_does_not_come_back_once_the_account_or_server_is_another() {
    for moved in
        [r#"{"Host":"other.patchbay.test"}"#, r#"{"Port":"143"}"#, r#"{"UserId":"x@y.test"}"#]
    {
        let story = Story::new().await;
        let change = story.patch(r#"{"Password":"new secret"}"#).await;
        let renamed = story.patch(r#"{"Name":"new name"}"#).await;
        assert_eq!(story.offered().await, [renamed, change], "control: another name is no matter");
        let moving = story.patch(moved).await;
        assert_eq!(story.offered().await, [moving, renamed], "{moved}");
        assert_eq!(story.undo(612, change).await.status, 409, "{moved}");
        assert_eq!(story.field("Password").await, "new secret");
    }
}

#[tokio::test]
async fn a_secret_is_kept_for_thirty_days() {
    let story = Story::new().await;
    let change = story.patch(r#"{"Password":"new secret"}"#).await;
    let plain = story.patch(r#"{"Name":"new"}"#).await;
    story.server.pass(30 * 24 * 3600);
    let cookie = story.server.sign_in("editor@patchbay.test", "patchbay-editor", 169).await;
    let token = story.server.token().await;
    let story = Story { token, cookie, ..story };
    assert_eq!(story.offered().await, [plain]);
    assert!(story.undo(612, change).await.body.contains("is no longer kept"));
    assert_eq!(story.field("Password").await, "new secret");
    let (database, services) = (&story.server.database, story.server.services());
    let kept = async || {
        database
            .store
            .sealed(server::vault::SecretColumn::PreviousSecret, 0, None, 9)
            .await
            .unwrap()
            .len()
    };
    assert_eq!(kept().await, 1);
    services.maintain().await.unwrap();
    assert_eq!(kept().await, 0, "then it is forgotten");
}

#[tokio::test]
async fn an_undo_is_a_change_with_all_its_rules() {
    let story = Story::new().await;
    let change = story.patch(r#"{"Name":"new"}"#).await;
    for (id, number) in [(613, change), (612, change + 9), (612, 1), (700, change)] {
        assert_eq!(story.undo(id, number).await.header(header::LOCATION), None, "{id} {number}");
    }
    let viewer = story.server.sign_in("viewer@patchbay.test", "patchbay-viewer", 169).await;
    let story = Story { cookie: viewer, ..story };
    assert_eq!(story.offered().await, [0; 0]);
    assert_eq!(story.undo(612, change).await.header(header::LOCATION), None);
    assert_eq!(story.field("Name").await, "new");
}
