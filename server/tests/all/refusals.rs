//! What a test says of what mail servers answer, from a table.

use crate::{
    mail::scripted::{Script, Scripted},
    probe::{INBOUND, OUTBOUND, outcome, server, test, values},
};
use serde_json::Value;
use server::probe::Encryption::StartTls;

const CASES: &str = include_str!("../mail/refusals.tsv");

/// Healthy servers, which offer encryption and a sign-in with a password. The names of the answers are those of the
/// table.
const IMAP: [(&str, &str, &str); 6] = [
    ("greeting", "", "* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] hello"),
    ("starttls", "STARTTLS", "{tag} OK begin"),
    ("", "CAPABILITY", "* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN LOGINDISABLED\n{tag} OK done"),
    ("login", "AUTHENTICATE", "{tag} OK in"),
    ("examine", "EXAMINE", "{tag} OK [READ-ONLY] open"),
    ("", "LOGOUT", "* BYE bye\n{tag} OK out"),
];
const SMTP: [(&str, &str, &str); 7] = [
    ("greeting", "", "220 mail.example ESMTP"),
    ("starttls", "STARTTLS", "220 go"),
    ("ehlo", "EHLO", "250-mail.example\n250-STARTTLS\n250 AUTH PLAIN"),
    ("ehlo", "HELO", "250 mail.example"),
    ("login", "AUTH", "235 2.7.0 in"),
    ("sender", "MAIL FROM", "250 ok"),
    ("", "QUIT", "221 bye"),
];

struct Case<'a> {
    is_imap: bool,
    at: &'a str,
    answer: &'a str,
    kind: &'a str,
    field: &'a str,
    explanation: &'a str,
}

fn cases() -> Vec<Case<'static>> {
    let lines = CASES.lines().filter(|line| !line.starts_with('#'));
    let cases = lines.map(|line| {
        let [protocol, at, answer, kind, field, explanation] =
            *line.split('\t').collect::<Vec<_>>()
        else {
            panic!("six columns: {line}");
        };
        let field = if field == "-" { "" } else { field };
        Case { is_imap: protocol == "imap", at, answer, kind, field, explanation }
    });
    cases.collect()
}

/// A healthy server, but for one answer.
fn script(healthy: &[(&str, &'static str, &str)], case: &Case<'_>) -> Script {
    let all = healthy.iter().map(|(name, word, answer)| {
        let answer = if *name == case.at { case.answer } else { answer };
        let is_tagged = case.is_imap && *name == case.at && !answer.starts_with('*');
        let tag = if is_tagged { "{tag} " } else { "" };
        let lines = answer.replace("\\n", "\n").replace('\n', "\r\n");
        (*word, &*format!("{tag}{lines}\r\n").leak())
    });
    let mut all: Vec<_> = all.collect();
    let (_, greeting) = all.remove(0);
    Script { greeting, answers: all.leak() }
}

#[tokio::test]
async fn a_refusal_means_what_the_table_says() {
    let cases = cases();
    assert!(cases.len() > 100, "{}", cases.len());
    let all = cases.iter().map(|case| {
        let healthy: &[_] = if case.is_imap { &IMAP } else { &SMTP };
        Scripted::start(script(healthy, case))
    });
    let servers: Vec<_> = all.collect();
    let ports: Vec<_> = servers.iter().map(|server| (server.port, StartTls)).collect();
    let (server, token) = server(&ports).await;
    for (case, peer) in cases.iter().zip(&servers) {
        let id = if case.is_imap { INBOUND } else { OUTBOUND };
        let answer = test(&server, &token, id, &values(peer.port)).await;
        let (_, failed) = outcome(&answer);
        let (_, field, kind) = failed.unwrap_or_else(|| panic!("{}: {answer}", case.answer));
        let report: Value = answer.json();
        let last = report["stages"].as_array().unwrap().last().unwrap();
        let explanation = last["explanation"].as_str().unwrap();
        assert!(explanation.starts_with(case.explanation), "{}: {explanation}", case.answer);
        assert_eq!((&*kind, &*field), (case.kind, case.field), "{}", case.answer);
        // The server's own words come with it.
        let words = last["words"].as_str().unwrap_or_default();
        let first_line = case.answer.split("\\n").next().unwrap();
        let said =
            first_line.trim_start_matches(['*', ' ']).split_once(' ').map_or("", |said| said.1);
        let said: String = said.chars().take(60).collect();
        assert!(words.contains(&said), "{}: {words}", case.answer);
    }
}
