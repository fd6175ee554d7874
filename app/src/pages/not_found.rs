//! Nothing at this address.

use super::{request::path, set_status};
use crate::{
    backend::{Account, backend},
    components::{Layout, Section},
};
use http::StatusCode;
use leptos::prelude::*;
use leptos_meta::Title;
use shared::{ConnectionId, SiteId};

/// For an address without a page, and for a connection that the caller's site does not have. If
/// another site of the caller's has it, it offers to switch there.
#[component]
pub fn NotFound() -> impl IntoView {
    set_status(StatusCode::NOT_FOUND);
    let path = path();
    let page = async move {
        let backend = backend()?;
        let other = match connection(&path) {
            Some(id) => backend.other_site_of(id).await.ok().flatten(),
            None => None,
        };
        Some(view! { <Page account=backend.account() path other /> })
    };
    view! { <Suspense>{Suspend::new(page)}</Suspense> }
}

/// The connection whose page it would be.
fn connection(path: &str) -> Option<ConnectionId> {
    path.strip_prefix("/connections/")?.split('/').next()?.parse().ok()
}

#[component]
fn Page(account: Account, path: String, other: Option<(SiteId, String)>) -> impl IntoView {
    let text = if other.is_some() {
        "This connection is on another site of yours. "
    } else {
        "The address is wrong, or the connection belongs to another site. "
    };
    let switch = other.map(|(site, name)| {
        view! {
            <form method="post" action="/site">
                <input type="hidden" name="next" value=path />
                <button type="submit" name="site" value=site.to_string() class="primary">
                    {format!("Switch to site {site} · {name}")}
                </button>
            </form>
        }
    });
    view! {
        <Title text="Not found" />
        <Layout account section=Section::Elsewhere>
            <main class="notice-page">
                <h1>"There is nothing here"</h1>
                <p>{text} <a href="/">"See all connections"</a> "."</p>
                {switch}
            </main>
        </Layout>
    }
}
