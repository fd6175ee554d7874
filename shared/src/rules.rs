//! The check of one value on its own.

mod host;
pub(crate) mod invisible;

use crate::{
    ConnectionId, Field, FieldKind, FieldSpec, MAX_NUMBER, Violation,
    mask::{is_mask, is_word_for_nothing},
    wording::{Oddity, Problem},
};
use email_address::{EmailAddress, Options};
use std::ops::RangeInclusive;

/// Characters of a name: what fits a column of the board.
const NAME: RangeInclusive<usize> = 1..=100;
/// Characters of a mailbox's password.
const PASSWORD: RangeInclusive<usize> = 1..=256;
/// Characters of a token: the documents' shortest has 45, Facebook's pass 200.
const TOKEN: RangeInclusive<usize> = 20..=1024;
/// Characters of a secret or a text whose rules are not documented.
const ANY: RangeInclusive<usize> = 1..=4096;
/// Digits of a Facebook or Instagram id.
const ACCOUNT_ID: RangeInclusive<usize> = 5..=20;
/// Digits of a Twitter user id: a 64-bit number.
const TWITTER_ID: RangeInclusive<usize> = 1..=20;
/// Characters of a Twitter screen name: 15 today, and up to 20 of accounts that are old.
const SCREEN_NAME: RangeInclusive<usize> = 1..=20;
/// Characters of an Instagram username.
const USERNAME: RangeInclusive<usize> = 1..=30;
/// Characters of a mailbox's user name: an address's longest form (RFC 5321).
const MAIL_USER: RangeInclusive<usize> = 1..=254;

/// Checks one value in its [normal form](crate::normalise).
#[must_use]
pub fn check_value(spec: &FieldSpec, text: &str) -> Vec<Violation> {
    let rule = Rule(spec);
    match spec.kind {
        FieldKind::Name => Rule::either(rule.length(text, NAME), || {
            Rule::either(rule.one_line(text), || rule.visible(text))
        }),
        FieldKind::MailUser => rule.mail_user(text),
        FieldKind::Password => rule.password(text),
        FieldKind::Host => host::check(rule, text),
        FieldKind::Port(usual) => rule.port(text, usual),
        FieldKind::MailAddress => rule.address(text),
        FieldKind::InboundConnection => rule.number(text, 1..=MAX_NUMBER),
        FieldKind::AccountId => rule.digits(text, ACCOUNT_ID),
        FieldKind::TwitterId => rule.digits(text, TWITTER_ID),
        FieldKind::ScreenName => {
            rule.word(text, SCREEN_NAME, |c| c.is_ascii_alphanumeric() || c == '_')
        }
        FieldKind::InstagramSender => rule.instagram_sender(text),
        FieldKind::Token => rule.token(text),
        FieldKind::AnySecret => rule.any_secret(text),
        FieldKind::Flag => rule.number(text, 0..=1),
        FieldKind::Priority => rule.number(text, 0..=9999),
        FieldKind::Text if spec.field == Field::ParentId && is_no_id(text) => {
            rule.broken(Problem::NoConnectionNumber)
        }
        FieldKind::Text => Rule::either(rule.length(text, ANY), || rule.one_line(text)),
    }
}

/// Whether a text is a number, but none that a connection can have. "0" stands for no connection.
#[must_use]
pub fn is_no_id(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number && ConnectionId::parse_after(text).is_err()
}

/// Whether a text is four groups of four letters, as pages show app passwords.
fn is_app_password_in_groups(text: &str) -> bool {
    let groups: Vec<_> = text.split(' ').collect();
    let is_group = |group: &&str| group.len() == 4 && group.bytes().all(|b| b.is_ascii_lowercase());
    groups.len() == 4 && groups.iter().all(is_group)
}

#[derive(Clone, Copy)]
struct Rule<'a>(&'a FieldSpec);

