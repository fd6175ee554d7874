use super::TRY_AGAIN_OR_ASK;
use crate::probe::{
    Aftermath, Failure,
    FailureKind::{Credentials, Settings, Temporary},
};
use shared::Key;

/// What a mail server means when it refuses something. Which answer means what is in `probe::refusal`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The user name or the password is wrong.
    WrongPassword,
    /// The same, where the password has letters that servers read differently.
    WrongPasswordBeyondAscii,
    PasswordExpired,
    /// The server has to see the password once in another way (RFC 4954: 4.7.12).
    PasswordTransition,
    AppPassword,
    BrowserSignIn,
    /// The organisation takes no passwords from mail programs.
    PasswordsOff,
    /// Microsoft's switch for SMTP with a password, for the organisation and for the mailbox.
    SmtpOffForOrganisation,
    SmtpOffForMailbox,
    /// The organisation's security policy.
    PolicyBlocks,
    /// IMAP or SMTP is switched off for the account.
    AccessOff,
    Suspended,
    NotLicensed,
    /// The password is right, but not for this mailbox.
    NotPermitted,
    AskAdministrator,
    TooManyConnections,
    TooManyAttempts,
    Busy,
    MailboxFull,
    EncryptionWanted,
    OtherMechanism,
    NotUnderstood,
    /// Exchange: the mailbox behind a good sign-in cannot be opened.
    NotConnected,
    UnknownProgram,
    NoInbox,
    Blocked,
    MayNotSend,
    Greylisted,
    SenderNotAllowed,
    SenderMalformed,
    /// For the reason that it gives: the stages of which nothing else is known.
    Connection,
    Encryption,
    SignIn,
    Inbox,
    Sender,
    Recipient,
    Message,
}

impl Refusal {
    /// The same, where it matters which letters the password has.
    #[must_use]
    pub const fn of_password(self, password: &str) -> Self {
        match self {
            Self::WrongPassword if !password.is_ascii() => Self::WrongPasswordBeyondAscii,
            other => other,
        }
    }
}

