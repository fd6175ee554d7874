use super::*;
use crate::probe::FailureKind;
use base64::{Engine, engine::general_purpose::STANDARD};
use shared::Key;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

fn target<'a>(password: &'a str, sender: &'a str) -> Target<'a> {
    Target {
        host: "mail.example",
        port: 465,
        encryption: Encryption::Tls,
        is_allowed_port: true,
        client_name: "[127.0.0.1]",
        user: "anna",
        password,
        sender,
    }
}

const SENDER: &str = "anna@mail.example";

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
    let mut smtp = Smtp::new(target, Wire::new(ours));
    let test = async {
        smtp.greet().await?;
        smtp.sign_in().await?;
        smtp.name_sender().await?;
        // It does not matter how the server takes it.
        smtp.leave().await.ok();
        Ok(())
    };
    let both = async { tokio::join!(serve, test) };
    let (heard, done) = tokio::time::timeout(Duration::from_secs(20), both).await.expect("an end");
    (heard.unwrap_or_default(), done)
}

/// The answer to EHLO of a server that offers these ways to sign in.
fn ehlo(mechanisms: &str) -> String {
    format!("250-mail.example\r\n250-SIZE 1000\r\n250 {mechanisms}")
}

const REST: [&str; 4] = ["235 in", "250 ok", "250 ok", "221 bye"];

#[tokio::test]
async fn it_goes_as_far_as_to_the_sender_and_takes_it_back() {
    let hello = ehlo("AUTH PLAIN LOGIN");
    let answers = [&[&*hello][..], &REST].concat();
    let greeting = "220-one\r\n220-two\r\n220";
    let (heard, done) = heard_by(&target("horse", SENDER), greeting, &answers).await;
    assert_eq!(done, Ok(()));
    let expected = [
        "EHLO [127.0.0.1]",
        "AUTH PLAIN AGFubmEAaG9yc2U=",
        "MAIL FROM:<anna@mail.example>",
        "RSET",
        "QUIT",
    ];
    assert_eq!(heard, expected);
}

#[tokio::test]
async fn ways_to_sign_in_are_read_however_they_are_written() {
    for mechanisms in
        ["AUTH=PLAIN LOGIN", "auth plain", "Auth\tLOGIN\tplain", "AUTH  XOAUTH2 PLAIN"]
    {
        let hello = ehlo(mechanisms);
        let answers = [&[&*hello][..], &REST].concat();
        let (heard, done) = heard_by(&target("horse", SENDER), "220 hello", &answers).await;
        assert_eq!(done, Ok(()), "{mechanisms}");
        assert_eq!(heard[1], "AUTH PLAIN AGFubmEAaG9yc2U=");
    }
    for none in ["AUTH XOAUTH2 DIGEST-MD5", "AUTHPLAIN", "X-AUTH PLAIN", "SIZE PLAIN"] {
        let (heard, done) = heard_by(&target("horse", SENDER), "220 hello", &[&ehlo(none)]).await;
        let failure = done.unwrap_err();
        assert_eq!((failure.kind, failure.field), (FailureKind::Settings, None), "{failure:?}");
        assert_eq!(heard, ["EHLO [127.0.0.1]"]);
    }
}

#[tokio::test]
async fn a_long_password_waits_for_its_challenge() {
    let euros = "€".repeat(256);
    let hello = ehlo("AUTH PLAIN");
    let answers = [&[&*hello, "334"][..], &REST].concat();
    let (heard, done) = heard_by(&target(&euros, SENDER), "220 hello", &answers).await;
    assert_eq!(done, Ok(()));
    assert_eq!(heard[1], "AUTH PLAIN");
    assert_eq!(STANDARD.decode(&heard[2]).unwrap(), format!("\0anna\0{euros}").into_bytes());
}

#[tokio::test]
async fn the_first_challenge_is_the_users_and_the_second_the_passwords() {
    let hello = ehlo("AUTH LOGIN");
    for challenges in
        [["334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6"], ["334", "334 "], ["334 ?", "334 x y"]]
    {
        let answers = [&[&*hello][..], &challenges, &REST].concat();
        let (heard, done) = heard_by(&target("hörse", SENDER), "220 hello", &answers).await;
        assert_eq!(done, Ok(()));
        assert_eq!(heard[1..4], ["AUTH LOGIN", "YW5uYQ==", "aMO2cnNl"]);
    }
}

#[tokio::test]
async fn a_way_that_is_not_understood_gives_way_to_the_next() {
    let hello = ehlo("AUTH PLAIN LOGIN");
    let answers = [&[&*hello, "504 unknown", "334", "334"][..], &REST].concat();
    let (heard, done) = heard_by(&target("horse", SENDER), "220 hello", &answers).await;
    assert_eq!(done, Ok(()));
    assert_eq!(heard[2], "AUTH LOGIN");
    // A further challenge has no answer.
    let answers = [&*hello, "334 more", "501 cancelled", "503 no", "503 no"];
    let (heard, done) = heard_by(&target("horse", SENDER), "220 hello", &answers).await;
    assert_eq!(heard[2], "*");
    let failure = done.unwrap_err();
    assert_eq!(
        (failure.kind, failure.server_message.as_deref()),
        (FailureKind::Settings, Some("503 no"))
    );
}

