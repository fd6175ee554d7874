use crate::probe::Expiry;
use std::fmt;

/// What a stage found out.
#[derive(Clone, Copy, Debug)]
pub enum Found<'a> {
    Page(&'a str),
    InstagramAccount(&'a str),
    /// Who signed in at Facebook.
    SignedIn(&'a str),
    TwitterAccount(&'a str),
    Number(&'a str),
    Quality(&'a str),
    /// A sender that is not the account's own address.
    OtherSender,
    /// A message that the server took.
    Queued {
        id: Option<&'a str>,
        words: &'a str,
    },
    NoFacebookApp,
    /// Facebook tells nothing of the token.
    NotTold {
        token: &'a str,
        why: &'a str,
    },
    TokenEnds {
        token: &'a str,
        end: Option<Expiry>,
    },
    DataAccessEnds {
        token: &'a str,
        end: Option<Expiry>,
    },
    Scopes {
        token: &'a str,
        scopes: &'a str,
    },
    /// Of what a sign-in asks for.
    NotGranted {
        token: &'a str,
        scopes: &'a str,
    },
}

impl fmt::Display for Found<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Page(name) => write!(f, "Page: {name}"),
            Self::InstagramAccount(name) => write!(f, "Instagram account: {name}"),
            Self::SignedIn(name) => write!(f, "Signed in: {name}"),
            Self::TwitterAccount(name) => write!(f, "Account: {name}"),
            Self::Number(name) => write!(f, "Number: {name}"),
            Self::Quality(quality) => write!(f, "Quality: {quality}"),
            Self::OtherSender => f.write_str(
                "The sender is not the account’s own address. Some servers refuse it only when a mail is sent.",
            ),
            Self::Queued { id: Some(id), words } => {
                write!(f, "The server took the message as {id}. It said: “{words}”.")
            }
            Self::Queued { id: None, words } => {
                write!(f, "The server took the message. It said: “{words}”.")
            }
            Self::NoFacebookApp => f.write_str(
                "Permissions and expiry are unknown: the operator has named no app at Facebook \
                 (PATCHBAY_FACEBOOK_APP_ID).",
            ),
            Self::NotTold { token, why } => {
                write!(f, "{token}: Facebook says nothing about it ({why})")
            }
            Self::TokenEnds { token, end } => ends(f, token, "it", *end),
            Self::DataAccessEnds { token, end } => ends(f, token, "access to data", *end),
            Self::NotGranted { token, scopes } => write!(f, "{token}: was not granted {scopes}"),
            Self::Scopes { token, scopes } => write!(f, "{token}: may {scopes}"),
        }
    }
}

fn ends(f: &mut fmt::Formatter<'_>, token: &str, what: &str, end: Option<Expiry>) -> fmt::Result {
    match end {
        None => write!(f, "{token}: when {what} ends is unknown"),
        Some(Expiry::Never) => write!(f, "{token}: {what} never ends"),
        Some(Expiry::At(end)) => write!(f, "{token}: {what} ends on {}", end.strftime("%Y-%m-%d")),
    }
}
