//! `patchbay check`

use super::{Database, audit, database::Opened};
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
        check(&self.database.open().await?).await
    }
}

/// Checks files, audit log and secrets, and prints what it finds.
pub(super) async fn check(opened: &Opened) -> anyhow::Result<()> {
    let problems = opened.store.integrity().await?;
    if !problems.is_empty() {
        bail!("the database's files are damaged:\n  {}", problems.join("\n  "));
    }
    println!("the database's files are sound");
    audit::print(&opened.keys.auditor.verify(&*opened.store).await?)?;
    let (count, problems) = keys::check(&*opened.store, &opened.vault).await?;
    if !problems.is_empty() {
        bail!("{} of {count} secrets do not open:\n  {}", problems.len(), problems.join("\n  "));
    }
    println!("all {count} secrets open");
    Ok(())
}
