//! Email that goes out: a mail server, over SMTP.

use super::{
    email_inbound::mail_account,
    spec::{ChannelSpec, ENABLED, NAME, PRIORITY, TestKind, field},
};
use crate::{
    Connection, Field, FieldSpec,
    FormSection::{Account, Credentials, Server},
    FieldKind,
};

pub(super) struct Spec;

impl ChannelSpec for Spec {
    const CODES: Option<(&'static str, &'static str)> = Some(("EMAIL", "PVD7"));
    const SLUG: &'static str = "email-outbound";
    const LABEL: &'static str = "E-mail outbound";
    const MEDIUM: &'static str = "E-mail";
    const PURPOSE: &'static str = "Sends answers through a mail server (SMTP)";
    const ICON: &'static str = "M14 2 1.5 7l5 2.500zM14 2l-5 12.500-2.500-5z";
    const TEST: Option<TestKind> = Some(TestKind::Smtp);
    const FIELDS: &'static [FieldSpec] = &[
        NAME,
        field(Field::UserId, "User name", FieldKind::MailUser, Account)
            .help("What the mail server is opened with, often the e-mail address.")
            .destination(),
        field(Field::From, "Sender address", FieldKind::MailAddress, Account)
            .help("The address that customers see on answers."),
        field(Field::ParentId, "Inbound connection", FieldKind::InboundConnection, Account)
            .help("The mailbox whose messages this connection answers.")
            .untested(),
        field(Field::Host, "SMTP server", FieldKind::Host, Server)
            .help("For example smtp.example.com.")
            .destination(),
        field(Field::Port, "Port", FieldKind::Port(&[465, 587]), Server)
            .help("465 for SSL, 587 for STARTTLS.")
            .destination(),
        field(Field::Password, "Password", FieldKind::Password, Credentials),
        PRIORITY,
        ENABLED,
    ];

    fn account_label(connection: &Connection) -> String {
        mail_account(connection)
    }
}
