//! Test messages through a real server of outbound mail: who may send them, to whom, and how many.

use crate::{
    mail::{self, Certificate},
    probe::{OUTBOUND, outcome, server, test, values},
    support::{Answer, TestServer},
};
use serde_json::json;
use server::probe::Encryption::Tls;

const PAGE: &str = "/connections/613/message";
const OWN: &str = "demo@patchbay.test";

/// A server with an outbound connection that has passed its test, and a session of its editor.
async fn tested() -> (TestServer, String, mail::MailServer) {
    let smtp = mail::smtp(Certificate::Good);
    let (server, token) = server(&[(smtp.tls, Tls)]).await;
    let patch = server.patch(&token, OUTBOUND, &values(smtp.tls).to_string()).await;
    assert_eq!(patch.status, 200, "{patch}");
    let answer = test(&server, &token, OUTBOUND, &json!({})).await;
    assert_eq!(outcome(&answer).1, None, "{answer}");
    let cookie = server.sign_in(OWN, "patchbay-demo", 169).await;
    (server, cookie, smtp)
}

async fn send(server: &TestServer, cookie: &str, body: &str) -> Answer {
    server.form(cookie, PAGE, body).await
}

#[tokio::test]
async fn a_message_goes_out_and_the_servers_words_come_back() {
    let (server, cookie, _smtp) = tested().await;
    let page = server.page(&cookie, PAGE).await;
    assert!(page.body.contains(&format!("value=\"{OWN}\"")), "{page}");
    let sent = send(&server, &cookie, &format!("to={OWN}")).await;
    assert_eq!(sent.status, 200, "{sent}");
    assert!(sent.body.contains("The server took the message as DEMO."), "{sent}");
    assert!(sent.body.contains("look among the spam"), "{sent}");
    let activity = server.page(&cookie, "/activity?kind=test-message-sent").await;
    assert!(
        activity.body.contains("Test message sent") && activity.body.contains(OWN),
        "{activity}"
    );
    let timeline = server.page(&cookie, "/connections/613").await;
    assert!(timeline.body.contains(&format!("sent a test message to {OWN}")), "{timeline}");
}

#[tokio::test]
async fn another_address_than_ones_own_is_confirmed() {
    let (server, cookie, _smtp) = tested().await;
    let asked = send(&server, &cookie, "to=Anna+<anna@mail.example>").await;
    assert!(asked.body.contains("This is not your own address."), "{asked}");
    assert!(!asked.body.contains("The server took"), "{asked}");
    let other = send(&server, &cookie, "to=anna@mail.example&others=bob@mail.example").await;
    assert!(other.body.contains("This is not your own address."), "it was another: {other}");
    let sent = send(&server, &cookie, "to=anna@mail.example&others=anna@mail.example").await;
    assert!(sent.body.contains("The server took the message as ANNA."), "{sent}");
    let none = send(&server, &cookie, "to=nobody@mail.example&others=nobody@mail.example").await;
    assert!(none.body.contains("does not take mail for this recipient"), "{none}");
    assert!(none.body.contains("550 5.1.1 no such user"), "{none}");
}

#[tokio::test]
async fn what_is_no_address_or_was_not_tested_is_refused_in_words() {
    let (server, cookie, _smtp) = tested().await;
    for to in ["", "anna", "a@x.co, b@x.co", "a@x.co%0D%0ABcc:b@x.co", "ännä@x.co"] {
        let refused = send(&server, &cookie, &format!("to={to}")).await;
        assert_eq!(refused.status, 422, "{to}");
        assert!(refused.body.contains("Enter one address such as"), "{to}: {refused}");
    }
    let token = server.token().await;
    let changed = server.patch(&token, OUTBOUND, r#"{"From":"help@mail.example"}"#).await;
    assert_eq!(changed.status, 200, "{changed}");
    let refused = send(&server, &cookie, &format!("to={OWN}")).await;
    assert_eq!(refused.status, 422, "{refused}");
    assert!(refused.body.contains("Test the connection first"), "{refused}");
    // An inbound connection sends nothing, and a viewer neither.
    assert_eq!(server.page(&cookie, "/connections/612/message").await.status, 404);
    let viewer = server.sign_in("viewer@patchbay.test", "patchbay-viewer", 169).await;
    let refused = send(&server, &viewer, "to=viewer@patchbay.test").await;
    assert!(refused.body.contains("No test messages for you"), "{refused}");
}

#[tokio::test]
async fn few_are_sent_in_an_hour() {
    let (server, cookie, _smtp) = tested().await;
    let own = format!("to={OWN}");
    for _ in 0..5 {
        assert_eq!(send(&server, &cookie, &own).await.status, 200);
    }
    let refused = send(&server, &cookie, &own).await;
    assert_eq!(refused.status, 422, "{refused}");
    assert!(refused.body.contains("You have sent 5 test messages within an hour"), "{refused}");
    server.pass(60 * 60);
    let cookie = server.sign_in(OWN, "patchbay-demo", 169).await;
    assert_eq!(send(&server, &cookie, &own).await.status, 200);
}
