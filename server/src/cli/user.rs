//! `patchbay user`

use super::Database;
use crate::auth::hash_password;
use anyhow::{Context, bail};
use clap::Subcommand;
use shared::SiteId;
use std::io::{BufRead, IsTerminal, stdin};

#[derive(Debug, Subcommand)]
pub(super) enum User {
    /// Let a user into a site; the password is read from standard input
    Add {
        /// The user's e-mail address
        email: String,
        /// The site's number
        #[arg(long)]
        site: i64,
        #[command(flatten)]
        database: Database,
    },
}

impl User {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let Self::Add { email, site, database } = self;
        let email = email.trim().to_lowercase();
        if !email.contains('@') {
            bail!("{email} is not an e-mail address");
        }
        let store = database.open().await?;
        let password = password()?;
        let hashed = tokio::task::spawn_blocking(move || hash_password(&password)).await??;
        let mut tx = store.begin().await?;
        let user = tx.put_user(&email, &hashed).await?;
        if !tx.insert_membership(user, SiteId(site)).await? {
            bail!("there is no site {site}: add it with patchbay site add");
        }
        tx.commit().await?;
        println!("{email} may now sign in to site {site}");
        Ok(())
    }
}

/// One line of standard input, without its end.
fn password() -> anyhow::Result<String> {
    if stdin().is_terminal() {
        return rpassword::prompt_password("Password: ").context("the password was not read");
    }
    let mut line = String::new();
    stdin().lock().read_line(&mut line).context("the password was not read")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
