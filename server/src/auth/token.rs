//! API tokens: JWT, HS256, for one user on one site.

use crate::{
    random::{NoRandomness, random},
    store::UserId,
};
use jiff::Timestamp;
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode,
};
use serde::{Deserialize, Serialize};
use shared::SiteId;

/// Seconds from `iat` to `exp`.
pub const LIFETIME: i64 = 900;

const ISSUER: &str = "patchbay";

/// The documented claims. `sub` and `sid` are strings.
#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    exp: i64,
    nbf: i64,
    iat: i64,
    jti: String,
    sid: String,
    /// The membership's version: not documented, but without it a token could not be revoked.
    ver: i64,
}

/// Why no token was made.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// There was no randomness.
    #[error(transparent)]
    Random(#[from] NoRandomness),
    /// It could not be encoded.
    #[error("a token could not be encoded")]
    Encode(#[from] jsonwebtoken::errors::Error),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It was good once.
    #[error("Expired token")]
    Expired,
    #[error("Invalid token")]
    Invalid,
}

/// Whom a token names, and the version of the membership that it was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenCaller {
    pub user: UserId,
    pub site: SiteId,
    /// What must still be the membership's version.
    pub version: i64,
}

/// Makes API tokens with the newest of the server's keys, and reads those of all of them.
pub struct Tokens {
    newest: i64,
    encoding: EncodingKey,
    decoding: Vec<(i64, DecodingKey)>,
    validation: Validation,
}

impl Tokens {
    /// With keys that the database keeps, so that all servers share them, the newest last; `None`
    /// if there is none.
    #[must_use]
    pub fn new(keys: &[(i64, Vec<u8>)]) -> Option<Self> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_required_spec_claims(&["iss", "sub", "exp", "nbf"]);
        // Times are checked here, against the clock that is passed in, and without leeway.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.validate_aud = false;
        let (newest, secret) = keys.last()?;
        let decoding = |(id, secret): &(i64, Vec<u8>)| (*id, DecodingKey::from_secret(secret));
        Some(Self {
            newest: *newest,
            encoding: EncodingKey::from_secret(secret),
            decoding: keys.iter().map(decoding).collect(),
            validation,
        })
    }

    /// A new token.
    ///
    /// # Errors
    /// If there is no randomness for its id, or it cannot be encoded.
    pub fn issue(&self, caller: TokenCaller, now: Timestamp) -> Result<String, IssueError> {
        let TokenCaller { user, site, version } = caller;
        let iat = now.as_second();
        let claims = Claims {
            iss: ISSUER.to_owned(),
            sub: user.0.to_string(),
            exp: iat + LIFETIME,
            nbf: iat,
            iat,
            jti: hex::encode(random::<16>()?),
            sid: site.to_string(),
            ver: version,
        };
        let kid = Some(self.newest.to_string());
        let header = Header { kid, ..Header::new(Algorithm::HS256) };
        Ok(encode(&header, &claims, &self.encoding)?)
    }

    /// Whether a token names a key that is newer than those known here.
    #[must_use]
    pub fn has_newer_key(&self, token: &str) -> bool {
        key_id(token).is_some_and(|id| id > self.newest)
    }

    /// Whom a token names.
    ///
    /// # Errors
    /// If it was not made here, or not for this time.
    pub fn read(&self, token: &str, now: Timestamp) -> Result<TokenCaller, TokenError> {
        self.read_with_end(token, now).map(|(caller, _)| caller)
    }

    /// Whom a token names, and when it expires, in seconds since 1970.
    pub fn read_with_end(
        &self,
        token: &str,
        now: Timestamp,
    ) -> Result<(TokenCaller, i64), TokenError> {
        let id = key_id(token).ok_or(TokenError::Invalid)?;
        let key = self.decoding.iter().find(|(known, _)| *known == id);
        let (_, key) = key.ok_or(TokenError::Invalid)?;
        let token = decode::<Claims>(token, key, &self.validation);
        let Claims { sub, sid, exp, nbf, ver, .. } = token.map_err(|_| TokenError::Invalid)?.claims;
        let now = now.as_second();
        // None is made to last longer.
        if now < nbf || exp.saturating_sub(nbf) > LIFETIME {
            return Err(TokenError::Invalid);
        }
        if now >= exp {
            return Err(TokenError::Expired);
        }
        // Only what was written here is read, to the letter: no sign, no leading zero.
        let user = number(&sub).map(UserId).ok_or(TokenError::Invalid)?;
        let site = number(&sid).map(SiteId).ok_or(TokenError::Invalid)?;
        Ok((TokenCaller { user, site, version: ver }, exp))
    }
}

fn key_id(token: &str) -> Option<i64> {
    number(&decode_header(token).ok()?.kid?)
}

fn number(text: &str) -> Option<i64> {
    text.parse().ok().filter(|number: &i64| number.to_string() == text)
}

#[cfg(test)]
mod tests;
