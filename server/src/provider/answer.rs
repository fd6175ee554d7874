//! What providers answer.

use reqwest::{Response, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The longest answer that is read: some hundreds of pages with their tokens.
const MAX_ANSWER_BYTES: usize = 1 << 20;

/// Why a provider did not give what it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// It was not reached, or did not answer in time.
    #[error("the provider cannot be reached")]
    Unreachable,
    /// Its answer is not what it documents.
    #[error("the provider's answer is not what it documents")]
    Malformed,
    #[error("the provider refused: {status}, code {code:?}")]
    Refused {
        /// The status of the answer.
        status: StatusCode,
        /// The code of the error, in the provider's own numbers.
        code: Option<i64>,
        subcode: Option<i64>,
        server_message: String,
    },
}

impl ProviderError {
    /// Whether it may go well later: the provider is down, or was asked too often.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Unreachable | Self::Malformed => true,
            Self::Refused { status, code, .. } => {
                // Graph: unknown, service, and the limits of apps, users and pages; Twitter: 88 and 130.
                let codes = [1, 2, 4, 17, 32, 88, 130, 131, 341, 613];
                let is_graph_or_429 = *status != StatusCode::UNAUTHORIZED;
                status.is_server_error()
                    || *status == StatusCode::TOO_MANY_REQUESTS
                    || (is_graph_or_429 && code.is_some_and(|code| codes.contains(&code)))
            }
        }
    }
}

/// Reads an answer up to its longest.
async fn read(mut answer: Response) -> Result<(StatusCode, Vec<u8>), ProviderError> {
    let (status, mut bytes) = (answer.status(), vec![]);
    while let Some(chunk) = answer.chunk().await.map_err(|_| ProviderError::Unreachable)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MAX_ANSWER_BYTES {
            return Err(ProviderError::Malformed);
        }
    }
    Ok((status, bytes))
}

/// What a successful answer holds.
pub(super) async fn json<T: DeserializeOwned>(
    answer: Result<Response, reqwest::Error>,
) -> Result<T, ProviderError> {
    let bytes = bytes(answer).await?;
    // What serde says of a mistake may quote a secret.
    serde_json::from_slice(&bytes).map_err(|_| ProviderError::Malformed)
}

/// The body of a successful answer.
pub(super) async fn bytes(
    answer: Result<Response, reqwest::Error>,
) -> Result<Vec<u8>, ProviderError> {
    let (status, bytes) = read(answer.map_err(|_| ProviderError::Unreachable)?).await?;
    if status.is_success() { Ok(bytes) } else { Err(refused(status, &bytes)) }
}

/// An error's body: Graph has one in `error`, Twitter a list of `errors`.
fn refused(status: StatusCode, body: &[u8]) -> ProviderError {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let error = body.get("error").or_else(|| body.get("errors")?.get(0));
    let number = |key| error?.get(key)?.as_i64();
    let server_message = error.and_then(|error| error.get("message")?.as_str()).unwrap_or_default();
    ProviderError::Refused {
        status,
        code: number("code"),
        subcode: number("error_subcode"),
        server_message: server_message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_errors_are_understood() {
        let graph = br#"{"error":{"message":"Session has expired","type":"OAuthException","code":190,"error_subcode":463}}"#;
        let expected = ProviderError::Refused {
            status: StatusCode::BAD_REQUEST,
            code: Some(190),
            subcode: Some(463),
            server_message: "Session has expired".into(),
        };
        assert_eq!(refused(StatusCode::BAD_REQUEST, graph), expected);
        let twitter = br#"{"errors":[{"code":89,"message":"Invalid or expired token."}]}"#;
        let expected = ProviderError::Refused {
            status: StatusCode::UNAUTHORIZED,
            code: Some(89),
            subcode: None,
            server_message: "Invalid or expired token.".into(),
        };
        assert_eq!(refused(StatusCode::UNAUTHORIZED, twitter), expected);
    }

    #[test]
    fn only_what_may_go_well_later_is_temporary() {
        let of = |status, code| {
            refused(status, &format!(r#"{{"error":{{"code":{code}}}}}"#).into_bytes())
        };
        for code in [1, 2, 4, 17, 32, 341, 613] {
            assert!(of(StatusCode::BAD_REQUEST, code).is_temporary(), "{code}");
        }
        for code in [10, 100, 102, 190, 200, 803] {
            assert!(!of(StatusCode::BAD_REQUEST, code).is_temporary(), "{code}");
        }
        // Twitter's 32: it could not authenticate.
        assert!(!of(StatusCode::UNAUTHORIZED, 32).is_temporary());
        assert!(of(StatusCode::TOO_MANY_REQUESTS, 88).is_temporary());
        assert!(refused(StatusCode::BAD_GATEWAY, b"<html>").is_temporary());
    }
}
