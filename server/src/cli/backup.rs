//! `patchbay backup` and `patchbay restore`

use super::{
    Database,
    check::check,
    checksum,
    database::{Opened, RESTORING},
    files::{PartialFile, SIDECARS, with_suffix},
    output::print,
};
use crate::{
    audit::AuditEvent,
    clock::{Clock, SystemClock},
    keys,
};
use anyhow::{Context, bail};
use clap::Args;
use shared::audit::EventKind;
use std::{
    fs::{self, File},
    io::{Read, Seek},
    path::{Path, PathBuf},
};

#[derive(Debug, Args)]
pub(super) struct Backup {
    /// The file to create, and beside it its checksum (.sha256). Secrets stay sealed: keep the key ring,
    /// too, but apart from it
    file: PathBuf,
    #[command(flatten)]
    database: Database,
}

impl Backup {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let file = &self.file;
        assert_new_file(file)?;
        let opened = self.database.open().await?;
        let partial = PartialFile::create(file, ".partial")?;
        opened.store.backup(partial.path()).await.context("there is no backup")?;
        // The checksum comes first: a signal in between leaves one without a backup, which the next run
        // replaces, and never a backup without its checksum.
        checksum::write(partial.path(), file).await?;
        if let Err(error) = partial.persist(file) {
            fs::remove_file(checksum::path(file)).ok();
            return Err(error);
        }
        print(format_args!("the backup is {}", file.display()));
        Ok(())
    }
}

/// Refuses names that are taken, or that other programs take for standard output.
pub(super) fn assert_new_file(file: &Path) -> anyhow::Result<()> {
    if file == Path::new("-") {
        bail!("standard output cannot be used for this: name a file (./- for one of this name)");
    }
    if file.exists() {
        bail!("{} is there already: name another file", file.display());
    }
    Ok(())
}

#[derive(Debug, Args)]
pub(super) struct Restore {
    /// The backup; if it has its checksum (.sha256) beside it, it is compared with that
    file: PathBuf,
    #[command(flatten)]
    database: Database,
}

impl Restore {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let Some(target) = self.database.file()? else {
            bail!("PostgreSQL has its own backups: use pg_restore or your provider's");
        };
        for suffix in [""].iter().chain(&SIDECARS) {
            let file = with_suffix(&target, suffix);
            if file.exists() {
                bail!("{} is there: stop the server and move it away first", file.display());
            }
        }
        let backup = open_backup(&self.file)?;
        // Nobody sees the database before all of it is done: a kill leaves nothing that could be served.
        let partial = PartialFile::create(&target, RESTORING)?;
        let copied = checksum::copy(backup, partial.file()).await;
        let sum = copied.with_context(|| format!("{} could not be copied", self.file.display()))?;
        checksum::compare(&self.file, &sum)?;
        let opened = self.database.open_file(partial.path()).await?;
        let prepared = prepare(&opened).await;
        opened.store.close().await;
        prepared.context("the backup was not restored")?;
        partial.persist(&target)?;
        print(format_args!(
            "{} is as it was when the backup was made; everybody must sign in again",
            target.display()
        ));
        Ok(())
    }
}

/// SQLite would take an empty file for an empty database, which is in perfect order.
fn open_backup(path: &Path) -> anyhow::Result<File> {
    let mut magic = vec![];
    let opened = File::open(path).and_then(|mut file| {
        file.by_ref().take(16).read_to_end(&mut magic)?;
        file.rewind()?;
        Ok(file)
    });
    let file =
        opened.with_context(|| format!("{} could not be read as a backup", path.display()))?;
    if magic != b"SQLite format 3\0" {
        bail!("{} is no backup", path.display());
    }
    Ok(file)
}

/// Checks a copy, ends what must not begin again, and brings all of it into the one file.
async fn prepare(opened: &Opened) -> anyhow::Result<()> {
    check(opened).await?;
    end_everything(opened).await?;
    Ok(opened.store.scrub().await?)
}

/// Sessions, tokens and invitations may have been ended since the backup was made.
async fn end_everything(opened: &Opened) -> anyhow::Result<()> {
    let event = AuditEvent::new(EventKind::BackupRestored, "");
    let (store, auditor) = (&*opened.store, &opened.keys.auditor);
    Ok(keys::end_everything(store, auditor, event, SystemClock.now()).await?)
}
