use super::TRY_AGAIN_OR_ASK;
use crate::probe::{
    Failure,
    Kind::{Credentials, Settings, Temporary},
};
use shared::Key;

/// What a mail server is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mail {
    Inbound,
    Outbound,
}

/// Why a mail server did not do what it was asked for.
#[derive(Clone, Copy, Debug)]
pub enum MailCause<'a> {
    NoSuchServer(Mail),
    TurnedAwayForNow,
    TurnedAway,
    NoStartTls(Mail),
    StartTlsRefused,
    SignsAnybodyIn,
    SignInBusy,
    SignInRefused(Mail),
    NoPasswordSignIn(Mail),
    /// No sign-in with a password at port 25.
    RelayPort,
    InboxBusy,
    NoInbox,
    SenderBusy,
    SenderRefused(&'a str),
}

impl From<MailCause<'_>> for Failure {
    fn from(cause: MailCause<'_>) -> Self {
        use MailCause as C;
        let busy = |explanation: &str| Self::new(Temporary, None, explanation, TRY_AGAIN_OR_ASK);
        match cause {
            C::NoSuchServer(mail) => {
                let (explanation, advice) = match mail {
                    Mail::Inbound => (
                        "What answers there is no server of inbound mail (IMAP).",
                        "Check the host and the port: 993 or 143.",
                    ),
                    Mail::Outbound => (
                        "What answers there is no server of outbound mail (SMTP).",
                        "Check the host and the port: 465 or 587.",
                    ),
                };
                Self::new(Settings, Some(Key::Port), explanation, advice)
            }
            C::TurnedAwayForNow => busy("The server cannot take a connection now."),
            C::TurnedAway => Self::new(
                Settings,
                None,
                "The server takes no connection from this program.",
                "Ask the provider, or the operator of this program, with what the server said.",
            ),
            C::NoStartTls(mail) => Self::new(
                Settings,
                Some(Key::Port),
                "The server offers no encryption (STARTTLS) at this port.",
                match mail {
                    Mail::Inbound => "Use port 993. The password is not sent without encryption.",
                    Mail::Outbound => "Use port 465. The password is not sent without encryption.",
                },
            ),
            C::StartTlsRefused => busy("The server did not begin to encrypt."),
            C::SignsAnybodyIn => Self::new(
                Settings,
                Some(Key::Port),
                "The server signs in whoever connects to this port, without a password.",
                "Use a port at which the server asks for user and password: 993 or 143.",
            ),
            C::SignInBusy => busy("The server cannot sign anybody in now."),
            C::SignInRefused(mail) => Self::new(
                Credentials,
                Some(Key::Password),
                "The server refused the user name or the password.",
                match mail {
                    Mail::Inbound => {
                        "Enter the password again. Many providers want an app password, or IMAP has to \
                         be allowed there first."
                    }
                    Mail::Outbound => {
                        "Enter the password again. Many providers want an app password, or SMTP has to \
                         be allowed there first."
                    }
                },
            ),
            C::NoPasswordSignIn(mail) => Self::new(
                Settings,
                None,
                NO_PASSWORD_SIGN_IN,
                match mail {
                    Mail::Inbound => {
                        "Ask the provider how mail programs sign in with a password (IMAP)."
                    }
                    Mail::Outbound => {
                        "Ask the provider how mail programs sign in with a password (SMTP)."
                    }
                },
            ),
            C::RelayPort => Self::new(
                Settings,
                Some(Key::Port),
                NO_PASSWORD_SIGN_IN,
                "Try 465 or 587; port 25 is between servers.",
            ),
            C::InboxBusy => busy("The server cannot open INBOX now."),
            C::NoInbox => Self::new(
                Settings,
                Some(Key::UserId),
                "The account has no folder INBOX that can be opened.",
                "Check with the provider that the account receives mail and that IMAP may read it.",
            ),
            C::SenderBusy => busy("The server cannot take mail from this sender now."),
            C::SenderRefused(sender) => Self::new(
                Settings,
                Some(Key::From),
                format!("The server does not take mail from {sender}."),
                "Enter an address that the account may send as, most often its own.",
            ),
        }
    }
}

const NO_PASSWORD_SIGN_IN: &str =
    "The server offers this program no sign-in with user and password.";
