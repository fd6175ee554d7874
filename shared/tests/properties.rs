//! What holds for every record and every patch.

use proptest::{collection::btree_map, option, prelude::*, sample::select};
use serde_json::Value;
use shared::{
    Channel, Code, Connection, ConnectionId, ConnectionPatch, Field, Key, MAX_NUMBER, Severity,
    SiteId,
    normalise::normalise,
    rules::check_value,
    validate::check,
    wire::{Entries, Record},
};

/// Texts as people and programs send them: plain, spaced, masked, or anything at all.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z0-9.@_-]{0,24}",
        "[ \t\n@0]{0,4}[A-Za-z0-9 @\t]{0,30}[ \n]{0,3}",
        "[*•…]{1,12}[A-Z]{0,4}",
        ".{0,40}",
    ]
}

fn channels() -> impl Strategy<Value = Channel> {
    select(Channel::ALL.to_vec())
}

fn connections() -> impl Strategy<Value = Connection> {
    let keys = select(Key::ALL.to_vec());
    let values = btree_map(keys, option::of(texts()), 0..=Key::ALL.len());
    (channels(), values, 1..=MAX_NUMBER, 1..=MAX_NUMBER).prop_map(|(channel, values, id, site)| {
        let (media, provider) = channel.codes().unwrap_or(("YOTB", "PVD31"));
        let mut connection = Connection::new(media, Some(provider));
        for (key, value) in values {
            if !matches!(key, Key::MediaId | Key::ProviderId) {
                connection.set_text(key, value);
            }
        }
        Connection { id: ConnectionId(id), site_id: SiteId(site), ..connection }
    })
}

fn patches() -> impl Strategy<Value = ConnectionPatch> {
    btree_map(select(Field::ALL.to_vec()), option::of(texts()), 0..=Field::ALL.len())
        .prop_map(|changes| changes.into_iter().collect())
}

fn json(connection: &Connection) -> String {
    serde_json::to_string(&Record(connection)).expect("a record is texts and nulls")
}

proptest! {
    #[test]
    fn a_patch_changes_exactly_its_fields(before in connections(), patch in patches()) {
        let mut after = before.clone();
        patch.apply(&mut after);
        for key in Key::ALL {
            let change = key.field().and_then(|field| patch.iter().find(|(named, _)| *named == field));
            let expected = change.map_or_else(|| before.expose(key), |(_, value)| value.map(Into::into));
            prop_assert_eq!(after.expose(key), expected, "{}", key);
        }
    }

    #[test]
    fn real_changes_have_the_same_effect_and_no_idle_field(
        before in connections(), patch in patches(),
    ) {
        let real = patch.real_changes(&before);
        let (mut all, mut fewer) = (before.clone(), before.clone());
        patch.apply(&mut all);
        real.apply(&mut fewer);
        prop_assert_eq!(all, fewer);
        for (field, value) in real.iter() {
            let before = before.expose(field.key());
            prop_assert_ne!(before.as_deref(), value);
        }
    }

    #[test]
    fn normalising_twice_is_normalising_once(
        channel in channels(), field in select(Field::ALL.to_vec()), text in texts(),
    ) {
        let once = normalise(channel, field, &text);
        if let Some(once) = &once {
            prop_assert_eq!(normalise(channel, field, once), Some(once.clone()));
        }
        let patch = ConnectionPatch::default().with(field, Some(&text)).normalised(channel);
        prop_assert_eq!(patch.normalised(channel), patch);
    }

    #[test]
    fn the_record_survives_a_json_round_trip_byte_for_byte(before in connections()) {
        let sent = json(&before);
        let entries = Entries::parse(sent.as_bytes()).expect("a record is a body");
        let mut after = Connection::default();
        for (key, value) in entries.iter() {
            after.set_text(key, value.map(Into::into));
        }
        prop_assert_eq!(json(&after), sent);
    }

    #[test]
    fn the_record_has_the_32_keys_in_the_documented_order(connection in connections()) {
        let sent = json(&connection);
        let mut rest = sent.as_str();
        for key in Key::ALL {
            let start = rest.find(&format!("\"{key}\":")).expect("the key comes after the last one");
            rest = &rest[start + key.name().len() + 3..];
        }
        let value: Value = serde_json::from_str(&sent).expect("it is JSON");
        prop_assert_eq!(value.as_object().map(serde_json::Map::len), Some(32));
    }

    #[test]
    fn a_patch_never_touches_a_secret_that_it_does_not_name(
        before in connections(), patch in patches(),
    ) {
        let mut after = before.clone();
        patch.normalised(before.channel()).apply(&mut after);
        for field in [Field::Password, Field::Token] {
            if patch.get(field).is_none() {
                prop_assert_eq!(after.get(field), before.get(field));
            }
        }
    }

    #[test]
    fn no_message_quotes_a_secret(before in connections(), secret in "[a-z0-9]{9,40}") {
        let mut connection = before;
        connection.set(Field::Password, Some(format!(" {secret}\u{fc}")));
        connection.set(Field::Token, Some(format!(" {secret}\u{fc}")));
        for violation in check(connection.channel(), &connection).0 {
            prop_assert!(!violation.message.contains(&secret), "{:?}", violation);
        }
    }

    #[test]
    fn a_password_with_a_control_character_is_refused_or_warned_of_by_its_name(
        before in "[a-z]{4,20}", control in select((0..0x20).chain(0x7f..0xa0).collect::<Vec<u32>>()),
        after in "[a-z]{0,20}", channel in select(vec![Channel::EmailInbound, Channel::EmailOutbound, Channel::Other]),
    ) {
        let control = char::from_u32(control).expect("none of these is a surrogate");
        let spec = channel.spec(Field::Password).expect("the channel has one");
        let found = check_value(spec, &format!("{before}{control}{after}"));
        prop_assert_eq!(found.len(), 1, "{:?}", found);
        prop_assert_eq!(found[0].code, Code::ControlCharacter);
        let name = format!("(U+{:04X})", u32::from(control));
        prop_assert!(found[0].message.contains(&name) && !found[0].message.contains(&before));
        // What no server can be sent is refused; what goes to none may have its lines.
        let refused: &[char] = if channel == Channel::Other { &['\0'] } else { &['\0', '\r', '\n'] };
        prop_assert_eq!(found[0].severity == Severity::Error, refused.contains(&control));
    }

    #[test]
    fn a_patch_survives_the_way_from_the_browser(patch in patches()) {
        let sent = serde_json::to_string(&patch).expect("a patch is texts and nulls");
        let received: ConnectionPatch = serde_json::from_str(&sent).expect("it was just written");
        prop_assert_eq!(received, patch);
    }
}
