//! What requests carry: connection numbers and bodies, with errors in the envelope.

use super::ApiError;
use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Request},
    http::{HeaderMap, header::CONTENT_TYPE, request::Parts},
};
use shared::{ConnectionId, wire::Entries};

/// The number in the address. What is no number is no connection's.
pub struct Id(pub ConnectionId);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        let id = path.ok().and_then(|Path(id)| id.parse().ok());
        id.map(Self).ok_or(ApiError::NoSuchConnection)
    }
}

/// An address without a query: a key that is not understood may be one that was meant to keep a write from being
/// done.
pub struct NoQuery;

impl<S: Send + Sync> FromRequestParts<S> for NoQuery {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default();
        match form_urlencoded::parse(query.as_bytes()).next() {
            Some((key, _)) => {
                Err(ApiError::Query(format!("{key} is unknown; this address takes no query")))
            }
            None => Ok(Self),
        }
    }
}

/// A JSON body of connection fields.
pub struct Fields(pub Entries);

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if !matches!(
            media_type(request.headers()).as_deref(),
            Some("application/json" | "application/merge-patch+json")
        ) {
            return Err(ApiError::ContentType("application/json"));
        }
        let body = read(request, state).await?;
        Entries::parse(&body).map(Self).map_err(ApiError::Body)
    }
}

/// The `Content-Type` without parameters, in lower case.
pub fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next()?.trim().to_ascii_lowercase())
}

/// The whole body; its length was limited before it came here.
pub async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, ApiError> {
    let body = Bytes::from_request(request, state).await;
    body.map_err(|_| ApiError::Body(shared::wire::BodyError::NotJson))
}
