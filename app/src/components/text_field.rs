//! A text input with its label, its help and what is wrong with it. The connection's form has its
//! own, which come alive; this one is for the forms that do not need to.

use leptos::prelude::*;

/// An input of a plain form. Its name is its id.
#[component]
pub fn TextField(
    label: &'static str,
    name: &'static str,
    autocomplete: &'static str,
    /// The input's type.
    #[prop(default = "text")]
    kind: &'static str,
    /// What was typed before.
    #[prop(optional, into)]
    value: String,
    /// What to enter.
    #[prop(optional)]
    help: Option<&'static str>,
    /// What is wrong with what was entered, and what to do.
    #[prop(optional_no_strip)]
    problem: Option<String>,
    /// The id of a text elsewhere that is about this input, too.
    #[prop(optional)]
    described_by: &'static str,
    #[prop(optional)] autofocus: bool,
    #[prop(optional)] inputmode: Option<&'static str>,
    #[prop(optional)] pattern: Option<&'static str>,
    #[prop(optional)] title: Option<&'static str>,
    #[prop(optional)] minlength: Option<&'static str>,
) -> impl IntoView {
    let ids = [
        (!described_by.is_empty()).then(|| described_by.to_owned()),
        help.map(|_| format!("{name}-help")),
        problem.as_ref().map(|_| format!("{name}-message")),
    ];
    let invalid = problem.is_some();
    let described = ids.into_iter().flatten().collect::<Vec<_>>().join(" ");
    view! {
        <div class="field" class:invalid=invalid>
            <label for=name>{label}</label>
            <input
                id=name
                name=name
                type=kind
                inputmode=inputmode
                pattern=pattern
                title=title
                minlength=minlength
                autocomplete=autocomplete
                required
                autofocus=autofocus
                aria-invalid=invalid.then_some("true")
                aria-describedby=(!described.is_empty()).then_some(described)
                value=value
            />
            {help
                .map(|help| {
                    view! {
                        <p class="help" id=format!("{name}-help")>
                            {help}
                        </p>
                    }
                })}
            {problem
                .map(|problem| {
                    view! {
                        <p class="message" id=format!("{name}-message")>
                            {problem}
                        </p>
                    }
                })}
        </div>
    }
}
