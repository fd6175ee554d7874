//! A Twitter account.

use super::spec::{ChannelSpec, ENABLED, NAME, PRIORITY, TestKind, field, text};
use crate::{
    Code, Connection, Field, FieldSpec,
    FormSection::{Account, Credentials},
    FieldKind, Provider, Violation, Violations,
    validate::{Content, Checkable},
};

pub(super) struct Spec;

impl ChannelSpec for Spec {
    const CODES: Option<(&'static str, &'static str)> = Some(("TWTR", "PVD10"));
    const SLUG: &'static str = "twitter";
    const LABEL: &'static str = "Twitter";
    const PURPOSE: &'static str = "Mentions and direct messages of an account";
    const ICON: &'static str = "M2 12q3 .5 4.500-1Q3 9 3 4q2.500 2.500 5 2.500Q8 3 10.500 3T13 4.500L14.500 4 13 6.500Q13 13 7 13.500q-3 0-5-1.500z";
    const TEST: Option<TestKind> = Some(TestKind::Twitter);
    const CREDENTIALS_EXPIRE: bool = true;
    const PROVIDER: Option<Provider> = Some(Provider::Twitter);
    const SOURCES: &'static [(Field, &'static str)] = &[
        (Field::Name, "profile.screen_name"),
        (Field::UserId, "profile.screen_name"),
        (Field::From, "profile.screen_name"),
        (Field::TargetId, "profile.user_id"),
        (Field::Token, "profile.oauth_token"),
        (Field::Password, "profile.oauth_token_secret"),
    ];
    const FIELDS: &'static [FieldSpec] = &[
        NAME,
        field(Field::UserId, "Screen name", FieldKind::ScreenName, Account)
            .help("Without the @."),
        field(Field::From, "Sender screen name", FieldKind::ScreenName, Account)
            .help("The account that answers, usually the same."),
        field(Field::TargetId, "User id", FieldKind::TwitterId, Account)
            .help("The account’s number; the access token begins with it."),
        field(Field::Token, "Access token", FieldKind::Token, Credentials),
        field(Field::Password, "Access token secret", FieldKind::Token, Credentials),
        PRIORITY,
        ENABLED,
    ];

    /// Access tokens are the user id, a hyphen and a random part.
    fn check(draft: &impl Checkable, violations: &mut Violations) {
        let (Content::Text(token), Content::Text(user)) =
            (draft.content(Field::Token), draft.content(Field::TargetId))
        else {
            return;
        };
        let belongs = token.strip_prefix(user).is_some_and(|rest| rest.starts_with('-'));
        if !belongs {
            let message = "Access token belongs to another account: it does not begin with the user \
                           id and a hyphen. Enter the token of this account, or correct the user id.";
            violations.extend([Violation::error(Field::Token.key(), Code::OtherAccount, message)]);
        }
    }

    fn account_label(connection: &Connection) -> String {
        format!("@{}", text(connection, Field::UserId))
    }

    /// A token begins with the number of its account, which is no secret.
    fn secret_part(secret: &str) -> &str {
        secret.split_once('-').map_or(secret, |(_, rest)| rest)
    }
}
