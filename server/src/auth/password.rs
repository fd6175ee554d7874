//! Passwords, kept as Argon2id hashes.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use std::sync::{Arc, LazyLock};
use tokio::sync::Semaphore;

/// Each hash takes 19 MiB and some 20 ms of a core: two at once leave a small machine responsive.
const AT_ONCE: usize = 2;

/// Longer passwords would only cost time.
const LONGEST: usize = 256;

/// What unknown users' passwords are checked against, so that they cost the same work.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash("nobody").unwrap_or_default());

/// Why a password was not hashed.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Empty, or longer than any that is checked.
    #[error("a password has 1 to {LONGEST} bytes")]
    Length,
    /// The hash could not be computed.
    #[error("the password could not be hashed")]
    Hash,
}

/// Hashes and verifies passwords, a few at once.
#[derive(Debug)]
pub struct Passwords(Arc<Semaphore>);

impl Default for Passwords {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

impl Passwords {
    /// Whether the password is the one that was hashed. Without a hash it is not, after the same
    /// work.
    pub async fn verify(&self, password: String, hashed: Option<String>) -> bool {
        if password.len() > LONGEST {
            return false;
        }
        let Ok(_permit) = self.0.acquire().await else { return false };
        let check = move || {
            let known = hashed.is_some();
            let hashed = hashed.as_deref().unwrap_or(&NOBODY);
            let verified = PasswordHash::new(hashed).is_ok_and(|hashed| {
                Argon2::default().verify_password(password.as_bytes(), &hashed).is_ok()
            });
            known && verified
        };
        tokio::task::spawn_blocking(check).await.unwrap_or(false)
    }
}

/// The Argon2id hash of a password in PHC form, with the crate's defaults: 19 MiB, two passes, one
/// lane (OWASP's first recommendation).
///
/// # Errors
/// If the password is empty or too long.
pub fn hash(password: &str) -> Result<String, PasswordError> {
    if password.is_empty() || password.len() > LONGEST {
        return Err(PasswordError::Length);
    }
    let hashed = Argon2::default().hash_password(password.as_bytes());
    hashed.map(|hashed| hashed.to_string()).map_err(|_| PasswordError::Hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_hashed_password_is_verified() {
        let passwords = Passwords::default();
        let hashed = hash("patchbay-demo").unwrap();
        assert!(hashed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hashed}");
        assert!(passwords.verify("patchbay-demo".into(), Some(hashed.clone())).await);
        assert!(!passwords.verify("patchbay-demO".into(), Some(hashed)).await);
        assert!(!passwords.verify("nobody".into(), None).await);
    }

    #[test]
    fn passwords_have_bounds() {
        assert!(hash("").is_err());
        assert!(hash(&"p".repeat(256)).is_ok());
        assert!(hash(&"p".repeat(257)).is_err());
    }
}
