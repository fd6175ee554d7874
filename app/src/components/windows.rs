//! What a form learns from another window: values from a sign-in, and which field a test found at fault.
//! Our pages let no window hold on to another, so they talk over a channel that is named after the form.
//! All ends are a few lines of script: a WebAssembly for them would weigh a hundred times as much.

use super::Scripts;
use leptos::{nonce::use_nonce, prelude::*};
use shared::Channel;

const FORM: &str = include_str!("../../scripts/form.js");
const GIVE: &str = include_str!("../../scripts/give.js");
const FAULT: &str = include_str!("../../scripts/fault.js");

/// A script that finds the address of its form beside itself, if it needs it.
#[component]
fn Script(text: &'static str, #[prop(optional)] form: Option<String>) -> impl IntoView {
    if let Some(scripts) = use_context::<Scripts>() {
        scripts.allow();
    }
    view! { <script type="module" nonce=use_nonce() data-form=form inner_html=text></script> }
}

/// The button that opens the other window with what is on the screen, for channels that one signs in for.
#[component]
pub fn FillFromSignIn(channel: Channel, form: String) -> impl IntoView {
    channel.provider().map(|_| {
        let has_query = form.contains('?');
        let action = if has_query { form.replacen('?', "/fill?", 1) } else { form + "/fill" };
        view! {
            // Enter presses a form's first button, and that must be Save.
            <button
                type="submit"
                form="connection"
                class="visually-hidden"
                tabindex="-1"
                aria-hidden="true"
            >
                "Save"
            </button>
            <p class="fill">
                <button
                    type="submit"
                    form="connection"
                    formaction=action
                    formtarget="_blank"
                    formnovalidate
                >
                    "Fill from sign-in…"
                </button>
            </p>
        }
    })
}

/// A form's end.
#[component]
pub fn Listen(form: String) -> impl IntoView {
    view! { <Script text=FORM form /> }
}

/// The end of a test's window.
#[component]
pub fn TellFault(form: String) -> impl IntoView {
    view! { <Script text=FAULT form /> }
}

/// The end of the window of a sign-in.
#[component]
pub fn TakeOver(form: String, values: String) -> impl IntoView {
    view! {
        <p class="confirm">
            <button type="button" id="take" class="primary" data-form=form data-values=values hidden>
                "Take into the form"
            </button>
        </p>
        <div role="status">
            <p id="taken" class="notice good" hidden>
                "The form has taken it over. Nothing is saved yet: go back to it, and close this window."
            </p>
            <p id="missing" class="notice bad" hidden>
                "The form is not open any more in another window. Open it, and fill it from there."
            </p>
        </div>
        <noscript>
            <p class="notice bad">"Taking over needs JavaScript. Without it, copy the values by hand."</p>
        </noscript>
        <Script text=GIVE />
    }
}
