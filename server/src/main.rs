//! The `patchbay` program.

use clap::Parser;

fn main() -> anyhow::Result<()> {
    server::cli::run(server::cli::Cli::parse())
}
