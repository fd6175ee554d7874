//! The fields that clients may write, and what the schema says about each.

use crate::{Channel, Key};
use serde::{Deserialize, Serialize};
use strum::VariantArray;

/// A key of the record that clients may write. Every other key is read-only.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, VariantArray,
)]
#[expect(missing_docs, reason = "each is the documented key of the same name")]
pub enum Field {
    Name,
    UserId,
    Password,
    Host,
    Port,
    From,
    Token,
    Priority,
    Enabled,
    TargetId,
    ParentId,
}

impl Field {
    /// All fields, in the order of the record.
    pub const ALL: [Self; Self::VARIANTS.len()] = match Self::VARIANTS.first_chunk() {
        Some(all) => *all,
        None => unreachable!(),
    };

    /// The key of the record.
    #[must_use]
    pub const fn key(self) -> Key {
        match self {
            Self::Name => Key::Name,
            Self::UserId => Key::UserId,
            Self::Password => Key::Password,
            Self::Host => Key::Host,
            Self::Port => Key::Port,
            Self::From => Key::From,
            Self::Token => Key::Token,
            Self::Priority => Key::Priority,
            Self::Enabled => Key::Enabled,
            Self::TargetId => Key::TargetId,
            Self::ParentId => Key::ParentId,
        }
    }

    /// The key as the API spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.key().name()
    }

    /// Whether the value is a secret, in every channel.
    #[must_use]
    pub const fn is_secret(self) -> bool {
        matches!(self, Self::Password | Self::Token)
    }

    /// Whether it says whose account a connection is for.
    #[must_use]
    pub const fn identifies_account(self) -> bool {
        matches!(self, Self::UserId | Self::TargetId)
    }

    /// The fields whose values are secrets.
    pub fn secrets() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|field| field.is_secret())
    }

    /// Whether the API also takes a JSON integer. Account ids must be strings: they pass 2^53.
    #[must_use]
    pub const fn takes_integer(self) -> bool {
        matches!(self, Self::Port | Self::ParentId | Self::Priority | Self::Enabled)
    }
}

/// What kind of value a field holds. It decides the normal form, the check and the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// A display name.
    Name,
    /// The user name of a mailbox.
    MailUser,
    /// A mailbox's password: any characters.
    Password,
    /// A host name or an IP address.
    Host,
    /// A TCP port, with the numbers that are usual for the direction.
    Port(&'static [u16]),
    /// An e-mail address.
    MailAddress,
    /// The number of an inbound e-mail connection of the same site.
    InboundConnection,
    /// A Facebook or Instagram id.
    AccountId,
    /// A Twitter user id; the oldest are shorter than any Facebook id.
    TwitterId,
    /// A Twitter screen name.
    ScreenName,
    /// An Instagram id or username: the documents show both.
    InstagramSender,
    /// A provider's token.
    Token,
    /// A secret of a medium whose rules are not documented.
    AnySecret,
    /// `1` or `0`.
    Flag,
    /// A rank.
    Priority,
    /// A text of a medium whose rules are not documented.
    Text,
}

/// Where a field stands in the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormSection {
    /// Who the account is.
    Account,
    /// Where the server is.
    Server,
    /// What opens it.
    Credentials,
    /// Not in the form: a button of its own, or the API alone.
    Settings,
}

impl FormSection {
    /// The groups of a form, in order.
    pub const FORM: [Self; 3] = [Self::Account, Self::Server, Self::Credentials];

    /// The heading.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Account => "Account",
            Self::Server => "Server",
            Self::Credentials => "Credentials",
            Self::Settings => "Settings",
        }
    }
}

/// A field as one [channel](crate::channel) has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldSpec {
    /// The field.
    pub field: Field,
    /// Its name in the staff's words.
    pub label: &'static str,
    /// What to enter, in one sentence; empty where the label says it all.
    pub help: &'static str,
    /// What kind of value it holds.
    pub kind: FieldKind,
    /// Where it stands in the form.
    pub group: FormSection,
    /// Whether the record is incomplete without it.
    pub required: bool,
    /// Whether it says where the connection's secrets are sent.
    pub destination: bool,
    /// Whether the result of a test depends on it.
    pub affects_test: bool,
}

impl FieldSpec {
    /// The id of its input in the page.
    #[must_use]
    pub const fn input_id(&self) -> &'static str {
        self.field.name()
    }

    /// Whether the browser may show the value's last four characters.
    #[must_use]
    pub const fn shows_tail(&self) -> bool {
        matches!(self.kind, FieldKind::Token)
    }
}

impl Channel {
    /// The channel's row for a field; `None` if it has no such field.
    #[must_use]
    pub fn spec(self, field: Field) -> Option<&'static FieldSpec> {
        self.fields().iter().find(|spec| spec.field == field)
    }

    /// Whether the result of a test depends on a field. One that the channel does not have is in doubt.
    #[must_use]
    pub fn affects_test(self, field: Field) -> bool {
        self.spec(field).is_none_or(|spec| spec.affects_test)
    }

    /// The channel's fields of one group of the form.
    pub fn group(self, group: FormSection) -> impl Iterator<Item = &'static FieldSpec> {
        self.fields().iter().filter(move |spec| spec.group == group)
    }
}
