//! A phone number at WhatsApp, by Meta's Cloud API.

use super::spec::{ChannelSpec, ENABLED, NAME, PRIORITY, TestKind, field, text};
use crate::{
    Connection, Field, FieldSpec,
    FormSection::{Account, Credentials},
    FieldKind,
};

pub(super) struct Spec;

impl ChannelSpec for Spec {
    const CODES: Option<(&'static str, &'static str)> = Some(("WHATP", "PVD30"));
    const SLUG: &'static str = "whatsapp";
    const LABEL: &'static str = "WhatsApp";
    const PURPOSE: &'static str = "Messages to a business’s phone number (Cloud API)";
    const ICON: &'static str = "M2 14l1-3.500a6 6 0 1 1 2.500 2.500zM6 5.500q0 4 4.500 5l.5-2-1.500-.5-1 .5-1.500-1.500.5-1L7 4.500z";
    const TEST: Option<TestKind> = Some(TestKind::WhatsApp);
    const CREDENTIALS_EXPIRE: bool = true;
    const FIELDS: &'static [FieldSpec] = &[
        NAME,
        field(Field::UserId, "Phone number id", FieldKind::AccountId, Account)
            .help("In WhatsApp Manager, Phone numbers: not the number itself."),
        field(Field::TargetId, "Business account id", FieldKind::AccountId, Account)
            .help("In Business settings, WhatsApp accounts."),
        field(Field::From, "Display number", FieldKind::Text, Account)
            .help("As customers see it.")
            .optional()
            .untested(),
        field(Field::Token, "Access token", FieldKind::Token, Credentials)
            .help("In Business settings, System users."),
        field(Field::Password, "App secret", FieldKind::Token, Credentials)
            .help("In the app’s settings, Basic.")
            .optional(),
        PRIORITY,
        ENABLED,
    ];

    /// The number that customers see.
    fn account_label(connection: &Connection) -> String {
        let number = text(connection, Field::From);
        if number.is_empty() { text(connection, Field::UserId) } else { number }.to_owned()
    }
}
