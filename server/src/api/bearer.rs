//! The caller of the API.

use super::{ApiError, request::Id};
use crate::{
    http::Place,
    service::{PatchCaller, Services},
    store::{Principal, Stored},
};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header::AUTHORIZATION, request::Parts},
};
use shared::ConnectionId;

/// The member of a site whom the request's token names. Each is one call of the site's quota.
pub struct Bearer(pub Principal);

impl FromRequestParts<Services> for Bearer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, services: &Services) -> Result<Self, ApiError> {
        let principal = services.bearer(token(&parts.headers)?).await?;
        admit(&principal, parts, services).await?;
        Ok(Self(principal))
    }
}

/// The same, and the connection that the request names, which are read together.
pub struct BearerOf {
    /// The caller.
    pub caller: Principal,
    /// The connection.
    pub stored: Stored,
}

impl FromRequestParts<Services> for BearerOf {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, services: &Services) -> Result<Self, ApiError> {
        let id = Id::from_request_parts(parts, services).await;
        let wanted = id.as_ref().map_or(ConnectionId(0), |Id(id)| *id);
        let (caller, stored) = services.bearer_and(token(&parts.headers)?, wanted).await?;
        admit(&caller, parts, services).await?;
        let stored = stored.ok_or(ApiError::NoSuchConnection)?;
        Ok(Self { caller, stored })
    }
}

/// The caller of a patch. Only the token is checked here: what its member is now is loaded with the connection, in the
/// patch's own transaction. If calls are counted it is read here as well, since the count needs the site's time zone.
pub struct BearerToPatch(pub PatchCaller);

impl FromRequestParts<Services> for BearerToPatch {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, services: &Services) -> Result<Self, ApiError> {
        let caller = services.token_caller(token(&parts.headers)?).await?;
        if services.counts_calls() {
            // Counts it, too.
            Bearer::from_request_parts(parts, services).await?;
        } else if let Some(place) = parts.extensions.get::<Place>() {
            place.pass_to(caller).map_err(ApiError::TooMany)?;
        }
        // The membership is compared again in the transaction: whoever is signed out in between gets 401.
        Ok(Self(PatchCaller::Token(caller)))
    }
}

/// Counts a request among the caller's.
async fn admit(caller: &Principal, parts: &Parts, services: &Services) -> Result<(), ApiError> {
    if let Some(place) = parts.extensions.get::<Place>() {
        place.pass_to(caller).map_err(ApiError::TooMany)?;
    }
    services.consume_call(caller).await?.map_err(ApiError::Quota)
}

/// The token that a request carries.
pub fn token(headers: &HeaderMap) -> Result<&str, ApiError> {
    let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    header.and_then(bearer).ok_or(ApiError::NoToken)
}

/// The token of a `Bearer` header; the scheme's case does not matter (RFC 9110, 11.1).
fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then(|| token.trim())
}
