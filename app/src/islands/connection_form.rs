//! The form of a connection, for a new one and for a change.
//!
//! It is a plain form first: the server renders it, and it posts to the page's own address. Once
//! alive, it checks what is typed, sends only what changed, and keeps everything on failure.

mod conflicts;
mod field;
mod head;
mod model;
mod notice;
mod save;
mod save_bar;
mod secret;

use crate::{
    dom,
    form::{FormState, fields},
};
use conflicts::Conflicts;
use field::FieldInput;
use head::Head;
use leptos::{ev, prelude::*};
use model::FormModel;
use notice::NoticeView;
use save_bar::SaveBar;
use shared::{Channel, ConnectionView, FieldSpec, Group};

/// The form of a connection.
#[island]
pub fn ConnectionForm(view: ConnectionView, state: FormState) -> impl IntoView {
    let channel = view.channel;
    let action = match view.id {
        Some(id) => format!("/connections/{id}"),
        None => format!("/connections/new?channel={}", channel.slug()),
    };
    let version = view.version.0;
    let autofocus = first_invalid(&view, &state);
    let model = FormModel::new(view, state);
    come_alive(model);
    let group = move |group: Group| {
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
                <fieldset>
                    <legend>{group.label()}</legend>
                    {inputs}
                </fieldset>
            }
        })
    };
    view! {
        <Head model />
        {if channel == Channel::Other {
            view! { <NoForm model /> }.into_any()
        } else {
            view! {
                <form
                    method="post"
                    action=action
                    class="connection"
                    novalidate
                    autocomplete="off"
                    on:submit=move |event| {
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
                    <input type="hidden" name="version" value=move || model.version(version) />
                    <NoticeView model />
                    <Conflicts model />
                    {Group::FORM.map(group)}
                    <SaveBar model />
                </form>
            }
                .into_any()
        }}
    }
}

/// The field that takes the focus on a page that reports violations.
fn first_invalid(view: &ConnectionView, state: &FormState) -> Option<&'static FieldSpec> {
    let blocks = |spec: &&FieldSpec| state.violations.errors().any(|v| v.field == spec.field.key());
    fields(view).find(blocks)
}

/// Takes over what was typed before, and asks before it is lost.
fn come_alive(model: FormModel) {
    Effect::new(move |_| {
        for field in model.fields() {
            if let Some(text) = dom::value(field.spec.input_id()) {
                field.type_text(text);
            }
        }
        model.live.set(true);
        let handle = window_event_listener(ev::beforeunload, move |event| {
            if model.has_unsaved() {
                event.prevent_default();
            }
        });
        on_cleanup(move || handle.remove());
    });
}

/// What there is to see of a connection whose channel has no form.
#[component]
fn NoForm(model: FormModel) -> impl IntoView {
    let rows = model.baseline.with_untracked(|view| {
        fields(view)
            .filter(|spec| !view.value(spec.field).is_empty())
            .map(|spec| {
                view! {
                    <dt>{spec.label}</dt>
                    <dd>{view.value(spec.field).to_owned()}</dd>
                }
            })
            .collect_view()
    });
    view! {
        <NoticeView model />
        <p class="notice">
            "There is no form for this channel yet. Its fields can be changed through the API."
        </p>
        <dl class="values">{rows}</dl>
    }
}
