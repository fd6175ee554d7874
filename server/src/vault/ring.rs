//! The key ring's file: a line a key, `id key` in hexadecimal, the newest key last; and a line
//! `database id` for each database that is sealed with it.

use super::VaultError;
use crate::random::random;
use atomic_write_file::{OpenOptions, unix::OpenOptionsExt};
use std::{
    fmt::{self, Write as _},
    fs,
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt as _, PermissionsExt},
    path::Path,
};
use zeroize::Zeroizing;

/// Bytes of a key, as XChaCha20-Poly1305 takes it.
pub(super) const KEY_LEN: usize = 32;

const DATABASE: &str = "database ";

const HEAD: &str = "\
# Patchbay's key ring: whoever has it and the database can read every stored password, and without\n\
# it nobody can. Keep a copy of it, apart from the database's.\n";

/// The name of a key, which every value carries that is sealed under it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyId(pub [u8; 8]);

impl KeyId {
    /// Reads what it is displayed as.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 8];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        Some(Self(bytes))
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// The keys, the newest one last.
#[derive(Default)]
pub struct Ring {
    keys: Vec<(KeyId, Zeroizing<[u8; KEY_LEN]>)>,
    databases: Vec<KeyId>,
}

impl Ring {
    pub(super) fn get(&self, id: KeyId) -> Option<&[u8; KEY_LEN]> {
        self.keys.iter().find(|(known, _)| *known == id).map(|(_, key)| &**key)
    }

    pub(super) fn newest(&self, path: &Path) -> Result<(KeyId, &[u8; KEY_LEN]), VaultError> {
        let newest = self.keys.last().map(|(id, key)| (*id, &**key));
        newest.ok_or_else(|| VaultError::Missing(path.to_owned()))
    }

    pub(super) fn ids(&self) -> Vec<KeyId> {
        self.keys.iter().map(|(id, _)| *id).collect()
    }

    pub(super) fn with_new_key(mut self) -> Result<Self, VaultError> {
        self.keys.push((KeyId(random()?), Zeroizing::new(random()?)));
        Ok(self)
    }

    pub(super) fn only_newest(mut self) -> Self {
        self.keys.drain(..self.keys.len().saturating_sub(1));
        self
    }

    pub(super) fn without(mut self, id: KeyId) -> Self {
        self.keys.retain(|(key, _)| *key != id);
        self
    }

    pub(super) fn databases(&self) -> &[KeyId] {
        &self.databases
    }

    pub(super) fn with_database(mut self, id: KeyId) -> Self {
        if !self.databases.contains(&id) {
            self.databases.push(id);
        }
        self
    }

    pub(super) fn read(path: &Path) -> Result<Self, VaultError> {
        state(path)?;
        let text = Zeroizing::new(fs::read_to_string(path).map_err(|error| file(path, error))?);
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let mut ring = Self::default();
        for (index, line) in lines.filter(|(_, line)| !line.starts_with('#')) {
            let malformed = || VaultError::Malformed { path: path.to_owned(), line: index + 1 };
            match line.strip_prefix(DATABASE) {
                Some(id) => ring.databases.push(KeyId::parse(id.trim()).ok_or_else(malformed)?),
                None => ring.keys.push(parse(line).ok_or_else(malformed)?),
            }
        }
        Ok(ring)
    }

    /// Replaces the file, all of it or nothing.
    pub(super) fn write(&self, path: &Path) -> Result<(), VaultError> {
        let mut text = Zeroizing::new(HEAD.to_owned());
        for id in &self.databases {
            writeln!(text, "{DATABASE}{id}")
                .map_err(|_| file(path, io::ErrorKind::Other.into()))?;
        }
        for (id, key) in &self.keys {
            let key = Zeroizing::new(hex::encode(**key));
            writeln!(text, "{id} {}", *key).map_err(|_| file(path, io::ErrorKind::Other.into()))?;
        }
        write_private(path, text.as_bytes()).map_err(|error| file(path, error))
    }
}

fn parse(line: &str) -> Option<(KeyId, Zeroizing<[u8; KEY_LEN]>)> {
    let (id, key) = line.trim().split_once(' ')?;
    let mut bytes = Zeroizing::new([0; KEY_LEN]);
    hex::decode_to_slice(key.trim(), &mut *bytes).ok()?;
    Some((KeyId::parse(id)?, bytes))
}

/// Lets one process at a time read, change and write the ring, until the lock is dropped.
pub(super) fn lock(path: &Path) -> Result<fs::File, VaultError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let locked = make_folder(path).and_then(|()| {
        let lock = fs::OpenOptions::new().write(true).create(true).truncate(false).open(name)?;
        lock.lock()?;
        Ok(lock)
    });
    locked.map_err(|error| file(path, error))
}

fn make_folder(path: &Path) -> io::Result<()> {
    match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => fs::DirBuilder::new().recursive(true).mode(0o700).create(folder),
        None => Ok(()),
    }
}

fn write_private(path: &Path, text: &[u8]) -> io::Result<()> {
    make_folder(path)?;
    let mut file = OpenOptions::new().preserve_mode(false).mode(0o600).open(path)?;
    file.write_all(text)?;
    file.commit()
}

/// What tells one state of the file from another: it is only ever replaced.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct FileState {
    inode: u64,
    modified: (i64, i64),
}

/// The file's state, if it is there and its owner's alone.
pub(super) fn state(path: &Path) -> Result<FileState, VaultError> {
    let metadata = fs::metadata(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => VaultError::Missing(path.to_owned()),
        _ => file(path, error),
    })?;
    if metadata.is_dir() {
        return Err(file(path, io::ErrorKind::IsADirectory.into()));
    }
    if metadata.permissions().mode() & 0o077 != 0 {
        return Err(VaultError::Open(path.to_owned()));
    }
    let modified = (metadata.mtime(), metadata.mtime_nsec());
    Ok(FileState { inode: metadata.ino(), modified })
}

fn file(path: &Path, source: io::Error) -> VaultError {
    VaultError::File { path: path.to_owned(), source }
}
