//! `patchbay site`

use super::{Database, output::print};
use anyhow::bail;
use clap::Subcommand;
use jiff::tz::TimeZone;
use shared::SiteId;

#[derive(Debug, Subcommand)]
pub(super) enum Site {
    /// Add a site
    Add {
        /// The site's number
        id: SiteId,
        /// The site's name
        #[arg(value_parser = name)]
        name: String,
        /// The zone of the site's quota window, such as Asia/Jakarta; the server's if not given
        #[arg(long, value_parser = zone)]
        time_zone: Option<String>,
        #[command(flatten)]
        database: Database,
    },
}

impl Site {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let Self::Add { id, name, time_zone, database } = self;
        let services = database.open_or_create().await?.services();
        if !services.add_site(id, name, time_zone).await? {
            bail!("there is a site {id} already");
        }
        print(format_args!("added site {id}"));
        Ok(())
    }
}

fn name(text: &str) -> Result<String, &'static str> {
    let name = text.trim();
    (!name.is_empty())
        .then(|| name.to_owned())
        .ok_or("give the site a name, such as \"Our helpdesk\"")
}

/// The name of a time zone, as it stands.
pub(super) fn zone(name: &str) -> Result<String, String> {
    let known = TimeZone::get(name).map(|_| name.to_owned());
    known.map_err(|_| format!("{name} is no time zone such as Asia/Jakarta"))
}
