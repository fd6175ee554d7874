//! Email that comes in: a mailbox, over IMAP.

use super::spec::{ChannelSpec, ENABLED, NAME, PRIORITY, TestKind, field, text};
use crate::{
    Connection, Field, FieldSpec,
    FormSection::{Account, Credentials, Server},
    FieldKind,
};

pub(super) struct Spec;

impl ChannelSpec for Spec {
    const CODES: Option<(&'static str, &'static str)> = Some(("EMAIL", "PVD9"));
    const SLUG: &'static str = "email-inbound";
    const LABEL: &'static str = "E-mail inbound";
    const MEDIUM: &'static str = "E-mail";
    const PURPOSE: &'static str = "Reads customers’ messages from a mailbox (IMAP)";
    const ICON: &'static str = "M2 8v5h12V8M2 8l3-5h6l3 5M2 8h4l1 2h2l1-2h4M8 1v5M6 4l2 2 2-2";
    const TEST: Option<TestKind> = Some(TestKind::Imap);
    const FIELDS: &'static [FieldSpec] = &[
        NAME,
        field(Field::UserId, "User name", FieldKind::MailUser, Account)
            .help("What the mailbox is opened with, often its e-mail address.")
            .destination(),
        field(Field::From, "E-mail address", FieldKind::MailAddress, Account)
            .help("The address that customers write to."),
        field(Field::Host, "IMAP server", FieldKind::Host, Server)
            .help("For example imap.example.com.")
            .destination(),
        field(Field::Port, "Port", FieldKind::Port(&[993]), Server).help("993 is usual.").destination(),
        field(Field::Password, "Password", FieldKind::Password, Credentials),
        PRIORITY,
        ENABLED,
    ];

    fn account_label(connection: &Connection) -> String {
        mail_account(connection)
    }
}

/// The user and the server.
pub(super) fn mail_account(connection: &Connection) -> String {
    let [user, host, port] =
        [Field::UserId, Field::Host, Field::Port].map(|field| text(connection, field));
    format!("{user} · {host}:{port}")
}
