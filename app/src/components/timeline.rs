//! What was done to a connection, newest first.

use super::{
    FormId, When,
    changes::{Changes, Values},
};
use crate::{backend::Unavailable, form::TIMELINE, wording};
use leptos::prelude::*;
use shared::{
    ConnectionId,
    audit::{ActivityQuery, Event, EventKind},
};

/// The last events of a connection, each with the way to undo it if there is one.
#[component]
pub fn Timeline(id: ConnectionId, events: Result<Vec<Event>, Unavailable>) -> impl IntoView {
    let all = ActivityQuery { connection: Some(id), ..ActivityQuery::default() }.href();
    let list = match events {
        Err(Unavailable) => {
            view! { <p class="muted">"The timeline cannot be read now. Reload in a moment."</p> }
                .into_any()
        }
        Ok(events) if events.is_empty() => {
            view! { <p class="muted">"Nothing was recorded yet."</p> }.into_any()
        }
        Ok(events) => {
            view! { <ol>{events.into_iter().map(|event| view! { <Entry id event /> }).collect_view()}</ol> }.into_any()
        }
    };
    view! {
        <aside id=TIMELINE class="timeline" aria-labelledby="timeline">
            <h2 id="timeline">"Timeline"</h2>
            {list}
            <p>
                <a href=all>"All activity of this connection"</a>
            </p>
        </aside>
    }
}

#[component]
fn Entry(id: ConnectionId, event: Event) -> impl IntoView {
    let (at, number) = (event.at.clone(), event.number);
    let sentence = wording::sentence(&event);
    let undo = event.can_undo.then(|| {
        let name = format!("Undo: {}, {}", wording::predicate(&event), at.ago);
        view! {
            <form method="post" action=format!("/connections/{id}/undo")>
                <FormId />
                <input type="hidden" name="number" value=number />
                <button type="submit" class="quiet small" aria-label=name>
                    "Undo"
                </button>
            </form>
        }
    });
    let is_said = event.kind == EventKind::TestMessageSent;
    let about = (!event.about.is_empty() && !is_said).then(|| event.about.clone());
    view! {
        <li>
            <div>
                <span class="muted">
                    <When moment=at />
                </span>
                {undo}
            </div>
            <p>{sentence} <Inline event=event.clone() /></p>
            <Several event />
            {about.map(|about| view! { <p class="muted">{about}</p> })}
        </li>
    }
}

/// The values of an event that changed one field, within its sentence. For a state the verb says
/// it all.
#[component]
fn Inline(event: Event) -> impl IntoView {
    use EventKind::ConnectionChanged;
    use shared::Field;

    let [change] = <[_; 1]>::try_from(event.changes).ok()?;
    let verb = change.field == Field::Enabled && event.undid.is_none();
    let shown = event.kind == ConnectionChanged && !verb;
    let texts = shown.then(|| wording::value_texts(&change)).flatten()?;
    Some(view! { <Values texts /> })
}

/// The values of an event that changed several fields, below its sentence.
#[component]
fn Several(event: Event) -> impl IntoView {
    (event.changes.len() > 1).then(|| view! { <Changes event /> })
}
