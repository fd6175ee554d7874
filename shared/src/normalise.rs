//! The normal form of what people paste.

use crate::{Channel, Field, FieldKind, rules::invisible::is_ignored};

/// The normal form of a value; `None` if nothing is left, because an empty string counts as null.
#[must_use]
pub fn normalise(channel: Channel, field: Field, text: &str) -> Option<String> {
    let text = match channel.spec(field).map(|spec| spec.kind) {
        // White space may belong to a password: it is pointed out, not taken away.
        Some(FieldKind::Password) => text.to_owned(),
        Some(FieldKind::AnySecret) if field == Field::Password => text.to_owned(),
        // Tokens break when a line wrap or a space is copied along.
        Some(FieldKind::Token | FieldKind::AnySecret) => text.split_whitespace().collect(),
        Some(FieldKind::Host) => seen(text).to_ascii_lowercase(),
        Some(FieldKind::ScreenName | FieldKind::InstagramSender) => {
            seen(text).trim_start_matches(|c: char| c == '@' || c.is_whitespace()).to_owned()
        }
        Some(
            FieldKind::Port(_)
            | FieldKind::Priority
            | FieldKind::Flag
            | FieldKind::InboundConnection,
        ) => without_leading_zeros(text.trim()),
        Some(FieldKind::MailAddress) => address(&seen(text)).to_owned(),
        Some(FieldKind::AccountId | FieldKind::TwitterId | FieldKind::MailUser) => seen(text),
        _ => text.trim().to_owned(),
    };
    (!text.is_empty()).then_some(text)
}

/// Without characters that are not seen, which are copied along from web pages, and without white space at the ends.
fn seen(text: &str) -> String {
    let text: String = text.chars().filter(|char| !is_ignored(*char)).collect();
    text.trim().to_owned()
}

/// The address of `mailto:help@example.com` and of `Support <help@example.com>`.
fn address(mut text: &str) -> &str {
    const SCHEME: &str = "mailto:";
    loop {
        let begin = text.get(..SCHEME.len());
        let inner = if begin.is_some_and(|begin| begin.eq_ignore_ascii_case(SCHEME)) {
            Some(&text[SCHEME.len()..])
        } else {
            text.strip_suffix('>').and_then(|text| Some(text.rsplit_once('<')?.1))
        };
        let Some(inner) = inner else { return text };
        text = inner.trim();
    }
}

/// `0993` is 993; other texts stay as they are, for the check to name.
fn without_leading_zeros(text: &str) -> String {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let trimmed = text.trim_start_matches('0');
    match (digits, trimmed) {
        (false, _) => text.to_owned(),
        (true, "") => "0".to_owned(),
        (true, number) => number.to_owned(),
    }
}

/// What a field holds when it holds nothing: the record has `"Port": "0"` where there is none.
#[must_use]
pub fn empty_value(channel: Channel, field: Field) -> Option<&'static str> {
    (field == Field::Port && channel.spec(field).is_none()).then_some("0")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(channel: Channel, field: Field, text: &str) -> Option<String> {
        normalise(channel, field, text)
    }

    #[test]
    fn each_kind_has_its_normal_form() {
        use Channel::{EmailInbound, Facebook, Instagram, Twitter};
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(normal(Facebook, Field::Name, "  a b "), some("a b"));
        assert_eq!(normal(Facebook, Field::Token, " EAA\n ab\tcd "), some("EAAabcd"));
        assert_eq!(normal(EmailInbound, Field::Host, " Mail.X.CO "), some("mail.x.co"));
        assert_eq!(normal(EmailInbound, Field::Port, " 0993 "), some("993"));
        assert_eq!(normal(EmailInbound, Field::Password, " a b "), some(" a b "));
        assert_eq!(normal(Channel::Other, Field::Password, " a b "), some(" a b "));
        assert_eq!(normal(Channel::Other, Field::Token, " a b "), some("ab"));
        assert_eq!(normal(Twitter, Field::UserId, " @trial "), some("trial"));
        assert_eq!(normal(Instagram, Field::From, "@a.demo"), some("a.demo"));
        assert_eq!(normal(Facebook, Field::Enabled, "000"), some("0"));
    }

    #[test]
    fn what_is_copied_along_is_taken_away() {
        use Channel::{EmailInbound, EmailOutbound, Facebook, Twitter};
        let some = |text: &str| Some(text.to_owned());
        for pasted in [
            "help@x.co",
            "mailto:help@x.co",
            "MailTo:help@x.co ",
            "Support <help@x.co>",
            "\"Desk, Help\" < help@x.co >",
            "\u{200b}help@x.co\u{feff}",
        ] {
            assert_eq!(normal(EmailOutbound, Field::From, pasted), some("help@x.co"), "{pasted}");
        }
        assert_eq!(normal(EmailInbound, Field::Host, "\u{2060}Mail.x.co"), some("mail.x.co"));
        assert_eq!(normal(Facebook, Field::UserId, "12345\u{200b}"), some("12345"));
        assert_eq!(normal(Twitter, Field::UserId, "\u{200e}@trial"), some("trial"));
        assert_eq!(normal(EmailInbound, Field::Password, "a\u{200b}"), some("a\u{200b}"));
        for text in ["mailto:mailto:", "<<>>", "<", "m\u{fc}ll", "<mailto:a>"] {
            let once = normal(EmailOutbound, Field::From, text).unwrap_or_default();
            let twice = normal(EmailOutbound, Field::From, &once).unwrap_or_default();
            assert_eq!(once, twice, "{text}");
        }
    }

    #[test]
    fn empty_counts_as_nothing() {
        for channel in Channel::ALL {
            for field in Field::ALL {
                assert_eq!(normal(channel, field, ""), None, "{channel:?} {field:?}");
            }
        }
        assert_eq!(normal(Channel::Twitter, Field::UserId, " @ "), None);
        assert_eq!(normal(Channel::Twitter, Field::Token, " \n "), None);
    }
}
