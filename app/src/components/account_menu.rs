//! Who is signed in and where, and what follows from it: other sites, the account, the sign-out.

use crate::backend::Account;
use leptos::prelude::*;
use shared::SiteId;

/// A menu that opens without a script.
#[component]
pub fn AccountMenu(account: Account, current: Option<&'static str>) -> impl IntoView {
    let Account { email, site, site_name, role, sites, .. } = account;
    let entry = move |(number, name): (SiteId, String)| {
        let text = format!("Site {number} · {name}");
        let item = if number == site {
            view! {
                <span class="item" aria-current="true">
                    <span aria-hidden="true">"✓"</span>
                    {text}
                </span>
            }
            .into_any()
        } else {
            view! {
                <button type="submit" name="site" value=number.to_string() class="quiet item">
                    <span class="visually-hidden">"Switch to "</span>
                    {text}
                </button>
            }
            .into_any()
        };
        view! { <li>{item}</li> }
    };
    let switcher = (sites.len() > 1).then(|| {
        view! {
            <form method="post" action="/site">
                <ul aria-label="Sites">{sites.into_iter().map(entry).collect_view()}</ul>
            </form>
        }
    });
    view! {
        <details class="menu">
            <summary>
                <span class="site">{format!("Site {site}")}</span>
                <span class="email">" · " {email.clone()}</span>
            </summary>
            <div class="card">
                <p class="email">{email}</p>
                <p class="muted">{format!("{} at {site_name}", role.label())}</p>
                {switcher}
                <div>
                    <a class="item" href="/account" aria-current=current>
                        "Account"
                    </a>
                    <form method="post" action="/logout">
                        <button type="submit" class="quiet item">
                            "Sign out"
                        </button>
                    </form>
                </div>
            </div>
        </details>
    }
}
