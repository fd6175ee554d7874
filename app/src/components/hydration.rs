//! What brings a page's islands to life.

use leptos::{nonce::use_nonce, prelude::*};
use std::sync::{Arc, OnceLock};

/// What a page tells the server of its scripts: the nonce that they carry, or that it has none and
/// none may run on it.
#[derive(Clone, Debug, Default)]
pub struct Scripts(Arc<OnceLock<String>>);

impl Scripts {
    /// The nonce, once the page is rendered.
    #[must_use]
    pub fn nonce(&self) -> Option<&str> {
        self.0.get().map(String::as_str)
    }

    /// Says, while the page is rendered, that it has scripts.
    pub fn allow(&self) {
        if let Some(nonce) = use_nonce() {
            self.0.get_or_init(|| nonce.to_string());
        }
    }
}

/// Loads the WebAssembly. Only pages with islands have it; the others ship none.
#[component]
pub fn Hydration() -> impl IntoView {
    if let Some(scripts) = use_context::<Scripts>() {
        scripts.allow();
    }
    let options = use_context::<LeptosOptions>();
    options.map(|options| view! { <HydrationScripts options islands=true /> })
}
