use crate::probe::{Failure, FailureKind::Settings};
use shared::Key;

/// What a mail server is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mail {
    Inbound,
    Outbound,
}

/// Why a mail server cannot be talked to as it is. What it refuses is in [`Refusal`](super::Refusal).
#[derive(Clone, Copy, Debug)]
pub enum MailCause<'a> {
    NoSuchServer(Mail),
    /// It does not take this program's name.
    NameRefused(&'a str),
    NoStartTls(Mail),
    SignsAnybodyIn,
    /// No sign-in with a password at all; these others, if any.
    NoPasswordSignIn {
        others: &'a [String],
    },
    /// No sign-in with a password at port 25.
    RelayPort,
}

/// Sign-ins with a provider's page (OAuth 2.0; RFC 7628 and Google's own).
const OAUTH: [&str; 2] = ["XOAUTH2", "OAUTHBEARER"];

impl From<MailCause<'_>> for Failure {
    fn from(cause: MailCause<'_>) -> Self {
        use MailCause as C;
        let port = |explanation, advice| Self::new(Settings, Some(Key::Port), explanation, advice);
        match cause {
            C::NoSuchServer(Mail::Inbound) => port(
                "What answers there is no server of inbound mail (IMAP).",
                "Check the host and the port: 993 or 143.",
            ),
            C::NoSuchServer(Mail::Outbound) => port(
                "What answers there is no server of outbound mail (SMTP).",
                "Check the host and the port: 465 or 587.",
            ),
            C::NameRefused(name) => Self::new(
                Settings,
                None,
                format!("The server does not take {name} as the name of this program."),
                "Ask your operator to set --public-url to an address with a name that the internet knows.",
            ),
            C::NoStartTls(Mail::Inbound) => port(
                "The server offers no encryption (STARTTLS) at this port.",
                "Use port 993. The password is not sent without encryption.",
            ),
            C::NoStartTls(Mail::Outbound) => port(
                "The server offers no encryption (STARTTLS) at this port.",
                "Use port 465. The password is not sent without encryption.",
            ),
            C::SignsAnybodyIn => port(
                "The server signs in whoever connects to this port, without a password.",
                "Use a port at which the server asks for user and password: 993 or 143.",
            ),
            C::NoPasswordSignIn { others }
                if others.iter().any(|name| OAUTH.contains(&name.as_str())) =>
            {
                Self::new(
                    Settings,
                    None,
                    "The server takes sign-in with a provider’s page only, such as Microsoft’s or Google’s \
                     (OAuth), and no password.",
                    "No password will help. Ask the account’s administrator whether mail programs can be \
                     allowed, or connect a mailbox that takes an app password.",
                )
            }
            C::NoPasswordSignIn { others: [] } => Self::new(
                Settings,
                None,
                "The server offers no sign-in at this port, and this program does not use mail servers \
                 without one.",
                "Check the host and the port with the provider.",
            ),
            C::NoPasswordSignIn { .. } => Self::new(
                Settings,
                None,
                "The server offers only sign-ins that this program does not know.",
                "Ask the provider how mail programs sign in with user name and password.",
            ),
            C::RelayPort => port(
                "The server offers no sign-in with user name and password at port 25.",
                "Try 465 or 587; port 25 is for mail between servers.",
            ),
        }
    }
}
