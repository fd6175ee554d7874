//! What brings a page to life.

use leptos::{nonce::use_nonce, prelude::*};
use std::sync::{Arc, OnceLock};

const BOARD: &str = include_str!("../../scripts/board.js");

/// What a page tells the server of its scripts: the nonce that they carry, or that it has none and
/// none may run on it; and whether it has islands.
#[derive(Clone, Debug, Default)]
pub struct Scripts {
    nonce: Arc<OnceLock<String>>,
    islands: Arc<OnceLock<()>>,
}

impl Scripts {
    /// The nonce, once the page is rendered.
    #[must_use]
    pub fn nonce(&self) -> Option<&str> {
        self.nonce.get().map(String::as_str)
    }

    /// Whether the page, once it is rendered, has islands.
    #[must_use]
    pub fn has_islands(&self) -> bool {
        self.islands.get().is_some()
    }

    /// Says, while the page is rendered, that it has scripts.
    pub fn allow(&self) {
        if let Some(nonce) = use_nonce() {
            self.nonce.get_or_init(|| nonce.to_string());
        }
    }
}

/// Loads the islands' WebAssembly. Only pages with islands have it.
#[component]
pub fn Hydration() -> impl IntoView {
    if let Some(scripts) = use_context::<Scripts>() {
        scripts.allow();
        scripts.islands.get_or_init(|| ());
    }
    let options = use_context::<LeptosOptions>();
    options.map(|options| view! { <HydrationScripts options islands=true /> })
}

/// Keeps a page of rows up to date with what is changed after an event, by a small WebAssembly of
/// its own.
#[component]
pub fn KeepUp(after: i64) -> impl IntoView {
    if let Some(scripts) = use_context::<Scripts>() {
        scripts.allow();
    }
    let options = use_context::<LeptosOptions>();
    options.map(|LeptosOptions { site_pkg_dir, .. }| {
        let (js, wasm) =
            (format!("/{site_pkg_dir}/board.js"), format!("/{site_pkg_dir}/board_bg.wasm"));
        view! {
            <script
                type="module"
                nonce=use_nonce()
                data-js=js
                data-wasm=wasm
                data-after=after.to_string()
                inner_html=BOARD
            ></script>
        }
    })
}
