//! The key ring's file: a line a key, `id key` in hexadecimal, the active key last.

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
pub(super) const KEY: usize = 32;

const HEAD: &str = "\
# Patchbay's key ring: whoever has it and the database can read every stored password, and without\n\
# it nobody can. Keep a copy of it, apart from the database's.\n";

/// The name of a key, which every value carries that is sealed under it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyId(pub [u8; 8]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// The keys, the active one last.
#[derive(Default)]
pub struct Ring(Vec<(KeyId, Zeroizing<[u8; KEY]>)>);

impl Ring {
    pub(super) fn get(&self, id: KeyId) -> Option<&[u8; KEY]> {
        self.0.iter().find(|(known, _)| *known == id).map(|(_, key)| &**key)
    }

    pub(super) fn active(&self, path: &Path) -> Result<(KeyId, &[u8; KEY]), VaultError> {
        let active = self.0.last().map(|(id, key)| (*id, &**key));
        active.ok_or_else(|| VaultError::Missing(path.to_owned()))
    }

    pub(super) fn ids(&self) -> Vec<KeyId> {
        self.0.iter().map(|(id, _)| *id).collect()
    }

    pub(super) fn with_new_key(mut self) -> Result<Self, VaultError> {
        self.0.push((KeyId(random()?), Zeroizing::new(random()?)));
        Ok(self)
    }

    pub(super) fn only_active(mut self) -> Self {
        self.0.drain(..self.0.len().saturating_sub(1));
        self
    }

    pub(super) fn read(path: &Path) -> Result<Self, VaultError> {
        state(path)?;
        let text = Zeroizing::new(fs::read_to_string(path).map_err(|error| file(path, error))?);
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let keys = lines.filter(|(_, line)| !line.starts_with('#')).map(|(index, line)| {
            parse(line).ok_or(VaultError::Malformed { path: path.to_owned(), line: index + 1 })
        });
        keys.collect::<Result<_, _>>().map(Self)
    }

    /// Replaces the file, all of it or nothing.
    pub(super) fn write(&self, path: &Path) -> Result<(), VaultError> {
        let mut text = Zeroizing::new(HEAD.to_owned());
        for (id, key) in &self.0 {
            let key = Zeroizing::new(hex::encode(**key));
            writeln!(text, "{id} {}", *key).map_err(|_| file(path, io::ErrorKind::Other.into()))?;
        }
        write_private(path, text.as_bytes()).map_err(|error| file(path, error))
    }
}

fn parse(line: &str) -> Option<(KeyId, Zeroizing<[u8; KEY]>)> {
    let (id, key) = line.trim().split_once(' ')?;
    let (mut id_bytes, mut key_bytes) = ([0; 8], Zeroizing::new([0; KEY]));
    hex::decode_to_slice(id, &mut id_bytes).ok()?;
    hex::decode_to_slice(key.trim(), &mut *key_bytes).ok()?;
    Some((KeyId(id_bytes), key_bytes))
}

fn write_private(path: &Path, text: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
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
    if metadata.permissions().mode() & 0o077 != 0 {
        return Err(VaultError::Open(path.to_owned()));
    }
    let modified = (metadata.mtime(), metadata.mtime_nsec());
    Ok(FileState { inode: metadata.ino(), modified })
}

fn file(path: &Path, source: io::Error) -> VaultError {
    VaultError::File { path: path.to_owned(), source }
}
