//! The `patchbay` program.

use mimalloc::MiMalloc;
use rust_embed::RustEmbed;
use std::process::ExitCode;

/// A page is made of many small texts, on many threads: the system's allocator keeps half
/// as much memory again.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// What `frontend/site.sh` made; a debug build reads the folder at run time. It is embedded here and not in the library,
/// which need not wait for it, nor be compiled again when it changes.
#[derive(RustEmbed)]
#[folder = "$LEPTOS_SITE_ROOT"]
#[allow_missing = true]
struct Site;

/// A file that is new would go unseen: the compiler looks at those that it embedded.
const _: Option<&str> = option_env!("PATCHBAY_SITE_HASH");

fn main() -> ExitCode {
    server::web::assets::serve(&Site);
    server::cli::main()
}
