//! A Facebook page. Its own token is the password: Instagram has the two the other way round.

use super::spec::{ChannelSpec, ENABLED, NAME, PRIORITY, TestKind, field};
use crate::{
    Code, Field, FieldSpec,
    FormSection::{Account, Credentials},
    FieldKind, Provider, Violation, Violations,
    validate::{Content, Checkable},
};

pub(super) struct Spec;

impl ChannelSpec for Spec {
    const CODES: Option<(&'static str, &'static str)> = Some(("FCBK", "PVD12"));
    const SLUG: &'static str = "facebook";
    const LABEL: &'static str = "Facebook";
    const PURPOSE: &'static str = "Messages and posts of a Facebook page";
    const ICON: &'static str = "M2 2h12v12H2zM9 14V7.500Q9 5.500 11 5.500M7 9h4";
    const TEST: Option<TestKind> = Some(TestKind::Graph {
        page_token: Field::Password,
        user_token: Field::Token,
        is_instagram: false,
    });
    const CREDENTIALS_EXPIRE: bool = true;
    const PROVIDER: Option<Provider> = Some(Provider::Facebook);
    const COPIES: &'static [(Field, Field)] =
        &[(Field::From, Field::UserId), (Field::TargetId, Field::UserId)];
    const SOURCES: &'static [(Field, &'static str)] = &[
        (Field::Name, "accounts[].name"),
        (Field::UserId, "accounts[].id"),
        (Field::From, "accounts[].id"),
        (Field::TargetId, "accounts[].id"),
        (Field::Password, "accounts[].access_token"),
        (Field::Token, "token"),
    ];
    const FIELDS: &'static [FieldSpec] = &[
        NAME,
        field(Field::UserId, "Facebook page id", FieldKind::AccountId, Account),
        field(Field::From, "Sender page id", FieldKind::AccountId, Account)
            .help("The page that answers, usually the same id."),
        field(Field::TargetId, "Target page id", FieldKind::AccountId, Account)
            .help("The page at Facebook, usually the same id.")
            .optional(),
        field(Field::Password, "Page access token", FieldKind::Token, Credentials),
        field(Field::Token, "User access token", FieldKind::Token, Credentials),
        PRIORITY,
        ENABLED,
    ];

    /// A connection usually names one page throughout.
    fn check(draft: &impl Checkable, violations: &mut Violations) {
        let page = draft.content(Field::UserId);
        for spec in Self::FIELDS {
            let content = draft.content(spec.field);
            let is_page = matches!(spec.field, Field::From | Field::TargetId);
            if is_page && matches!((content, page), (Content::Text(a), Content::Text(b)) if a != b) {
                let message = format!(
                    "{} differs from the Facebook page id. Check that you mean two pages.",
                    spec.label
                );
                violations.extend([Violation::warning(spec.field.key(), Code::OtherPage, message)]);
            }
        }
    }
}
