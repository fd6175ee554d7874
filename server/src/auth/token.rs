//! API tokens: JWT, HS256, for one user on one site.

use super::random;
use crate::store::{StoreError, UserId};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
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
}

/// Why a token is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It was good once.
    #[error("Expired token")]
    Expired,
    /// It never was.
    #[error("Invalid token")]
    Invalid,
}

/// Makes and reads API tokens with one key.
pub struct Tokens {
    key_id: String,
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
}

impl Tokens {
    /// With a key that the database keeps, so that all servers share it.
    #[must_use]
    pub fn new(key_id: String, secret: &[u8]) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_required_spec_claims(&["iss", "sub", "exp", "nbf"]);
        // Times are checked here, against the clock that is passed in, and without leeway.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.validate_aud = false;
        Self {
            key_id,
            encoding: EncodingKey::from_secret(secret),
            decoding: DecodingKey::from_secret(secret),
            validation,
        }
    }

    /// A new token.
    ///
    /// # Errors
    /// If there is no randomness for its id.
    pub fn issue(&self, user: UserId, site: SiteId, now: Timestamp) -> Result<String, StoreError> {
        let iat = now.as_second();
        let claims = Claims {
            iss: ISSUER.to_owned(),
            sub: user.0.to_string(),
            exp: iat + LIFETIME,
            nbf: iat,
            iat,
            jti: hex::encode(random::<16>()?),
            sid: site.to_string(),
        };
        let header = Header { kid: Some(self.key_id.clone()), ..Header::new(Algorithm::HS256) };
        encode(&header, &claims, &self.encoding).map_err(|_| StoreError::Random)
    }

    /// The user and the site of a token.
    ///
    /// # Errors
    /// If it was not made here, or not for this time.
    pub fn read(&self, token: &str, now: Timestamp) -> Result<(UserId, SiteId), TokenError> {
        let token = decode::<Claims>(token, &self.decoding, &self.validation)
            .map_err(|_| TokenError::Invalid)?;
        let Claims { sub, sid, exp, nbf, .. } = token.claims;
        let now = now.as_second();
        if token.header.kid.as_deref() != Some(&self.key_id) || now < nbf {
            return Err(TokenError::Invalid);
        }
        if now >= exp {
            return Err(TokenError::Expired);
        }
        let user = sub.parse().map(UserId).map_err(|_| TokenError::Invalid)?;
        Ok((user, sid.parse().map_err(|_| TokenError::Invalid)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: i64 = 1_600_000_000;

    fn tokens(secret: &[u8]) -> Tokens {
        Tokens::new("k1".into(), secret)
    }

    fn after(seconds: i64) -> Timestamp {
        Timestamp::from_second(START + seconds).unwrap()
    }

    #[test]
    fn a_token_lasts_900_seconds() {
        let tokens = tokens(b"a secret of the test");
        let token = tokens.issue(UserId(7), SiteId(169), after(0)).unwrap();
        let good = Ok((UserId(7), SiteId(169)));
        assert_eq!(tokens.read(&token, after(0)), good);
        assert_eq!(tokens.read(&token, after(899)), good);
        assert_eq!(tokens.read(&token, after(900)), Err(TokenError::Expired));
        assert_eq!(tokens.read(&token, after(-1)), Err(TokenError::Invalid));
    }

    #[test]
    fn what_was_not_made_here_is_no_token() {
        let ours = tokens(b"a secret of the test");
        let token = tokens(b"another secret").issue(UserId(7), SiteId(169), after(0)).unwrap();
        assert_eq!(ours.read(&token, after(0)), Err(TokenError::Invalid));
        let token = ours.issue(UserId(7), SiteId(169), after(0)).unwrap();
        let (signed, _) = token.rsplit_once('.').unwrap();
        let (_, claims) = signed.split_once('.').unwrap();
        // {"alg":"none"}
        for forged in ["", "x", "a.b.c", signed, &format!("eyJhbGciOiJub25lIn0.{claims}.")] {
            assert_eq!(ours.read(forged, after(0)), Err(TokenError::Invalid), "{forged}");
        }
    }
}
