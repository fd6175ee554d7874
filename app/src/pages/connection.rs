//! A connection and its form.

use super::{
    NotFound, or_unavailable,
    request::{backend, query_map},
    set_status,
};
use crate::{
    backend::Account,
    components::{ChannelIcon, Hydration, Layout, State, When},
    form::{FormState, Notice, fields},
    islands::{ConnectionForm, FormProps},
    packed::Packed,
};
use http::StatusCode;
use leptos::{either::Either, prelude::*};
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use shared::{Channel, ConnectionId, ConnectionView};

/// Shows and changes one connection.
#[component]
pub fn ConnectionPage() -> impl IntoView {
    let params = use_params_map();
    let id = params.with_untracked(|params| params.get("id")).and_then(|id| id.parse().ok());
    let after_save = use_context::<FormState>();
    let page = async move {
        let (Some(backend), Some(id)) = (backend(), id) else {
            return view! { <NotFound /> }.into_any();
        };
        let loaded = backend.connection(ConnectionId(id)).await;
        or_unavailable(backend.account(), loaded, |account, view| match view {
            Some(view) => page(account, view, after_save),
            None => view! { <NotFound /> }.into_any(),
        })
    };
    view! { <Suspense>{Suspend::new(page)}</Suspense> }
}

fn page(account: Account, view: ConnectionView, after_save: Option<FormState>) -> AnyView {
    let state = after_save.unwrap_or_else(|| {
        let notice = match query_map().get("done").map(String::as_str) {
            Some("saved") => Some(Notice::Saved),
            Some("unchanged") => Some(Notice::Unchanged),
            Some("created") => Some(Notice::Created),
            _ => None,
        };
        FormState { notice, ..FormState::default() }
    });
    match state.notice {
        Some(Notice::Invalid) => set_status(StatusCode::UNPROCESSABLE_ENTITY),
        Some(Notice::Conflict) => set_status(StatusCode::CONFLICT),
        Some(Notice::Failed) => set_status(StatusCode::INTERNAL_SERVER_ERROR),
        _ => {}
    }
    let title = view.name().to_owned();
    let body = if view.channel == Channel::Other {
        Either::Left(view! {
            {state.notice.map(|notice| view! { <p class="notice">{notice.text()}</p> })}
            <NoForm view />
        })
    } else {
        Either::Right(view! {
            <ConnectionForm form=Packed(FormProps { view, state }) />
            <Hydration />
        })
    };
    view! {
        <Title text=title />
        <Layout account>
            <main>
                <nav aria-label="Breadcrumb" class="back">
                    <a href="/">"‹ Connections"</a>
                </nav>
                {body}
            </main>
        </Layout>
    }
    .into_any()
}

/// A connection whose channel has no form: what there is to see of it.
#[component]
fn NoForm(view: ConnectionView) -> impl IntoView {
    let (enabled, version) = (view.enabled(), view.version.0);
    let action = view.id.map(|id| format!("/connections/{id}/enabled"));
    let rows = fields(&view)
        .filter(|spec| !view.value(spec.field).is_empty())
        .map(|spec| {
            let value = view.value(spec.field).to_owned();
            view! {
                <dt>{spec.label}</dt>
                <dd>{value}</dd>
            }
        })
        .collect_view();
    view! {
        <header class="page-head">
            <div>
                <h1>{view.name().to_owned()}</h1>
                <p class="facts">
                    <ChannelIcon channel=view.channel />
                    {view.channel_label}
                    " · "
                    {view.id.map(|id| id.to_string())}
                    " · "
                    <State enabled />
                    {view.modified.map(|moment| view! { " · changed " <When moment /> })}
                </p>
            </div>
            <form method="post" action=action>
                <input type="hidden" name="version" value=version />
                <button type="submit" name="enabled" value=if enabled { "0" } else { "1" }>
                    {if enabled { "Disable" } else { "Enable" }}
                </button>
            </form>
        </header>
        <p class="notice">
            "There is no form for this channel yet. Its fields can be changed through the API."
        </p>
        <dl class="values">{rows}</dl>
    }
}
