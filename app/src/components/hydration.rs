//! What brings a page's islands to life.

use leptos::prelude::*;

/// Loads the WebAssembly. Only pages with islands have it; the others ship none.
#[component]
pub fn Hydration() -> impl IntoView {
    let options = use_context::<LeptosOptions>();
    options.map(|options| view! { <HydrationScripts options islands=true /> })
}
