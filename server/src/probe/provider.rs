//! What providers' refusals say of a connection.

use super::Failure;
use crate::{
    provider::{AppProblem, Meaning, ProviderError, TokenProblem},
    wording::connection_test::{ProviderCause, Token},
};
use shared::{Channel, Key};

/// A connection's token, as its form calls it.
pub(super) fn token(channel: Channel, key: Key) -> Token {
    let spec = key.field().and_then(|field| channel.spec(field));
    Token { key, label: spec.map_or(key.name(), |spec| spec.label) }
}

/// Why a provider did not say what it was asked with a token.
pub(super) fn refused(error: ProviderError, provider: &str, token: Token) -> Failure {
    let error = match error {
        ProviderError::Unreachable => return ProviderCause::Unreachable(provider).into(),
        ProviderError::Intercepted => return ProviderCause::Intercepted(provider).into(),
        ProviderError::Malformed => return ProviderCause::Unexpected(provider).into(),
        ProviderError::Refused(error) => error,
    };
    let cause = match error.meaning() {
        Some(Meaning::Busy) => ProviderCause::Busy(provider),
        Some(Meaning::Abuse) => ProviderCause::Abuse(provider),
        Some(Meaning::App(problem)) => ProviderCause::App(provider, problem),
        Some(Meaning::Token(problem)) => ProviderCause::Token(token, provider, problem),
        None => ProviderCause::Token(token, provider, TokenProblem::Refused),
    };
    let failure = Failure::from(cause);
    if error.server_message.is_empty() { failure } else { failure.saying(error.server_message) }
}

/// The same of what was asked as the app itself: nothing is said of the token then.
pub(super) fn app_refused(error: ProviderError, provider: &str) -> Failure {
    let error = match error {
        ProviderError::Refused(error) => error,
        error => {
            let token = Token { key: Key::Token, label: "" };
            return refused(error, provider, token);
        }
    };
    let cause = match error.meaning() {
        Some(Meaning::Busy | Meaning::Abuse) => ProviderCause::Busy(provider),
        Some(Meaning::App(problem)) => ProviderCause::App(provider, problem),
        Some(Meaning::Token(_)) | None => ProviderCause::App(provider, AppProblem::Secret),
    };
    Failure::from(cause).saying(error.server_message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        probe::FailureKind,
        provider::{Api, ApiError},
    };
    use reqwest::StatusCode;

    fn failure(
        api: Api,
        status: u16,
        code: Option<i64>,
        subcode: Option<i64>,
        words: &str,
    ) -> Failure {
        let error = ApiError {
            api,
            status: StatusCode::from_u16(status).unwrap(),
            code,
            subcode,
            server_message: words.to_owned(),
            ..ApiError::default()
        };
        let token = Token { key: Key::Password, label: "Page access token" };
        refused(ProviderError::Refused(error), "Facebook", token)
    }

    #[test]
    fn a_limit_of_metas_passes_whatever_the_status() {
        for code in [1, 2, 4, 17, 32, 341, 613, -2, 80_000, 80_001, 80_006, 80_014, 368] {
            for status in [400, 401, 403] {
                let failure = failure(Api::Meta, status, Some(code), None, "");
                assert_eq!((failure.kind, failure.field), (FailureKind::Temporary, None), "{code}");
            }
        }
        let transient = ApiError { is_transient: true, code: Some(190), ..ApiError::default() };
        assert!(ProviderError::Refused(transient).is_temporary());
        for code in [10, 100, 102, 190, 200, 803] {
            let failure = failure(Api::Meta, 400, Some(code), None, "");
            assert_eq!(failure.kind, FailureKind::Credentials, "{code}");
        }
    }

    #[test]
    fn what_is_the_apps_is_not_the_connections() {
        for (api, status, code, words) in [
            (
                Api::Meta,
                400,
                Some(101),
                "Error validating application. Application has been deleted.",
            ),
            (
                Api::Meta,
                401,
                Some(190),
                "Error validating application. Cannot get application info",
            ),
            (
                Api::Meta,
                400,
                Some(100),
                "API calls from the server require an appsecret_proof argument",
            ),
            (
                Api::Meta,
                400,
                Some(200),
                "(#200) Access to this data is temporarily disabled for non-active apps",
            ),
            (Api::Meta, 400, Some(2635), "You are calling a deprecated version of the Ads API."),
            (Api::Meta, 400, Some(3), "Capability or permissions issue"),
            (Api::X, 401, Some(32), "Could not authenticate you."),
            (Api::X, 401, Some(135), "Timestamp out of bounds."),
            (Api::X, 401, Some(215), "Bad Authentication data."),
            (Api::X, 410, Some(251), "This endpoint has been retired and should not be used."),
            (Api::X, 403, Some(416), "Invalid / suspended application"),
            (Api::X, 403, Some(453), "You currently have access to a subset"),
            (Api::X, 402, None, "Your enrolled account does not have any credits"),
        ] {
            let failure = failure(api, status, code, None, words);
            assert_eq!((failure.kind, failure.field), (FailureKind::NotTestable, None), "{words}");
        }
    }

    #[test]
    fn the_same_number_means_another_thing_at_another_provider() {
        let meta = failure(Api::Meta, 400, Some(32), None, "");
        let x = failure(Api::X, 401, Some(32), None, "");
        assert_eq!((meta.kind, x.kind), (FailureKind::Temporary, FailureKind::NotTestable));
        assert_eq!(failure(Api::X, 401, Some(89), None, "").kind, FailureKind::Credentials);
        assert_eq!(failure(Api::X, 401, None, None, "").kind, FailureKind::Credentials);
    }
}
