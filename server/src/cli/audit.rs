//! `patchbay audit`

use super::{Database, output::print};
use crate::audit::Report;
use anyhow::bail;
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(super) enum Audit {
    /// Check that nothing in the audit log was changed, left out, moved, or cut off
    Verify {
        #[command(flatten)]
        database: Database,
    },
}

impl Audit {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let Self::Verify { database } = self;
        let opened = database.open_as_is().await?;
        let report = opened.keys.auditor.verify(&*opened.store).await;
        opened.store.close().await;
        print_report(&report?)
    }
}

/// Prints the ends of the chains, which can be kept elsewhere and compared, and what is wrong.
pub(super) fn print_report(report: &Report) -> anyhow::Result<()> {
    for head in &report.heads {
        let code: String = hex::encode(&head.mac).chars().take(16).collect();
        print(format_args!(
            "audit log of site {}: {} rows, the last is {code}",
            head.site, head.number
        ));
    }
    if report.problems.is_empty() {
        print("the audit log is whole");
        return Ok(());
    }
    bail!("the audit log is not whole:\n  {}", report.problems.join("\n  "))
}
