//! The caller of the API.

use super::ApiError;
use crate::{http::Place, service::Services, store::Principal};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header::AUTHORIZATION, request::Parts},
};

/// The member of a site whom the request's token names. Each is one call of the site's quota.
pub struct Bearer(pub Principal);

impl FromRequestParts<Services> for Bearer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, services: &Services) -> Result<Self, ApiError> {
        let principal = services.bearer(token(&parts.headers)?).await?;
        if let Some(place) = parts.extensions.get::<Place>() {
            place.pass_to(&principal).map_err(ApiError::TooMany)?;
        }
        services.spend(&principal).await?.map_err(ApiError::Quota)?;
        Ok(Self(principal))
    }
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
