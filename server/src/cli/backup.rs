//! `patchbay backup` and `patchbay restore`

use super::{Database, check::check, database::Opened};
use crate::{
    audit::{Actor, Deed},
    clock::{Clock, SystemClock},
    keys,
    store::{Purpose, SERVER},
};
use anyhow::{Context, bail};
use app::backend::EventKind;
use atomic_write_file::{OpenOptions, unix::OpenOptionsExt};
use clap::Args;
use std::{
    fs,
    io::{self, Read},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

#[derive(Debug, Args)]
pub(super) struct Backup {
    /// The file to make. Its secrets stay sealed: keep the key ring, too, but apart from it
    file: PathBuf,
    #[command(flatten)]
    database: Database,
}

impl Backup {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let opened = self.database.open().await?;
        let file = &self.file;
        if file.exists() {
            bail!("{} is there already: name another file", file.display());
        }
        // SQLite then fills it.
        let partial = with_suffix(file, ".partial");
        make_private(&partial)?;
        if let Err(error) = opened.store.backup(&partial).await {
            fs::remove_file(&partial).ok();
            return Err(error).context("there is no backup");
        }
        fs::File::open(&partial)?.sync_all()?;
        fs::rename(&partial, file)?;
        println!("the backup is {}", file.display());
        Ok(())
    }
}

#[derive(Debug, Args)]
pub(super) struct Restore {
    /// The backup
    file: PathBuf,
    #[command(flatten)]
    database: Database,
}

impl Restore {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let Some(target) = self.database.file()? else {
            bail!("PostgreSQL has its own backups: use pg_restore or your provider's");
        };
        let target = &*target;
        let name = target.display();
        for file in [target.to_owned(), with_suffix(target, "-wal")] {
            if file.exists() {
                bail!("{} is there: stop the server and move it away first", file.display());
            }
        }
        assert_backup(&self.file)?;
        copy(&self.file, target).with_context(|| format!("{name} could not be made"))?;
        let checked = match self.database.open().await {
            Ok(opened) => {
                let checked = match check(&opened).await {
                    Ok(()) => begin_anew(&opened).await,
                    error => error,
                };
                opened.store.close().await;
                checked
            }
            Err(error) => Err(error),
        };
        if let Err(error) = checked {
            for suffix in ["", "-wal", "-shm"] {
                fs::remove_file(with_suffix(target, suffix)).ok();
            }
            return Err(error).context("the backup was not restored");
        }
        println!("{name} is as it was when the backup was made; everybody signs in anew");
        Ok(())
    }
}

/// SQLite would take an empty file for an empty database, which is in perfect order.
fn assert_backup(file: &Path) -> anyhow::Result<()> {
    let mut magic = [0; 16];
    let read = fs::File::open(file).and_then(|mut file| file.read_exact(&mut magic));
    read.with_context(|| format!("{} could not be read as a backup", file.display()))?;
    if magic != *b"SQLite format 3\0" {
        bail!("{} is no backup", file.display());
    }
    Ok(())
}

/// What was ended since the backup was made must not begin again.
async fn begin_anew(opened: &Opened) -> anyhow::Result<()> {
    let mut tx = opened.store.begin(SERVER).await?;
    tx.end_everything().await?;
    // A token from after the backup may carry a version that its user has again.
    let seconds = SystemClock.now().as_second();
    tx.insert_server_key(Purpose::Token, &keys::new_key()?, seconds).await?;
    tx.delete_replaced_keys(Purpose::Token, seconds + 1).await?;
    let deed = Deed::new(EventKind::BackupRestored, "");
    let (operator, now) = (Actor::operator(), SystemClock.now());
    opened.keys.auditor.record(&mut *tx, SERVER, &operator, deed, now).await?;
    Ok(tx.commit().await?)
}

/// Copies all of it or nothing.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let mut from = fs::File::open(from)?;
    let mut to = OpenOptions::new().preserve_mode(false).mode(0o600).open(to)?;
    io::copy(&mut from, &mut to)?;
    to.commit()
}

/// An empty file of its owner's alone, where there is none; it gets its right name once it is whole.
pub(super) fn make_private(path: &Path) -> anyhow::Result<fs::File> {
    let made = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    made.with_context(|| format!("{} could not be made", path.display()))
}

pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
