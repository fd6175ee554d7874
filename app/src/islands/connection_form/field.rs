//! One field: label, input, help, and its message.

use super::{
    aria::{aria_invalid, described_by},
    model::{FieldModel, FormModel},
    secret::SecretInput,
};
use leptos::{either::EitherOf3, prelude::*};
use shared::{FieldKind, Severity};

/// A field of the form.
#[component]
pub fn FieldInput(model: FormModel, field: FieldModel, autofocus: bool) -> impl IntoView {
    let spec = field.spec;
    let id = spec.input_id();
    let key = spec.field;
    let changed = Memo::new(move |_| model.patch.with(|patch| patch.get(key).is_some()));
    let message = Memo::new(move |_| model.message(field));
    let is_error =
        move || message.with(|m| m.as_ref().is_some_and(|m| m.severity == Severity::Error));
    let input = match spec.kind {
        _ if key.is_secret() => EitherOf3::A(view! { <SecretInput model field autofocus /> }),
        FieldKind::InboundConnection => {
            EitherOf3::B(view! { <ParentInput model field autofocus /> })
        }
        _ => EitherOf3::C(view! { <TextInput model field autofocus /> }),
    };
    view! {
        <div class="field" class:changed=move || changed.get() class:invalid=is_error>
            <div class="label">
                <label for=id>{spec.label}</label>
                <span class="mark">{move || changed.get().then_some("changed")}</span>
                <span class="mark">{(!spec.required).then_some("optional")}</span>
            </div>
            {input}
            {(!spec.help.is_empty())
                .then(|| {
                    view! {
                        <p class="help" id=format!("{id}-help")>
                            {spec.help}
                        </p>
                    }
                })}
            <p
                class="message"
                class:warning=move || message.get().is_some() && !is_error()
                id=format!("{id}-message")
            >
                {move || message.get().map(|message| message.message)}
            </p>
        </div>
    }
}

#[component]
fn TextInput(model: FormModel, field: FieldModel, autofocus: bool) -> impl IntoView {
    let id = field.spec.input_id();
    // The attributes are what the server rendered: from then on the browser owns the text, so
    // that nothing that was typed before the form came alive is overwritten.
    let text = untrack(|| model.input(field, |input| input.text.clone()));
    let stored = model.view.with_untracked(|view| view.value(field.spec.field).to_owned());
    let inputmode = match field.spec.kind {
        FieldKind::Port(_) | FieldKind::AccountId | FieldKind::TwitterId => Some("numeric"),
        FieldKind::MailAddress => Some("email"),
        FieldKind::Host => Some("url"),
        _ => None,
    };
    view! {
        <input
            id=id
            name=id
            type="text"
            inputmode=inputmode
            autocomplete="off"
            autocapitalize="off"
            spellcheck="false"
            required=field.spec.required
            autofocus=autofocus
            aria-describedby=described_by(field)
            aria-invalid=aria_invalid(model, field)
            value=text
            on:input=move |event| model.type_into(field, event_target_value(&event))
            on:blur=move |_| model.leave(field)
        />
        <input type="hidden" name=format!("was-{id}") value=stored />
    }
}

/// Chooses an inbound e-mail connection of the site.
#[component]
fn ParentInput(model: FormModel, field: FieldModel, autofocus: bool) -> impl IntoView {
    let id = field.spec.input_id();
    let current = untrack(|| model.input(field, |input| input.text.clone()));
    let (mut choices, stored) = model.view.with_untracked(|view| {
        let mut choices = view.parents.clone();
        choices.extend(view.parent.clone().filter(|parent| !view.parents.contains(parent)));
        let choices: Vec<_> = choices
            .into_iter()
            .map(|c| (c.id.to_string(), format!("{} ({})", c.name, c.id)))
            .collect();
        (choices, view.value(field.spec.field).to_owned())
    });
    if !current.is_empty() && !choices.iter().any(|(value, _)| *value == current) {
        choices.push((current.clone(), current.clone()));
    }
    let option = |(value, label): (String, String)| {
        let selected = value == current;
        view! {
            <option value=value selected=selected>
                {label}
            </option>
        }
    };
    view! {
        <select
            id=id
            name=id
            required
            autofocus=autofocus
            aria-describedby=described_by(field)
            aria-invalid=aria_invalid(model, field)
            on:change=move |event| model.type_into(field, event_target_value(&event))
            on:blur=move |_| model.leave(field)
        >
            <option value="">"Choose…"</option>
            {choices.into_iter().map(option).collect_view()}
        </select>
        <input type="hidden" name=format!("was-{id}") value=stored />
    }
}
