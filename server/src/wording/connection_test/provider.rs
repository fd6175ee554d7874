use crate::probe::{
    Failure,
    FailureKind::{Credentials, NotTestable, Settings, Temporary},
};
use crate::provider::{AppProblem, TokenProblem};
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
    /// Somebody did something too often.
    Abuse(&'a str),
    /// A proxy, or the sign-in page of a network, answers in its place.
    Intercepted(&'a str),
    /// An answer that is not as documented.
    Unexpected(&'a str),
    /// What is wrong with this server's app.
    App(&'a str, AppProblem),
    NoTwitterApp,
    Token(Token, &'a str, TokenProblem),
    MissingPermission {
        token: Token,
        permission: &'a str,
    },
    /// A permission that was granted for other pages or accounts.
    OtherTarget {
        token: Token,
        permission: &'a str,
        wanted: &'a str,
    },
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
            C::Abuse(provider) => Self::new(
                Temporary,
                None,
                format!("{provider} has blocked the account or this server’s app for a while."),
                "Nothing has to be changed. Wait a day, then test again.",
            ),
            C::Intercepted(provider) => Self::new(
                NotTestable,
                None,
                format!(
                    "A web page answers in the place of {provider}: a proxy, or the sign-in page of a network."
                ),
                "Your operator has to let this server reach the provider’s API.",
            ),
            C::Unexpected(provider) => Self::new(
                Temporary,
                None,
                format!("{provider} answered in a way that it does not document."),
                "Try again later. If it goes on, tell your operator.",
            ),
            C::App(provider, problem) => of_app(provider, problem),
            C::NoTwitterApp => Self::new(
                NotTestable,
                None,
                "Tests of Twitter are not set up on this server.",
                "To test, your operator sets PATCHBAY_TWITTER_API_KEY and PATCHBAY_TWITTER_API_SECRET.",
            ),
            C::Token(token, provider, problem) => of_token(token, provider, problem),
            C::MissingPermission { token, permission } => Self::new(
                Credentials,
                Some(token.key),
                format!("The {} lacks the permission {permission}.", token.label.to_lowercase()),
                GRANT_ALL,
            ),
            C::OtherTarget { token, permission, wanted } => Self::new(
                Credentials,
                Some(token.key),
                format!(
                    "The {} has the permission {permission} for other pages or accounts, not for {wanted}.",
                    token.label.to_lowercase()
                ),
                "Sign in with the provider again and choose this one, too, when it asks which may be used.",
            ),
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

const GRANT_ALL: &str = "Sign in with the provider again and grant all that is asked for.";

fn of_app(provider: &str, problem: AppProblem) -> Failure {
    use AppProblem as P;
    let (explanation, advice) = match problem {
        P::Secret => (
            format!("{provider} does not take the secret of this server’s app for this token."),
            "Your operator has to check the app’s id and secret. If they are right, the token is another app’s: sign \
             in here again (Fill from sign-in).",
        ),
        P::Keys => (
            format!(
                "{provider} does not take the keys of this server’s app, or what was signed with them."
            ),
            "Your operator has to check the app’s keys. If they are right, sign in with the provider again.",
        ),
        P::Unknown => (
            format!("{provider} does not know this server’s app, or has removed it."),
            "Nothing is wrong with the connection. Your operator has to check the app’s id and secret.",
        ),
        P::Inactive => (
            format!("This server’s app is not active at {provider}."),
            "Nothing is wrong with the connection. Your operator has to look at the app in the provider’s \
             developer pages.",
        ),
        P::NotAllowed => (
            format!("This server’s app may not ask this at {provider}."),
            "Nothing is wrong with the connection. Your operator has to have the app reviewed for it.",
        ),
        P::Plan => (
            format!("The plan of this server’s app at {provider} includes no tests."),
            "To test, your operator changes the plan.",
        ),
        P::OldVersion => (
            format!("This server asks {provider} in a version that is switched off."),
            "Nothing is wrong with the connection. Your operator has to name a newer version.",
        ),
        P::Clock => (
            format!("{provider} says that the clock of this server is wrong."),
            "Nothing is wrong with the connection. Your operator has to set the clock.",
        ),
    };
    Failure::new(NotTestable, None, explanation, advice)
}

fn of_token(Token { key, label }: Token, provider: &str, problem: TokenProblem) -> Failure {
    use TokenProblem as P;
    let label = label.to_lowercase();
    let over = |why: &str| (format!("The {label} is not valid any more: {why}."), SIGN_IN_AGAIN);
    let (kind, (explanation, advice)) = match problem {
        P::UserTokenForPage | P::PageTokenForUser | P::Swapped | P::InstagramLogin => {
            (Settings, of_kind(&label, problem))
        }
        problem => (
            Credentials,
            match problem {
                P::Expired => (format!("The {label} has expired."), SIGN_IN_AGAIN),
                P::PasswordChanged => over("its user has changed their password at Facebook"),
                P::AppRemoved => over("its user has removed the app at Facebook"),
                P::LostRole => over("its user does not manage the page any more"),
                P::Checkpoint => (
                    format!("{provider} wants the user of the {label} to sign in there first."),
                    "Sign in at the provider’s own page and follow what it says. Then sign in here again (Fill \
                     from sign-in).",
                ),
                P::Unconfirmed => (
                    format!("{provider} has not confirmed the user of the {label}."),
                    "The user has to confirm their account at the provider, or somebody else signs in.",
                ),
                P::NotAllowed => (format!("The {label} may not see this."), GRANT_ALL),
                P::NotFound => (
                    format!("{provider} shows nothing under this id to the {label}."),
                    "Check the id. If it is right, sign in with the provider again and choose it, too.",
                ),
                P::AccountClosed => (
                    format!("{provider} has suspended or locked the account."),
                    "Sign in at the provider’s own page: it says what to do.",
                ),
                P::Refused => (format!("{provider} refused the {label}."), SIGN_IN_AGAIN),
                _ => (format!("The {label} is not valid any more."), SIGN_IN_AGAIN),
            },
        ),
    };
    Failure::new(kind, Some(key), explanation, advice)
}

/// Tokens that are good, but of another kind than their field's.
fn of_kind(label: &str, problem: TokenProblem) -> (String, &'static str) {
    match problem {
        TokenProblem::Swapped => (
            "The page’s and the user’s access token are swapped.".to_owned(),
            "Enter each in the other’s field, or take both over from a sign-in (Fill from sign-in).",
        ),
        TokenProblem::UserTokenForPage => (
            format!("The {label} is a user’s token, not the page’s."),
            "Enter the page’s own token, or take it over from a sign-in (Fill from sign-in).",
        ),
        TokenProblem::PageTokenForUser => (
            format!("The {label} is the page’s token, not a user’s."),
            "Enter the token of the user who manages the page, or take it over from a sign-in (Fill from \
             sign-in).",
        ),
        _ => (
            format!(
                "The {label} is one of Instagram’s own sign-in (it begins with IGAA), which sees no page."
            ),
            "This kind of account cannot be used yet. Sign in with Facebook, through the page that the \
             account is linked to (Fill from sign-in).",
        ),
    }
}
