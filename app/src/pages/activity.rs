//! The activity of the site, filtered by the address alone.

mod filters;
mod table;

use super::{or_unavailable, request::query};
use crate::{
    backend::{Account, backend},
    components::{Layout, Section},
};
use filters::Filters;
use leptos::prelude::*;
use leptos_meta::Title;
use shared::audit::{ActivityPage as Data, ActivityQuery};
use table::Table;

/// Who did what on the site, newest first.
#[component]
pub fn ActivityPage() -> impl IntoView {
    let query = ActivityQuery::from_query(&query());
    let page = async move {
        let backend = backend()?;
        let loaded = backend.activity(&query).await;
        Some(or_unavailable(backend.account(), loaded, |account, data| {
            view! { <Activity account query data /> }.into_any()
        }))
    };
    view! { <Suspense>{Suspend::new(page)}</Suspense> }
}

#[component]
fn Activity(account: Account, query: ActivityQuery, data: Data) -> impl IntoView {
    let Data { events, more, people } = data;
    let older = events.last().filter(|_| more).map(|event| event.number);
    let list = if events.is_empty() {
        view! { <Empty query=query.clone() /> }.into_any()
    } else {
        view! { <Table events /> }.into_any()
    };
    view! {
        <Title text="Activity" />
        <Layout account section=Section::Activity>
            <main>
                <header class="page-head">
                    <h1>"Activity"</h1>
                    <a class="button" href=query.csv_href() download>
                        "Download CSV"
                    </a>
                </header>
                <Filters query=query.clone() people />
                {list}
                <Pages query older />
            </main>
        </Layout>
    }
}

#[component]
fn Empty(query: ActivityQuery) -> impl IntoView {
    if query.before.is_some() {
        view! {
            <div class="empty">
                <h2>"Nothing older"</h2>
                <p>"There is no activity before this."</p>
            </div>
        }
        .into_any()
    } else if query.is_filtered() {
        view! {
            <div class="empty">
                <h2>"No activity matches"</h2>
                <p>
                    "Take a filter away, choose other days, or "
                    <a href="/activity">"see all activity"</a> "."
                </p>
            </div>
        }
        .into_any()
    } else {
        view! {
            <div class="empty">
                <h2>"No activity yet"</h2>
                <p>"Sign-ins and every change to connections and the team will be listed here."</p>
            </div>
        }
        .into_any()
    }
}

/// To the newest events and to older ones. Numbers stay, so a page does not shift meanwhile.
#[component]
fn Pages(query: ActivityQuery, older: Option<i64>) -> impl IntoView {
    let link = |before: Option<i64>, label: &'static str, rel: &'static str| {
        let href = ActivityQuery { before, ..query.clone() }.href();
        view! { <a rel=rel href=href>{label}</a> }
    };
    let newest = query.before.map(|_| link(None, "‹ Newest", "prev"));
    let older = older.map(|number| link(Some(number), "Older ›", "next"));
    (newest.is_some() || older.is_some()).then(|| {
        view! {
            <nav class="pages" aria-label="Pages">
                {newest}
                {older}
            </nav>
        }
    })
}
