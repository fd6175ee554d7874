//! One case for each rule: at the edge it holds, one step beyond it is broken.

use super::*;
use crate::{Channel, Code, Field, Severity};

fn codes(channel: Channel, field: Field, text: &str) -> Vec<Code> {
    let spec = channel.spec(field).expect("the channel has the field");
    check_value(spec, text).into_iter().map(|violation| violation.code).collect()
}

#[track_caller]
fn holds(channel: Channel, field: Field, texts: &[&str]) {
    for text in texts {
        assert_eq!(codes(channel, field, text), [], "{text}");
    }
}

#[track_caller]
fn breaks(channel: Channel, field: Field, code: Code, texts: &[&str]) {
    for text in texts {
        assert_eq!(codes(channel, field, text), [code], "{text}");
    }
}

const IN: Channel = Channel::EmailInbound;
const OUT: Channel = Channel::EmailOutbound;

#[test]
fn name() {
    holds(IN, Field::Name, &["x", "onebox DEMO", &"ü".repeat(100)]);
    breaks(IN, Field::Name, Code::TooLong, &[&"ü".repeat(101)]);
    breaks(IN, Field::Name, Code::ControlCharacter, &["a\nb", "a\u{7}b"]);
    holds(IN, Field::Name, &["客服", "Ünïcode", "שלום\u{200f}", "👩\u{200d}💻", "a\u{ad}b"]);
    let unseen = ["\u{200b}", "\u{feff}\u{200b}", "\u{3164}", "\u{2800} \u{ad}", "\u{200f}"];
    breaks(IN, Field::Name, Code::WrongCharacter, &unseen);
    breaks(
        IN,
        Field::Name,
        Code::WrongCharacter,
        &["pay\u{202e}gnp.exe", "a\u{2066}b", "\u{202e}"],
    );
    let spec = IN.spec(Field::Name).expect("it has one");
    assert_eq!(
        check_value(spec, "pay\u{202e}gnp")[0].message,
        "Name contains U+202E, which turns text around. Enter a name of 1 to 100 characters."
    );
}

#[test]
fn mail_user() {
    holds(
        IN,
        Field::UserId,
        &[
            "test2@mail.example",
            "test2",
            "DOMAIN\\test2",
            "a@x.co\\shared",
            "a@x.co/shared",
            "\\shared@x.co",
            "a@x.co*master@mail.local",
            "org/server",
            "apikey",
        ],
    );
    breaks(IN, Field::UserId, Code::WhiteSpace, &["te st", "help desk@x.co"]);
    let spec = IN.spec(Field::UserId).expect("it has one");
    for warned in ["te st", "test2@", "@mail.example", "a@b@c", "a@mail_host"] {
        assert_eq!(check_value(spec, warned)[0].severity, Severity::Warning, "{warned}");
    }
    breaks(IN, Field::UserId, Code::ControlCharacter, &["a\tb"]);
    breaks(IN, Field::UserId, Code::NotAnAddress, &["test2@", "@mail.example", "a@b@c"]);
    breaks(IN, Field::UserId, Code::ControlCharacter, &["a\u{7}"]);
    breaks(IN, Field::UserId, Code::TooLong, &[&"a".repeat(255)]);
}

#[test]
fn password() {
    holds(IN, Field::Password, &["x", "two server_message", &"p".repeat(256)]);
    breaks(IN, Field::Password, Code::TooLong, &[&"p".repeat(257)]);
    breaks(IN, Field::Password, Code::Mask, &["******", "[REDACTED]"]);
    breaks(IN, Field::Password, Code::WhiteSpace, &[" pw", "pw "]);
    breaks(IN, Field::Password, Code::Mask, &["null", "N/A", "-", "UNCHANGED", "undefined"]);
    breaks(IN, Field::Password, Code::ControlCharacter, &["a\u{200b}b", "a\u{ad}"]);
    breaks(IN, Field::Password, Code::WhiteSpace, &["abcd efgh ijkl mnop"]);
    holds(IN, Field::Password, &["Abcd efgh ijkl mnop", "abcd efgh ijkl", "correct horse"]);
    let spec = IN.spec(Field::Password).expect("it has one");
    for warned in ["null", "a\u{200b}b", "abcd efgh ijkl mnop"] {
        assert_eq!(check_value(spec, warned)[0].severity, Severity::Warning, "{warned}");
    }
    assert_eq!(check_value(spec, " pw")[0].severity, Severity::Warning);
    assert_eq!(
        check_value(spec, "pw\n")[0].message,
        "Password contains a line break (U+000A). Enter the password, 1 to 256 characters."
    );
}

