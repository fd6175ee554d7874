//! The sign-in.

mod problem;

pub use problem::LoginProblem;

use super::request::query_map;
use crate::components::{Message, TextField};
use leptos::prelude::*;
use leptos_meta::Title;

/// A sign-in that was refused: what was typed, but the password.
#[derive(Clone, Debug, Default)]
pub struct LoginFailure {
    /// The e-mail address.
    pub email: String,
    /// The site.
    pub site: String,
    /// Where the user was going.
    pub next: String,
    /// What was typed there before the session ended, as it was posted.
    pub form: String,
    /// Why.
    pub reason: LoginProblem,
}

/// What led here, as a good message.
fn done_message(done: &str) -> Option<(bool, String)> {
    let text = match done {
        "signed-out" => "You are signed out everywhere.",
        "joined" => "Welcome. Sign in with your e-mail address and password.",
        _ => return None,
    };
    Some((true, text.to_owned()))
}

/// Asks for e-mail address, password and site.
#[component]
pub fn LoginPage() -> impl IntoView {
    let failure = use_context::<LoginFailure>();
    let failed = failure.is_some();
    let mut asked = query_map();
    let message = failure.as_ref().map_or_else(
        || asked.get("done").and_then(|done| done_message(done)),
        |failure| {
            failure.reason.set_status();
            Some((false, failure.reason.text()))
        },
    );
    let message = message.map(|(good, text)| view! { <Message good>{text}</Message> });
    let LoginFailure { email, site, next, form, .. } = failure.unwrap_or_else(|| LoginFailure {
        next: asked.remove("next").unwrap_or_default(),
        ..LoginFailure::default()
    });
    let carried =
        (!form.is_empty()).then(|| view! { <input type="hidden" name="form" value=form /> });
    let described = if failed { "notice" } else { "" };
    view! {
        <Title text="Sign in" />
        <main class="login">
            <form method="post" action="/login" class="card">
                <h1>"Sign in to Patchbay"</h1>
                {message}
                <input type="hidden" name="next" value=next />
                {carried}
                <TextField
                    label="E-mail"
                    name="email"
                    kind="email"
                    autocomplete="username"
                    autofocus=!failed
                    described_by=described
                    value=email
                />
                <TextField
                    label="Password"
                    name="password"
                    kind="password"
                    autocomplete="current-password"
                    autofocus=failed
                    described_by=described
                />
                <TextField
                    label="Site"
                    name="siteId"
                    autocomplete="off"
                    inputmode="numeric"
                    pattern="[0-9]+"
                    title="The number of your site"
                    help="The number of your site, for example 169."
                    described_by=described
                    value=site
                />
                <button type="submit" class="primary">
                    "Sign in"
                </button>
            </form>
        </main>
    }
}
