//! `patchbay check`

use super::{Database, audit, checksum, database::Opened, output::print};
use crate::keys;
use anyhow::bail;
use clap::Args;

#[derive(Debug, Args)]
pub(super) struct Check {
    #[command(flatten)]
    database: Database,
}

impl Check {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        if let Some(file) = self.database.file()? {
            checksum::verify(&file).await?;
        }
        let opened = self.database.open_as_is().await?;
        let checked = check(&opened).await;
        opened.store.close().await;
        checked
    }
}

/// Checks files, audit log and secrets, and prints what it finds.
pub(super) async fn check(opened: &Opened) -> anyhow::Result<()> {
    let problems = opened.store.integrity().await?;
    if !problems.is_empty() {
        bail!("the database's files are damaged:\n  {}", problems.join("\n  "));
    }
    print("the database's files are sound");
    audit::print_report(&opened.keys.auditor.verify(&*opened.store).await?)?;
    let (count, problems) = keys::check(&*opened.store, &opened.vault).await?;
    if !problems.is_empty() {
        bail!("{} of {count} secrets do not open:\n  {}", problems.len(), problems.join("\n  "));
    }
    print(format_args!("all {count} secrets open"));
    Ok(())
}
