//! Credentials: passwords and API tokens. Browser sessions are in `web::session`.

mod password;
mod token;

pub use password::{PasswordError, Passwords, hash as hash_password};
pub use token::{LIFETIME, TokenError, Tokens};

use crate::store::StoreError;
use aws_lc_rs::rand::{SecureRandom, SystemRandom};

/// Bytes that nobody can guess.
///
/// # Errors
/// If the system has none to give.
pub fn random<const N: usize>() -> Result<[u8; N], StoreError> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| StoreError::Random)?;
    Ok(bytes)
}
