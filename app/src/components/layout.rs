//! The frame of every page behind the sign-in.

use crate::backend::Account;
use leptos::prelude::*;

/// Head with the navigation, the site and the user; then the page.
#[component]
pub fn Layout(account: Account, children: Children) -> impl IntoView {
    let site = format!("Site {} · {}", account.site, account.site_name);
    view! {
        <header class="top">
            <a class="brand" href="/">
                "Patchbay"
            </a>
            <nav aria-label="Main">
                <a href="/">"Connections"</a>
            </nav>
            <div class="who">
                <span class="site">{site}</span>
                <span class="email">{account.email}</span>
                <form method="post" action="/logout">
                    <button type="submit" class="quiet">
                        "Sign out"
                    </button>
                </form>
            </div>
        </header>
        {children()}
    }
}
