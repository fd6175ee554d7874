//! A new connection: first its channel, then its form.

use super::{
    ForbiddenPage,
    find_settings::{FindForm, ProviderHint, can_find},
    or_unavailable,
    request::query_map,
    set_form_status,
};
use crate::{
    backend::{Account, MailHint, backend},
    components::{
        ChannelIcon, FillFromSignIn, FormId, Hydration, Layout, Listen, Section, SwitchBackInNewTab,
    },
    form::FormState,
    islands::{ConnectionForm, FormProps},
    packed::Packed,
    wording::VIEWER,
};
use leptos::prelude::*;
use leptos_meta::Title;
use shared::{Channel, ConnectionView, Field};
use std::collections::HashMap;

/// Makes a connection.
#[component]
pub fn NewPage() -> impl IntoView {
    let query = query_map();
    let slug = query.get("channel").cloned();
    let channel = slug.and_then(|slug| Channel::from_slug(&slug));
    let after_save = use_context::<FormState>();
    let page = async move {
        let backend = backend()?;
        let account = backend.account();
        if !account.role.may_edit() {
            return Some(view! { <MayNot account /> }.into_any());
        }
        let Some(channel) = channel.filter(|channel| channel.codes().is_some()) else {
            return Some(view! { <ChooseChannel account /> }.into_any());
        };
        let loaded = backend.blank(channel).await;
        let is_begun = after_save.is_some();
        let state = after_save.unwrap_or_else(|| draft(channel, &query));
        let hint = state.typed.get(Field::Host).and_then(|host| backend.mail_hint(host));
        Some(or_unavailable(account, loaded, |account, view| {
            form(account, view, state, hint, is_begun)
        }))
    };
    view! { <Suspense>{Suspend::new(page)}</Suspense> }
}

#[component]
fn MayNot(account: Account) -> impl IntoView {
    view! {
        <ForbiddenPage
            account
            section=Section::Connection
            title="Only editors make connections"
            text=VIEWER
        />
    }
}

#[component]
fn ChooseChannel(account: Account) -> impl IntoView {
    let choice = |channel: Channel| {
        view! {
            <li>
                <a class="card choice" href=format!("/connections/new?channel={}", channel.slug())>
                    <ChannelIcon channel />
                    <span>
                        <strong>{channel.label()}</strong>
                        <span class="muted">{channel.purpose()}</span>
                    </span>
                </a>
            </li>
        }
    };
    view! {
        <Title text="New connection" />
        <Layout account section=Section::Connection>
            <main>
                <nav aria-label="Breadcrumb" class="back">
                    <a href="/">"‹ Connections"</a>
                </nav>
                <h1>"New connection"</h1>
                <p class="muted">"What do you want to connect?"</p>
                <ul class="choices">{Channel::WITH_FORM.map(choice)}</ul>
            </main>
        </Layout>
    }
}

/// What the address says of the fields: found settings lead here.
fn draft(channel: Channel, query: &HashMap<String, String>) -> FormState {
    let plain = Field::ALL.into_iter().filter(|field| !field.is_secret());
    let known = plain.filter(|field| channel.spec(*field).is_some());
    let typed = known.filter_map(|field| Some((field, query.get(field.name())?.clone())));
    FormState { typed: typed.collect(), ..FormState::default() }
}

fn form(
    account: Account,
    view: ConnectionView,
    state: FormState,
    hint: Option<MailHint>,
    is_begun: bool,
) -> AnyView {
    set_form_status(state.notice);
    let last_event = account.last_event;
    let channel = view.channel;
    let finds = can_find(channel) && !is_begun && state.typed.get(Field::Host).is_none();
    let form = format!("/connections/new?channel={}", channel.slug());
    let switch_back = view! { <SwitchBackInNewTab account=account.clone() page=form.clone() /> };
    view! {
        <Title text=format!("New {} connection", view.channel_label) />
        <Layout account section=Section::Connection>
            <main>
                <nav aria-label="Breadcrumb" class="back">
                    <a href="/connections/new">"‹ Other channel"</a>
                </nav>
                <FillFromSignIn channel form=form.clone() />
                {finds.then(|| view! { <FindForm channel address=String::new() problem=None /> })}
                {hint.map(|hint| view! { <ProviderHint hint /> })}
                <FormId form="connection" />
                <Listen form />
                {switch_back}
                <ConnectionForm form=Packed(FormProps { view, state, last_event }) />
            </main>
        </Layout>
        <Hydration />
    }
    .into_any()
}
