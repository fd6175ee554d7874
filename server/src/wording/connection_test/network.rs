use super::{TRY_AGAIN_OR_ASK, TRY_AGAIN_OR_CHECK};
use crate::probe::{
    Aftermath, Failure,
    FailureKind::{NotTestable, Settings, Temporary},
};
use shared::Key;

/// When a server ended a connection.
#[derive(Clone, Copy, Debug)]
pub enum Moment {
    AtOnce,
    BeforeGreeting,
    AskingForEncryption,
    Encrypting,
    SigningIn,
    OpeningInbox,
    NamingSender,
    SendingMessage,
}

/// Why there was no connection to a mail server, or no conversation.
#[derive(Clone, Copy, Debug)]
pub enum NetworkCause<'a> {
    /// Of a name that is not there and of one whose address is not allowed: which of the two would tell what names
    /// the operator's network has.
    UnknownHost(&'a str),
    BlockedAddress,
    UnusualPort(u16),
    /// Whether a port is closed or filtered is nobody's business.
    Unreachable {
        host: &'a str,
        port: u16,
    },
    Silent {
        port: u16,
        is_encrypted: bool,
    },
    /// It has begun to greet, and did not get to an end.
    SlowGreeting,
    /// No answer to user and password.
    PasswordUnanswered,
    Unanswered(Moment),
    /// No answer to a whole message: it may have been taken.
    MessageUnanswered,
    /// Too many sign-ins there got no answer.
    LeftAlone {
        host: &'a str,
        minutes: u64,
    },
    Dropped(Moment),
    TooMuch,
    Malformed,
    /// A line break in a value would be a command of its own.
    TwoLines(Key),
    Unsendable,
}

impl From<NetworkCause<'_>> for Failure {
    #[expect(clippy::too_many_lines, reason = "a sentence for each")]
    fn from(cause: NetworkCause<'_>) -> Self {
        use NetworkCause as C;
        match cause {
            C::UnknownHost(host) => Self::new(
                Settings,
                Some(Key::Host),
                format!("Server {host} not found on the internet."),
                "If it is on your network, your operator must allow it. Otherwise check its spelling.",
            ),
            C::BlockedAddress => Self::new(
                NotTestable,
                Some(Key::Host),
                "This address is blocked for tests.",
                "Enter the server’s public name. For a server on your network, ask your operator to \
                 allow it (--test-network).",
            ),
            C::UnusualPort(port) => Self::new(
                NotTestable,
                Some(Key::Port),
                format!("{port} is not a port of such mail servers."),
                "Use 993 or 143 for inbound mail, 465 or 587 for outbound mail.",
            ),
            C::Unreachable { host, port } => Self::new(
                Temporary,
                Some(Key::Port),
                format!("{host} did not take a connection at port {port}."),
                "Check the host and the port. If both are right, the server may be down: try later.",
            ),
            C::Silent { port, is_encrypted } => Self::new(
                Temporary,
                Some(Key::Port),
                format!("The server took the connection at port {port}, but said nothing."),
                if is_encrypted {
                    TRY_AGAIN_OR_CHECK
                } else {
                    "The port may be one that is encrypted from the beginning: try 993 for inbound \
                     mail, 465 for outbound mail."
                },
            ),
            C::SlowGreeting => Self::new(
                Temporary,
                None,
                "The server began to greet, but did not finish in time.",
                "Some servers make strangers wait. Try again in a few minutes; if it goes on, ask whoever runs \
                 the server.",
            ),
            C::PasswordUnanswered => Self {
                aftermath: Aftermath::SlowDown,
                ..Self::new(
                    Temporary,
                    None,
                    "The server took the password and has not answered it yet.",
                    "Servers make wrong passwords wait: check user name and password. Wait a few minutes \
                     before you test again, since each try makes the wait longer.",
                )
            },
            C::MessageUnanswered => Self::new(
                Temporary,
                None,
                "The server has not answered the message in time. It may have taken it all the same.",
                "Look whether it arrives before you send another.",
            ),
            C::Unanswered(moment) => Self::new(
                Temporary,
                None,
                format!("The server did not answer {}.", during(moment)),
                TRY_AGAIN_OR_ASK,
            ),
            C::LeftAlone { host, minutes } => Self {
                aftermath: Aftermath::LeftAlone,
                ..Self::new(
                    NotTestable,
                    None,
                    format!(
                        "Several sign-ins at {host} got no answer, so it is not asked again for {minutes} {}.",
                        if minutes == 1 { "minute" } else { "minutes" }
                    ),
                    "Nothing was tested. Test again after that time.",
                )
            },
            C::Dropped(moment) => Self::new(
                Temporary,
                None,
                format!("The server ended the connection {}.", during(moment)),
                TRY_AGAIN_OR_CHECK,
            ),
            C::TooMuch => Self::new(
                Settings,
                Some(Key::Host),
                "The server sent more than a mail server does: over 8 KiB in a line, or 64 KiB in all.",
                "Check the host. If it is right, ask whoever runs the server.",
            ),
            C::Malformed => Self::new(
                Settings,
                Some(Key::Port),
                "The server gave an answer that is not one of a mail server.",
                "Check the host and the port with the provider.",
            ),
            C::TwoLines(key) => Self::new(
                Settings,
                Some(key),
                format!("{} contains a line break or a NUL character.", key.name()),
                "Enter it again, without one.",
            ),
            C::Unsendable => Self::new(
                Settings,
                Some(Key::UserId),
                "A value contains a line break or another character that mail servers do not take.",
                "Enter user, password and sender again.",
            ),
        }
    }
}

const fn during(moment: Moment) -> &'static str {
    match moment {
        Moment::AtOnce => "at once",
        Moment::BeforeGreeting => "before it said who it is",
        Moment::AskingForEncryption => "when encryption was asked for",
        Moment::Encrypting => "while it was being encrypted",
        Moment::SigningIn => "at the sign-in",
        Moment::OpeningInbox => "when INBOX was opened",
        Moment::NamingSender => "when the sender was named",
        Moment::SendingMessage => "when the message was sent",
    }
}
