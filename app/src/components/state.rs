//! A connection's state, as a sign and a word.

use leptos::prelude::*;

/// Enabled or disabled, for the form, which does not know more.
#[component]
pub fn InUse(enabled: bool) -> impl IntoView {
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

/// How it fares.
#[cfg(feature = "ssr")]
#[component]
pub fn State(state: shared::State) -> impl IntoView {
    let (class, sign) = match state {
        shared::State::Disabled => ("state-off", "○"),
        shared::State::Untested => ("state-off", "◌"),
        shared::State::Working => ("state-on", "●"),
        shared::State::Failing | shared::State::SignInFailed => ("state-bad", "▲"),
    };
    view! {
        <span class=class>
            <span aria-hidden="true">{sign}</span>
            " "
            {state.label()}
        </span>
    }
}