#[test]
fn host() {
    holds(IN, Field::Host, &["mail.x.co", "192.0.2.1", "2001:db8::1", "mail_1.x.co"]);
    breaks(IN, Field::Host, Code::NotAHost, &["büro.example"]);
    breaks(IN, Field::Host, Code::NotAHost, &["mail x", "imaps://mail.x.co:993/", "mail.x.co:993"]);
    let spec = IN.spec(Field::Host).expect("it has one");
    assert_eq!(
        check_value(spec, "imaps://mail.x.co:993/")[0].message,
        "IMAP server is more than a host name. Enter only mail.x.co, and 993 as the port."
    );
}

#[test]
fn port() {
    holds(IN, Field::Port, &["993"]);
    holds(OUT, Field::Port, &["465", "587"]);
    breaks(IN, Field::Port, Code::UnusualPort, &["1", "143", "587", "65535"]);
    breaks(OUT, Field::Port, Code::UnusualPort, &["25", "993"]);
    breaks(IN, Field::Port, Code::OutOfRange, &["0", "65536", "-1", "+993", "x", "9.9"]);
    let spec = OUT.spec(Field::Port).expect("it has one");
    let violation = &check_value(spec, "25")[0];
    assert_eq!(violation.severity, Severity::Warning);
    assert_eq!(violation.message, "Port 25 is unusual here; 465 or 587 is usual.");
}

#[test]
fn mail_address() {
    holds(IN, Field::From, &["test2@mail.example", "a+b@x.co"]);
    breaks(
        IN,
        Field::From,
        Code::NotAnAddress,
        &[
            "test2",
            "a@",
            "a b@x.co",
            "A <a@x.co>",
            "a@[192.0.2.1]",
            "a@mail_server.co",
            "a@exa$mple.com",
            "\"a\tb\"@x.co",
        ],
    );
}

#[test]
fn a_domain_in_another_script_is_offered_in_ascii() {
    for (field, text) in [(Field::Host, "büro.example"), (Field::From, "help@büro.example")] {
        breaks(IN, field, Code::NotAHost, &[text]);
        let spec = IN.spec(field).expect("it has one");
        let message = &check_value(spec, text)[0].message;
        let local = text.split_once('@').map_or(String::new(), |(local, _)| format!("{local}@"));
        let ascii = format!("that mail servers have: {local}xn--bro-hoa.example.");
        assert!(message.ends_with(&ascii), "{message}");
    }
    breaks(IN, Field::From, Code::NotAnAddress, &["hälp@büro.example"]);
}

#[test]
fn parent() {
    let (most, more) = ("9007199254740991", "9007199254740992");
    holds(OUT, Field::ParentId, &["612", most]);
    breaks(OUT, Field::ParentId, Code::OutOfRange, &["0", "-612", "+612", "x", "6.1", more]);
    // Others may have one in a form of their own, but no number that nothing can have.
    holds(Channel::Other, Field::ParentId, &["0", "612", most, "queue-7"]);
    breaks(Channel::Other, Field::ParentId, Code::OutOfRange, &["-612", "+612", more]);
}

