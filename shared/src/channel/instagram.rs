//! An Instagram business account, which is linked to a Facebook page. The user's token is the password: Facebook has
//! the two the other way round.

use super::spec::{ChannelSpec, ENABLED, NAME, PRIORITY, TestKind, field, text};
use crate::{
    Connection, Field, FieldSpec,
    FormSection::{Account, Credentials},
    FieldKind, Provider,
};

pub(super) struct Spec;

impl ChannelSpec for Spec {
    const CODES: Option<(&'static str, &'static str)> = Some(("INST", "PVD28"));
    const SLUG: &'static str = "instagram";
    const LABEL: &'static str = "Instagram";
    const PURPOSE: &'static str = "Messages and comments of a business account";
    const ICON: &'static str = "M2 2h12v12H2zM8 5.200a2.800 2.800 0 1 1-.01 0M11.600 4.200h.2";
    const TEST: Option<TestKind> = Some(TestKind::Graph {
        page_token: Field::Token,
        user_token: Field::Password,
        is_instagram: true,
    });
    const CREDENTIALS_EXPIRE: bool = true;
    const PROVIDER: Option<Provider> = Some(Provider::Instagram);
    const SOURCES: &'static [(Field, &'static str)] = &[
        (Field::Name, "accounts[].instagram_business_account.name or accounts[].instagram_accounts[].name"),
        (Field::UserId, "accounts[].id"),
        (Field::TargetId, "accounts[].instagram_business_account.id or accounts[].instagram_accounts[].id"),
        (Field::From, "accounts[].instagram_business_account.id or accounts[].instagram_accounts[].id"),
        (Field::Password, "token"),
        (Field::Token, "accounts[].access_token"),
    ];
    const FIELDS: &'static [FieldSpec] = &[
        NAME,
        field(Field::UserId, "Facebook page id", FieldKind::AccountId, Account)
            .help("The page that the Instagram account is linked to."),
        field(Field::TargetId, "Instagram id", FieldKind::AccountId, Account),
        field(Field::From, "Sender", FieldKind::InstagramSender, Account)
            .help("The Instagram id or username that answers."),
        field(Field::Password, "User access token", FieldKind::Token, Credentials),
        field(Field::Token, "Page access token", FieldKind::Token, Credentials),
        PRIORITY,
        ENABLED,
    ];

    /// The id or the user name that answers.
    fn account_label(connection: &Connection) -> String {
        let sender = text(connection, Field::From);
        let is_id = sender.bytes().all(|byte| byte.is_ascii_digit());
        if is_id { sender.to_owned() } else { format!("@{sender}") }
    }
}
