//! The invitations that nobody has used yet, and the form for another.

use super::role_options;
use crate::{
    backend::Invite,
    components::{FormId, TextField},
};
use leptos::prelude::*;
use shared::Role;

/// The table of open invitations.
#[component]
pub fn Invites(invites: Vec<Invite>) -> impl IntoView {
    (!invites.is_empty()).then(|| {
        view! {
            <h2>"Open invitations"</h2>
            <table class="list team">
                <caption class="visually-hidden">"Open invitations"</caption>
                <thead>
                    <tr>
                        <th scope="col">"E-mail"</th>
                        <th scope="col">"Role"</th>
                        <th scope="col">"Link works until"</th>
                        <th scope="col">"Change"</th>
                    </tr>
                </thead>
                <tbody>{invites.into_iter().map(|invite| view! { <Row invite /> }).collect_view()}</tbody>
            </table>
        }
    })
}

#[component]
fn Row(invite: Invite) -> impl IntoView {
    let Invite { id, email, role, expires } = invite;
    let datetime = format!("{}Z", expires.replace(' ', "T"));
    view! {
        <tr>
            <th scope="row">{email.clone()}</th>
            <td>{role.label()}</td>
            <td data-label="Link works until">
                <time datetime=datetime>{expires} " UTC"</time>
            </td>
            <td>
                <form method="post" action="/team/invite/withdraw">
                    <FormId />
                    <input type="hidden" name="id" value=id />
                    <button type="submit" class="small">
                        "Withdraw"
                        <span class="visually-hidden">" invitation of " {email}</span>
                    </button>
                </form>
            </td>
        </tr>
    }
}

/// Invites somebody. An address that is there already was refused, for the reason in the notice.
#[component]
pub fn InviteForm(email: String, role: Role) -> impl IntoView {
    let purpose = |role: Role| format!("{}: {}", role.label(), role.purpose());
    let refused = !email.is_empty();
    view! {
        <form method="post" action="/team/invite" class="card stack">
            <FormId />
            <h2>"Invite somebody"</h2>
            <p class="muted">
                "You get a link to send. Who opens it chooses a password and joins this site."
            </p>
            <TextField
                label="E-mail"
                name="email"
                kind="email"
                autocomplete="off"
                autofocus=refused
                described_by=if refused { "notice" } else { "" }
                value=email
            />
            <div class="field">
                <label for="role">"Role"</label>
                <select id="role" name="role">
                    {role_options(role, purpose)}
                </select>
            </div>
            <div>
                <button type="submit" class="primary">
                    "Invite"
                </button>
            </div>
        </form>
    }
}
