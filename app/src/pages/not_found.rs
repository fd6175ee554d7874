//! Nothing at this address.

use super::{request::backend, set_status};
use crate::components::{Layout, Section};
use http::StatusCode;
use leptos::prelude::*;
use leptos_meta::Title;

/// For an address without a page, and for a connection that the caller's site does not have.
#[component]
pub fn NotFound() -> impl IntoView {
    set_status(StatusCode::NOT_FOUND);
    backend().map(|backend| {
        view! {
            <Title text="Not found" />
            <Layout account=backend.account() section=Section::Elsewhere>
                <main class="notice-page">
                    <h1>"There is nothing here"</h1>
                    <p>
                        "The address is wrong, or the connection belongs to another site. "
                        <a href="/">"See all connections"</a> "."
                    </p>
                </main>
            </Layout>
        }
    })
}