impl From<Refusal> for Failure {
    #[expect(clippy::too_many_lines, reason = "a sentence for each")]
    fn from(refusal: Refusal) -> Self {
        use Refusal as R;
        let temporary = |explanation| Self::new(Temporary, None, explanation, TRY_AGAIN_OR_ASK);
        let settings = |explanation, advice| Self::new(Settings, None, explanation, advice);
        let password =
            |explanation, advice| Self::new(Credentials, Some(Key::Password), explanation, advice);
        let account = |explanation, advice| Self::new(Credentials, None, explanation, advice);
        let at = |key, explanation, advice| Self::new(Settings, Some(key), explanation, advice);
        match refusal {
            R::WrongPassword => password(
                "The server refused the user name or the password.",
                "Check both and enter the password again. Many providers want an app password, or mail \
                 programs have to be allowed there first.",
            ),
            R::WrongPasswordBeyondAscii => password(
                "The server refused the user name or the password.",
                "The password contains letters beyond A to Z, which servers read differently. If it is \
                 right, change it at the provider to one with plain letters, digits and signs.",
            ),
            R::PasswordExpired => password(
                "The password has expired.",
                "Set a new password at the provider and enter it here.",
            ),
            R::PasswordTransition => password(
                "The server has to learn the password again before mail programs can use it.",
                "Sign in to the provider’s webmail once, or set the password there again. Then test again.",
            ),
            R::AppPassword => password(
                "The provider wants an app password here, not the account’s own.",
                "Create an app password in the account’s security settings at the provider and enter it \
                 here.",
            ),
            R::BrowserSignIn => account(
                "The provider wants a sign-in in a browser first.",
                "Sign in to the account on the provider’s website and confirm what it asks. Then test again.",
            ),
            R::PasswordsOff => settings(
                "The provider does not take passwords from mail programs for this account any more (basic \
                 authentication is off).",
                "No other password will help. Ask the account’s administrator whether mail programs can be \
                 allowed, or connect a mailbox that takes an app password.",
            ),
            R::SmtpOffForOrganisation => settings(
                "Sending with a password (SMTP AUTH) is switched off for the whole organisation at Microsoft.",
                "No other password will help. An administrator of the organisation can allow SMTP AUTH, as \
                 long as Microsoft offers it; otherwise send through another provider.",
            ),
            R::SmtpOffForMailbox => settings(
                "Sending with a password (SMTP AUTH) is switched off for this mailbox at Microsoft.",
                "No other password will help. An administrator of the organisation can allow “Authenticated \
                 SMTP” for the mailbox in the Microsoft 365 admin center.",
            ),
            R::PolicyBlocks => settings(
                "A security policy of the organisation blocks sign-ins with a password.",
                "No other password will help. Ask the organisation’s administrator to allow this mailbox, or \
                 connect another one.",
            ),
            R::AccessOff => settings(
                "The account does not allow mail programs (IMAP or SMTP is switched off for it).",
                "Switch it on in the account’s settings at the provider, or ask its administrator. Then test \
                 again.",
            ),
            R::Suspended => account(
                "The provider has suspended or locked the account.",
                "Sign in on the provider’s website: it says why and what to do. No other password will help.",
            ),
            R::NotLicensed => settings(
                "The account’s plan or licence at the provider does not include this.",
                "Ask the account’s administrator to change the licence or the plan.",
            ),
            R::NotPermitted => at(
                Key::UserId,
                "The password is right, but the account may not sign in as this user.",
                "Check the user name. For a shared mailbox, ask its administrator for access.",
            ),
            R::AskAdministrator => settings(
                "The server asks to contact the account’s administrator.",
                "Ask whoever runs the account at the provider, with what the server said.",
            ),
            R::TooManyConnections => Self::new(
                Temporary,
                None,
                "The account or this program has as many connections to the server as it allows.",
                "Nothing has to be changed. Close other mail programs of the account, or try again later.",
            ),
            R::TooManyAttempts => Self {
                aftermath: Aftermath::SlowDown,
                ..Self::new(
                    Temporary,
                    None,
                    "The server was asked too often and refuses for a while.",
                    "Nothing has to be changed for now. Wait before you test again: each try makes the wait \
                     longer.",
                )
            },
            R::Busy => temporary("The server cannot do this now."),
            R::MailboxFull => settings(
                "The mailbox is full.",
                "Delete mail in it, or ask the provider for more space.",
            ),
            R::EncryptionWanted => at(
                Key::Port,
                "The server does not see this connection as encrypted, and takes no passwords without.",
                "Use port 993 for inbound mail, 465 for outbound mail.",
            ),
            R::OtherMechanism => settings(
                "The server does not take this kind of sign-in with a password.",
                "Ask the provider how mail programs sign in with user name and password.",
            ),
            R::NotUnderstood => settings(
                "The server did not understand a command that mail servers usually know.",
                "Check host and port with the provider, with what the server said.",
            ),
            R::NotConnected => at(
                Key::UserId,
                "The sign-in worked, but the server does not open the mailbox behind it.",
                "Check the user name (a shared mailbox has its own form), and that the account has a mailbox, \
                 a licence, and IMAP switched on.",
            ),
            R::UnknownProgram => settings(
                "The provider does not open mailboxes for this program.",
                "Ask the provider to allow it, with what the server said.",
            ),
            R::NoInbox => at(
                Key::UserId,
                "The account has no folder INBOX that can be opened.",
                "Check with the provider that the account receives mail and that IMAP may read it.",
            ),
            R::Blocked => settings(
                "The server blocks the network address of this program.",
                "Ask the operator of this program, or the provider, with what the server said.",
            ),
            R::MayNotSend => settings(
                "The server signed the account in, but does not take mail from it.",
                "Ask the provider whether the account may send mail by SMTP.",
            ),
            R::Greylisted => Self::new(
                Temporary,
                Some(Key::From),
                "The server asks to try the sender again in a few minutes (greylisting).",
                "Nothing has to be changed. Test again in a few minutes.",
            ),
            R::SenderNotAllowed => at(
                Key::From,
                "The server does not take mail from this sender.",
                "Enter an address that the account may send as, most often its own.",
            ),
            R::SenderMalformed => at(
                Key::From,
                "The server does not take the sender for an address.",
                "Enter one address, such as help@example.com.",
            ),
            R::Connection => settings(
                "The server takes no connection from this program.",
                "Ask the provider, or the operator of this program, with what the server said.",
            ),
            R::Encryption => at(
                Key::Port,
                "The server refused to encrypt the connection (STARTTLS).",
                "Use port 993 for inbound mail, 465 for outbound mail. The password is not sent without \
                 encryption.",
            ),
            R::SignIn => account(
                "The server refused the sign-in.",
                "Read what the server said. If it does not help, check user name and password, or ask the \
                 provider.",
            ),
            R::Inbox => settings(
                "The server did not open INBOX.",
                "Read what the server said. If it does not help, ask the provider.",
            ),
            R::Recipient => settings(
                "The server does not take mail for this recipient.",
                "Check the address. Some servers let an account write to few addresses only.",
            ),
            R::Message => settings(
                "The server did not take the message.",
                "Read what the server said. If it does not help, ask the provider.",
            ),
            R::Sender => at(
                Key::From,
                "The server did not take the sender.",
                "Read what the server said. If it does not help, ask the provider.",
            ),
        }
    }
}
