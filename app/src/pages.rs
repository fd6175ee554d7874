//! The pages, one a file. They run on the server alone.

mod account;
mod activity;
mod board;
mod bulk;
mod connection;
mod connection_test;
mod fill;
mod find_settings;
mod invite;
mod login;
mod new;
mod not_found;
mod request;
mod team;
mod test_message;

pub use account::AccountPage;
pub use activity::ActivityPage;
pub use board::BoardPage;
pub use bulk::{Bulk, BulkPage};
pub use connection::ConnectionPage;
pub use connection_test::{ConnectionTest, ConnectionTestPage};
pub use fill::FillPage;
pub use find_settings::{FindSettings, FindSettingsPage, SettingsChoice};
pub use invite::InvitePage;
pub use login::{LoginFailure, LoginPage, LoginProblem};
pub use new::NewPage;
pub use not_found::NotFound;
pub use team::TeamPage;
pub use test_message::{TestMessage, TestMessagePage};

use crate::{
    backend::{Account, Unavailable},
    components::{Layout, Section},
    form::Notice,
};
use http::{HeaderValue, StatusCode, header::RETRY_AFTER};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_meta::Title;

/// Sets the page's status.
fn set_status(status: StatusCode) {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(status);
    }
}

/// Sets the status of a page that asks its user to wait.
fn set_too_many(seconds: i64) {
    set_status(StatusCode::TOO_MANY_REQUESTS);
    if let Some(response) = use_context::<ResponseOptions>() {
        response.insert_header(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
    }
}

/// Sets the status of a page with a form, by what the form says.
fn set_form_status(notice: Option<Notice>) {
    match notice {
        Some(Notice::Invalid) => set_status(StatusCode::UNPROCESSABLE_ENTITY),
        Some(Notice::Conflict | Notice::UndoOverlaps | Notice::UndoExpired) => {
            set_status(StatusCode::CONFLICT);
        }
        Some(Notice::Forbidden) => set_status(StatusCode::FORBIDDEN),
        Some(Notice::Failed) => set_status(StatusCode::INTERNAL_SERVER_ERROR),
        _ => {}
    }
}

/// A page that the caller's role may not see.
#[component]
fn ForbiddenPage(
    account: Account,
    section: Section,
    title: &'static str,
    text: &'static str,
) -> impl IntoView {
    set_status(StatusCode::FORBIDDEN);
    view! {
        <Title text=title />
        <Layout account section>
            <main class="notice-page">
                <h1>{title}</h1>
                <p>{text}</p>
                <p>
                    <a href="/">"See all connections"</a>
                </p>
            </main>
        </Layout>
    }
}

/// A page whose data could not be had.
#[component]
fn UnavailablePage(account: Account) -> impl IntoView {
    set_status(StatusCode::INTERNAL_SERVER_ERROR);
    view! {
        <Title text="Unavailable" />
        <Layout account section=Section::Elsewhere>
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
