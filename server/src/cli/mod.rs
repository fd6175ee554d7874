//! The command line, one command a file.

mod audit;
mod backup;
mod check;
mod database;
mod keys;
mod providers;
mod serve;
mod site;
mod tests;
mod transfer;
mod user;

use clap::{Parser, Subcommand};
use database::Database;
use std::io::{IsTerminal, stderr};
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
    Serve(Box<serve::Serve>),
    /// Look after sites
    #[command(subcommand)]
    Site(site::Site),
    /// Look after users and their roles
    #[command(subcommand)]
    User(user::User),
    /// Look after the keys under which secrets are sealed
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Look at the audit log
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Copy the database as it is now, also while it is served
    Backup(backup::Backup),
    /// Put a backup where there is no database
    Restore(backup::Restore),
    /// Write a site's connections as JSON, one a line
    Export(transfer::Export),
    /// Read connections from such a file, or from a running host of the API
    Import(transfer::Import),
    /// Check the database's files, the audit log, and that every secret opens
    Check(check::Check),
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
            Command::Keys(keys) => keys.run().await,
            Command::Audit(audit) => audit.run().await,
            Command::Backup(backup) => backup.run().await,
            Command::Restore(restore) => restore.run().await,
            Command::Export(export) => export.run().await,
            Command::Import(import) => import.run().await,
            Command::Check(check) => check.run().await,
        }
    })
}
