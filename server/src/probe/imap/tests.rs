use super::*;
use crate::probe::FailureKind;
use shared::Key;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

fn target<'a>(user: &'a str, password: &'a str) -> Target<'a> {
    Target {
        host: "mail.example",
        port: 993,
        encryption: Encryption::Tls,
        is_allowed_port: true,
        client_name: "[127.0.0.1]",
        user,
        password,
        sender: "anna@mail.example",
    }
}

/// What a server hears in a test that is encrypted from the beginning, and how that ended. It greets, and
/// gives each line that it hears the next of its answers; after the last it ends the connection.
async fn heard_by(
    target: &Target<'_>,
    greeting: &str,
    answers: &[&str],
) -> (Vec<String>, Result<(), Failure>) {
    let (ours, mut theirs) = duplex(256 << 10);
    let serve = async {
        let mut heard = vec![];
        theirs.write_all(format!("{greeting}\r\n").as_bytes()).await.ok();
        for answer in answers {
            let mut line = vec![];
            while !line.ends_with(b"\r\n") {
                line.push(theirs.read_u8().await.ok()?);
            }
            heard.push(String::from_utf8(line).unwrap().trim_end().to_owned());
            theirs.write_all(format!("{answer}\r\n").as_bytes()).await.ok();
        }
        drop(theirs);
        Some(heard)
    };
    let mut imap = Imap::new(target, Wire::new(ours));
    let test = async {
        imap.greet().await?;
        imap.sign_in().await?;
        imap.open_inbox().await
    };
    let both = async { tokio::join!(serve, test) };
    let (heard, done) = tokio::time::timeout(Duration::from_secs(20), both).await.expect("an end");
    (heard.unwrap_or_default(), done)
}

const PLAIN: &str = "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] hello";
const LOGIN: &str = "* OK [CAPABILITY IMAP4rev1] hello";

#[tokio::test]
async fn capabilities_are_read_wherever_and_however_they_are_written() {
    let anna = target("anna", "horse");
    let sign_in = "AUTHENTICATE PLAIN AGFubmEAaG9yc2U=";
    for (greeting, answers) in [
        (PLAIN, &["P1 OK in", "P2 OK open"][..]),
        ("* ok [capability imap4rev1 auth=plain sasl-ir] hello", &["P1 ok in", "P2 ok open"]),
        ("* OK hello", &["* CAPABILITY AUTH=PLAIN SASL-IR\r\nP1 OK done", "P2 OK in", "P3 OK"]),
        ("* OK hello", &["P1 OK [CAPABILITY AUTH=PLAIN SASL-IR] done", "P2 OK in", "P3 OK"]),
    ] {
        let (heard, done) = heard_by(&anna, greeting, answers).await;
        assert_eq!(done, Ok(()), "{heard:?}");
        assert!(heard.iter().any(|line| line.ends_with(sign_in)), "{heard:?}");
        assert!(heard.last().unwrap().ends_with("EXAMINE INBOX"), "{heard:?}");
    }
}

#[tokio::test]
async fn a_server_that_takes_no_initial_response_is_given_it_when_it_asks() {
    let anna = target("anna", "horse");
    let greeting = "* OK [CAPABILITY AUTH=PLAIN LOGINDISABLED] hello";
    let (heard, done) = heard_by(&anna, greeting, &["+ ", "P1 OK in", "P2 OK open"]).await;
    assert_eq!(done, Ok(()));
    assert_eq!(heard, ["P1 AUTHENTICATE PLAIN", "AGFubmEAaG9yc2U=", "P2 EXAMINE INBOX"]);
}

