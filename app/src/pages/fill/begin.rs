//! The first step: sign in with the provider, or paste the result of a sign-in.

use super::{Context, Request};
use crate::components::Message;
use leptos::prelude::*;
use shared::Provider;

/// A sign-in that opens nothing.
pub(super) const fn nothing(provider: Provider) -> &'static str {
    match provider {
        Provider::Facebook => {
            "That sign-in opens no page. Sign in as somebody who manages one, and choose it when \
             Facebook asks which pages may be used."
        }
        Provider::Instagram => {
            "That sign-in opens no Instagram account. It has to be a business account that is linked \
             to a Facebook page, and the page has to be chosen when Facebook asks."
        }
        Provider::Twitter => "That sign-in opens no account.",
    }
}

/// The first step: sign in, or paste.
#[component]
pub(super) fn Begin(
    request: Request,
    is_set_up: bool,
    problem: Option<&'static str>,
) -> impl IntoView {
    let provider = request.provider;
    let label = provider.label();
    let problem = problem.or(match request.error.as_deref() {
        None => None,
        Some("over") => Some("That sign-in is over. Sign in again."),
        Some("declined") => Some("The sign-in was declined. Nothing was taken over."),
        Some("scopes") => Some(
            "Facebook does not let this server’s app ask for all permissions. Nothing was taken over. Your \
             operator has to have the app reviewed for them, or change what is asked for (--facebook-scopes, \
             --facebook-config-id).",
        ),
        Some("refused") => Some(
            "The provider refused the sign-in. Try once more; if it refuses again, the operator has \
             to check the app: its id and secret, and that it allows this server’s callback address.",
        ),
        Some("unknown") => Some(
            "That is neither the id of a sign-in that is kept here nor the JSON of one. Copy it whole.",
        ),
        Some(_) => Some("The sign-in did not work. Try again in a few minutes."),
    });
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("redirectUrl", &request.address())
        .finish();
    let action = format!("/connections/{}/fill", request.id);
    let sign_in = if is_set_up {
        let href = format!("/{}/auth?{query}", provider.slug());
        view! {
            <p>
                <a class="button primary" href=href>
                    "Sign in with "
                    {label}
                </a>
            </p>
        }
        .into_any()
    } else {
        view! {
            <p>
                "Sign-in with " {label}
                " is not set up here: the operator has named no app. You can paste the result of a sign-in elsewhere."
            </p>
        }
        .into_any()
    };
    view! {
        {problem.map(|problem| view! { <Message good=false>{problem}</Message> })}
        {sign_in}
        <form method="post" action=action class="paste">
            <Context request />
            <label for="pasted">"Or paste a session id, or the JSON of a session"</label>
            <textarea
                id="pasted"
                name="pasted"
                rows="4"
                autocomplete="off"
                spellcheck="false"
                required
            ></textarea>
            <button type="submit">"Use it"</button>
        </form>
    }
}
