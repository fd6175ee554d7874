//! What somebody else changed while the form was open, and the choice between both.

use super::model::FormModel;
use crate::form::Conflict;
use leptos::prelude::*;

/// A row for each field that somebody else changed.
#[component]
pub fn Conflicts(model: FormModel) -> impl IntoView {
    let row = move |conflict: Conflict| view! { <Row model conflict /> };
    move || {
        let conflicts = model.conflicts.get();
        (!conflicts.is_empty()).then(|| {
            view! {
                <table class="conflicts">
                    <caption>"Changed by somebody else meanwhile"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Field"</th>
                            <th scope="col">"Before"</th>
                            <th scope="col">"Now"</th>
                            <th scope="col">"In this form"</th>
                        </tr>
                    </thead>
                    <tbody>{conflicts.into_iter().map(row).collect_view()}</tbody>
                </table>
            }
        })
    }
}

#[component]
fn Row(model: FormModel, conflict: Conflict) -> impl IntoView {
    let Conflict { field: key, before, now } = conflict;
    let field = model.fields().into_iter().find(|field| field.spec.field == key);
    let label = match field {
        Some(field) => field.spec.label,
        None => key.name(),
    };
    let mine = move || model.patch.with(|patch| patch.get(key).is_some());
    let shown = |value: Option<String>| value.unwrap_or_else(|| "changed".to_owned());
    let before = before.unwrap_or_else(|| "(secret)".to_owned());
    let button = move || {
        (mine() && model.live.get()).then(|| {
            view! {
                <button type="button" on:click=move |_| model.take_theirs(key)>
                    "Take theirs"
                    <span class="visually-hidden">" for " {label}</span>
                </button>
            }
        })
    };
    view! {
        <tr>
            <th scope="row">{label}</th>
            <td data-label="Before">{before}</td>
            <td data-label="Now">{shown(now)}</td>
            <td data-label="In this form">{move || if mine() { "yours " } else { "theirs" }} {button}</td>
        </tr>
    }
}