#[test]
fn account_ids() {
    for (channel, field) in [
        (Channel::Facebook, Field::UserId),
        (Channel::Facebook, Field::From),
        (Channel::Facebook, Field::TargetId),
        (Channel::Instagram, Field::UserId),
        (Channel::Instagram, Field::TargetId),
    ] {
        holds(channel, field, &["12345", "12345678901234567890"]);
        breaks(channel, field, Code::TooShort, &["1234"]);
        breaks(channel, field, Code::TooLong, &["123456789012345678901"]);
        breaks(channel, field, Code::WrongCharacter, &["12345a", "12 345", "١٢٣٤٥"]);
    }
}

#[test]
fn instagram_sender() {
    holds(Channel::Instagram, Field::From, &["17841432079529884", "onebox.demo", "a_b"]);
    breaks(Channel::Instagram, Field::From, Code::TooShort, &["1234"]);
    breaks(Channel::Instagram, Field::From, Code::TooLong, &[&"a".repeat(31)]);
    breaks(Channel::Instagram, Field::From, Code::WrongCharacter, &["one box", "a-b"]);
}

#[test]
fn twitter() {
    for field in [Field::UserId, Field::From] {
        holds(Channel::Twitter, field, &["trial_corp", "a", "abcdefghijklmnopqrst"]);
        breaks(Channel::Twitter, field, Code::TooLong, &["abcdefghijklmnopqrstu"]);
        breaks(Channel::Twitter, field, Code::WrongCharacter, &["a.b", "a b", "ü"]);
    }
    holds(Channel::Twitter, Field::TargetId, &["7", "738567483435556864"]);
    breaks(Channel::Twitter, Field::TargetId, Code::WrongCharacter, &["7a"]);
    breaks(Channel::Twitter, Field::TargetId, Code::TooLong, &["123456789012345678901"]);
}

#[test]
fn tokens() {
    for (channel, field) in [
        (Channel::Facebook, Field::Password),
        (Channel::Facebook, Field::Token),
        (Channel::Instagram, Field::Password),
        (Channel::Instagram, Field::Token),
        (Channel::Twitter, Field::Password),
        (Channel::Twitter, Field::Token),
    ] {
        holds(channel, field, &[&"A".repeat(20), &"a-1".repeat(341)]);
        breaks(channel, field, Code::TooShort, &[&"a1".repeat(9)]);
        breaks(channel, field, Code::TooLong, &[&"a1".repeat(513)]);
        breaks(channel, field, Code::WhiteSpace, &["EAAG73PZBL8q 4BAIEGZCOcVLr"]);
        breaks(channel, field, Code::WrongCharacter, &["EAAG73PZBL8qü4BAIEGZCOcVLr"]);
        breaks(channel, field, Code::Mask, &["********", "EAAG********ZDZD"]);
    }
}

#[test]
fn settings_and_media_without_a_form() {
    holds(IN, Field::Enabled, &["0", "1"]);
    breaks(IN, Field::Enabled, Code::OutOfRange, &["2", "true", "+1", "-0"]);
    holds(IN, Field::Priority, &["0", "9999"]);
    breaks(IN, Field::Priority, Code::OutOfRange, &["10000", "-1", "+1"]);
    holds(Channel::Other, Field::Host, &["anything at all"]);
    breaks(Channel::Other, Field::Host, Code::ControlCharacter, &["a\nb"]);
    breaks(Channel::Other, Field::Host, Code::TooLong, &[&"a".repeat(4097)]);
    breaks(Channel::Other, Field::Token, Code::Mask, &["******"]);
    breaks(Channel::Other, Field::Token, Code::TooLong, &[&"ab".repeat(2049)]);
}

#[test]
fn no_message_about_a_secret_contains_it() {
    let secret = "canary value 5f1e";
    for spec in Channel::ALL.into_iter().flat_map(Channel::fields) {
        if spec.field.is_secret() {
            for violation in check_value(spec, &format!(" {secret}")) {
                assert!(!violation.message.contains("canary"), "{violation:?}");
            }
        }
    }
}
