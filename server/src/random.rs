//! Randomness, from the system.

use aws_lc_rs::rand::{SecureRandom, SystemRandom};

/// The system's source of randomness gave none.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("no randomness to be had")]
pub struct NoRandomness;

/// Bytes that nobody can guess.
///
/// # Errors
/// If the system has none to give.
pub fn random<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(bytes)
}
