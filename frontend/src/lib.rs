//! The WebAssembly that brings the islands to life.

// The islands' exports are in `app`: without this use they would not be linked.
#[expect(unused_imports, reason = "it keeps the islands' exports")]
use app::*;

/// Called by the page once the WebAssembly is loaded.
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    // Its texts are a kilobyte, which a release spares every browser.
    #[cfg(debug_assertions)]
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
}
