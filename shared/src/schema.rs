//! The fields of each channel: the one table that form, validator and API document read.
//!
//! A field is required if the documented example of its channel names it. `source` is the
//! documents' mapping from a provider's sign-in result; mind that Facebook and Instagram hold the
//! page token and the user token the other way round.

use crate::{
    Channel, Field, FieldSpec,
    Group::{Account, Credentials, Server, Settings},
    Kind,
};

/// A required field without help or source; the tables below add to it.
const fn field(field: Field, label: &'static str, kind: Kind, group: crate::Group) -> FieldSpec {
    FieldSpec {
        field,
        label,
        help: "",
        source: "",
        kind,
        group,
        required: true,
        destination: false,
    }
}

impl FieldSpec {
    const fn help(mut self, help: &'static str) -> Self {
        self.help = help;
        self
    }

    const fn from(mut self, source: &'static str) -> Self {
        self.source = source;
        self
    }

    const fn optional(mut self) -> Self {
        self.required = false;
        self
    }

    const fn destination(mut self) -> Self {
        self.destination = true;
        self
    }
}

const PRIORITY: FieldSpec = field(Field::Priority, "Priority", Kind::Priority, Settings);
const ENABLED: FieldSpec = field(Field::Enabled, "Enabled", Kind::Flag, Settings);
const NAME: FieldSpec =
    field(Field::Name, "Name", Kind::Name, Account).help("How staff recognise this connection.");

const EMAIL_INBOUND: &[FieldSpec] = &[
    NAME,
    field(Field::UserId, "User name", Kind::MailUser, Account)
        .help("What the mailbox is opened with, often its e-mail address.")
        .destination(),
    field(Field::From, "E-mail address", Kind::MailAddress, Account)
        .help("The address that customers write to."),
    field(Field::Host, "IMAP server", Kind::Host, Server)
        .help("For example imap.example.com.")
        .destination(),
    field(Field::Port, "Port", Kind::Port(&[993]), Server).help("993 is usual.").destination(),
    field(Field::Password, "Password", Kind::Password, Credentials),
    PRIORITY,
    ENABLED,
];

const EMAIL_OUTBOUND: &[FieldSpec] = &[
    NAME,
    field(Field::UserId, "User name", Kind::MailUser, Account)
        .help("What the mail server is opened with, often the e-mail address.")
        .destination(),
    field(Field::From, "Sender address", Kind::MailAddress, Account)
        .help("The address that customers see on answers."),
    field(Field::ParentId, "Inbound connection", Kind::InboundConnection, Account)
        .help("The mailbox whose messages this connection answers."),
    field(Field::Host, "SMTP server", Kind::Host, Server)
        .help("For example smtp.example.com.")
        .destination(),
    field(Field::Port, "Port", Kind::Port(&[465, 587]), Server)
        .help("465 for SSL, 587 for STARTTLS.")
        .destination(),
    field(Field::Password, "Password", Kind::Password, Credentials),
    PRIORITY,
    ENABLED,
];

const FACEBOOK: &[FieldSpec] = &[
    NAME.from("accounts[].name"),
    field(Field::UserId, "Facebook page id", Kind::AccountId, Account).from("accounts[].id"),
    field(Field::From, "Sender page id", Kind::AccountId, Account)
        .help("The page that answers, usually the same id.")
        .from("accounts[].id"),
    field(Field::TargetId, "Target page id", Kind::AccountId, Account)
        .help("The page at Facebook, usually the same id.")
        .from("accounts[].id")
        .optional(),
    field(Field::Password, "Page access token", Kind::Token, Credentials)
        .from("accounts[].access_token"),
    field(Field::Token, "User access token", Kind::Token, Credentials).from("token"),
    PRIORITY,
    ENABLED,
];

const INSTAGRAM: &[FieldSpec] = &[
    NAME.from("accounts[].instagram_business_account.name or accounts[].instagram_accounts[].name"),
    field(Field::UserId, "Facebook page id", Kind::AccountId, Account)
        .help("The page that the Instagram account is linked to.")
        .from("accounts[].id"),
    field(Field::TargetId, "Instagram id", Kind::AccountId, Account)
        .from("accounts[].instagram_business_account.id or accounts[].instagram_accounts[].id"),
    field(Field::From, "Sender", Kind::InstagramSender, Account)
        .help("The Instagram id or username that answers.")
        .from("accounts[].instagram_business_account.id or accounts[].instagram_accounts[].id"),
    field(Field::Password, "User access token", Kind::Token, Credentials).from("token"),
    field(Field::Token, "Page access token", Kind::Token, Credentials)
        .from("accounts[].access_token"),
    PRIORITY,
    ENABLED,
];

