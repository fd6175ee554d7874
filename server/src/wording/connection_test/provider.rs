use crate::probe::{
    Failure,
    Kind::{Credentials, NotTestable, Settings, Temporary},
};
use shared::Key;

/// A token, by its field and the name that the field has on its channel's form.
#[derive(Clone, Copy, Debug)]
pub struct Token {
    pub key: Key,
    pub label: &'static str,
}

/// Why a provider did not say what was asked, or says what the connection does not.
#[derive(Clone, Copy, Debug)]
pub enum ProviderCause<'a> {
    Unreachable(&'a str),
    Busy(&'a str),
    /// The plan of this server's app does not include the question.
    NoPlan(&'a str),
    NoTwitterApp,
    Token(Token, TokenProblem<'a>),
    OtherPage {
        token: Token,
        page: &'a str,
        wanted: &'a str,
    },
    NoInstagram {
        page: &'a str,
    },
    OtherInstagram {
        linked: &'a str,
        wanted: &'a str,
    },
    OtherAccount {
        key: Key,
        account: &'a str,
        wanted: &'a str,
    },
    NumberCannotSend,
    NumberNotListed {
        number: &'a str,
        account: &'a str,
    },
}

/// What a provider says of a token.
#[derive(Clone, Copy, Debug)]
pub enum TokenProblem<'a> {
    Expired,
    Invalid,
    PasswordChanged,
    AppRemoved,
    /// It lacks a permission.
    NotAllowed,
    Refused(&'a str),
    /// The account is suspended or locked.
    AccountClosed(&'a str),
}

const SIGN_IN_AGAIN: &str =
    "Sign in with the provider again and take over the new tokens (Fill from sign-in).";
const LINK: &str = "Link the account to the page at Facebook, or enter the id of the one that is.";

impl From<ProviderCause<'_>> for Failure {
    fn from(cause: ProviderCause<'_>) -> Self {
        use ProviderCause as C;
        let settings =
            |key, explanation: String, advice| Self::new(Settings, Some(key), explanation, advice);
        match cause {
            C::Unreachable(provider) => Self::new(
                Temporary,
                None,
                format!("{provider} cannot be reached, or does not answer."),
                "Try again in a few minutes.",
            ),
            C::Busy(provider) => Self::new(
                Temporary,
                None,
                format!("{provider} is busy, or was asked too often."),
                "Nothing has to be changed. Try again later.",
            ),
            C::NoPlan(provider) => Self::new(
                NotTestable,
                None,
                format!("The plan of this server’s app at {provider} includes no tests."),
                "To test, your operator changes the plan.",
            ),
            C::NoTwitterApp => Self::new(
                NotTestable,
                None,
                "Tests of Twitter are not set up on this server.",
                "To test, your operator sets PATCHBAY_TWITTER_API_KEY and PATCHBAY_TWITTER_API_SECRET.",
            ),
            C::Token(token, problem) => of_token(token, problem),
            C::OtherPage { token, page, wanted } => settings(
                Key::UserId,
                format!(
                    "The {} is for {page}, not for the page {wanted}.",
                    token.label.to_lowercase()
                ),
                "Enter that page’s id, or take over the token of the page that you want.",
            ),
            C::NoInstagram { page } => settings(
                Key::TargetId,
                format!("No Instagram account is linked to the page {page}."),
                LINK,
            ),
            C::OtherInstagram { linked, wanted } => settings(
                Key::TargetId,
                format!("The page is linked to {linked}, not to {wanted}."),
                LINK,
            ),
            C::OtherAccount { key, account, wanted } => settings(
                key,
                format!("The tokens are those of {account}, not of {wanted}."),
                "Enter that account, or take over the tokens of the account that you want.",
            ),
            C::NumberCannotSend => settings(
                Key::UserId,
                "WhatsApp does not let this number send messages.".to_owned(),
                "Open the number in WhatsApp Manager and follow what it says there.",
            ),
            C::NumberNotListed { number, account } => settings(
                Key::TargetId,
                format!("The business account {account} does not have the phone number {number}."),
                "Enter the id of the account that the number belongs to.",
            ),
        }
    }
}

fn of_token(Token { key, label }: Token, problem: TokenProblem<'_>) -> Failure {
    use TokenProblem as P;
    let label = label.to_lowercase();
    let (explanation, advice) = match problem {
        P::Expired => (format!("The {label} has expired."), SIGN_IN_AGAIN),
        P::Invalid => (format!("The {label} is not valid any more."), SIGN_IN_AGAIN),
        P::PasswordChanged => {
            let why = "its user has changed their password at Facebook";
            (format!("The {label} is not valid any more: {why}."), SIGN_IN_AGAIN)
        }
        P::AppRemoved => {
            let why = "its user has removed the app at Facebook";
            (format!("The {label} is not valid any more: {why}."), SIGN_IN_AGAIN)
        }
        P::NotAllowed => (
            format!("The {label} may not see this."),
            "Sign in with the provider again and grant all that is asked for.",
        ),
        P::Refused(provider) => (format!("{provider} refused the {label}."), SIGN_IN_AGAIN),
        P::AccountClosed(provider) => (
            format!("{provider} has closed the account for now."),
            "Sign in at the provider’s own page: it says what to do.",
        ),
    };
    Failure::new(Credentials, Some(key), explanation, advice)
}
