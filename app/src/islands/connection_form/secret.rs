//! A secret: what may be known of it, and an input only once its user asks for one. Until then
//! there is nothing that a browser could fill in.

use super::{
    field::{aria_invalid, described_by},
    model::{FieldModel, FormModel},
};
use crate::{components::When, dom};
use leptos::prelude::*;

/// Keeps, replaces or clears a secret.
#[component]
pub fn SecretInput(model: FormModel, field: FieldModel, autofocus: bool) -> impl IntoView {
    let key = field.spec.field;
    let is_set = Memo::new(move |_| model.baseline.with(|view| view.secrets.get(key).is_some()));
    view! {
        <div class="secret">
            {move || is_set.get().then(|| view! { <Known model field /> })}
            {move || field.open.get().then(|| view! { <NewValue model field autofocus /> })}
        </div>
    }
}

/// `set · …ZDZD · changed 3 days ago`, and the ways to change that.
#[component]
fn Known(model: FormModel, field: FieldModel) -> impl IntoView {
    let spec = field.spec;
    let id = spec.input_id();
    let secret = model.baseline.with(|view| view.secrets.get(spec.field).cloned());
    let (tail, changed) = secret.map(|secret| (secret.tail, secret.changed)).unwrap_or_default();
    // What a plain post sends stays as it was rendered: a living form does not post.
    let name = if field.open.get_untracked() { "keep" } else { "replace" };
    let toggle = move || {
        let open = !field.open.get_untracked();
        field.open.set(open);
        field.clear.set(false);
        if open {
            dom::focus(id.to_owned());
        } else {
            model.type_into(field, String::new());
            dom::focus(format!("{id}-toggle"));
        }
    };
    view! {
        <p class="known">
            <span>
                "set" {tail.map(|tail| view! { " · " <code>"…" {tail}</code> })}
                {changed.map(|moment| view! { " · changed " <When moment /> })}
            </span>
            <button
                type="submit"
                id=format!("{id}-toggle")
                name=name
                value=id
                formnovalidate
                on:click=move |event| {
                    event.prevent_default();
                    toggle();
                }
            >
                {move || if field.open.get() { "Keep the old one" } else { "Replace" }}
                <span class="visually-hidden">" " {spec.label}</span>
            </button>
            {(!spec.required)
                .then(|| {
                    view! {
                        <label>
                            <input
                                type="checkbox"
                                name="clear"
                                value=id
                                on:change=move |event| field.clear.set(event_target_checked(&event))
                            />
                            " Clear"
                        </label>
                    }
                })}
        </p>
    }
}

/// The input for a new value. It starts out empty, whatever is stored.
#[component]
fn NewValue(model: FormModel, field: FieldModel, autofocus: bool) -> impl IntoView {
    let id = field.spec.input_id();
    let label = format!("New {}", field.spec.label.to_ascii_lowercase());
    view! {
        <input
            id=id
            name=id
            type="password"
            autocomplete="new-password"
            autocapitalize="off"
            spellcheck="false"
            data-1p-ignore
            data-lpignore="true"
            data-bwignore
            autofocus=autofocus
            placeholder=label
            aria-describedby=described_by(field)
            aria-invalid=aria_invalid(model, field)
            on:input=move |event| model.type_into(field, event_target_value(&event))
            on:blur=move |_| model.leave(field)
        />
        <input type="hidden" name="replacing" value=id />
    }
}
