//! The document around every page, and the routes.

use crate::pages::{
    AccountPage, ActivityPage, BoardPage, BulkPage, ConnectionPage, ConnectionTestPage, FillPage,
    FindSettingsPage, InvitePage, LoginPage, NewPage, NotFound, TeamPage, TestMessagePage,
};
use html_escape::encode_text;
use leptos::prelude::*;
use leptos_meta::{MetaTags, Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{FlatRoutes, Route, Router},
    path,
};

/// The HTML document.
#[must_use]
pub fn shell(options: &LeptosOptions) -> impl IntoView + use<> {
    let LeptosOptions { site_pkg_dir, output_name, .. } = options;
    let css = format!("/{site_pkg_dir}/{output_name}.css");
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <link rel="stylesheet" href=css />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// The routes. Each page waits for its data, so that it is complete HTML.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        // The text goes into the page as it is.
        <Title formatter=|title: String| format!("{} · Patchbay", encode_text(&title)) />
        <Router>
            <FlatRoutes fallback=NotFound>
                <Route path=path!("/") view=BoardPage ssr=SsrMode::Async />
                <Route path=path!("/login") view=LoginPage ssr=SsrMode::Async />
                <Route path=path!("/invite/:token") view=InvitePage ssr=SsrMode::Async />
                <Route path=path!("/activity") view=ActivityPage ssr=SsrMode::Async />
                <Route path=path!("/team") view=TeamPage ssr=SsrMode::Async />
                <Route path=path!("/account") view=AccountPage ssr=SsrMode::Async />
                <Route path=path!("/connections/new") view=NewPage ssr=SsrMode::Async />
                <Route path=path!("/connections/bulk") view=BulkPage ssr=SsrMode::InOrder />
                <Route path=path!("/connections/:id") view=ConnectionPage ssr=SsrMode::Async />
                <Route path=path!("/connections/:id/fill") view=FillPage ssr=SsrMode::Async />
                <Route path=path!("/connections/new/settings") view=FindSettingsPage />
                <Route path=path!("/connections/:id/test") view=ConnectionTestPage ssr=SsrMode::InOrder />
                <Route path=path!("/connections/:id/message") view=TestMessagePage ssr=SsrMode::InOrder />
            </FlatRoutes>
        </Router>
    }
}
