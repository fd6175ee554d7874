//! The command line, one command a file.

mod arguments;
mod audit;
mod backup;
mod check;
mod checksum;
mod database;
mod end_everything;
mod files;
mod keys;
mod log;
mod memory;
mod output;
mod providers;
mod serve;
mod signals;
mod site;
mod test_settings;
mod transfer;
mod user;

use clap::{Parser, Subcommand};
use database::Database;
use output::note;
use std::process::ExitCode;

/// A helpdesk's channel connections: REST API and admin UI.
#[derive(Debug, Parser)]
#[command(name = "patchbay", version)]
struct Cli {
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
    /// End all sessions, tokens and invitations, as after a restored dump of PostgreSQL
    EndEverything(end_everything::EndEverything),
    /// Check the database's files, the audit log, and that every secret opens
    Check(check::Check),
}

/// Runs the command that the arguments name.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match arguments::parse() {
        Ok(cli) => cli,
        Err(error) => return arguments::show(&error),
    };
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            note(format_args!("Error: {}", one_line(&error)));
            ExitCode::FAILURE
        }
    }
}

/// An error and its causes on one line, without the backtrace that `{error:?}` may have. Some causes are in the words
/// of what they caused already.
fn one_line(error: &anyhow::Error) -> String {
    error.chain().fold(String::new(), |said, cause| {
        let cause = cause.to_string();
        match said.trim_end_matches('.') {
            "" => cause,
            said if said.contains(&cause) => said.to_owned(),
            said => format!("{said}: {cause}"),
        }
    })
}

fn run(cli: Cli) -> anyhow::Result<()> {
    log::init()?;
    if let Err(error) = memory::protect() {
        note(format_args!("warning: core dumps could not be turned off: {error}"));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        signals::survive_file_limits()?;
        match cli.command {
            Command::Serve(serve) => serve.run().await,
            Command::Site(site) => site.run().await,
            Command::User(user) => user.run().await,
            Command::Keys(keys) => keys.run().await,
            Command::Audit(audit) => audit.run().await,
            Command::Backup(backup) => signals::until_stopped(backup.run()).await,
            Command::Restore(restore) => signals::until_stopped(restore.run()).await,
            Command::Export(export) => signals::until_stopped(export.run()).await,
            Command::Import(import) => import.run().await,
            Command::EndEverything(end) => end.run().await,
            Command::Check(check) => check.run().await,
        }
    })?;
    output::finish()
}
