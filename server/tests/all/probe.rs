//! Tests of connections against real mail servers, and against servers that misbehave.
//! Each server is set up for what it shows, which makes it long.

use crate::{
    dump,
    mail::{self, Certificate, NO_INBOX, PASSWORD, USER},
    support::{Answer, TestServer},
};
use axum::http::{Method, header};
use serde_json::{Value, json};
use server::probe::{
    Encryption::{self, StartTls, Tls},
    ProbeSettings, Timeouts,
};
use std::{
    io::Write,
    net::{Ipv4Addr, TcpListener},
};

/// The demo's two halves of an e-mail account.
pub const INBOUND: i64 = 612;
pub const OUTBOUND: i64 = 613;

/// A server of ours that may reach loopback, and these ports there.
pub async fn server(ports: &[(u16, Encryption)]) -> (TestServer, String) {
    let server = TestServer::with_probe(mail::reachable(ports.to_vec())).await;
    let token = server.token().await;
    (server, token)
}

pub async fn test(server: &TestServer, token: &str, id: i64, values: &Value) -> Answer {
    let path = format!("/api/connection/{id}/test");
    server.call(Some(token), Method::POST, &path, &values.to_string()).await
}

pub fn values(port: u16) -> Value {
    json!({"Host": "localhost", "Port": port.to_string(), "UserId": USER, "Password": PASSWORD,
        "From": USER})
}

/// With another value.
pub fn with(mut values: Value, key: &str, value: &str) -> Value {
    values[key] = value.into();
    values
}

/// The stages that passed, and where it ended: stage, field, kind.
pub fn outcome(answer: &Answer) -> (Vec<String>, Option<(String, String, String)>) {
    let report = answer.json();
    let stages = report["stages"].as_array().unwrap_or_else(|| panic!("{}", answer.body));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let passed =
        stages.iter().filter(|stage| stage["ok"] == true).map(|stage| text(&stage["stage"]));
    let failed = stages.iter().find(|stage| stage["ok"] == false);
    let failed = failed.map(|stage| {
        assert!(!text(&stage["explanation"]).is_empty() && !text(&stage["advice"]).is_empty());
        (text(&stage["stage"]), text(&stage["field"]), text(&stage["kind"]))
    });
    assert_eq!(report["ok"], failed.is_none());
    assert!(!answer.body.contains("correct#horse"), "{}", answer.body);
    (passed.collect(), failed)
}

/// Holds what a test tells against where it should end, and what it should say.
pub async fn ends(
    (server, token): &(TestServer, String),
    id: i64,
    values: &Value,
    [stage, field, kind]: [&str; 3],
    server_message: &str,
) {
    let answer = test(server, token, id, values).await;
    let failed = outcome(&answer).1.unwrap_or_else(|| panic!("{values}: {}", answer.body));
    assert_eq!((&*failed.0, &*failed.1, &*failed.2), (stage, field, kind), "{}", answer.body);
    assert!(answer.body.contains(server_message), "{server_message}: {}", answer.body);
}

/// A server that says something to each who comes, and then leaves or stays.
fn saying(text: &'static str, stays: bool) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let mut kept = vec![];
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            stream.write_all(text.as_bytes()).ok();
            if stays {
                kept.push(stream);
            }
        }
    });
    port
}

#[tokio::test]
async fn an_imap_account_is_tested_as_far_as_its_inbox() {
    let imap = mail::dovecot(Certificate::Good);
    let ours = server(&[(imap.tls, Tls), (imap.starttls, StartTls)]).await;
    let before = dump::everything(&ours.0).await;
    let all = test(&ours.0, &ours.1, INBOUND, &values(imap.tls)).await;
    let expected = ["resolve", "connect", "tls", "greeting", "signIn", "openInbox"];
    assert_eq!(outcome(&all), (expected.map(String::from).to_vec(), None), "{}", all.body);
    let all = test(&ours.0, &ours.1, INBOUND, &values(imap.starttls)).await;
    let expected = ["resolve", "connect", "greeting", "tls", "signIn", "openInbox"];
    assert_eq!(outcome(&all), (expected.map(String::from).to_vec(), None), "{}", all.body);

    for port in [imap.tls, imap.starttls] {
        let wrong = with(values(port), "Password", "wrong#horse");
        let end = ["signIn", "Password", "credentials"];
        ends(&ours, INBOUND, &wrong, end, "AUTHENTICATIONFAILED").await;
        let none = with(values(port), "UserId", NO_INBOX);
        ends(&ours, INBOUND, &none, ["openInbox", "", "temporary"], "SERVERBUG").await;
    }
    assert_eq!(dump::everything(&ours.0).await, before, "nothing is stored");
}

