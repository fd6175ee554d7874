//! What a channel says of itself, and the words of its list of fields.

use crate::{
    Connection, Field, FieldKind, FieldSpec, FormSection, Provider, Violations, validate::Checkable,
};

/// How connections of a channel are tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestKind {
    /// A mailbox is opened.
    Imap,
    /// A mail server is asked to take a sender.
    Smtp,
    /// Tokens of the Graph API are looked at: a page's, and that of the user who signed in.
    Graph {
        /// The field of the page's token.
        page_token: Field,
        /// The field of the user's token.
        user_token: Field,
        /// Whether the account is one at Instagram, linked to the page.
        is_instagram: bool,
    },
    /// Twitter is asked whose the tokens are.
    Twitter,
    /// The Graph API is asked about a phone number at WhatsApp.
    WhatsApp,
}

/// A channel. What each part means is said at the function of [`Channel`](crate::Channel) with its name.
pub(super) trait ChannelSpec {
    const CODES: Option<(&'static str, &'static str)>;
    const SLUG: &'static str;
    const LABEL: &'static str;
    const MEDIUM: &'static str = Self::LABEL;
    const PURPOSE: &'static str;
    const ICON: &'static str;
    const FIELDS: &'static [FieldSpec];
    const SOURCES: &'static [(Field, &'static str)] = &[];
    const COPIES: &'static [(Field, Field)] = &[];
    const TEST: Option<TestKind>;
    const CREDENTIALS_EXPIRE: bool = false;
    const PROVIDER: Option<Provider> = None;

    fn check(_draft: &impl Checkable, _violations: &mut Violations) {}

    fn account_label(connection: &Connection) -> String {
        text(connection, Field::UserId).to_owned()
    }

    fn secret_part(secret: &str) -> &str {
        secret
    }
}

/// What a field holds, or nothing.
pub(super) fn text(connection: &Connection, field: Field) -> &str {
    connection.get(field).unwrap_or_default()
}

/// A required field without help; the lists of fields add to it.
pub(super) const fn field(
    field: Field,
    label: &'static str,
    kind: FieldKind,
    group: FormSection,
) -> FieldSpec {
    FieldSpec {
        field,
        label,
        help: "",
        kind,
        group,
        required: true,
        destination: false,
        affects_test: true,
    }
}

impl FieldSpec {
    pub(super) const fn help(mut self, help: &'static str) -> Self {
        self.help = help;
        self
    }

    pub(super) const fn optional(mut self) -> Self {
        self.required = false;
        self
    }

    /// The result of a test does not depend on it.
    pub(super) const fn untested(mut self) -> Self {
        self.affects_test = false;
        self
    }

    pub(super) const fn destination(mut self) -> Self {
        self.destination = true;
        self
    }
}

pub(super) const PRIORITY: FieldSpec =
    field(Field::Priority, "Priority", FieldKind::Priority, FormSection::Settings).untested();
pub(super) const ENABLED: FieldSpec =
    field(Field::Enabled, "Enabled", FieldKind::Flag, FormSection::Settings);
pub(super) const NAME: FieldSpec =
    field(Field::Name, "Name", FieldKind::Name, FormSection::Account)
        .help("How staff recognise this connection.")
        .untested();
