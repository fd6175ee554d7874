//! The connection's name, channel, number and state, and those that belong to it.

use super::{model::FormModel, save};
use crate::components::{ChannelIcon, InUse, When};
use leptos::{either::Either, prelude::*};
use shared::{Channel, ConnectionView, view::Related};
use std::sync::Arc;

/// The head of the page.
#[component]
pub fn Head(model: FormModel) -> impl IntoView {
    let (channel, label, new) = model
        .view
        .with_untracked(|view| (view.channel, view.channel_label.clone(), view.id.is_none()));
    if new {
        return Either::Left(view! {
            <header class="page-head">
                <h1>{format!("New {label} connection")}</h1>
            </header>
        });
    }
    let name = move || model.view.with(|view| view.name().to_owned());
    let facts = move || view! { <Facts view=model.view.get() /> };
    let number = model.view.with_untracked(|view| view.id.map(|id| id.to_string()));
    Either::Right(view! {
        <header class="page-head">
            <div>
                <h1>{name}</h1>
                <p class="facts">
                    <ChannelIcon channel />
                    {label}
                    " · "
                    {number}
                    {facts}
                </p>
                <RelatedLinks model channel />
            </div>
            <EnabledButton model />
        </header>
    })
}

#[component]
fn Facts(view: Arc<ConnectionView>) -> impl IntoView {
    view! {
        " · "
        <InUse enabled=view.enabled() />
        {view.modified.clone().map(|moment| view! { " · changed " <When moment /> })}
    }
}

/// The other half of an e-mail account.
#[component]
fn RelatedLinks(model: FormModel, channel: Channel) -> impl IntoView {
    let link = |Related { id, name }: Related| {
        view! { <a href=format!("/connections/{id}")>{format!("{name} ({id})")}</a> }
    };
    move || {
        let (title, list): (_, Vec<_>) = model.view.with(|view| {
            if channel == Channel::PARENT {
                ("Answered through ", view.children.clone())
            } else {
                ("Answers for ", view.parent.clone().into_iter().collect())
            }
        });
        let links = list.into_iter().enumerate().map(|(index, related)| {
            let comma = if index > 0 { ", " } else { "" };
            (comma, link(related))
        });
        let links: Vec<_> = links.collect();
        (!links.is_empty()).then(|| view! { <p class="related">{title} {links}</p> })
    }
}

/// Enables or disables, at once.
#[component]
fn EnabledButton(model: FormModel) -> impl IntoView {
    let enabled = Memo::new(move |_| model.view.with(|view| view.enabled()));
    // What a plain post sends stays as it was rendered: a living form does not post.
    let (action, version) = model.view.with_untracked(|view| {
        let action = view.id.map(|id| format!("/connections/{id}/enabled")).unwrap_or_default();
        (action, view.version.0)
    });
    let value = if enabled.get_untracked() { "0" } else { "1" };
    view! {
        <form
            id="enabled"
            method="post"
            action=action
            on:submit=move |event| {
                event.prevent_default();
                save::set_enabled(model, !enabled.get_untracked());
            }
        >
            <input type="hidden" name="version" value=version />
            <button
                type="submit"
                name="enabled"
                value=value
                disabled=move || model.saving.get()
            >
                {move || if enabled.get() { "Disable" } else { "Enable" }}
            </button>
        </form>
    }
}
