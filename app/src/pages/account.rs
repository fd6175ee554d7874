//! The user's own account: who it is, the password, and a way to end all sessions.

use super::{invite::UserName, set_status, set_too_many};
use crate::{
    backend::{Account, AccountOutcome, backend},
    components::{FormId, Layout, Message, Section, TextField},
    wording::{NEW_PASSWORD, NEW_PASSWORD_LENGTH, wait},
};
use http::StatusCode;
use leptos::prelude::*;
use leptos_meta::Title;

/// Shows the caller's account.
#[component]
pub fn AccountPage() -> impl IntoView {
    let account = backend()?.account();
    let outcome = use_context::<AccountOutcome>();
    match outcome {
        Some(AccountOutcome::WrongPassword | AccountOutcome::BadPassword(_)) => {
            set_status(StatusCode::UNPROCESSABLE_ENTITY);
        }
        Some(AccountOutcome::TooMany(seconds)) => set_too_many(seconds),
        Some(AccountOutcome::PasswordChanged) | None => {}
    }
    let message = match outcome {
        Some(AccountOutcome::PasswordChanged) => Some(
            view! {
                <Message good=true>
                    "Your password was changed. You were signed out everywhere else."
                </Message>
            }
            .into_any(),
        ),
        Some(AccountOutcome::TooMany(seconds)) => {
            let text = format!("Too many attempts. Wait {}, then try again.", wait(seconds));
            Some(view! { <Message good=false>{text}</Message> }.into_any())
        }
        _ => None,
    };
    Some(view! {
        <Title text="Account" />
        <Layout account=account.clone() section=Section::Account>
            <main class="narrow">
                <header class="page-head">
                    <h1>"Account"</h1>
                </header>
                {message}
                <You account=account.clone() />
                <Password email=account.email outcome />
                <SignOutEverywhere />
            </main>
        </Layout>
    })
}

#[component]
fn You(account: Account) -> impl IntoView {
    let Account { email, site: current, role, sites, .. } = account;
    let role = format!(": {}, {}", role.label(), role.purpose());
    let site = move |(site, name)| {
        let role = (site == current).then(|| role.clone());
        view! { <li>{format!("Site {site} · {name}")} {role}</li> }
    };
    view! {
        <dl class="values">
            <dt>"E-mail"</dt>
            <dd>{email}</dd>
            <dt>"Sites"</dt>
            <dd>
                <ul>{sites.into_iter().map(site).collect_view()}</ul>
            </dd>
        </dl>
    }
}

#[component]
fn Password(email: String, outcome: Option<AccountOutcome>) -> impl IntoView {
    let (mut wrong, mut bad) = (None, None);
    match outcome {
        Some(AccountOutcome::WrongPassword) => {
            wrong = Some("This is not your password. Enter the one that you sign in with.".into());
        }
        Some(AccountOutcome::BadPassword(text)) => bad = Some(text),
        _ => {}
    }
    let (at_current, at_new) = (wrong.is_some(), bad.is_some());
    view! {
        <form method="post" action="/account/password" class="card stack">
            <FormId />
            <h2>"Change the password"</h2>
            <UserName email />
            <TextField
                label="Current password"
                name="current"
                kind="password"
                autocomplete="current-password"
                autofocus=at_current
                problem=wrong
            />
            <TextField
                label="New password"
                name="new"
                kind="password"
                autocomplete="new-password"
                minlength=NEW_PASSWORD_LENGTH
                help=NEW_PASSWORD
                autofocus=at_new
                problem=bad
            />
            <p class="help">"You stay signed in here, and are signed out everywhere else."</p>
            <div>
                <button type="submit" class="primary">
                    "Change password"
                </button>
            </div>
        </form>
    }
}

#[component]
fn SignOutEverywhere() -> impl IntoView {
    view! {
        <form method="post" action="/account/sign-out-everywhere" class="card stack">
            <FormId />
            <h2>"Sign out everywhere"</h2>
            <p>
                "Ends all your sessions and API tokens, on all devices, this one too. Do it if "
                "somebody else may have used your account, then change the password."
            </p>
            <div>
                <button type="submit">"Sign out everywhere"</button>
            </div>
        </form>
    }
}
