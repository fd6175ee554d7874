//! The team: who may do what on the site, and who is invited.

mod invites;
mod members;

use super::{ForbiddenPage, or_unavailable, request::query_map, set_status};
use crate::{
    backend::{Account, Team, TeamOutcome, backend},
    components::{Layout, Message, Section},
};
use http::StatusCode;
use invites::{InviteForm, Invites};
use leptos::prelude::*;
use leptos_meta::Title;
use members::Members;
use shared::Role;

/// Shows the team to those who look after it.
#[component]
pub fn TeamPage() -> impl IntoView {
    let outcome = use_context::<TeamOutcome>();
    let done = query_map().get("done").and_then(|word| done_text(word));
    let page = async move {
        let backend = backend()?;
        let loaded = backend.team().await;
        let faults = backend.operator_faults();
        Some(or_unavailable(backend.account(), loaded, |account, team| match team {
            Some(team) => view! { <Page account team outcome done faults /> }.into_any(),
            None => view! {
                <ForbiddenPage
                    account
                    section=Section::Team
                    title="Only admins look after the team"
                    text="Ask an admin of this site to do it for you."
                />
            }
            .into_any(),
        }))
    };
    view! { <Suspense>{Suspend::new(page)}</Suspense> }
}

#[component]
fn Page(
    account: Account,
    team: Team,
    outcome: Option<TeamOutcome>,
    done: Option<&'static str>,
    faults: Vec<String>,
) -> impl IntoView {
    let done = done.filter(|_| outcome.is_none());
    let (email, role) = match &outcome {
        Some(TeamOutcome::Refused { email, role, .. }) => {
            set_status(StatusCode::UNPROCESSABLE_ENTITY);
            (email.clone(), *role)
        }
        Some(TeamOutcome::Typed { email, role }) => (email.clone(), *role),
        _ => (String::new(), None),
    };
    view! {
        <Title text="Team" />
        <Layout account section=Section::Team>
            <main>
                <header class="page-head">
                    <h1>"Team"</h1>
                </header>
                {outcome.map(|outcome| view! { <Outcome outcome /> })}
                {done.map(|text| view! { <Message good=true>{text}</Message> })}
                <Members members=team.members />
                <Invites invites=team.invites />
                <InviteForm email role=role.unwrap_or(Role::Viewer) />
                <ServerStatus faults />
            </main>
        </Layout>
    }
}

/// What keeps this server from testing, for those who know its operator.
#[component]
fn ServerStatus(faults: Vec<String>) -> impl IntoView {
    let list = faults.into_iter().map(|fault| view! { <li>{fault}</li> }).collect::<Vec<_>>();
    (!list.is_empty()).then(|| {
        view! {
            <section aria-labelledby="server-status">
                <h2 id="server-status">"This server"</h2>
                <p>"Some connections were not tested. Your operator can change that:"</p>
                <ul>{list}</ul>
            </section>
        }
    })
}

/// What a change that was made is called in the address that leads back.
fn done_text(word: &str) -> Option<&'static str> {
    match word {
        "role" => Some("The role was changed. It holds from now on, without a new sign-in."),
        "disabled" => Some("The member was signed out and may not sign in to this site."),
        "enabled" => Some("The member may sign in to this site again."),
        "signed-out" => Some("The member was signed out of this site everywhere."),
        "withdrawn" => Some("The invitation was withdrawn. Its link no longer works."),
        _ => None,
    }
}

/// What the last post led to.
#[component]
fn Outcome(outcome: TeamOutcome) -> impl IntoView {
    match outcome {
        TeamOutcome::Refused { message, .. } => {
            view! { <Message good=false>{message}</Message> }.into_any()
        }
        // The page has a message of its own.
        TeamOutcome::Typed { .. } => ().into_any(),
        TeamOutcome::Invited { email, link } => view! {
            <Message good=true>
                <div class="field">
                    <label for="link">{format!("Invitation link for {email}")}</label>
                    // The focus stands in it, so that it can be copied at once.
                    <input id="link" type="text" value=link readonly autofocus />
                    <p>
                        "Copy it now: it is not shown again. It works once and for 72 hours. "
                        "Patchbay sends no mail, so send it yourself, to nobody else."
                    </p>
                </div>
            </Message>
        }
        .into_any(),
    }
}

/// The roles to choose from, by this name.
fn role_options(chosen: Role, name: impl Fn(Role) -> String) -> impl IntoView {
    Role::ALL.map(|role| {
        view! {
            <option value=role.slug() selected=role == chosen>
                {name(role)}
            </option>
        }
    })
}