#[tokio::test]
async fn an_smtp_account_is_tested_as_far_as_its_sender() {
    let smtp = mail::smtp(Certificate::Good);
    let ours = server(&[(smtp.tls, Tls), (smtp.starttls, StartTls)]).await;
    let all = test(&ours.0, &ours.1, OUTBOUND, &values(smtp.tls)).await;
    let expected = ["resolve", "connect", "tls", "greeting", "signIn", "sender"];
    assert_eq!(outcome(&all), (expected.map(String::from).to_vec(), None), "{}", all.body);
    let all = test(&ours.0, &ours.1, OUTBOUND, &values(smtp.starttls)).await;
    let expected = ["resolve", "connect", "greeting", "tls", "signIn", "sender"];
    assert_eq!(outcome(&all), (expected.map(String::from).to_vec(), None), "{}", all.body);

    for port in [smtp.tls, smtp.starttls] {
        let wrong = with(values(port), "Password", "wrong#horse");
        ends(&ours, OUTBOUND, &wrong, ["signIn", "Password", "credentials"], "535").await;
        let refused = with(values(port), "From", "refused@mail.example");
        ends(&ours, OUTBOUND, &refused, ["sender", "From", "settings"], "550 5.7.1").await;
    }
}

#[tokio::test]
async fn a_server_that_makes_wrong_passwords_wait_is_waited_for() {
    let imap = mail::dovecot(Certificate::Good);
    let ports = vec![(imap.tls, Tls)];
    let patient = ProbeSettings { timeouts: Timeouts::default(), ..mail::reachable(ports) };
    let server = TestServer::with_probe(patient).await;
    let token = server.token().await;
    let ours = (server, token);
    // Each try takes longer than the one before.
    for _ in 0..3 {
        let wrong = with(values(imap.tls), "Password", "wrong#horse");
        let end = ["signIn", "Password", "credentials"];
        ends(&ours, INBOUND, &wrong, end, "AUTHENTICATIONFAILED").await;
    }
    // A good connection to the same server waits as well, and passes.
    let answer = test(&ours.0, &ours.1, INBOUND, &values(imap.tls)).await;
    assert_eq!(outcome(&answer).1, None, "{answer}");
    let sign_in = answer.json()["stages"][4]["ms"].as_u64().unwrap();
    assert!(sign_in > 2000, "it was not made to wait: {answer}");
}

#[tokio::test]
async fn a_password_need_not_be_sent_where_the_server_can_do_without() {
    for mechanism in ["scram-sha-256", "cram-md5", "login"] {
        let imap = mail::dovecot_with(Certificate::Good, mechanism);
        let ours = server(&[(imap.tls, Tls)]).await;
        let answer = test(&ours.0, &ours.1, INBOUND, &values(imap.tls)).await;
        assert_eq!(outcome(&answer).1, None, "{mechanism}: {answer}");
        let wrong = with(values(imap.tls), "Password", "wrong#horse");
        ends(&ours, INBOUND, &wrong, ["signIn", "Password", "credentials"], "").await;
    }
}

#[tokio::test]
async fn a_server_that_takes_no_passwords_is_named_for_it() {
    let imap = mail::dovecot_with(Certificate::Good, "xoauth2 oauthbearer");
    let ours = server(&[(imap.tls, Tls)]).await;
    let end = ["signIn", "", "settings"];
    ends(&ours, INBOUND, &values(imap.tls), end, "(OAuth), and no password").await;
}

#[tokio::test]
async fn a_certificate_that_is_not_good_is_reported() {
    for (certificate, server_message) in [
        (Certificate::Expired, "has expired"),
        (Certificate::OtherName, "is for another name than localhost"),
    ] {
        let (imap, smtp) = (mail::dovecot(certificate), mail::smtp(certificate));
        let all = [
            (INBOUND, imap.tls, Tls),
            (INBOUND, imap.starttls, StartTls),
            (OUTBOUND, smtp.tls, Tls),
            (OUTBOUND, smtp.starttls, StartTls),
        ];
        let ours = server(&all.map(|(_, port, encryption)| (port, encryption))).await;
        for (id, port, _) in all {
            ends(&ours, id, &values(port), ["tls", "Host", "settings"], server_message).await;
        }
    }
    for (certificate, server_message) in [
        (Certificate::NotYetValid, "is not valid yet"),
        (Certificate::Nameless, "names no host"),
        (Certificate::OfAuthority, "is one of an authority"),
    ] {
        let imap = mail::dovecot(certificate);
        let ours = server(&[(imap.tls, Tls)]).await;
        let end = ["tls", "Host", "settings"];
        ends(&ours, INBOUND, &values(imap.tls), end, server_message).await;
    }
    // An authority that nobody knows.
    let imap = mail::dovecot(Certificate::Good);
    let ours = server(&[(imap.tls, Tls)]).await;
    let strangers = TestServer::with_probe(ProbeSettings {
        roots: vec![],
        ..mail::reachable(vec![(imap.tls, Tls)])
    });
    let strangers = (strangers.await, String::new());
    let token = strangers.0.token().await;
    let end = ["tls", "Host", "settings"];
    ends(&(strangers.0, token), INBOUND, &values(imap.tls), end, "not from an authority that this")
        .await;
    assert_eq!(outcome(&test(&ours.0, &ours.1, INBOUND, &values(imap.tls)).await).1, None);
}

