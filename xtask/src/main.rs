//! Makes the JavaScript that loads a WebAssembly: `xtask bindgen FILE.wasm FOLDER`.
//!
//! The command `wasm-bindgen` does the same, but must have the very version that the code was compiled
//! with. As a dependency it is in the lockfile beside it, so the two cannot differ.

use anyhow::{Context, bail};
use std::env;
use wasm_bindgen_cli_support::Bindgen;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [command, input, folder] = &arguments[..] else {
        bail!("usage: xtask bindgen FILE FOLDER")
    };
    if command != "bindgen" {
        bail!("there is no step {command}");
    }
    Bindgen::new()
        .input_path(input)
        .web(true)?
        .typescript(false)
        .generate(folder)
        .with_context(|| format!("{input} could not be bound"))
}