#[tokio::test]
async fn a_server_that_wants_to_ask_first_is_answered_then() {
    let hello = ehlo("AUTH PLAIN");
    let answers = [&[&*hello, "501 5.5.4 no initial response, please", "334"][..], &REST].concat();
    let (heard, done) = heard_by(&target("horse", SENDER), "220 hello", &answers).await;
    assert_eq!(done, Ok(()));
    assert_eq!(heard[1..4], ["AUTH PLAIN AGFubmEAaG9yc2U=", "AUTH PLAIN", "AGFubmEAaG9yc2U="]);
}

#[tokio::test]
async fn an_old_server_is_greeted_in_the_old_way() {
    let answers = ["502 unknown", "250-mail.example\r\n250 AUTH PLAIN"];
    let (heard, done) = heard_by(&target("horse", SENDER), "220 hello", &answers).await;
    assert_eq!(heard, ["EHLO [127.0.0.1]", "HELO [127.0.0.1]"]);
    // It has no extensions, whatever it says.
    assert_eq!(done.unwrap_err().kind, FailureKind::Settings);
}

#[tokio::test]
async fn a_sender_is_one_address_and_nothing_else() {
    let hello = format!("{}\r\n250 SMTPUTF8", ehlo("AUTH PLAIN").replace("250 A", "250-A"));
    for (sender, heard_sender) in [
        ("o'brien+a@mail.example", "MAIL FROM:<o'brien+a@mail.example>"),
        ("ännä@mail.example", "MAIL FROM:<ännä@mail.example> SMTPUTF8"),
    ] {
        let answers = [&[&*hello][..], &REST].concat();
        let (heard, done) = heard_by(&target("horse", sender), "220 hello", &answers).await;
        assert_eq!((&*heard[2], done), (heard_sender, Ok(())));
    }
    for sender in ["anna", "anna@mail.example> RET=FULL", "Anna <anna@mail.example>"] {
        let answers = [&*hello, "235 in"];
        let (_, done) = heard_by(&target("horse", sender), "220 hello", &answers).await;
        let failure = done.unwrap_err();
        assert_eq!((failure.kind, failure.field), (FailureKind::Settings, Some(Key::From)));
    }
}

#[tokio::test]
async fn refusals_carry_the_servers_words() {
    let hello = &*ehlo("AUTH PLAIN");
    let anna = target("horse", SENDER);
    let password = Some(Key::Password);
    for (answers, kind, field, server_message) in [
        (&["550 no"][..], FailureKind::Settings, None, Some("550 no")),
        (&["421 later"], FailureKind::Temporary, None, Some("421 later")),
        (&[hello, "535-a\r\n535 b"], FailureKind::Credentials, password, Some("535 a b")),
        (&[hello, "454 later"], FailureKind::Temporary, None, Some("454 later")),
        (&[hello, "235 in", "550 no"], FailureKind::Settings, Some(Key::From), Some("550 no")),
        (&[hello, "235 in", "451 later"], FailureKind::Temporary, None, Some("451 later")),
        (&[hello, "235-in"], FailureKind::Temporary, None, None),
        (&[hello, "nonsense"], FailureKind::Settings, Some(Key::Port), None),
    ] {
        let failure = heard_by(&anna, "220 hello", answers).await.1.unwrap_err();
        assert_eq!((failure.kind, failure.field), (kind, field), "{failure:?}");
        assert_eq!(failure.server_message.as_deref(), server_message);
    }
}

#[tokio::test]
async fn only_a_greeting_of_smtp_is_answered() {
    for (greeting, kind, server_message) in [
        ("421 M\u{fc}nchen is full", FailureKind::Temporary, Some("421 München is full")),
        ("554 go away", FailureKind::Settings, Some("554 go away")),
        ("* OK IMAP", FailureKind::Settings, None),
        ("HTTP/1.1 400 Bad Request", FailureKind::Settings, None),
        ("250 hello", FailureKind::Settings, None),
    ] {
        let (heard, done) = heard_by(&target("horse", SENDER), greeting, &[]).await;
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
    let anna = target("horse", SENDER);
    for greeting in [format!("220 {}", "a".repeat(9000)), "220-hello\r\n".repeat(9000)] {
        let failure = heard_by(&anna, &greeting, &[]).await.1.unwrap_err();
        assert!(failure.explanation.contains("more than"), "{failure:?}");
    }
    let endless = "250-EXTENSION\r\n".repeat(9000);
    let failure = heard_by(&anna, "220 hello", &[&endless]).await.1.unwrap_err();
    assert!(failure.explanation.contains("more than"), "{failure:?}");
}
