//! A secret: what may be known of it, and an input only once its user asks for one. Until then
//! there is nothing that a browser could fill in.

use super::{
    aria::{aria_invalid, described_by},
    model::{FieldModel, FormModel},
};
use crate::{components::When, dom};
use leptos::prelude::*;
use shared::view::SecretView;

/// Keeps, replaces or clears a secret.
#[component]
pub fn SecretInput(model: FormModel, field: FieldModel, autofocus: bool) -> impl IntoView {
    let key = field.spec.field;
    let is_set = Memo::new(move |_| model.view.with(|view| view.secrets.get(key).is_some()));
    let open = Memo::new(move |_| model.input(field, |input| input.open));
    view! {
        <div class="secret">
            {move || is_set.get().then(|| view! { <Known model field open /> })}
            {move || open.get().then(|| view! { <NewValue model field autofocus /> })}
        </div>
    }
}

/// `set · …ZDZD · changed 3 days ago`, and the ways to change that.
#[component]
fn Known(model: FormModel, field: FieldModel, open: Memo<bool>) -> impl IntoView {
    let spec = field.spec;
    let id = spec.input_id();
    let cleared = Memo::new(move |_| model.input(field, |input| input.clear));
    let known = move || {
        let secret = model.view.with(|view| view.secrets.get(spec.field).cloned());
        let SecretView { tail, changed, .. } = secret?;
        Some(view! {
            {tail.map(|tail| view! { " · " <code>"…" {tail}</code> })}
            {changed.map(|moment| view! { " · changed " <When moment /> })}
        })
    };
    // What a plain post sends stays as it was rendered: a living form does not post.
    let name = if open.get_untracked() { "keep" } else { "replace" };
    let toggle = move || {
        let open = !open.get_untracked();
        model.set_input(field, |input| (input.open, input.clear) = (open, false));
        if open {
            dom::focus(id.to_owned());
        } else {
            model.type_into(field, String::new());
            dom::focus(format!("{id}-toggle"));
        }
    };
    view! {
        <p class="known">
            <span>"set" {known}</span>
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
                {move || if open.get() { "Keep the old one" } else { "Replace" }}
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
                                prop:checked=move || cleared.get()
                                on:change=move |event| {
                                    let clear = event_target_checked(&event);
                                    model.set_input(field, |input| input.clear = clear);
                                }
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
