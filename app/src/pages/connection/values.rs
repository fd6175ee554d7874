//! A connection without its form: for a channel that has none, and for those who may only look.

use crate::{
    components::{ChannelIcon, FormId, InUse, When},
    form::fields,
};
use leptos::prelude::*;
use shared::{
    ConnectionView, Field, FieldSpec,
    view::{Related, SecretView},
};

/// The head of the page and a list of what is set.
#[component]
pub fn Values(view: ConnectionView, may_edit: bool) -> impl IntoView {
    let enabled = view.enabled();
    let rows = fields(&view).filter_map(|spec| row(&view, spec)).collect_view();
    let children = view.children.clone();
    let answered = (!children.is_empty()).then(|| {
        view! {
            <dt>"Answered through"</dt>
            <dd>
                <ul>{children.into_iter().map(|child| view! { <li>{link(child)}</li> }).collect_view()}</ul>
            </dd>
        }
    });
    view! {
        <header class="page-head">
            <div>
                <h1>{view.name().to_owned()}</h1>
                <p class="facts">
                    <ChannelIcon channel=view.channel />
                    {view.channel_label.clone()}
                    " · "
                    {view.id.map(|id| id.to_string())}
                    " · "
                    <InUse enabled />
                    {view.modified.clone().map(|moment| view! { " · changed " <When moment /> })}
                </p>
            </div>
            {may_edit.then(|| view! { <Switch view /> })}
        </header>
        <dl class="values card">{rows} {answered}</dl>
    }
}

/// Enables or disables.
#[component]
fn Switch(view: ConnectionView) -> impl IntoView {
    let action = view.id.map(|id| format!("/connections/{id}/enabled"));
    let (value, word) = if view.enabled() { ("0", "Disable") } else { ("1", "Enable") };
    view! {
        <form method="post" action=action>
            <FormId />
            <input type="hidden" name="version" value=view.version.0 />
            <button type="submit" name="enabled" value=value>
                {word}
            </button>
        </form>
    }
}

/// A connection that belongs to this one.
fn link(Related { id, name }: Related) -> impl IntoView {
    view! { <a href=format!("/connections/{id}")>{format!("{name} ({id})")}</a> }
}

/// A field that is set. Of a secret there is what a browser may know.
fn row(view: &ConnectionView, spec: &FieldSpec) -> Option<impl IntoView + use<>> {
    let label = spec.label;
    let value = if let Some(secret) = view.secrets.get(spec.field) {
        let SecretView { tail, changed, .. } = secret.clone();
        view! {
            "set"
            {tail.map(|tail| view! { " · " <code>"…" {tail}</code> })}
            {changed.map(|moment| view! { " · " <When moment /> })}
        }
        .into_any()
    } else if let Some(parent) = view.parent.clone().filter(|_| spec.field == Field::ParentId) {
        link(parent).into_any()
    } else {
        let value = view.value(spec.field);
        (!value.is_empty()).then(|| value.to_owned())?.into_any()
    };
    Some(view! {
        <dt>{label}</dt>
        <dd>{value}</dd>
    })
}
