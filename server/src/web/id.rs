//! Numbers in pages' addresses and forms.

use crate::http::Refusal;
use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};
use serde::{Deserialize, Deserializer, de::Error};
use shared::{ConnectionId, NotANumber};
use std::str::FromStr;

/// The number in the address. What is no number is no connection's.
pub(super) struct Id(pub(super) ConnectionId);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        let id = path.ok().and_then(|Path(id)| id.parse().ok());
        id.map(Self).ok_or(Refusal::NoSuchPage)
    }
}

/// Reads a number in a form. Left to itself, serde takes a sign.
pub(super) fn number<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: FromStr<Err = NotANumber>,
    D: Deserializer<'de>,
{
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|expected| D::Error::custom(format!("give {expected}")))
}
