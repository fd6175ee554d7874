//! How a connection fares, above its form: as it was when the page was made, as the timeline beside it.

use super::{State, When};
use crate::backend::{Expiry, Health as Data, TrialFailure};
use leptos::prelude::*;

/// State, last test, last success, what is wrong and what to do, when its tokens end; and, beside it, what
/// may help.
#[component]
pub fn Health(health: Data, children: Children) -> impl IntoView {
    let Data { state, tested, worked, failure, expiry } = health;
    let bad = state.needs_attention();
    let class = if bad { "notice bad health" } else { "health" };
    let failure = failure.filter(|_| bad);
    let worked = worked.filter(|_| bad);
    view! {
        <section class=class aria-label="State">
            <div>
                <p>
                    <strong>
                        <State state />
                    </strong>
                    {tested.map(|moment| view! { " · tested " <When moment /> })}
                    {worked.map(|moment| view! { " · worked " <When moment /> })} <Ends expiry />
                </p>
                {failure.map(|(stage, failure)| view! { <Problem stage failure /> })}
            </div>
            {children()}
        </section>
    }
}

#[component]
fn Problem(stage: &'static str, failure: TrialFailure) -> impl IntoView {
    let TrialFailure { explanation, advice, field, words } = failure;
    let field = field.map(|field| view! { " Look at: " <strong>{field.label}</strong> "." });
    view! {
        <p>{stage} ": " {explanation} " " {advice} {field}</p>
        {words
            .filter(|words| !words.is_empty())
            .map(|words| view! { <p class="muted">"The server said: " <q>{words}</q></p> })}
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
