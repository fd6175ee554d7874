//! The members of the site, and what an admin can do about each.

use super::role_options;
use crate::{
    backend::Member,
    components::{FormId, When},
};
use leptos::prelude::*;

/// The table of members.
#[component]
pub fn Members(members: Vec<Member>) -> impl IntoView {
    view! {
        <table class="list team">
            <caption class="visually-hidden">"Members"</caption>
            <thead>
                <tr>
                    <th scope="col">"Member"</th>
                    <th scope="col">"Role"</th>
                    <th scope="col">"Last sign-in"</th>
                    <th scope="col">"Access"</th>
                </tr>
            </thead>
            <tbody>{members.into_iter().map(|member| view! { <Row member /> }).collect_view()}</tbody>
        </table>
    }
}

#[component]
fn Row(member: Member) -> impl IntoView {
    let Member { user, email, role, enabled, last_sign_in, is_you } = member.clone();
    let last = match last_sign_in {
        Some(moment) => view! { <When moment /> }.into_any(),
        None => "never".into_any(),
    };
    let (sign, word) = if enabled { ("●", "May sign in") } else { ("○", "May not sign in") };
    let role = if is_you {
        view! {
            {role.label()}
            <p class="help">"Another admin can change yours."</p>
        }
        .into_any()
    } else {
        view! { <RoleForm user role email=email.clone() /> }.into_any()
    };
    view! {
        <tr>
            <th scope="row">{email} {is_you.then(|| view! { <span class="muted">" you"</span> })}</th>
            <td>{role}</td>
            <td data-label="Last sign-in">{last}</td>
            <td>
                <div class="actions">
                    <span class=if enabled { "state-on" } else { "state-off" }>
                        <span aria-hidden="true">{sign}</span>
                        " "
                        {word}
                    </span>
                    {(!is_you).then(|| view! { <Actions member /> })}
                </div>
            </td>
        </tr>
    }
}

#[component]
fn RoleForm(user: i64, role: shared::Role, email: String) -> impl IntoView {
    view! {
        <form method="post" action="/team/role" class="actions">
            <FormId />
            <input type="hidden" name="user" value=user />
            <label>
                <span class="visually-hidden">"Role of " {email.clone()}</span>
                <select name="role">{role_options(role, |role| role.label().to_owned())}</select>
            </label>
            <button type="submit" class="small">
                "Set"
                <span class="visually-hidden">" role of " {email}</span>
            </button>
        </form>
    }
}

#[component]
fn Actions(member: Member) -> impl IntoView {
    let Member { user, email, enabled, .. } = member;
    let (value, word) = if enabled { ("0", "Disable") } else { ("1", "Enable") };
    view! {
        <form method="post" action="/team/enabled">
            <FormId />
            <input type="hidden" name="user" value=user />
            <button type="submit" name="enabled" value=value class="small">
                {word}
                <span class="visually-hidden">" " {email.clone()}</span>
            </button>
        </form>
        <form method="post" action="/team/sign-out">
            <FormId />
            <input type="hidden" name="user" value=user />
            <button type="submit" class="small">
                "Sign out everywhere"
                <span class="visually-hidden">" " {email}</span>
            </button>
        </form>
    }
}
