//! The sentences on rules that are broken: what is wrong with which field, and what to enter. Code elsewhere names the
//! problem, with its values.

use crate::{Channel, Code, Field, FieldKind, FieldSpec, MAX_NUMBER, Violation};
use std::fmt;

impl FieldKind {
    /// What to enter, to end a sentence that begins with "Enter".
    #[must_use]
    pub const fn expected(self) -> &'static str {
        match self {
            Self::Name => "a name of 1 to 100 characters",
            Self::MailUser => "the user name, often the e-mail address",
            Self::Password => "the password, 1 to 256 characters",
            Self::Host => "a host name such as mail.example.com, or an IP address",
            Self::Port(_) => "a whole number from 1 to 65535",
            Self::MailAddress => "an e-mail address such as help@example.com",
            Self::InboundConnection => "the number of an inbound e-mail connection",
            Self::AccountId => "the id, 5 to 20 digits",
            Self::TwitterId => "the user id, 1 to 20 digits",
            Self::ScreenName => "1 to 20 letters, digits or underscores, without the @",
            Self::InstagramSender => {
                "an Instagram id of 5 to 20 digits or a username of letters, digits, dots and \
                 underscores"
            }
            Self::Token => "the whole token as the provider shows it, 20 to 1024 characters",
            Self::AnySecret => "the secret, up to 4096 characters",
            Self::Flag => "1 for enabled or 0 for disabled",
            Self::Priority => "a whole number from 0 to 9999",
            Self::Text => "a text of up to 4096 characters",
        }
    }
}

/// What is wrong with the value of a field.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Problem<'a> {
    Missing,
    TooShort(usize),
    TooLong(usize),
    ControlCharacter,
    Contains(char),
    Invisible,
    TurnsText(char),
    Space,
    Mask,
    WrongCharacter,
    OutOfRange,
    NotAnAddress,
    NotAHost,
    /// A pasted address, with the host and the port in it.
    MoreThanAHost(&'a str, Option<u16>),
    /// A name in another script, whose form in ASCII this is.
    OtherScript(&'a str),
    NoConnectionNumber,
}

impl Problem<'_> {
    const fn code(self) -> Code {
        match self {
            Self::Missing => Code::Required,
            Self::TooShort(_) => Code::TooShort,
            Self::TooLong(_) => Code::TooLong,
            Self::ControlCharacter | Self::Contains(_) => Code::ControlCharacter,
            Self::Invisible | Self::TurnsText(_) | Self::WrongCharacter => Code::WrongCharacter,
            Self::Space => Code::WhiteSpace,
            Self::Mask => Code::Mask,
            Self::OutOfRange | Self::NoConnectionNumber => Code::OutOfRange,
            Self::NotAnAddress => Code::NotAnAddress,
            Self::NotAHost | Self::MoreThanAHost(..) | Self::OtherScript(_) => Code::NotAHost,
        }
    }

    /// As in "Facebook page id is too short (3). Enter the id, 5 to 20 digits."
    pub(crate) fn at(self, spec: &FieldSpec) -> Violation {
        let FieldSpec { field, label, kind, .. } = *spec;
        let message = match self {
            Self::MoreThanAHost(host, Some(port)) => format!(
                "{label} is more than a host name. Enter only {host}, and {port} as the port."
            ),
            Self::MoreThanAHost(host, None) => {
                format!("{label} is more than a host name. Enter only {host}.")
            }
            Self::OtherScript(ascii) => format!(
                "{label} contains letters beyond a to z. Enter the form that mail servers have: {ascii}."
            ),
            Self::NoConnectionNumber => format!(
                "{label} is not the number of a connection. Enter one from 1 to {MAX_NUMBER}."
            ),
            _ => format!("{label} {self}. Enter {}.", kind.expected()),
        };
        Violation::error(field.key(), self.code(), message)
    }
}

