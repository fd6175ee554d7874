//! Pages that are made ready before they are asked for.

use super::Scripts;
use leptos::{nonce::use_nonce, prelude::*};

/// The links that staff follow from page to page, once the pointer rests on one or goes down. Reading
/// a page changes nothing: what changes something is posted.
const RULES: &str = r#"{"prerender":[{"where":{"selector_matches":".list th a, .back a, .pages a, .top nav a"},"eagerness":"moderate"}]}"#;

/// Lets the browser prerender where the reader is about to go (HTML, "Speculation rules"); one that
/// does not know them goes there as ever. It is for pages that have scripts: they have the nonce.
#[component]
pub fn Prerender() -> impl IntoView {
    if let Some(scripts) = use_context::<Scripts>() {
        scripts.allow();
    }
    view! { <script type="speculationrules" nonce=use_nonce() inner_html=RULES></script> }
}