const TWITTER: &[FieldSpec] = &[
    NAME.from("profile.screen_name"),
    field(Field::UserId, "Screen name", Kind::ScreenName, Account)
        .help("Without the @.")
        .from("profile.screen_name"),
    field(Field::From, "Sender screen name", Kind::ScreenName, Account)
        .help("The account that answers, usually the same.")
        .from("profile.screen_name"),
    field(Field::TargetId, "User id", Kind::TwitterId, Account)
        .help("The account’s number; the access token begins with it.")
        .from("profile.user_id"),
    field(Field::Token, "Access token", Kind::Token, Credentials).from("profile.oauth_token"),
    field(Field::Password, "Access token secret", Kind::Token, Credentials)
        .from("profile.oauth_token_secret"),
    PRIORITY,
    ENABLED,
];

const OTHER: &[FieldSpec] = &[
    NAME,
    field(Field::UserId, "Account", Kind::Text, Account).optional(),
    field(Field::From, "Sender", Kind::Text, Account).optional(),
    field(Field::TargetId, "Target id", Kind::Text, Account).optional(),
    field(Field::ParentId, "Parent connection", Kind::Text, Account).optional(),
    field(Field::Host, "Server", Kind::Text, Server).optional(),
    field(Field::Port, "Port", Kind::Text, Server).optional(),
    field(Field::Password, "Password", Kind::AnySecret, Credentials).optional(),
    field(Field::Token, "Token", Kind::AnySecret, Credentials).optional(),
    PRIORITY,
    ENABLED,
];

impl Channel {
    /// The channel's fields, in the order of its form.
    #[must_use]
    pub const fn fields(self) -> &'static [FieldSpec] {
        match self {
            Self::EmailInbound => EMAIL_INBOUND,
            Self::EmailOutbound => EMAIL_OUTBOUND,
            Self::Facebook => FACEBOOK,
            Self::Instagram => INSTAGRAM,
            Self::Twitter => TWITTER,
            Self::Other => OTHER,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The keys of each channel's example in the documents, which are what it requires.
    #[test]
    fn required_fields_are_those_of_the_documented_example() {
        use Field::{From, Host, Name, ParentId, Password, Port, TargetId, Token, UserId};
        let documented: [(Channel, &[Field]); 5] = [
            (Channel::EmailInbound, &[Name, UserId, Password, Host, Port, From]),
            (Channel::EmailOutbound, &[Name, UserId, Password, Host, Port, From, ParentId]),
            (Channel::Facebook, &[Name, UserId, Password, From, Token]),
            (Channel::Instagram, &[Name, UserId, Password, From, Token, TargetId]),
            (Channel::Twitter, &[Name, UserId, Password, From, Token, TargetId]),
        ];
        for (channel, expected) in documented {
            let mut required: Vec<_> = channel
                .fields()
                .iter()
                .filter(|spec| spec.required && spec.group != Settings)
                .map(|spec| spec.field)
                .collect();
            required.sort_unstable();
            assert_eq!(required, expected, "{channel:?}");
        }
    }

    #[test]
    fn secret_kinds_are_exactly_those_of_secret_fields() {
        for spec in Channel::ALL.into_iter().flat_map(Channel::fields) {
            let kind = matches!(spec.kind, Kind::Password | Kind::Token | Kind::AnySecret);
            assert_eq!(kind, spec.field.is_secret(), "{spec:?}");
            assert_eq!(spec.group == Credentials, spec.field.is_secret(), "{spec:?}");
        }
    }

    #[test]
    fn facebook_and_instagram_hold_their_tokens_the_other_way_round() {
        let label = |channel: Channel, field| channel.spec(field).map(|spec| spec.label);
        assert_eq!(label(Channel::Facebook, Field::Password), Some("Page access token"));
        assert_eq!(label(Channel::Facebook, Field::Token), Some("User access token"));
        assert_eq!(label(Channel::Instagram, Field::Password), Some("User access token"));
        assert_eq!(label(Channel::Instagram, Field::Token), Some("Page access token"));
    }
}
