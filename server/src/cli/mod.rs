//! The command line, one command a file.

mod serve;
mod site;
mod user;

use crate::store::{Store, sqlite::Sqlite};
use anyhow::{Context, bail};
use clap::{Args, Parser, Subcommand};
use std::{
    io::{IsTerminal, stderr},
    sync::Arc,
};
use tracing_subscriber::EnvFilter;

/// A helpdesk's channel connections: REST API and admin UI.
#[derive(Debug, Parser)]
#[command(name = "patchbay", version)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API and the admin UI
    Serve(serve::Serve),
    /// Look after sites
    #[command(subcommand)]
    Site(site::Site),
    /// Look after users
    #[command(subcommand)]
    User(user::User),
}

#[derive(Debug, Args)]
struct Database {
    /// The database; the file is made if there is none
    #[arg(long, env = "DATABASE_URL", default_value = "sqlite://patchbay.db")]
    database_url: String,
}

impl Database {
    async fn open(&self) -> anyhow::Result<Arc<dyn Store>> {
        // The address may hold a password, so it is not repeated.
        if !self.database_url.starts_with("sqlite:") {
            bail!(
                "the database address must begin with sqlite://, for example sqlite://patchbay.db"
            );
        }
        let store = Sqlite::open(&self.database_url).await;
        Ok(Arc::new(store.context("the database could not be opened")?))
    }
}

/// Runs a command.
///
/// # Errors
/// If it could not do what it was asked.
pub fn run(cli: Cli) -> anyhow::Result<()> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr);
    log.with_ansi(stderr().is_terminal()).init();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match cli.command {
            Command::Serve(serve) => serve.run().await,
            Command::Site(site) => site.run().await,
            Command::User(user) => user.run().await,
        }
    })
}
