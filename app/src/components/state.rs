//! A connection's state, as a sign and a word.

use leptos::prelude::*;

/// Enabled or disabled.
#[component]
pub fn State(enabled: bool) -> impl IntoView {
    let (class, sign, word) =
        if enabled { ("state-on", "●", "Enabled") } else { ("state-off", "○", "Disabled") };
    view! {
        <span class=class>
            <span aria-hidden="true">{sign}</span>
            " "
            {word}
        </span>
    }
}
