//! Files that are whole or not there: written beside their place, synced, then renamed.

use anyhow::{Context, bail};
use rustix::fs::{CWD, OFlags, RenameFlags, renameat_with};
use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, ErrorKind},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

/// What SQLite puts beside a database.
pub(super) const SIDECARS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// A file in a temporary folder beside its place, its owner's alone, for what must be written by name, as
/// SQLite does. The folder is removed when this is dropped, and with it SQLite's threads, which may go on
/// for a moment, lose the place where they could create files. That of a process that was killed is replaced
/// the next time.
#[derive(Debug)]
pub(super) struct PartialFile {
    folder: PathBuf,
    path: PathBuf,
    /// Locked until the end, so that nobody else takes the folder for a leftover.
    _lock: File,
    /// Closing it would take SQLite's own locks on the file away (POSIX), so it stays open until SQLite is
    /// done.
    file: File,
}

impl PartialFile {
    /// Creates the empty file in the folder `target` + `suffix`.
    pub(super) fn create(target: &Path, suffix: &str) -> anyhow::Result<Self> {
        let folder = with_suffix(target, suffix);
        let created = || format!("{} could not be created", folder.display());
        let leftover = open_folder(&folder);
        if let Ok(leftover) = &leftover {
            lock(leftover, &folder)?;
            remove(&folder);
        }
        DirBuilder::new().mode(0o700).create(&folder).with_context(created)?;
        let opened = open_folder(&folder).with_context(created)?;
        lock(&opened, &folder)?;
        let path = folder.join("patchbay.db");
        let mut options = OpenOptions::new();
        let file = options.write(true).create_new(true).mode(0o600).open(&path);
        let file = file.with_context(created)?;
        Ok(Self { folder, path, _lock: opened, file })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) const fn file(&self) -> &File {
        &self.file
    }

    /// Gives the file its place, durably. A file that is there by now is left as it is.
    pub(super) fn persist(self, target: &Path) -> anyhow::Result<()> {
        let place = || format!("{} could not be put in its place", target.display());
        self.file.sync_all().with_context(place)?;
        rename_to_new(&self.path, target).with_context(place)?;
        sync_folder(target).with_context(place)
    }
}

impl Drop for PartialFile {
    fn drop(&mut self) {
        remove(&self.folder);
    }
}

/// Whether a process writes in the folder `target` + `suffix`.
pub(super) fn is_being_written(target: &Path, suffix: &str) -> bool {
    let folder = open_folder(&with_suffix(target, suffix));
    folder.is_ok_and(|folder| matches!(folder.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Makes a rename survive a power cut.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// Another user's link in a shared folder is not followed.
fn open_folder(path: &Path) -> io::Result<File> {
    let flags = (OFlags::NOFOLLOW | OFlags::DIRECTORY).bits().cast_signed();
    OpenOptions::new().read(true).custom_flags(flags).open(path)
}

fn lock(file: &File, path: &Path) -> anyhow::Result<()> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => {
            bail!("another patchbay writes {} just now: wait for it", path.display())
        }
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("{} could not be locked", path.display()))
        }
    }
}

fn remove(folder: &Path) {
    // Again if a file was created in it meanwhile.
    for _ in 0..REMOVALS {
        match fs::remove_dir_all(folder) {
            Err(error) if error.kind() == ErrorKind::DirectoryNotEmpty => {}
            _ => return,
        }
    }
}

/// How often a folder is tried to be removed.
const REMOVALS: u32 = 100;

/// Renames, but never over another file.
fn rename_to_new(from: &Path, to: &Path) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // Some file systems cannot do it; a link is refused likewise if the name is taken.
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {
            fs::hard_link(from, to)?;
            fs::remove_file(from)
        }
        done => Ok(done?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use tempfile::tempdir;

    #[test]
    fn a_leftover_is_replaced_but_not_a_file_in_use() {
        let folder = tempdir().unwrap();
        let target = folder.path().join("copy.db");
        let partial = with_suffix(&target, ".partial");
        fs::create_dir(&partial).unwrap();
        fs::write(partial.join("patchbay.db-wal"), "left by a process that was killed").unwrap();
        let file = PartialFile::create(&target, ".partial").unwrap();
        assert_eq!(fs::read_dir(&partial).unwrap().count(), 1);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&partial), mode(file.path())), (0o700, 0o600));
        assert!(is_being_written(&target, ".partial"));
        let second = PartialFile::create(&target, ".partial").unwrap_err().to_string();
        assert!(second.contains("another patchbay writes"), "{second}");
        file.persist(&target).unwrap();
        assert!(target.exists() && !partial.exists());
        assert!(!is_being_written(&target, ".partial"));
    }

    #[test]
    fn a_file_that_is_there_by_now_is_kept() {
        let folder = tempdir().unwrap();
        let target = folder.path().join("copy.db");
        let file = PartialFile::create(&target, ".partial").unwrap();
        fs::write(&target, "made meanwhile").unwrap();
        file.persist(&target).unwrap_err();
        assert_eq!(fs::read(&target).unwrap(), b"made meanwhile");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left behind");
    }

    #[test]
    fn a_link_is_not_followed() {
        let folder = tempdir().unwrap();
        let (target, other) = (folder.path().join("copy.db"), folder.path().join("other"));
        fs::create_dir(&other).unwrap();
        fs::write(other.join("file"), "somebody's").unwrap();
        symlink(&other, with_suffix(&target, ".partial")).unwrap();
        PartialFile::create(&target, ".partial").unwrap_err();
        assert_eq!(fs::read(other.join("file")).unwrap(), b"somebody's");
    }
}
