//! The page behind an invitation's link, for somebody who is not signed in.

use super::set_status;
use crate::{
    backend::Invitation,
    components::TextField,
    wording::{NEW_PASSWORD, NEW_PASSWORD_LENGTH},
};
use http::StatusCode;
use leptos::prelude::*;
use leptos_meta::Title;

/// Joins a site, or says that the link no longer works.
#[component]
pub fn InvitePage() -> impl IntoView {
    match use_context::<Invitation>() {
        Some(invitation) => view! { <Join invitation /> }.into_any(),
        None => view! { <Gone /> }.into_any(),
    }
}

#[component]
fn Gone() -> impl IntoView {
    set_status(StatusCode::NOT_FOUND);
    view! {
        <Title text="Invitation" />
        <main class="notice-page">
            <h1>"This link no longer works"</h1>
            <p>
                "Ask the admin who sent it for a new one. If you have joined already, "
                <a href="/login">"sign in"</a> "."
            </p>
        </main>
    }
}

#[component]
fn Join(invitation: Invitation) -> impl IntoView {
    let Invitation { token, email, role, site, site_name, is_known, problem } = invitation;
    if problem.is_some() {
        set_status(StatusCode::UNPROCESSABLE_ENTITY);
    }
    let password = if is_known {
        view! {
            <TextField
                label="Password"
                name="password"
                kind="password"
                autocomplete="current-password"
                help="The one that you sign in to Patchbay with already."
                autofocus=true
                problem=problem
            />
        }
        .into_any()
    } else {
        view! {
            <TextField
                label="New password"
                name="password"
                kind="password"
                autocomplete="new-password"
                minlength=NEW_PASSWORD_LENGTH
                help=NEW_PASSWORD
                autofocus=true
                problem=problem
            />
        }
        .into_any()
    };
    view! {
        <Title text="Invitation" />
        <main class="login">
            <form method="post" action=format!("/invite/{token}") class="card">
                <h1>{format!("Join site {site} · {site_name}")}</h1>
                <p>
                    {email.clone()} " is invited as " <strong>{role.label()}</strong> ", who "
                    {role.purpose()} "."
                </p>
                <UserName email />
                {password}
                <button type="submit" class="primary">
                    "Join"
                </button>
            </form>
        </main>
    }
}

/// Tells password managers whose password it is. It has no name, so it is not posted.
#[component]
pub(super) fn UserName(email: String) -> impl IntoView {
    view! { <input type="text" autocomplete="username" value=email readonly hidden /> }
}
