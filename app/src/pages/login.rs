//! The sign-in.

use super::{request::query_map, set_status};
use http::StatusCode;
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
}

/// Asks for e-mail address, password and site.
#[component]
pub fn LoginPage() -> impl IntoView {
    let failure = use_context::<LoginFailure>();
    let failed = failure.is_some();
    if failed {
        set_status(StatusCode::UNAUTHORIZED);
    }
    let LoginFailure { email, site, next } = failure.unwrap_or_else(|| LoginFailure {
        next: query_map().remove("next").unwrap_or_default(),
        ..LoginFailure::default()
    });
    let described = failed.then_some("login-error");
    view! {
        <Title text="Sign in" />
        <main class="login">
            <form method="post" action="/login" class="card">
                <h1>"Sign in to Patchbay"</h1>
                {failed
                    .then(|| {
                        view! {
                            <p id="login-error" class="notice bad" role="alert">
                                "E-mail, password or site is wrong. Check all three and try again."
                            </p>
                        }
                    })}
                <input type="hidden" name="next" value=next />
                <div class="field">
                    <label for="email">"E-mail"</label>
                    <input
                        id="email"
                        name="email"
                        type="email"
                        autocomplete="username"
                        required
                        autofocus=!failed
                        aria-describedby=described
                        value=email
                    />
                </div>
                <div class="field">
                    <label for="password">"Password"</label>
                    <input
                        id="password"
                        name="password"
                        type="password"
                        autocomplete="current-password"
                        required
                        autofocus=failed
                        aria-describedby=described
                    />
                </div>
                <div class="field">
                    <label for="site">"Site"</label>
                    <input
                        id="site"
                        name="siteId"
                        type="text"
                        inputmode="numeric"
                        pattern="[0-9]+"
                        title="The number of your site"
                        autocomplete="off"
                        required
                        aria-describedby="site-help"
                        value=site
                    />
                    <p class="help" id="site-help">"The number of your site, for example 169."</p>
                </div>
                <button type="submit" class="primary">"Sign in"</button>
            </form>
        </main>
    }
}
