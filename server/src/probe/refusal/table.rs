//! The rows. Words are in lower case.

use super::{
    Pattern::{self, Basic, Class, Code, Words},
    Row,
    Step::{self, Greeting, Message, OpenInbox, Sender, SignIn, Tls},
};
use crate::wording::connection_test::Refusal as R;

const ANY: &[Step] = &[Greeting, Tls, SignIn, OpenInbox, Sender, Message];
const SIGN_IN: &[Step] = &[SignIn];
/// Some servers notice only when the mailbox is opened, or the sender is named.
const ACCOUNT: &[Step] = &[SignIn, OpenInbox, Sender];
const INBOX: &[Step] = &[OpenInbox];
const SENDER: &[Step] = &[Sender];
const GREETING: &[Step] = &[Greeting];
const SENDING: &[Step] = &[Greeting, Sender, Message];
const MAIL: &[Step] = &[Sender, Message];

const RFC_5530: &str = "RFC 5530, section 3";
const RFC_3463: &str = "RFC 3463, section 3";
const RFC_4954: &str = "RFC 4954, section 6";
const RFC_5321: &str = "RFC 5321, section 4.2";
const MICROSOFT: &str = "Microsoft 365: Exchange Online, error codes and basic authentication";
const GOOGLE: &str = "Google: Gmail, error messages of IMAP and SMTP";

const fn row(at: &'static [Step], pattern: Pattern, means: R, source: &'static str) -> Row {
    Row { at, pattern, means, source }
}

