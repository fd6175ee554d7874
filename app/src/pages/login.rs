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
    /// Why.
    pub reason: LoginProblem,
}

/// Asks for e-mail address, password and site.
#[component]
pub fn LoginPage() -> impl IntoView {
    let failure = use_context::<LoginFailure>();
    let failed = failure.is_some();
    let mut asked = query_map();
    let message = match &failure {
        Some(failure) => {
            failure.reason.set_status();
            let text = failure.reason.text();
            Some(view! { <Message good=false>{text}</Message> }.into_any())
        }
        None => {
            let text = match asked.get("done").map(String::as_str) {
                Some("signed-out") => Some("You are signed out everywhere."),
                Some("joined") => Some("Welcome. Sign in with your e-mail address and password."),
                _ => None,
            };
            text.map(|text| view! { <Message good=true>{text}</Message> }.into_any())
        }
    };
    let LoginFailure { email, site, next, .. } = failure.unwrap_or_else(|| LoginFailure {
        next: asked.remove("next").unwrap_or_default(),
        ..LoginFailure::default()
    });
    let described = if failed { "notice" } else { "" };
    view! {
        <Title text="Sign in" />
        <main class="login">
            <form method="post" action="/login" class="card">
                <h1>"Sign in to Patchbay"</h1>
                {message}
                <input type="hidden" name="next" value=next />
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
