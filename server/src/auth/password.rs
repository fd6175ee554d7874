//! Passwords, kept as Argon2id hashes.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};
use tokio::{sync::Semaphore, time::timeout};

/// Each hash takes 19 MiB and some 20 ms of a core: two at once leave a small machine responsive.
const MAX_RUNNING_HASHES: usize = 2;

/// Those that may wait, two seconds at most; more are refused, to try again.
const MAX_WAITING_HASHES: usize = 16;
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// Characters of a password at least, and bytes (so characters, if they are plain) at most. NIST SP 800-63B asks for 8 at least, and 15
/// where nothing else protects; longer ones than the most would only cost time.
const SHORTEST: usize = 12;
const MAX_PASSWORD_LEN: usize = 256;

/// What unknown users' passwords are checked against, so that they cost the same work.
static NOBODY: LazyLock<String> = LazyLock::new(|| argon2id("nobody").unwrap_or_default());

/// Why a password was not hashed or checked.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Too short to be safe.
    #[error("the password is too short: use at least {SHORTEST} characters, such as four words")]
    Short,
    /// Longer than any that is checked.
    #[error("the password is too long: use at most {MAX_PASSWORD_LEN} characters")]
    Long,
    /// Too many are being checked.
    #[error("too many sign-ins at once")]
    Busy,
    /// The hash could not be computed.
    #[error("the password could not be hashed")]
    Hash,
}

/// Hashes and verifies passwords, a few at once.
#[derive(Debug)]
pub struct Passwords {
    running: Arc<Semaphore>,
    admitted: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self {
            running: Arc::new(Semaphore::new(MAX_RUNNING_HASHES)),
            admitted: Arc::new(Semaphore::new(MAX_RUNNING_HASHES + MAX_WAITING_HASHES)),
        }
    }
}

impl Passwords {
    /// Whether the password is the one that was hashed. Without a hash it is not, after the same
    /// work.
    ///
    /// # Errors
    /// If too many are being checked.
    pub async fn verify(
        &self,
        password: String,
        hashed: Option<String>,
    ) -> Result<bool, PasswordError> {
        if password.len() > MAX_PASSWORD_LEN {
            return Ok(false);
        }
        self.run(move || {
            let known = hashed.is_some();
            let hashed = hashed.as_deref().unwrap_or(&NOBODY);
            let verified = PasswordHash::new(hashed).is_ok_and(|hashed| {
                Argon2::default().verify_password(password.as_bytes(), &hashed).is_ok()
            });
            known && verified
        })
        .await
    }

    /// The hash of a new password.
    ///
    /// # Errors
    /// If it is too short or too long, or if too many are being hashed.
    pub async fn hash(&self, password: String) -> Result<String, PasswordError> {
        self.run(move || hash(&password)).await?
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PasswordError> {
        let admitted = self.admitted.clone().try_acquire_owned();
        let admitted = admitted.map_err(|_| PasswordError::Busy)?;
        let permit = timeout(LONGEST_WAIT, self.running.clone().acquire_owned()).await;
        let permit = permit.map_err(|_| PasswordError::Busy)?.map_err(|_| PasswordError::Busy)?;
        // The permits go with the work: a client that leaves does not free its place early.
        let done = tokio::task::spawn_blocking(move || {
            let result = work();
            drop((permit, admitted));
            result
        });
        done.await.map_err(|_| PasswordError::Hash)
    }
}

/// The hash of a new password.
///
/// # Errors
/// If it is too short or too long.
pub fn hash(password: &str) -> Result<String, PasswordError> {
    if password.chars().count() < SHORTEST {
        return Err(PasswordError::Short);
    }
    if password.len() > MAX_PASSWORD_LEN {
        return Err(PasswordError::Long);
    }
    argon2id(password)
}

/// An Argon2id hash in PHC form, with the crate's defaults: 19 MiB, two passes, one lane (OWASP's
/// first recommendation).
fn argon2id(password: &str) -> Result<String, PasswordError> {
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
        assert!(passwords.verify("patchbay-demo".into(), Some(hashed.clone())).await.unwrap());
        assert!(!passwords.verify("patchbay-demO".into(), Some(hashed)).await.unwrap());
        assert!(!passwords.verify("nobody".into(), None).await.unwrap());
    }

    #[test]
    fn passwords_have_bounds() {
        assert!(hash("").is_err());
        assert!(hash("elevenchars").is_err());
        assert!(hash("twelve chars").is_ok());
        assert!(hash(&"p".repeat(256)).is_ok());
        assert!(hash(&"p".repeat(257)).is_err());
    }

    #[tokio::test]
    async fn a_crowd_is_asked_to_try_again() {
        let passwords = Passwords::default();
        let checks = (0..MAX_RUNNING_HASHES + MAX_WAITING_HASHES + 5)
            .map(|_| passwords.verify("x".into(), None));
        let results = futures_util::future::join_all(checks).await;
        assert!(results.iter().any(Result::is_err) && results.iter().any(Result::is_ok));
        assert!(passwords.verify("x".into(), None).await.is_ok(), "places are given back");
    }
}
