//! How a connection fares, above its form.

use super::{State, When};
use crate::form::HEALTH;
use leptos::prelude::*;
use shared::{
    connection_test::StageFailure,
    health::{Expiry, Health as Data},
};

/// The line, and what may help beside it. The form replaces the line with each answer of the server.
#[component]
pub fn Health(html: String, children: Children) -> impl IntoView {
    view! {
        <div class="health">
            <div id=HEALTH inner_html=html></div>
            {children()}
        </div>
    }
}

/// The line as HTML: state, last test, last success, what is wrong and what to do, when its tokens end.
#[must_use]
pub fn health_html(health: Data) -> String {
    let Data { state, tested, worked, failure, expiry } = health;
    let bad = state.needs_attention();
    let class = if bad { "notice bad" } else { "" };
    let untested = state == shared::State::Untested;
    let worked = worked.filter(|_| bad);
    let (problem, reason) = match failure {
        Some(failure) if bad => (Some(failure), None),
        Some((_, failure)) if untested => (None, Some(failure)),
        _ => (None, None),
    };
    view! {
        <section class=class aria-label="State">
            <p>
                <strong>
                    <State state />
                </strong>
                {tested.map(|moment| view! { " · tested " <When moment /> })}
                {worked.map(|moment| view! { " · worked " <When moment /> })} <Ends expiry />
            </p>
            {problem.map(|(stage, failure)| view! { <Problem stage failure /> })}
            {reason
                .map(|StageFailure { explanation, advice, .. }| {
                    view! { <p class="muted">{explanation} " " {advice}</p> }
                })}
        </section>
    }
    .to_html()
}

#[component]
fn Problem(stage: &'static str, failure: StageFailure) -> impl IntoView {
    let StageFailure { explanation, advice, field, server_message, .. } = failure;
    let field = field.map(|field| view! { " Look at: " <strong>{field.label}</strong> "." });
    view! {
        <p>{stage} ": " {explanation} " " {advice} {field}</p>
        {server_message
            .filter(|server_message| !server_message.is_empty())
            .map(|server_message| view! { <p class="muted">"The server said: " <q>{server_message}</q></p> })}
    }
}

#[component]
fn Ends(expiry: Expiry) -> impl IntoView {
    match expiry {
        Expiry::None => ().into_any(),
        Expiry::Unknown => " · when its tokens expire is unknown".into_any(),
        Expiry::Never => " · its tokens do not expire by themselves".into_any(),
        Expiry::At { end, soon } => {
            let class = soon.then_some("warning");
            view! { " · " <span class=class>"tokens expire " <When moment=end /></span> }.into_any()
        }
    }
}
