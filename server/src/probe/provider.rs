//! What providers' refusals mean.

use super::Failure;
use crate::{
    provider::ProviderError,
    wording::connection_test::{ProviderCause, Token, TokenProblem},
};
use shared::{Channel, Key};

/// A connection's token, as its form calls it.
pub(super) fn token(channel: Channel, key: Key) -> Token {
    let spec = key.field().and_then(|field| channel.spec(field));
    Token { key, label: spec.map_or(key.name(), |spec| spec.label) }
}

/// Why a provider did not say what it was asked with a token.
pub(super) fn refused(error: ProviderError, provider: &str, token: Token) -> Failure {
    let is_temporary = error.is_temporary();
    let ProviderError::Refused { code, subcode, server_message, .. } = error else {
        return ProviderCause::Unreachable(provider).into();
    };
    let cause = match (code, subcode) {
        _ if is_temporary => ProviderCause::Busy(provider),
        // X's.
        (Some(453), _) => ProviderCause::NoPlan(provider),
        _ => ProviderCause::Token(token, problem(code, subcode, provider)),
    };
    Failure::from(cause).saying(server_message)
}

/// What Meta's and Twitter's codes say of a token.
fn problem(code: Option<i64>, subcode: Option<i64>, provider: &str) -> TokenProblem<'_> {
    match (code, subcode) {
        (Some(190), Some(463)) => TokenProblem::Expired,
        (Some(190), Some(460)) => TokenProblem::PasswordChanged,
        (Some(190), Some(458)) => TokenProblem::AppRemoved,
        (Some(10 | 200..=299), _) => TokenProblem::NotAllowed,
        // Twitter's: suspended, and locked.
        (Some(64 | 326), _) => TokenProblem::AccountClosed(provider),
        _ => TokenProblem::Refused(provider),
    }
}
