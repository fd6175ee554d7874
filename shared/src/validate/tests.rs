use super::*;
use crate::{ConnectionPatch, Key, Severity};

/// A complete connection of each channel, shaped as in the documents.
fn complete(channel: Channel) -> Connection {
    let token = |head: &str| format!("{head}{}ZDZD", "q7Kd".repeat(40));
    let (media, provider) = channel.codes().unwrap_or(("YOTB", "PVD31"));
    let mut connection = Connection::new(media, Some(provider));
    let mut set = |field, text: &str| connection.set(field, Some(text.to_owned()));
    set(Field::Name, "test");
    match channel {
        Channel::EmailInbound | Channel::EmailOutbound => {
            set(Field::UserId, "test2@mail.example");
            set(Field::Password, "one-two#123");
            set(Field::Host, "mail.example");
            set(Field::From, "test2@mail.example");
            set(Field::Port, if channel == Channel::EmailInbound { "993" } else { "587" });
            if channel == Channel::EmailOutbound {
                set(Field::ParentId, "612");
            }
        }
        Channel::Facebook => {
            set(Field::UserId, "469218373611012");
            set(Field::From, "469218373611012");
            set(Field::TargetId, "469218373611012");
            set(Field::Password, &token("EAAG"));
            set(Field::Token, &token("EAAG"));
        }
        Channel::Instagram => {
            set(Field::UserId, "110334703943674");
            set(Field::From, "onebox.demo");
            set(Field::TargetId, "17841432079529884");
            set(Field::Password, &token("EAAO"));
            set(Field::Token, &token("EAAO"));
        }
        Channel::Twitter => {
            set(Field::UserId, "trial_corp");
            set(Field::From, "trial_corp");
            set(Field::TargetId, "738567483435556864");
            set(Field::Token, "738567483435556864-KB0qrr127DjUL4p3K99M8");
            set(Field::Password, "7ak255up33fdfRtjdvlkhAxfOBBJC6N7fCdQ348D0pMcf");
        }
        Channel::WhatsApp => {
            set(Field::UserId, "106540352242922");
            set(Field::TargetId, "104996122399160");
            set(Field::From, "+49 30 1234567");
            set(Field::Token, &token("EAAJ"));
        }
        #[cfg(feature = "example-channel")]
        Channel::Example => {
            set(Field::UserId, "106540352242922");
            set(Field::Token, &token("EX"));
        }
        Channel::Other => {}
    }
    connection
}

fn found(connection: &Connection) -> Vec<(Key, Code, Severity)> {
    let violations = check(connection.channel(), connection);
    violations.0.iter().map(|v| (v.field, v.code, v.severity)).collect()
}

#[test]
fn a_complete_connection_breaks_no_rule() {
    for channel in Channel::ALL {
        assert_eq!(found(&complete(channel)), [], "{channel:?}");
    }
}

#[test]
fn each_required_field_is_missed_and_no_other() {
    for channel in Channel::ALL {
        for spec in channel.fields() {
            let mut connection = complete(channel);
            connection.set(spec.field, None);
            let expected =
                spec.required.then_some((spec.field.key(), Code::Required, Severity::Error));
            assert_eq!(found(&connection), Vec::from_iter(expected), "{channel:?} {spec:?}");
        }
    }
}

#[test]
fn a_twitter_token_begins_with_the_user_id_and_a_hyphen() {
    let mut connection = complete(Channel::Twitter);
    for token in ["738567483435556865-KB0qrr127DjUL4p3K9", "7385674834355568649-KB0qrr127DjU"] {
        connection.set(Field::Token, Some(token.into()));
        assert_eq!(found(&connection), [(Key::Token, Code::OtherAccount, Severity::Error)]);
    }
}

#[test]
fn another_page_in_a_facebook_connection_is_pointed_out() {
    for field in [Field::From, Field::TargetId] {
        let mut connection = complete(Channel::Facebook);
        connection.set(field, Some("469218373611013".into()));
        assert_eq!(found(&connection), [(field.key(), Code::OtherPage, Severity::Warning)]);
        assert!(check(Channel::Facebook, &connection).allow_saving());
    }
}

#[test]
fn a_parent_is_an_inbound_connection_and_another_one() {
    let code = |own, parent| check_parent(own, "612", parent).map(|violation| violation.code);
    assert_eq!(code(None, Some(Channel::EmailInbound)), None);
    assert_eq!(code(Some(ConnectionId(613)), Some(Channel::EmailInbound)), None);
    let itself = code(Some(ConnectionId(612)), Some(Channel::EmailInbound));
    assert_eq!(itself, Some(Code::Itself));
    assert_eq!(code(None, None), Some(Code::NoSuchConnection));
    assert_eq!(code(None, Some(Channel::EmailOutbound)), Some(Code::NotInbound));
    assert_eq!(code(None, Some(Channel::Facebook)), Some(Code::NotInbound));
}