#[tokio::test]
async fn a_server_that_is_not_there_or_misbehaves_is_reported() {
    let (imap, smtp) = (mail::dovecot(Certificate::Good), mail::smtp(Certificate::Good));
    let silent = saying("", true);
    let drops = [saying("* OK [CAPABILITY IM", false), saying("220 mail.exam", false)];
    let slow = [saying("* OK hel", true), saying("220-wait\r\n", true)];
    let web = saying("HTTP/1.1 400 Bad Request\r\n\r\n", false);
    let closed = mail::free_port();
    // TLS where it is not expected, and the reverse.
    let ours = server(&[
        (imap.tls, StartTls),
        (imap.starttls, Tls),
        (smtp.tls, StartTls),
        (smtp.starttls, Tls),
        (silent, StartTls),
        (drops[0], StartTls),
        (drops[1], StartTls),
        (web, StartTls),
        (slow[0], StartTls),
        (slow[1], StartTls),
        (closed, Tls),
    ])
    .await;
    for (id, drops) in [(INBOUND, drops[0]), (OUTBOUND, drops[1])] {
        let unknown = with(values(closed), "Host", "mail.patchbay.invalid");
        ends(&ours, id, &unknown, ["resolve", "Host", "settings"], "not found on the internet")
            .await;
        ends(&ours, id, &values(closed), ["connect", "Port", "temporary"], "did not take").await;
        ends(&ours, id, &values(1), ["resolve", "Port", "notTestable"], "not a port").await;
        ends(&ours, id, &values(silent), ["greeting", "Port", "temporary"], "said nothing").await;
        ends(&ours, id, &values(drops), ["greeting", "", "temporary"], "ended the connection")
            .await;
        ends(&ours, id, &values(web), ["greeting", "Port", "settings"], "What answers there").await;
    }
    for (id, slow) in [(INBOUND, slow[0]), (OUTBOUND, slow[1])] {
        ends(&ours, id, &values(slow), ["greeting", "", "temporary"], "began to greet").await;
    }
    for (id, plain, tls) in
        [(INBOUND, imap.starttls, imap.tls), (OUTBOUND, smtp.starttls, smtp.tls)]
    {
        let server_message = "not encrypted from the beginning";
        ends(&ours, id, &values(plain), ["tls", "Port", "settings"], server_message).await;
        let server_message = "encrypted from the beginning";
        ends(&ours, id, &values(tls), ["greeting", "Port", "temporary"], server_message).await;
    }
}

#[tokio::test]
async fn a_test_reaches_no_address_that_it_may_not() {
    let server = TestServer::new().await;
    let ours = (server.token().await, server);
    let ours = (ours.1, ours.0);
    for host in ["localhost", "127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "100.64.0.1"] {
        let values = with(values(993), "Host", host);
        let (kind, server_message) = if host == "localhost" {
            ("settings", "not found on the internet")
        } else {
            ("notTestable", "is blocked for tests")
        };
        ends(&ours, INBOUND, &values, ["resolve", "Host", kind], server_message).await;
    }
}

#[tokio::test]
async fn a_kept_password_goes_to_no_other_server() {
    let (server, token) = server(&[]).await;
    for (key, value) in
        [("Host", "mail.other.example"), ("Port", "143"), ("UserId", "bob@mail.example")]
    {
        let answer = test(&server, &token, INBOUND, &json!({key: value})).await;
        assert_eq!(answer.status, 422, "{answer}");
        assert!(answer.body.contains("Password"), "{answer}");
        assert!(answer.body.contains("Enter the password again"), "{answer}");
    }
    let mixed = json!({"Name": "other"});
    let answer = test(&server, &token, INBOUND, &mixed).await;
    assert_eq!(outcome(&answer).1.unwrap().0, "resolve", "{answer}");
}

#[tokio::test]
async fn stages_come_as_lines_to_who_accepts_them() {
    let imap = mail::dovecot(Certificate::Good);
    let (server, token) = server(&[(imap.tls, Tls)]).await;
    let path = format!("/api/connection/{INBOUND}/test");
    let accepts =
        [(header::ACCEPT, "application/x-ndjson"), (header::CONTENT_TYPE, "application/json")];
    let body = values(imap.tls).to_string();
    let answer = server.call_with(Some(&token), Method::POST, &path, &body, &accepts).await;
    assert_eq!(answer.header(header::CONTENT_TYPE), Some("application/x-ndjson"));
    let lines: Vec<Value> =
        answer.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 6);
    assert!(lines.iter().all(|stage| stage["ok"] == true && stage["ms"].is_u64()), "{answer}");
}

#[tokio::test]
async fn who_may_not_change_a_connection_may_not_test_it() {
    let server = TestServer::new().await;
    let body = r#"{"email":"viewer@patchbay.test","password":"patchbay-viewer","siteId":"169"}"#;
    let token = server.call(None, Method::POST, "/api/authenticate", body).await.json();
    let token = token["token"].as_str().unwrap().to_owned();
    assert_eq!(test(&server, &token, INBOUND, &json!({})).await.status, 403);
}
