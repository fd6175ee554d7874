use super::*;
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE},
};
use proptest::prelude::*;
use shared::{Field, Secret};
use std::fmt::Write;

fn clean(secret: &str, text: &str) -> Option<String> {
    Scrubber::of([secret]).clean(text)
}

fn each_byte(bytes: &[u8], write: impl Fn(&mut String, u8)) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write(&mut text, *byte);
        text
    })
}

/// A secret as a server may repeat it.
fn written(secret: &str, user: &str) -> Vec<String> {
    let plain = format!("\0{user}\0{secret}");
    let quoted = secret.replace('\\', "\\\\").replace('"', "\\\"");
    let latin_1: Vec<u8> = secret.chars().map(|char| u8::try_from(char).unwrap_or(b'?')).collect();
    let utf_16: Vec<u8> = secret.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let percent: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let mut all = vec![
        secret.to_owned(),
        secret.to_uppercase(),
        secret.to_lowercase(),
        format!("\"{quoted}\""),
        serde_json::to_string(secret).unwrap(),
        html_escape::encode_safe(secret).into_owned(),
        secret.chars().fold(String::new(), |text, char| text + &format!("&#{};", u32::from(char))),
        secret
            .chars()
            .fold(String::new(), |text, char| text + &format!("&#x{:x};", u32::from(char))),
        secret.chars().rev().collect(),
        STANDARD.encode(secret.chars().rev().collect::<String>()),
        secret.bytes().map(char::from).collect(),
        each_byte(secret.as_bytes(), |text, byte| write!(text, "%{byte:02x}").unwrap()),
        each_byte(secret.as_bytes(), |text, byte| write!(text, "={byte:02X}").unwrap()),
        each_byte(secret.as_bytes(), |text, byte| write!(text, "\\x{byte:02x}").unwrap()),
        each_byte(secret.as_bytes(), |text, byte| write!(text, "0x{byte:02x}, ").unwrap()),
        hex::encode(secret),
        hex::encode_upper(secret),
        hex::encode(&plain),
        STANDARD.encode(secret),
        STANDARD.encode(&plain),
        STANDARD_NO_PAD.encode(&plain),
        URL_SAFE.encode(&plain),
        STANDARD.encode(&plain).to_lowercase(),
        STANDARD.encode(&plain).to_uppercase(),
        STANDARD.encode(format!("{user}:{secret}")),
        STANDARD.encode(STANDARD.encode(&plain)),
        hex::encode(STANDARD.encode(secret)),
    ];
    // A blank that a form writes as a plus looks like a plus.
    if !secret.contains([' ', '+']) {
        all.push(percent);
    }
    // What Latin-1 cannot write is lost.
    if !latin_1.contains(&b'?') {
        all.push(STANDARD.encode(&utf_16));
        all.push(STANDARD.encode(&latin_1));
        all.push(hex::encode(&latin_1));
    }
    all
}

/// Secrets that a connection may have, and that leave more than blanks to be looked for.
fn secret() -> impl Strategy<Value = String> {
    "[ -~]{4,40}|[!-~]{4,12}|[a-zé-ü€п-я]{4,12}".prop_filter("no more than blanks", |text| {
        text.split_whitespace().collect::<String>().len() > 3
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn no_secret_is_shown_however_it_is_written(
        secret in secret(),
        user in "[a-z]{1,9}@mail",
        before in "([ -~]{0,40} )?",
        after in "( [ -~]{0,40})?",
    ) {
        for form in written(&secret, &user) {
            let text = format!("{before}{form}{after}");
            prop_assert_eq!(clean(&secret, &text), None, "{}", text);
        }
    }

    #[test]
    fn no_run_of_a_secret_is_shown(secret in "[!-~]{12,40}", begin in 0_usize..4) {
        let part = &secret[begin..begin + MIN_RUN_CHARS];
        prop_assert_eq!(clean(&secret, &format!("not {part} it")), None);
        // An answer that was cut off.
        let encoded = STANDARD.encode(format!("\0anna\0{secret}"));
        prop_assert_eq!(clean(&secret, &format!("AUTH PLAIN {}", &encoded[..24])), None);
    }

    #[test]
    fn most_of_a_short_secret_or_its_parts_are_not_shown(
        secret in "[!-~]{8}",
        begin in 0_usize..3,
        long in "[a-zA-Z0-9]{14}",
    ) {
        let part = &secret[begin..begin + 6];
        prop_assert_eq!(clean(&secret, &format!("bad {part}")), None, "{}", part);
        let halves = format!("{} | {}", &long[..7], &long[7..]);
        prop_assert_eq!(clean(&long, &halves), None, "{}", halves);
    }

    #[test]
    fn words_without_a_secret_are_shown_as_they_are(
        secret in "[n-z]{12,40}",
        text in "[a-m]([a-m .]{0,90}[a-m])?",
    ) {
        prop_assert_eq!(clean(&secret, &text), Some(text));
    }
}

#[test]
fn common_words_are_shown_beside_common_passwords() {
    for text in [
        "[AUTHENTICATIONFAILED] Authentication failed.",
        "535 5.7.139 Authentication unsuccessful, the user credentials were incorrect.",
        "534 5.7.9 Application-specific password required: https://mail.example/?p=InvalidSecond",
    ] {
        for secret in ["correct-horse-9", "wrong#horse", "passw0rd", "hunter2", "äöüß"] {
            assert_eq!(clean(secret, text).as_deref(), Some(text), "{secret}");
        }
    }
}

#[test]
fn beside_a_secret_that_is_too_short_nothing_is_shown() {
    // Else what is missing would tell it.
    for text in ["The server", "no"] {
        assert_eq!(clean("e", text), None);
        assert_eq!(clean("The", text), None);
    }
}

#[test]
fn words_are_on_one_line_and_short() {
    assert_eq!(clean("secret#7", " a\r\nb\t ").as_deref(), Some("a  b"));
    assert_eq!(clean("secret#7", &"é".repeat(999)).unwrap().chars().count(), MAX_SHOWN_CHARS);
    assert_eq!(Scrubber::of([]).clean("any words").as_deref(), Some("any words"));
}

#[test]
fn a_name_that_is_a_secret_is_not_shown() {
    let scrubber = Scrubber::of(["secret#7"]);
    assert_eq!(scrubber.clean_name("Garden Centre"), "Garden Centre");
    assert_eq!(scrubber.clean_name("Secret#7"), "…");
}

#[test]
fn the_secrets_are_the_connections_and_the_operators() {
    let mut connection = Connection::new("TWTR", Some("PVD10"));
    connection.set(Field::Token, Some("738567483435556864-tokentoken".into()));
    connection.set(Field::Password, Some("passwordsecret".into()));
    let app = crate::provider::ProviderApp {
        id: "1045".into(),
        secret: Secret::new("operatorsecret".into()),
    };
    let settings = ProviderSettings { facebook_app: Some(app), ..ProviderSettings::default() };
    let scrubber = Scrubber::new(&connection, &settings);
    for secret in ["tokentoken", "passwordsecret", "operatorsecret"] {
        assert_eq!(scrubber.clean(secret), None, "{secret}");
    }
    // Twitter's number of the account is no secret.
    assert!(scrubber.clean("@trial_corp (738567483435556864)").is_some());
}
