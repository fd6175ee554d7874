use super::{KeyId, SecretLocation};
use crate::random::NoRandomness;
use std::{io, path::PathBuf};

/// Why something was not sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The key ring could not be read or written.
    #[error("the key ring {} could not be used", path.display())]
    File {
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// There is no key ring.
    #[error(
        "there is no key ring at {}, and this database is sealed with one: put it back, or name \
         it with --key-file or PATCHBAY_KEY_FILE",
        .0.display()
    )]
    Missing(PathBuf),
    /// Others than its owner may read the key ring.
    #[error("the key ring {} may be read by others: chmod 600 it", .0.display())]
    Open(PathBuf),
    /// The file is no key ring.
    #[error("line {line} of the key ring {} is no key", path.display())]
    Malformed {
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// Another process added a key meanwhile.
    #[error("another key was added meanwhile: run this again")]
    Changed,
    /// The old keys may be needed elsewhere.
    #[error(
        "everything is sealed under the newest key, but no key was forgotten: the key ring {} \
         names other databases that may need them. If they are gone, delete their lines in it; if \
         not, give each a key ring of its own with --key-file",
        .0.display()
    )]
    Shared(PathBuf),
    /// A value is sealed under a key that the ring does not have.
    #[error(
        "{place} is sealed under the key {key}, which the key ring {} does not have: this is \
         another database's key ring, or an old one",
        ring.display()
    )]
    UnknownKey { place: SecretLocation, key: KeyId, ring: PathBuf },
    /// The key under which new values are sealed is missing from this server's ring.
    #[error(
        "the key {key} is in use, but the key ring {} does not have it: copy the ring of the server on \
         which patchbay keys add ran to this one. Nothing is sealed until then",
        ring.display()
    )]
    Outdated { key: KeyId, ring: PathBuf },
    /// A value was sealed under a key that the database does not know, or no longer.
    #[error(
        "a value was sealed under a key that was forgotten meanwhile, and was not stored: this server's \
         key ring is an old one"
    )]
    Forgotten,
    /// Values are sealed under a key that was to be forgotten.
    #[error("values are still sealed under an older key, which is therefore kept: run this again")]
    StillNeeded,
    /// Servers that run do not have a key that is to become active.
    #[error(
        "the key {key} is not used yet, since these servers do not have it: {}. Copy the key ring to them, \
         or stop them, and run patchbay keys rotate",
        servers.join(", ")
    )]
    NotEverywhere {
        key: KeyId,
        /// Where the servers run.
        servers: Vec<String>,
    },
    /// A value was changed, moved, or sealed under a key that has another content.
    #[error("{0} does not open: it was changed or moved, or the key ring is not its own")]
    Broken(SecretLocation),
    /// There was no randomness.
    #[error(transparent)]
    Random(#[from] NoRandomness),
}
