//! The SHA-256 of a backup, in a file beside it that `sha256sum --check` reads: SQLite itself does not
//! notice every damaged byte.

use super::files::with_suffix;
use anyhow::{Context, bail};
use atomic_write_file::{OpenOptions, unix::OpenOptionsExt};
use aws_lc_rs::digest::{Context as Hasher, SHA256};
use std::{
    fs::{self, File},
    io::{self, ErrorKind, Read, Write},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

/// Bytes that are read at once; in between a signal can end the command.
const CHUNK: usize = 1 << 20;

pub(super) fn path(file: &Path) -> PathBuf {
    with_suffix(file, ".sha256")
}

/// Copies what is left of a file and returns its checksum.
pub(super) async fn copy(mut from: File, mut to: impl Write) -> io::Result<String> {
    let (mut hasher, mut chunk) = (Hasher::new(&SHA256), vec![0; CHUNK]);
    loop {
        let read = from.read(&mut chunk)?;
        if read == 0 {
            return Ok(hex::encode(hasher.finish()));
        }
        hasher.update(&chunk[..read]);
        to.write_all(&chunk[..read])?;
        tokio::task::yield_now().await;
    }
}

/// Writes the checksum of a backup, which is still elsewhere, beside where it is going to be.
pub(super) async fn write(from: &Path, backup: &Path) -> anyhow::Result<()> {
    let name = backup.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let place = path(backup);
    let written = async {
        let sum = copy(File::open(from)?, io::sink()).await?;
        let mut file = OpenOptions::new().preserve_mode(false).mode(0o600).open(&place)?;
        file.write_all(format!("{sum}  {name}\n").as_bytes())?;
        file.commit()
    };
    written.await.with_context(|| format!("{} could not be written", place.display()))
}

/// Compares a backup, if it has a checksum beside it, with that.
pub(super) async fn verify(backup: &Path) -> anyhow::Result<()> {
    if !path(backup).exists() {
        return Ok(());
    }
    let read = || format!("{} could not be read", backup.display());
    let file = File::open(backup).with_context(read)?;
    compare(backup, &copy(file, io::sink()).await.with_context(read)?)
}

/// Compares the checksum of a backup with the one beside it, if there is one.
pub(super) fn compare(backup: &Path, found: &str) -> anyhow::Result<()> {
    let place = path(backup);
    let expected = match fs::read_to_string(&place) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        text => text.with_context(|| format!("{} could not be read", place.display()))?,
    };
    let expected = expected.split_whitespace().next().unwrap_or_default();
    if !expected.eq_ignore_ascii_case(found) {
        bail!(
            "{} is not what {} says: it was damaged, or it was changed since it was made. If a server \
             has used it, it is no backup any more: remove the second file",
            backup.display(),
            place.display()
        );
    }
    Ok(())
}
