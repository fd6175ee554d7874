use super::*;
use crate::{
    FieldKind,
    FormSection::{Credentials, Settings},
};

#[test]
fn codes_and_slugs_lead_back_to_their_channel() {
    for channel in Channel::ALL {
        assert_eq!(Channel::from_slug(channel.slug()), Some(channel));
        let (media, provider) = channel.codes().unzip();
        assert_eq!(Channel::from_codes(media, provider), channel);
    }
}

#[test]
fn a_pair_outside_the_table_is_other() {
    assert_eq!(Channel::from_codes(Some("WHATP"), Some("PVD31")), Channel::Other);
    assert_eq!(Channel::from_codes(Some("WHATP"), None), Channel::Other);
    assert_eq!(Channel::from_codes(Some("EMAIL"), Some("PVD12")), Channel::Other);
    assert_eq!(Channel::from_codes(Some("YOTB"), None), Channel::Other);
}

/// The keys of each channel's example in the documents, which are what it requires.
#[test]
fn required_fields_are_those_of_the_documented_example() {
    use Field::{From, Host, Name, ParentId, Password, Port, TargetId, Token, UserId};
    let documented: [(Channel, &[Field]); 6] = [
        (Channel::EmailInbound, &[Name, UserId, Password, Host, Port, From]),
        (Channel::EmailOutbound, &[Name, UserId, Password, Host, Port, From, ParentId]),
        (Channel::Facebook, &[Name, UserId, Password, From, Token]),
        (Channel::Instagram, &[Name, UserId, Password, From, Token, TargetId]),
        (Channel::Twitter, &[Name, UserId, Password, From, Token, TargetId]),
        // Of Meta's documents: ours have no example.
        (Channel::WhatsApp, &[Name, UserId, Token, TargetId]),
    ];
    for (channel, expected) in documented {
        let mut required: Vec<_> = channel
            .fields()
            .iter()
            .filter(|spec| spec.required && spec.group != Settings)
            .map(|spec| spec.field)
            .collect();
        required.sort_unstable();
        assert_eq!(required, expected, "{channel:?}");
    }
}

#[test]
fn secret_kinds_are_exactly_those_of_secret_fields() {
    for spec in Channel::ALL.into_iter().flat_map(Channel::fields) {
        let kind =
            matches!(spec.kind, FieldKind::Password | FieldKind::Token | FieldKind::AnySecret);
        assert_eq!(kind, spec.field.is_secret(), "{spec:?}");
        assert_eq!(spec.group == Credentials, spec.field.is_secret(), "{spec:?}");
    }
}

#[test]
fn facebook_and_instagram_hold_their_tokens_the_other_way_round() {
    let label = |channel: Channel, field| channel.spec(field).map(|spec| spec.label);
    assert_eq!(label(Channel::Facebook, Field::Password), Some("Page access token"));
    assert_eq!(label(Channel::Facebook, Field::Token), Some("User access token"));
    assert_eq!(label(Channel::Instagram, Field::Password), Some("User access token"));
    assert_eq!(label(Channel::Instagram, Field::Token), Some("Page access token"));
}
