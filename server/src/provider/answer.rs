//! What providers answer.

use super::{Api, Meaning};
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
    /// A proxy, or the sign-in page of a network, answered in its place.
    #[error("what answers in the provider's place is a web page")]
    Intercepted,
    /// Its answer is not what it documents.
    #[error("the provider's answer is not what it documents")]
    Malformed,
    #[error("the provider refused: {0}")]
    Refused(ApiError),
}

/// An error as a provider's API gives it.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("{status}, code {code:?}, subcode {subcode:?}")]
pub struct ApiError {
    pub api: Api,
    pub status: StatusCode,
    /// The code of the error, in the provider's own numbers.
    pub code: Option<i64>,
    pub subcode: Option<i64>,
    /// Meta's own word for an error that passes.
    pub is_transient: bool,
    /// What kind it is, of APIs that have words instead of numbers (X's problem details): type, title and reason.
    pub problem: String,
    pub server_message: String,
}

impl ProviderError {
    /// Whether it may go well later: the provider is down, or was asked too often.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Unreachable | Self::Malformed => true,
            Self::Intercepted => false,
            Self::Refused(error) => {
                matches!(error.meaning(), Some(Meaning::Busy | Meaning::Abuse))
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
    api: Api,
    answer: Result<Response, reqwest::Error>,
) -> Result<T, ProviderError> {
    let bytes = bytes(api, answer).await?;
    // What serde says of a mistake may quote a secret.
    let value: Value = serde_json::from_slice(&bytes).map_err(|_| ProviderError::Malformed)?;
    if value.get("error").is_some_and(Value::is_object) {
        return Err(refused(api, StatusCode::OK, &bytes));
    }
    serde_json::from_value(value).map_err(|_| ProviderError::Malformed)
}

/// The body of a successful answer.
pub(super) async fn bytes(
    api: Api,
    answer: Result<Response, reqwest::Error>,
) -> Result<Vec<u8>, ProviderError> {
    let (status, bytes) = read(answer.map_err(|_| ProviderError::Unreachable)?).await?;
    let is_page =
        bytes.trim_ascii_start().starts_with(b"<") && status != StatusCode::TOO_MANY_REQUESTS;
    if status.is_redirection() || (is_page && !status.is_server_error()) {
        return Err(ProviderError::Intercepted);
    }
    if status.is_success() { Ok(bytes) } else { Err(refused(api, status, &bytes)) }
}

/// An error's body: Graph has one in `error`, X's first API a list of `errors`, its second problem details (RFC 9457).
fn refused(api: Api, status: StatusCode, body: &[u8]) -> ProviderError {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let error = body.get("error").filter(|error| error.is_object());
    let error = error.or_else(|| body.get("errors")?.get(0)).unwrap_or(&body);
    let text = |of: &Value, key| of.get(key).and_then(Value::as_str).map(str::to_owned);
    let number = |key| error.get(key).and_then(Value::as_i64);
    let problem = ["type", "title", "reason"].into_iter().filter_map(|key| text(&body, key));
    let message = text(error, "message").or_else(|| text(&body, "detail"));
    ProviderError::Refused(ApiError {
        api,
        status,
        code: number("code"),
        subcode: number("error_subcode"),
        is_transient: error.get("is_transient").and_then(Value::as_bool).unwrap_or_default(),
        problem: problem.collect::<Vec<_>>().join(" "),
        server_message: message.or_else(|| text(&body, "title")).unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_forms_of_errors_are_understood() {
        let graph =
            br#"{"error":{"message":"Session has expired","type":"OAuthException","code":190,
            "error_subcode":463,"is_transient":true}}"#;
        let expected = ApiError {
            status: StatusCode::BAD_REQUEST,
            code: Some(190),
            subcode: Some(463),
            is_transient: true,
            server_message: "Session has expired".into(),
            ..ApiError::default()
        };
        assert_eq!(
            refused(Api::Meta, StatusCode::BAD_REQUEST, graph),
            ProviderError::Refused(expected)
        );
        let first = br#"{"errors":[{"code":89,"message":"Invalid or expired token."}]}"#;
        let expected = ApiError {
            status: StatusCode::UNAUTHORIZED,
            api: Api::X,
            code: Some(89),
            server_message: "Invalid or expired token.".into(),
            ..ApiError::default()
        };
        assert_eq!(
            refused(Api::X, StatusCode::UNAUTHORIZED, first),
            ProviderError::Refused(expected)
        );
        let second = br#"{"title":"Client Forbidden","type":"https://api.twitter.com/2/problems/client-forbidden",
            "reason":"client-not-enrolled","detail":"Use keys of a project."}"#;
        let expected = ApiError {
            api: Api::X,
            status: StatusCode::FORBIDDEN,
            problem: "https://api.twitter.com/2/problems/client-forbidden Client Forbidden client-not-enrolled"
                .into(),
            server_message: "Use keys of a project.".into(),
            ..ApiError::default()
        };
        assert_eq!(
            refused(Api::X, StatusCode::FORBIDDEN, second),
            ProviderError::Refused(expected)
        );
        let none = ApiError { status: StatusCode::UNAUTHORIZED, ..ApiError::default() };
        assert_eq!(refused(Api::Meta, StatusCode::UNAUTHORIZED, b""), ProviderError::Refused(none));
    }
}
