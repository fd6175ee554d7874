//! What a sign-in lists beside what can be used, each with the reason.

use leptos::prelude::*;
use shared::{
    Provider,
    session::{Unusable, UnusableAccount},
};

/// What a sign-in lists beside what can be used.
#[component]
pub(super) fn Unusables(
    provider: Provider,
    unusable: Vec<UnusableAccount>,
    is_cut: bool,
) -> impl IntoView {
    let cut = is_cut.then(|| {
        view! {
            <p class="notice">
                {provider.label()}
                " has more accounts than it listed, or did not list all of them. If yours is missing, sign in again and choose only the accounts that you need."
            </p>
        }
    });
    let rows = unusable.into_iter().map(|UnusableAccount { name, id, why }| {
        view! {
            <li>
                <strong>{name}</strong>
                " "
                <span class="muted">{id}</span>
                ": "
                {reason(why)}
            </li>
        }
    });
    let rows: Vec<_> = rows.collect();
    let list = (!rows.is_empty()).then(|| {
        view! {
            <section aria-labelledby="unusable">
                <h2 id="unusable">"Cannot be used"</h2>
                <ul>{rows}</ul>
            </section>
        }
    });
    view! { {cut} {list} }
}

/// Why an account cannot be used.
const fn reason(why: Unusable) -> &'static str {
    match why {
        Unusable::NoId => "the provider gave no id for it.",
        Unusable::NoToken => {
            "the provider gave no token for it. Sign in as somebody who manages the page, and choose it when Facebook asks."
        }
        Unusable::NoMessages => {
            "your role on the page does not include its messages. Ask an admin of the page for that role."
        }
        Unusable::NotLinked => {
            "no Instagram business account is linked to the page. Link it in the page’s settings at Facebook."
        }
    }
}