impl Rule<'_> {
    fn broken(self, problem: Problem<'_>) -> Vec<Violation> {
        vec![problem.at(self.0)]
    }

    fn warn(self, oddity: Oddity<'_>) -> Vec<Violation> {
        vec![oddity.at(self.0)]
    }

    /// The first check's violations, or else the second's: one message a field.
    fn either(first: Vec<Violation>, second: impl FnOnce() -> Vec<Violation>) -> Vec<Violation> {
        if first.is_empty() { second() } else { first }
    }

    fn length(self, text: &str, range: RangeInclusive<usize>) -> Vec<Violation> {
        let length = text.chars().count();
        if length < *range.start() {
            self.broken(Problem::TooShort(length))
        } else if length > *range.end() {
            self.broken(Problem::TooLong(length))
        } else {
            vec![]
        }
    }

    fn one_line(self, text: &str) -> Vec<Violation> {
        if text.chars().any(char::is_control) {
            self.broken(Problem::ControlCharacter)
        } else {
            vec![]
        }
    }

    fn visible(self, text: &str) -> Vec<Violation> {
        if !invisible::shows_something(text) {
            return self.broken(Problem::Invisible);
        }
        let turning = text.chars().find(|char| invisible::turns_its_neighbours(*char));
        turning.map_or(vec![], |char| self.broken(Problem::TurnsText(char)))
    }

    fn no_white_space(self, text: &str) -> Vec<Violation> {
        if text.chars().any(char::is_whitespace) { self.broken(Problem::Space) } else { vec![] }
    }

    fn mask(self, text: &str) -> Vec<Violation> {
        if is_mask(text) { self.broken(Problem::Mask) } else { vec![] }
    }

    fn word(
        self,
        text: &str,
        range: RangeInclusive<usize>,
        allowed: impl Fn(char) -> bool,
    ) -> Vec<Violation> {
        if text.chars().all(allowed) {
            self.length(text, range)
        } else {
            self.broken(Problem::WrongCharacter)
        }
    }

    fn digits(self, text: &str, range: RangeInclusive<usize>) -> Vec<Violation> {
        self.word(text, range, |c| c.is_ascii_digit())
    }

    fn number(self, text: &str, range: RangeInclusive<i64>) -> Vec<Violation> {
        // `parse` alone would take a sign, too: "+1" is not the "1" that others compare with.
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse::<i64>() {
            Ok(number) if digits && range.contains(&number) => vec![],
            _ => self.broken(Problem::OutOfRange),
        }
    }

    fn port(self, text: &str, usual: &[u16]) -> Vec<Violation> {
        Self::either(self.number(text, 1..=i64::from(u16::MAX)), || {
            if usual.iter().any(|port| port.to_string() == text) {
                return vec![];
            }
            self.warn(Oddity::Port { port: text, usual })
        })
    }

    fn address(self, text: &str) -> Vec<Violation> {
        let options = Options::default().without_display_text().without_domain_literal();
        let plain = !text.chars().any(|c| c.is_whitespace() || c.is_control());
        let (local, domain) = text.rsplit_once('@').unwrap_or_default();
        // Hosts may have underscores, and mail domains may not.
        let is_domain = host::is_host(domain) && !domain.contains('_');
        if plain && is_domain && EmailAddress::parse_with_options(text, options).is_ok() {
            return vec![];
        }
        match host::ascii_form(domain) {
            Some(domain) if plain && local.is_ascii() => {
                self.broken(Problem::OtherScript(&format!("{local}@{domain}")))
            }
            _ => self.broken(Problem::NotAnAddress),
        }
    }

    /// An address, or whatever else a server knows its users by: `DOMAIN\\user`, `user@domain\\shared`, `user*master`.
    fn mail_user(self, text: &str) -> Vec<Violation> {
        let broken = Self::either(self.one_line(text), || self.length(text, MAIL_USER));
        Self::either(broken, || {
            let looks_like_one = text.contains('@') && !text.contains(['\\', '/', '*', ' ']);
            if looks_like_one && !self.address(text).is_empty() {
                self.warn(Oddity::NotAnAddress)
            } else if text.contains(char::is_whitespace) {
                self.warn(Oddity::Space)
            } else {
                vec![]
            }
        })
    }

    /// Names a character that a value must not have: most are not seen where they are typed.
    fn without(self, text: &str, refused: &[char]) -> Vec<Violation> {
        let found = text.chars().find(|char| refused.contains(char));
        found.map_or(vec![], |char| self.broken(Problem::Contains(char)))
    }

    /// What a secret may hold, and seldom does.
    fn warn_of_secret(self, text: &str) -> Vec<Violation> {
        if is_word_for_nothing(text) {
            return self.warn(Oddity::WordForNothing);
        }
        let found = text.chars().find(|char| char.is_control() || invisible::is_ignored(*char));
        found.map_or(vec![], |char| self.warn(Oddity::Contains(char)))
    }

    fn any_secret(self, text: &str) -> Vec<Violation> {
        let broken = Self::either(self.mask(text), || self.length(text, ANY));
        let broken = Self::either(broken, || self.without(text, &['\0']));
        Self::either(broken, || self.warn_of_secret(text))
    }

    fn password(self, text: &str) -> Vec<Violation> {
        let broken = Self::either(self.mask(text), || self.length(text, PASSWORD));
        // These end a command of IMAP and SMTP, so no mail server can be sent them.
        let broken = Self::either(broken, || self.without(text, &['\0', '\r', '\n']));
        let found = Self::either(broken, || self.warn_of_secret(text));
        Self::either(found, || {
            if text.trim() != text {
                self.warn(Oddity::SpaceAtAnEnd)
            } else if is_app_password_in_groups(text) {
                self.warn(Oddity::AppPasswordInGroups)
            } else {
                vec![]
            }
        })
    }

    fn instagram_sender(self, text: &str) -> Vec<Violation> {
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            return self.digits(text, ACCOUNT_ID);
        }
        self.word(text, USERNAME, |c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_'))
    }

    fn token(self, text: &str) -> Vec<Violation> {
        Self::either(self.mask(text), || {
            Self::either(self.no_white_space(text), || {
                self.word(text, TOKEN, |c| c.is_ascii_graphic() && c != '*')
            })
        })
    }
}

#[cfg(test)]
mod tests;
