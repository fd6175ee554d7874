//! Providers' refusals in plain words.

use super::{Failure, Kind};
use crate::provider::ProviderError;
use shared::{Channel, Key};

/// What helps against a token that is no good.
pub(super) const SIGN_IN_AGAIN: &str =
    "Sign in with the provider again and take over the new tokens (Fill from sign-in).";

/// The name of a field on its channel's form.
pub(super) fn label(channel: Channel, key: Key) -> &'static str {
    key.field().and_then(|field| channel.spec(field)).map_or(key.name(), |spec| spec.label)
}

/// A provider that does not answer.
pub(super) fn unreachable(provider: &str) -> Failure {
    let explanation = format!("{provider} cannot be reached, or does not answer.");
    Failure::new(Kind::Temporary, None, explanation, "Try again in a few minutes.")
}

/// Why a provider did not say what it was asked, with a token that is a field's.
pub(super) fn refused(error: ProviderError, provider: &str, key: Key, label: &str) -> Failure {
    let is_temporary = error.is_temporary();
    let ProviderError::Refused { code, subcode, server_message, .. } = error else {
        return unreachable(provider);
    };
    if is_temporary {
        let explanation = format!("{provider} is busy, or was asked too often.");
        let advice = "Nothing has to be changed. Try again later.";
        return Failure::new(Kind::Temporary, None, explanation, advice).saying(server_message);
    }
    // X's: the app's plan does not include the question.
    if code == Some(453) {
        let explanation = format!("The plan of this server’s app at {provider} includes no tests.");
        let advice = "To test, your operator changes the plan.";
        return Failure::new(Kind::NotTestable, None, explanation, advice).saying(server_message);
    }
    let label = label.to_lowercase();
    let (explanation, advice) = match (code, subcode) {
        (Some(190), Some(463)) => (format!("The {label} has expired."), SIGN_IN_AGAIN),
        (Some(190), Some(460)) => {
            let why = "its user has changed their password at Facebook";
            (format!("The {label} is not valid any more: {why}."), SIGN_IN_AGAIN)
        }
        (Some(190), Some(458)) => {
            let why = "its user has removed the app at Facebook";
            (format!("The {label} is not valid any more: {why}."), SIGN_IN_AGAIN)
        }
        (Some(10 | 200..=299), _) => (
            format!("The {label} may not see this."),
            "Sign in with the provider again and grant all that is asked for.",
        ),
        // Twitter's: suspended, and locked.
        (Some(64 | 326), _) => (
            format!("{provider} has closed the account for now."),
            "Sign in at the provider’s own page: it says what to do.",
        ),
        _ => (format!("{provider} refused the {label}."), SIGN_IN_AGAIN),
    };
    Failure::new(Kind::Credentials, Some(key), explanation, advice).saying(server_message)
}
