//! A connection and its form.

use super::{
    NotFound, or_unavailable,
    request::{backend, query_map},
    set_status,
};
use crate::{
    backend::Account,
    components::{Hydration, Layout},
    form::{FormState, Notice},
    islands::ConnectionForm,
};
use http::StatusCode;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use shared::{ConnectionId, ConnectionView};

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
    view! {
        <Title text=view.name().to_owned() />
        <Layout account>
            <main>
                <nav aria-label="Breadcrumb" class="back">
                    <a href="/">"‹ Connections"</a>
                </nav>
                <ConnectionForm view state />
            </main>
        </Layout>
        <Hydration />
    }
    .into_any()
}
