//! The form of a connection, for a new one and for a change.
//!
//! It is a plain form first: the server renders it, and it posts to the page's own address. Once
//! alive, it checks what is typed, sends only what changed, and keeps everything on failure.
//!
//! No view here is an `AnyView`: one alone brings all the code for asynchronous hydration into the
//! WebAssembly, a third of its size. `Either` does the same job.

mod aria;
mod conflicts;
mod draft;
mod field;
mod head;
mod model;
mod news;
mod notice;
mod save;
mod save_bar;
mod secret;
mod subscribe;

use crate::{
    dom,
    form::{FormState, fields},
    packed::Packed,
};
use conflicts::Conflicts;
use field::FieldInput;
use head::Head;
use leptos::{ev, prelude::*};
use model::FormModel;
use notice::NoticeView;
use save_bar::SaveBar;
use serde::{Deserialize, Serialize};
use shared::{ConnectionView, FieldSpec, FormSection};
use std::time::Duration;
use subscribe::subscribe;

/// What the form shows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FormProps {
    /// The connection as it was read.
    pub view: ConnectionView,
    /// What happened to the form so far.
    pub state: FormState,
    /// The site's last event when it was read.
    pub last_event: i64,
}

/// The form of a connection.
#[island]
pub fn ConnectionForm(form: Packed<FormProps>) -> impl IntoView {
    let FormProps { view, state, last_event } = form.0;
    let action = match view.id {
        Some(id) => format!("/connections/{id}"),
        None => format!("/connections/new?channel={}", view.channel.slug()),
    };
    let version = view.version.0;
    let autofocus = first_invalid(&view, &state);
    let model = FormModel::new(view, state);
    hydrate(model, last_event);
    // After a creation the page goes on to another: what was typed meanwhile would be lost.
    let frozen = move || version == 0 && model.saving.get();
    let group = move |group: FormSection| {
        let inputs: Vec<_> = model
            .fields()
            .into_iter()
            .filter(|field| field.spec.group == group)
            .map(|field| {
                let autofocus = autofocus == Some(field.spec);
                view! { <FieldInput model field autofocus /> }
            })
            .collect();
        (!inputs.is_empty()).then(|| {
            view! {
                <fieldset inert=frozen>
                    <legend>{group.label()}</legend>
                    {inputs}
                </fieldset>
            }
        })
    };
    view! {
        <Head model />
        <form
            id="connection"
            method="post"
            action=action
            class="connection"
            novalidate
            autocomplete="off"
            on:submit=move |event| {
                // Its button posts what is on the screen to a page of its own.
                if event.submitter().is_some_and(|button| button.has_attribute("formaction")) {
                    return;
                }
                event.prevent_default();
                save::save(model);
            }
            on:reset=move |event| {
                event.prevent_default();
                model.discard();
            }
        >
            // Enter presses a form's first button, and that must be Save.
            <button type="submit" class="visually-hidden" tabindex="-1" aria-hidden="true">
                "Save"
            </button>
            // A living form never posts: this is for the others, and stays as it was rendered.
            <input type="hidden" name="version" value=version />
            <NoticeView model />
            <Conflicts model />
            {FormSection::FORM.map(group)}
            <SaveBar model />
        </form>
    }
}

/// The field that takes the focus on a page that reports violations.
fn first_invalid(view: &ConnectionView, state: &FormState) -> Option<&'static FieldSpec> {
    fields(view)
        .find(|spec: &&FieldSpec| state.violations.errors().any(|v| v.field == spec.field.key()))
}

/// Takes over what was typed before, asks before it is lost, and follows what others change.
fn hydrate(model: FormModel, last_event: i64) {
    Effect::new(move |_| {
        for field in model.fields() {
            if let Some(text) = dom::value(field.spec.input_id()) {
                model.set_input(field, |input| input.text = text);
            }
        }
        model.live.set(true);
        subscribe(model, last_event);
        // The click comes right after, in the same task.
        let release = move || set_timeout(move || model.release(), Duration::ZERO);
        let handles = [
            window_event_listener(ev::pointerdown, move |_| model.press()),
            window_event_listener(ev::pointerup, move |_| release()),
            window_event_listener(ev::pointercancel, move |_| release()),
            window_event_listener(ev::beforeunload, move |event| {
                if model.has_unsaved() {
                    event.prevent_default();
                }
            }),
        ];
        on_cleanup(move || handles.into_iter().for_each(WindowListenerHandle::remove));
    });
}
