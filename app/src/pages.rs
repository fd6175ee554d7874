//! The pages, one a file. They run on the server alone.

mod board;
mod connection;
mod login;
mod new;
mod not_found;
mod request;

pub use board::BoardPage;
pub use connection::ConnectionPage;
pub use login::{LoginFailure, LoginPage};
pub use new::NewPage;
pub use not_found::NotFound;

use crate::{
    backend::{Account, Unavailable},
    components::Layout,
};
use http::StatusCode;
use leptos::prelude::*;
use leptos_meta::Title;

/// Sets the page's status.
fn set_status(status: StatusCode) {
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(status);
    }
}

/// A page whose data could not be had.
#[component]
fn UnavailablePage(account: Account) -> impl IntoView {
    set_status(StatusCode::INTERNAL_SERVER_ERROR);
    view! {
        <Title text="Unavailable" />
        <Layout account>
            <main class="notice-page">
                <h1>"This page cannot be shown now"</h1>
                <p>"The server could not read its data. Nothing was changed. Reload in a moment."</p>
            </main>
        </Layout>
    }
}

/// A page, or the one that says that its data could not be had.
fn or_unavailable<T>(
    account: Account,
    loaded: Result<T, Unavailable>,
    page: impl FnOnce(Account, T) -> AnyView,
) -> AnyView {
    match loaded {
        Ok(data) => page(account, data),
        Err(Unavailable) => view! { <UnavailablePage account /> }.into_any(),
    }
}
