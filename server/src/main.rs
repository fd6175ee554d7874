//! The `patchbay` program.

use clap::Parser;
use mimalloc::MiMalloc;

/// A page is made of many small texts, on many threads: the system's allocator keeps half
/// as much memory again.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> anyhow::Result<()> {
    server::cli::run(server::cli::Cli::parse())
}