impl fmt::Display for Problem<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooShort(length) => return write!(f, "is too short ({length})"),
            Self::TooLong(length) => return write!(f, "is too long ({length})"),
            Self::Contains(char) => return write!(f, "contains {}", control_name(*char)),
            Self::TurnsText(char) => {
                return write!(f, "contains U+{:04X}, which turns text around", u32::from(*char));
            }
            Self::Missing => "is missing",
            Self::ControlCharacter => "contains a line break or another control character",
            Self::Invisible => "has no character that can be seen",
            Self::Space => "contains a space",
            Self::Mask => "is a mask, not the real value",
            Self::WrongCharacter => "contains a character that does not belong there",
            Self::OutOfRange | Self::NoConnectionNumber => "is not a number in the range",
            Self::NotAnAddress => "is not an e-mail address",
            Self::NotAHost | Self::MoreThanAHost(..) | Self::OtherScript(_) => "is not a host name",
        })
    }
}

/// What is unusual about the value of a field.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Oddity<'a> {
    Port {
        port: &'a str,
        usual: &'a [u16],
    },
    Contains(char),
    Space,
    NotAnAddress,
    SpaceAtAnEnd,
    /// A word that other tools put for no value.
    WordForNothing,
    AppPasswordInGroups,
}

impl Oddity<'_> {
    pub(crate) fn at(self, spec: &FieldSpec) -> Violation {
        let FieldSpec { field, label, .. } = *spec;
        let (code, message) = match self {
            Self::Port { port, usual } => {
                let usual: Vec<_> = usual.iter().map(ToString::to_string).collect();
                let usual = usual.join(" or ");
                (Code::UnusualPort, format!("{label} {port} is unusual here; {usual} is usual."))
            }
            Self::Contains(char) => {
                let name = control_name(char);
                let message =
                    format!("{label} contains {name}. Remove it unless it belongs there.");
                (Code::ControlCharacter, message)
            }
            Self::Space => (
                Code::WhiteSpace,
                format!("{label} contains a space. Remove it unless it belongs there."),
            ),
            Self::NotAnAddress => (
                Code::NotAnAddress,
                format!(
                    "{label} is not an e-mail address. Correct it unless the server knows the user so."
                ),
            ),
            Self::WordForNothing => (
                Code::Mask,
                format!("{label} is a word for no value. Enter the real one unless this is it."),
            ),
            Self::AppPasswordInGroups => (
                Code::WhiteSpace,
                format!(
                    "{label} looks like an app password with the spaces that pages show. Enter it without them."
                ),
            ),
            Self::SpaceAtAnEnd => {
                let problem = "begins or ends with a space. Remove it unless it belongs there";
                (Code::WhiteSpace, format!("{label} {problem}."))
            }
        };
        Violation::warning(field.key(), code, message)
    }
}

/// What a control character is called, to follow "contains".
fn control_name(char: char) -> String {
    let name = match char {
        '\0' => "a NUL character",
        '\n' | '\r' => "a line break",
        '\t' => "a tab",
        char if !char.is_control() => "a character that is not seen",
        _ => "a control character",
    };
    format!("{name} (U+{:04X})", u32::from(char))
}

/// A field that the channel does not have.
pub(crate) fn not_used(channel: Channel, field: Field) -> Violation {
    let message =
        format!("{} connections have no {}. Leave it out.", channel.label(), field.name());
    Violation::error(field.key(), Code::NotUsed, message)
}

/// A field that would name another account.
pub(crate) fn account_changed(spec: &FieldSpec, old: &str, new: &str) -> Violation {
    let label = spec.label;
    let message = format!("{label} is that of another account: it was {old}, and would be {new}.");
    Violation::error(spec.field.key(), Code::AccountChanged, message)
}

/// Why a connection cannot belong to the one that it names.
pub(crate) fn no_parent(code: Code) -> Violation {
    let problem = match code {
        Code::Itself => "is this connection itself",
        Code::NoSuchConnection => "names no connection of this site",
        _ => "is not an inbound e-mail connection",
    };
    let message = format!("Inbound connection {problem}. Choose an inbound e-mail connection.");
    Violation::error(Field::ParentId.key(), code, message)
}
