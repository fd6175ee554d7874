//! The values of changed fields. Long ones are cut short on screen; their whole text is on hover.

use crate::wording;
use leptos::prelude::*;
use shared::audit::{Event, EventKind, FieldChange};

/// `: “a” → “b”`
#[component]
pub fn Values(texts: (String, String)) -> impl IntoView {
    let (before, after) = texts;
    view! {
        ": "
        <Value text=before />
        " → "
        <Value text=after />
    }
}

#[component]
fn Value(text: String) -> impl IntoView {
    let title = text.clone();
    view! {
        <span class="value" title=title>
            {text}
        </span>
    }
}

/// The changed fields of an event, one a line.
#[component]
pub fn Changes(event: Event) -> impl IntoView {
    let channel = event.connection.map(|connection| connection.channel);
    let line = move |change: FieldChange| {
        let label = wording::label(channel, change.field);
        let values = wording::value_texts(&change).map(|texts| view! { <Values texts /> });
        let secret = change.field.is_secret().then_some(" changed");
        view! { <li>{label} {secret} {values}</li> }
    };
    let shown = event.kind == EventKind::ConnectionChanged && !event.changes.is_empty();
    shown.then(|| {
        view! { <ul class="changes">{event.changes.into_iter().map(line).collect_view()}</ul> }
    })
}
