//! Secrets at rest: every stored password and token is sealed with XChaCha20-Poly1305 under a key
//! that is derived for its site from a key ring, which is a file apart from the database. What is
//! sealed is bound to its place, so that it opens nowhere else.
//! Whatever touches an open key is here.

mod blob;
mod error;
mod ring;

pub use error::VaultError;
pub use ring::{KeyId, Ring};

use blob::{Blob, SiteKey, site_key};
use ring::{FileState, KEY_LEN};
use shared::{Secret, SiteId};
use std::{
    collections::HashMap,
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The columns that hold sealed values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretColumn {
    /// A connection's `Password`.
    Password,
    /// A connection's `Token`.
    Token,
    /// A secret that was replaced and can still be brought back.
    PreviousSecret,
    /// The result of a sign-in with a provider.
    ProviderSession,
    /// One of the server's own keys.
    ServerKey,
}

impl SecretColumn {
    pub const ALL: [Self; 5] =
        [Self::Password, Self::Token, Self::PreviousSecret, Self::ProviderSession, Self::ServerKey];

    #[must_use]
    pub const fn table(self) -> &'static str {
        match self {
            Self::Password | Self::Token => "connection",
            Self::PreviousSecret => "previous_secret",
            Self::ProviderSession => "provider_session",
            Self::ServerKey => "sealed_key",
        }
    }

    #[must_use]
    pub const fn column(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Token => "token",
            Self::PreviousSecret | Self::ProviderSession | Self::ServerKey => "secret",
        }
    }
}

/// Where a sealed value is stored, and what for: the associated data that it opens with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretLocation {
    /// The table and column.
    pub cell: SecretColumn,
    /// The site that owns the row; 0 for the server's own.
    pub site: SiteId,
    /// The row's number; a previous secret's is that of its connection.
    pub row: i64,
    /// What else it is bound to, such as the destination that a password was given for.
    pub bound: String,
}

impl SecretLocation {
    /// A value that is bound to its row alone.
    #[must_use]
    pub const fn row(cell: SecretColumn, site: SiteId, row: i64) -> Self {
        Self { cell, site, row, bound: String::new() }
    }
}

impl fmt::Display for SecretLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cell, site, row, .. } = self;
        write!(f, "{}.{} of row {row} on site {site}", cell.table(), cell.column())
    }
}

/// Seals and opens values with the keys of a ring. Another process may add a key at any time, so the
/// file is looked at before each sealing, and when a value needs a key that is not known yet.
pub struct Vault {
    path: PathBuf,
    ring: Mutex<Loaded>,
}

#[derive(Default)]
struct Loaded {
    ring: Ring,
    state: Option<FileState>,
    /// The key under which the database has new values sealed, once it was read.
    active: Option<KeyId>,
    /// The keys of sites that were used of late. They go with the ring, overwritten.
    site_keys: HashMap<(KeyId, SiteId), Arc<SiteKey>>,
}

/// Sites whose keys are kept at most.
const SITE_KEYS: usize = 1024;

impl Loaded {
    /// A site's key under one of the ring's; `None` if the ring does not have that one.
    fn site_key(&mut self, id: KeyId, site: SiteId) -> Option<Arc<SiteKey>> {
        if let Some(key) = self.site_keys.get(&(id, site)) {
            return Some(key.clone());
        }
        let key = Arc::new(site_key(self.ring.get(id)?, site));
        if self.site_keys.len() >= SITE_KEYS {
            self.site_keys.clear();
        }
        self.site_keys.insert((id, site), key.clone());
        Some(key)
    }

    /// The active key; before the database was read, as at its first start, the newest.
    fn active(&self, path: &Path) -> Result<(KeyId, &[u8; KEY_LEN]), VaultError> {
        let Some(id) = self.active else { return self.ring.newest(path) };
        let key = self.ring.get(id).map(|key| (id, key));
        key.ok_or_else(|| VaultError::Outdated { key: id, ring: path.to_owned() })
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vault({})", self.path.display())
    }
}