#[tokio::test]
async fn login_is_quoted_and_takes_literals_for_what_is_not_ascii() {
    let odd = target("HELPDESK\\anna", "a\"b\\c {3}");
    let (heard, done) = heard_by(&odd, LOGIN, &["P1 OK in", "P2 OK open"]).await;
    assert_eq!(done, Ok(()));
    assert_eq!(heard[0], r#"P1 LOGIN "HELPDESK\\anna" "a\"b\\c {3}""#);

    let euros = "€".repeat(256);
    let (heard, done) =
        heard_by(&target("anna", &euros), LOGIN, &["+ go on", "P1 OK in", "P2 OK open"]).await;
    assert_eq!(done, Ok(()));
    assert_eq!(heard[..2], [r#"P1 LOGIN "anna" {768}"#.to_owned(), euros]);

    let both = target("ännä", "pässword");
    let (heard, done) = heard_by(&both, LOGIN, &["+ ", "+ ", "P1 OK in", "P2 OK open"]).await;
    assert_eq!(done, Ok(()));
    assert_eq!(heard[..3], ["P1 LOGIN {6}", "ännä {9}", "pässword"]);
}

#[tokio::test]
async fn login_is_not_sent_where_it_is_disabled() {
    let greeting = "* OK [CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=XOAUTH2] hello";
    let (heard, done) = heard_by(&target("anna", "horse"), greeting, &[]).await;
    let failure = done.unwrap_err();
    assert_eq!((failure.kind, failure.field), (FailureKind::Settings, None), "{failure:?}");
    assert_eq!(failure.server_message.as_deref(), Some("XOAUTH2"));
    assert_eq!(heard, Vec::<String>::new());
}

#[tokio::test]
async fn a_way_that_is_not_understood_gives_way_to_the_next() {
    let answers = ["P1 BAD unknown command", "P2 BAD unknown command", "P3 OK in", "P4 OK open"];
    let (heard, done) = heard_by(&target("anna", "horse"), PLAIN, &answers).await;
    assert_eq!(done, Ok(()));
    // Some servers want to ask before they are answered.
    assert_eq!(heard[1..3], ["P2 AUTHENTICATE PLAIN", r#"P3 LOGIN "anna" "horse""#]);
    let answers = ["P1 BAD unknown command", "P2 BAD unknown command", "P3 BAD as well"];
    let (_, done) = heard_by(&target("anna", "horse"), PLAIN, &answers).await;
    let failure = done.unwrap_err();
    assert_eq!(
        (failure.kind, failure.server_message.as_deref()),
        (FailureKind::Settings, Some("as well"))
    );
}

#[tokio::test]
async fn a_program_gives_its_name_where_that_is_asked_for() {
    let greeting = "* OK [CAPABILITY IMAP4rev1 ID] hello";
    // Whether it is taken does not matter.
    let answers = ["P1 OK in", "P2 BAD what?", "P3 OK open"];
    let (heard, done) = heard_by(&target("anna", "horse"), greeting, &answers).await;
    assert_eq!(done, Ok(()));
    assert_eq!(heard[1], r#"P2 ID ("name" "Patchbay")"#);
}

#[tokio::test]
async fn whatever_else_a_server_says_is_passed_over() {
    let chatter = "* NONSENSE (\r\n\r\ngarbage\r\n* 18446744073709551615 EXISTS\r\n* LIST () {5}\r\n\
        P1 NO\r\n* OK no literal {5}\r\n+ go on\r\n* FLAGS (\\Seen)";
    let answers = [&*format!("{chatter}\r\nP1 OK in"), &format!("{chatter}\r\nP2 OK open")];
    let (_, done) = heard_by(&target("anna", "horse"), LOGIN, &answers).await;
    assert_eq!(done, Ok(()));
}

#[tokio::test]
async fn a_sign_in_that_asks_for_more_is_cancelled() {
    let answers = ["+ more", "P1 NO cancelled"];
    let (heard, done) = heard_by(&target("anna", "horse"), PLAIN, &answers).await;
    assert_eq!(heard[1], "*");
    assert_eq!(done.unwrap_err().server_message.as_deref(), Some("cancelled"));
}

#[tokio::test]
async fn refusals_carry_the_servers_words() {
    let anna = target("anna", "horse");
    for (answers, kind, field, server_message) in [
        (
            &["P1 NO [AUTHENTICATIONFAILED] no"][..],
            FailureKind::Credentials,
            Some(Key::Password),
            Some("[AUTHENTICATIONFAILED] no"),
        ),
        (&["P1 NO [UNAVAILABLE] later"], FailureKind::Temporary, None, Some("[UNAVAILABLE] later")),
        (&["* BYE go away"], FailureKind::Temporary, None, Some("go away")),
        (&[""], FailureKind::Temporary, None, None),
        (
            &["P1 OK in", "P2 NO no such folder"],
            FailureKind::Settings,
            Some(Key::UserId),
            Some("no such folder"),
        ),
        (
            &["P1 OK in", "P2 NO [INUSE] locked"],
            FailureKind::Temporary,
            None,
            Some("[INUSE] locked"),
        ),
    ] {
        let failure = heard_by(&anna, LOGIN, answers).await.1.unwrap_err();
        assert_eq!((failure.kind, failure.field), (kind, field), "{failure:?}");
        assert_eq!(failure.server_message.as_deref(), server_message);
    }
}

#[tokio::test]
async fn only_a_greeting_of_imap_is_answered() {
    let anna = target("anna", "horse");
    for (greeting, kind, server_message) in [
        ("* BYE M\u{fc}nchen is full", FailureKind::Temporary, Some("München is full")),
        ("* PREAUTH welcome", FailureKind::Settings, Some("welcome")),
        ("220 smtp.example", FailureKind::Settings, None),
        ("+OK POP3", FailureKind::Settings, None),
        ("* LIST () \"/\" {530000000}", FailureKind::Settings, None),
    ] {
        let (heard, done) = heard_by(&anna, greeting, &[]).await;
        let failure = done.unwrap_err();
        assert_eq!(
            (failure.kind, failure.server_message.as_deref()),
            (kind, server_message),
            "{greeting}"
        );
        assert_eq!(heard, Vec::<String>::new(), "nothing is sent");
    }
}

#[tokio::test]
async fn more_than_a_test_reads_ends_it() {
    let anna = target("anna", "horse");
    let endless = "* 1 EXISTS\r\n".repeat(8000);
    for answer in [
        "* LIST () {530000000}",
        "* LIST () {99999999999999999999}",
        &format!("* OK {}", "a".repeat(9000)),
        &endless,
    ] {
        let failure = heard_by(&anna, LOGIN, &[answer]).await.1.unwrap_err();
        assert!(failure.explanation.contains("more than"), "{failure:?}");
    }
}
