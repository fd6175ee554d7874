//! The `patchbay` program.

use mimalloc::MiMalloc;
use std::process::ExitCode;

/// A page is made of many small texts, on many threads: the system's allocator keeps half
/// as much memory again.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    server::cli::main()
}
