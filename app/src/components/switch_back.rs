//! The way back to the site of a form.

use crate::backend::Account;
use leptos::prelude::*;

/// Shown by its style alone, beside the notice that the session is on another site now. It opens a
/// tab of its own, so that what is typed stays.
#[component]
pub fn SwitchBackInNewTab(account: Account, page: String) -> impl IntoView {
    let Account { site, sites, .. } = account;
    (sites.len() > 1).then(|| {
        view! {
            <form method="post" action="/site" target="_blank" class="switch-back">
                <input type="hidden" name="next" value=page />
                <button type="submit" name="site" value=site.to_string()>
                    {format!("Switch back to site {site} in a new tab")}
                </button>
            </form>
        }
    })
}
