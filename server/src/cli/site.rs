//! `patchbay site`

use super::Database;
use anyhow::bail;
use clap::Subcommand;
use shared::SiteId;

#[derive(Debug, Subcommand)]
pub(super) enum Site {
    /// Add a site
    Add {
        /// The site's number
        #[arg(value_parser = clap::value_parser!(i64).range(1..))]
        id: i64,
        /// The site's name
        name: String,
        #[command(flatten)]
        database: Database,
    },
}

impl Site {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let Self::Add { id, name, database } = self;
        let store = database.open().await?;
        let mut tx = store.begin().await?;
        if !tx.insert_site(SiteId(id), &name).await? {
            bail!("there is a site {id} already");
        }
        tx.commit().await?;
        println!("added site {id}");
        Ok(())
    }
}