pub(super) const ROWS: &[Row] = &[
    // The organisation or the account does not allow passwords, whichever.
    row(
        SIGN_IN,
        Words(&["smtpclientauthentication is disabled for the tenant"]),
        R::SmtpOffForOrganisation,
        MICROSOFT,
    ),
    row(
        SIGN_IN,
        Words(&["smtpclientauthentication is disabled for the mailbox"]),
        R::SmtpOffForMailbox,
        MICROSOFT,
    ),
    row(
        SIGN_IN,
        Words(&["smtpclientauthentication is disabled"]),
        R::SmtpOffForOrganisation,
        MICROSOFT,
    ),
    row(ACCOUNT, Words(&["basic authentication"]), R::PasswordsOff, MICROSOFT),
    row(ACCOUNT, Words(&["basicauthblocked"]), R::PasswordsOff, MICROSOFT),
    row(ACCOUNT, Code("5.7.30"), R::PasswordsOff, MICROSOFT),
    row(SIGN_IN, Words(&["security defaults"]), R::PolicyBlocks, MICROSOFT),
    row(SIGN_IN, Words(&["did not meet the criteria"]), R::PolicyBlocks, MICROSOFT),
    row(SIGN_IN, Words(&["conditional access"]), R::PolicyBlocks, MICROSOFT),
    row(SIGN_IN, Words(&["blocked by", "policy"]), R::PolicyBlocks, MICROSOFT),
    row(ACCOUNT, Words(&["authenticated but not connected"]), R::NotConnected, MICROSOFT),
    row(ACCOUNT, Words(&["session invalidated"]), R::NotConnected, MICROSOFT),
    row(ACCOUNT, Words(&["unsafe login"]), R::UnknownProgram, "NetEase (163.com, 126.com): IMAP"),
    // App passwords. Of QQ's answer each part may be so; most often it is the authorization code that is wanted.
    row(
        SIGN_IN,
        Words(&["password is incorrect", "frequency limited"]),
        R::AppPassword,
        "Tencent (QQ Mail): IMAP and SMTP",
    ),
    row(SIGN_IN, Words(&["application-specific password"]), R::AppPassword, GOOGLE),
    row(
        SIGN_IN,
        Words(&["application specific password"]),
        R::AppPassword,
        "Zoho Mail: IMAP and SMTP",
    ),
    row(SIGN_IN, Words(&["app-specific password"]), R::AppPassword, "Apple: iCloud Mail"),
    row(SIGN_IN, Words(&["app password"]), R::AppPassword, "Fastmail, Yahoo: IMAP and SMTP"),
    row(SIGN_IN, Words(&["application password"]), R::AppPassword, "Mail.ru: IMAP and SMTP"),
    row(
        SIGN_IN,
        Words(&["authorization code"]),
        R::AppPassword,
        "Tencent (QQ Mail): IMAP and SMTP",
    ),
    row(SIGN_IN, Words(&["authorized code"]), R::AppPassword, "NetEase (163.com, 126.com): SMTP"),
    row(SIGN_IN, Words(&["invalidsecondfactor"]), R::AppPassword, GOOGLE),
    row(SIGN_IN, Words(&["2-step verification"]), R::AppPassword, GOOGLE),
    row(SIGN_IN, Words(&["two-factor"]), R::AppPassword, "Zoho Mail: IMAP and SMTP"),
    // Sign-in with a provider's page alone.
    row(SIGN_IN, Words(&["oauth"]), R::PasswordsOff, "Microsoft 365, Yahoo: IMAP and SMTP"),
    row(SIGN_IN, Words(&["modern authentication"]), R::PasswordsOff, MICROSOFT),
    row(
        SIGN_IN,
        Words(&["password authentication", "disabled"]),
        R::PasswordsOff,
        "Dovecot, Cyrus: IMAP",
    ),
    row(SIGN_IN, Words(&["password login", "disabled"]), R::PasswordsOff, "Cyrus: IMAP"),
    // Somebody has to look at a page first.
    row(SIGN_IN, Words(&["via your web browser"]), R::BrowserSignIn, GOOGLE),
    row(SIGN_IN, Words(&["web browser"]), R::BrowserSignIn, "Yahoo: SMTP"),
    row(SIGN_IN, Words(&["web login required"]), R::BrowserSignIn, GOOGLE),
    row(SIGN_IN, Words(&["log in through your browser"]), R::BrowserSignIn, "Yandex Mail: IMAP"),
    row(SIGN_IN, Code("WEBALERT"), R::BrowserSignIn, GOOGLE),
    row(SIGN_IN, Code("5.7.14"), R::BrowserSignIn, GOOGLE),
    // The account does not let mail programs in. Yandex says of a wrong password that one of both is so.
    row(
        SIGN_IN,
        Words(&["invalid credentials or imap is disabled"]),
        R::WrongPassword,
        "Yandex Mail: IMAP",
    ),
    row(ACCOUNT, Words(&["not enabled for imap"]), R::AccessOff, GOOGLE),
    row(ACCOUNT, Words(&["enable imap"]), R::AccessOff, "Zoho Mail: IMAP"),
    row(ACCOUNT, Words(&["imap is disabled"]), R::AccessOff, "Yandex Mail: IMAP"),
    row(ACCOUNT, Words(&["imap access", "disabled"]), R::AccessOff, "Cyrus, Dovecot: IMAP"),
    row(ACCOUNT, Words(&["smtp is disabled"]), R::AccessOff, "Zimbra: SMTP"),
    row(ACCOUNT, Words(&["smtp access", "disabled"]), R::AccessOff, "Zoho Mail: SMTP"),
    row(ACCOUNT, Words(&["imap", "not enabled"]), R::AccessOff, "Zimbra: IMAP"),
    row(ACCOUNT, Words(&["pop3/imap"]), R::AccessOff, "Tencent (QQ Mail): IMAP"),
    row(ACCOUNT, Words(&["smtp", "not enabled"]), R::AccessOff, "Zimbra: SMTP"),
    row(ACCOUNT, Words(&["access rights to this service"]), R::AccessOff, "Yandex Mail: SMTP"),
    row(
        ACCOUNT,
        Words(&["access to this service is disabled"]),
        R::AccessOff,
        "Dovecot, Plesk: IMAP",
    ),
    row(ACCOUNT, Words(&["licen"]), R::NotLicensed, MICROSOFT),
    row(ACCOUNT, Words(&["subscription"]), R::NotLicensed, "Zoho Mail: IMAP and SMTP"),
    row(ACCOUNT, Words(&["upgrade", "plan"]), R::NotLicensed, "Zoho Mail: IMAP and SMTP"),
    // Addresses of networks. Some servers say it only when a mail is to be sent.
    row(SENDING, Words(&["spamhaus"]), R::Blocked, "Spamhaus"),
    row(SENDING, Words(&["blocked using"]), R::Blocked, "Postfix: default_rbl_reply"),
    row(SENDING, Words(&["blacklist"]), R::Blocked, "Postfix, Exim"),
    row(SENDING, Words(&["denylist"]), R::Blocked, "Postfix, Exim"),
    row(SENDING, Words(&["block list"]), R::Blocked, "GMX, IONOS"),
    row(SENDING, Words(&["blocklist"]), R::Blocked, "Microsoft 365"),
    row(SENDING, Words(&["dnsbl"]), R::Blocked, "Postfix, Exim"),
    row(GREETING, Words(&["reputation"]), R::Blocked, "Cisco, Proofpoint"),
    // For a while.
    row(ANY, Words(&["too many", "connection"]), R::TooManyConnections, GOOGLE),
    row(
        ANY,
        Words(&["maximum number of connections"]),
        R::TooManyConnections,
        "Dovecot: mail_max_userip_connections",
    ),
    row(ANY, Words(&["connections", "exceeded"]), R::TooManyConnections, "Courier: MAXPERIP"),
    row(ANY, Words(&["connection limit"]), R::TooManyConnections, "Cyrus, Yahoo: IMAP"),
    row(ANY, Words(&["concurrent connection"]), R::TooManyConnections, "Exim, Exchange: SMTP"),
    row(ANY, Words(&["too many", "session"]), R::TooManyConnections, "Exchange, iCloud: IMAP"),
    row(ANY, Words(&["too many"]), R::TooManyAttempts, "Dovecot, Yahoo, Microsoft 365"),
    row(ANY, Words(&["bandwidth limit"]), R::TooManyAttempts, GOOGLE),
    row(ANY, Words(&["rate limit"]), R::TooManyAttempts, "Postfix, Yahoo, Fastmail"),
    row(ANY, Words(&["ratelimit"]), R::TooManyAttempts, "Exim: SMTP"),
    row(ANY, Words(&["limit exceeded"]), R::TooManyAttempts, "Zoho Mail: SMTP"),
    row(
        ANY,
        Words(&["frequency", "limit"]),
        R::TooManyAttempts,
        "Tencent (QQ Mail): IMAP and SMTP",
    ),
    row(ANY, Words(&["throttl"]), R::TooManyAttempts, MICROSOFT),
    row(
        ANY,
        Words(&["locked for", "minute"]),
        R::TooManyAttempts,
        "Dovecot, hMailServer: after wrong sign-ins",
    ),
    row(
        ANY,
        Words(&["temporarily", "locked"]),
        R::TooManyAttempts,
        "Yahoo, Yandex Mail: after wrong sign-ins",
    ),
    row(ANY, Words(&["greylist"]), R::Greylisted, "Postgrey, Exim: SMTP"),
    row(ANY, Words(&["graylist"]), R::Greylisted, "Axigen: SMTP"),
    row(ANY, Words(&["temporar"]), R::Busy, "Dovecot, Postfix, Courier"),
    row(ANY, Words(&["try again later"]), R::Busy, "Postfix, Exim, Microsoft 365"),
    row(ANY, Words(&["try later"]), R::Busy, "Sendmail: SMTP"),
    row(ANY, Words(&["try again in"]), R::Busy, "Exim, Zoho Mail: SMTP"),
    row(ANY, Words(&["server busy"]), R::Busy, MICROSOFT),
    row(ANY, Words(&["server is busy"]), R::Busy, "Exim, Courier"),
    row(ANY, Words(&["system error"]), R::Busy, GOOGLE),
    row(ANY, Words(&["internal error"]), R::Busy, "Dovecot, Gmail"),
    row(ANY, Words(&["internal server error"]), R::Busy, MICROSOFT),
    row(ANY, Words(&["service not available"]), R::Busy, RFC_5321),
    row(ANY, Words(&["service unavailable"]), R::Busy, MICROSOFT),
    row(ANY, Words(&["backend error"]), R::Busy, GOOGLE),
    row(ANY, Code("UNAVAILABLE"), R::Busy, RFC_5530),
    row(ANY, Code("SERVERBUG"), R::Busy, RFC_5530),
    row(ANY, Code("INUSE"), R::Busy, RFC_5530),
    row(ANY, Code("LIMIT"), R::TooManyConnections, RFC_5530),
    // The account itself.
    row(ACCOUNT, Words(&["suspended"]), R::Suspended, "Zoho Mail, Yandex Mail, Postfix"),
    row(ACCOUNT, Words(&["account", "locked"]), R::Suspended, "Microsoft 365, Yahoo"),
    row(ACCOUNT, Words(&["account", "disabled"]), R::Suspended, "Gmail, Exchange, Courier"),
    row(ACCOUNT, Words(&["user", "disabled"]), R::Suspended, "Dovecot, Cyrus"),
    row(ACCOUNT, Words(&["deactivated"]), R::Suspended, "Zoho Mail, Fastmail"),
    row(SIGN_IN, Words(&["password", "expired"]), R::PasswordExpired, "Exchange, Dovecot"),
    row(SIGN_IN, Code("EXPIRED"), R::PasswordExpired, RFC_5530),
    row(SIGN_IN, Basic(432), R::PasswordTransition, RFC_4954),
    row(SIGN_IN, Code("4.7.12"), R::PasswordTransition, RFC_4954),
    row(ACCOUNT, Words(&["over quota"]), R::MailboxFull, "Dovecot, Postfix"),
    row(ACCOUNT, Words(&["mailbox", "full"]), R::MailboxFull, RFC_3463),
    row(ACCOUNT, Words(&["quota exceeded"]), R::MailboxFull, "Dovecot, Cyrus"),
    row(ACCOUNT, Code("OVERQUOTA"), R::MailboxFull, RFC_5530),
    row(ACCOUNT, Code("5.2.2"), R::MailboxFull, RFC_3463),
    row(ACCOUNT, Code("AUTHORIZATIONFAILED"), R::NotPermitted, RFC_5530),
    row(ACCOUNT, Code("CONTACTADMIN"), R::AskAdministrator, RFC_5530),
    // Encryption and mechanisms.
    row(
        SIGN_IN,
        Words(&["plaintext", "disallowed"]),
        R::EncryptionWanted,
        "Dovecot: IMAP and SMTP",
    ),
    row(ACCOUNT, Words(&["must issue a starttls"]), R::EncryptionWanted, "RFC 3207, section 4"),
    row(ACCOUNT, Code("PRIVACYREQUIRED"), R::EncryptionWanted, RFC_5530),
    row(ACCOUNT, Code("5.7.11"), R::EncryptionWanted, RFC_4954),
    row(SIGN_IN, Basic(538), R::EncryptionWanted, RFC_4954),
    row(ACCOUNT, Code("5.7.57"), R::MayNotSend, MICROSOFT),
    row(SENDER, Basic(530), R::MayNotSend, RFC_4954),
    row(SIGN_IN, Words(&["unrecognized authentication type"]), R::OtherMechanism, MICROSOFT),
    row(SIGN_IN, Words(&["mechanism"]), R::OtherMechanism, "Postfix, Dovecot, Cyrus"),
    row(SIGN_IN, Code("5.7.4"), R::OtherMechanism, MICROSOFT),
    row(SIGN_IN, Code("5.7.9"), R::OtherMechanism, RFC_4954),
    row(SIGN_IN, Basic(504), R::OtherMechanism, RFC_4954),
    row(SIGN_IN, Basic(503), R::OtherMechanism, RFC_5321),
    row(SIGN_IN, Basic(502), R::OtherMechanism, RFC_5321),
    row(SIGN_IN, Basic(501), R::NotUnderstood, RFC_5321),
    row(SIGN_IN, Basic(500), R::NotUnderstood, RFC_5321),
    row(ACCOUNT, Code("CLIENTBUG"), R::NotUnderstood, RFC_5530),
    // Addresses of networks.
    row(GREETING, Words(&["block"]), R::Blocked, "Spamhaus, Postfix, Exim"),
    // The password.
    row(SIGN_IN, Code("AUTHENTICATIONFAILED"), R::WrongPassword, RFC_5530),
    row(SIGN_IN, Code("5.7.8"), R::WrongPassword, RFC_4954),
    row(SIGN_IN, Code("5.7.3"), R::WrongPassword, "Exchange: SMTP"),
    row(SIGN_IN, Words(&["credentials", "incorrect"]), R::WrongPassword, MICROSOFT),
    row(SIGN_IN, Words(&["credentials", "invalid"]), R::WrongPassword, GOOGLE),
    row(SIGN_IN, Words(&["password", "not accepted"]), R::WrongPassword, GOOGLE),
    row(
        SIGN_IN,
        Words(&["password", "incorrect"]),
        R::WrongPassword,
        "Fastmail, Yahoo: IMAP and SMTP",
    ),
    row(
        SIGN_IN,
        Words(&["password", "invalid"]),
        R::WrongPassword,
        "Zimbra, Zoho Mail: IMAP and SMTP",
    ),
    row(SIGN_IN, Words(&["password", "wrong"]), R::WrongPassword, "Kerio, GMX: IMAP and SMTP"),
    row(
        SIGN_IN,
        Words(&["password", "error"]),
        R::WrongPassword,
        "NetEase (163.com, 126.com): IMAP",
    ),
    row(SIGN_IN, Words(&["bad", "password"]), R::WrongPassword, "Courier, hMailServer: IMAP"),
    row(SIGN_IN, Words(&["login failed"]), R::WrongPassword, "Exchange, Courier: IMAP"),
    row(SIGN_IN, Words(&["login incorrect"]), R::WrongPassword, "Cyrus, Courier: IMAP"),
    row(SIGN_IN, Words(&["logon failure"]), R::WrongPassword, "Exchange: IMAP"),
    row(SIGN_IN, Words(&["authenticate failed"]), R::WrongPassword, "Exchange: IMAP"),
    row(SIGN_IN, Words(&["authentication fail"]), R::WrongPassword, "Dovecot, Postfix"),
    row(SIGN_IN, Words(&["incorrect authentication data"]), R::WrongPassword, "Exim: SMTP"),
    // Whatever else Microsoft says under its code of many things.
    row(SIGN_IN, Code("5.7.139"), R::SignIn, MICROSOFT),
    // At the mailbox.
    row(INBOX, Code("NONEXISTENT"), R::NoInbox, RFC_5530),
    row(INBOX, Code("NOPERM"), R::NoInbox, RFC_5530),
    row(INBOX, Words(&["doesn't exist"]), R::NoInbox, "Dovecot: IMAP"),
    row(INBOX, Words(&["not exist"]), R::NoInbox, "Cyrus, Courier: IMAP"),
    row(INBOX, Words(&["not found"]), R::NoInbox, "Exchange: IMAP"),
    row(INBOX, Words(&["no such"]), R::NoInbox, "Courier, UW: IMAP"),
    row(INBOX, Words(&["not readable"]), R::NoInbox, "Dovecot, Courier: IMAP"),
    row(INBOX, Words(&["permission"]), R::NoInbox, "Dovecot, Courier: IMAP"),
    // At the sender, of which some servers say it only at the recipient, or of the whole mail.
    row(MAIL, Words(&["send as"]), R::SenderNotAllowed, MICROSOFT),
    row(MAIL, Words(&["sendasdenied"]), R::SenderNotAllowed, MICROSOFT),
    row(
        MAIL,
        Words(&["sender address rejected"]),
        R::SenderNotAllowed,
        "Postfix: smtpd_sender_restrictions",
    ),
    row(MAIL, Words(&["not owned by"]), R::SenderNotAllowed, "Postfix: smtpd_sender_login_maps"),
    row(MAIL, Words(&["sender verify failed"]), R::SenderNotAllowed, "Exim: SMTP"),
    row(MAIL, Code("5.7.60"), R::SenderNotAllowed, MICROSOFT),
    row(SENDER, Code("5.7.1"), R::SenderNotAllowed, RFC_3463),
    row(SENDER, Code("5.1.8"), R::SenderNotAllowed, RFC_3463),
    row(SENDER, Code("5.1.7"), R::SenderMalformed, RFC_3463),
    row(SENDER, Basic(501), R::SenderMalformed, RFC_5321),
    row(SENDER, Basic(550), R::SenderNotAllowed, RFC_5321),
    row(SENDER, Basic(553), R::SenderNotAllowed, RFC_5321),
    // What is left of a code.
    row(SIGN_IN, Basic(535), R::WrongPassword, RFC_4954),
    row(ANY, Class(4), R::Busy, RFC_5321),
];