#[test]
fn fields_of_other_channels_are_refused() {
    let codes = |channel, field, text: &str| {
        let patch = ConnectionPatch::default().with(field, Some(text));
        check_unused(channel, &patch).0.into_iter().map(|v| v.code).collect::<Vec<_>>()
    };
    assert_eq!(codes(Channel::Facebook, Field::Host, "mail.x.co"), [Code::NotUsed]);
    assert_eq!(codes(Channel::EmailInbound, Field::Token, "EAAG"), [Code::NotUsed]);
    assert_eq!(codes(Channel::EmailInbound, Field::ParentId, "612"), [Code::NotUsed]);
    assert_eq!(codes(Channel::Facebook, Field::Port, "993"), [Code::NotUsed]);
    assert_eq!(codes(Channel::Facebook, Field::Port, "0"), []);
    assert_eq!(codes(Channel::Other, Field::Host, "mail.x.co"), []);
}

#[test]
fn a_secret_that_is_kept_is_not_missed() {
    struct Record(Connection);
    impl Checkable for Record {
        fn content(&self, field: Field) -> Content<'_> {
            if field.is_secret() { Content::Hidden } else { self.0.content(field) }
        }
    }
    for channel in Channel::ALL {
        assert_eq!(check(channel, &Record(complete(channel))).0, []);
    }
}

#[test]
fn another_account_is_warned_of_and_the_same_is_not() {
    let mut before = Connection::new("TWTR", Some("PVD10"));
    before.set(Field::UserId, Some("trial_corp".into()));
    let moved = |patch: ConnectionPatch| {
        let found = check_account_change(&before, &patch);
        found.0.iter().map(|found| (found.field, found.code)).collect::<Vec<_>>()
    };
    let patch = ConnectionPatch::default;
    assert_eq!(
        moved(patch().with(Field::UserId, Some("other"))),
        [(Key::UserId, Code::AccountChanged)]
    );
    assert_eq!(moved(patch().with(Field::UserId, Some("Trial_Corp"))), []);
    assert_eq!(moved(patch().with(Field::Name, Some("other"))), []);
    // What had none gets one, and what is cleared has none.
    assert_eq!(moved(patch().with(Field::TargetId, Some("12"))), []);
    assert_eq!(moved(patch().with(Field::UserId, None)), []);
    let text =
        &check_account_change(&before, &patch().with(Field::UserId, Some("other"))).0[0].message;
    assert!(text.contains("it was trial_corp, and would be other"), "{text}");
}

/// A screen name that Twitter has given out, but that a rule of today refuses.
fn imported() -> Connection {
    let mut before = Connection::new("TWTR", Some("PVD10"));
    for (field, value) in [
        (Field::Name, "old"),
        (Field::UserId, "a_screen_name_of_24_chars"),
        (Field::From, "trial_corp"),
        (Field::TargetId, "738567483435556864"),
        (Field::Token, "738567483435556864-KB0qrr127DjUL4p3K99M8CkH1LGXvFQ"),
        (Field::Password, "7ak255up33fdfRtjdvlkhAxfOBBJC6N7fCdQ348D0pMcf"),
        (Field::Priority, "1"),
        (Field::Enabled, "1"),
    ] {
        before.set(field, Some(value.to_owned()));
    }
    before
}

#[test]
fn what_a_patch_does_not_touch_may_be_as_wrong_as_it_was() {
    let before = imported();
    assert_eq!(check(Channel::Twitter, &before).errors().count(), 1, "control");
    let refused = |patch: &[(Field, Option<&str>)]| {
        let patch: ConnectionPatch =
            patch.iter().map(|(field, value)| (*field, value.map(Into::into))).collect();
        let mut after = before.clone();
        patch.apply(&mut after);
        let found = check_patch(Channel::Twitter, &before, &patch, &after);
        found.errors().map(|found| found.field).collect::<Vec<_>>()
    };
    assert_eq!(refused(&[(Field::Enabled, Some("0"))]), []);
    assert_eq!(refused(&[(Field::Name, Some("new"))]), []);
    assert_eq!(refused(&[(Field::UserId, Some("another_one_that_is_too_long"))]), [Key::UserId]);
    assert_eq!(refused(&[(Field::TargetId, Some("7"))]), [Key::Token], "it brings that about");
    let cleared = refused(&[(Field::From, None)]);
    assert_eq!(cleared, [Key::UserId, Key::From], "clearing what is required judges the whole");
}