impl Vault {
    /// With the ring of a file, which is read when it is first needed.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self { path, ring: Mutex::default() }
    }

    /// The key ring's file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes a key ring with one key, unless there is one.
    ///
    /// # Errors
    /// If it cannot be written, or if what is there is no key ring.
    pub fn create(&self) -> Result<(), VaultError> {
        let lock = ring::lock(&self.path)?;
        if !self.path.exists() {
            Ring::default().with_new_key()?.write(&self.path)?;
            tracing::info!(path = %self.path.display(), "made a key ring: keep a copy of it");
        }
        drop(lock);
        self.load().map(drop)
    }

    /// Adds a key to the ring. It is used once it is [active](Self::set_active).
    ///
    /// # Errors
    /// If the ring cannot be read or written.
    pub fn add_key(&self) -> Result<KeyId, VaultError> {
        let _lock = ring::lock(&self.path)?;
        let ring = Ring::read(&self.path)?.with_new_key()?;
        ring.write(&self.path)?;
        self.newest()
    }

    /// Takes a key out that was just added and under which nothing is sealed.
    ///
    /// # Errors
    /// If the ring cannot be read or written.
    pub fn take_back(&self, key: KeyId) -> Result<(), VaultError> {
        let _lock = ring::lock(&self.path)?;
        Ring::read(&self.path)?.without(key).write(&self.path)
    }

    /// Seals under this key from now on, as the database says.
    ///
    /// # Errors
    /// If the ring does not have it, or cannot be read. Nothing is sealed then.
    pub fn set_active(&self, key: KeyId) -> Result<(), VaultError> {
        self.locked().active = Some(key);
        self.active().map(drop)
    }

    /// Writes into the ring that a database is sealed with it.
    ///
    /// # Errors
    /// If the ring cannot be read or written.
    pub fn add_database(&self, id: KeyId) -> Result<(), VaultError> {
        let _lock = ring::lock(&self.path)?;
        Ring::read(&self.path)?.with_database(id).write(&self.path)
    }

    /// Forgets all keys but this one, which everything in this database is sealed under; returns how
    /// many.
    ///
    /// # Errors
    /// If it is no longer the newest one, if other databases are sealed with this ring, or if it
    /// cannot be read or written.
    pub fn forget_all_but(&self, key: KeyId, database: KeyId) -> Result<usize, VaultError> {
        let _lock = ring::lock(&self.path)?;
        self.assert_own(key, database)?;
        let ring = Ring::read(&self.path)?;
        let old = ring.ids().len() - 1;
        ring.only_newest().write(&self.path)?;
        Ok(old)
    }

    /// Whether this key is the ring's newest, and no other database needs the others.
    ///
    /// # Errors
    /// If not.
    pub fn assert_own(&self, key: KeyId, database: KeyId) -> Result<(), VaultError> {
        let ring = Ring::read(&self.path)?;
        if ring.newest(&self.path)?.0 != key {
            return Err(VaultError::Changed);
        }
        if ring.databases().iter().any(|other| *other != database) {
            return Err(VaultError::Shared(self.path.clone()));
        }
        Ok(())
    }

    /// The key under which values are sealed now.
    ///
    /// # Errors
    /// If the ring does not have it, or cannot be read.
    pub fn active(&self) -> Result<KeyId, VaultError> {
        Ok(self.load()?.active(&self.path)?.0)
    }

    /// The ring's newest key.
    ///
    /// # Errors
    /// If the ring cannot be read.
    pub fn newest(&self) -> Result<KeyId, VaultError> {
        Ok(self.load()?.ring.newest(&self.path)?.0)
    }

    /// All keys, the newest one last.
    ///
    /// # Errors
    /// If the ring cannot be read.
    pub fn keys(&self) -> Result<Vec<KeyId>, VaultError> {
        Ok(self.load()?.ring.ids())
    }

    /// Seals a value for its place.
    ///
    /// # Errors
    /// If the ring cannot be read, or there is no randomness.
    pub fn seal(&self, place: &SecretLocation, value: &[u8]) -> Result<Vec<u8>, VaultError> {
        let mut loaded = self.load()?;
        let (id, _) = loaded.active(&self.path)?;
        let key = loaded.site_key(id, place.site);
        drop(loaded);
        Blob::seal(
            id,
            &*key.ok_or_else(|| VaultError::Outdated { key: id, ring: self.path.clone() })?,
            place,
            value,
        )
    }

    /// Opens what was sealed for this place.
    ///
    /// # Errors
    /// If it was changed or moved, or if the ring has not its key.
    pub fn open(&self, place: &SecretLocation, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        let broken = || VaultError::Broken(place.clone());
        let blob = Blob::parse(sealed).ok_or_else(broken)?;
        // Not while others wait for the ring: only the key is taken from it.
        let mut key = self.locked().site_key(blob.key, place.site);
        if key.is_none() {
            key = self.load()?.site_key(blob.key, place.site);
        }
        let ring = || self.path.clone();
        blob.open(
            &*key.ok_or_else(|| VaultError::UnknownKey {
                place: place.clone(),
                key: blob.key,
                ring: ring(),
            })?,
            place,
        )
        .ok_or_else(broken)
    }

    /// Opens a text.
    pub fn open_text(&self, place: &SecretLocation, sealed: &[u8]) -> Result<Secret, VaultError> {
        let text = String::from_utf8(self.open(place, sealed)?);
        text.map(Secret::new).map_err(|_| VaultError::Broken(place.clone()))
    }

    fn locked(&self) -> MutexGuard<'_, Loaded> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The ring as the file has it now.
    fn load(&self) -> Result<MutexGuard<'_, Loaded>, VaultError> {
        let state = ring::state(&self.path)?;
        let mut loaded = self.locked();
        if loaded.state != Some(state) {
            loaded.ring = Ring::read(&self.path)?;
            loaded.site_keys.clear();
            loaded.state = Some(state);
        }
        Ok(loaded)
    }
}

/// The key under which a sealed value is; `None` if it is not sealed.
#[must_use]
pub fn key_of(sealed: &[u8]) -> Option<KeyId> {
    Blob::parse(sealed).map(|blob| blob.key)
}

#[cfg(test)]
mod tests;
